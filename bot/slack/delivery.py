"""Deliver one reply: post, edit or delete it, retrying until Slack confirms.

A reply that may have been posted is searched for in Slack before it is posted again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.commands import restore_event
from bot.slack.events import IncomingQuestion
from bot.slack.posting import (
    METADATA_EVENT,
    CallFailure,
    NotPosted,
    Posted,
    RateLimited,
    Result,
    Unconfirmed,
    call_slack,
    choose_destination,
    delete_message,
    make_metadata,
    post_message,
    update_message,
)
from bot.slack.queues import Retry
from bot.slack.render import RenderedReply, render_apology, render_sentence, silence_follow_up
from bot.slack.resilient_store import ResilientStore
from bot.store.models import GIVE_UP, AnswerRecord, Claim, MessageRef, Outcome, answer_id
from bot.telemetry import QuestionLog, Telemetry

log = logging.getLogger(__name__)

# Messages per page, and pages, that are searched for a reply. The search starts at the question and usually happens
# within a minute, within several after a restart; no thread grows by 1,000 messages in that time.
PAGE_SIZE = 200
MAX_PAGES = 5
# Longest wait between two attempts, in seconds.
MAX_WAIT = 60.0
# Attempts after which a delivery no longer blocks those behind it: the fault may be in this question only.
BLOCKING_ATTEMPTS = 3
# A private reply cannot be searched for. One that is perhaps sent twice is better than none; more attempts help nobody.
PRIVATE_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class FoundReply:
    """A reply in Slack at ``ts``, to ``version`` of its question."""

    ts: str
    version: str


def find_reply(
    client: WebClient, ref: MessageRef, thread: str | None, *, bot_user: str
) -> FoundReply | CallFailure | None:
    """Search Slack for the bot's reply to the question ``ref``: in ``thread``, or in the direct message if None.

    None if there is no reply; a failure if Slack did not say.
    """
    # Slack returns messages later than ``oldest``, and a reply is always later than its question.
    arguments: dict[str, Any] = {"oldest": ref.ts, "limit": PAGE_SIZE, "include_all_metadata": True}
    for _ in range(MAX_PAGES):
        if thread is None:
            result = call_slack(lambda: client.conversations_history(channel=ref.channel, **arguments))
        else:
            result = call_slack(lambda: client.conversations_replies(channel=ref.channel, ts=thread, **arguments))
        if isinstance(result, NotPosted) and result.is_gone:
            return None  # the whole thread was deleted
        if not isinstance(result, SlackResponse):
            return result
        for message in result["messages"]:
            if message.get("user") == bot_user and (found := _match_reply(message, ref)) is not None:
                return found
        arguments["cursor"] = (result.get("response_metadata") or {}).get("next_cursor", "")
        if not arguments["cursor"]:
            break
    return None


def _match_reply(message: dict[str, Any], ref: MessageRef) -> FoundReply | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA_EVENT or payload.get("question_ts") != ref.ts:
        return None
    return FoundReply(str(message["ts"]), str(payload.get("question_edited", "")))


def make_answer_record(
    question: IncomingQuestion | None, reply: RenderedReply | None, outcome: Outcome, context: DeliveryContext
) -> AnswerRecord | None:
    """Make the record to store; None unless the archive was searched and its reply is the outcome."""
    if question is None or question.text is None or reply is None or reply.receipt is None or reply.outcome != outcome:
        return None
    ref, known_public = question.ref, question.sender.is_public
    return AnswerRecord(
        id=answer_id(ref, question.event.version),
        ref=ref,
        thread=question.thread or "",
        user_hash=context.store.hash_user(ref.team, question.user),
        entry_point=question.entry_point,
        question=question.text,
        outcome=outcome,
        receipt=reply.receipt,
        earlier_questions=reply.previous_questions,
        is_public=context.access.directory.is_public(ref.channel) if known_public is None else known_public,
    )


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What every delivery uses; ``render`` renders the reply to a question, ``clock`` counts seconds."""

    client: WebClient
    bot_user: str
    store: ResilientStore
    access: AccessControl
    telemetry: Telemetry
    render: Callable[[IncomingQuestion], RenderedReply]
    clock: Callable[[], float] = monotonic


