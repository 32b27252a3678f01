"""What people do with a reply's buttons: each press is acknowledged at once, and worked on beside the questions.

Keeps secret how long each may take. A press is Slack's to tell once: what cannot be done is told to whoever pressed,
and not tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from slack_sdk import WebClient

from bot.errors import PullquoteError, StoreError, VerificationError
from bot.models import Json, Question
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.buttons import (
    MORE_PASSAGES,
    PREVIOUS_PASSAGES,
    RATE,
    SHOW_CONTEXT,
    WHY,
    AnswerRef,
    ContextRef,
    PageRef,
    RatingRef,
)
from bot.slack.events import EntryPoint, IncomingQuestion, Sender
from bot.slack.layout import MessageContent
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
from bot.slack.paging import page_of, paged, reread
from bot.slack.payloads import InteractionPayload, PayloadView
from bot.slack.posting import CallFailure, call_slack, make_metadata, update_message
from bot.slack.queues import ChannelQueues, Pace, QueueClosedError, QueueFullError
from bot.slack.render import AnswererProtocol, CorpusProtocol
from bot.store.models import Feedback, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

log = logging.getLogger(__name__)

# A modal can be opened for three seconds after the press: presses wait for no questions, and hardly for one another.
THREADS = 2
# Nor do they wait for an archive that is being read again: what is known of it now is shown.
AT_ONCE = 0.0
PACE = Pace(burst=20, seconds=0.2)


class InteractionHandler:
    """Takes presses, and answers each with a modal; until ``open`` it says that the archive is being read."""

    def __init__(self, client: WebClient, access: AccessControl, store: Store, bot_user: str) -> None:
        self._client, self._access, self._store, self._bot_user = client, access, store, bot_user
        self._shelf: CorpusProtocol | None = None
        self._lanes = ChannelQueues(threads=THREADS, pace=PACE)
        self.actions: dict[str, Callable[[InteractionPayload], None]] = {
            SHOW_CONTEXT: self._show_context,
            PREVIOUS_QUOTE: self._turn,
            NEXT_QUOTE: self._turn,
            PREVIOUS_PASSAGES: self._page,
            MORE_PASSAGES: self._page,
            RATE: self._rate,
            WHY: self._why,
        }
        self.views: dict[str, Callable[[InteractionPayload], None]] = {NOTE_MODAL: self._note}

    def open(self, shelf: CorpusProtocol) -> None:
        """Show the archive from now on."""
        self._shelf = shelf

    def finish(self, within: float) -> None:
        """Take nothing more, and end what can be ended ``within`` seconds."""
        self._lanes.finish(within)

    def take(self, body: dict[str, Any]) -> bool:
        """Take what was pressed or submitted; False where that cannot be, which Slack then tells the person."""
        try:
            press = InteractionPayload.model_validate(body)
        except ValidationError as error:
            log.warning("ignored a press of an unknown shape: %d fields are not as expected", error.error_count())
            return False
        work = self.actions[press.actions[0].action_id] if press.actions else self.views[_view(press).callback_id]
        try:
            self._lanes.add(press.user.id, "", lambda: self._do(work, press))
        except (QueueFullError, QueueClosedError):
            return False
        return True

    def _do(self, work: Callable[[InteractionPayload], None], press: InteractionPayload) -> None:
        try:
            work(press)
        except ValidationError:
            log.warning("a button bears a value that this version does not know")
            self._open(press, sentence_modal(strings.UNKNOWN_BUTTON))
        except StoreError as error:
            log.error("a press came to nothing: %s", error)
            self._open(press, sentence_modal(strings.NO_RECORDS))
        except PullquoteError as error:
            log.warning("a press came to nothing: %s", error)
            self._open(press, sentence_modal(str(error)))

    def _show_context(self, press: InteractionPayload) -> None:
        showing = ContextRef.model_validate_json(press.actions[0].value)
        self._open(press, self._refused(press, showing.ref) or self._context(showing))

    def _turn(self, press: InteractionPayload) -> None:
        showing = ContextRef.model_validate_json(press.actions[0].value)
        view = self._refused(press, showing.ref) or self._context(showing)
        _tell_of(call_slack(lambda: self._client.views_update(view_id=_view(press).id, view=view)))

    def _context(self, showing: ContextRef) -> Json:
        if self._shelf is None:
            return sentence_modal(strings.LOADING)
        try:
            return self._shelf.with_current(lambda answers: context_modal(answers.archive, showing), patience=AT_ONCE)
        except VerificationError as error:  # said in the window that is open already, where there is one
            return sentence_modal(str(error))

    def _page(self, press: InteractionPayload) -> None:
        turn = PageRef.model_validate_json(press.actions[0].value)
        shown = self._refused(press, turn.ref) or self._turned(press, turn)
        if isinstance(shown, MessageContent):
            channel, ts = turn.ref.channel, press.container.message_ts
            metadata = make_metadata(_asked(press, turn.ref, turn.version))
            result = update_message(self._client, channel, ts, shown, metadata)
            if not isinstance(result, CallFailure):
                return
            _tell_of(result)
            shown = sentence_modal(strings.NOT_TURNED)
        self._open(press, shown)

    def _turned(self, press: InteractionPayload, turn: PageRef) -> MessageContent | Json:
        """The reply with this page of passages in its place, or what is said instead."""
        if self._shelf is None:
            return sentence_modal(strings.LOADING)
        asked = reread(self._client, turn.ref, self._bot_user)
        if isinstance(asked, CallFailure):
            log.warning("%s cannot be read again: %s", turn.ref, asked)
            return sentence_modal(strings.NOT_REREAD)
        if asked is None:
            return sentence_modal(strings.NOT_ASKED_NOW)
        kept = self._store.find_answer(answer_id(turn.ref, turn.version)) if turn.goes_on else None
        if turn.goes_on and kept is None:
            return sentence_modal(strings.NOT_KEPT)
        follows = kept.earlier_questions if kept else ()
        question = Question(asked.words, previous_questions=follows)

        def turned(answers: AnswererProtocol) -> MessageContent | Json:
            page = page_of(answers, question, turn.at)
            return sentence_modal(strings.NO_MORE) if page is None else paged(page, asked, turn, answers.archive)

        return self._shelf.with_current(turned, patience=AT_ONCE)

    def _why(self, press: InteractionPayload) -> None:
        answered = AnswerRef.model_validate_json(press.actions[0].chosen_value)
        self._open(press, self._refused(press, answered.ref) or self._explained(answered))

    def _explained(self, answered: AnswerRef) -> Json:
        if self._shelf is None:
            return sentence_modal(strings.LOADING)
        kept = self._store.find_answer(answer_id(answered.ref, answered.version))
        if kept is None:
            return sentence_modal(strings.NOT_KEPT)
        return self._shelf.with_current(lambda answers: explanation_modal(kept, answers.archive), patience=AT_ONCE)

    def _rate(self, press: InteractionPayload) -> None:
        rating = RatingRef.model_validate_json(press.actions[0].value)
        refused = self._refused(press, rating.ref)
        if refused is not None:
            self._open(press, refused)
            return
        if not rating.useful:  # first, because a trigger is soon too old
            self._open(press, note_modal(rating))
        self._store.save_feedback(rating.ref, press.user.id, Feedback(rating.useful))

    def _note(self, press: InteractionPayload) -> None:
        view = _view(press)
        rating = RatingRef.model_validate_json(view.private_metadata)
        note = next((entered[NOTE].value for entered in view.state.values.values() if NOTE in entered), None)
        self._store.save_feedback(rating.ref, press.user.id, Feedback(rating.useful, note or ""))

    def _refused(self, press: InteractionPayload, ref: MessageRef) -> Json | None:
        """What is shown to somebody who may not ask, and so may not read on."""
        refusal = self._access.check(_asked(press, ref))
        if isinstance(refusal, CallFailure):
            log.warning("whether %s may press is not known: %s", press.user.id, refusal)
            return sentence_modal(strings.UNREACHED)
        return sentence_modal(refusal) if refusal is not None else None

    def _open(self, press: InteractionPayload, view: Json) -> None:
        _tell_of(call_slack(lambda: self._client.views_open(trigger_id=press.trigger_id, view=view)))


def _asked(press: InteractionPayload, ref: MessageRef, version: str = "") -> IncomingQuestion:
    """The press as a question from the same person in the same place, for the access check."""
    home = frozenset(one for one in (ref.team, press.enterprise and press.enterprise.id) if one)
    surface: EntryPoint = "dm" if ref.channel.startswith("D") else "mention"
    origin = Sender(press.user.team_id, home, is_external_channel=False)
    return IncomingQuestion(
        QuestionEvent("", ref, version, ""), surface, press.user.id, None, None, (), origin, is_unaddressed_edit=False
    )


def _view(press: InteractionPayload) -> PayloadView:
    if press.view is None:
        raise ValueError("Slack tells of what is done in a modal with the modal")
    return press.view


def _tell_of(result: object) -> None:
    if isinstance(result, CallFailure):
        log.warning("what was pressed for is not shown: %s", result)
