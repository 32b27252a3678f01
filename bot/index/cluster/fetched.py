"""The articles that one question has fetched from a cluster, as an archive with tokens that grow.

Articles, paragraphs, passages and terms are numbered in the order in which they were fetched, so that a number stays
valid when more are fetched. What concerns all articles is asked of the cluster, or known from the revision's state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

import numpy as np

from bot.index.archive import NEWEST, Archive, archive_arrays
from bot.index.arrays import Array, BoolArray, IntArray, LazyArrays, StringArray, in_memory, offsets
from bot.index.tokens import UNKNOWN, Tokens
from bot.models import ArchiveSummary, Article, Paragraph, Passage, Scope, Span

FIRST_OWN, MAX_TERMS = 1 << 20, 1 << 25
"""Numbers from the first on are of terms that are not searched for; all are less than the second."""

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
    """Numbers the terms of the fetched articles.

    A term that is searched for has the same number in every article. The others, which are most, have one of their own
    in each: to find out which are the same would take as long as the search.
    """

    def __init__(self, known: StringArray) -> None:
        """``known`` are the terms of all articles of the archive."""
        self._known = known
        self._numbers: dict[str, int] = {}
        self._searched: dict[int, bytes] = {}
        self._lists: list[bytes] = []
        self._next = FIRST_OWN
        self.of_articles: list[IntArray] = []
        """For each fetched article, the numbers of its terms."""

    def find(self, term: str) -> int | None:
        """Return the number of a term; None if no article of the archive has it."""
        return self.number(term) if term in self._known else None

    def number(self, term: str) -> int:
        """Return the number of a term that an article has."""
        return self._numbers.setdefault(term, len(self._numbers))

    def add_article(self, terms: Array) -> None:
        """Number the terms of another article, the bytes of a list with line ends between them."""
        lines = b"\n" + terms.tobytes() + b"\n"
        count = lines.count(b"\n") - 1 if len(terms) else 0
        self._lists.append(lines)
        self.of_articles.append(np.arange(self._next, self._next + count))
        self._next += count
        for number, term in self._searched.items():
            self._set_number(-1, number, term)

    def search_for(self, numbers: Iterable[int]) -> bool:
        """Let the terms with these numbers have them in every article; return whether any has not had it before."""
        terms = list(self._numbers)
        new = {one: f"\n{terms[one]}\n".encode() for one in numbers if one != UNKNOWN and one not in self._searched}
        self._searched |= new
        for number, term in new.items():
            for at in range(len(self._lists)):
                self._set_number(at, number, term)
        return bool(new)

    def _set_number(self, article: int, number: int, term: bytes) -> None:
        start = self._lists[article].find(term)
        if start >= 0:
            self.of_articles[article][self._lists[article].count(b"\n", 0, start)] = number

    def terms_of(self, article: int) -> list[str]:
        """Return the terms of a fetched article, in the order of their numbers in its document."""
        return self._lists[article].decode()[1:-1].split("\n")

    def __getitem__(self, number: int) -> str:
        return list(self._numbers)[number]

    def __len__(self) -> int:
        """Return an upper bound of the numbers, which stays the same."""
        return MAX_TERMS


class FetchedTokens(Tokens):
    """The tokens of the fetched articles."""

    def __init__(self, terms: TermNumbers, archive: FetchedArchive) -> None:
        self._numbers, self._archive = terms, archive
        super().__init__(archive.rows, archive.token_arrays(), terms, archive)
        archive.on_growth = self._open_grown

    def _open_grown(self) -> None:
        self._open(self._archive.rows, self._archive.token_arrays())

    def _search_for(self, term_ids: Iterable[int]) -> None:
        if self._numbers.search_for(term_ids):
            self._open_grown()

    def term_mask(self, term_ids: Iterable[int]) -> BoolArray:
        """Return True at these ids, shape (terms,); UNKNOWN is ignored."""
        ids = list(term_ids)
        self._search_for(ids)
        return super().term_mask(ids)

    def has_sequence_at(self, term_ids: Sequence[int], token: int, paragraph: int) -> bool:
        """Return whether these terms follow one another in the numbered ``paragraph``, from ``token`` on."""
        self._search_for(term_ids)
        return super().has_sequence_at(term_ids, token, paragraph)

    def title_terms(self, article: Article) -> frozenset[int]:
        """Return the term ids of the article's title."""
        terms = self._archive.title_terms(self._article_number(article.id))
        return frozenset(map(self._numbers.number, terms))

    def terms_in(self, paragraph: Paragraph, span: Span) -> bytes:
        """Return the terms of the paragraph's tokens inside ``span``, as bytes."""
        number = self.paragraph_number(paragraph)
        first, end = int(self._first_tokens[number]), int(self._first_tokens[number + 1])
        inside = (self._starts.slice(first, end) >= span.start) & (self._ends.slice(first, end) <= span.end)
        terms = np.array(self._terms_at(paragraph.article, first, end), object)[inside]
        return "\n".join(terms).encode()

    def passage_terms(self, passage: Passage) -> list[str]:
        """Return the terms of the passage's text, in order."""
        first = self.paragraph_number(passage.paragraphs[0])
        end = first + len(passage.paragraphs)
        return self._terms_at(passage.article, int(self._first_tokens[first]), int(self._first_tokens[end]))

    def _terms_at(self, article: Article, first: int, end: int) -> list[str]:
        """Return the terms of the tokens ``first`` to ``end`` (exclusive), which are of this article."""
        number = self._article_number(article.id)
        terms, own = self._numbers.terms_of(number), self._archive.token_terms(number)
        before = int(self._first_tokens[self._archive.borders[number]])
        return [terms[term] for term in own[first - before : end - before].tolist()]


