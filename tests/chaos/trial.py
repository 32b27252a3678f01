"""One trial from its start to its verdict: the stand-in, the live bots, the crowd and the kills.

Keeps secret at which moments a bot is killed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.playground.faults import PostingRateLimit, RandomFaults
from bot.playground.server import FakeSlack
from bot.slack import features
from bot.store.models import LEASE

from .archive import write_archive
from .bots import START_SECONDS, LiveBot
from .crowd import Crowd
from .verdict import Verdict, judge

# Without these a process cannot begin, and it is for its supervisor to try again
_AT_THE_START = {"auth.test", "apps.connections.open"}
# A kill comes to its moment within this, or it comes at whatever moment that is
MOMENT_SECONDS = 2.0
# How often what was given up is delivered once more, at most
ROUNDS = 5
# A whole lease without any call or delivery, and nobody is at work on anything any more
CALM = LEASE + 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a trial is made of.

    Slack's retries come after ``retry_after`` seconds, the real ones (0, 60, 300) at a pace that a trial can wait for;
    ``silence`` is how long a call that is cut has been silent; each event is delivered ``copies`` times at once. It is
    over when nothing has happened for ``calm`` seconds, or after ``patience``.
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
    calm: float = CALM
    patience: float = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a trial found, and what it was made of in the end."""

    verdict: Verdict
    done: Counter[str]
    faults: Counter[str]
    kills: Counter[str]
    seconds: float
    notes: tuple[str, ...]

    @property
    def is_fine(self) -> bool:
        """Whether nobody could complain, of the bots' end neither."""
        return not self.verdict.violations and not self.notes


class Trial:
    """Runs a plan in ``folder``, which holds the bots' logs and state afterwards."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._random = random.Random(plan.seed + 1)
        failing = {method for feature in features.FEATURES for method in feature.methods} - _AT_THE_START
        self._faults = RandomFaults(plan.seed + 2, plan.fault_share, failing, delay=plan.silence)
        self._pace = PostingRateLimit()
        self._kills: Counter[str] = Counter()

    def run(self, tell: Callable[[str], None]) -> Report:
        """The whole of it; ``tell`` is called with each thing that happens."""
        began = time.monotonic()
        write_archive(self._folder / "articles")
        with ExitStack() as stack:
            slack = stack.enter_context(self._standin())
            bots = [self._bot(slack, number) for number in range(self._plan.processes)]
            for bot in bots:
                stack.callback(bot.end)
                bot.start()
            slack.wait_until_connected(START_SECONDS, connections=len(bots))
            crowd = Crowd(slack, seed=self._plan.seed, count=self._plan.questions, rate=self._plan.rate)
            with ThreadPoolExecutor(1) as beside:
                killing = beside.submit(self._kill_now_and_then, slack, bots, crowd, tell)
                tell("asking")
                crowd.run(tell)
                killing.result()
            # On a slow machine most replies come when all is asked: half of them at least are posted among faults.
            slack.wait_until(lambda: _posted(slack) * 2 >= self._plan.questions, timeout=self._plan.patience)
            self._faults.stop()
            again = self._deliver_what_was_given_up(slack)
            tell(f"all is asked, {again} events delivered again; waiting until nobody has done anything for a while")
            notes = self._wait_for_calm(slack)
            verdict = judge(slack, crowd.asked)
            notes += self._end(bots)
        faults = self._faults.counts + Counter({"429 for pace": self._pace.refusals})
        return Report(verdict, crowd.did, faults, self._kills, time.monotonic() - began, notes)

    def _standin(self) -> FakeSlack:
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
            # The crowd is fewer people than it plays
            "PULLQUOTE_QUESTIONS_PER_PERSON": "100000",
            "PULLQUOTE_QUESTIONS_PER_CHANNEL": "100000",
        }
        arguments = ("--corpus", str(self._folder / "articles"))
        return LiveBot(arguments, environment, self._folder / f"bot-{number}.log")

    # Kills

    def _kill_now_and_then(
        self, slack: FakeSlack, bots: Sequence[LiveBot], crowd: Crowd, tell: Callable[[str], None]
    ) -> None:
        for number in range(1, self._plan.kills + 1):
            share = (number - self._random.random()) / (self._plan.kills + 1)
            slack.wait_until(lambda share=share: len(crowd.asked) >= share * self._plan.questions, timeout=600)  # type: ignore[misc]
            bot = self._random.choice(bots)
            moment = self._await_moment(slack)
            bot.kill()
            self._kills[moment] += 1
            tell(f"kill {number} of {self._plan.kills}, {moment}")
            slack.wait_until(lambda: slack.connections < len(bots), START_SECONDS)
            bot.start()
            slack.wait_until_connected(START_SECONDS, connections=len(bots))

    def _await_moment(self, slack: FakeSlack) -> str:
        """Wait for one of the moments at which a kill hurts; its name."""
        acknowledged, calls = slack.journal.acknowledged, len(slack.calls)
        moments: dict[str, Callable[[], bool]] = {
            "at any moment": lambda: True,
            "once an event was acknowledged": lambda: slack.journal.acknowledged > acknowledged,
            "once a call was answered": lambda: len(slack.calls) > calls,
            "while a call is under way": lambda: slack.journal.active_calls > 0,
        }
        name = self._random.choice(tuple(moments))
        try:
            slack.wait_until(moments[name], MOMENT_SECONDS)
        except TimeoutError:
            return "at any moment"
        return name

    # The end

    def _deliver_what_was_given_up(self, slack: FakeSlack) -> int:
        """Deliver once more what no try brought to a bot, because each fell into the seconds that a start needs.

        Slack's own tries span six minutes, and its delayed events a day; how many events it was.
        """
        count = 0
        for _ in range(ROUNDS):
            slack.wait_until_idle(grace=0.0, timeout=self._plan.patience)
            given_up = {delivery.event_id: delivery for delivery in slack.deliveries}
            for delivery in slack.deliveries:
                if delivery.acked_at is not None:
                    given_up.pop(delivery.event_id, None)
            for delivery in given_up.values():
                slack.deliver(delivery.event, event_id=delivery.event_id)
            count += len(given_up)
        return count

    def _wait_for_calm(self, slack: FakeSlack) -> tuple[str, ...]:
        try:
            slack.wait_until_idle(grace=self._plan.calm, timeout=self._plan.patience)
        except TimeoutError:
            return (f"it was never calm within {self._plan.patience:.0f} s",)
        return ()

    def _end(self, bots: Sequence[LiveBot]) -> tuple[str, ...]:
        statuses = [bot.end() for bot in bots]
        return tuple(f"a bot ended with status {status}" for status in statuses if status != 0)


def _posted(slack: FakeSlack) -> int:
    """How many calls there were by which a message is posted, whatever came of them."""
    return sum(call.method == "chat.postMessage" for call in slack.calls)
