"""How an archive becomes flat arrays (``making``), and is opened from them again.

Keeps secret which arrays each room of the house needs of the others. ``analysing`` makes rows of articles, which can be
taken over into another archive; all else is counted from the rows, at once and without looking at a text again.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.archive import Archive
from bot.archive.views import Passages
from bot.columns import Columns, Strings, below
from bot.lexicon.data import Lexicon
from bot.retrieval import FIELDS
from bot.retrieval.bm25 import Bm25Retriever
from bot.retrieval.postings import Counted, Postings
from bot.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Index:
    """All that a librarian asks, of one archive."""

    archive: Archive
    tokens: Tokens
    lexicon: Lexicon
    retriever: Bm25Retriever
    articles: Bm25Retriever

    @classmethod
    def opened(cls, columns: Columns) -> Index:
        """What ``arrays`` gave the columns of."""
        rows, terms = below("rows", columns), Strings(below("terms", columns))
        shelved = Archive(rows, below("archive", columns))
        placed = Tokens(rows, below("tokens", columns), terms, shelved.number, shelved.place)

        def retriever(name: str, passages: Passages) -> Bm25Retriever:
            own = below(name, columns)
            fields = {field: Postings.opened(Counted(below(field, own), terms)) for field in FIELDS}
            return Bm25Retriever(passages, fields, placed.body)

        return cls(
            shelved,
            placed,
            Lexicon(below("lexicon", columns), terms),
            retriever("passages", shelved.passages),
            retriever("articles", shelved.whole_articles),
        )
