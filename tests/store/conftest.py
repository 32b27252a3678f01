"""One ledger, as two processes on one host see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.store import Store
from store.ledgers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    """The ledger of one process."""
    return Store(tmp_path, clock=clock)


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> Store:
    """Another process's ledger in the same folder."""
    return Store(tmp_path, clock=clock)
