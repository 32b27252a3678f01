"""How an archive becomes flat arrays, and is opened from them again.

Keeps secret which arrays each room of the house needs of the others. ``analysing`` makes rows of articles, which can be
taken over into another archive; all else is counted from the rows, at once and without looking at a text again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot import archive, tokens
from bot.archive import Archive, Passages
from bot.columns import Array, Columns, Strings, below, in_memory, under
from bot.indexing.documents import Fields
from bot.indexing.rows import WORD, Rows
from bot.lexicon import Lexicon, learning
from bot.retrieval import FIELDS, K1, B
from bot.retrieval.bm25 import Bm25Retriever
from bot.retrieval.documents import Documents
from bot.retrieval.postings import Kept, Postings
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
        placed = Tokens(rows, below("tokens", columns), terms, shelved.number)

        def retriever(name: str, passages: Passages) -> Bm25Retriever:
            own = below(name, columns)
            fields = {field: Postings.opened(Kept(below(field, own), terms)) for field in FIELDS}
            return Bm25Retriever(passages, fields, placed.body)

        return cls(
            shelved,
            placed,
            Lexicon(below("lexicon", columns), terms),
            retriever("passages", shelved.passages),
            retriever("articles", shelved.whole_articles),
        )


def arrays(rows: Rows) -> dict[str, Array]:
    """Everything that is kept of the articles of ``rows``, the rows themselves among it."""
    found = under("rows", rows.arrays())
    columns = below("rows", in_memory(found))
    fields = Fields(columns, rows.vocabulary)
    makers: dict[str, Callable[[], dict[str, Array]]] = {
        "lexicon": lambda: learning.arrays(_words(columns, rows, fields), Strings(below("learnt", columns))),
        "passages": lambda: _postings(fields.of_passages()),
        "articles": lambda: _postings(fields.of_articles()),
        "archive": lambda: archive.arrays(columns),
        "tokens": lambda: tokens.arrays(columns, fields.body.terms),
    }
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy sorts and counts beside other threads
        for name, made in zip(makers, threads.map(lambda make: make(), makers.values()), strict=True):
            found |= under(name, made)
    return found | under("terms", fields.known)


def _postings(documents: Mapping[str, Documents]) -> dict[str, Array]:
    return {
        name: array
        for field, counted in documents.items()
        for name, array in under(field, Postings(counted, k1=K1, b=B).arrays()).items()
    }


def _words(columns: Columns, rows: Rows, fields: Fields) -> learning.Words:
    return learning.Words(
        rows.vocabulary,
        columns[f"word.{WORD}"].all(),
        columns["paragraph.words"].all(),
        columns[f"token.{WORD}"].all(),
        columns["paragraph.tokens"].all(),
        fields.term_of,
        len(fields.terms),
    )
