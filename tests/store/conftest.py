"""Two stores in one folder, as two processes on one host have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.store import Store
from store.helpers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    """The store of one process."""
    return Store(tmp_path, clock=clock)


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> Store:
    """Another process's store in the same folder."""
    return Store(tmp_path, clock=clock)
