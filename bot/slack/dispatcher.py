"""Dispatcher: claim each question before its event is acknowledged, and queue its delivery; rate limits; follow-ups."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from slack_bolt import BoltResponse

from bot.errors import ArchiveUnavailableError, PullquoteError, StoreError
from bot.search.corpus import Corpus
from bot.search.followups import is_continuation
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.client import Posted, SlackClient, choose_destination, make_metadata, post_message
from bot.slack.delivery import Delivery, DeliveryContext, Shutdown, StoppedError
from bot.slack.events import DeletedQuestion, IncomingQuestion, parse_event
from bot.slack.layout import build_sentence
from bot.slack.queues import QueueClosedError, QueueFullError, Turn, WorkQueues
from bot.slack.render import RenderedReply, Renderer, render_apology, render_sentence
from bot.slack.resilient_store import ResilientStore, StoreThread
from bot.store.models import Claim
from bot.telemetry import Telemetry

log = logging.getLogger(__name__)

# Seconds in which questions are counted.
WINDOW = 60.0
# A question can refer to this many earlier ones, each of which may lack a subject itself.
MAX_EARLIER_QUESTIONS = 3
# Expired claims taken over at a time; the rest follow a few seconds later.
MAX_EXPIRED_CLAIMS = 200
# Seconds until a person learns that the archive is still loading.
SAY_LOADING_AFTER = 1.5


@dataclass(frozen=True, slots=True)
class Limits:
    """Questions per minute: more than a person reads answers to, and as many as Slack lets a channel receive."""

    per_person: int = 20
    per_channel: int = 60


class RateLimiter:
    """Counts questions per person and per channel in a sliding window."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = monotonic) -> None:
        self._limits, self._clock = limits, clock
        # Ordered by latest question, so that the entries to drop come first.
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, user: str, channel: str) -> str | None:
        """Count a question and return None; over a limit, return the sentence to reply with and do not count it."""
        now = self._clock()
        while self._times and (not (times := next(iter(self._times.values()))) or times[-1] <= now - WINDOW):
            self._times.popitem(last=False)
        limits = self._limits
        for key, limit, sentence in (
            (user, limits.per_person, strings.PERSON_LIMIT),
            (channel, limits.per_channel, strings.CHANNEL_LIMIT),
        ):
            times = self._times.get(key, deque())
            while times and times[0] <= now - WINDOW:
                times.popleft()
            if len(times) >= limit:
                return sentence.format(count=limit)
        for key in (user, channel):
            self._times.setdefault(key, deque()).append(now)
            self._times.move_to_end(key)
        return None


