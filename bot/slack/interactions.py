"""Handle clicks on the buttons below a reply, and the modals they open.

Slack delivers a click once, so a click that cannot be handled is not retried; a modal tells the person why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import ValidationError
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.errors import PullquoteError, StoreError, VerificationError
from bot.models import Answer, Json, Question, Reply
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.buttons import (
    BUTTONS_SIZE,
    MORE_PASSAGES,
    PREVIOUS_PASSAGES,
    RATE,
    SHOW_CONTEXT,
    WHY,
    AnswerRef,
    ContextRef,
    PageRef,
    RatingRef,
    add_buttons,
)
from bot.slack.events import EntryPoint, IncomingQuestion, Sender
from bot.slack.layout import MessageContent, build_reply
from bot.slack.modals import (
    NEXT_QUOTE,
    NOTE,
    NOTE_MODAL,
    PREVIOUS_QUOTE,
    context_modal,
    explanation_modal,
    note_modal,
    sentence_modal,
)
from bot.slack.payloads import InteractionPayload, PayloadView, SlackMessage
from bot.slack.plain_text import extract_question
from bot.slack.posting import CallFailure, NotPosted, call_slack, make_metadata, update_message
from bot.slack.queues import ChannelQueues, Pace, QueueClosedError, QueueFullError
from bot.slack.render import AnswererProtocol, CorpusProtocol, day_of
from bot.store.models import Feedback, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

log = logging.getLogger(__name__)

# A modal can be opened for three seconds after a click, so clicks have their own threads, one queue for each person.
THREADS = 2
PACE = Pace(burst=20, seconds=0.2)
# Nor do they wait for a changed archive to be read: the current index is used.
NO_WAIT = 0.0
# Quotes for one question on all pages together; each is weaker than those before it.
MAX_PAGED_QUOTES = 30


class PassagePage(NamedTuple):
    """One page of passages: the lines above them, the passages, and whether there is another page."""

    notes: tuple[str, ...]
    reply: Reply
    has_next: bool


class InteractionHandler:
    """Handles button clicks and modal submissions. Until ``open`` is called, the archive counts as still loading."""

    def __init__(self, client: WebClient, access: AccessControl, store: Store, bot_user: str) -> None:
        self._client, self._access, self._store, self._bot_user = client, access, store, bot_user
        self._corpus: CorpusProtocol | None = None
        self._queues = ChannelQueues(threads=THREADS, pace=PACE)
        self.actions: dict[str, Callable[[InteractionPayload], None]] = {
            SHOW_CONTEXT: self._show_context,
            PREVIOUS_QUOTE: self._move_context,
            NEXT_QUOTE: self._move_context,
            PREVIOUS_PASSAGES: self._show_page,
            MORE_PASSAGES: self._show_page,
            RATE: self._rate,
            WHY: self._explain,
        }
        self.views: dict[str, Callable[[InteractionPayload], None]] = {NOTE_MODAL: self._save_note}

    def open(self, corpus: CorpusProtocol) -> None:
        """Use ``corpus`` from now on."""
        self._corpus = corpus

    def finish(self, within: float) -> None:
        """Accept no more payloads and finish the queued ones, for at most ``within`` seconds."""
        self._queues.stop(within)

    def accept(self, body: dict[str, Any]) -> bool:
        """Queue a click or submission. False if it is malformed or cannot be queued; Slack then shows an error."""
        try:
            payload = InteractionPayload.model_validate(body)
        except ValidationError as error:
            log.warning("ignored a malformed interaction: %d unexpected fields", error.error_count())
            return False
        if payload.actions:
            handle = self.actions[payload.actions[0].action_id]
        else:
            handle = self.views[_view(payload).callback_id]
        try:
            self._queues.add(payload.user.id, "", lambda: self._handle(handle, payload))
        except (QueueFullError, QueueClosedError):
            return False
        return True

    def _handle(self, handle: Callable[[InteractionPayload], None], payload: InteractionPayload) -> None:
        try:
            handle(payload)
        except ValidationError:
            log.warning("a button has a value that this version cannot read")
            self._open_modal(payload, sentence_modal(strings.UNKNOWN_BUTTON))
        except StoreError as error:
            log.error("an interaction failed: %s", error)
            self._open_modal(payload, sentence_modal(strings.STORE_UNAVAILABLE))
        except PullquoteError as error:
            log.warning("an interaction failed: %s", error)
            self._open_modal(payload, sentence_modal(str(error)))

    def _show_context(self, payload: InteractionPayload) -> None:
        self._open_modal(payload, self._context_view(payload))

    def _move_context(self, payload: InteractionPayload) -> None:
        view = self._context_view(payload)
        _log_failure(call_slack(lambda: self._client.views_update(view_id=_view(payload).id, view=view)))

    def _context_view(self, payload: InteractionPayload) -> Json:
        context = ContextRef.model_validate_json(payload.actions[0].value)
        if refusal := self._refusal(payload, context.ref):
            return refusal
        if self._corpus is None:
            return sentence_modal(strings.ARCHIVE_LOADING)
        try:
            return self._corpus.with_current(
                lambda answerer: context_modal(answerer.archive, context), patience=NO_WAIT
            )
        except VerificationError as error:  # shown in the modal that is already open, if there is one
            return sentence_modal(str(error))

    def _explain(self, payload: InteractionPayload) -> None:
        answer = AnswerRef.model_validate_json(payload.actions[0].chosen_value)
        if refusal := self._refusal(payload, answer.ref):
            view = refusal
        elif (corpus := self._corpus) is None:
            view = sentence_modal(strings.ARCHIVE_LOADING)
        elif (record := self._store.find_answer(answer_id(answer.ref, answer.version))) is None:
            view = sentence_modal(strings.ANSWER_NOT_STORED)
        else:
            view = corpus.with_current(lambda answerer: explanation_modal(record, answerer.archive), patience=NO_WAIT)
        self._open_modal(payload, view)

    def _rate(self, payload: InteractionPayload) -> None:
        rating = RatingRef.model_validate_json(payload.actions[0].value)
        if refusal := self._refusal(payload, rating.ref):
            self._open_modal(payload, refusal)
            return
        if not rating.useful:  # before the rating is stored, because the trigger id expires soon
            self._open_modal(payload, note_modal(rating))
        self._store.save_feedback(rating.ref, payload.user.id, Feedback(rating.useful))

    def _save_note(self, payload: InteractionPayload) -> None:
        view = _view(payload)
        rating = RatingRef.model_validate_json(view.private_metadata)
        note = next((inputs[NOTE].value for inputs in view.state.values.values() if NOTE in inputs), None)
        self._store.save_feedback(rating.ref, payload.user.id, Feedback(rating.useful, note or ""))

    def _show_page(self, payload: InteractionPayload) -> None:
        page = PageRef.model_validate_json(payload.actions[0].value)
        shown = self._refusal(payload, page.ref) or self._render_page(page)
        if isinstance(shown, MessageContent):
            metadata = make_metadata(_question_from(payload, page.ref, page.version))
            result = update_message(self._client, page.ref.channel, payload.container.message_ts, shown, metadata)
            if not isinstance(result, CallFailure):
                return
            _log_failure(result)
            shown = sentence_modal(strings.PAGE_NOT_POSTED)
        self._open_modal(payload, shown)

    def _render_page(self, page: PageRef) -> MessageContent | Json:
        """Render the message for a page, or a modal that says why there is none."""
        if self._corpus is None:
            return sentence_modal(strings.ARCHIVE_LOADING)
        message = self._fetch_question(page.ref)
        if isinstance(message, CallFailure):
            log.warning("cannot read %s again: %s", page.ref, message)
            return sentence_modal(strings.QUESTION_NOT_READ)
        words, question_notes = extract_question(message, self._bot_user) if message else (None, ())
        if words is None:
            return sentence_modal(strings.QUESTION_DELETED)
        record = self._store.find_answer(answer_id(page.ref, page.version)) if page.is_follow_up else None
        if page.is_follow_up and record is None:
            return sentence_modal(strings.ANSWER_NOT_STORED)
        earlier = record.earlier_questions if record else ()
        question = Question(words, previous_questions=earlier, today=day_of(page.ref.ts))

        def render(answerer: AnswererProtocol) -> MessageContent | Json:
            passages = find_page(answerer, question, page.at)
            if passages is None:
                return sentence_modal(strings.NO_MORE_PASSAGES)
            quotes = passages.reply.shown_quotes
            for quote in quotes:
                answerer.archive.verify(quote)
            before = page.model_copy(update={"at": page.at - 1}) if page.at else None
            after = page.model_copy(update={"at": page.at + 1}) if passages.has_next else None
            content = build_reply(passages.reply, (*question_notes, *passages.notes), reserved=BUTTONS_SIZE)
            answer = AnswerRef(ref=page.ref, version=page.version)
            return add_buttons(content, answer, quotes, before=before, after=after)

        return self._corpus.with_current(render, patience=NO_WAIT)

    def _fetch_question(self, ref: MessageRef) -> SlackMessage | CallFailure | None:
        """Fetch the message at ``ref`` from Slack, because questions are not stored; None if it was deleted."""
        # The first message of a thread is returned too, whatever the time limits.
        window: dict[str, Any] = {"oldest": ref.ts, "latest": ref.ts, "inclusive": True, "limit": 2}
        result = call_slack(lambda: self._client.conversations_replies(channel=ref.channel, ts=ref.ts, **window))
        if isinstance(result, SlackResponse):
            found = next((message for message in result["messages"] if message["ts"] == ref.ts), None)
            return SlackMessage.model_validate(found) if found else None
        return None if isinstance(result, NotPosted) and result.is_gone else result

    def _refusal(self, payload: InteractionPayload, ref: MessageRef) -> Json | None:
        """The modal for a person who may not ask questions at ``ref``, and so may not read on; None if they may."""
        refusal = self._access.check(_question_from(payload, ref))
        if isinstance(refusal, CallFailure):
            log.warning("cannot check the access of %s: %s", payload.user.id, refusal)
            return sentence_modal(strings.UNKNOWN_USER)
        return None if refusal is None else sentence_modal(refusal)

    def _open_modal(self, payload: InteractionPayload, view: Json) -> None:
        _log_failure(call_slack(lambda: self._client.views_open(trigger_id=payload.trigger_id, view=view)))


def find_page(answerer: AnswererProtocol, question: Question, at: int) -> PassagePage | None:
    """Find page ``at`` of the passages for ``question``; page 0 is the answer. None if there is no such page."""
    first = answerer.answer(question)
    if not isinstance(first, Answer):
        return PassagePage((), first, has_next=False) if at == 0 else None
    if at == 0:
        return PassagePage((), first, has_next=first.has_more)
    known = {(quote.article.id, quote.paragraph.number) for quote in first.quotes}
    full = answerer.answer(replace(question, limit=MAX_PAGED_QUOTES))
    quotes = full.quotes if isinstance(full, Answer) else ()
    further = [quote for quote in quotes if (quote.article.id, quote.paragraph.number) not in known]
    start = (at - 1) * question.limit
    shown = tuple(further[start : start + question.limit])
    if not shown:
        return None
    number = len(first.quotes) + start + 1
    numbers = f"{number}–{number + len(shown) - 1}" if len(shown) > 1 else str(number)
    note = f"Passage{'s' if len(shown) > 1 else ''} {numbers} of {len(known) + len(further)}:"
    # The warning and the newer article are about the answer's quotes and may be wrong for these.
    reply = replace(first, quotes=shown, warning=None, newer_article=None)
    return PassagePage((note,), reply, start + len(shown) < len(further))


def _question_from(payload: InteractionPayload, ref: MessageRef, version: str = "") -> IncomingQuestion:
    """A question at ``ref`` by the person who clicked, to check access and to build metadata."""
    team_ids = frozenset({ref.team, payload.enterprise.id} if payload.enterprise else {ref.team})
    entry_point: EntryPoint = "dm" if ref.channel.startswith("D") else "mention"
    sender = Sender(payload.user.team_id, team_ids, is_external_channel=False)
    event = QuestionEvent("", ref, version, "")
    return IncomingQuestion(event, entry_point, payload.user.id, None, None, (), sender, is_unaddressed_edit=False)


def _view(payload: InteractionPayload) -> PayloadView:
    if payload.view is None:
        raise ValueError("Slack sends the view with every interaction in a modal")
    return payload.view


def _log_failure(result: object) -> None:
    if isinstance(result, CallFailure):
        log.warning("the result of an interaction was not shown: %s", result)
