"""Test a live bot under faults and kills: ``python -m tests.chaos``. The same seed gives the same run."""
