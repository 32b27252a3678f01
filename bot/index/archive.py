"""What an archive keeps of its articles besides their words. Keeps secret how what is known of one is written down.

The articles, paragraphs and passages of an archive, as collections. Keeps secret that each is made on demand.

Articles, paragraphs and passages by id. The only keeper of words, and the judge of what is verbatim.

Keeps secret that they are made when they are asked for, of flat arrays: a large archive opens as fast as a small one.
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
import numpy.typing as npt

from bot.errors import VerificationError
from bot.index.arrays import Array, BoolArray, LazyArrays, StringArray, offsets, prefix, unprefix
from bot.index.filters import matches_source
from bot.models import ArchiveSummary, Article, Mark, Paragraph, Passage, Quote, Scope, Span


def encode_facts(article: Article) -> bytes:
    """What is known about the article, but for its text and what its text's digest is."""
    published = article.published.isoformat() if article.published else None
    marks = [(mark.kind, mark.span.start, mark.span.end) for mark in article.marks]
    known = (article.id, article.title, article.source, article.author, published, article.url, marks)
    return json.dumps(known).encode()


def decode_article(facts: str, text: str) -> Article:
    """The article of which these are the facts, in text, and the words."""
    id, title, source, author, published, url, marks = json.loads(facts)
    when = date.fromisoformat(published) if published else None
    return Article(id, title, source, text, author, when, url, tuple(Mark(kind, Span(*span)) for kind, *span in marks))


def archive_arrays(rows: LazyArrays) -> dict[str, Array]:
    """What an archive keeps besides its rows (``bot.indexing.rows``), so that nothing has to be counted again."""
    known = json.loads(f"[{','.join(StringArray(unprefix('facts', rows)))}]")
    ids, sources = [one[0] for one in known], [one[2] for one in known]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    named = sorted(set(sources))
    place = {source: at for at, source in enumerate(named)}
    digest = hashlib.sha256()
    for name in ("facts.borders", "facts.bytes", "digest.bytes"):
        digest.update(rows[name].all().tobytes())
    return {
        "passages": offsets(rows["passage.paragraphs"].all()),
        # An article without a paragraph begins where the next one does.
        "articles": np.unique(rows["paragraph.borders"].all()),
        **prefix("ids", StringArray.arrays(ids[at] for at in order)),
        "ids_at": np.array(order, np.int32),
        **prefix("sources", StringArray.arrays(named)),
        "publishers": np.array([len({one[2] for one in known if one[2] != one[0].rpartition("/")[2]})], np.int64),
        "source": np.array([place[source] for source in sources], np.int32),
        "fingerprint": np.frombuffer(digest.digest(), np.uint8),
    }


MOST_PASSAGES = 1 << 14
"""How many passages are kept as they were made, those that were asked for last."""
Marks = npt.NDArray[np.uint8]


class ArticleMap(Mapping[str, Article]):
    """The archive's articles by id, in the order they were read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getitem__(self, id: str) -> Article:
        return self._archive.article(self._archive.place(id))

    def __iter__(self) -> Iterator[str]:
        return (self._archive.article(at).id for at in range(len(self)))

    def __len__(self) -> int:
        return len(self._archive)


class ParagraphList(Sequence[Paragraph]):
    """Every paragraph of the archive, article by article."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __len__(self) -> int:
        return self._archive.passages.paragraphs

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        at = range(len(self))[at]
        return self._archive.between(at, at + 1)[0]


class PassageList(Sequence[Passage]):
    """Passages of an archive: each is of neighbouring paragraphs, and they follow each other without a gap."""

    def __init__(self, archive: Archive, borders: Array) -> None:
        """Passage ``i`` is of the paragraphs numbered from ``borders[i]`` up to ``borders[i + 1]``."""
        self._archive, self._borders = archive, borders
        self._border = borders.data
        self._made = lru_cache(MOST_PASSAGES)(self._make)

    @property
    def paragraphs(self) -> int:
        """How many paragraphs they have together."""
        return self._border[-1]

    def __len__(self) -> int:
        return len(self._border) - 1

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self[one] for one in range(*at.indices(len(self))))
        return self._made(at if at >= 0 else at + len(self))

    def _make(self, at: int) -> Passage:
        found = self._archive.between(self._border[at], self._border[at + 1])
        return Passage(found, Span(found[0].span.start, found[-1].span.end))

    def find_containing(self, passage: Passage) -> int:
        """The number of the one that holds ``passage``, which lies in one of them."""
        return bisect_right(self._border, self._archive.number(passage.paragraphs[0])) - 1

    def within(self, scope: Scope) -> Marks | None:
        """For each passage, 1 where its article is in ``scope`` and 0 elsewhere; None where all are."""
        return None if scope == Scope() else self._archive.within(scope).view(np.uint8)[self._articles]

    @cached_property
    def _articles(self) -> Array:
        """The place of each passage's article."""
        return self._archive.places(self._borders[:-1])


