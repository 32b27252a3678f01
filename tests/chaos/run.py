"""One chaos run: the fake Slack, the live bots, the traffic, the faults and the kills."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.playground.server import FakeSlack
from bot.slack import features
from bot.slack.transports import WEBSOCKETS
from bot.store.models import LEASE
from tests.chaos.faults import PostingRateLimit, RandomFaults

from .archive import write_archive
from .bots import START_SECONDS, LiveBot
from .checks import CheckResult, check_replies
from .traffic import TrafficGenerator

# Calls at the start, after whose failure a process ends and its supervisor restarts it.
_START_METHODS = {"auth.test", "apps.connections.open"}
# A kill waits at most this long for its moment.
MOMENT_SECONDS = 2.0
# How often undelivered events are redelivered, at most.
REDELIVERY_ROUNDS = 5
# After a whole lease without a call or delivery, nothing is in progress.
IDLE_SECONDS = LEASE + 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters of a run.

    Slack retries deliveries after ``retry_after`` seconds (in reality after 0, 60 and 300). A call that is cut is
    silent for ``silence`` seconds first. Each event is delivered ``copies`` times at once. The run ends when nothing
    has happened for ``idle`` seconds, or after ``timeout``.
    """

    questions: int = 2_000
    kills: int = 20
    seed: int = 1
    rate: float = 10.0
    processes: int = 1
    copies: int = 1
    fault_share: float = 0.1
    silence: float = 12.0
    retry_after: Sequence[float] = (0.0, 3.0, 15.0)
    idle: float = IDLE_SECONDS
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a run, with counts of what happened in it."""

    result: CheckResult
    actions: Counter[str]
    faults: Counter[str]
    kills: Counter[str]
    seconds: float
    notes: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        """Whether there was no violation, and every bot ended cleanly."""
        return not self.result.violations and not self.notes


class ChaosRun:
    """A run of ``plan``; ``folder`` holds the bots' logs and state afterwards."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._random = random.Random(plan.seed + 1)
        failing = {method for feature in features.FEATURES for method in feature.methods} - _START_METHODS
        self._faults = RandomFaults(plan.seed + 2, plan.fault_share, failing, delay=plan.silence)
        self._pace = PostingRateLimit()
        self._kills: Counter[str] = Counter()

    def run(self, log: Callable[[str], None]) -> Report:
        """Run everything; ``log`` is called with each event."""
        started_at = time.monotonic()
        write_archive(self._folder / "articles")
        with ExitStack() as stack:
            slack = stack.enter_context(self._fake_slack())
            bots = [self._bot(slack, number) for number in range(self._plan.processes)]
            for bot in bots:
                stack.callback(bot.stop)
                bot.start()
            slack.wait_until_connected(START_SECONDS, connections=WEBSOCKETS * len(bots))
            traffic = TrafficGenerator(slack, seed=self._plan.seed, count=self._plan.questions, rate=self._plan.rate)
            with ThreadPoolExecutor(1) as executor:
                kills = executor.submit(self._kill_bots, slack, bots, traffic, log)
                log("asking")
                traffic.run(log)
                kills.result()
            # On a slow machine most replies are posted after the last question; faults continue until half are posted.
            slack.wait_until(lambda: _posted(slack) * 2 >= self._plan.questions, timeout=self._plan.timeout)
            self._faults.stop()
            redelivered = self._redeliver(slack)
            log(f"asked all questions, redelivered {redelivered} events; waiting until nothing happens")
            notes = self._wait_until_idle(slack)
            result = check_replies(slack, traffic.questions)
            notes += self._stop(bots)
        faults = self._faults.counts + Counter({"429 for pace": self._pace.refusals})
        return Report(result, traffic.actions, faults, self._kills, time.monotonic() - started_at, notes)

    def _fake_slack(self) -> FakeSlack:
        return FakeSlack(
            scopes=features.scopes("full"),
            subscriptions=features.events("full"),
            retry_after_seconds=self._plan.retry_after,
            faults=(self._pace, self._faults),
            copies=self._plan.copies,
        )

    def _bot(self, slack: FakeSlack, number: int) -> LiveBot:
        environment = slack.environment() | {
            "PULLQUOTE_STATE_DIR": str(self._folder / "state"),
            # Each simulated person asks more than a real one.
            "PULLQUOTE_QUESTIONS_PER_PERSON": "100000",
            "PULLQUOTE_QUESTIONS_PER_CHANNEL": "100000",
        }
        arguments = ("--port", "0", "--corpus", str(self._folder / "articles"))
        return LiveBot(arguments, environment, self._folder / f"bot-{number}.log")

    # Kills

    def _kill_bots(
        self, slack: FakeSlack, bots: Sequence[LiveBot], traffic: TrafficGenerator, log: Callable[[str], None]
    ) -> None:
        for number in range(1, self._plan.kills + 1):
            share = (number - self._random.random()) / (self._plan.kills + 1)
            slack.wait_until(lambda share=share: len(traffic.questions) >= share * self._plan.questions, timeout=600)  # type: ignore[misc]
            bot = self._random.choice(bots)
            moment = self._await_moment(slack)
            bot.kill()
            self._kills[moment] += 1
            log(f"kill {number} of {self._plan.kills}, {moment}")
            slack.wait_until(lambda: slack.connections < len(bots), START_SECONDS)
            bot.start()
            slack.wait_until_connected(START_SECONDS, connections=WEBSOCKETS * len(bots))

    def _await_moment(self, slack: FakeSlack) -> str:
        """Wait for a random critical moment; return its name."""
        acknowledged, calls = slack.journal.acknowledged, len(slack.calls)
        moments: dict[str, Callable[[], bool]] = {
            "at any moment": lambda: True,
            "after an event was acknowledged": lambda: slack.journal.acknowledged > acknowledged,
            "after a call was answered": lambda: len(slack.calls) > calls,
            "during a call": lambda: slack.journal.active_calls > 0,
        }
        name = self._random.choice(tuple(moments))
        try:
            slack.wait_until(moments[name], MOMENT_SECONDS)
        except TimeoutError:
            return "at any moment"
        return name

    # End

    def _redeliver(self, slack: FakeSlack) -> int:
        """Redeliver events of which every attempt failed because the bot was starting; return their number.

        In reality, Slack's attempts span six minutes, and its delayed events a day.
        """
        count = 0
        for _ in range(REDELIVERY_ROUNDS):
            slack.wait_until_idle(grace=0.0, timeout=self._plan.timeout)
            undelivered = {delivery.event_id: delivery for delivery in slack.deliveries}
            for delivery in slack.deliveries:
                if delivery.acked_at is not None:
                    undelivered.pop(delivery.event_id, None)
            for delivery in undelivered.values():
                slack.deliver(delivery.event, event_id=delivery.event_id)
            count += len(undelivered)
        return count

    def _wait_until_idle(self, slack: FakeSlack) -> tuple[str, ...]:
        try:
            slack.wait_until_idle(grace=self._plan.idle, timeout=self._plan.timeout)
        except TimeoutError:
            return (f"still busy after {self._plan.timeout:.0f} s",)
        return ()

    def _stop(self, bots: Sequence[LiveBot]) -> tuple[str, ...]:
        statuses = [bot.stop() for bot in bots]
        return tuple(f"a bot ended with status {status}" for status in statuses if status != 0)


def _posted(slack: FakeSlack) -> int:
    """Number of calls of chat.postMessage, whatever their result."""
    return sum(call.method == "chat.postMessage" for call in slack.calls)
