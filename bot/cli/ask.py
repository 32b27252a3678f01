"""``pullquote ask``: answer a question in the terminal. Exit status 0 if it is answered, else 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson, CorpusOption, errors, open_corpus_verbosely
from bot.errors import ArchiveError, SettingsError
from bot.models import Abstention, Paragraph, Question, Quote, Reply

if TYPE_CHECKING:
    from bot.search.answerer import Answerer
    from bot.search.corpus import Corpus


TodayOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Answer as on this day. The default is today."),
]
PageOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", help="Save a picture of the page of the first quote, if it is from a PDF."),
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
    page: PageOption = None,
) -> None:
    """Answer QUESTION from the archive, with quotes and their sources."""
    chosen = settings.load(corpus=corpus)

    def answer(answerer: Answerer) -> tuple[Reply, Mapping[Quote, ContextParagraphs]]:
        reply = answerer.answer(Question(question, limit, today=(today or datetime.now()).date()))
        quotes = reply.shown_quotes if context else ()
        return reply, {quote: _neighbours(answerer, quote) for quote in quotes}

    opened = open_corpus_verbosely(chosen, chosen.state_dir, reads_files=bool(corpus))
    reply, contexts = opened.with_current(answer)
    if as_json:
        from bot.cli.output import AskOut, AskWhyOut

        typer.echo((AskWhyOut if why else AskOut).of(question, reply).model_dump_json(indent=2))
    else:
        from bot.cli.terminal import print_reply, print_trace

        console = SafeConsole()
        print_reply(console, reply, contexts.__getitem__ if context else None)
        if why:
            print_trace(console, reply.trace)
    if page is not None:
        _save_page(opened, reply, page)
    raise typer.Exit(1 if isinstance(reply, Abstention) else 0)


def _save_page(corpus: Corpus, reply: Reply, path: Path) -> None:
    """Save a picture of the page on which the first quote begins.

    Raises ``ArchiveError`` or ``VerificationError`` if there is none, ``SettingsError`` if it cannot be written.
    """
    quote = next(iter(reply.shown_quotes), None)
    if quote is None or quote.pages is None:
        raise ArchiveError("The first quote is not from a PDF, so there is no page to save.")
    picture = corpus.draw_page(quote)
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}); name another file with --page.") from error
    errors.print(f"Page {quote.pages[0]} of {quote.article.title} is saved as {path}.", soft_wrap=True)


def _neighbours(answerer: Answerer, quote: Quote) -> ContextParagraphs:
    paragraphs = answerer.archive.paragraphs_of(quote.article.id)
    at = quote.paragraph.number - 1
    return paragraphs[at - 1] if at else None, paragraphs[at + 1] if at + 1 < len(paragraphs) else None
