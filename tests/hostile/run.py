"""Drop hostile files into the archive of a running bot, and ask it questions meanwhile."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.index.store import IndexStore
from bot.playground.server import FakeSlack
from bot.slack.features import events, scopes
from tests.chaos.archive import NAMES, write_archive
from tests.chaos.bots import START_SECONDS, LiveBot

from .files import good_name, name_of_file, write_good_file, write_hostile_file
from .measurement import WAIT_SECONDS, Asker, MemoryMeter


@dataclass(frozen=True, slots=True)
class Plan:
    """``hostile`` files of up to ``largest`` bytes, and ``good`` small ones between them.

    The bot is asked for ``seconds`` at least, and until every file has been read, or after ``timeout``.
    """

    hostile: int = 1_000
    good: int = 40
    largest: int = 1_000_000
    seconds: float = 30.0
    timeout: float = 900.0


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured: seconds from question to reply and from the last file to each good file's answer; bytes.

    ``unanswered`` questions got no reply; ``missing`` good files were not found; ``unnamed`` hostile files neither gave
    an article nor a reason; ``memory`` is the most that all processes of the bot had above the start.
    """

    answer_seconds: tuple[float, ...]
    found_seconds: tuple[float, ...]
    read_seconds: float | None
    unanswered: int
    missing: int
    unnamed: tuple[str, ...]
    memory: int
    traceback: str

    def __str__(self) -> str:
        slowest = max(self.answer_seconds, default=0.0)
        found = max(self.found_seconds, default=0.0)
        read = "not all files were read" if self.read_seconds is None else f"all read after {self.read_seconds:.0f} s"
        return (
            f"{len(self.answer_seconds)} questions, the slowest {slowest:.2f} s, {self.unanswered} without a reply; "
            f"good files found after at most {found:.1f} s, {self.missing} missing; {read}; "
            f"{len(self.unnamed)} hostile files without a reason; {self.memory / 1e6:.0f} MB above the start; "
            f"{'a' if self.traceback else 'no'} traceback"
        )


def run(plan: Plan, folder: Path) -> Report:
    """Start the bot, drop the files, ask, and stop the bot; its log stays in ``folder``."""
    articles, outside = folder / "articles", folder / "outside"
    write_archive(articles)
    outside.mkdir()
    numbers = random.Random(1)
    files = [write_hostile_file(outside, number, plan.largest) for number in range(plan.hostile)]
    files += [write_good_file(outside, number) for number in range(plan.good)]
    numbers.shuffle(files)
    with ExitStack() as stack:
        slack = stack.enter_context(FakeSlack(scopes=scopes("full"), subscriptions=events("full")))
        environment = slack.environment() | {
            "PULLQUOTE_STATE_DIR": str(folder / "state"),
            "PULLQUOTE_QUESTIONS_PER_PERSON": "100000",
            "PULLQUOTE_QUESTIONS_PER_CHANNEL": "100000",
        }
        bot = LiveBot(("--port", "0", "--corpus", str(articles)), environment, folder / "bot.log")
        stack.callback(bot.stop)
        bot.start()
        slack.wait_until_connected(START_SECONDS)
        asker = Asker(slack)
        asker.wait_until_answered(NAMES[0])
        memory = stack.enter_context(MemoryMeter(bot.process_id))
        for path in files:
            path.rename(articles / path.name)
        dropped_at = time.monotonic()
        found = _ask_meanwhile(plan, asker, dropped_at)
        store = IndexStore([articles], folder / "state")
        read_at = None
        while time.monotonic() < dropped_at + plan.timeout:
            asker.ask_about(numbers.choice(NAMES[:300]))
            time.sleep(1.0)
            saved = store.load_saved()
            if saved is not None and not saved.notes.is_pending and len(saved.index.archive.articles) >= plan.good:
                read_at = time.monotonic() - dropped_at
                break
        bot.stop()
        peak = memory.above_start
    version = store.load_current()
    log = (folder / "bot.log").read_text(encoding="utf-8", errors="replace")
    known = {name_of_file(one.name) for one in version.notes.skipped}
    known |= {id.partition("#")[0] for id in version.index.archive.articles}
    return Report(
        tuple(asker.seconds),
        tuple(found.values()),
        read_at,
        asker.unanswered,
        plan.good - len(found),
        tuple(sorted(path.name for path in files if path.name not in known)),
        peak,
        "".join(log.partition("Traceback")[1:])[:4_000],
    )


def _ask_meanwhile(plan: Plan, asker: Asker, dropped_at: float) -> dict[int, float]:
    """Ask about the old articles every second, and about the good files until each is found; seconds by number."""
    found: dict[int, float] = {}
    numbers = random.Random(2)
    until = dropped_at + plan.seconds
    while time.monotonic() < until or (len(found) < plan.good and time.monotonic() < until + WAIT_SECONDS):
        second = time.monotonic() + 1.0
        asker.ask_about(numbers.choice(NAMES[:300]))
        for number in [one for one in range(plan.good) if one not in found]:
            if asker.finds(good_name(number)):
                found[number] = time.monotonic() - dropped_at
            elif time.monotonic() > second:
                break
        time.sleep(max(0.0, second - time.monotonic()))
    return found
