"""Slack's side of the house, tested from the side of the people in it."""