MOST_ARTICLES = 4096
"""How many articles are kept as they were made, those that were asked for last."""
NEWEST = 5


class Archive:
    """Every article in the order it was read, its paragraphs and its passages, and a digest of each text.

    ``articles`` are by id. ``passages[i]`` is passage number ``i``; equal scores are ordered by it. ``whole_articles``
    are passages too, each of all paragraphs of an article. ``fingerprint`` is a hexadecimal digest of all that replies
    depend on: every article, in the order in which they were read. Safe to share between threads.
    """

    def __init__(self, rows: LazyArrays, own: LazyArrays) -> None:
        """``rows`` are those of ``bot.indexing.rows``, ``own`` what ``arrays`` gave of them."""
        self._texts, self._facts = (StringArray(unprefix(name, rows)) for name in ("text", "facts"))
        self._digests, self._published = rows["digest.bytes"], rows["article.published"].all()
        self._spans = [rows[f"paragraph.{key}"] for key in ("start", "end", "heading_start", "heading_end")]
        self._borders = rows["paragraph.borders"].all()
        self._first = self._borders.data
        self._ids, self._ids_at = StringArray(unprefix("ids", own)), own["ids_at"].all()
        self._publishers = int(own["publishers"].all()[0])
        self._source_names, self._source = StringArray(unprefix("sources", own)), own["source"].all()
        self.fingerprint = own["fingerprint"].all().tobytes().hex()
        self._made = lru_cache(MOST_ARTICLES)(self._make)
        self._at = lru_cache(MOST_ARTICLES)(self._find)
        self._of_source = lru_cache(64)(self._naming)
        self.articles: Mapping[str, Article] = ArticleMap(self)
        self.paragraphs: Sequence[Paragraph] = ParagraphList(self)
        self.passages = PassageList(self, own["passages"].all())
        self.whole_articles = PassageList(self, own["articles"].all())

    def __len__(self) -> int:
        return len(self._texts)

    def article(self, at: int) -> Article:
        """The article that so many others precede."""
        return self._made(at)

    def paragraphs_of(self, article: str) -> tuple[Paragraph, ...]:
        """The paragraphs of the article with this id, in order; ``paragraphs_of(id)[n - 1]`` is number ``n``."""
        at = self.place(article)
        return self.between(self._first[at], self._first[at + 1])

    def place(self, article: str) -> int:
        """How many articles precede the one with this id. KeyError where there is none."""
        at = self._at(article)
        if at is None:
            raise KeyError(article)
        return at

    def same(self, article: Article) -> int | None:
        """The place of the article that is the same in all; None where there is none."""
        at = self._at(article.id)
        is_same = (
            at is not None and self._facts[at].encode() == encode_facts(article) and self._digest(at) == article.sha256
        )
        return at if is_same else None

    def _digest(self, at: int) -> str:
        return self._digests.part(32 * at, 32 * at + 32).tobytes().hex()

    def number(self, paragraph: Paragraph) -> int:
        """The paragraph's number among all, from 0; those of one article follow each other."""
        return self._first[self.place(paragraph.article.id)] + paragraph.number - 1

    def between(self, first: int, end: int) -> tuple[Paragraph, ...]:
        """The paragraphs with these numbers among all, which are of one article."""
        if first == end:
            return ()
        at = bisect_right(self._first, first) - 1
        article, before = self._made(at), self._first[at]
        spans = zip(*(column.part(first, end).tolist() for column in self._spans), strict=True)
        of = self._first[at + 1] - before
        return tuple(
            Paragraph(article, number, of, Span(start, stop), Span(above, below) if above >= 0 else None)
            for number, (start, stop, above, below) in enumerate(spans, first - before + 1)
        )

    def places(self, paragraphs: Array) -> Array:
        """For each of these numbers of paragraphs, how many articles precede the one it is of."""
        return np.searchsorted(self._borders, paragraphs, side="right") - 1

    def _find(self, id: str) -> int | None:
        at = self._ids.find(id)
        return None if at is None else int(self._ids_at[at])

    def _make(self, at: int) -> Article:
        return decode_article(self._facts[at], self._texts[at])

    @property
    def publisher_count(self) -> int:
        """How many sources the articles have, but for those that are no more than a file's name."""
        return self._publishers

    @cached_property
    def latest(self) -> date | None:
        """The latest publication date in the archive; None when no article is dated."""
        return _latest(self._published)

    @cached_property
    def earliest(self) -> date | None:
        """The earliest publication date in the archive; None when no article is dated."""
        dated = self._published[self._published > 0]
        return date.fromordinal(int(dated.min())) if len(dated) else None

    @cached_property
    def newest(self) -> tuple[Article, ...]:
        """The dated articles that were published last, the latest first, a few."""
        at = np.lexsort((self._rank_of_id, self._published))[::-1][:NEWEST]
        return tuple(self.article(one) for one in at.tolist() if self._published[one])

    def paragraphs_newest_first(self) -> Iterator[Paragraph]:
        """Every paragraph, those of the articles that were published last first."""
        for at in np.argsort(-self._published, kind="stable").tolist():
            yield from self.between(self._first[at], self._first[at + 1])

    @property
    def _rank_of_id(self) -> Array:
        rank = np.empty(len(self), np.int32)
        rank[self._ids_at] = np.arange(len(self), dtype=np.int32)
        return rank

    def summary(self, scope: Scope) -> ArchiveSummary:
        """How much of the archive lies in ``scope``."""
        if scope == Scope():
            return ArchiveSummary(len(self), len(self.paragraphs), self.latest)
        within = self.within(scope)
        undated = 0
        if scope.since or scope.before:
            undated = int(np.count_nonzero(self.within(Scope(scope.sources)) & (self._published == 0)))
        paragraphs = np.diff(self._borders)[within].sum()
        return ArchiveSummary(int(within.sum()), int(paragraphs), _latest(self._published[within]), undated)

    def within(self, scope: Scope) -> BoolArray:
        """Which articles ``bot.operators.is_in_scope`` finds in ``scope``, shape (articles,)."""
        found = np.ones(len(self), np.bool_)
        if scope.since or scope.before:
            since, before = scope.since or date.min, scope.before
            found = (self._published > 0) & (self._published >= since.toordinal())
            if before:
                found &= self._published < before.toordinal()
        if scope.sources:
            found &= np.logical_or.reduce([self._of_source(source) for source in scope.sources])
        return found

    def _naming(self, source: str) -> BoolArray:
        """Which articles are of this source."""
        by_source = np.array([matches_source(one, source) for one in self._source_names], np.bool_)
        by_id = np.zeros(len(self), np.bool_)
        by_id[self._ids_at] = [matches_source(one, source) for one in self._ids]
        found: BoolArray = by_source[self._source] | by_id
        return found

    def find_quote(self, article: str, span: Span, digest: str) -> Quote:
        """The quote that is ``span`` of the article with this id, whose text's digest begins with ``digest``.

        Raises ``VerificationError`` when the article is not here, or its text is not what it was.
        """
        stored = self.articles.get(article)
        if stored is None or not stored.sha256.startswith(digest):
            raise VerificationError("The source has changed since this answer was given; ask again.")
        holding = [paragraph for paragraph in self.paragraphs_of(article) if paragraph.span.contains(span)]
        if not holding:
            raise VerificationError(f"No paragraph of {article} holds what is named; ask again.")
        quote = Quote(holding[0], span)
        self.verify(quote)
        return quote

    def verify(self, quote: Quote) -> None:
        """Slice the quote again from the stored article and check the article's digest, byte for byte.

        Raises ``VerificationError`` when the article is not here, its text has changed, or the quote does not lie
        within the paragraph it cites, or is blank.
        """
        cited = quote.paragraph
        at = self._at(cited.article.id)
        if at is None:
            raise VerificationError(f"The article {cited.article.id} that a quote cites is not in the archive.")
        article, before = self._made(at), self._first[at]
        if hashlib.sha256(article.text.encode()).hexdigest() != self._digest(at):
            raise VerificationError(f"The text of {article.id} has changed since the archive was read; index it again.")
        is_there = 0 < cited.number <= self._first[at + 1] - before
        if not (
            is_there
            and self.between(before + cited.number - 1, before + cited.number)[0].span.contains(quote.span)
            and quote.text.strip()
            and quote.span.slice(article.text).encode() == quote.text.encode()
            and all(quote.span.contains(span) for span in quote.highlights)
        ):
            raise VerificationError(f"A quote is not a slice of paragraph {cited.number} of {article.id}.")


def _latest(published: Array) -> date | None:
    latest = int(published.max(initial=0))
    return date.fromordinal(latest) if latest else None
