"""Layout of a reply in the terminal.

Quotation marks enclose the article's words and nothing else; omissions are marked outside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.models import Answer, Paragraph, Quote, Reply, Trace, format_date, pluralize
from bot.search.messages import header_lines
from bot.text.fragments import link_to

WIDTH = 80
"""Most columns in a line, even in a wider terminal: long lines are slow to read."""
INDENT = " " * 4

Context = Callable[[Quote], tuple[Paragraph | None, Paragraph | None]]
"""Gives the paragraphs before and after that of a quote."""


def print_reply(console: Console, reply: Reply, context: Context | None = None) -> None:
    """Print ``reply``; with ``context``, the paragraphs around each quote too.

    The address of a quote's article is a link to the words of the quote.
    """
    width = min(WIDTH, console.width)
    for margin, text in _lines(reply, context):
        # An address is left whole, however long, so that it can be copied.
        lines = [text] if text.no_wrap else text.wrap(console, width - len(margin))
        for i, line in enumerate(lines):
            line.rstrip()
            console.print(Text(margin if i == 0 else " " * len(margin)) + line, soft_wrap=True)


def print_trace(console: Console, trace: Trace) -> None:
    """Print the search terms and the passages found."""
    terms = Table("term", "weight", "origin", title="Searched", title_justify="left", box=None, pad_edge=False)
    for term in trace.query.terms:
        terms.add_row(Text(term.text), f"{term.weight:.2f}", term.origin)
    hits = Table("score", "article", "¶", title="Considered", title_justify="left", box=None, pad_edge=False)
    for hit in trace.hits[:10]:
        numbers = [paragraph.number for paragraph in hit.passage.paragraphs]
        shown = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        hits.add_row(f"{hit.score:.3f}", Text(hit.passage.article.id), shown)
    console.print(Group("", terms, "", hits), width=min(WIDTH, console.width), highlight=False)


def _lines(reply: Reply, context: Context | None) -> Iterator[tuple[str, Text]]:
    """Lines as (margin of the first line, text to wrap); an empty text is an empty line."""
    yield "", Text()
    header = [Text(line, style="yellow") for line in header_lines(reply)]
    for line in [*header, Text()] if header else ():
        yield "", line
    for number, quote in enumerate(reply.shown_quotes, 1):
        yield from _quote(number, quote, context)
    yield "", Text(_summary(reply), style="dim")


def _quote(number: int, quote: Quote, context: Context | None) -> Iterator[tuple[str, Text]]:
    before, after = context(quote) if context else (None, None)
    if before:
        yield INDENT, Text(before.text, style="dim")
        yield "", Text()
    yield f"{number:>2}  ", _quoted(quote)
    yield INDENT, Text(format_source(quote), style="dim")
    if url := quote.article.url:
        yield INDENT, Text(url, style=Style(dim=True, link=link_to(quote)), no_wrap=True)
    for note in _notes(quote):
        yield INDENT, Text(note, style="yellow")
    if after:
        yield "", Text()
        yield INDENT, Text(after.text, style="dim")
    yield "", Text()


def _quoted(quote: Quote) -> Text:
    cut_before, cut_after = quote.omissions
    text = Text('… "' if cut_before else '"')
    for piece, highlighted in quote.pieces():
        text.append(piece, style="bold" if highlighted else "")
    return text.append('" …' if cut_after else '"')


def format_source(quote: Quote) -> str:
    """Title and citation of a quote, in one line."""
    return " · ".join([quote.article.title, *quote.citation])


def _notes(quote: Quote) -> list[str]:
    """Lines below a quote: unmatched terms, matched expansions, other articles with the same words."""
    found = []
    if absent := quote.without_year(quote.absent_terms):
        found.append(f"not in this passage: {', '.join(absent)}")
    if quote.matched_expansions:
        found.append("found as: " + ", ".join(f"{form} = {typed}" for form, typed in quote.matched_expansions))
    if quote.also_in:
        found.append(
            "also in: " + ", ".join(f"{p.article.title} ({format_date(p.article.published)})" for p in quote.also_in)
        )
    return [" · ".join(found[:2]), *found[2:]] if found else []


def _summary(reply: Reply) -> str:
    trace = reply.trace
    quotes = reply.quotes if isinstance(reply, Answer) else ()
    articles = {quote.article.id for quote in quotes}
    shown = f"{pluralize(len(quotes), 'quote')}, {pluralize(len(articles), 'article')} · " if quotes else ""
    return f"{shown}{pluralize(trace.searched.paragraphs, 'paragraph')} searched in {max(1, round(trace.took_ms))} ms"
