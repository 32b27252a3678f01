"""The bot's own reply to a question, looked for in Slack where nobody knows whether it was posted.

Keeps secret where Slack lists the messages of a thread and of a direct message. A reply is known by its metadata.

What is left of a question that has come to its end: what is kept of it, and the line of the log.

Keeps secret which of its words go where: into the records, where they are forgotten in time, and not into the log.

One question on its way to its one visible outcome: a step at a time, so that whatever must wait waits in the lane.

Keeps secret what is tried again, when, and what is looked for first. A reply of unknown fate is never posted again
before it was looked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
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
from bot.store.models import GIVE_UP, AnswerRecord, Claim, MessageRef, Outcome, answer_id, hash_user_id
from bot.telemetry import QuestionLog, Telemetry

# Messages after the question that are looked through, a page at a time. A reply of unknown fate is looked for within a
# minute, and a restarted bot's within some; busier threads than this there are not.
PAGE = 200
PAGES = 5


@dataclass(frozen=True, slots=True)
class FoundReply:
    """The reply stands at ``ts``, to the question in this ``version``."""

    ts: str
    version: str


def find_reply(
    client: WebClient, ref: MessageRef, thread: str | None, *, bot_user: str
) -> FoundReply | CallFailure | None:
    """The reply to the question at ``ref``, in ``thread`` or, where that is None, beside it in a direct message.

    None when there is none; a failure where Slack did not say.
    """
    cursor = ""
    for _ in range(PAGES):
        result = _page(client, ref, thread, cursor)
        if isinstance(result, NotPosted) and result.is_gone:
            return None  # the whole thread was deleted
        if not isinstance(result, SlackResponse):
            return result
        for message in _own(result["messages"], bot_user):
            if (found := _reply(message, ref)) is not None:
                return found
        cursor = (result.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            break
    return None


def _page(client: WebClient, ref: MessageRef, thread: str | None, cursor: str) -> SlackResponse | CallFailure:
    # Slack gives what is later than ``oldest``, and a reply always is later than its question.
    since: dict[str, Any] = {"oldest": ref.ts, "limit": PAGE, "include_all_metadata": True}
    if cursor:
        since["cursor"] = cursor
    if thread is None:
        return call_slack(lambda: client.conversations_history(channel=ref.channel, **since))
    return call_slack(lambda: client.conversations_replies(channel=ref.channel, ts=thread, **since))


def _own(messages: Iterable[dict[str, Any]], bot_user: str) -> Iterable[dict[str, Any]]:
    return (message for message in messages if message.get("user") == bot_user)


def _reply(message: dict[str, Any], ref: MessageRef) -> FoundReply | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA_EVENT or payload.get("question_ts") != ref.ts:
        return None
    return FoundReply(str(message["ts"]), str(payload.get("question_edited", "")))


def answer_record(
    asked: IncomingQuestion | None, said: RenderedReply | None, outcome: Outcome, is_public: Callable[[str], bool]
) -> AnswerRecord | None:
    """What is kept of ``asked``: nothing, unless it was searched and what was found is what it ended with.

    ``is_public`` finds out whether a channel is, where Slack did not say.
    """
    if asked is None or asked.text is None or said is None or said.receipt is None or said.outcome != outcome:
        return None
    ref, told = asked.ref, asked.sender.is_public
    return AnswerRecord(
        id=answer_id(ref, asked.event.version),
        ref=ref,
        thread=asked.thread or "",
        user_hash=hash_user_id(ref.team, asked.user),
        entry_point=asked.entry_point,
        question=asked.text,
        outcome=outcome,
        receipt=said.receipt,
        earlier_questions=said.previous_questions,
        is_public=is_public(ref.channel) if told is None else told,
    )


def question_log(
    asked: IncomingQuestion,
    said: RenderedReply | None,
    outcome: Outcome,
    kept: AnswerRecord | None,
    *,
    attempt: int,
    waited: float,
) -> QuestionLog:
    """What is told of ``asked``, which ``waited`` so many seconds for its end."""
    return QuestionLog(
        event_id=asked.event.event_id,
        team=asked.ref.team,
        channel=asked.ref.channel,
        surface=asked.entry_point,
        outcome=outcome,
        answer=kept.id if kept else None,
        confidence=said.confidence if said else None,
        quotes=said.quotes if said else 0,
        took_ms=round(said.took_ms if said else 0.0, 3),
        waited_ms=round(waited * 1000, 3),
        attempt=attempt,
        text=asked.text or "",
    )


log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0  # seconds between two tries
# Tries after which a question no longer holds up those behind it: what ails it may be its own.
PATIENT_TRIES = 3
# A private sentence leaves no trace to look for: two of unknown fate do less harm than none, and more help nobody.
PRIVATE_TRIES = 2


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What every errand works with. ``compose`` gives what is said to a question; ``clock`` counts seconds."""

    client: WebClient
    bot_user: str
    store: ResilientStore
    access: AccessControl
    telemetry: Telemetry
    compose: Callable[[IncomingQuestion], RenderedReply]
    clock: Callable[[], float] = monotonic