class FetchedArchive(Archive):
    """The fetched articles, as a part of an archive. For one question, so for one thread.

    ``articles`` has every article of the archive by its id, and iterates over those that were fetched.
    """

    def __init__(self, source: ArticleSource, terms: TermNumbers) -> None:
        self._stored, self._numbers = source, terms
        self.on_growth: Callable[[], None] = lambda: None
        self._articles: list[StoredArticle] = []
        self._number_of: dict[str, int] = {}
        self.rows = self._join_rows()
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
            self._numbers.add_article(found[key]["terms"])
        self.rows = self._join_rows()
        self._open(self.rows, in_memory(archive_arrays(self.rows)))
        self.on_growth()

    def passage_number(self, key: str, number: int) -> int:
        """Return the number of an article's passage among those of the fetched articles."""
        return int(self._first_passages[self._number_of[key]]) + number

    def token_terms(self, article: int) -> Array:
        """Return the terms of an article's tokens, as places in ``TermNumbers.terms_of`` it."""
        return self._articles[article]["token.term"]

    def title_terms(self, article: int) -> list[str]:
        """Return the terms of an article's title."""
        terms = self._articles[article]["title.terms"].tobytes().decode()
        return terms.split("\n") if terms else []

    def _join_rows(self) -> LazyArrays:
        """Return the arrays of ``ArticleRows``, without the words, for the fetched articles in their order."""
        articles = self._articles
        rows: dict[str, Array] = {}
        for table in ("text", "metadata", "digest"):
            rows[f"{table}.bytes"] = _concatenate([one[f"{table}.bytes"] for one in articles], np.uint8)
            rows[f"{table}.borders"] = offsets(np.array([len(one[f"{table}.bytes"]) for one in articles], np.int64))
        for table, columns in _COLUMNS.items():
            for column in columns:
                rows[f"{table}.{column}"] = _concatenate([one[f"{table}.{column}"] for one in articles], np.int32)
        starts = [np.cumsum(one["token.step"], dtype=np.int32) for one in articles]
        rows["token.start"] = _concatenate(starts, np.int32)
        rows["token.end"] = rows["token.start"] + _concatenate([one["token.length"] for one in articles], np.int32)
        for table, column in (("paragraph", "start"), ("passage", "paragraphs")):
            rows[f"{table}.borders"] = offsets(np.array([len(one[f"{table}.{column}"]) for one in articles], np.int64))
        self._first_passages = rows["passage.borders"]
        return in_memory(rows)

    def token_arrays(self) -> LazyArrays:
        """Return what ``Tokens`` needs besides the rows, with the terms' present numbers."""
        first_tokens, first_sentences = (
            offsets(self.rows[f"paragraph.{key}"].all()) for key in ("tokens", "sentences")
        )
        numbered = list(zip(self._articles, self._numbers.of_articles, strict=True))
        before = np.repeat(first_tokens[:-1], np.diff(first_sentences))
        own: dict[str, Array] = {
            "terms": _concatenate([numbers[one["token.term"]] for one, numbers in numbered], np.int32),
            "title_terms": np.empty(0, np.int32),  # see ``FetchedTokens.title_terms``
            "first_titles": np.zeros(1, np.int64),
            "first_tokens": first_tokens,
            "first_sentences": first_sentences,
            "sentence_tokens": before + self.rows["sentence.first"].all(),
        }
        return in_memory(own)

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
    "sentence": ("start", "end", "first"),
    "passage": ("paragraphs",),
    "paragraph": ("start", "end", "heading_start", "heading_end", "tokens", "sentences"),
}


def _concatenate(parts: Sequence[Array], dtype: type) -> Array:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype, copy=False)
