"""Pullquote: a team's questions, answered from its own archive in the articles' own words."""
