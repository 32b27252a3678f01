"""Questions with known answers: read from a file, asked on all cores, and their replies judged."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ArchiveError
from bot.models import Answer, Passage, Progress, Question, Quote
from bot.search.answerer import Answerer


class Evidence(BaseModel):
    """Text of an article that answers a question."""

    model_config = ConfigDict(extra="ignore")

    article_id: str
    # Whitespace alone would be found in every passage.
    quote: str = Field(pattern=r"\S")


class EvaluationQuestion(BaseModel):
    """One line of the file; any of ``answers`` is a correct answer, ``asked`` the day on which it was asked."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str
    answerable: bool
    evidence: list[Evidence] = []
    answers: list[str] = []
    asked: date | None = None


def read_questions(path: Path) -> tuple[EvaluationQuestion, ...]:
    """Read a ``.jsonl`` or ``.jsonl.gz`` file. Raises ``ArchiveError`` that names the first bad line."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode().split("\n")  # not splitlines: JSON strings may contain other Unicode line breaks
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"The questions in {path} cannot be read: {error}. Name a .jsonl or .jsonl.gz file."
        ) from error
    questions = tuple(_parse_question(path, number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not questions:
        raise ArchiveError(f"{path} contains no questions; put one JSON object on each line.")
    return questions


def _parse_question(path: Path, number: int, line: str) -> EvaluationQuestion:
    try:
        return EvaluationQuestion.model_validate_json(line)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ArchiveError(f"{path} line {number} is not a question: {reason}. Correct the line.") from error


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """Judgement of the reply to one question; without article text, so that it is cheap to send between processes.

    ``rank`` is that of the first hit with evidence, from 1, None if there is none. ``is_quote_correct``: the first
    quote, shown as an answer or as a nearest miss, contains an answer or a whole evidence quote. ``is_answer_correct``:
    it answered, and one of the quotes shown does. ``is_warned``: it answered with a warning. ``verbatim`` tells for
    each quote shown whether it is an exact slice of its article. ``took_ms`` is wall time.
    """

    question: EvaluationQuestion
    is_answered: bool
    confidence: float
    rank: int | None
    is_quote_correct: bool
    is_answer_correct: bool
    is_warned: bool
    verbatim: tuple[bool, ...]
    took_ms: float = field(compare=False)


def judge_reply(answerer: Answerer, question: EvaluationQuestion) -> JudgedReply:
    """Ask the question and judge the reply."""
    reply = answerer.answer(Question(question.question, today=question.asked))
    is_answered = isinstance(reply, Answer)
    quotes = reply.shown_quotes
    is_correct = [_is_correct(question, quote) for quote in quotes]
    ranks = (rank for rank, hit in enumerate(reply.trace.hits, 1) if find_evidence(hit.passage, question.evidence))
    return JudgedReply(
        question,
        is_answered=is_answered,
        confidence=reply.confidence,
        rank=next(ranks, None),
        is_quote_correct=is_correct[:1] == [True],
        is_answer_correct=is_answered and any(is_correct),
        is_warned=isinstance(reply, Answer) and reply.warning is not None,
        verbatim=tuple(_is_verbatim(answerer, quote) for quote in quotes),
        took_ms=reply.trace.took_ms,
    )


def find_evidence(passage: Passage, evidence: list[Evidence]) -> Evidence | None:
    """The first of ``evidence`` that is contained whole in ``passage``, whitespace ignored."""
    return _find_in_text(evidence, passage.article.id, passage.span.slice(passage.article.text))


def _find_in_text(evidence: list[Evidence], article_id: str, text: str) -> Evidence | None:
    own = [one for one in evidence if one.article_id == article_id]
    squeezed = "".join(text.split()) if own else ""
    return next((one for one in own if "".join(one.quote.split()) in squeezed), None)


def _is_correct(question: EvaluationQuestion, quote: Quote) -> bool:
    text = quote.text.casefold()
    if any(answer.strip() and answer.casefold() in text for answer in question.answers):
        return True
    return _find_in_text(question.evidence, quote.article.id, quote.text) is not None


def _is_verbatim(answerer: Answerer, quote: Quote) -> bool:
    stored = answerer.archive.articles[quote.article.id].text
    return bool(quote.text) and stored[quote.span.start : quote.span.end].encode() == quote.text.encode()


# Questions sent to a process at a time: few enough that the progress bar moves and no core idles at the end.
_CHUNK = 8

# In a worker process, the answerer it was forked with; empty elsewhere.
_inherited: list[Answerer] = []


def evaluate_questions(
    answerer: Answerer,
    questions: Sequence[EvaluationQuestion],
    report: Progress | None = None,
    processes: int | None = None,
) -> Iterator[JudgedReply]:
    """Ask and judge each question, yielding results in order, in ``processes`` processes (default: all cores).

    Raises what ``answerer.answer`` raises.
    """
    if processes is None:
        # On Linux only: elsewhere, a forked child is not safe to use.
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
        processes = max(1, min(cores, len(questions) // (2 * _CHUNK)))
    judged = (
        _judge_in_parallel(answerer, questions, processes)
        if processes > 1
        else (judge_reply(answerer, question) for question in questions)
    )
    for number, reply in enumerate(judged, 1):
        if report:
            report(number, len(questions))
        yield reply


def _judge_in_parallel(
    answerer: Answerer, questions: Sequence[EvaluationQuestion], processes: int
) -> Iterator[JudgedReply]:
    # A forked worker shares the parent's memory, so that a large archive is neither copied nor read again.
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, fork, initializer=_inherited.append, initargs=(answerer,)) as pool:
        yield from pool.map(_judge_in_worker, questions, chunksize=_CHUNK)


def _judge_in_worker(question: EvaluationQuestion) -> JudgedReply:
    return judge_reply(_inherited[0], question)
