"""Tests of the index; ``python -m tests.index`` runs the long test of damaged snapshots and killed processes."""
