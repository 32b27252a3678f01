"""What is said to a question: the archive's reply, the how-to, or one sentence where neither could be had.

This is the edge at which every failure of the question's path becomes a sentence that shows nothing of the exception.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Protocol, TypeVar

from bot.errors import DamagedSnapshotError, VerificationError
from bot.index.archive import Archive
from bot.index.scoring import TermScore
from bot.models import Answer, Passage, Query, Question, Quote, Reply
from bot.search.corpus import CorpusAddress
from bot.search.receipts import make_receipt
from bot.slack import strings
from bot.slack.buttons import BUTTON_BLOCKS as CONTROLS
from bot.slack.buttons import SHARE_BLOCKS, AnswerRef, PageRef, add_buttons, credited, sharing_of
from bot.slack.events import IncomingQuestion
from bot.slack.layout import MessageContent, how_to, plain, render
from bot.slack.paging import may_reread
from bot.store.models import Outcome

log = logging.getLogger(__name__)

T = TypeVar("T")


class AnswererProtocol(Protocol):
    """Who answers questions: the librarian, as far as Slack needs it."""

    @property
    def archive(self) -> Archive: ...

    def answer(self, question: Question) -> Reply: ...

    def verify(self, quote: Quote) -> None: ...

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]: ...

    @property
    def examples(self) -> tuple[str, ...]: ...


class CorpusProtocol(Protocol):
    """Where the librarian of the archive as it is now is found, who may be another one the next time."""

    @property
    def read_at(self) -> datetime:
        """When the archive was read as it is now."""
        ...

    @property
    def address(self) -> CorpusAddress | None:
        """Where another process finds this librarian; None where it cannot."""
        ...

    def with_current(self, work: Callable[[AnswererProtocol], T], *, patience: float = ...) -> T:
        """What ``work`` makes of the librarian. It may be done twice: DamagedSnapshotError has it done again.

        A change of the archive that was noticed already is waited for, for so many seconds.
        """
        ...


@dataclass(frozen=True, slots=True)
class RenderedReply:
    """What is to be posted, and what can be told of it.

    ``confidence`` and ``receipt``, JSON that tells how the reply came about, are None where nothing was searched.
    ``follows`` are the questions with whose subject it was searched, the latest first.
    """

    outcome: Outcome
    message: MessageContent
    confidence: float | None = None
    quotes: int = 0
    took_ms: float = 0.0
    receipt: str | None = None
    follows: tuple[str, ...] = ()


SILENCE = RenderedReply("silence", MessageContent("", []))


def render_sentence(outcome: Outcome, sentence: str) -> RenderedReply:
    """One sentence of the bot's own."""
    return RenderedReply(outcome, plain(sentence))


def render_apology(why: str) -> RenderedReply:
    """An apology whose reference leads to ``why`` in the log."""
    mark = strings.reference()
    log.error("%s: %s", mark, why)
    return render_sentence("apology", strings.APOLOGY.format(reference=mark))


def fitting(asked: IncomingQuestion, said: RenderedReply) -> RenderedReply:
    """``said``, or silence: whoever did not speak to the bot gets an answer from it, or is left in peace."""
    return SILENCE if asked.entry_point == "follow-up" and said.outcome != "answer" else said


def render_reply(
    asked: IncomingQuestion,
    answers: AnswererProtocol,
    scopes: frozenset[str] | None = None,
    follows: tuple[str, ...] = (),
) -> RenderedReply:
    """What is said to ``asked``; every quote is verified before.

    With the ``scopes`` to read the question again, the reply offers further passages. ``follows`` are the questions
    before it, the latest first.
    """
    try:
        return draft(asked, answers, scopes, follows)
    except DamagedSnapshotError:
        raise
    except Exception as error:  # the one edge: whatever failed, the person who asked gets a sentence
        mark = strings.reference()
        log.exception("%s: no answer to %s", mark, asked.ref)
        sentence = strings.UNVERIFIED if isinstance(error, VerificationError) else strings.APOLOGY
        return render_sentence("apology", sentence.format(reference=mark))


def draft(
    asked: IncomingQuestion,
    answers: AnswererProtocol,
    scopes: frozenset[str] | None,
    follows: tuple[str, ...],
) -> RenderedReply:
    """As ``compose``, but whatever fails is raised."""
    if asked.text is None:
        return RenderedReply("how-to", how_to(answers.examples, asked.notes))
    began = perf_counter()
    reply = answers.answer(Question(asked.text, previous_questions=follows))
    took_ms = (perf_counter() - began) * 1000
    if asked.entry_point == "follow-up" and not _is_to_the_point(reply):
        return SILENCE
    quotes = reply.shown_quotes
    for quote in quotes:
        answers.verify(quote)
    outcome: Outcome = "answer" if isinstance(reply, Answer) else "abstention"
    has_more = isinstance(reply, Answer) and reply.has_more
    may_page = has_more and asked.response_url is None and may_reread(asked.ref.channel, scopes)
    went_on = follows if reply.trace.query.inherited_positions else ()
    answered = AnswerRef(ref=asked.ref, version=asked.event.version)
    after = PageRef(**dict(answered), at=1, goes_on=bool(went_on)) if may_page else None
    share = sharing_of(asked.text) if asked.response_url is not None and asked.entry_point != "share" else None
    message = add_buttons(_laid_out(reply, asked, asked.text), answered, quotes, share=share, after=after)
    receipt = make_receipt(reply, answers.archive, answers.explain).model_dump_json()
    return RenderedReply(outcome, message, reply.confidence, len(quotes), took_ms, receipt, went_on)


def _is_to_the_point(reply: Reply) -> bool:
    """Whether the first quote holds most of the words that were typed, and not the subject before them alone."""
    query = reply.trace.query
    own = {word.typed for i, word in enumerate(query.words) if i not in query.inherited_positions}
    missing = own.intersection(reply.quotes[0].unmatched_terms) if isinstance(reply, Answer) else own
    return 2 * len(missing) < len(own)


def _laid_out(reply: Reply, asked: IncomingQuestion, question: str) -> MessageContent:
    if asked.response_url is None:
        return render(reply, asked.notes, around=CONTROLS)
    message = render(reply, asked.notes, around=SHARE_BLOCKS + CONTROLS)
    return credited(message, question, asked.user) if asked.entry_point == "share" else message
