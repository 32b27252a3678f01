"""Questions with known answers → how good the librarian is. Keeps secret how each metric is computed.

The metrics are those of the ``evaluate --json`` contract; ``Metrics`` says what each counts.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ArchiveError
from bot.librarian import Librarian
from bot.models import Answer, Hit, Question, Quote, Reply

Progress = Callable[[int, int], None]
Scores = npt.NDArray[np.float64]


class Evidence(BaseModel):
    """Words of an article that answer a question."""

    model_config = ConfigDict(extra="ignore")

    article_id: str
    quote: str


class Asked(BaseModel):
    """One line of a file of questions."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str
    answerable: bool
    evidence: list[Evidence] = []
    answers: list[str] = []


class Metrics(BaseModel):
    """Shares are 0–1; those of an empty set are 0. Times are milliseconds of wall time."""

    model_config = ConfigDict(populate_by_name=True)

    questions: int
    answerable: int
    unanswerable: int
    hit_1: float = Field(alias="hit@1", description="answerable: the first passage holds an evidence quote")
    hit_3: float = Field(alias="hit@3", description="answerable: one of the first 3 passages does")
    hit_10: float = Field(alias="hit@10", description="answerable: one of the first 10 passages does")
    mrr_10: float = Field(
        alias="mrr@10", description="answerable: mean of 1 / rank of the first such passage, 0 past 10"
    )
    quote_hit_1: float = Field(
        alias="quote_hit@1", description="answerable: the first quote holds an answer or a whole evidence quote"
    )
    answered: float = Field(description="answerable: answered at all")
    answered_right: float = Field(description="answerable: answered, and a shown quote holds an answer or the evidence")
    abstained_right: float = Field(description="unanswerable: abstained")
    auroc: float = Field(description="how well the confidence tells answerable from unanswerable; 0.5 is chance")
    refused_90: float = Field(
        alias="refused@90", description="unanswerable: refused at the threshold that keeps 90 % of the answerable"
    )
    verbatim: float = Field(description="shown quotes that are exact slices of the article they cite")
    ms_p50: float
    ms_p95: float
    ms_p99: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question; ``rank`` counts from 1 and is None when no passage of the first ten holds evidence."""

    asked: Asked
    reply: Reply
    rank: int | None
    quote_hit: bool
    right: bool
    verbatim: tuple[bool, ...]


def read_questions(path: Path) -> tuple[Asked, ...]:
    """The questions of a ``.jsonl`` or ``.jsonl.gz`` file. Raises ``ArchiveError`` naming the first bad line."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"The questions in {path} cannot be read: {error}. Name a .jsonl or .jsonl.gz file."
        ) from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Asked.model_validate_json(line))
            except ValidationError as error:
                reason = error.errors()[0]["msg"]
                raise ArchiveError(f"{path} line {number} is not a question: {reason}. Correct the line.") from error
    if not found:
        raise ArchiveError(f"{path} holds no question; put one JSON object on each line.")
    return tuple(found)


def outcomes(librarian: Librarian, questions: Sequence[Asked], report: Progress | None = None) -> Iterator[Outcome]:
    """Ask each question and judge the reply, in order."""
    for number, asked in enumerate(questions, 1):
        reply = librarian.answer(Question(asked.question))
        yield _judge(librarian, asked, reply)
        if report:
            report(number, len(questions))


def measure(found: Sequence[Outcome]) -> Metrics:
    """The metrics over all outcomes."""
    yes = [outcome for outcome in found if outcome.asked.answerable]
    no = [outcome for outcome in found if not outcome.asked.answerable]
    took = np.array([outcome.reply.trace.took_ms for outcome in found] or [0.0])
    sure_yes = np.array([outcome.reply.confidence for outcome in yes])
    sure_no = np.array([outcome.reply.confidence for outcome in no])
    answered = [isinstance(outcome.reply, Answer) for outcome in yes]
    return Metrics.model_validate(
        {
            "questions": len(found),
            "answerable": len(yes),
            "unanswerable": len(no),
            "hit@1": _share(outcome.rank == 1 for outcome in yes),
            "hit@3": _share(outcome.rank is not None and outcome.rank <= 3 for outcome in yes),
            "hit@10": _share(outcome.rank is not None for outcome in yes),
            "mrr@10": _mean([1 / outcome.rank if outcome.rank else 0.0 for outcome in yes]),
            "quote_hit@1": _share(outcome.quote_hit for outcome in yes),
            "answered": _share(answered),
            "answered_right": _share(outcome.right for outcome in yes),
            "abstained_right": _share(not isinstance(outcome.reply, Answer) for outcome in no),
            "auroc": auroc(sure_yes, sure_no),
            "refused@90": float((sure_no < np.quantile(sure_yes, 0.1, method="lower")).mean()) if yes and no else 0.0,
            "verbatim": _share(exact for outcome in found for exact in outcome.verbatim),
            "ms_p50": float(np.percentile(took, 50)),
            "ms_p95": float(np.percentile(took, 95)),
            "ms_p99": float(np.percentile(took, 99)),
        }
    )


def auroc(positive: Scores, negative: Scores) -> float:
    """The chance that a random positive score is above a random negative one, a tie counting half (Mann–Whitney U)."""
    if not len(positive) or not len(negative):
        return 0.0
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    upto = np.searchsorted(order, positive, side="right")
    return float((below + upto).sum() / 2 / (len(positive) * len(negative)))


def _judge(librarian: Librarian, asked: Asked, reply: Reply) -> Outcome:
    shown = reply.quotes if isinstance(reply, Answer) else reply.nearest
    ranks = [rank for rank, hit in enumerate(reply.trace.hits[:10], 1) if _holds_evidence(asked, hit)]
    return Outcome(
        asked,
        reply,
        rank=min(ranks, default=None),
        quote_hit=bool(shown) and _answers(asked, shown[0]),
        right=isinstance(reply, Answer) and any(_answers(asked, quote) for quote in shown),
        verbatim=tuple(_is_verbatim(librarian, quote) for quote in shown),
    )


def _holds_evidence(asked: Asked, hit: Hit) -> bool:
    article = hit.passage.article
    text = _squeezed(hit.passage.span.of(article.text))
    return any(e.article_id == article.id and _squeezed(e.quote) in text for e in asked.evidence)


def _answers(asked: Asked, quote: Quote) -> bool:
    text = quote.text.casefold()
    if any(answer and answer.casefold() in text for answer in asked.answers):
        return True
    squeezed = _squeezed(quote.text)
    return any(e.article_id == quote.article.id and _squeezed(e.quote) in squeezed for e in asked.evidence)


def _is_verbatim(librarian: Librarian, quote: Quote) -> bool:
    stored = librarian.archive.articles[quote.article.id].text
    return bool(quote.text) and stored[quote.span.start : quote.span.end].encode() == quote.text.encode()


@cache
def _squeezed(text: str) -> str:
    return "".join(text.split())


def _share(values: Iterable[bool]) -> float:
    return _mean([float(value) for value in values])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
