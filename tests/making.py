"""Small articles, and what is made of them. Keeps secret which rooms of the house a quote passes on its way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date

import numpy as np

from bot.archive import Archive
from bot.archive.views import Passages
from bot.columns import in_memory
from bot.indexing import Index
from bot.indexing.analysing import analyse
from bot.indexing.making import arrays
from bot.lexicon.data import Lexicon
from bot.lexicon.expansion import expand
from bot.librarian import Librarian
from bot.library import librarian_over
from bot.models import (
    Answer,
    Article,
    Filters,
    Form,
    Mark,
    MarkKind,
    Paragraph,
    Query,
    Question,
    Quote,
    Reply,
    Span,
)
from bot.quoting import Chosen, choose
from bot.ranking import Ground, rank
from bot.ranking.coverage import Coverage
from bot.retrieval.bm25 import Bm25Retriever, counted
from bot.retrieval.kernel import engine
from bot.retrieval.postings import Counted, Postings
from bot.retrieval.scan import Engine
from bot.wiring import index_of, librarian_of

NO_FILTERS = Filters()


def article(
    *blocks: str,
    id: str = "a.txt",
    title: str = "Untitled…",
    headings: Collection[str] = (),
    published: date | None = None,
    source: str | None = None,
) -> Article:
    """An article whose text is these blocks, a blank line between each two.

    A block that is the title, or one of ``headings``, is marked as such. Without a ``source`` it is the id.
    """
    marks: list[Mark] = []
    at = 0
    for block in blocks:
        kind: MarkKind | None = "title" if block == title else "heading" if block in headings else None
        if kind:
            marks.append(Mark(kind, Span(at, at + len(block))))
        at += len(block) + 2
    return Article(id, title, source or id, "\n\n".join(blocks), published=published, marks=tuple(marks))


def archive_of(articles: Iterable[Article]) -> Archive:
    """The archive of these articles."""
    return index_of(tuple(articles)).archive


def tampered(of: Article, was: str, now: str) -> Librarian:
    """A librarian over one article, in whose text something else stands since it was read; of the same length."""
    kept = arrays(analyse([of]))
    kept["rows.text.bytes"] = np.frombuffer(of.text.replace(was, now).encode(), np.uint8)
    return librarian_over(Index.opened(in_memory(kept)))


def index(*texts: str) -> Index:
    """The index of these paragraphs, each the whole of an article of its own."""
    return index_of([article(text, id=f"{number}.txt") for number, text in enumerate(texts)])


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    """Paragraphs, each the whole of an article of its own."""
    return tuple(index(*texts).archive.paragraphs)


def lexicon(*texts: str) -> Lexicon:
    """What is learnt from these paragraphs."""
    return index(*texts).lexicon


def librarian(*articles: Article) -> Librarian:
    """A librarian over these articles."""
    return librarian_of(articles)


def query(
    *terms: str | tuple[str, float],
    required: Sequence[Sequence[tuple[str, ...]]] = (),
    excluded: Sequence[str] = (),
    filters: Filters = NO_FILTERS,
) -> Query:
    """A query for these terms, each alone (weight 1) or with its weight."""
    weighted = [(term, 1.0) if isinstance(term, str) else term for term in terms]
    forms = tuple(Form((text,), (), weight, "typed", text) for text, weight in weighted)
    question = Question(" ".join(form.shown for form in forms))
    return Query(question, (), forms, tuple(map(tuple, required)), tuple(excluded), filters)


def choice(question: str, *articles: Article, limit: int = 3) -> Chosen:
    """What is chosen for ``question``, before anyone asks whether it is enough."""
    found = index_of(articles)
    asked = expand(found.lexicon, Question(question, limit))
    coverage = Coverage(asked, found.lexicon.idf, found.tokens)
    hits = found.retriever.search(asked, 30)
    return choose(coverage, rank(Ground(coverage, hits, [0.0] * len(hits))), limit)


def chosen(question: str, *articles: Article, limit: int = 3) -> tuple[Quote, ...]:
    """The quotes of it."""
    return choice(question, *articles, limit=limit).quotes


def searching(passages: Passages, engine: Callable[[Sequence[Postings]], Engine] = engine) -> Bm25Retriever:
    """What searches these passages by their postings, counted from their own words."""
    return Bm25Retriever(passages, counted(passages), engine=engine)


def reopened(postings: Postings) -> Postings:
    """The same, from what is kept of them."""
    return Postings.opened(Counted(in_memory(postings.arrays()), postings.terms))


def shown(reply: Reply) -> tuple[Quote, ...]:
    """The quotes of a reply, be they answers or nearest misses."""
    return reply.quotes if isinstance(reply, Answer) else reply.nearest


def highlighted(quote: Quote) -> list[str]:
    """The highlighted pieces of a quote, in order."""
    return [piece for piece, is_highlight in quote.pieces() if is_highlight]
