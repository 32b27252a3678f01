"""The index on disk: made, updated, damaged, killed while it is made; the long form is ``python -m tests.index``."""
