"""What analysing found, article by article, so that an article's part can be taken over into another archive.

Keeps secret how rows of several archives are put together: words are known by number, and each vocabulary has its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.index.arrays import Array, IntArray, LazyArrays, in_memory, offsets, prefix, unprefix
from bot.index.tokens import Vocabulary, merge_vocabularies

WORD = "number"
"""The column that holds numbers of words, in whichever table."""


@dataclass(frozen=True, slots=True)
class RowTable:
    """Columns of one length. The rows of article ``i`` are those from ``borders[i]`` up to ``borders[i + 1]``."""

    borders: IntArray
    columns: LazyArrays

    def rows(self, first: int, end: int) -> slice:
        """The rows of the articles from ``first`` up to ``end``."""
        return slice(int(self.borders[first]), int(self.borders[end]))


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """The tables of some articles, by name, and the words that they speak of.

    A table's columns: ``text`` (bytes), ``facts`` (bytes: see ``bot.archive``), ``digest`` (bytes of each text's
    SHA-256), ``learnt`` (bytes: see ``bot.lexicon``); ``article`` (published: a day's ordinal, or 0); ``paragraph``
    (start, end, heading_start, heading_end: offsets into the text, -1 without a heading; words, tokens, sentences: how
    many); ``passage`` (paragraphs, headings: how many paragraphs, and how many words their heading has); ``word``
    (number), of paragraphs; ``title`` and ``heading`` (number), of articles' titles and passages' headings; ``token``
    (number, start, end), of those words of paragraphs that are searched; ``sentence`` (start, end, first:
    how many of its paragraph's tokens precede it).
    """

    vocabulary: Vocabulary
    tables: Mapping[str, RowTable]

    @classmethod
    def from_arrays(cls, columns: LazyArrays, vocabulary: Vocabulary) -> ArticleRows:
        """What ``arrays`` gave the columns of, the vocabulary's among them."""
        names = dict.fromkeys(name.split(".")[0] for name in columns)
        tables = {}
        for name in names.keys() - {"vocabulary"}:
            held = dict(unprefix(name, columns))
            tables[name] = RowTable(held.pop("borders").all(), held)
        return cls(vocabulary, tables)

    def arrays(self) -> dict[str, Array]:
        """All of it."""
        found = prefix("vocabulary", self.vocabulary.arrays())
        for name, table in self.tables.items():
            found |= prefix(name, {"borders": table.borders})
            found |= prefix(name, {key: column.all() for key, column in table.columns.items()})
        return found

    def __len__(self) -> int:
        return len(self.tables["article"].borders) - 1


@dataclass(frozen=True, slots=True)
class RowRange:
    """The articles of ``rows`` from ``first`` up to ``end``."""

    rows: ArticleRows
    first: int
    end: int


def join_rows(picks: Sequence[RowRange]) -> ArticleRows:
    """The picked articles in this order, as if they had been analysed together. At least one pick."""
    if len(picks) == 1 and (picks[0].first, picks[0].end) == (0, len(picks[0].rows)):
        return picks[0].rows
    parts = {id(pick.rows): pick.rows for pick in picks}
    used = {key: np.zeros(len(rows.vocabulary.words), np.bool_) for key, rows in parts.items()}
    for pick in picks:
        for numbers in _word_numbers(pick):
            used[id(pick.rows)][numbers] = True
    vocabulary = merge_vocabularies((rows.vocabulary, used[key].tolist()) for key, rows in parts.items())
    place = {word: at for at, word in enumerate(vocabulary.words)}
    renumbered = {
        key: np.array([place.get(word, -1) for word in rows.vocabulary.words], np.int32) for key, rows in parts.items()
    }
    names = picks[0].rows.tables
    return ArticleRows(vocabulary, {name: _joined(name, picks, renumbered) for name in names})


def _word_numbers(pick: RowRange) -> Iterator[Array]:
    for table in pick.rows.tables.values():
        if WORD in table.columns:
            within = table.rows(pick.first, pick.end)
            yield table.columns[WORD].part(within.start, within.stop)


def _joined(name: str, picks: Sequence[RowRange], renumbered: Mapping[int, npt.NDArray[np.int32]]) -> RowTable:
    sizes, parts = [], {key: list[Array]() for key in picks[0].rows.tables[name].columns}
    for pick in picks:
        whole = pick.rows.tables[name]
        sizes.append(np.diff(whole.borders[pick.first : pick.end + 1]))
        within = whole.rows(pick.first, pick.end)
        for key, column in whole.columns.items():
            found = column.part(within.start, within.stop)
            parts[key].append(renumbered[id(pick.rows)][found] if key == WORD else found)
    return make_table(np.concatenate(sizes), {key: np.concatenate(found) for key, found in parts.items()})


def make_table(sizes: Array, columns: Mapping[str, Array]) -> RowTable:
    """The table whose articles have so many rows each."""
    return RowTable(offsets(sizes), in_memory(columns))
