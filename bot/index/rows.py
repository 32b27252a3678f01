"""The analysis of articles as tables of rows, so that an article's rows can be reused when the archive is refreshed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.index.arrays import Array, Int32Array, IntArray, LazyArrays, in_memory, offsets, prefix, unprefix
from bot.index.tokens import Vocabulary, merge_vocabularies

WORD_ID = "word_id"
"""The array that holds word ids, in every table that has words."""


@dataclass(frozen=True, slots=True)
class RowTable:
    """Arrays of one length. The rows of article ``i`` are ``borders[i]`` to ``borders[i + 1]`` (exclusive)."""

    borders: IntArray
    arrays: LazyArrays

    def row_range(self, first: int, end: int) -> slice:
        """Return the rows of the articles ``first`` to ``end`` (exclusive)."""
        return slice(int(self.borders[first]), int(self.borders[end]))


def make_table(sizes: Array, arrays: Mapping[str, Array]) -> RowTable:
    """Create a table from the number of rows per article and arrays in memory."""
    return RowTable(offsets(sizes), in_memory(arrays))


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """The tables of some articles, by name, and the vocabulary that their word ids refer to.

    The tables and their arrays:

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
    tables: Mapping[str, RowTable]

    @classmethod
    def from_arrays(cls, arrays: LazyArrays, vocabulary: Vocabulary) -> ArticleRows:
        """Open what ``to_arrays`` returned; the ``vocabulary`` is passed in, since it may be in memory already."""
        tables = {}
        for name in {name.split(".")[0] for name in arrays} - {"vocabulary"}:
            own = dict(unprefix(name, arrays))
            tables[name] = RowTable(own.pop("borders").all(), own)
        return cls(vocabulary, tables)

    def to_arrays(self) -> dict[str, Array]:
        """Return everything as named arrays."""
        arrays = prefix("vocabulary", self.vocabulary.to_arrays())
        for name, table in self.tables.items():
            own = {key: array.all() for key, array in table.arrays.items()}
            arrays |= prefix(name, {"borders": table.borders} | own)
        return arrays

    def __len__(self) -> int:
        return len(self.tables["article"].borders) - 1


@dataclass(frozen=True, slots=True)
class RowRange:
    """The articles ``first`` to ``end`` (exclusive) of ``rows``."""

    rows: ArticleRows
    first: int
    end: int


def join_rows(ranges: Sequence[RowRange]) -> ArticleRows:
    """Join the articles of at least one range, as if they had been analyzed together."""
    if len(ranges) == 1 and (ranges[0].first, ranges[0].end) == (0, len(ranges[0].rows)):
        return ranges[0].rows
    parts = {id(one.rows): one.rows for one in ranges}
    used = {key: np.zeros(len(rows.vocabulary.words), np.bool_) for key, rows in parts.items()}
    for one in ranges:
        for table in one.rows.tables.values():
            if WORD_ID in table.arrays:
                own = table.row_range(one.first, one.end)
                used[id(one.rows)][table.arrays[WORD_ID].slice(own.start, own.stop)] = True
    vocabulary = merge_vocabularies((rows.vocabulary, used[key].tolist()) for key, rows in parts.items())
    new_id = {word: word_id for word_id, word in enumerate(vocabulary.words)}
    new_ids = {
        key: np.array([new_id.get(word, -1) for word in rows.vocabulary.words], np.int32) for key, rows in parts.items()
    }
    return ArticleRows(vocabulary, {name: _join_table(name, ranges, new_ids) for name in ranges[0].rows.tables})


def _join_table(name: str, ranges: Sequence[RowRange], new_ids: Mapping[int, Int32Array]) -> RowTable:
    """Join table ``name`` of the ranges; ``new_ids`` maps word ids, by the id() of the rows."""
    sizes, parts = [], {key: list[Array]() for key in ranges[0].rows.tables[name].arrays}
    for one in ranges:
        table = one.rows.tables[name]
        sizes.append(np.diff(table.borders[one.first : one.end + 1]))
        own = table.row_range(one.first, one.end)
        for key, array in table.arrays.items():
            values = array.slice(own.start, own.stop)
            parts[key].append(new_ids[id(one.rows)][values] if key == WORD_ID else values)
    return make_table(np.concatenate(sizes), {key: np.concatenate(arrays) for key, arrays in parts.items()})
