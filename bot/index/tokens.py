"""Every word of some texts as it is written there, each with what the analysis makes of it.

Keeps secret that a word is analysed once, however often it stands in a text.

The searched tokens and the sentences of every paragraph of an archive, analysed once.

Keeps secret that they lie in flat arrays: a question looks at hundreds of paragraphs, and must not analyse them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.index.arrays import Array, IntArray, LazyArrays, StringArray, offsets, prefix, unprefix
from bot.models import Article, Paragraph, Passage, Span
from bot.text import analysis


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words in order, none twice: as written, folded, and the term under which each is searched; "" where it is not."""

    words: tuple[str, ...]
    folded: tuple[str, ...]
    terms: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Vocabulary:
        """The words, analysed."""
        known = tuple(sorted(words))
        return cls(
            known, tuple(map(analysis.fold, known)), tuple(analysis.to_search_term(word) or "" for word in known)
        )

    @classmethod
    def from_arrays(cls, columns: LazyArrays) -> Vocabulary:
        """What ``arrays`` gave the columns of."""
        return cls(*(tuple(StringArray(unprefix(name, columns))) for name in cls.__slots__))

    def arrays(self) -> dict[str, Array]:
        """What it is made of."""
        return {
            key: array
            for name in self.__slots__
            for key, array in prefix(name, StringArray.arrays(getattr(self, name))).items()
        }


def merge_vocabularies(parts: Iterable[tuple[Vocabulary, Iterable[bool]]]) -> Vocabulary:
    """The words of several vocabularies, each once; of each vocabulary those that are marked."""
    folded: dict[str, str] = {}
    terms: dict[str, str] = {}
    for known, marks in parts:
        folded.update(compress(zip(known.words, known.folded, strict=True), marks))
        terms.update(compress(zip(known.words, known.terms, strict=True), marks))
    words = tuple(sorted(folded))
    return Vocabulary(words, tuple(map(folded.__getitem__, words)), tuple(map(terms.__getitem__, words)))


UNKNOWN = -1
"""The number of a term that no paragraph holds."""


def token_arrays(
    rows: LazyArrays, vocabulary: Vocabulary, terms: Array, title_terms: Array, first_titles: IntArray
) -> dict[str, Array]:
    """What tokens keep besides the rows of the articles (``bot.indexing.rows``).

    ``vocabulary`` is that of the rows; ``terms`` are the numbers of each token's term, ``title_terms`` those of the
    searched words of titles, of which an article's begin at ``first_titles``.
    """
    first: dict[str, int] = {}
    words = enumerate(zip(vocabulary.terms, vocabulary.folded, strict=True))
    same = [first.setdefault(term or analysis.stem(folded), at) for at, (term, folded) in words]
    first_terms, first_sentences = (offsets(rows[f"paragraph.{key}"].all()) for key in ("tokens", "sentences"))
    before = np.repeat(first_terms[:-1], np.diff(first_sentences))
    return {
        "terms": terms,
        "title_terms": title_terms,
        "first_titles": first_titles,
        "first_terms": first_terms,
        "same": np.array(same, np.int32),
        "first_words": offsets(rows["paragraph.words"].all()),
        "first_sentences": first_sentences,
        "sentence_terms": before + rows["sentence.first"].all(),
    }


class TermOccurrences(NamedTuple):
    """Some tokens, ascending, in arrays of one shape: their own numbers, their terms', their paragraphs'.

    ``sentences`` counts, for each, those of its paragraph's sentences before the one that holds all of it; -1 where
    none does.
    """

    tokens: IntArray
    terms: IntArray
    paragraphs: IntArray
    sentences: IntArray


