"""A reply as a person reads it in the terminal. Keeps secret everything about layout.

Quotation marks stand around the article's words and nothing else; what was left out is marked outside them.
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
"""Lines are no longer than this, however wide the terminal: a wider column is slower to read."""
INDENT = " " * 4

Around = Callable[[Quote], tuple[Paragraph | None, Paragraph | None]]
"""The paragraphs before and after a quote's own, for those who ask for the context."""


def print_reply(console: Console, reply: Reply, around: Around | None = None) -> None:
    """Print ``reply``; with ``around``, each quote stands between its neighbouring paragraphs."""
    width = min(WIDTH, console.width)
    for margin, text in _lines(reply, around):
        for i, line in enumerate(text.wrap(console, width - len(margin))):
            line.rstrip()
            console.print(Text(margin if i == 0 else " " * len(margin)) + line, soft_wrap=True)


def print_trace(console: Console, trace: Trace) -> None:
    """Print which terms were searched, why, and which passages came of it."""
    terms = Table("term", "weight", "origin", title="Searched", title_justify="left", box=None, pad_edge=False)
    for term in trace.query.terms:
        terms.add_row(Text(term.text), f"{term.weight:.2f}", term.origin)
    hits = Table("score", "article", "¶", title="Considered", title_justify="left", box=None, pad_edge=False)
    for hit in trace.hits[:10]:
        numbers = [paragraph.number for paragraph in hit.passage.paragraphs]
        reach = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        hits.add_row(f"{hit.score:.3f}", Text(hit.passage.article.id), reach)
    console.print(Group("", terms, "", hits), width=min(WIDTH, console.width), highlight=False)


def _lines(reply: Reply, around: Around | None) -> Iterator[tuple[str, Text]]:
    """What is printed, as (margin of the first line, text to be wrapped); an empty text is an empty line."""
    yield "", Text()
    quotes = reply.shown_quotes
    told = list(header_lines(reply))
    for line in told:
        yield "", Text(line, style="yellow")
    if told:
        yield "", Text()
    for number, quote in enumerate(quotes, 1):
        yield from _quote(number, quote, around)
    yield "", Text(_summary(reply), style="dim")


def _quote(number: int, quote: Quote, around: Around | None) -> Iterator[tuple[str, Text]]:
    before, after = around(quote) if around else (None, None)
    if before:
        yield INDENT, Text(before.text, style="dim")
        yield "", Text()
    yield f"{number:>2}  ", _words(quote)
    yield INDENT, _linked(cited(quote), quote)
    for note in notes(quote):
        yield INDENT, Text(note, style="yellow")
    if after:
        yield "", Text()
        yield INDENT, Text(after.text, style="dim")
    yield "", Text()


def _words(quote: Quote) -> Text:
    cut_before, cut_after = quote.omissions
    text = Text('… "' if cut_before else '"')
    for piece, highlighted in quote.pieces():
        text.append(piece, style="bold" if highlighted else "")
    return text.append('" …' if cut_after else '"')


def _linked(line: str, quote: Quote) -> Text:
    """``line`` with the article's address, if it has one, made a link to the quote's words."""
    text, link = Text(line, style="dim"), link_to(quote)
    if link and quote.article.url:
        text.stylize(Style(link=link), len(line) - len(quote.article.url))
    return text


def cited(quote: Quote) -> str:
    """Where a quote stands, in one line."""
    url = quote.article.url
    return " · ".join([quote.article.title, *quote.citation, *([url] if url else [])])


def notes(quote: Quote) -> list[str]:
    """What a reader should know before trusting the quote to answer."""
    found = []
    if quote.reported_unmatched_terms:
        found.append(f"not in this passage: {', '.join(quote.reported_unmatched_terms)}")
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
