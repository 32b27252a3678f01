"""The vocabulary of an archive, and the tokens and sentences of every paragraph, analyzed once, in flat arrays.

A question looks at hundreds of paragraphs, too many to analyze again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple, Protocol

import numpy as np

from bot.index.archive import Archive
from bot.index.arrays import Array, BoolArray, IntArray, LazyArrays, StringArray, encode_strings, offsets, unprefix
from bot.models import Article, Paragraph, Passage, Span

UNKNOWN = -1
"""The id of a term that no paragraph contains."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Distinct words, sorted: as written, folded, and the term under which each is searched ("" for a stop word).

    A word's id is its position.
    """

    words: tuple[str, ...]
    folded: tuple[str, ...]
    terms: tuple[str, ...]

    @classmethod
    def from_arrays(cls, arrays: LazyArrays) -> Vocabulary:
        """Open what ``to_arrays`` returned."""
        return cls(*(tuple(StringArray(unprefix(name, arrays))) for name in cls.__slots__))

    def to_arrays(self) -> dict[str, Array]:
        """Return everything as named arrays."""
        return encode_strings({name: getattr(self, name) for name in self.__slots__})


def merge_vocabularies(parts: Iterable[tuple[Vocabulary, Iterable[bool]]]) -> Vocabulary:
    """Merge vocabularies; each comes with a mask of the words to use."""
    folded: dict[str, str] = {}
    terms: dict[str, str] = {}
    for part, mask in parts:
        folded.update(compress(zip(part.words, part.folded, strict=True), mask))
        terms.update(compress(zip(part.words, part.terms, strict=True), mask))
    words = tuple(sorted(folded))
    return Vocabulary(words, tuple(map(folded.__getitem__, words)), tuple(map(terms.__getitem__, words)))


def token_arrays(rows: LazyArrays, terms: Array, title_terms: Array, first_titles: IntArray) -> dict[str, Array]:
    """Compute what ``Tokens`` needs besides the rows (``ArticleRows``).

    ``terms`` are the term ids of the tokens, ``title_terms`` those of the titles, of which article ``i``'s begin at
    ``first_titles[i]``.
    """
    first_tokens, first_sentences = (offsets(rows[f"paragraph.{key}"].all()) for key in ("tokens", "sentences"))
    before = np.repeat(first_tokens[:-1], np.diff(first_sentences))
    return {
        "terms": terms,
        "title_terms": title_terms,
        "first_titles": first_titles,
        "first_tokens": first_tokens,
        "first_sentences": first_sentences,
        "sentence_tokens": before + rows["sentence.first"].all(),
    }


class TermOccurrences(NamedTuple):
    """Occurrences of terms, in arrays of one shape: token number (ascending), term id, and paragraph number.

    ``sentences`` is the number, within the paragraph, of the sentence that contains the whole token, or -1.
    """

    tokens: IntArray
    terms: IntArray
    paragraphs: IntArray
    sentences: IntArray


class TermNumbering(Protocol):
    """Numbers terms."""

    @property
    def find(self) -> Callable[[str], int | None]:
        """Return the number of a term; None if the archive does not have it."""
        ...

    def __getitem__(self, number: int, /) -> str: ...

    def __len__(self) -> int:
        """Return a number above all others."""
        ...


class Tokens:
    """The tokens of an archive, which are the words that are no stop words; numbered from 0 in reading order."""

    def __init__(self, rows: LazyArrays, own: LazyArrays, terms: TermNumbering, archive: Archive) -> None:
        """``own`` is what ``token_arrays`` computed from the ``rows``; ``terms`` gives the terms their ids."""
        self.paragraph_number, self._article_number = archive.paragraph_number, archive.article_number
        self._known = terms
        self._open(rows, own)

    def _open(self, rows: LazyArrays, own: LazyArrays) -> None:
        self._title_terms, self._first_titles = own["title_terms"], own["first_titles"].all()
        self._terms, self._starts, self._ends = own["terms"], rows["token.start"], rows["token.end"]
        self._sentence_starts, self._sentence_ends = rows["sentence.start"], rows["sentence.end"]
        self._first_tokens, self._first_sentences, self._sentence_tokens = (
            own[name].all() for name in ("first_tokens", "first_sentences", "sentence_tokens")
        )

    def term_ids(self, terms: Sequence[str]) -> tuple[int, ...]:
        """Return the ids of the terms; UNKNOWN for a term that no paragraph contains."""
        return tuple([UNKNOWN if (term_id := self._known.find(term)) is None else term_id for term in terms])

    def term_mask(self, term_ids: Iterable[int]) -> BoolArray:
        """Return True at these ids, shape (terms,); UNKNOWN is ignored."""
        mask = np.zeros(len(self._known), dtype=np.bool_)
        mask[[term_id for term_id in term_ids if term_id != UNKNOWN]] = True
        return mask

    def occurrences(self, term_mask: BoolArray, paragraphs: Sequence[int]) -> TermOccurrences:
        """Find every token in the numbered ``paragraphs`` (ascending) whose term is in the mask."""
        numbers = np.array(paragraphs, np.int64)
        breaks = np.flatnonzero(np.diff(numbers) != 1)
        # Consecutive paragraphs are read at once: where each range begins, and where it ends.
        firsts, lasts = np.append(numbers[:1], numbers[breaks + 1]), np.append(numbers[breaks], numbers[-1:])
        ranges = self._first_tokens[np.stack((firsts, lasts + 1), axis=1)]
        terms = np.concatenate([np.empty(0, np.int32), *(self._terms.slice(*one) for one in ranges.tolist())])
        sizes = ranges[:, 1] - ranges[:, 0]
        found = np.flatnonzero(term_mask[terms])
        tokens = found + np.repeat(ranges[:, 0] - offsets(sizes)[:-1], sizes)[found]
        numbers = np.searchsorted(self._first_tokens, tokens, side="right") - 1
        return TermOccurrences(tokens, terms[found], numbers, self._sentences_of(tokens, numbers))

    def _sentences_of(self, tokens: IntArray, paragraphs: IntArray) -> IntArray:
        """Return for each token the number, within its paragraph, of the sentence that contains all of it, or -1."""
        sentence = np.searchsorted(self._sentence_tokens, tokens, side="right") - 1
        is_inside = (
            (sentence >= self._first_sentences[paragraphs])
            & (self._starts.take(tokens) >= self._sentence_starts.take(np.maximum(sentence, 0)))
            & (self._ends.take(tokens) <= self._sentence_ends.take(np.maximum(sentence, 0)))
        )
        return np.where(is_inside, sentence - self._first_sentences[paragraphs], -1)

    def sentence_of(self, token: int, paragraph: int) -> int:
        """Return the number, within the numbered ``paragraph``, of the sentence that contains ``token``, or -1."""
        return int(self._sentences_of(np.array([token]), np.array([paragraph]))[0])

    def has_sequence_at(self, term_ids: Sequence[int], token: int, paragraph: int) -> bool:
        """Return whether these terms follow one another in the numbered ``paragraph``, from ``token`` on."""
        end = token + len(term_ids)
        return end <= int(self._first_tokens[paragraph + 1]) and bool(
            self._terms.slice(token, end).tolist() == list(term_ids)
        )

    def token_count(self, paragraph: Paragraph) -> int:
        """Return how many tokens the paragraph has."""
        number = self.paragraph_number(paragraph)
        return int(self._first_tokens[number + 1] - self._first_tokens[number])

    def title_terms(self, article: Article) -> frozenset[int]:
        """Return the term ids of the article's title."""
        number = self._article_number(article.id)
        first, end = int(self._first_titles[number]), int(self._first_titles[number + 1])
        return frozenset(self._title_terms.slice(first, end).tolist())

    def terms_in(self, paragraph: Paragraph, span: Span) -> bytes:
        """Return the term ids of the paragraph's tokens inside ``span``, as bytes."""
        number = self.paragraph_number(paragraph)
        first, end = int(self._first_tokens[number]), int(self._first_tokens[number + 1])
        inside = (self._starts.slice(first, end) >= span.start) & (self._ends.slice(first, end) <= span.end)
        return bytes(self._terms.slice(first, end)[inside].tobytes())

    def token_spans(self, firsts: IntArray, lasts: IntArray) -> tuple[IntArray, IntArray]:
        """Return where the tokens ``firsts`` start and the tokens ``lasts`` end in their articles' texts."""
        return self._starts.take(firsts), self._ends.take(lasts)

    def sentences(self, paragraph: Paragraph) -> tuple[Span, ...]:
        """Return the paragraph's sentences, in order, as spans of the article's text."""
        number = self.paragraph_number(paragraph)
        own = int(self._first_sentences[number]), int(self._first_sentences[number + 1])
        return tuple(map(Span, self._sentence_starts.slice(*own).tolist(), self._sentence_ends.slice(*own).tolist()))

    def sentences_in(self, paragraph: Paragraph, span: Span) -> list[Span]:
        """Return what ``span`` has of each sentence of ``paragraph``, as spans of the article's text."""
        return [
            Span(max(one.start, span.start), min(one.end, span.end))
            for one in self.sentences(paragraph)
            if one.start < span.end and span.start < one.end
        ]

    def sentence_spans(self, paragraphs: IntArray, sentences: IntArray) -> Iterator[Span]:
        """Return sentences, by paragraph number and number within it, as spans of their articles' texts."""
        at = self._first_sentences[paragraphs] + sentences
        return map(Span, self._sentence_starts.take(at).tolist(), self._sentence_ends.take(at).tolist())

    def passage_terms(self, passage: Passage) -> list[str]:
        """Return the terms of the passage's text, in order, like ``retrieval.body_terms`` but without analyzing it."""
        first = self.paragraph_number(passage.paragraphs[0])
        end = first + len(passage.paragraphs)
        term_ids = self._terms.slice(int(self._first_tokens[first]), int(self._first_tokens[end]))
        return [self._known[term_id] for term_id in term_ids.tolist()]
