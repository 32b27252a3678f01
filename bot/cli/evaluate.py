"""``pullquote evaluate``: metrics over a file of questions, and the worst failures."""

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
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson, CorpusOption, errors, open_corpus_verbosely, progress_bar
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.evaluation.failures import Failure, FailureGroup, Kind, RankedPassage
    from bot.evaluation.metrics import Metrics
    from bot.evaluation.questions import JudgedReply
    from bot.models import Term
    from bot.search.answerer import Answerer


# Columns of the list of failures, even in a wider terminal.
_WIDTH = 100
_shorten = partial(textwrap.shorten, width=_WIDTH, placeholder=" …")
_HEADINGS: dict[Kind, str] = {
    "passage": "The first passage has no evidence",
    "quote": "The first passage has the evidence, but the first quote has no answer",
    "abstained": "Abstained, though answerable",
    "answered": "Answered, though unanswerable",
}

Questions = Annotated[Path, typer.Argument(help="A .jsonl or .jsonl.gz file of questions.", metavar="QUESTIONS")]
FloorsOption = Annotated[
    Path | None, typer.Option(help="Fail if a metric is below its floor in this baseline.", metavar="FILE")
]
Worst = Annotated[
    int, typer.Option("--errors", min=0, help="Show the N worst failures of each kind, and why.", metavar="N")
]
Without = Annotated[
    list[str] | None, typer.Option(help="Switch off PART of the search. May be given more than once.", metavar="PART")
]
Pin = Annotated[Path | None, typer.Option(help="Write the results to FILE as the baseline.", metavar="FILE")]
Name = Annotated[str | None, typer.Option(help="With --pin: the name of this set of questions.", metavar="NAME")]
AllowLower = Annotated[bool, typer.Option("--allow-lower", help="With --pin: allow floors to be lowered.")]


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
    """Ask every question in QUESTIONS and measure how good the replies are."""
    from bot.evaluation import baseline
    from bot.evaluation.failures import explain_failure, group_failures
    from bot.evaluation.metrics import measure
    from bot.evaluation.questions import evaluate_questions, read_questions

    if bool(pin) != bool(name) or (allow_lower and not pin) or (pin and (floors or without)):
        raise SettingsError(
            "--pin FILE needs --name NAME and cannot be combined with --floors or --without; --allow-lower needs --pin."
        )
    chosen = settings.load(corpus=corpus)
    asked, paths = read_questions(questions), chosen.corpus
    digest = baseline.digest_data(questions, paths) if floors or pin else ""
    # Before the questions are asked, so that other data is reported at once.
    pinned = baseline.find_pinned(floors, digest) if floors else None

    def ask(answerer: Answerer) -> tuple[list[JudgedReply], list[tuple[FailureGroup, list[Failure]]]]:
        with progress_bar(errors) as progress:
            replies = list(evaluate_questions(answerer, asked, partial(progress, "Asking")))
        groups = group_failures(replies) if worst else ()
        return replies, [(group, [explain_failure(answerer, one) for one in group.replies[:worst]]) for group in groups]

    opened = open_corpus_verbosely(chosen, chosen.state_dir, without or (), reads_files=True)
    replies, failures = opened.with_current(ask)
    metrics = measure(replies)
    if as_json:
        typer.echo(metrics.model_dump_json(by_alias=True, indent=2))
    else:
        _print_metrics(SafeConsole(), metrics)
    if worst:
        _print_failures(SafeConsole(stderr=as_json), failures)
    if pin and name:
        baseline.pin_baseline(pin, name, digest, metrics, allow_lower=allow_lower)
    if pinned and (lower := baseline.list_shortfalls(pinned, metrics)):
        errors.print("\n".join(lower), soft_wrap=True)
        raise typer.Exit(2)


def _print_metrics(console: Console, metrics: Metrics) -> None:
    table = Table("metric", "value", "what it counts", box=None, pad_edge=False)
    for name, field in type(metrics).model_fields.items():
        value = getattr(metrics, name)
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
        table.add_row(field.alias or name, shown, field.description or "")
    console.print(table)


def _print_failures(console: Console, failures: Sequence[tuple[FailureGroup, Sequence[Failure]]]) -> None:
    width = min(_WIDTH, console.width)
    for group, worst in failures:
        count = len(group.replies)
        heading = f"{_HEADINGS[group.kind]}: {count:,} of {group.total:,}"
        if len(worst) < count:
            heading += f"; the {len(worst)} worst"
        console.print("", Text(heading, style="bold"), sep="\n", width=width)
        for number, failure in enumerate(worst, 1):
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True, justify="right", width=13)
            grid.add_column(overflow="fold")
            grid.add_row(str(number), Text(failure.reply.question.question, style="bold"))
            for label, line in _lines(failure):
                grid.add_row(label, Text(line))
            console.print("", grid, sep="\n", width=width)


def _lines(failure: Failure) -> Iterator[tuple[str, str]]:
    """Lines under the question, as (label, line)."""
    yield "id", f"{failure.reply.question.id} · confidence {failure.reply.confidence:.3f}"
    if failure.evidence:
        yield "evidence", f"{failure.evidence.article_id}: {_shorten(failure.evidence.quote)}"
        yield "found in", _describe(failure.expected) if failure.expected else "no passage of the archive"
    yield "first hit", _describe(failure.first_hit) if failure.first_hit else "none"
    if failure.quote:
        where = f"{failure.quote.article.id} ¶ {failure.quote.paragraph.number}"
        yield "first quote", f"{where}: {_shorten(failure.quote.text)}"
    for label, terms in _compare_terms(failure):
        if terms:
            yield label, ", ".join(_format_term(term) for term in terms)


def _describe(ranked: RankedPassage) -> str:
    passage = ranked.passage
    numbers = sorted({passage.paragraphs[0].number, passage.paragraphs[-1].number})
    where = f"{passage.article.id} ¶ {'–'.join(map(str, numbers))}"
    if ranked.rank is None or ranked.score is None:
        return f"{where} · not among the hits"
    return f"{where} · rank {ranked.rank} · score {ranked.score:.3f}"


def _compare_terms(failure: Failure) -> Iterator[tuple[str, list[Term]]]:
    """Terms of the query, by which of the two passages contains them."""
    first = failure.first_hit.matched_terms if failure.first_hit else frozenset()
    expected = failure.expected.matched_terms if failure.expected else frozenset()
    if failure.expected is None or (failure.first_hit and failure.first_hit.passage == failure.expected.passage):
        yield "matched", [term for term in failure.terms if term.text in first]
        yield "unmatched", [term for term in failure.terms if term.text not in first]
        return
    yield "both match", [term for term in failure.terms if term.text in first & expected]
    yield "first only", [term for term in failure.terms if term.text in first - expected]
    yield "evidence only", [term for term in failure.terms if term.text in expected - first]
    yield "neither", [term for term in failure.terms if term.text not in first | expected]


def _format_term(term: Term) -> str:
    return f"{term.text} {term.weight:.2f}" + ("" if term.origin == "typed" else f" ({term.origin})")
