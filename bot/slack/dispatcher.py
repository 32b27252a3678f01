"""How many questions one person, and one channel, may ask in a minute.

Keeps secret how a minute is counted: as the last sixty seconds, at any moment.

What was asked before in a conversation, which a question goes on with; and who may go on without a mention.

Keeps secret where that is looked up: in the ledger alone, so that any process knows it, and Slack is not asked.

Where what is asked comes in: it is claimed before Slack is told that it has come, and put into its channel's lane.

Keeps secret who waits for whom, and what is said to somebody for whom there is no room.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from slack_sdk import WebClient

from bot.errors import PullquoteError
from bot.search.followups import is_continuation
from bot.slack import strings
from bot.slack.access import AccessControl, AccessRules
from bot.slack.delivery import Delivery, DeliveryContext
from bot.slack.events import DeletedQuestion, IncomingQuestion, parse_event
from bot.slack.queues import ChannelQueues, QueueClosedError, QueueFullError, Task
from bot.slack.render import CorpusProtocol, RenderedReply, render_apology, render_sentence
from bot.slack.resilient_store import ResilientStore
from bot.slack.worker import RenderWorker
from bot.store.models import Claim
from bot.telemetry import Telemetry

WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """Questions a minute: far more than a person reads the answers of; as many as a channel takes messages."""

    per_person: int = 20
    per_channel: int = 60


class RateLimiter:
    """Counts what is asked; safe to use from any thread."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = Lock()
        # Those who asked last stand last, so that those of whom nothing counts any more are found in front.
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, user: str, channel: str) -> str | None:
        """Count a question; where it is one too many, the sentence that says so, and the question does not count."""
        now = self._clock()
        with self._lock:
            self._forget(now - WINDOW)
            if len(self._recent(user, now)) >= self._limits.per_person:
                return strings.PERSON_LIMIT.format(count=self._limits.per_person)
            if len(self._recent(channel, now)) >= self._limits.per_channel:
                return strings.CHANNEL_LIMIT.format(count=self._limits.per_channel)
            for key in (user, channel):
                self._asked.setdefault(key, deque()).append(now)
                self._asked.move_to_end(key)
            return None

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._asked.get(key, deque())
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times

    def _forget(self, before: float) -> None:
        while self._asked and (not (times := next(iter(self._asked.values()))) or times[-1] <= before):
            self._asked.popitem(last=False)


# Questions before it that one goes on with, each of which may itself lack a subject.
MOST = 3


def previous_questions(asked: IncomingQuestion, store: ResilientStore) -> tuple[str, ...]:
    """The questions that ``asked`` may go on with, in plain words, the latest first.

    What is asked in a thread goes on with its thread; a direct message outside one only where it says so, since
    whoever writes the next may have moved on. What is no message stands by itself.
    """
    ref, thread = asked.ref, asked.thread
    is_flat = thread is None
    if asked.entry_point not in ("mention", "dm", "follow-up") or thread == ref.ts or asked.text is None:
        return ()
    if is_flat and not is_continuation(asked.text):
        return ()
    before = store.find_latest_answer(ref.team, ref.channel, thread or "", ref.ts)
    return (before.question, *before.earlier_questions)[:MOST] if before else ()


def is_follow_up_expected(asked: IncomingQuestion, store: ResilientStore, rules: AccessRules) -> bool:
    """Whether a follow-up is one that the bot looks into: it knows it, or has replied in its thread and may go on."""
    if store.is_known(asked.ref):
        return True
    if asked.is_unaddressed_edit or not asked.sender.own_teams & rules.follow_ups:
        return False
    ref = asked.ref
    return store.find_latest_answer(ref.team, ref.channel, asked.thread or "", ref.ts) is not None


log = logging.getLogger(__name__)

# Questions taken over at a time from a process that ended with them; more wait for the next few seconds.
TAKEN_OVER = 200
# Threads for private notices: they must not wait behind the answers that are the reason for them.
NOTICE_THREADS = 2


