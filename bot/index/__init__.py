"""How an archive becomes flat arrays (``making``), and is opened from them again.

Keeps secret which arrays each room of the house needs of the others. ``analysing`` makes rows of articles, which can be
taken over into another archive; all else is counted from the rows, at once and without looking at a text again.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.index.archive import Archive, PassageList
from bot.index.arrays import LazyArrays, StringArray, unprefix
from bot.index.bm25 import Bm25Retriever
from bot.index.lexicon import Lexicon
from bot.index.postings import Counted, Postings
from bot.index.scoring import FIELDS
from bot.index.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Index:
    """All that a librarian asks, of one archive."""

    archive: Archive
    tokens: Tokens
    lexicon: Lexicon
    retriever: Bm25Retriever
    articles: Bm25Retriever

    @classmethod
    def from_arrays(cls, columns: LazyArrays) -> Index:
        """What ``arrays`` gave the columns of."""
        rows, terms = unprefix("rows", columns), StringArray(unprefix("terms", columns))
        shelved = Archive(rows, unprefix("archive", columns))
        placed = Tokens(rows, unprefix("tokens", columns), terms, shelved.number, shelved.place)

        def retriever(name: str, passages: PassageList) -> Bm25Retriever:
            own = unprefix(name, columns)
            fields = {field: Postings.from_arrays(Counted(unprefix(field, own), terms)) for field in FIELDS}
            return Bm25Retriever(passages, fields, placed.passage_terms)

        return cls(
            shelved,
            placed,
            Lexicon(unprefix("lexicon", columns), terms),
            retriever("passages", shelved.passages),
            retriever("articles", shelved.whole_articles),
        )
