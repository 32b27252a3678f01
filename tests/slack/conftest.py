"""The harness as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.server import FakeSlack
from bot.slack.features import scopes

from .harness import Harness
from .samples import ScriptedAnswerer


@pytest.fixture
def offline_harness(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the base variant of the app; the bot is not started."""
    with FakeSlack(scopes=scopes("base"), retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        yield Harness(slack, ScriptedAnswerer(), tmp_path)


@pytest.fixture
def harness(offline_harness: Harness) -> Iterator[Harness]:
    """The same harness with the bot running."""
    with offline_harness.bot():
        yield offline_harness
