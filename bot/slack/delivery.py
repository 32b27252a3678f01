"""Deliver one reply: claim, access, answer, post or find what may already stand, record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic

from bot.errors import StoreError
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.client import (
    PRIVATE,
    CallFailure,
    Destination,
    FoundReply,
    NotSent,
    Posted,
    RateLimited,
    Result,
    SlackClient,
    Unconfirmed,
    choose_destination,
    delete_message,
    find_reply,
    make_metadata,
    post_message,
    update_message,
)
from bot.slack.commands import restore_event
from bot.slack.events import IncomingQuestion
from bot.slack.queues import MAX_TURN, Pace, Turn
from bot.slack.render import SILENCE, RenderedReply, render_apology, render_sentence
from bot.slack.resilient_store import ResilientStore, StoreThread
from bot.store.models import GIVE_UP, AnswerRecord, Claim, MessageRef, Outcome, answer_id
from bot.telemetry import QuestionLog, Telemetry

log = logging.getLogger(__name__)

# Longest wait between two attempts, in seconds.
MAX_WAIT = 60.0
# Seconds until the store is asked again that could not say whether a claim is still held.
STORE_WAIT = 1.0
# A private reply cannot be searched for. One that is perhaps sent twice is better than none.
PRIVATE_ATTEMPTS = 8
# Seconds after which other bots are asked again whether an earlier question is answered; one that they claimed longer
# ago has had its turn.
ASK_AGAIN, OTHERS_WITHIN = 0.1, 10.0

Ending = tuple[Outcome, str | None]
"""How a question ended, and the timestamp of its public reply."""


class LostClaimError(Exception):
    """The claim has ended: another process may have taken over the question."""


class DeletedError(Exception):
    """The question was deleted meanwhile."""


class StoppedError(Exception):
    """The bot stops before the next attempt is due."""


class Shutdown:
    """Whether the bot stops, and until when work may go on."""

    def __init__(self) -> None:
        self._is_set = asyncio.Event()
        self._deadline = 0.0

    def begin(self, seconds: float) -> None:
        """Let work go on for ``seconds`` more."""
        self._deadline = monotonic() + seconds
        self._is_set.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep. StoppedError if the bot stops before."""
        until = monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                await self._is_set.wait()
        except TimeoutError:
            return
        if until > self._deadline:
            raise StoppedError
        await asyncio.sleep(until - monotonic())


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What every delivery uses; ``render`` renders the reply to a question, ``give_up`` is a time in seconds."""

    client: SlackClient
    bot_user: str
    store: ResilientStore
    thread: StoreThread
    access: AccessControl
    telemetry: Telemetry
    render: Callable[[IncomingQuestion], Awaitable[RenderedReply]]
    shutdown: Shutdown = field(default_factory=Shutdown)
    give_up: float = GIVE_UP


class Delivery:
    """Completes ``claim``, and newer versions of its question that arrive meanwhile.

    ``question`` saves parsing it again; ``reply`` is sent as it is, without an access check. ``may_be_posted``: there
    may be a reply in Slack that has to be found before another is posted.
    """

    def __init__(
        self,
        context: DeliveryContext,
        claim: Claim,
        *,
        question: IncomingQuestion | None = None,
        reply: RenderedReply | None = None,
    ) -> None:
        self._context, self._run = context, context.thread.run
        self._begin(claim, question, reply)

    def _begin(self, claim: Claim, question: IncomingQuestion | None, reply: RenderedReply | None) -> None:
        self._claim, self._reply = claim, reply
        # A claim may be for a newer version than the one that was parsed.
        is_current = question is not None and question.event.body == claim.body
        self._question = question if is_current else _restore_question(claim, self._context.bot_user)
        self._reply_ts = claim.reply_ts
        self.may_be_posted = claim.attempt > 1 and claim.reply_ts is None
        self._attempts = 0
        self._started_at = monotonic()

    async def run(self, turn: Turn) -> None:
        """Complete the claim. StoppedError or CancelledError if the bot stops before: see ``release``."""
        while True:
            try:
                newer = await self._run_version(turn)
            except StoppedError:
                raise
            except StoreError as error:  # whether another bot has the question is not known now; later ones wait too
                log.debug("%s waits: %s", self._claim.ref, error)
                await self._context.shutdown.sleep(STORE_WAIT)
                continue
            except Exception:  # must not lose the question
                log.exception("delivery of %s failed; retrying", self._claim.ref)
                turn.give_up()
                await self._wait()
                continue
            if newer is None:
                return
            self._begin(newer, None, None)

    async def release(self) -> None:
        """Release the claim at once if no new reply can be in Slack; otherwise its lease expires."""
        is_posted = self._reply_ts not in (None, self._claim.reply_ts)
        if not (self.may_be_posted or is_posted or self._claim.is_deleted):
            await self._run(self._context.store.release, self._claim)

    async def _run_version(self, turn: Turn) -> Claim | None:
        """Complete the claim; return a newer version of its question that arrived meanwhile, if any."""
        try:
            async with asyncio.timeout(self._started_at + self._context.give_up - monotonic()) as limit:
                try:
                    outcome, reply_ts = await self._deliver(turn)
                except DeletedError:
                    outcome, reply_ts = await self._take_back("deleted", turn)
        except TimeoutError:
            if not limit.expired():
                raise
            log.error("giving up on %s after an hour", self._claim.ref)
            outcome, reply_ts = "expired", self._reply_ts
        except LostClaimError:
            log.warning("the claim of %s has ended; the bot that claims it next answers it", self._claim.ref)
            await self._run(self._context.store.drop, self._claim)
            return None
        return await self._complete(outcome, reply_ts)

    async def _deliver(self, turn: Turn) -> Ending:
        if self._claim.is_deleted:
            return await self._take_back("deleted", turn)
        question = self._question
        if question is None:
            log.error("giving up on %s: its event cannot be parsed", self._claim.ref)
            return "expired", self._reply_ts
        if self._reply is None:
            while isinstance(refusal := await self._context.access.check(question), CallFailure):
                turn.give_up()  # what cannot be looked up concerns this person only
                await self._wait(refusal)
            self._reply = (
                await self._context.render(question) if refusal is None else render_sentence("refusal", refusal)
            )
        if question.is_by_workflow and self._reply.outcome in PRIVATE:
            # To say it in public would disturb a channel where the bot does not answer, or that asks too much already.
            log.info("not said to the workflow %s: %s", question.user, self._reply.message.text)
            self._reply = SILENCE
        if question.entry_point == "follow-up" and self._reply.outcome != "answer":
            self._reply = SILENCE  # it was not addressed to the bot
        if self._reply.outcome == "silence":
            await self._keep_claim()
            return await self._take_back("silence", turn)
        if choose_destination(question, self._reply.outcome).user is not None:
            return await self._send_private(question, self._reply, turn)
        return await self._send_public(question, self._reply, turn)

    async def _keep_claim(self) -> None:
        """Check the claim as late as possible before something is sent: a posted reply cannot be unseen."""
        state = await self._run(self._context.store.lease_state, self._claim)
        if state == "deleted":
            raise DeletedError
        if state != "held":
            raise LostClaimError

    async def _send_public(self, question: IncomingQuestion, reply: RenderedReply, turn: Turn) -> Ending:
        while True:
            if self.may_be_posted:
                found = await self._find_posted(question.ref, question.thread)
                if isinstance(found, NotSent):
                    log.error("cannot search for the reply to %s, which may be posted already: %s", question.ref, found)
                    self._reply = render_sentence("unknown", strings.UNCONFIRMED)
                    return await self._send_private(question, self._reply, turn)
                if found is not None and found.version == self._claim.version:
                    return reply.outcome, found.ts
                self._reply_ts = found.ts if found is not None else None
                self.may_be_posted = False
            result = await self._post_or_update(question, reply, turn)
            if isinstance(result, Posted):
                self._reply_ts = result.ts  # a repeated step updates this message
                return reply.outcome, result.ts
            if isinstance(result, RateLimited):
                turn.hold(result.seconds)
            elif isinstance(result, NotSent) and result.is_gone:
                if self._reply_ts is None:
                    return "deleted", None
                self._reply_ts = None
            elif isinstance(result, NotSent) and result.is_content_error and reply.outcome != "apology":
                self._reply = reply = render_apology(f"Slack did not take the reply to {question.ref}: {result.reason}")
            elif isinstance(result, NotSent) and (
                result.is_never_allowed or (question.entry_point == "share" and result.is_final)
            ):
                self._reply = render_sentence("refusal", _cannot_post(question, result))
                return await self._send_private(question, self._reply, turn)
            else:
                if isinstance(result, NotSent) and result.code:
                    turn.give_up()  # what Slack refuses concerns this reply only
                await self._wait(result)

    async def _find_posted(self, ref: MessageRef, thread: str | None) -> FoundReply | NotSent | None:
        """Find the reply that may have been posted; NotSent if Slack refuses to say."""
        client, bot_user = self._context.client, self._context.bot_user
        while True:
            found = await find_reply(client, ref, thread, bot_user=bot_user)
            if not isinstance(found, CallFailure) or (isinstance(found, NotSent) and found.is_final):
                return found
            await self._wait(found)

    async def _post_or_update(self, question: IncomingQuestion, reply: RenderedReply, turn: Turn) -> Result:
        client, metadata = self._context.client, make_metadata(question)
        destination = choose_destination(question, reply.outcome)
        async with turn.paced():
            if self._context.store.is_shared:
                await self._wait_for_other_bots(turn.pace)
            await self._keep_claim()
            if self._reply_ts is not None:
                return await update_message(client, destination.channel, self._reply_ts, reply.message, metadata)
            self.may_be_posted = True  # if this is cancelled
            result = await post_message(client, destination, reply.message, metadata)
            self.may_be_posted = isinstance(result, Unconfirmed)
            return result

    async def _wait_for_other_bots(self, pace: Pace) -> None:
        """Wait for those that answer earlier questions of the channel, for a while, and for the pace of them all."""
        store, ref, sleep = self._context.store, self._claim.ref, self._context.shutdown.sleep
        started = monotonic()
        while monotonic() - started < MAX_TURN and await self._run(store.has_earlier, ref, OTHERS_WITHIN):
            await sleep(ASK_AGAIN)
        if wait := await self._run(store.reserve_call, ref, pace.burst, pace.seconds):
            await sleep(wait)

    async def _send_private(self, question: IncomingQuestion, reply: RenderedReply, turn: Turn) -> Ending:
        """Send a private reply until Slack confirms it, first in the conversation, else in a direct message."""
        client, metadata = self._context.client, make_metadata(question)
        destinations = _private_destinations(question, reply.outcome)
        destination, unconfirmed = destinations.pop(0), 0
        while True:
            async with turn.paced():
                await self._keep_claim()
                result = await post_message(client, destination, reply.message, metadata)
            if isinstance(result, Unconfirmed):
                unconfirmed += 1
            is_refused = isinstance(result, NotSent) and result.is_final
            if isinstance(result, Posted) or unconfirmed == PRIVATE_ATTEMPTS or (is_refused and not destinations):
                if not isinstance(result, Posted):
                    log.error("the private %s for %s was not sent: %s", reply.outcome, question.ref, result)
                return reply.outcome, self._reply_ts
            if is_refused:
                destination = destinations.pop(0)
            elif isinstance(result, RateLimited):
                turn.hold(result.seconds)
            else:
                await self._wait(result)

    async def _take_back(self, outcome: Outcome, turn: Turn) -> Ending:
        """Delete the reply, if any: there is no question any more, or nothing to say."""
        client, ref = self._context.client, self._claim.ref
        if self.may_be_posted:
            thread = self._question.thread if self._question else None if ref.channel.startswith("D") else ref.ts
            found = await self._find_posted(ref, thread)
            self.may_be_posted = False
            self._reply_ts = found.ts if isinstance(found, FoundReply) else None
        while self._reply_ts is not None:
            async with turn.paced():
                result = await delete_message(client, ref.channel, self._reply_ts)
            if isinstance(result, RateLimited):
                turn.hold(result.seconds)
            elif result is None or (isinstance(result, NotSent) and result.is_final):
                if result is not None:
                    log.error("the reply to the deleted question %s cannot be deleted: %s", ref, result.reason)
                break
            else:
                await self._wait(result)
        return outcome, None

    async def _wait(self, failure: CallFailure | None = None) -> None:
        """Wait until the next attempt: as long as Slack asked for, else longer each time."""
        if isinstance(failure, RateLimited):
            return await self._context.shutdown.sleep(failure.seconds)
        if failure is not None:
            log.warning("retrying %s: %s", self._claim.ref, failure.reason)
        seconds = min(MAX_WAIT, 2.0**self._attempts)
        self._attempts += 1
        return await self._context.shutdown.sleep(seconds)

    async def _complete(self, outcome: Outcome, reply_ts: str | None) -> Claim | None:
        claim, question, reply, context = self._claim, self._question, self._reply, self._context
        waited = monotonic() - self._started_at
        record = await self._make_record(outcome)
        newer = await self._run(context.store.complete, claim, outcome, reply_ts, record)
        if question is not None and not claim.is_deleted:
            context.telemetry.record_question(
                QuestionLog(
                    event_id=question.event.event_id,
                    team=question.ref.team,
                    channel=question.ref.channel,
                    surface=question.entry_point,
                    outcome=outcome,
                    answer=record.id if record else None,
                    confidence=reply.confidence if reply else None,
                    quotes=reply.quotes if reply else 0,
                    took_ms=round(reply.took_ms if reply else 0.0, 3),
                    waited_ms=round(waited * 1000, 3),
                    attempt=claim.attempt,
                    text=question.text or "",
                )
            )
        return newer

    async def _make_record(self, outcome: Outcome) -> AnswerRecord | None:
        """Make the record to store; None unless the archive was searched and its reply is the outcome."""
        question, reply = self._question, self._reply
        if question is None or question.text is None or reply is None or reply.receipt is None:
            return None
        if reply.outcome != outcome:
            return None
        ref, is_public = question.ref, question.sender.is_public
        if is_public is None:
            is_public = await self._context.access.directory.is_public(ref.channel)
        return AnswerRecord(
            id=answer_id(ref, question.event.version),
            ref=ref,
            thread=question.thread or "",
            user_hash=self._context.store.hash_user(ref.team, question.user),
            entry_point=question.entry_point,
            question=question.text,
            outcome=outcome,
            receipt=reply.receipt,
            earlier_questions=reply.previous_questions,
            is_public=is_public,
        )


def _private_destinations(question: IncomingQuestion, outcome: Outcome) -> list[Destination]:
    """Where a private reply may go, in order of preference."""
    first = choose_destination(question, outcome)
    places = [first]
    if first.response_url is not None:
        places.append(Destination(first.channel, None, question.user))
    if not question.ref.channel.startswith("D"):
        places.append(Destination(question.user, None, None))
    return places


def _cannot_post(question: IncomingQuestion, failure: NotSent) -> str:
    if question.entry_point != "share":
        return strings.CANNOT_POST
    # The person chose the channel and is there to choose again.
    return strings.NOT_A_MEMBER if failure.is_not_member else strings.NOT_SHARED


def _restore_question(claim: Claim, bot_user: str) -> IncomingQuestion | None:
    """Parse the stored question; None if it was erased or another program wrote it."""
    try:
        event = restore_event(claim.body, bot_user=bot_user) if claim.body else None
    except ValueError:
        return None
    return event if isinstance(event, IncomingQuestion) else None
