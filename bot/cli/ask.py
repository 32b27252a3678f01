"""``pullquote ask``: answer a question in the terminal. Exit status 0 if it is answered, else 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson, CorpusOption, open_corpus_verbosely
from bot.models import Abstention, Paragraph, Question, Quote, Reply

if TYPE_CHECKING:
    from bot.search.answerer import Answerer


TodayOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Answer as on this day. The default is today."),
]
ContextParagraphs = tuple[Paragraph | None, Paragraph | None]


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    corpus: CorpusOption = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="Show at most this many quotes.")] = 3,
    context: Annotated[bool, typer.Option(help="Show the paragraphs around each quote.")] = False,
    as_json: AsJson = False,
    today: TodayOption = None,
    why: Annotated[bool, typer.Option(help="Show the search terms and the passages found.")] = False,
) -> None:
    """Answer QUESTION from the archive, with quotes and their sources."""
    chosen = settings.load(corpus=corpus)

    def answer(answerer: Answerer) -> tuple[Reply, Mapping[Quote, ContextParagraphs]]:
        reply = answerer.answer(Question(question, limit, today=(today or datetime.now()).date()))
        quotes = reply.shown_quotes if context else ()
        return reply, {quote: _neighbours(answerer, quote) for quote in quotes}

    reply, contexts = open_corpus_verbosely(chosen, chosen.state_dir).with_current(answer)
    if as_json:
        from bot.cli.output import AskOut, AskWhyOut

        typer.echo((AskWhyOut if why else AskOut).of(question, reply).model_dump_json(indent=2))
    else:
        from bot.cli.terminal import print_reply, print_trace

        console = SafeConsole()
        print_reply(console, reply, contexts.__getitem__ if context else None)
        if why:
            print_trace(console, reply.trace)
    raise typer.Exit(1 if isinstance(reply, Abstention) else 0)


def _neighbours(answerer: Answerer, quote: Quote) -> ContextParagraphs:
    paragraphs = answerer.archive.paragraphs_of(quote.article.id)
    at = quote.paragraph.number - 1
    return paragraphs[at - 1] if at else None, paragraphs[at + 1] if at + 1 < len(paragraphs) else None
