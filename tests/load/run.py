"""One load from start to figures; keeps secret how the three processes find one another."""

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

from . import generator, slackside
from .generator import Sent
from .slackside import Seen

# How often a bot that is starting is asked whether it is ready
ASK_EVERY = 0.1
# For what is still in hand when the last question is asked
PATIENCE = 60.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Load:
    """So many questions a second, for so long, from so many people in a direct message each."""

    rate: float = 100.0
    seconds: float = 30.0
    people: int = 1_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a load; times are milliseconds from when a question was due."""

    asked: int
    unacknowledged: int
    lost: int
    busy: int
    twice: int
    others: int
    ack_p50: float
    ack_p99: float
    answer_p50: float
    answer_p99: float

    def __str__(self) -> str:
        return (
            f"{self.asked} questions: ack p50 {self.ack_p50:.0f} ms, p99 {self.ack_p99:.0f} ms; "
            f"answer p50 {self.answer_p50:.0f} ms, p99 {self.answer_p99:.0f} ms; "
            f"{self.unacknowledged} not acknowledged, {self.lost} lost, {self.busy} busy, {self.twice} answered twice, "
            f"{self.others} private notices"
        )


def run(load: Load, folder: Path) -> Figures:
    """Start everything, bring on ``load``, end everything; the bot's log stays in ``folder``."""
    write_archive(folder / "articles")
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        slack = stack.enter_context(_process(spawn, slackside.run, load.people))
        environment = slack.recv() | {"PULLQUOTE_STATE_DIR": str(folder / "state")}
        port = _free_port()
        arguments = ("--mode", "http", "--port", str(port), "--corpus", str(folder / "articles"))
        bot = LiveBot(arguments, environment, folder / "bot.log")
        stack.callback(bot.end)
        bot.start()
        _wait_until_ready(bot, f"http://127.0.0.1:{port}/readyz")
        url = f"http://127.0.0.1:{port}/slack/events"
        slack.send(url)
        slack.recv()
        people = stack.enter_context(_process(spawn, generator.run, url, load.rate, load.seconds, load.people))
        sent: list[Sent] = people.recv()
        slack.send(PATIENCE)
        return figures(sent, slack.recv())


def figures(sent: Sequence[Sent], seen: Seen) -> Figures:
    """The figures of what was sent and what was seen of it."""
    replies = [seen.replies.get((one.channel, one.ts), []) for one in sent]
    answered = [(one, stood[0]) for one, stood in zip(sent, replies, strict=True) if stood]
    acks = [(one.acked_at - one.due) * 1000 for one in sent]
    answers = [(first.at - one.due) * 1000 for one, first in answered]
    return Figures(
        asked=len(sent),
        unacknowledged=sum(one.status != 200 for one in sent),
        lost=len(sent) - len(answered),
        busy=sum(first.is_busy for _, first in answered),
        twice=sum(len(stood) > 1 for stood in replies),
        others=seen.others,
        ack_p50=_percentile(acks, 50),
        ack_p99=_percentile(acks, 99),
        answer_p50=_percentile(answers, 50),
        answer_p99=_percentile(answers, 99),
    )


def _percentile(values: Sequence[float], share: int) -> float:
    """The least value that ``share`` percent of ``values`` do not exceed; not a number where there is none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * share / 100) - 1] if ordered else math.nan


@contextmanager
def _process(spawn: multiprocessing.context.SpawnContext, work: object, *arguments: object) -> Iterator[Connection]:
    """``work`` in a process of its own, with our end of a pipe to it."""
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
        time.sleep(ASK_EVERY)  # nothing tells that another process has come to be ready


def _is_ready(url: str) -> bool:
    try:
        with _direct.open(url, timeout=START_SECONDS) as response:
            return bool(response.status == 200)
    except urllib.error.URLError:
        return False
