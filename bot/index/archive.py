"""The articles of an archive with their paragraphs and passages, created on access from flat arrays.

A large archive opens as fast as a small one. ``Archive`` also verifies that a quote is verbatim.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from bot.errors import VerificationError
from bot.index.arrays import Array, BoolArray, ByteArray, IntArray, LazyArrays, StringArray, offsets, prefix, unprefix
from bot.index.retrieval import matches_source
from bot.models import ArchiveSummary, Article, Mark, PageStart, Paragraph, Passage, Quote, Scope, Span

CACHED_PASSAGES = 1 << 14
CACHED_ARTICLES = 4096
CACHED_SOURCES = 64
NEWEST = 5
"""How many articles ``Archive.newest`` holds."""


def encode_metadata(article: Article) -> bytes:
    """Encode everything about an article except its text and digest as JSON."""
    published = article.published.isoformat() if article.published else None
    marks = [(mark.kind, mark.span.start, mark.span.end) for mark in article.marks]
    known = (article.id, article.title, article.source, article.author, published, article.url, marks)
    metadata = (*known, article.pages, article.page_labels)
    return json.dumps(metadata).encode()


def archive_arrays(rows: LazyArrays) -> dict[str, Array]:
    """Compute what ``Archive`` needs besides the rows (``ArticleRows``), so that opening it is fast."""
    metadata = json.loads(f"[{','.join(StringArray(unprefix('metadata', rows)))}]")
    ids, sources = [one[0] for one in metadata], [one[2] for one in metadata]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    distinct_sources = sorted(set(sources))
    source_number = {source: number for number, source in enumerate(distinct_sources)}
    digest = hashlib.sha256()
    for name in ("metadata.borders", "metadata.bytes", "digest.bytes"):
        digest.update(rows[name].all().tobytes())
    # The source of an article without a known publisher is its file's name.
    publishers = {one[2] for one in metadata if one[2] != one[0].rpartition("/")[2]}
    return {
        "passages": offsets(rows["passage.paragraphs"].all()),
        **prefix("ids", StringArray.encode(ids[at] for at in order)),
        "id_articles": np.array(order, np.int32),
        **prefix("sources", StringArray.encode(distinct_sources)),
        "publishers": np.array([len(publishers)], np.int64),
        "source": np.array([source_number[source] for source in sources], np.int32),
        "fingerprint": np.frombuffer(digest.digest(), np.uint8),
    }


class _ArticleMap(Mapping[str, Article]):
    """The archive's articles by id, in reading order."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getitem__(self, id: str) -> Article:
        return self._archive.article(self._archive.article_number(id))

    def __iter__(self) -> Iterator[str]:
        return self._archive.ids()

    def __len__(self) -> int:
        return len(self._archive)


class PassageList(Sequence[Passage]):
    """Consecutive passages of an archive, each a range of neighboring paragraphs."""

    def __init__(self, archive: Archive, borders: Array) -> None:
        """Passage ``i`` consists of the paragraphs ``borders[i]`` to ``borders[i + 1]`` (exclusive)."""
        self._archive = archive
        self._cached = lru_cache(CACHED_PASSAGES)(self._create)
        self.set_borders(borders)

    def set_borders(self, borders: Array) -> None:
        """Change the list to these passages, which begin with those that were there before."""
        self._borders, self._border = borders, borders.data

    def __len__(self) -> int:
        return len(self._border) - 1

    def __getitem__(self, number: Any) -> Any:
        return self._cached(number)

    def _create(self, number: int) -> Passage:
        paragraphs = self._archive.paragraph_range(self._border[number], self._border[number + 1])
        return Passage(paragraphs, Span(paragraphs[0].span.start, paragraphs[-1].span.end))

    def scope_mask(self, scope: Scope) -> ByteArray | None:
        """Return 1 for each passage whose article is in ``scope``, else 0; None if all are."""
        return None if scope == Scope() else self._archive.scope_mask(scope).view(np.uint8)[self._article_numbers]

    @cached_property
    def _article_numbers(self) -> Array:
        """The number of each passage's article."""
        return np.searchsorted(self._archive.borders, self._borders[:-1], side="right") - 1


