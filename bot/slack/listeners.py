"""A question's whole path through Slack: read, claim, answer, verify, render, post, settle.

This is the edge at which every failure on the way becomes one visible sentence: no accepted question ends in silence,
and none shows an exception's text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt import App, BoltContext
from slack_bolt.error import BoltError
from slack_sdk import WebClient

from bot.errors import RecordsError, SlackError, VerificationError
from bot.models import Answer, Question, Quote, Reply
from bot.records import Outcome, Records
from bot.slack import phrases
from bot.slack.blocks import Message, how_to, plain, render
from bot.slack.posting import NotPosted, Posted, Unclear, post
from bot.slack.questions import Asked, read_event

log = logging.getLogger(__name__)


class Answers(Protocol):
    """Who answers questions: the librarian, as far as Slack needs it."""

    def answer(self, question: Question) -> Reply: ...

    @property
    def examples(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes what is asked and sees that each question ends in one reply.

    ``verify`` slices a quote again from the stored article and raises VerificationError when it differs.
    """

    client: WebClient
    answers: Answers
    verify: Callable[[Quote], None]
    records: Records

    def take(self, asked: Asked) -> None:
        """Answer ``asked``, unless it was answered before or is being answered now."""
        if not self._claim(asked):
            log.info("already taken: %s", asked.delivery)
            return
        outcome, message = self._reply(asked)
        result = post(self.client, asked, message)
        if isinstance(result, NotPosted) and result.for_content:
            log.error("posting an apology in place of the reply to %s: %s", asked.delivery, result.why)
            mark = phrases.reference()
            log.error("%s: %s", mark, result.why)
            outcome, result = "apology", post(self.client, asked, plain(phrases.APOLOGY.format(reference=mark)))
        self._settle(asked, outcome, result)

    def _claim(self, asked: Asked) -> bool:
        try:
            return self.records.claim(asked.delivery, asked.thread)
        except RecordsError:
            # An answer that may come twice is better than a question that nobody answers until the disk is mended.
            log.exception("answering without a record of it: %s", asked.delivery)
            return True

    def _reply(self, asked: Asked) -> tuple[Outcome, Message]:
        try:
            return self._compose(asked)
        except VerificationError:
            sentence = phrases.UNVERIFIED
        except Exception:  # noqa: BLE001 -- the one edge: whatever failed, the person who asked gets a sentence
            sentence = phrases.APOLOGY
        mark = phrases.reference()
        log.exception("%s: no answer to %s", mark, asked.delivery)
        return "apology", plain(sentence.format(reference=mark))

    def _compose(self, asked: Asked) -> tuple[Outcome, Message]:
        if asked.text is None:
            return "how-to", how_to(self.answers.examples, asked.notes)
        reply = self.answers.answer(Question(asked.text))
        for quote in reply.quotes if isinstance(reply, Answer) else reply.nearest:
            self.verify(quote)
        return "answer" if isinstance(reply, Answer) else "abstention", render(reply, asked.notes)

    def _settle(self, asked: Asked, outcome: Outcome, result: Posted | NotPosted | Unclear) -> None:
        try:
            if isinstance(result, Posted):
                self.records.settle(asked.delivery, outcome, result.ts)
                log.info("%s: %s", outcome, asked.delivery)
            elif isinstance(result, Unclear):
                log.error("the reply to %s may or may not stand in Slack: %s", asked.delivery, result.why)
                self.records.settle(asked.delivery, "unknown", None)
            else:
                log.error("no reply to %s was posted: %s", asked.delivery, result.why)
                self.records.release(asked.delivery)
        except RecordsError:
            log.exception("the end of %s is not recorded: %s", asked.delivery, outcome)


def build_app(desk: Desk, executor: Executor) -> App:
    """The Bolt app whose listeners, run by ``executor``, bring every question to ``desk``. SlackError when refused."""
    try:
        app = App(client=desk.client, listener_executor=executor)
    except BoltError as error:
        raise SlackError(f"Slack does not accept the bot's token ({error}); check SLACK_BOT_TOKEN.") from error

    def take_event(body: dict[str, Any], context: BoltContext) -> None:
        asked = read_event(body, bot_user=context.bot_user_id)
        if asked is not None:
            desk.take(asked)

    app.event("app_mention")(take_event)
    app.event("message")(take_event)
    # Every other event is acknowledged too: what is not, Slack delivers again and again.
    app.event(re.compile(""))(lambda: None)
    return app
