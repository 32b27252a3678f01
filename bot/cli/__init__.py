"""The command line. Keeps secret how a command is spelt; catches what went wrong, in one place.

Exit status: 0 answered, 1 abstained, 2 any failure. JSON goes to standard output, everything else a person should know
to standard error.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot import settings
from bot.cli.evaluation import evaluate
from bot.cli.gaps import gaps
from bot.cli.indexing import index
from bot.cli.options import AsJson, Corpus, errors, open_library
from bot.cli.playing import playground
from bot.cli.receipts import receipt
from bot.cli.serving import doctor, forget, serve
from bot.errors import PullquoteError
from bot.models import Abstention, Answer, Paragraph, Question, Quote, Reply

if TYPE_CHECKING:
    from bot.librarian import Librarian

Neighbours = tuple[Paragraph | None, Paragraph | None]

app = typer.Typer(
    name="pullquote",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Answers questions from your own archive of articles, in the articles' own words."""


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    corpus: Corpus = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="Show at most this many quotes.")] = 3,
    context: Annotated[bool, typer.Option(help="Show the paragraphs around each quote.")] = False,
    as_json: AsJson = False,
    why: Annotated[bool, typer.Option(help="Show which terms were searched, and what was found.")] = False,
) -> None:
    """Answer QUESTION from the archive, with quotes and their sources."""
    from bot.cli.output import AskOut, AskWhyOut, TraceOut
    from bot.cli.terminal import print_reply, print_trace

    chosen = settings.load(corpus=corpus)

    def asked(librarian: Librarian) -> tuple[Reply, Mapping[Quote, Neighbours]]:
        reply = librarian.answer(Question(question, limit))
        quotes = (reply.quotes if isinstance(reply, Answer) else reply.nearest) if context else ()
        return reply, {quote: _neighbours(librarian, quote) for quote in quotes}

    reply, around = open_library(chosen.corpus, chosen.state_dir).consult(asked)
    if as_json:
        out = AskOut.of(question, reply)
        if why:
            out = AskWhyOut(**out.model_dump(), trace=TraceOut.of(reply.trace))
        typer.echo(out.model_dump_json(indent=2))
    else:
        console = Console(highlight=False)
        print_reply(console, reply, around.__getitem__ if context else None)
        if why:
            print_trace(console, reply.trace)
    raise typer.Exit(1 if isinstance(reply, Abstention) else 0)


for command in (index, evaluate, serve, playground, doctor, receipt, gaps, forget):
    app.command()(command)


def _neighbours(librarian: Librarian, quote: Quote) -> Neighbours:
    paragraphs = librarian.archive.paragraphs_of(quote.article.id)
    at = quote.paragraph.number - 1
    return paragraphs[at - 1] if at else None, paragraphs[at + 1] if at + 1 < len(paragraphs) else None


def main() -> None:
    """Run the command line; every failure becomes one sentence and exit status 2."""
    try:
        app()
    except PullquoteError as error:
        errors.print(str(error), soft_wrap=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001  the outermost edge: a person never sees a traceback
        errors.print(_unforeseen(error), soft_wrap=True)
        sys.exit(2)


def _unforeseen(error: Exception) -> str:
    """One sentence about an error nobody foresaw; its traceback is kept in a file that the sentence names."""
    kind = type(error).__name__
    try:
        report = settings.load().state_dir / "unforeseen-error.txt"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except (OSError, PullquoteError):  # nowhere to keep it: the settings or the disk are part of the trouble
        return f"An unforeseen error ({kind}: {error}) ended this command; please report it."
    return f"An unforeseen error ({kind}) ended this command; please report it with the file {report}."
