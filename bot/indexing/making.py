"""Everything that is kept of some articles, counted from their rows.

Keeps secret that it is counted on all cores, and that the interpreter then looks for no garbage.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bot import tokens
from bot.archive.rows import arrays as archive_arrays
from bot.columns import Array, Columns, Strings, below, in_memory, under
from bot.indexing.documents import Fields
from bot.indexing.rows import WORD, Rows
from bot.lexicon import learning
from bot.retrieval import K1, B
from bot.retrieval.documents import Documents
from bot.retrieval.postings import Postings


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Within it no garbage is looked for: of what is made, much stays, and all of it would be looked through again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_collecting()
def arrays(rows: Rows) -> dict[str, Array]:
    """Everything that is kept of the articles of ``rows``, the rows themselves among it."""
    found = under("rows", rows.arrays())
    columns = below("rows", in_memory(found))
    fields = Fields(columns, rows.vocabulary)
    words = _words(columns, rows, fields)
    makers: list[tuple[str, Callable[[], dict[str, Array]]]] = [
        ("lexicon", lambda: learning.forms(words, Strings(below("learnt", columns)))),
        ("lexicon", lambda: learning.counts(words)),
        ("passages", lambda: _postings(fields.of_passages())),
        ("articles", lambda: _postings(fields.of_articles())),
        ("archive", lambda: archive_arrays(columns)),
        (
            "tokens",
            lambda: tokens.arrays(
                columns, rows.vocabulary, fields.body.terms, fields.titles.terms, fields.titles.borders
            ),
        ),
    ]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # numpy sorts and counts beside other threads
        for name, made in threads.map(lambda maker: (maker[0], maker[1]()), makers):
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
