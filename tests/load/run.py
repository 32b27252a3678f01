"""One load test: starts the three processes and measures."""

from __future__ import annotations

import math
import multiprocessing
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.chaos.archive import write_archive
from tests.chaos.bots import START_SECONDS, LiveBot

from . import generator, slack_process
from .generator import SentQuestion
from .slack_process import ObservedReplies

# Seconds between two checks whether the bot is ready.
POLL_EVERY = 0.1
# Seconds for replies after the last question.
DRAIN_TIMEOUT = 60.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Load:
    """``rate`` questions per second for ``seconds``, from ``people`` in direct messages."""

    rate: float = 100.0
    seconds: float = 30.0
    people: int = 1_000


@dataclass(frozen=True, slots=True)
class Measurements:
    """Results of a load test; times in milliseconds from when a question was due."""

    asked: int
    unacknowledged: int
    lost: int
    busy: int
    answered_twice: int
    notices: int
    ack_p50: float
    ack_p99: float
    answer_p50: float
    answer_p99: float

    def __str__(self) -> str:
        return (
            f"{self.asked} questions: ack p50 {self.ack_p50:.0f} ms, p99 {self.ack_p99:.0f} ms; "
            f"answer p50 {self.answer_p50:.0f} ms, p99 {self.answer_p99:.0f} ms; "
            f"{self.unacknowledged} not acknowledged, {self.lost} lost, {self.busy} busy, "
            f"{self.answered_twice} answered twice, {self.notices} private notices"
        )


def run(load: Load, folder: Path) -> Measurements:
    """Start the processes, run ``load`` and stop them; the bot's log stays in ``folder``."""
    write_archive(folder / "articles")
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        slack = stack.enter_context(_process(spawn, slack_process.run, load.people))
        environment = slack.recv() | {"PULLQUOTE_STATE_DIR": str(folder / "state")}
        port = _free_port()
        arguments = ("--mode", "http", "--port", str(port), "--corpus", str(folder / "articles"))
        bot = LiveBot(arguments, environment, folder / "bot.log")
        stack.callback(bot.stop)
        bot.start()
        _wait_until_ready(bot, f"http://127.0.0.1:{port}/readyz")
        url = f"http://127.0.0.1:{port}/slack/events"
        slack.send(url)
        slack.recv()
        generating = stack.enter_context(_process(spawn, generator.run, url, load.rate, load.seconds, load.people))
        sent: list[SentQuestion] = generating.recv()
        slack.send(DRAIN_TIMEOUT)
        return measure(sent, slack.recv())


def measure(sent: Sequence[SentQuestion], observed: ObservedReplies) -> Measurements:
    """Measure the questions sent by the replies observed."""
    replies = [observed.replies.get((one.channel, one.ts), []) for one in sent]
    answered = [(one, posted[0]) for one, posted in zip(sent, replies, strict=True) if posted]
    acks = [(one.acked_at - one.due) * 1000 for one in sent]
    answers = [(first.at - one.due) * 1000 for one, first in answered]
    return Measurements(
        asked=len(sent),
        unacknowledged=sum(one.status != 200 for one in sent),
        lost=len(sent) - len(answered),
        busy=sum(first.is_busy for _, first in answered),
        answered_twice=sum(len(posted) > 1 for posted in replies),
        notices=observed.notices,
        ack_p50=_percentile(acks, 50),
        ack_p99=_percentile(acks, 99),
        answer_p50=_percentile(answers, 50),
        answer_p99=_percentile(answers, 99),
    )


def _percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that ``share`` percent of ``values`` do not exceed; NaN if there is none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * share / 100) - 1] if ordered else math.nan


@contextmanager
def _process(spawn: multiprocessing.context.SpawnContext, work: object, *arguments: object) -> Iterator[Connection]:
    """Run ``work`` in a process; gives our end of a pipe to it."""
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=work, args=(*arguments, theirs), daemon=True)  # type: ignore[arg-type]
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()
        ours.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_until_ready(bot: LiveBot, url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not _is_ready(url):
        bot.check()
        if time.monotonic() > until:
            raise TimeoutError(f"the bot was not ready after {START_SECONDS:.0f} s")
        time.sleep(POLL_EVERY)


def _is_ready(url: str) -> bool:
    try:
        with _direct.open(url, timeout=START_SECONDS) as response:
            return bool(response.status == 200)
    except urllib.error.URLError:
        return False