class Archive:
    """Every article in reading order, with its paragraphs, passages and text digest. Thread-safe.

    Articles, paragraphs and passages are numbered from 0 throughout the archive. ``articles`` is keyed by id.
    ``passages`` are the searched units.
    ``fingerprint`` is a hexadecimal digest of everything that replies depend on: every article, in reading order.
    """

    def __init__(self, rows: LazyArrays, own: LazyArrays) -> None:
        """``rows`` are the arrays of ``ArticleRows``, ``own`` those that ``archive_arrays`` computed from them."""
        self._cached = lru_cache(CACHED_ARTICLES)(self._create)
        self._cached_source_mask = lru_cache(CACHED_SOURCES)(self._source_mask)
        self.articles: Mapping[str, Article] = _ArticleMap(self)
        self.passages = PassageList(self, own["passages"].all())
        self._open(rows, own)

    def _open(self, rows: LazyArrays, own: LazyArrays) -> None:
        self._texts, self._metadata = (StringArray(unprefix(name, rows)) for name in ("text", "metadata"))
        self._digests, self._published = rows["digest.bytes"], rows["article.published"].all()
        self._spans = [rows[f"paragraph.{key}"] for key in ("start", "end", "heading_start", "heading_end")]
        self.borders: IntArray = rows["paragraph.borders"].all()
        """The first paragraph of each article, and the number of paragraphs."""
        self._first = self.borders.data
        self.paragraph_count: int = self._first[-1]
        self._ids, self._id_articles = StringArray(unprefix("ids", own)), own["id_articles"].all()
        self._id_article = self._id_articles.data
        self._source_names, self._source = StringArray(unprefix("sources", own)), own["source"].all()
        self.publisher_count = int(own["publishers"].all()[0])
        self.fingerprint = own["fingerprint"].all().tobytes().hex()
        self.passages.set_borders(own["passages"].all())

    def __len__(self) -> int:
        return len(self._texts)

    def article(self, number: int) -> Article:
        """Return article ``number``."""
        return self._cached(number)

    def article_number(self, id: str) -> int:
        """Return the number of the article with this id; KeyError if there is none."""
        if (at := self._ids.find(id)) is None:
            raise KeyError(id)
        return self._id_article[at]

    def ids(self) -> Iterator[str]:
        """Yield the articles' ids in reading order."""
        return (self.article(number).id for number in range(len(self._texts)))

    def positions(self) -> dict[str, int]:
        """Return the number of each article by its id."""
        return dict(zip(self._ids, self._id_article, strict=True))

    def find_identical(self, article: Article) -> int | None:
        """Return the number of the article that equals ``article`` in every field, or None."""
        if article.id not in self._ids:
            return None
        number = self.article_number(article.id)
        is_same = self._metadata[number].encode() == encode_metadata(article) and self._digest(number) == article.sha256
        return number if is_same else None

    def _digest(self, number: int) -> str:
        return self._digests.slice(32 * number, 32 * number + 32).tobytes().hex()

    def paragraphs_of(self, id: str) -> tuple[Paragraph, ...]:
        """Return the paragraphs of the article with this id; ``paragraphs_of(id)[n - 1]`` is its paragraph ``n``."""
        number = self.article_number(id)
        return self.paragraph_range(self._first[number], self._first[number + 1])

    def paragraph_number(self, paragraph: Paragraph) -> int:
        """Return the paragraph's number in the archive; those of one article are consecutive."""
        return self._first[self.article_number(paragraph.article.id)] + paragraph.number - 1

    def paragraph_range(self, first: int, end: int) -> tuple[Paragraph, ...]:
        """Return the paragraphs ``first`` to ``end`` (exclusive), which must belong to one article."""
        if first == end:
            return ()
        at = bisect_right(self._first, first) - 1
        article, before = self._cached(at), self._first[at]
        spans = zip(*(array.slice(first, end).tolist() for array in self._spans), strict=True)
        count = self._first[at + 1] - before
        return tuple(
            Paragraph(article, number, count, Span(start, stop), Span(above, below) if above >= 0 else None)
            for number, (start, stop, above, below) in enumerate(spans, first - before + 1)
        )

    def paragraphs_newest_first(self) -> Iterator[Paragraph]:
        """Yield every paragraph, those of the most recently published articles first."""
        for at in np.argsort(-self._published, kind="stable").tolist():
            yield from self.paragraph_range(self._first[at], self._first[at + 1])

    def _create(self, number: int) -> Article:
        id, title, source, author, published, url, marks, pages, labels = json.loads(self._metadata[number])
        day = date.fromisoformat(published) if published else None
        decoded = tuple(Mark(kind, Span(*span)) for kind, *span in marks)
        starts = tuple(PageStart(*start) for start in pages)
        return Article(id, title, source, self._texts[number], author, day, url, decoded, starts, tuple(labels))

    @cached_property
    def latest(self) -> date | None:
        """The latest publication date in the archive; None if no article is dated."""
        return _latest(self._published)

    @cached_property
    def earliest(self) -> date | None:
        """The earliest publication date in the archive; None if no article is dated."""
        dated = self._published[self._published > 0]
        return date.fromordinal(int(dated.min())) if len(dated) else None

    @cached_property
    def newest(self) -> tuple[Article, ...]:
        """The most recently published articles, the latest first, at most ``NEWEST``; undated ones are left out."""
        return self.by_date()

    def by_date(
        self, since: date | None = None, before: date | None = None, *, oldest_first: bool = False
    ) -> tuple[Article, ...]:
        """Return the dated articles of a period, the latest first, or the oldest; at most ``NEWEST``."""
        mask = self.scope_mask(Scope(since=since, before=before)) & (self._published > 0)
        order = np.lexsort((np.argsort(self._id_articles), self._published))
        order = order[mask[order]]
        return tuple(self.article(number) for number in (order if oldest_first else order[::-1])[:NEWEST].tolist())

    def summary(self, scope: Scope) -> ArchiveSummary:
        """Count the articles and paragraphs in ``scope``."""
        if scope == Scope():
            return ArchiveSummary(len(self), self.paragraph_count, self.latest)
        mask = self.scope_mask(scope)
        undated = 0
        if scope.since or scope.before:
            undated = int(np.count_nonzero(self.scope_mask(Scope(scope.sources)) & (self._published == 0)))
        paragraphs = np.diff(self.borders)[mask].sum()
        return ArchiveSummary(int(mask.sum()), int(paragraphs), _latest(self._published[mask]), undated)

    def scope_mask(self, scope: Scope) -> BoolArray:
        """Return which articles are in ``scope``, shape (articles,): no undated one if it has a first or last day."""
        mask = np.ones(len(self), np.bool_)
        if scope.since or scope.before:
            since, before = scope.since or date.min, scope.before
            mask = (self._published > 0) & (self._published >= since.toordinal())
            if before:
                mask &= self._published < before.toordinal()
        if scope.until:
            mask &= self._published <= scope.until.toordinal()
        if scope.sources:
            mask &= np.logical_or.reduce([self._cached_source_mask(source) for source in scope.sources])
        return mask

    def _source_mask(self, source: str) -> BoolArray:
        """Return which articles have ``source`` in their source or id."""
        by_source = np.array([matches_source(one, source) for one in self._source_names], np.bool_)
        by_id = np.zeros(len(self), np.bool_)
        by_id[self._id_articles] = [matches_source(one, source) for one in self._ids]
        mask: BoolArray = by_source[self._source] | by_id
        return mask

    def find_quote(self, id: str, span: Span, digest: str) -> Quote:
        """Return the verified quote at ``span`` of an article, whose text digest begins with ``digest``.

        Raises ``VerificationError`` if the article is gone or its text has changed.
        """
        article = self.articles.get(id)
        if article is None or not article.sha256.startswith(digest):
            raise VerificationError("The source has changed since this answer was given; ask again.")
        containing = [paragraph for paragraph in self.paragraphs_of(id) if paragraph.span.contains(span)]
        if not containing:
            raise VerificationError(f"No paragraph of {id} contains the quoted passage; ask again.")
        quote = Quote(containing[0], span)
        self.verify(quote)
        return quote

    def verify(self, quote: Quote) -> None:
        """Slice the quote again from the stored article and check the article's digest, byte for byte.

        Raises ``VerificationError`` if the article is missing, its text has changed, the quote is blank, or it does not
        lie within the paragraph it cites.
        """
        cited = quote.paragraph
        if cited.article.id not in self._ids:
            raise VerificationError(f"The article {cited.article.id} that a quote cites is not in the archive.")
        at = self.article_number(cited.article.id)
        article, before = self._cached(at), self._first[at]
        if hashlib.sha256(article.text.encode()).hexdigest() != self._digest(at):
            raise VerificationError(f"The text of {article.id} has changed since the archive was read; index it again.")
        is_numbered = 0 < cited.number <= self._first[at + 1] - before
        if not (
            is_numbered
            and self.paragraph_range(before + cited.number - 1, before + cited.number)[0].span.contains(quote.span)
            and quote.text.strip()
            and quote.span.slice(article.text).encode() == quote.text.encode()
            and all(quote.span.contains(span) for span in quote.highlights)
        ):
            raise VerificationError(f"A quote is not a slice of paragraph {cited.number} of {article.id}.")


def _latest(published: Array) -> date | None:
    latest = int(published.max(initial=0))
    return date.fromordinal(latest) if latest else None
