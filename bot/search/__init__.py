"""Answering: expand the question, rank the hits, choose quotes, judge the confidence, or say why there is none."""