class Tokens:
    """Tokens by paragraph, of whole articles, each article's together. A term is known by its number."""

    def __init__(
        self,
        rows: LazyArrays,
        own: LazyArrays,
        terms: StringArray,
        number: Callable[[Paragraph], int],
        place: Callable[[str], int],
    ) -> None:
        """``own`` is what ``arrays`` gave of the ``rows``; ``terms`` are sorted, and a term's number is its place.

        ``number`` gives a paragraph's number among all, from 0; those of one article follow each other. ``place`` gives
        how many articles precede the one with an id.
        """
        self._known, self.paragraph_number, self._place = terms, number, place
        self._title_terms, self._first_titles = own["title_terms"], own["first_titles"].all()
        self._terms, self._starts, self._ends = own["terms"], rows["token.start"], rows["token.end"]
        self._sentence_starts, self._sentence_ends = rows["sentence.start"], rows["sentence.end"]
        self._first_terms, self._first_words, self._first_sentences, self._sentence_terms = (
            own[name].all() for name in ("first_terms", "first_words", "first_sentences", "sentence_terms")
        )
        self._words, self._same = rows["word.number"], own["same"]
        self._folded = StringArray(unprefix("vocabulary.folded", rows))

    def term_ids(self, terms: Sequence[str]) -> tuple[int, ...]:
        """The terms' numbers; UNKNOWN where no paragraph holds one."""
        found = (self._known.find(term) for term in terms)
        return tuple(UNKNOWN if number is None else number for number in found)

    def term_mask(self, numbers: Iterable[int]) -> npt.NDArray[np.bool_]:
        """True at these numbers, shape (vocabulary,); UNKNOWN is passed over."""
        flags = np.zeros(len(self._known), dtype=np.bool_)
        flags[[number for number in numbers if number != UNKNOWN]] = True
        return flags

    def occurrences(self, flags: npt.NDArray[np.bool_], paragraphs: Sequence[int]) -> TermOccurrences:
        """Every token of the numbered ``paragraphs`` (ascending) whose term's flag is set."""
        reaches = self._first_terms[np.array([*consecutive_ranges(paragraphs)], np.int64).reshape(-1, 2)]
        terms = np.concatenate([np.empty(0, np.int32), *(self._terms.part(*reach) for reach in reaches.tolist())])
        sizes = reaches[:, 1] - reaches[:, 0]
        found = np.flatnonzero(flags[terms])
        tokens = found + np.repeat(reaches[:, 0] - offsets(sizes)[:-1], sizes)[found]
        numbers = np.searchsorted(self._first_terms, tokens, side="right") - 1
        return TermOccurrences(tokens, terms[found], numbers, self._sentences_of(tokens, numbers))

    def _sentences_of(self, tokens: IntArray, numbers: IntArray) -> IntArray:
        """For each token which sentence of its paragraph holds all of it; -1 where none does."""
        sentence = np.searchsorted(self._sentence_terms, tokens, side="right") - 1
        is_inside = (
            (sentence >= self._first_sentences[numbers])
            & (self._starts.at(tokens) >= self._sentence_starts.at(np.maximum(sentence, 0)))
            & (self._ends.at(tokens) <= self._sentence_ends.at(np.maximum(sentence, 0)))
        )
        return np.where(is_inside, sentence - self._first_sentences[numbers], -1)

    def sentence_of(self, token: int, paragraph: int) -> int:
        """Which sentence of the numbered ``paragraph`` holds all of the numbered ``token``; -1 where none does."""
        return int(self._sentences_of(np.array([token]), np.array([paragraph]))[0])

    def has_sequence_at(self, terms: Sequence[int], token: int, paragraph: int) -> bool:
        """Whether these terms stand one after the other in the numbered ``paragraph``, from ``token`` on."""
        end = token + len(terms)
        return end <= int(self._first_terms[paragraph + 1]) and bool(
            self._terms.part(token, end).tolist() == list(terms)
        )

    def token_count(self, paragraph: Paragraph) -> int:
        """How many tokens the paragraph has."""
        number = self.paragraph_number(paragraph)
        return int(self._first_terms[number + 1] - self._first_terms[number])

    def title_terms(self, article: Article) -> frozenset[int]:
        """The searched terms of the article's title, as numbers."""
        at = self._place(article.id)
        return frozenset(self._title_terms.part(int(self._first_titles[at]), int(self._first_titles[at + 1])).tolist())

    def word_ids(self, paragraph: Paragraph) -> list[int]:
        """All words of the paragraph, stop words among them, in order, as numbers: equal where their terms are."""
        number = self.paragraph_number(paragraph)
        words = self._words.part(int(self._first_words[number]), int(self._first_words[number + 1]))
        same: list[int] = self._same.at(words).tolist()
        return same

    def has_digit(self, word: int) -> bool:
        """Whether a word has a digit, by its number in ``wording``."""
        return any(map(str.isdigit, self._folded[word]))

    def token_spans(self, firsts: IntArray, lasts: IntArray) -> tuple[IntArray, IntArray]:
        """Where some tokens start, and others end, by their numbers, in their articles' texts."""
        return self._starts.at(firsts), self._ends.at(lasts)

    def sentences(self, paragraph: Paragraph) -> tuple[Span, ...]:
        """The paragraph's sentences, in order, as spans of the article's text."""
        number = self.paragraph_number(paragraph)
        reach = int(self._first_sentences[number]), int(self._first_sentences[number + 1])
        return tuple(map(Span, self._sentence_starts.part(*reach).tolist(), self._sentence_ends.part(*reach).tolist()))

    def sentence_spans(self, paragraphs: IntArray, places: IntArray) -> Iterator[Span]:
        """The sentences of numbered paragraphs, by how many precede each, as spans of their articles' texts."""
        at = self._first_sentences[paragraphs] + places
        return map(Span, self._sentence_starts.at(at).tolist(), self._sentence_ends.at(at).tolist())

    def passage_terms(self, passage: Passage) -> list[str]:
        """The terms of the passage's own words, in order: what ``retrieval.body`` gives, without analysing again."""
        first = self.paragraph_number(passage.paragraphs[0])
        end = first + len(passage.paragraphs)
        numbers = self._terms.part(int(self._first_terms[first]), int(self._first_terms[end]))
        return [self._known[number] for number in numbers.tolist()]


def consecutive_ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending ``numbers`` as half-open ranges, those that follow each other in one."""
    first = end = -1
    for number in numbers:
        if number != end:
            if end >= 0:
                yield first, end
            first = number
        end = number + 1
    if end >= 0:
        yield first, end