class Delivery:
    """A task for a channel queue that completes ``claim``, and newer versions of its question that arrive meanwhile.

    ``question`` saves parsing it again; ``reply`` is sent as it is, without an access check.
    """

    def __init__(
        self,
        context: DeliveryContext,
        claim: Claim,
        *,
        question: IncomingQuestion | None = None,
        reply: RenderedReply | None = None,
    ) -> None:
        self._context = context
        self._begin(claim, question, reply)

    def _begin(
        self, claim: Claim, question: IncomingQuestion | None = None, reply: RenderedReply | None = None
    ) -> None:
        self._claim = claim
        self._reply = reply
        # A claim may be for a newer version than the one that was parsed.
        is_current = question is not None and question.event.body == claim.body
        self._question = question if is_current else _restore_question(claim, self._context.bot_user)
        self._reply_ts = claim.reply_ts
        self._must_search = claim.attempt > 1 and claim.reply_ts is None
        self._attempts = 0
        self._started_at = self._context.clock()

    def __call__(self) -> Retry | None:
        """Run the next step; None when the claim is completed."""
        try:
            return self._step()
        except Exception:  # must not end the queue's thread, nor lose the question
            log.exception("delivery of %s failed; retrying", self._claim.ref)
            return self._retry_later()

    def release(self) -> None:
        """Release the claim at once if no reply can be in Slack; otherwise its lease expires."""
        if not self._must_search and not self._claim.is_deleted:
            self._context.store.release(self._claim)

    def _step(self) -> Retry | None:
        claim, question = self._claim, self._question
        if self._context.clock() - self._started_at > GIVE_UP:
            log.error("giving up on %s after an hour", claim.ref)
            return self._complete("expired", self._reply_ts)
        if claim.is_deleted:
            return self._delete_reply("deleted")
        if question is None:
            log.error("giving up on %s: its event cannot be parsed", claim.ref)
            return self._complete("expired", self._reply_ts)
        reply = self._reply or self._decide(question)
        if not isinstance(reply, RenderedReply):
            return self._retry_after(reply)
        self._reply = reply = silence_follow_up(question, reply)
        return self._send_if_held(question, reply)

    def _send_if_held(self, question: IncomingQuestion, reply: RenderedReply) -> Retry | None:
        # Checked as late as possible: a posted reply cannot be unseen.
        lease_state = self._context.store.lease_state(self._claim)
        if lease_state == "deleted":
            return self._delete_reply("deleted")
        if lease_state == "held":
            return self._send(question, reply)
        log.warning("another process has taken over %s", question.ref)
        self._context.store.drop(self._claim)
        return None

    def _decide(self, question: IncomingQuestion) -> RenderedReply | CallFailure:
        refusal = self._context.access.check(question)
        if refusal is None:
            return self._context.render(question)
        return render_sentence("refusal", refusal) if isinstance(refusal, str) else refusal

    def _send(self, question: IncomingQuestion, reply: RenderedReply) -> Retry | None:
        if reply.outcome == "silence":
            return self._delete_reply("silence")
        client, destination = self._context.client, choose_destination(question, reply.outcome)
        metadata = make_metadata(question)
        if destination.user is not None:
            return self._after_private(reply, post_message(client, destination, reply.message, metadata))
        if self._must_search:
            return self._search_reply(question, reply)
        if self._reply_ts is not None:
            result = update_message(client, destination.channel, self._reply_ts, reply.message, metadata)
        else:
            result = post_message(client, destination, reply.message, metadata)
        return self._after_public(reply, result)

    def _search_reply(self, question: IncomingQuestion, reply: RenderedReply) -> Retry | None:
        found = find_reply(self._context.client, question.ref, question.thread, bot_user=self._context.bot_user)
        if isinstance(found, NotPosted) and found.code:
            log.error("cannot search for the reply to %s, which may be posted already: %s", question.ref, found.reason)
            self._reply = reply = render_sentence("unknown", strings.UNCONFIRMED)
        elif isinstance(found, CallFailure):
            return self._retry_after(found)
        elif found is not None and found.version == self._claim.version:
            return self._complete(reply.outcome, found.ts)
        elif found is not None:
            self._reply_ts = found.ts
        self._must_search = False
        return self._send(question, reply)

    def _after_public(self, reply: RenderedReply, result: Result) -> Retry | None:
        if isinstance(result, Posted):
            self._reply_ts = result.ts  # a repeated step updates this message
            return self._complete(reply.outcome, result.ts)
        if isinstance(result, Unconfirmed):
            # An update is safe to repeat; a new message is not.
            self._must_search = self._reply_ts is None
        elif isinstance(result, NotPosted) and result.is_gone:
            if self._reply_ts is None:
                return self._complete("deleted", None)
            self._reply_ts = None
            return Retry(0.0)
        elif isinstance(result, NotPosted) and result.is_content_error and reply.outcome != "apology":
            self._reply = render_apology(f"Slack did not take the reply to {self._claim.ref}: {result.reason}")
            return Retry(0.0)
        elif isinstance(result, NotPosted) and result.code and self._question and self._question.entry_point == "share":
            # The person chose the channel and is there to choose again.
            self._reply = render_sentence(
                "refusal", strings.NOT_A_MEMBER if result.is_not_member else strings.NOT_SHARED
            )
            return Retry(0.0)
        return self._retry_after(result)

    def _after_private(self, reply: RenderedReply, result: Result) -> Retry | None:
        is_refused = isinstance(result, NotPosted) and result.code
        if is_refused or (isinstance(result, Unconfirmed) and self._attempts + 1 >= PRIVATE_ATTEMPTS):
            log.error("the private %s for %s was not sent: %s", reply.outcome, self._claim.ref, result)
        elif not isinstance(result, Posted):
            return self._retry_after(result)
        return self._complete(reply.outcome, self._reply_ts)

    def _delete_reply(self, outcome: Outcome) -> Retry | None:
        """Delete the reply, if any: the question is gone."""
        client, ref = self._context.client, self._claim.ref
        if self._must_search:
            thread = self._question.thread if self._question else None if ref.channel.startswith("D") else ref.ts
            found = find_reply(client, ref, thread, bot_user=self._context.bot_user)
            if isinstance(found, CallFailure) and not (isinstance(found, NotPosted) and found.code):
                return self._retry_after(found)
            self._must_search = False
            self._reply_ts = found.ts if isinstance(found, FoundReply) else None
        if self._reply_ts is not None:
            result = delete_message(client, ref.channel, self._reply_ts)
            if isinstance(result, NotPosted) and result.code:
                log.error("the reply to the deleted question %s cannot be deleted: %s", ref, result.reason)
            elif result is not None:
                return self._retry_after(result)
        return self._complete(outcome, None)

    def _retry_after(self, failure: CallFailure) -> Retry:
        if isinstance(failure, RateLimited):
            return Retry(failure.seconds)
        log.warning("retrying %s: %s", self._claim.ref, failure.reason)
        return self._retry_later()

    def _retry_later(self) -> Retry:
        wait = min(MAX_WAIT, 2.0**self._attempts)
        self._attempts += 1
        return Retry(wait, is_blocking=self._attempts <= BLOCKING_ATTEMPTS)

    def _complete(self, outcome: Outcome, reply_ts: str | None) -> Retry | None:
        claim, question, reply = self._claim, self._question, self._reply
        waited = self._context.clock() - self._started_at
        record = make_answer_record(question, reply, outcome, self._context)
        newer = self._context.store.complete(claim, outcome, reply_ts, record)
        if question is not None and not claim.is_deleted:
            self._context.telemetry.record_question(
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
        if newer is None:
            return None
        self._begin(newer)
        return Retry(0.0)


def _restore_question(claim: Claim, bot_user: str) -> IncomingQuestion | None:
    """Parse the stored question; None if it was erased or another program wrote it."""
    try:
        event = restore_event(claim.body, bot_user=bot_user) if claim.body else None
    except ValueError:
        return None
    return event if isinstance(event, IncomingQuestion) else None
