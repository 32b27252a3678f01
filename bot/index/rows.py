"""The analysis of articles as tables of rows, so that an article's rows can be reused when the archive is refreshed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.index.arrays import Array, IntArray, LazyArrays, in_memory, offsets, prefix, unprefix
from bot.index.tokens import Vocabulary, merge_vocabularies

WORD_ID = "word_id"
"""The array that holds word ids, in every table that has words."""


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """The tables of some articles, and the vocabulary that their word ids refer to.

    An array is named by its table and what it holds: ``paragraph.start``. Those of one table have one length; the rows
    of article ``i`` are ``borders[i]`` to ``borders[i + 1]`` (exclusive), by the array ``borders`` that each table has.
    The tables and their other arrays:

    * of bytes: ``text``, ``metadata`` (``archive.encode_metadata``), ``digest`` (SHA-256 of the text), ``learned``
      (``learning.learn_from_article``)
    * ``article``: published (ordinal of the day, or 0)
    * ``paragraph``: start, end, heading_start, heading_end (offsets into the text, -1 without a heading), and how many
      words, tokens, sentences it has
    * ``passage``: how many paragraphs it has, and how many words its heading (``headings``)
    * ``word``: word_id, of every word of the paragraphs; ``title``, ``heading``: the same of the articles' titles and
      the passages' headings
    * ``token``: word_id, start, end, of the words of paragraphs that are no stop words
    * ``sentence``: start, end, first (how many tokens of its paragraph precede it)
    """

    vocabulary: Vocabulary
    arrays: LazyArrays

    @classmethod
    def from_arrays(cls, arrays: LazyArrays) -> ArticleRows:
        """Open what ``to_arrays`` returned."""
        own = {name: array for name, array in arrays.items() if not name.startswith("vocabulary.")}
        return cls(Vocabulary.from_arrays(unprefix("vocabulary", arrays)), own)

    def to_arrays(self) -> dict[str, Array]:
        """Return everything as named arrays."""
        own = {name: array.all() for name, array in self.arrays.items()}
        return own | prefix("vocabulary", self.vocabulary.to_arrays())

    def __len__(self) -> int:
        return len(self.arrays["article.borders"]) - 1


@dataclass(frozen=True, slots=True)
class RowRange:
    """The articles ``first`` to ``end`` (exclusive) of ``rows``."""

    rows: ArticleRows
    first: int
    end: int

    def borders(self, table: str) -> IntArray:
        """Return the borders of these articles in ``table``."""
        return self.rows.arrays[f"{table}.borders"].slice(self.first, self.end + 1)

    def column(self, name: str) -> Array:
        """Return the part of the array ``name`` that belongs to these articles."""
        borders = self.borders(name.partition(".")[0])
        return self.rows.arrays[name].slice(int(borders[0]), int(borders[-1]))


def join_rows(ranges: Sequence[RowRange]) -> ArticleRows:
    """Join the articles of at least one range, as if they had been analyzed together."""
    if len(ranges) == 1 and (ranges[0].first, ranges[0].end) == (0, len(ranges[0].rows)):
        return ranges[0].rows
    names = list(ranges[0].rows.arrays)
    parts = {id(one.rows): one.rows for one in ranges}
    used = {key: np.zeros(len(rows.vocabulary.words), np.bool_) for key, rows in parts.items()}
    for one in ranges:
        for name in names:
            if name.endswith(WORD_ID):
                used[id(one.rows)][one.column(name)] = True
    vocabulary = merge_vocabularies((rows.vocabulary, used[key].tolist()) for key, rows in parts.items())
    new_id = {word: word_id for word_id, word in enumerate(vocabulary.words)}
    new_ids = {
        key: np.array([new_id.get(word, -1) for word in rows.vocabulary.words], np.int32) for key, rows in parts.items()
    }
    arrays: dict[str, Array] = {}
    for name in names:
        table, _, kind = name.partition(".")
        if kind == "borders":
            arrays[name] = offsets(np.concatenate([np.diff(one.borders(table)) for one in ranges]))
        elif kind == WORD_ID:
            arrays[name] = np.concatenate([new_ids[id(one.rows)][one.column(name)] for one in ranges])
        else:
            arrays[name] = np.concatenate([one.column(name) for one in ranges])
    return ArticleRows(vocabulary, in_memory(arrays))
