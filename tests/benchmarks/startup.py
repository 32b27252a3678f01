"""Measure start-up: ``ask`` as a whole process, and ``serve`` until its first answer.

The measurements take turns, so that other load on the machine affects all of them alike.
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
_TIMEOUT = 60.0


@dataclass(frozen=True)
class StartupTimes:
    """Milliseconds of wall-clock time, one per repetition.

    ``ask`` and ``imports`` (Python importing numpy, pydantic and rich) are whole processes; ``serve`` is the time from
    its start to its first answer in the fake Slack, to a question asked as soon as it has connected.
    """

    ask: Sequence[float]
    imports: Sequence[float]
    serve: Sequence[float]


def measure_startup(articles: Path, state: Path, question: str, repetitions: int) -> StartupTimes:
    """Measure start-up with the snapshot of ``articles`` in ``state``."""
    ask, imports, serve = [], [], []
    for _ in range(repetitions):
        ask.append(_time_process(["-m", "bot", "ask", question, "--corpus", str(articles)], state))
        imports.append(_time_process(["-c", _IMPORTS], state))
        serve.append(_time_first_reply(articles, state, question))
    return StartupTimes(ask, imports, serve)


def _time_process(arguments: Sequence[str], state: Path) -> float:
    environment = os.environ | {"PULLQUOTE_STATE_DIR": str(state)}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
    milliseconds = (time.perf_counter() - start) * 1000
    if done.returncode not in (0, 1):  # 1 is an abstention, which counts as an answer
        raise RuntimeError(f"{arguments} ended with status {done.returncode}.")
    return milliseconds


def _time_first_reply(articles: Path, state: Path, question: str) -> float:
    scopes = ("chat:write", *sorted({scope for group in SCOPES.values() for scope in group}))
    with tempfile.TemporaryDirectory() as folder, FakeSlack(scopes=scopes, subscriptions=SCOPES) as slack:
        environment = slack.environment() | {"PULLQUOTE_STATE_DIR": str(state)}
        bot = LiveBot(("--corpus", str(articles)), environment, Path(folder, "log"))
        start = time.perf_counter()
        bot.start()
        try:
            slack.wait_until_connected(_TIMEOUT)
            message = slack.say(DM_YOU, question)
            slack.wait_for_replies(message.channel, timeout=_TIMEOUT)
            return (time.perf_counter() - start) * 1000
        finally:
            bot.stop()
