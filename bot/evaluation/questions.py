"""A file of questions with known answers. Keeps secret how it is written: JSON Lines, packed or not.

A reply held against what is known to be right. Keeps secret what counts as found.

Many questions, asked on every core. Keeps secret how the work is parted, and that it is.
"""

from __future__ import annotations

import gzip
import multiprocessing
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ArchiveError
from bot.models import Answer, Passage, Progress, Question, Quote
from bot.search.answerer import Answerer


class Evidence(BaseModel):
    """Words of an article that answer a question."""

    model_config = ConfigDict(extra="ignore")

    article_id: str
    # Blanks alone would stand in every passage.
    quote: str = Field(pattern=r"\S")


class EvaluationQuestion(BaseModel):
    """One line of a file of questions; ``answers`` are wordings any of which answers it."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str
    answerable: bool
    evidence: list[Evidence] = []
    answers: list[str] = []


def read_questions(path: Path) -> tuple[EvaluationQuestion, ...]:
    """The questions of a ``.jsonl`` or ``.jsonl.gz`` file. Raises ``ArchiveError`` naming the first bad line."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode().split("\n")  # a line of JSON may hold the other line ends that Unicode knows
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"The questions in {path} cannot be read: {error}. Name a .jsonl or .jsonl.gz file."
        ) from error
    found = [_parse_question(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise ArchiveError(f"{path} holds no question; put one JSON object on each line.")
    return tuple(found)


def _parse_question(path: Path, number: int, line: str) -> EvaluationQuestion:
    try:
        return EvaluationQuestion.model_validate_json(line)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ArchiveError(f"{path} line {number} is not a question: {reason}. Correct the line.") from error


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """What came of one question, without the words of any article, so that it travels light between processes.

    ``rank`` counts from 1, is that of the first hit that holds evidence, and None when none of the hits does;
    ``quote_hit`` tells whether the first quote holds an answer or a whole evidence quote, be it shown as an answer or
    as a nearest miss; ``right`` whether it answered and any quote shown does; ``verbatim`` whether each quote shown is
    an exact slice of the article it cites. ``took_ms`` is wall time in milliseconds.
    """

    asked: EvaluationQuestion
    answered: bool
    confidence: float
    rank: int | None
    quote_hit: bool
    right: bool
    verbatim: tuple[bool, ...]
    took_ms: float = field(compare=False)


def judge_reply(librarian: Answerer, asked: EvaluationQuestion) -> JudgedReply:
    """Ask, and judge the reply."""
    reply = librarian.answer(Question(asked.question))
    answered = isinstance(reply, Answer)
    shown = reply.shown_quotes
    ranks = (rank for rank, hit in enumerate(reply.trace.hits, 1) if evidence_in(hit.passage, asked.evidence))
    return JudgedReply(
        asked,
        answered=answered,
        confidence=reply.confidence,
        rank=next(ranks, None),
        quote_hit=bool(shown) and _answers(asked, shown[0]),
        right=answered and any(_answers(asked, quote) for quote in shown),
        verbatim=tuple(_is_verbatim(librarian, quote) for quote in shown),
        took_ms=reply.trace.took_ms,
    )


def evidence_in(passage: Passage, evidence: list[Evidence]) -> Evidence | None:
    """The first of ``evidence`` that ``passage`` holds whole, blanks ignored; None when it holds none."""
    return _held(evidence, passage.article.id, passage.span.slice(passage.article.text))


def _held(evidence: list[Evidence], article: str, text: str) -> Evidence | None:
    own = [one for one in evidence if one.article_id == article]
    squeezed = _squeezed(text) if own else ""
    return next((one for one in own if _squeezed(one.quote) in squeezed), None)


def _answers(asked: EvaluationQuestion, quote: Quote) -> bool:
    text = quote.text.casefold()
    return any(answer.strip() and answer.casefold() in text for answer in asked.answers) or bool(
        _held(asked.evidence, quote.article.id, quote.text)
    )


def _is_verbatim(librarian: Answerer, quote: Quote) -> bool:
    stored = librarian.archive.articles[quote.article.id].text
    return bool(quote.text) and stored[quote.span.start : quote.span.end].encode() == quote.text.encode()


def _squeezed(text: str) -> str:
    return "".join(text.split())


CHUNK = 8
"""Questions handed to a process at a time: few enough that a progress bar moves and that no core is left idle."""

_inherited: list[Answerer] = []
"""In a worker, the librarian it was forked with; empty elsewhere."""


def evaluate_questions(
    librarian: Answerer,
    questions: Sequence[EvaluationQuestion],
    report: Progress | None = None,
    processes: int | None = None,
) -> Iterator[JudgedReply]:
    """Ask each question and judge the reply, in order, whatever the number of processes (default: as many as pay).

    A question's ``took_ms`` is measured where it is asked. Raises what ``librarian.answer`` raises.
    """
    count = _worth(len(questions)) if processes is None else processes
    found = (
        _forked(librarian, questions, count) if count > 1 else (judge_reply(librarian, asked) for asked in questions)
    )
    for number, outcome in enumerate(found, 1):
        if report:
            report(number, len(questions))
        yield outcome


def _worth(questions: int) -> int:
    """How many processes to ask in: more than one on Linux only, for elsewhere a forked child is not safe to use."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return max(1, min(cores, questions // (2 * CHUNK)))


def _forked(librarian: Answerer, questions: Sequence[EvaluationQuestion], processes: int) -> Iterator[JudgedReply]:
    # A forked worker shares the parent's memory: the archive, which may be large, is neither copied nor read again.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, fork, initializer=_inherited.append, initargs=(librarian,)) as pool:
        yield from pool.map(_judge, questions, chunksize=CHUNK)


def _judge(asked: EvaluationQuestion) -> JudgedReply:
    return judge_reply(_inherited[0], asked)
