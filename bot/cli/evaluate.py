"""``pullquote evaluate``. Keeps secret how the command is spelt, and how metrics and misses look in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import settings
from bot.cli.options import AsJson, CorpusOption, errors, open_corpus_verbosely
from bot.cli.progress import progress_bar
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.evaluation.failures import Failure, FailureGroup, Kind, RankedPassage
    from bot.evaluation.metrics import Metrics
    from bot.evaluation.questions import JudgedReply
    from bot.models import Term
    from bot.search.answerer import Answerer


WIDTH = 100
"""Columns that the list of misses keeps to, however wide the terminal."""
_HEADINGS: dict[Kind, str] = {
    "passage": "The first passage holds no evidence",
    "quote": "The first passage holds the evidence, the first quote no answer",
    "silence": "Abstained, though answerable",
    "answer": "Answered, though unanswerable",
}


Questions = Annotated[Path, typer.Argument(help="A .jsonl or .jsonl.gz file of questions.", metavar="QUESTIONS")]
FloorsOption = Annotated[
    Path | None, typer.Option(help="Fail where a metric is below its floor in FILE.", metavar="FILE")
]
Worst = Annotated[
    int, typer.Option("--errors", min=0, help="Show the N worst misses of each kind, and why.", metavar="N")
]
Without = Annotated[list[str] | None, typer.Option(help="Leave PART of the search out. Repeatable.", metavar="PART")]
Pin = Annotated[Path | None, typer.Option(help="Write what is measured to FILE as floors.", metavar="FILE")]
Name = Annotated[str | None, typer.Option(help="With --pin: the name of this set of questions.", metavar="NAME")]
AllowLower = Annotated[bool, typer.Option("--allow-lower", help="With --pin: lower floors, too.")]


def evaluate(
    questions: Questions,
    corpus: CorpusOption = None,
    as_json: AsJson = False,
    floors: FloorsOption = None,
    worst: Worst = 0,
    without: Without = None,
    pin: Pin = None,
    name: Name = None,
    allow_lower: AllowLower = False,
) -> None:
    """Ask every question in QUESTIONS and report how good the replies are."""
    from bot.evaluation import baseline
    from bot.evaluation.failures import explain_failure, group_failures
    from bot.evaluation.metrics import measure
    from bot.evaluation.questions import evaluate_questions, read_questions

    if bool(pin) != bool(name) or (allow_lower and not pin) or (pin and (floors or without)):
        raise SettingsError(
            "--pin FILE goes with --name NAME, may have --allow-lower, and never --floors or --without."
        )
    chosen = settings.load(corpus=corpus)
    asked, paths = read_questions(questions), chosen.corpus
    data = baseline.digest(questions, paths) if floors or pin else ""
    pinned = (
        baseline.pinned_for(floors, data) if floors else None
    )  # before the work, so that other data is told at once

    def ask(librarian: Answerer) -> tuple[list[JudgedReply], list[tuple[FailureGroup, list[Failure]]]]:
        with progress_bar(errors) as progress:
            found = list(evaluate_questions(librarian, asked, partial(progress, "Asking")))
        told = group_failures(found) if worst else ()
        return found, [(group, [explain_failure(librarian, one) for one in group.outcomes[:worst]]) for group in told]

    found, missed = open_corpus_verbosely(paths, chosen.state_dir, without or ()).with_current(ask)
    metrics = measure(found)
    if as_json:
        typer.echo(metrics.model_dump_json(by_alias=True, indent=2))
    else:
        print_metrics(Console(highlight=False), metrics)
    if worst:
        print_misses(Console(highlight=False, stderr=as_json), missed)
    if pin and name:
        baseline.pin_baseline(pin, name, data, metrics, allow_lower=allow_lower)
    if pinned and (lower := baseline.shortfalls(pinned, metrics)):
        errors.print("\n".join(lower), soft_wrap=True)
        raise typer.Exit(2)


def print_metrics(console: Console, metrics: Metrics) -> None:
    """A row a metric, with what it counts."""
    table = Table("metric", "value", "what it counts", box=None, pad_edge=False)
    for name, field in type(metrics).model_fields.items():
        value = getattr(metrics, name)
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
        table.add_row(field.alias or name, shown, field.description or "")
    console.print(table)


def print_misses(console: Console, missed: Sequence[tuple[FailureGroup, Sequence[Failure]]]) -> None:
    """For each kind of miss how many there are, and the worst ones with why."""
    width = min(WIDTH, console.width)
    for group, worst in missed:
        console.print("", Text(_heading(group, len(worst)), style="bold"), sep="\n", width=width)
        for number, miss in enumerate(worst, 1):
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True, justify="right", width=13)
            grid.add_column(overflow="fold")
            grid.add_row(str(number), Text(miss.outcome.asked.question, style="bold"))
            for label, line in _lines(miss):
                grid.add_row(label, Text(line))
            console.print("", grid, sep="\n", width=width)


def _heading(group: FailureGroup, shown: int) -> str:
    count = len(group.outcomes)
    tail = f"; the {shown} worst" if shown < count else ""
    return f"{_HEADINGS[group.kind]}: {count:,} of {group.of:,}{tail}"


def _lines(miss: Failure) -> Iterator[tuple[str, str]]:
    """What is told of a miss under its question, as (label, line)."""
    yield "id", f"{miss.outcome.asked.id} · confidence {miss.outcome.confidence:.3f}"
    if miss.evidence:
        yield "evidence", f"{miss.evidence.article_id}: {_first_words(miss.evidence.quote)}"
        yield "it stands", _place(miss.expected) if miss.expected else "in no passage of the archive"
    yield "first hit", _place(miss.first) if miss.first else "none: nothing was found"
    if miss.quote:
        where = f"{miss.quote.article.id} ¶ {miss.quote.paragraph.number}"
        yield "first quote", f"{where}: {_first_words(miss.quote.text)}"
    for label, terms in _terms(miss):
        if terms:
            yield label, ", ".join(_shown(term) for term in terms)


def _first_words(text: str) -> str:
    return textwrap.shorten(text, WIDTH, placeholder=" …")


def _place(standing: RankedPassage) -> str:
    passage = standing.passage
    numbers = sorted({passage.paragraphs[0].number, passage.paragraphs[-1].number})
    where = f"{passage.article.id} ¶ {'–'.join(map(str, numbers))}"
    if standing.rank is None or standing.score is None:
        return f"{where} · not among the hits"
    return f"{where} · rank {standing.rank} · score {standing.score:.3f}"


def _terms(miss: Failure) -> Iterator[tuple[str, list[Term]]]:
    """The terms searched, parted by which of the two passages holds them."""
    first = miss.first.holds if miss.first else frozenset()
    expected = miss.expected.holds if miss.expected else frozenset()
    if miss.expected is None or (miss.first and miss.first.passage == miss.expected.passage):
        yield "it holds", [term for term in miss.terms if term.text in first]
        yield "it lacks", [term for term in miss.terms if term.text not in first]
        return
    yield "both hold", [term for term in miss.terms if term.text in first & expected]
    yield "first only", [term for term in miss.terms if term.text in first - expected]
    yield "evidence only", [term for term in miss.terms if term.text in expected - first]
    yield "neither", [term for term in miss.terms if term.text not in first | expected]


def _shown(term: Term) -> str:
    return f"{term.text} {term.weight:.2f}" + ("" if term.origin == "typed" else f" ({term.origin})")
