"""Factories of small articles, and of everything that is built from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import select

from bot.index import Index
from bot.index.archive import Archive, PassageList
from bot.index.arrays import StringArray, in_memory, offsets
from bot.index.bm25 import Bm25Retriever, Scorer, create_scorer
from bot.index.build import analyze, build_arrays
from bot.index.lexicon import Lexicon
from bot.index.postings import Postings, TermLists, build_postings
from bot.index.retrieval import FIELDS
from bot.ingest.files import list_files
from bot.ingest.processes import shared_process
from bot.ingest.reader import ReadResult, read_files
from bot.models import (
    READ_LIMITS,
    Article,
    Expansion,
    Filters,
    Mark,
    MarkKind,
    Paragraph,
    Passage,
    Progress,
    Query,
    Question,
    Quote,
    Span,
)
from bot.search.answerer import Answerer
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.quotes import ChosenQuotes, choose_quotes
from bot.search.ranking import rank
from bot.store.models import Feedback, MessageRef
from bot.store.schema import feedback, questions
from bot.store.store import Store

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
    """Build the archive of these articles."""
    return build_index(tuple(articles)).archive


def tampered(of: Article, was: str, now: str) -> Answerer:
    """Build an answerer over one article, then replace ``was`` by ``now``, of equal length, in the stored text."""
    arrays = build_arrays(analyze([of]))
    arrays["rows.text.bytes"] = np.frombuffer(of.text.replace(was, now).encode(), np.uint8)
    return Answerer(Index.from_arrays(in_memory(arrays)))


def index(*texts: str) -> Index:
    """Build the index of these paragraphs, each a whole article."""
    return build_index([article(text, id=f"{number}.txt") for number, text in enumerate(texts)])


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    """Build these paragraphs, each a whole article."""
    return all_paragraphs(index(*texts).archive)


def all_paragraphs(archive: Archive) -> tuple[Paragraph, ...]:
    """Every paragraph of the archive, article by article."""
    return tuple(paragraph for id in archive.articles for paragraph in archive.paragraphs_of(id))


def lexicon(*texts: str) -> Lexicon:
    """Build the lexicon of these paragraphs."""
    return index(*texts).lexicon


def answerer(*articles: Article) -> Answerer:
    """Build an answerer over these articles."""
    return build_answerer(articles)


def query(
    *terms: str | tuple[str, float],
    required: Sequence[Sequence[tuple[str, ...]]] = (),
    excluded: Sequence[str] = (),
    filters: Filters = NO_FILTERS,
) -> Query:
    """A query for these terms, each alone (weight 1) or with its weight."""
    weighted = [(term, 1.0) if isinstance(term, str) else term for term in terms]
    forms = tuple(Expansion((text,), (), weight, "typed", text) for text, weight in weighted)
    question = Question(" ".join(form.text for form in forms))
    return Query(question, (), forms, tuple(map(tuple, required)), tuple(excluded), filters)


def choice(question: str, *articles: Article, limit: int = 3) -> ChosenQuotes:
    """Choose quotes for ``question``, without judging the confidence."""
    found = build_index(articles)
    asked = expand(found.lexicon, Question(question, limit))
    coverage = Coverage(asked, found.lexicon.idf, found.tokens)
    hits = found.retriever.search(asked, 30)
    return choose_quotes(coverage, rank(coverage, hits), limit)


def chosen(question: str, *articles: Article, limit: int = 3) -> tuple[Quote, ...]:
    """Return the quotes of ``choice``."""
    return choice(question, *articles, limit=limit).quotes


def build_postings_of(*fields: Iterable[Iterable[str]]) -> list[Postings]:
    """Build postings from the terms of each document, field by field; all fields share their term ids."""
    every = [[list(terms) for terms in documents] for documents in fields]
    known = sorted({term for documents in every for terms in documents for term in terms})
    shared = StringArray(in_memory(StringArray.encode(known)))
    return [
        Postings(in_memory(build_postings(encode_documents(documents, known), len(known))), shared)
        for documents in every
    ]


def encode_documents(documents: Sequence[Sequence[str]], terms: Sequence[str]) -> TermLists:
    """Encode the terms of each document; an id is a position in ``terms``."""
    ids = {term: number for number, term in enumerate(terms)}
    every = [ids[term] for document in documents for term in document]
    return TermLists(np.array(every, np.int32), offsets(np.array([len(document) for document in documents], np.int64)))


def build_fields(passages: Iterable[Passage]) -> dict[str, Postings]:
    """Build the postings of each field of these passages."""
    every = tuple(passages)
    fields = build_postings_of(*(map(terms, every) for terms, _ in FIELDS.values()))
    return dict(zip(FIELDS, fields, strict=True))


def build_retriever(
    passages: PassageList, scorer: Callable[[Sequence[Postings]], Scorer] = create_scorer
) -> Bm25Retriever:
    """Build a retriever over these passages from their terms."""
    return Bm25Retriever(passages, build_fields(passages), scorer=scorer)


def highlighted(quote: Quote) -> list[str]:
    """Return the highlighted pieces of a quote, in order."""
    return [piece for piece, is_highlight in quote.pieces() if is_highlight]


def build_index(articles: Sequence[Article]) -> Index:
    """The index of these articles, in memory."""
    return Index.from_arrays(in_memory(build_arrays(analyze(articles))))


def build_answerer(articles: Sequence[Article], without: Collection[str] = ()) -> Answerer:
    """An answerer over these articles, without the named parts."""
    return Answerer(build_index(articles), without)


def read_articles(paths: Sequence[Path], *, progress: Progress | None = None) -> ReadResult:
    """Read the articles below the paths."""
    return read_files(list_files(paths), shared_process(READ_LIMITS), progress)


def find_feedback(store: Store, ref: MessageRef) -> tuple[Feedback, ...]:
    """All feedback on the answer to the question at ``ref``, the unhelpful first."""
    query = select(feedback.c.useful, feedback.c.note).join_from(feedback, questions).where(questions.c.ts == ref.ts)
    query = query.where(questions.c.team == ref.team, questions.c.channel == ref.channel)
    ordered = query.order_by(feedback.c.useful, feedback.c.note)
    rows = store.database.run(lambda connection: connection.execute(ordered).all())
    return tuple(Feedback(bool(useful), note) for useful, note in rows)
