"""Evaluation: metrics over questions with known answers, their pinned baseline, and gaps in the archive."""
