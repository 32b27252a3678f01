"""What an engine counts: the terms of each passage, field by field, from the rows of its article.

Keeps secret that words are told apart from terms only here. A field's terms are what ``bot.retrieval.FIELDS`` gives,
which the tests hold this equal to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.columns import Array, Columns, Strings, in_memory, offsets
from bot.indexing.rows import WORD
from bot.retrieval.documents import Documents
from bot.vocabulary import Vocabulary

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of terms' numbers, one behind the other: list ``i`` is from ``borders[i]`` up to ``borders[i + 1]``."""

    terms: Array
    borders: Numbers

    def within(self, borders: Array) -> Lists:
        """Neighbouring lists joined: those from ``borders[i]`` up to ``borders[i + 1]`` become list ``i``."""
        return Lists(self.terms, self.borders[borders])

    def at(self, places: Array) -> Lists:
        """The lists at these places, in this order."""
        sizes = np.diff(self.borders)[places]
        moved_to = offsets(sizes)
        moved = np.repeat(self.borders[places] - moved_to[:-1], sizes)
        return Lists(self.terms[moved + np.arange(len(moved))], moved_to)


class Fields:
    """The terms of the archive's passages, and of its whole articles, by field."""

    def __init__(self, rows: Columns, vocabulary: Vocabulary) -> None:
        known = sorted({term for term in vocabulary.terms if term})
        place = {term: at for at, term in enumerate(known)} | {"": -1}
        self.known = Strings.arrays(known)
        """What ``terms`` are made of: every term of the archive, sorted."""
        self.terms = Strings(in_memory(self.known))
        self.term_of = np.array([place[term] for term in vocabulary.terms], np.int32)
        """By word of the vocabulary, its term's number; -1 where it is not searched."""
        self._rows = rows
        self._paragraphs = rows["paragraph.borders"].all()
        self._passages = offsets(rows["passage.paragraphs"].all())
        self.body = Lists(self.term_of[rows[f"token.{WORD}"].all()], offsets(rows["paragraph.tokens"].all()))
        """Of paragraphs."""
        self.titles = self._searched("title", rows["title.borders"].all())
        """Of articles."""
        self._headings = self._searched("heading", offsets(rows["passage.headings"].all()))

    def of_passages(self) -> Mapping[str, Documents]:
        """By field, those of each passage."""
        articles = np.repeat(np.arange(len(self._paragraphs) - 1), np.diff(self._rows["passage.borders"].all()))
        return self._documents(self.body.within(self._passages), self._headings, self.titles.at(articles))

    def of_articles(self) -> Mapping[str, Documents]:
        """By field, those of each article that has paragraphs."""
        told = np.flatnonzero(np.diff(self._paragraphs))
        headings = self._headings.at(self._rows["passage.borders"].all()[told])
        return self._documents(self.body.within(np.unique(self._paragraphs)), headings, self.titles.at(told))

    def _documents(self, body: Lists, heading: Lists, title: Lists) -> dict[str, Documents]:
        return {
            name: Documents(lists.terms, np.diff(lists.borders).astype(np.int32), self.terms)
            for name, lists in (("body", body), ("heading", heading), ("title", title))
        }

    def _searched(self, table: str, borders: Numbers) -> Lists:
        """The terms of those words of ``table`` that are searched; its lists of words have these ``borders``."""
        terms = self.term_of[self._rows[f"{table}.{WORD}"].all()]
        is_searched = terms >= 0
        return Lists(terms[is_searched], offsets(is_searched)[borders])
