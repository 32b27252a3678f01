"""How long it takes from nothing: ``ask`` as a whole process, and ``serve`` until its first answer stands.

Keeps secret what each is measured beside, and that they take turns, so that what else the machine does meets all alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.playground.events import SCOPES
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU
from tests.chaos.bots import LiveBot

_IMPORTS = "import numpy, pydantic, rich"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Started:
    """Milliseconds by the clock, one a start.

    ``ask`` and ``imports`` (Python, importing numpy, pydantic and rich) are whole processes; ``serve`` is from its
    start to its first answer in the fake Slack, to a question that was asked as soon as it had connected.
    """

    ask: Sequence[float]
    imports: Sequence[float]
    serve: Sequence[float]


def started(articles: Path, state: Path, question: str, times: int) -> Started:
    """From the snapshot of these articles that is in ``state`` already."""
    ask, imports, serve = [], [], []
    for _ in range(times):
        ask.append(_whole(["-m", "bot", "ask", question, "--corpus", str(articles)], state))
        imports.append(_whole(["-c", _IMPORTS], state))
        serve.append(_served(articles, state, question))
    return Started(ask, imports, serve)


def _whole(arguments: Sequence[str], state: Path) -> float:
    environment = os.environ | {"PULLQUOTE_STATE_DIR": str(state)}
    at = time.perf_counter()
    # an abstention is an answer too
    done = subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
    took = (time.perf_counter() - at) * 1000
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{arguments} ended with status {done.returncode}.")
    return took


def _served(articles: Path, state: Path, question: str) -> float:
    scopes = ("chat:write", *sorted({scope for group in SCOPES.values() for scope in group}))
    with tempfile.TemporaryDirectory() as folder, FakeSlack(scopes=scopes, subscriptions=SCOPES) as slack:
        environment = slack.environment() | {"PULLQUOTE_STATE_DIR": str(state)}
        bot = LiveBot(("--corpus", str(articles)), environment, Path(folder, "log"))
        at = time.perf_counter()
        bot.start()
        try:
            slack.wait_until_connected(_PATIENCE)
            asked = slack.say(DM_YOU, question)
            slack.wait_for_replies(asked.channel, timeout=_PATIENCE)
            return (time.perf_counter() - at) * 1000
        finally:
            bot.stop()
