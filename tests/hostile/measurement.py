"""Ask a running bot questions, and measure its replies and its memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

from bot.playground.server import FakeSlack
from tests.chaos.archive import question_about
from tests.chaos.bots import START_SECONDS
from tests.load.people import add_people

PEOPLE = 60
"""So many that none is answered twice in a second, which is Slack's pace of posting."""
WAIT_SECONDS = 30.0
"""How long a reply, or a good file, is waited for."""


class Asker:
    """Asks one question after the other, each in the direct message of another person than those before it."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack, self._people = slack, cycle(add_people(slack, PEOPLE))
        self.seconds: list[float] = []
        self.unanswered = 0

    def wait_until_answered(self, name: str) -> None:
        """Ask until the archive is loaded."""
        until = time.monotonic() + START_SECONDS
        while name not in self.ask(question_about(name)):
            if time.monotonic() > until:
                raise RuntimeError("the archive is not loaded")
        self.seconds.clear()

    def ask_about(self, name: str) -> None:
        """Ask a question that the old articles answer; measure the time."""
        if name not in self.ask(question_about(name)):
            self.unanswered += 1

    def finds(self, name: str) -> bool:
        """Whether a question about a good file is answered by it."""
        return "northern mole" in self.ask(f"how many lanterns did {name} light")

    def ask(self, text: str) -> str:
        """The text of the reply, or what stood there before if none came; measure the time."""
        person, channel = next(self._people)
        before, started = len(self._slack.replies(channel)), time.monotonic()
        self._slack.say(channel, text, user=person)
        self._slack.wait_until(lambda: len(self._slack.replies(channel)) > before, WAIT_SECONDS)
        self.seconds.append(time.monotonic() - started)
        return self._slack.replies(channel)[-1].text


class MemoryMeter:
    """Measures the memory of a process and its descendants, twice a second."""

    def __init__(self, process: int) -> None:
        self._process, self._stop = process, Event()
        self._thread = Thread(target=self._measure, daemon=True)
        self._start = self._peak = sum(_resident(process))

    def __enter__(self) -> MemoryMeter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def above_start(self) -> int:
        """The most bytes above those at the start."""
        return self._peak - self._start

    def _measure(self) -> None:
        while not self._stop.wait(0.5):
            self._peak = max(self._peak, sum(_resident(self._process)))


def _resident(process: int) -> Iterator[int]:
    """The memory of a process and of each descendant in bytes; what several of them share is divided among them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        threads = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:  # it has ended
        return
    yield sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    for child in children:
        yield from _resident(child)
