"""Benchmarks: the index beside other BM25 libraries, whole answers, and start-up."""
