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

from bot.playground.interactivity import RESPONSE_URL, Command, Shortcut
from bot.playground.server import FakeSlack
from bot.slack import features
from bot.slack.app import CHECK_EVERY
from bot.slack.features import Variant
from bot.slack.transports import WEBSOCKETS
from bot.store.models import LEASE
from tests.store.postgres import Server

from .archive import NAMES, write_archive
from .bots import START_SECONDS, LiveBot
from .checks import CheckResult, Violation, check_replies
from .faults import PostingRateLimit, RandomFaults
from .private_checks import Interruption, check_requests
from .traffic import TrafficGenerator

# The bot waits longer after each failed call at its start, up to 30 s.
CONNECT_SECONDS = 240.0
# A kill or a stop waits at most this long for its moment.
MOMENT_SECONDS = 2.0
# How often undelivered events are redelivered, at most.
REDELIVERY_ROUNDS = 5
# After a whole lease without a call or delivery, nothing is in progress.
IDLE_SECONDS = LEASE + 5.0
# If something is missing then, it is waited for in case it is the last of several attempts that all failed.
PATIENCE_SECONDS = 100.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters of a run.

    ``kills``, ``stops``: how often a bot ends by SIGKILL and by SIGTERM, and is started again. ``revoke``: once, Slack
    revokes the bot token; later the bots are started again with a new one. Slack retries deliveries after
    ``retry_after`` seconds (in reality after 0, 60 and 300). A call without an answer is cut after ``silence`` seconds;
    the bot waits for ten. Each event is delivered ``copies`` times at once. ``database`` is a Postgres
    server that bots with state folders of their own share, and which is once away for ``outage`` seconds; else they
    share one folder. The run ends when nothing has happened for ``idle`` seconds, or after ``timeout``.
    """

    questions: int = 2_000
    kills: int = 20
    stops: int = 0
    revoke: bool = False
    manifest: Variant = "full"
    seed: int = 1
    rate: float = 10.0
    processes: int = 1
    database: Server | None = None
    outage: float = 0.0
    copies: int = 1
    fault_share: float = 0.1
    silence: float = 12.0
    retry_after: Sequence[float] = (0.0, 3.0, 15.0)
    idle: float = IDLE_SECONDS
    timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a run, with counts of what happened in it; ``stop_seconds`` are those from SIGTERM to a bot's end."""

    result: CheckResult
    private: CheckResult
    actions: Counter[str]
    faults: Counter[str]
    endings: Counter[str]
    stop_seconds: tuple[float, ...]
    seconds: float
    notes: tuple[str, ...]

    @property
    def violations(self) -> tuple[Violation, ...]:
        return self.result.violations + self.private.violations

    @property
    def is_ok(self) -> bool:
        """Whether there was no violation, and every bot ended cleanly."""
        return not self.violations and not self.notes


