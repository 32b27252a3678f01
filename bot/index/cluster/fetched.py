"""The articles that one question has fetched from a cluster, as an archive with tokens that grow.

Articles, paragraphs, passages and terms are numbered in the order in which they were fetched, so that a number stays
valid when more are fetched. What concerns all articles is asked of the cluster, or known from the revision's state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain, count
from typing import Protocol

import numpy as np

from bot.index.archive import NEWEST, Archive, archive_arrays
from bot.index.arrays import Array, IntArray, LazyArrays, StringArray, in_memory, offsets
from bot.index.tokens import Tokens
from bot.models import ArchiveSummary, Article, Paragraph, Scope

MAX_TERMS = 1 << 22
"""Distinct terms of the articles that one question fetches, at most."""

StoredArticle = Mapping[str, Array]
"""The arrays of an article's document."""


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """What the state of a revision says of its articles; dates are ordinals of days, 0 if no article is dated."""

    articles: int
    paragraphs: int
    passages: int
    publishers: int
    earliest: int
    latest: int
    fingerprint: str

    @property
    def latest_date(self) -> date | None:
        """The latest publication date."""
        return date.fromordinal(self.latest) if self.latest else None


class ArticleSource(Protocol):
    """Where articles come from, all of one revision."""

    facts: RevisionFacts

    def fetch(self, keys: Iterable[str]) -> Mapping[str, StoredArticle]:
        """Return the articles with these keys."""
        ...

    def find_key(self, id: str) -> str | None:
        """Return the key of the article with this id."""
        ...

    def summarize(self, scope: Scope) -> ArchiveSummary:
        """Count the articles and paragraphs in a scope."""
        ...

    def list_by_date(self, since: date | None, before: date | None, *, oldest_first: bool, limit: int) -> list[str]:
        """Return the keys of the dated articles of a period, the latest first, or the oldest."""
        ...

    def keys_newest_first(self) -> Iterator[list[str]]:
        """Yield the keys of all articles in groups, the most recently published first, in reading order."""
        ...


class TermNumbers:
    """Numbers the terms of the fetched articles, of which the archive's ``known`` ones are searched."""

    def __init__(self, known: StringArray) -> None:
        self._known = known
        self._numbers: dict[str, int] = {}
        self._terms: list[str] = []

    def number(self, terms: Sequence[str]) -> IntArray:
        """Return the numbers of terms that stand in an article."""
        new = [term for term in dict.fromkeys(terms) if term not in self._numbers]
        self._numbers.update(zip(new, count(len(self._terms)), strict=False))
        self._terms += new
        return np.fromiter(map(self._numbers.__getitem__, terms), np.int64, len(terms))

    def find(self, term: str) -> int | None:
        """Return the number of a term; None if no article of the archive has it."""
        return int(self.number([term])[0]) if term in self._known else None

    def __getitem__(self, number: int) -> str:
        return self._terms[number]

    def __len__(self) -> int:
        """Return an upper bound of the numbers, which stays the same."""
        return MAX_TERMS


class FetchedTokens(Tokens):
    """The tokens of the fetched articles."""

    def __init__(self, terms: TermNumbers, archive: FetchedArchive) -> None:
        super().__init__(archive.rows, archive.token_arrays, terms, archive)
        archive.tokens = self

    def open(self, rows: LazyArrays, own: LazyArrays) -> None:
        """Use the arrays of more articles."""
        self._open(rows, own)


