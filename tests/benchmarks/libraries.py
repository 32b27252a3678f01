"""Pullquote's index and other BM25 libraries behind one interface, all with the same BM25 parameters.

Each library is used as its documentation recommends, and imported only in the processes that measure it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.index.retrieval import K1, B

TokenizedPassages = Iterable[list[str]]
SearchFunction = Callable[[Sequence[str]], Any]
"""Finds the best TOP passages for the words of a question."""
TOP = 10


class LibraryIndex(Protocol):
    """An index that one process builds and another opens. The constructor imports what both need."""

    def build(self, passages: TokenizedPassages, folder: Path) -> None:
        """Build the index and save it in ``folder``."""
        ...

    def open(self, passages: TokenizedPassages, folder: Path) -> SearchFunction:
        """Open the saved index, ready for the first question."""
        ...


def create_pullquote() -> LibraryIndex:
    """Create the index that ``Bm25Retriever`` searches."""
    from tests.benchmarks.pullquote import Pullquote

    return Pullquote()


class Bm25s:
    """bm25s with its compiled backend."""

    def __init__(self) -> None:
        import bm25s

        self._module: Any = bm25s

    def build(self, passages: TokenizedPassages, folder: Path) -> None:
        """See ``LibraryIndex.build``."""
        scorer = self._module.BM25(method="lucene", k1=K1, b=B, backend="numba")
        scorer.index(list(passages), show_progress=False)
        scorer.save(folder, show_progress=False)

    def open(self, passages: TokenizedPassages, folder: Path) -> SearchFunction:
        """See ``LibraryIndex.open``."""
        scorer = self._module.BM25.load(folder, show_progress=False)
        return lambda words: scorer.retrieve([list(words)], k=TOP, show_progress=False, n_threads=0)


class Tantivy:
    """tantivy with its whitespace tokenizer, after its segments are merged."""

    def __init__(self) -> None:
        import tantivy

        self._module: Any = tantivy

    def build(self, passages: TokenizedPassages, folder: Path) -> None:
        """See ``LibraryIndex.build``."""
        builder = self._module.SchemaBuilder()
        builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
        writer = self._module.Index(builder.build(), path=str(folder)).writer()
        for words in passages:
            writer.add_document(self._module.Document(body=" ".join(words)))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, passages: TokenizedPassages, folder: Path) -> SearchFunction:
        """See ``LibraryIndex.open``."""
        index = self._module.Index.open(str(folder))
        searcher = index.searcher()
        return lambda words: searcher.search(index.parse_query(" ".join(words), ["body"]), TOP)


class RankBm25:
    """rank-bm25 as in its README. It cannot save an index, so it builds one when opened."""

    def __init__(self) -> None:
        import rank_bm25

        self._module: Any = rank_bm25

    def build(self, passages: TokenizedPassages, folder: Path) -> None:
        """Do nothing."""

    def open(self, passages: TokenizedPassages, folder: Path) -> SearchFunction:
        """See ``LibraryIndex.open``."""
        import numpy as np

        scorer = self._module.BM25Okapi(list(passages), k1=K1, b=B)
        return lambda words: np.argsort(scorer.get_scores(list(words)))[::-1][:TOP]


LIBRARIES: Mapping[str, Callable[[], LibraryIndex]] = {
    "pullquote": create_pullquote,
    "tantivy": Tantivy,
    "bm25s": Bm25s,
    "rank-bm25": RankBm25,
}
SLOW = "rank-bm25"
"""Scores every passage in Python, so it is asked only a few questions."""