class ChaosRun:
    """A run of ``plan``; ``folder`` holds the bots' logs and state afterwards. ``log`` is called with each event."""

    def __init__(self, plan: Plan, folder: Path, log: Callable[[str], None]) -> None:
        self._plan = plan
        self._folder = folder
        self._log = log
        self._random = random.Random(plan.seed + 1)
        methods = {method for feature in features.FEATURES for method in feature.methods}
        self._faults = RandomFaults(plan.seed + 2, plan.fault_share, methods | {RESPONSE_URL}, silence=plan.silence)
        self._pace = PostingRateLimit()
        self._slack = self._fake_slack()
        self._bots = [self._bot(number) for number in range(plan.processes)]
        self._endings: Counter[str] = Counter()
        self._interruptions: list[Interruption] = []
        self._notes: list[str] = []

    def run(self) -> Report:
        """Run everything."""
        started_at = time.monotonic()
        plan = self._plan
        write_archive(self._folder / "articles")
        with self._slack, ExitStack() as stack:
            for bot in self._bots:
                stack.callback(bot.stop)
                bot.start()
            self._wait_until_connected()
            traffic = TrafficGenerator(
                self._slack, seed=plan.seed, count=plan.questions, rate=plan.rate, manifest=plan.manifest
            )
            with ThreadPoolExecutor(1) as executor:
                endings = executor.submit(self._end_bots, traffic)
                self._log("asking")
                traffic.run(self._log)
                endings.result()
            self._log(f"asked all questions, redelivered {self._redeliver()} events; waiting until nothing happens")
            result, private = self._wait_for_outcomes(traffic)
            self._check_readiness(200)
            self._check_privacy()
            self._stop()
        return Report(
            result,
            private,
            traffic.actions,
            self._faults.counts + Counter({"429 for pace": self._pace.refusals}),
            self._endings,
            tuple(seconds for bot in self._bots for seconds in bot.stop_seconds),
            time.monotonic() - started_at,
            tuple(self._notes),
        )

    def _fake_slack(self) -> FakeSlack:
        plan, has_commands = self._plan, self._plan.manifest == "full"
        return FakeSlack(
            scopes=features.scopes(plan.manifest),
            subscriptions=features.events(plan.manifest),
            retry_after_seconds=plan.retry_after,
            faults=(self._pace, self._faults),
            copies=plan.copies,
            commands=[Command(features.COMMAND.name, features.COMMAND.description)] if has_commands else (),
            shortcuts=[Shortcut(features.SHORTCUT_ID, features.SHORTCUT.name)] if has_commands else (),
        )

    def _bot(self, number: int) -> LiveBot:
        database = self._plan.database
        environment = self._slack.environment() | {
            "PULLQUOTE_STATE_DIR": str(self._folder / (f"state-{number}" if database else "state")),
            **({"PULLQUOTE_DATABASE_URL": database.url} if database else {}),
            # Each simulated person asks more than a real one.
            "PULLQUOTE_QUESTIONS_PER_PERSON": "100000",
            "PULLQUOTE_QUESTIONS_PER_CHANNEL": "100000",
        }
        arguments = ("--port", "0", "--corpus", str(self._folder / "articles"))
        return LiveBot(arguments, environment, self._folder / f"bot-{number}.log")

    def _wait_until_connected(self) -> None:
        self._slack.wait_until_connected(CONNECT_SECONDS, connections=WEBSOCKETS * len(self._bots))

    # Kills, stops and a revoked token

    def _end_bots(self, traffic: TrafficGenerator) -> None:
        plan = self._plan
        endings = [self._kill] * plan.kills + [self._terminate] * plan.stops + [self._revoke] * plan.revoke
        endings += [self._stop_database] * (plan.outage > 0)
        self._random.shuffle(endings)
        for number, end in enumerate(endings, 1):
            share = (number - self._random.random()) / (len(endings) + 1)
            self._wait_until_asked(traffic, share * plan.questions)
            since = time.time()
            what = end(traffic)
            self._endings[what] += 1
            self._log(f"{number} of {len(endings)}: {what}")
            self._wait_until_connected()
            self._interruptions.append(Interruption(since, time.time()))

    def _wait_until_asked(self, traffic: TrafficGenerator, count: float) -> None:
        self._slack.wait_until(lambda: len(traffic.questions) >= count, timeout=600)

    def _kill(self, _traffic: TrafficGenerator) -> str:
        bot, moment = self._random.choice(self._bots), self._await_moment()
        bot.kill()
        self._slack.wait_until(lambda: self._slack.connections <= WEBSOCKETS * (len(self._bots) - 1), START_SECONDS)
        bot.start()
        return f"killed {moment}"

    def _terminate(self, _traffic: TrafficGenerator) -> str:
        bot, moment = self._random.choice(self._bots), self._await_moment()
        self._note_status(bot.stop())
        bot.start()
        return f"stopped {moment}"

    def _revoke(self, traffic: TrafficGenerator) -> str:
        """Revoke the token, go on asking, and start the bots again with a new token."""
        self._slack.revoke_token()
        self._slack.wait_until(self._is_revocation_delivered, START_SECONDS)
        self._wait_until_asked(traffic, min(self._plan.questions, len(traffic.questions) + self._plan.questions / 5))
        self._check_readiness(503)
        for bot in self._bots:
            self._note_status(bot.stop())
        self._slack.install_again("xoxb-installed-again")
        for bot in self._bots:
            bot.set_environment(self._slack.environment())
            bot.start()
        return "token revoked"

    def _stop_database(self, _traffic: TrafficGenerator) -> str:
        """Stop the database, go on asking, and start it again."""
        assert self._plan.database is not None
        self._plan.database.stop()
        time.sleep(self._plan.outage)
        self._plan.database.start()
        return "the database was away"

    def _is_revocation_delivered(self) -> bool:
        return any(one.event["type"] == "tokens_revoked" and one.acked_at for one in self._slack.deliveries)

    def _check_readiness(self, expected: int) -> None:
        """Note which bots have another status, also after each has checked its token."""
        until = time.monotonic() + 2 * CHECK_EVERY
        for bot in self._bots:
            while (page := bot.page("/readyz"))[0] != expected:
                if time.monotonic() > until:
                    self._notes.append(f"/readyz says {page} instead of {expected}")
                    break
                time.sleep(0.5)

    def _check_privacy(self) -> None:
        """Note what logs, metrics and error files show of tokens, secrets and questions."""
        texts = [text for bot in self._bots for text in (bot.output, bot.page("/metrics")[1])]
        texts += [file.read_text(errors="replace") for file in self._folder.glob("state*/*.txt")]
        shown = "\n".join(texts).casefold()
        slack = self._slack
        private = (slack.bot_token, FakeSlack.bot_token, slack.app_token, slack.signing_secret, *NAMES)
        self._notes += [f"a log shows {one}" for one in private if one.casefold() in shown]

    def _await_moment(self) -> str:
        """Wait for a random critical moment; return its name."""
        slack = self._slack
        acknowledged, calls = slack.sender.acknowledged, len(slack.calls)
        moments: dict[str, Callable[[], bool]] = {
            "at any moment": lambda: True,
            "after an event was acknowledged": lambda: slack.sender.acknowledged > acknowledged,
            "after a call was answered": lambda: len(slack.calls) > calls,
            "during a call": lambda: slack.handler.active_calls > 0,
        }
        name = self._random.choice(tuple(moments))
        try:
            slack.wait_until(moments[name], MOMENT_SECONDS)
        except TimeoutError:
            return "at any moment"
        return name

    # End

    def _redeliver(self) -> int:
        """Redeliver events of which every attempt failed because the bot was starting; return their number.

        In reality, Slack's attempts span six minutes, and its delayed events a day.
        """
        slack, count = self._slack, 0
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

    def _wait_for_outcomes(self, traffic: TrafficGenerator) -> tuple[CheckResult, CheckResult]:
        """Wait until nothing happens any more; return what became of the public and of the private requests."""
        requests, until = traffic.private.requests, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._slack.wait_until_idle(grace=self._plan.idle, timeout=self._plan.timeout)
            except TimeoutError:
                self._notes.append(f"still busy after {self._plan.timeout:.0f} s")
            result = check_replies(self._slack, traffic.questions, requests, self._plan.manifest)
            private = check_requests(self._slack, requests, self._interruptions)
            if not (result.violations or private.violations) or self._notes or time.monotonic() > until:
                return result, private

    def _stop(self) -> None:
        for bot in self._bots:
            self._note_status(bot.stop())

    def _note_status(self, status: int) -> None:
        if status != 0:
            self._notes.append(f"a bot ended with status {status}")