class Dispatcher:
    """Takes what is asked and sees that each question ends in one visible outcome; collects until it is opened."""

    def __init__(
        self,
        client: WebClient,
        *,
        bot_user: str,
        store: ResilientStore,
        access: AccessControl,
        rate_limiter: RateLimiter,
        telemetry: Telemetry,
        lanes: ChannelQueues | None = None,
        scopes: frozenset[str] | None = None,
    ) -> None:
        self._scopes = scopes
        self._store, self._rate_limiter, self._bot_user = store, rate_limiter, bot_user
        self._means = DeliveryContext(client, bot_user, store, access, telemetry, self._compose)
        self._shelf: CorpusProtocol | None = None
        self._composer = RenderWorker()
        self._lanes = lanes or ChannelQueues()
        self._lanes.pause()
        self._notices = ChannelQueues(threads=NOTICE_THREADS)

    @property
    def waiting(self) -> int:
        """How many questions are not yet settled."""
        return self._lanes.unfinished + self._notices.unfinished

    @property
    def is_open(self) -> bool:
        """Whether questions are answered, and not only collected."""
        return self._shelf is not None

    def open(self, shelf: CorpusProtocol) -> None:
        """Answer from now on."""
        self._shelf = shelf
        self._lanes.resume()

    def _compose(self, asked: IncomingQuestion) -> RenderedReply:
        if self._shelf is None:
            raise RuntimeError("the lanes were opened before the archive")
        try:
            return self._composer.compose(asked, self._shelf, self._scopes, previous_questions(asked, self._store))
        except PullquoteError as error:  # a damaged snapshot, and nothing left to make it anew of
            return render_apology(str(error))

    def take(self, body: dict[str, Any]) -> bool:
        """Take what this delivery asks, if anything, once and for all; False where Slack must deliver it again."""
        read = parse_event(body, bot_user=self._bot_user)
        if isinstance(read, DeletedQuestion):
            return self._take_back(read)
        return read is None or self.take_question(read)

    def take_question(self, asked: IncomingQuestion) -> bool:
        """Take this question; False where whoever brought it must be told that it was not taken."""
        if asked.entry_point == "follow-up":
            is_ours = is_follow_up_expected(asked, self._store, self._means.access.rules)
        else:
            is_ours = not asked.is_unaddressed_edit or self._store.is_known(asked.ref)
        if not is_ours:
            return True
        claim = self._store.claim(asked.event)
        if claim is None:
            log.info("already taken: %s", asked.ref)
            return True
        sentence = self._rate_limiter.check(asked.user, asked.ref.channel)
        try:
            if sentence is None:
                self._work_on(claim, asked)
            else:
                self._notify(claim, sentence)
        except (QueueFullError, QueueClosedError):
            self._store.release(claim)
            return False
        return True

    def _work_on(self, claim: Claim, asked: IncomingQuestion) -> None:
        try:
            self._lanes.add(claim.ref.channel, claim.ref.ts, Delivery(self._means, claim, asked=asked))
        except QueueFullError:
            log.warning("no room for %s", claim.ref)
            self._notify(claim, strings.BUSY)

    def _notify(self, claim: Claim, sentence: str) -> None:
        errand = Delivery(self._means, claim, said=render_sentence("notice", sentence))
        self._notices.add(claim.ref.channel, claim.ref.ts, errand)

    def _take_back(self, withdrawn: DeletedQuestion) -> bool:
        # Deletions are told of every message; only what was said to the bot, or answered by it, is written down.
        if not (withdrawn.is_addressed or self._store.is_known(withdrawn.ref)):
            return True
        claim = self._store.delete_question(withdrawn.ref)
        return claim is None or self._resume(claim)

    def keep(self) -> None:
        """Keep hold of what was claimed, and take over what others left behind; to be called every few seconds."""
        for claim in (*self._store.sync(), *self._store.claim_expired(TAKEN_OVER)):
            self._resume(claim)

    def _resume(self, claim: Claim) -> bool:
        try:
            self._lanes.add(claim.ref.channel, claim.ref.ts, Delivery(self._means, claim), is_bounded=False)
        except QueueClosedError:
            self._store.release(claim)
            return False
        return True

    def finish(self, within: float) -> int:
        """Take nothing more and end what can be ended ``within`` seconds; how many questions are left to others."""
        deadline = monotonic() + within
        left: list[Task] = [*self._lanes.finish(within)]
        left += self._notices.finish(max(0.0, deadline - monotonic()))
        for task in left:
            if isinstance(task, Delivery):
                task.release()
        self._composer.end()
        return self.waiting