class Delivery:
    """A task for a lane: brings ``claim``, and whatever comes of it meanwhile, to an end.

    ``asked`` is the question where it has been read already; ``said`` is what to say where that is known beforehand,
    without asking who may ask.
    """

    def __init__(
        self,
        means: DeliveryContext,
        claim: Claim,
        *,
        asked: IncomingQuestion | None = None,
        said: RenderedReply | None = None,
    ) -> None:
        self._means = means
        self._take(claim, asked, said)

    def _take(self, claim: Claim, asked: IncomingQuestion | None = None, said: RenderedReply | None = None) -> None:
        self._claim = claim
        self._said = said
        # A claim may be for a newer version than the one that was read.
        is_read = asked is not None and asked.event.body == claim.body
        self._asked = asked if is_read else _asked(claim, self._means.bot_user)
        self._reply_ts = claim.reply_ts
        self._must_look = claim.attempt > 1 and claim.reply_ts is None
        self._tries = 0
        self._began = self._means.clock()

    def __call__(self) -> Retry | None:
        """The next step; None when nothing is left to do."""
        try:
            return self._step()
        except Exception:  # the edge of the thread: no question is lost for a fault on its way
            log.exception("a fault on the way of %s; it is tried again", self._claim.ref)
            return self._later()

    def release(self) -> None:
        """Leave the question to another process: at once, where nothing of it can stand in Slack."""
        if not self._must_look and not self._claim.is_deleted:
            self._means.store.release(self._claim)

    def _step(self) -> Retry | None:
        claim, asked = self._claim, self._asked
        if self._means.clock() - self._began > GIVE_UP:
            log.error("%s is given up after an hour", claim.ref)
            return self._settle("expired", self._reply_ts)
        if claim.is_deleted:
            return self._take_back("deleted")
        if asked is None:
            log.error("%s is given up, because its event cannot be read", claim.ref)
            return self._settle("expired", self._reply_ts)
        said = self._said or self._decide(asked)
        if not isinstance(said, RenderedReply):
            return self._after(said)
        self._said = said = silence_follow_up(asked, said)
        return self._speak_unless_overtaken(asked, said)

    def _speak_unless_overtaken(self, asked: IncomingQuestion, said: RenderedReply) -> Retry | None:
        # Asked as late as can be: what is posted cannot be unseen.
        standing = self._means.store.lease_state(self._claim)
        if standing == "deleted":
            return self._take_back("deleted")
        if standing == "held":
            return self._speak(asked, said)
        log.warning("another process has taken over %s", asked.ref)
        self._means.store.drop(self._claim)
        return None

    def _decide(self, asked: IncomingQuestion) -> RenderedReply | CallFailure:
        refusal = self._means.access.check(asked)
        if refusal is None:
            return self._means.compose(asked)
        return render_sentence("refusal", refusal) if isinstance(refusal, str) else refusal

    def _speak(self, asked: IncomingQuestion, said: RenderedReply) -> Retry | None:
        if said.outcome == "silence":
            return self._take_back("silence")
        client, destination = self._means.client, choose_destination(asked, said.outcome)
        if destination.user is not None:
            return self._after_private(said, post_message(client, destination, said.message, make_metadata(asked)))
        if self._must_look:
            return self._look(asked, said)
        if self._reply_ts is not None:
            result = update_message(client, destination.channel, self._reply_ts, said.message, make_metadata(asked))
        else:
            result = post_message(client, destination, said.message, make_metadata(asked))
        return self._after_public(said, result)

    def _look(self, asked: IncomingQuestion, said: RenderedReply) -> Retry | None:
        found = find_reply(self._means.client, asked.ref, asked.thread, bot_user=self._means.bot_user)
        if isinstance(found, NotPosted) and found.code:
            log.error("whether %s has its reply is not known, and may not be looked for: %s", asked.ref, found.reason)
            self._said = said = render_sentence("unknown", strings.UNCONFIRMED)
        elif isinstance(found, CallFailure):
            return self._after(found)
        elif found is not None and found.version == self._claim.version:
            return self._settle(said.outcome, found.ts)
        elif found is not None:
            self._reply_ts = found.ts
        self._must_look = False
        return self._speak(asked, said)

    def _after_public(self, said: RenderedReply, result: Result) -> Retry | None:
        if isinstance(result, Posted):
            self._reply_ts = result.ts  # from here on a step that is taken again changes this one
            return self._settle(said.outcome, result.ts)
        if isinstance(result, Unconfirmed):
            # A change that is made twice shows once; a message does not.
            self._must_look = self._reply_ts is None
        elif isinstance(result, NotPosted) and result.is_gone:
            if self._reply_ts is None:
                return self._settle("deleted", None)
            self._reply_ts = None
            return Retry(0.0)
        elif isinstance(result, NotPosted) and result.is_content_error and said.outcome != "apology":
            self._said = render_apology(f"in place of the reply to {self._claim.ref}: {result.reason}")
            return Retry(0.0)
        elif isinstance(result, NotPosted) and result.code and self._is_shared:
            # Whoever shares chose the channel, and is there to choose again.
            self._said = render_sentence(
                "refusal", strings.NOT_A_MEMBER if result.is_not_member else strings.NOT_SHARED
            )
            return Retry(0.0)
        return self._after(result)

    @property
    def _is_shared(self) -> bool:
        return self._asked is not None and self._asked.entry_point == "share"

    def _after_private(self, said: RenderedReply, result: Result) -> Retry | None:
        is_hopeless = isinstance(result, NotPosted) and result.code
        if is_hopeless or (isinstance(result, Unconfirmed) and self._tries + 1 >= PRIVATE_TRIES):
            log.error("%s was not told %s: %s", self._claim.ref, said.outcome, result)
        elif not isinstance(result, Posted):
            return self._after(result)
        return self._settle(said.outcome, self._reply_ts)

    def _take_back(self, outcome: Outcome) -> Retry | None:
        """End with nothing: take back what stands, or may stand, in reply to what is a question no longer."""
        client, ref = self._means.client, self._claim.ref
        if self._must_look:
            thread = self._asked.thread if self._asked else None if ref.channel.startswith("D") else ref.ts
            found = find_reply(client, ref, thread, bot_user=self._means.bot_user)
            if isinstance(found, CallFailure) and not (isinstance(found, NotPosted) and found.code):
                return self._after(found)
            self._must_look = False
            self._reply_ts = found.ts if isinstance(found, FoundReply) else None
        if self._reply_ts is not None:
            result = delete_message(client, ref.channel, self._reply_ts)
            if isinstance(result, NotPosted) and result.code:
                log.error("the reply to %s, which asks nothing any more, cannot be removed: %s", ref, result.reason)
            elif result is not None:
                return self._after(result)
        return self._settle(outcome, None)

    def _after(self, failure: CallFailure) -> Retry:
        if isinstance(failure, RateLimited):
            return Retry(failure.seconds)
        log.warning("%s is tried again: %s", self._claim.ref, failure.reason)
        return self._later()

    def _later(self) -> Retry:
        wait = min(LONGEST_WAIT, 2.0**self._tries)
        self._tries += 1
        return Retry(wait, is_blocking=self._tries <= PATIENT_TRIES)

    def _settle(self, outcome: Outcome, reply_ts: str | None) -> Retry | None:
        waited = self._means.clock() - self._began
        kept = answer_record(self._asked, self._said, outcome, self._means.access.directory.is_public)
        more = self._means.store.complete(self._claim, outcome, reply_ts, kept)
        if self._asked is not None and not self._claim.is_deleted:
            self._means.telemetry.record_question(
                question_log(self._asked, self._said, outcome, kept, attempt=self._claim.attempt, waited=waited)
            )
        if more is None:
            return None
        self._take(more)
        return Retry(0.0)


def _asked(claim: Claim, bot_user: str) -> IncomingQuestion | None:
    """The question as it was kept; None where it is not there any more, or was written by something else."""
    try:
        asked = restore_event(claim.body, bot_user=bot_user) if claim.body else None
    except ValueError:
        return None
    return asked if isinstance(asked, IncomingQuestion) else None
