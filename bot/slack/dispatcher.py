"""Dispatcher: claim each question before its event is acknowledged, and queue its delivery; rate limits; follow-ups."""

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

log = logging.getLogger(__name__)

# Seconds in which questions are counted.
WINDOW = 60.0
# A question can refer to this many earlier ones, each of which may lack a subject itself.
MAX_EARLIER_QUESTIONS = 3
# Expired claims taken over at a time; the rest follow a few seconds later.
MAX_EXPIRED_CLAIMS = 200
# Separate threads for private notices, which must not wait behind the answers that made them necessary.
NOTICE_THREADS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Questions per minute: more than a person reads answers to, and as many as Slack lets a channel receive."""

    per_person: int = 20
    per_channel: int = 60


class RateLimiter:
    """Counts questions per person and per channel in a sliding window; thread-safe."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._lock = Lock()
        # Ordered by latest question, so that the entries to drop come first.
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, user: str, channel: str) -> str | None:
        """Count a question and return None; over a limit, return the sentence to reply with and do not count it."""
        now = self._clock()
        with self._lock:
            self._drop_expired(now)
            if len(self._recent(user, now)) >= self._limits.per_person:
                return strings.PERSON_LIMIT.format(count=self._limits.per_person)
            if len(self._recent(channel, now)) >= self._limits.per_channel:
                return strings.CHANNEL_LIMIT.format(count=self._limits.per_channel)
            for key in (user, channel):
                self._times.setdefault(key, deque()).append(now)
                self._times.move_to_end(key)
            return None

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._times.get(key, deque())
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times

    def _drop_expired(self, now: float) -> None:
        while self._times and (not (times := next(iter(self._times.values()))) or times[-1] <= now - WINDOW):
            self._times.popitem(last=False)


def find_previous_questions(question: IncomingQuestion, store: ResilientStore) -> tuple[str, ...]:
    """Find the questions that this one may refer to, newest first, in plain words.

    These are the ones before it in its thread; outside a thread, in a direct message, only if the wording refers back.
    Commands, shortcuts and shared answers refer to none.
    """
    ref, thread = question.ref, question.thread
    if question.text is None or thread == ref.ts or question.entry_point not in ("mention", "dm", "follow-up"):
        return ()
    if thread is None and not is_continuation(question.text):
        return ()
    latest = store.find_latest_answer(ref.team, ref.channel, thread or "", ref.ts)
    return (latest.question, *latest.earlier_questions)[:MAX_EARLIER_QUESTIONS] if latest else ()


def is_relevant(question: IncomingQuestion, store: ResilientStore, rules: AccessRules) -> bool:
    """Whether to process a question: it addresses the bot, is known already, or follows up on an answer."""
    if question.entry_point != "follow-up" and not question.is_unaddressed_edit:
        return True
    ref = question.ref
    if store.is_known(ref):
        return True
    if question.is_unaddressed_edit or not question.sender.own_teams & rules.follow_ups:
        return False
    return store.find_latest_answer(ref.team, ref.channel, question.thread or "", ref.ts) is not None


class Dispatcher:
    """Takes questions and gives each one visible outcome; until ``start_answering`` they are only queued."""

    def __init__(
        self,
        client: WebClient,
        *,
        bot_user: str,
        store: ResilientStore,
        access: AccessControl,
        rate_limiter: RateLimiter,
        telemetry: Telemetry,
        queues: ChannelQueues | None = None,
        scopes: frozenset[str] | None = None,
    ) -> None:
        self._store, self._rate_limiter, self._bot_user, self._scopes = store, rate_limiter, bot_user, scopes
        self._context = DeliveryContext(client, bot_user, store, access, telemetry, self._render)
        self._corpus: CorpusProtocol | None = None
        self._worker = RenderWorker()
        self._queues = queues or ChannelQueues()
        self._queues.pause()
        self._notices = ChannelQueues(threads=NOTICE_THREADS)

    @property
    def unfinished_count(self) -> int:
        """Number of questions that are not completed."""
        return self._queues.unfinished_count + self._notices.unfinished_count

    @property
    def is_answering(self) -> bool:
        """Whether questions are answered, and not only queued."""
        return self._corpus is not None

    def start_answering(self, corpus: CorpusProtocol) -> None:
        """Answer the questions queued so far and all later ones."""
        self._corpus = corpus
        self._queues.resume()

    def _render(self, question: IncomingQuestion) -> RenderedReply:
        if self._corpus is None:
            raise RuntimeError("the queues were resumed without a corpus")
        try:
            previous = find_previous_questions(question, self._store)
            return self._worker.render(question, self._corpus, self._scopes, previous)
        except PullquoteError as error:  # a damaged snapshot that cannot be rebuilt
            return render_apology(str(error))

    def handle_event(self, body: dict[str, Any]) -> bool:
        """Take the question of an event, if any; false if Slack must deliver the event again."""
        parsed = parse_event(body, bot_user=self._bot_user)
        if isinstance(parsed, DeletedQuestion):
            return self._handle_deletion(parsed)
        return parsed is None or self.handle_question(parsed)

    def handle_question(self, question: IncomingQuestion) -> bool:
        """Claim a question and queue its delivery; false if it could not be taken."""
        if not is_relevant(question, self._store, self._context.access.rules):
            return True
        claim = self._store.claim(question.event)
        if claim is None:
            log.info("already claimed: %s", question.ref)
            return True
        sentence = self._rate_limiter.check(question.user, question.ref.channel)
        try:
            if sentence is None:
                self._deliver(claim, question)
            else:
                self._notify(claim, sentence)
        except (QueueFullError, QueueClosedError):
            self._store.release(claim)
            return False
        return True

    def _deliver(self, claim: Claim, question: IncomingQuestion) -> None:
        try:
            self._queues.add(claim.ref.channel, claim.ref.ts, Delivery(self._context, claim, question=question))
        except QueueFullError:
            log.warning("the queue is full; not answered: %s", claim.ref)
            self._notify(claim, strings.BUSY)

    def _notify(self, claim: Claim, sentence: str) -> None:
        delivery = Delivery(self._context, claim, reply=render_sentence("notice", sentence))
        self._notices.add(claim.ref.channel, claim.ref.ts, delivery)

    def _handle_deletion(self, deleted: DeletedQuestion) -> bool:
        # Slack reports the deletion of every message; only questions, or what the bot answered, are stored.
        if not (deleted.is_addressed or self._store.is_known(deleted.ref)):
            return True
        claim = self._store.delete_question(deleted.ref)
        return claim is None or self._resume(claim)

    def sync_claims(self) -> None:
        """Renew the leases held here and take over expired claims; to be called every few seconds."""
        for claim in (*self._store.sync(), *self._store.claim_expired(MAX_EXPIRED_CLAIMS)):
            self._resume(claim)

    def _resume(self, claim: Claim) -> bool:
        try:
            self._queues.add(claim.ref.channel, claim.ref.ts, Delivery(self._context, claim), is_bounded=False)
        except QueueClosedError:
            self._store.release(claim)
            return False
        return True

    def stop(self, timeout: float) -> int:
        """Finish the deliveries possible in ``timeout`` seconds and release the rest; return their number."""
        deadline = monotonic() + timeout
        unfinished: list[Task] = [*self._queues.stop(timeout)]
        unfinished += self._notices.stop(max(0.0, deadline - monotonic()))
        for task in unfinished:
            if isinstance(task, Delivery):
                task.release()
        self._worker.stop()
        return self.unfinished_count