class FetchedArchive(Archive):
    """The fetched articles, as a part of an archive. For one question, so for one thread."""

    def __init__(self, source: ArticleSource, terms: TermNumbers) -> None:
        self._stored, self._term_numbers = source, terms
        self._numbers: list[IntArray] = []
        self.tokens: FetchedTokens | None = None
        self._articles: list[StoredArticle] = []
        self._number_of: dict[str, int] = {}
        self.rows, self.token_arrays = self._join()
        super().__init__(self.rows, in_memory(archive_arrays(self.rows)))

    def _open(self, rows: LazyArrays, own: LazyArrays) -> None:
        super()._open(rows, own)
        self.fingerprint, self.publisher_count = self._stored.facts.fingerprint, self._stored.facts.publishers

    def fetch(self, keys: Iterable[str]) -> None:
        """Fetch the articles with these keys, without those that are here."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._number_of]
        if not missing:
            return
        found = self._stored.fetch(missing)
        for key in missing:
            self._number_of[key] = len(self._articles)
            self._articles.append(found[key])
        self.rows, self.token_arrays = self._join()
        self._open(self.rows, in_memory(archive_arrays(self.rows)))
        if self.tokens is not None:
            self.tokens.open(self.rows, self.token_arrays)

    def passage_number(self, key: str, number: int) -> int:
        """Return the number of an article's passage among those of the fetched articles."""
        return int(self._first_passages[self._number_of[key]]) + number

    def _join(self) -> tuple[LazyArrays, LazyArrays]:
        """Return the arrays of ``ArticleRows`` and of ``Tokens`` for the fetched articles, in their order."""
        articles, numbers_of = self._articles, self._numbers
        if new := [_split(one["terms"]) for one in articles[len(numbers_of) :]]:
            numbers = self._term_numbers.number([*chain.from_iterable(new)])  # all at once, as there are thousands
            numbers_of += np.split(numbers, np.cumsum([*map(len, new)])[:-1])
        rows: dict[str, Array] = {}
        for table in ("text", "metadata", "digest"):
            rows[f"{table}.bytes"] = _concatenate([one[f"{table}.bytes"] for one in articles], np.uint8)
            rows[f"{table}.borders"] = offsets(np.array([len(one[f"{table}.bytes"]) for one in articles], np.int64))
        for table, columns in _COLUMNS.items():
            for column in columns:
                rows[f"{table}.{column}"] = _concatenate([one[f"{table}.{column}"] for one in articles], np.int32)
        for table, column in (("paragraph", "start"), ("passage", "paragraphs")):
            rows[f"{table}.borders"] = offsets(np.array([len(one[f"{table}.{column}"]) for one in articles], np.int64))
        self._first_passages = rows["passage.borders"]
        first_tokens, first_sentences = (offsets(rows[f"paragraph.{key}"]) for key in ("tokens", "sentences"))
        titles = [numbers[one["title.term"]] for one, numbers in zip(articles, numbers_of, strict=True)]
        own: dict[str, Array] = {
            "terms": _concatenate(
                [numbers[one["token.term"]] for one, numbers in zip(articles, numbers_of, strict=True)], np.int32
            ),
            "title_terms": _concatenate(titles, np.int32),
            "first_titles": offsets(np.array([*map(len, titles)], np.int64)),
            "first_tokens": first_tokens,
            "first_sentences": first_sentences,
            "sentence_tokens": np.repeat(first_tokens[:-1], np.diff(first_sentences)) + rows["sentence.first"],
        }
        return in_memory(rows), in_memory(own)

    def __len__(self) -> int:
        return self._stored.facts.articles

    def article_number(self, id: str) -> int:
        """Return the number of the article with this id, which is fetched if need be; KeyError if there is none."""
        if (at := self._ids.find(id)) is None:
            key = self._stored.find_key(id)
            if key is None:
                raise KeyError(id)
            self.fetch([key])
            return self._number_of[key]
        return int(self._id_article[at])

    def summary(self, scope: Scope) -> ArchiveSummary:
        """Count the articles and paragraphs in ``scope``."""
        facts = self._stored.facts
        if scope == Scope():
            return ArchiveSummary(facts.articles, facts.paragraphs, facts.latest_date)
        return self._stored.summarize(scope)

    def by_date(
        self, since: date | None = None, before: date | None = None, *, oldest_first: bool = False
    ) -> tuple[Article, ...]:
        """Return the dated articles of a period, the latest first, or the oldest; at most ``NEWEST``."""
        keys = self._stored.list_by_date(since, before, oldest_first=oldest_first, limit=NEWEST)
        return tuple(self._articles_with(keys))

    def _articles_with(self, keys: Sequence[str]) -> list[Article]:
        self.fetch(keys)
        return [self.article(self._number_of[key]) for key in keys]

    def paragraphs_newest_first(self) -> Iterator[Paragraph]:
        """Yield every paragraph, those of the most recently published articles first."""
        for keys in self._stored.keys_newest_first():
            for article in self._articles_with(keys):
                yield from self.paragraphs_of(article.id)

    @cached_property
    def latest(self) -> date | None:
        """The latest publication date in the archive; None if no article is dated."""
        return self._stored.facts.latest_date

    @cached_property
    def earliest(self) -> date | None:
        """The earliest publication date in the archive; None if no article is dated."""
        earliest = self._stored.facts.earliest
        return date.fromordinal(earliest) if earliest else None


_COLUMNS = {
    "article": ("published",),
    "token": ("start", "end"),
    "sentence": ("start", "end", "first"),
    "passage": ("paragraphs",),
    "paragraph": ("start", "end", "heading_start", "heading_end", "tokens", "sentences"),
}


def _concatenate(parts: Sequence[Array], dtype: type) -> Array:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype, copy=False)


def _split(terms: Array) -> list[str]:
    """Return the terms of an article's document."""
    return terms.tobytes().decode().split("\n") if len(terms) else []
