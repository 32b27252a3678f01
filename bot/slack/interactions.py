"""Handle clicks on the buttons below a reply, and the modals they open.

Slack delivers a click once, so a click that cannot be handled is not retried; a modal tells the person why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from pydantic import AliasPath, BaseModel, Field, ValidationError
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PullquoteError, StoreError, VerificationError
from bot.models import Answer, Json, Question, Reply
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.client import (
    CallFailure,
    NotSent,
    SlackClient,
    call_slack,
    make_metadata,
    respond,
    retry,
    update_message,
)
from bot.slack.events import EntryPoint, IncomingQuestion, SlackMessage, extract_question, make_question
from bot.slack.layout import (
    BUTTONS_SIZE,
    MORE_PASSAGES,
    PREVIOUS_PASSAGES,
    RATE,
    SHOW_CONTEXT,
    SHOW_PAGE,
    WHY,
    AnswerRef,
    ContextRef,
    MessageContent,
    PageRef,
    RatingRef,
    add_buttons,
    build_reply,
    build_sentence,
    find_quote,
    page_ref,
)
from bot.slack.modals import (
    NEXT_QUOTE,
    NOTE,
    NOTE_MODAL,
    PREVIOUS_QUOTE,
    context_modal,
    explanation_modal,
    modal_as_message,
    note_modal,
    sentence_modal,
)
from bot.slack.pictures import PagePictures
from bot.slack.queues import Pace, QueueClosedError, QueueFullError, Turn, WorkQueues
from bot.slack.render import day_of
from bot.slack.resilient_store import StoreThread
from bot.store.models import AnswerRecord, Feedback, MessageRef, answer_id
from bot.store.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")

# A modal can be opened for three seconds after a click, so clicks have queues of their own, one for each person.
PACE = Pace(burst=20, seconds=0.2)
# Nor do they wait for a changed archive to be read: the current index is used.
NO_WAIT = 0.0
# Seconds before a failed call is repeated. A modal can be opened for three seconds only.
RETRY_AFTER = (0.2, 0.4, 0.8, 0.8)
# Quotes for one question on all pages together; each is weaker than those before it.
MAX_PAGED_QUOTES = 30


class InteractionPayload(BaseModel):
    """A click on a button, a choice in a menu, or a submitted modal; what does not belong to it is empty."""

    trigger_id: str
    response_url: str = ""
    user: str = Field(validation_alias=AliasPath("user", "id"))
    channel: str = Field("", validation_alias=AliasPath("container", "channel_id"))
    message_ts: str = Field("", validation_alias=AliasPath("container", "message_ts"))
    action_id: str = Field("", validation_alias=AliasPath("actions", 0, "action_id"))
    value: str = Field("", validation_alias=AliasPath("actions", 0, "value"))
    chosen_value: str = Field("", validation_alias=AliasPath("actions", 0, "selected_option", "value"))
    view_id: str = Field("", validation_alias=AliasPath("view", "id"))
    callback_id: str = Field("", validation_alias=AliasPath("view", "callback_id"))
    private_metadata: str = Field("", validation_alias=AliasPath("view", "private_metadata"))
    inputs: dict[str, Any] = Field({}, validation_alias=AliasPath("view", "state", "values"))


class PassagePage(NamedTuple):
    """One page of passages: the lines above them, the passages, and whether there is another page."""

    notes: tuple[str, ...]
    reply: Reply
    has_next: bool


class NotShownError(PullquoteError):
    """What a click asks for cannot be shown now."""


Handle = Callable[[InteractionPayload], Awaitable[None]]


class InteractionHandler:
    """Handles button clicks and modal submissions. The archive is loading until ``corpus`` is set."""

    def __init__(
        self,
        client: SlackClient,
        access: AccessControl,
        store: Store,
        thread: StoreThread,
        pictures: PagePictures,
        scopes: frozenset[str] | None,
    ) -> None:
        self._client, self._access, self._pictures, self._scopes = client, access, pictures, scopes
        self._store, self._run = store, thread.run
        self.corpus: Corpus | None = None
        self.queues = WorkQueues(pace=PACE)
        self.actions: dict[str, Handle] = {
            SHOW_CONTEXT: self._show_context,
            SHOW_PAGE: self._show_pdf_page,
            PREVIOUS_QUOTE: self._move_context,
            NEXT_QUOTE: self._move_context,
            PREVIOUS_PASSAGES: self._show_page,
            MORE_PASSAGES: self._show_page,
            RATE: self._rate,
            WHY: self._explain,
        }
        self.views: dict[str, Handle] = {NOTE_MODAL: self._save_note}

    async def accept(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Queue a click or submission and acknowledge it, unless it is malformed or the queue is full.

        Slack shows the person an error if it is not acknowledged.
        """
        try:
            payload = InteractionPayload.model_validate(body)
        except ValidationError as error:
            log.warning("ignored a malformed interaction: %d unexpected fields", error.error_count())
            return
        handle = self.actions[payload.action_id] if payload.action_id else self.views[payload.callback_id]

        async def work(turn: Turn) -> None:
            async with turn.paced():
                await self._handle(handle, payload)

        with suppress(QueueFullError, QueueClosedError):
            self.queues.add(payload.user, "", work)
            await ack()

    async def _handle(self, handle: Handle, payload: InteractionPayload) -> None:
        try:
            await handle(payload)
        except ValidationError:
            log.warning("a button has a value that this version cannot read")
            await self._open_modal(payload, sentence_modal(strings.UNKNOWN_BUTTON))
        except StoreError as error:
            log.error("an interaction failed: %s", error)
            await self._open_modal(payload, sentence_modal(strings.STORE_UNAVAILABLE))
        except PullquoteError as error:
            if not isinstance(error, NotShownError):
                log.warning("an interaction failed: %s", error)
            await self._open_modal(payload, sentence_modal(str(error)))

    async def _show_context(self, payload: InteractionPayload) -> None:
        await self._open_modal(payload, await self._context_view(payload))

    async def _move_context(self, payload: InteractionPayload) -> None:
        view = await self._context_view(payload)
        result = await retry(
            RETRY_AFTER, lambda: call_slack(self._client.views_update(view_id=payload.view_id, view=view))
        )
        _log_failure(result)

    async def _context_view(self, payload: InteractionPayload) -> Json:
        context = ContextRef.model_validate_json(payload.value)
        try:
            await self._check_access(payload, context.ref)
            return await self._with_current(lambda answerer: context_modal(answerer.archive, context))
        except (NotShownError, VerificationError) as error:  # shown in the modal that is already open, if there is one
            return sentence_modal(str(error))

    async def _show_pdf_page(self, payload: InteractionPayload) -> None:
        context = ContextRef.model_validate_json(payload.value)
        await self._check_access(payload, context.ref)
        quote = await self._with_current(lambda answerer: find_quote(answerer.archive, context.quotes[context.at]))
        assert self.corpus is not None
        picture = await asyncio.to_thread(self.corpus.draw_page, quote)
        await self._pictures.send(payload.user, quote, picture)
        if payload.response_url and not context.ref.channel.startswith("D"):
            url, message = payload.response_url, build_sentence(strings.PAGE_SENT)
            _log_failure(await retry(RETRY_AFTER, lambda: respond(self._client, url, message)))

    async def _explain(self, payload: InteractionPayload) -> None:
        answer = AnswerRef.model_validate_json(payload.chosen_value)
        await self._check_access(payload, answer.ref)
        record = await self._find_answer(answer)
        view = await self._with_current(lambda answerer: explanation_modal(record, answerer.archive))
        await self._open_modal(payload, view)

    async def _rate(self, payload: InteractionPayload) -> None:
        rating = RatingRef.model_validate_json(payload.value)
        await self._check_access(payload, rating.ref)
        if not rating.useful:  # before the rating is stored, because the trigger id expires soon
            await self._open_modal(payload, note_modal(rating))
        await self._run(self._store.save_feedback, rating.ref, payload.user, Feedback(rating.useful))

    async def _save_note(self, payload: InteractionPayload) -> None:
        rating = RatingRef.model_validate_json(payload.private_metadata)
        note = next((one[NOTE].get("value") for one in payload.inputs.values() if NOTE in one), None)
        await self._run(self._store.save_feedback, rating.ref, payload.user, Feedback(rating.useful, note or ""))

    async def _show_page(self, payload: InteractionPayload) -> None:
        page = PageRef.model_validate_json(payload.value)
        await self._check_access(payload, page.ref)
        message = await self._render_page(page)
        metadata = make_metadata(_question_from(payload, page.ref, page.version))
        channel, ts = page.ref.channel, payload.message_ts
        result = await retry(RETRY_AFTER, lambda: update_message(self._client, channel, ts, message, metadata))
        if isinstance(result, CallFailure):
            _log_failure(result)
            raise NotShownError(strings.PAGE_NOT_POSTED)

    async def _render_page(self, page: PageRef) -> MessageContent:
        message = await self._fetch_question(page.ref)
        if isinstance(message, CallFailure):
            log.warning("cannot read %s again: %s", page.ref, message)
            raise NotShownError(strings.QUESTION_NOT_READ)
        words, question_notes = extract_question(message) if message else (None, ())
        if words is None:
            raise NotShownError(strings.QUESTION_DELETED)
        earlier = (await self._find_answer(page)).earlier_questions if page.is_follow_up else ()
        question = Question(words, previous_questions=earlier, today=day_of(page.ref.ts))

        def render(answerer: Answerer) -> MessageContent:
            passages = find_page(answerer, question, page.at)
            if passages is None:
                raise NotShownError(strings.NO_MORE_PASSAGES)
            quotes = passages.reply.shown_quotes
            for quote in quotes:
                answerer.archive.verify(quote)
            before = page.model_copy(update={"at": page.at - 1}) if page.at else None
            after = page.model_copy(update={"at": page.at + 1}) if passages.has_next else None
            notes = (*question_notes, *passages.notes)
            pages = page_ref(page.ref, self._scopes)
            content = build_reply(passages.reply, notes, reserved=BUTTONS_SIZE, ref=pages)
            answer = AnswerRef(ref=page.ref, version=page.version)
            return add_buttons(content, answer, quotes, before=before, after=after)

        return await self._with_current(render)

    async def _with_current(self, work: Callable[[Answerer], T]) -> T:
        """Run ``work`` on a thread with the current answerer."""
        if self.corpus is None:
            raise NotShownError(strings.ARCHIVE_LOADING)
        return await asyncio.to_thread(self.corpus.with_current, work, patience=NO_WAIT)

    async def _fetch_question(self, ref: MessageRef) -> SlackMessage | CallFailure | None:
        """Fetch the message at ``ref`` from Slack, because questions are not stored; None if it was deleted."""
        # The first message of a thread is returned too, whatever the time limits.
        window: dict[str, Any] = {"oldest": ref.ts, "latest": ref.ts, "inclusive": True, "limit": 2}
        result = await retry(
            RETRY_AFTER,
            lambda: call_slack(self._client.conversations_replies(channel=ref.channel, ts=ref.ts, **window)),
        )
        if isinstance(result, AsyncSlackResponse):
            found = next((message for message in result["messages"] if message["ts"] == ref.ts), None)
            return SlackMessage.model_validate(found) if found else None
        return None if isinstance(result, NotSent) and result.is_gone else result

    async def _find_answer(self, answer: AnswerRef) -> AnswerRecord:
        record = await self._run(self._store.find_answer, answer_id(answer.ref, answer.version))
        if record is None:
            raise NotShownError(strings.ANSWER_NOT_STORED)
        return record

    async def _check_access(self, payload: InteractionPayload, ref: MessageRef) -> None:
        """Raise NotShownError for a person who may not ask questions at ``ref``, and so may not read on.

        Also if the click was made elsewhere; one in a modal has no channel.
        """
        if payload.channel not in ("", ref.channel):
            raise NotShownError(strings.UNKNOWN_BUTTON)
        refusal = await retry(RETRY_AFTER, lambda: self._access.check(_question_from(payload, ref)))
        if isinstance(refusal, CallFailure):
            log.warning("cannot check the access of %s: %s", payload.user, refusal)
            raise NotShownError(strings.UNKNOWN_USER)
        if refusal is not None:
            raise NotShownError(refusal)

    async def _open_modal(self, payload: InteractionPayload, view: Json) -> None:
        """Open ``view``, or send what it says as a private message if Slack does not open it."""
        result = await retry(
            RETRY_AFTER, lambda: call_slack(self._client.views_open(trigger_id=payload.trigger_id, view=view))
        )
        is_open = not isinstance(result, CallFailure)
        if is_open or (isinstance(result, NotSent) and result.code == "exchanged_trigger_id"):
            return  # the code says that an earlier attempt has opened it
        if payload.response_url:
            message, url = modal_as_message(view), payload.response_url
            _log_failure(await retry(RETRY_AFTER, lambda: respond(self._client, url, message)))
        else:
            _log_failure(result)


def find_page(answerer: Answerer, question: Question, at: int) -> PassagePage | None:
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
    entry_point: EntryPoint = "dm" if ref.channel.startswith("D") else "mention"
    # The person's team is looked up, as for a command: the payload does not tell people of other organisations apart.
    return make_question(entry_point, payload.user, ref, {ref.team}, version=version)


def _log_failure(result: object) -> None:
    if isinstance(result, CallFailure):
        log.warning("the result of an interaction was not shown: %s", result)