class Dispatcher:
    """Takes questions and gives each one visible outcome; until ``start_answering`` they are only queued."""

    def __init__(
        self,
        client: SlackClient,
        *,
        bot_user: str,
        store: ResilientStore,
        thread: StoreThread,
        access: AccessControl,
        rate_limiter: RateLimiter,
        telemetry: Telemetry,
        queues: WorkQueues | None = None,
        scopes: frozenset[str] | None = None,
    ) -> None:
        self._store, self._run, self._rate_limiter = store, thread.run, rate_limiter
        self._bot_user, self._scopes = bot_user, scopes
        self._shutdown = Shutdown()
        self._context = DeliveryContext(
            client, bot_user, store, thread, access, telemetry, self._render, self._shutdown
        )
        self._corpus: Corpus | None = None
        self._renderer = Renderer()
        self._deliveries: set[Delivery] = set()
        self._queues = queues or WorkQueues()
        self._queues.may_start.clear()
        # Private notices do not wait behind the answers that made them necessary.
        self._notices = WorkQueues()
        self._loading_notices: set[asyncio.Task[None]] = set()

    @property
    def unfinished_count(self) -> int:
        """Number of questions that are not completed."""
        return len(self._deliveries)

    def find_problem(self) -> str | None:
        """Say what is wrong with the archive, if anything."""
        return "the archive is loading" if self._corpus is None else self._corpus.problem

    def start_answering(self, corpus: Corpus) -> None:
        """Answer the questions queued so far and all later ones."""
        self._corpus = corpus
        self._queues.may_start.set()

    async def _render(self, question: IncomingQuestion) -> RenderedReply:
        if self._corpus is None:
            raise RuntimeError("the queues were started without a corpus")
        try:
            previous = await self._find_previous_questions(question)
            return await self._renderer.render(question, self._corpus, self._scopes, previous)
        except ArchiveUnavailableError as error:
            return render_sentence("apology", str(error))
        except PullquoteError as error:  # a damaged snapshot that cannot be rebuilt
            return render_apology(str(error))

    async def _find_previous_questions(self, question: IncomingQuestion) -> tuple[str, ...]:
        """Find the questions that this one may refer to, newest first, in plain words.

        These are the ones before it in its thread; outside a thread, in a direct message, only if the wording refers
        back. Commands, shortcuts and shared answers refer to none.
        """
        ref, thread = question.ref, question.thread
        if question.text is None or thread == ref.ts or question.entry_point not in ("mention", "dm", "follow-up"):
            return ()
        if thread is None and not is_continuation(question.text):
            return ()
        latest = await self._run(self._store.find_latest_answer, ref.team, ref.channel, thread or "", ref.ts)
        return (latest.question, *latest.earlier_questions)[:MAX_EARLIER_QUESTIONS] if latest else ()

    async def handle_event(self, body: dict[str, Any]) -> BoltResponse:
        """Take the question of a message or mention, if any; status 503 if Slack must deliver the event again."""
        parsed = parse_event(body, bot_user=self._bot_user, workflows=self._context.access.rules.workflows)
        if isinstance(parsed, DeletedQuestion):
            is_taken = await self._handle_deletion(parsed)
        else:
            is_taken = parsed is None or await self.handle_question(parsed)
        return BoltResponse(status=200 if is_taken else 503)

    async def handle_question(self, question: IncomingQuestion) -> bool:
        """Claim a question and queue its delivery; false if it could not be taken."""
        is_unaddressed = question.entry_point == "follow-up" or question.is_unaddressed_edit
        try:
            if is_unaddressed and not await self._is_expected(question):
                return True
            # Slack delivers an event again, but no command or click: its sender is asked to repeat it.
            may_wait = question.response_url is None
            claim = await self._run(self._store.claim, question.event, may_wait=may_wait)
        except StoreError:  # the store's own warning says why
            return False
        if claim is None:
            log.info("already claimed: %s", question.ref)
            return True
        # Thanks and greetings search nothing: they neither count nor are refused.
        asks = question.text is not None
        notice = self._rate_limiter.check(question.user, question.ref.channel) if asks else None
        try:
            if notice is None:
                try:
                    self._add(self._queues, Delivery(self._context, claim, question=question), claim)
                except QueueFullError:
                    log.warning("the queue is full; not answered: %s", claim.ref)
                    notice = strings.BUSY
            if notice is not None:
                reply = render_sentence("notice", notice)
                self._add(self._notices, Delivery(self._context, claim, reply=reply), claim)
        except (QueueFullError, QueueClosedError):
            await self._run(self._store.release, claim)
            return False
        if self._corpus is None and question.entry_point != "follow-up" and not question.is_by_workflow:
            task = asyncio.create_task(self._notify_while_loading(question))
            self._loading_notices.add(task)
            task.add_done_callback(self._loading_notices.discard)
        return True

    async def _is_expected(self, question: IncomingQuestion) -> bool:
        """Whether a message that does not address the bot is known already, or follows up on an answer."""
        ref = question.ref
        if await self._run(self._store.is_known, ref):
            return True
        if question.is_unaddressed_edit or not question.sender.own_teams & self._context.access.rules.follow_ups:
            return False
        thread = question.thread or ""
        place = (ref.team, ref.channel, thread, ref.ts)
        return await self._run(self._store.find_latest_answer, *place, must_know=True) is not None

    def _add(self, queues: WorkQueues, delivery: Delivery, claim: Claim, *, is_bounded: bool = True) -> None:
        async def work(turn: Turn) -> None:
            try:
                await delivery.run(turn)
                self._deliveries.discard(delivery)
            except StoppedError:
                log.debug("stopped before the next attempt for %s", claim.ref)

        queues.add(claim.ref.channel, claim.ref.ts, work, is_bounded=is_bounded)
        self._deliveries.add(delivery)

    async def _notify_while_loading(self, question: IncomingQuestion) -> None:
        """Tell the person once that the answer takes a moment, if it does; nothing depends on this."""
        try:
            async with asyncio.timeout(SAY_LOADING_AFTER):
                await self._queues.may_start.wait()
        except TimeoutError:
            if await self._context.access.check(question) is not None:
                return
            # In a direct message too, only the person's screen shows it: the answer is the one message that stays.
            destination = replace(choose_destination(question, "notice"), user=question.user)
            message, metadata = build_sentence(strings.STARTING), make_metadata(question)
            result = await post_message(self._context.client, destination, message, metadata)
            if not isinstance(result, Posted):
                log.info("did not say that the archive is loading: %s", result)

    async def _handle_deletion(self, deleted: DeletedQuestion) -> bool:
        # Slack reports the deletion of every message; only questions, or what the bot answered, are stored.
        try:
            if not (deleted.is_addressed or await self._run(self._store.is_known, deleted.ref)):
                return True
            claim = await self._run(self._store.delete_question, deleted.ref)
        except StoreError:
            return False
        return claim is None or await self._resume(claim)

    async def sync_claims(self) -> None:
        """Renew the leases held here and take over expired claims; to be called every few seconds."""
        for claim in await self._run(self._store.sync):
            await self._resume(claim)
        for claim in await self._run(self._store.claim_expired, MAX_EXPIRED_CLAIMS):
            await self._resume(claim)

    async def _resume(self, claim: Claim) -> bool:
        try:
            self._add(self._queues, Delivery(self._context, claim), claim, is_bounded=False)
        except QueueClosedError:
            await self._run(self._store.release, claim)
            return False
        return True

    async def stop(self, timeout: float) -> int:
        """Finish the deliveries possible in ``timeout`` seconds and release the rest; return their number."""
        self._shutdown.begin(timeout)
        for task in tuple(self._loading_notices):
            task.cancel()
        await asyncio.gather(self._queues.stop(timeout), self._notices.stop(timeout))
        self._renderer.stop()
        for delivery in self._deliveries:
            await delivery.release()
        return self.unfinished_count
