"""The index and its peers, each as its own documentation has it asked; all with the same parameters of BM25.

Keeps secret how each is built, kept, opened and asked. A peer is imported only in the processes that measure it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from bot.index.scoring import K1, B

Passages = Iterable[list[str]]
Ask = Callable[[Sequence[str]], Any]
"""Answers a question with the best TOP passages."""
TOP = 10


class Index(Protocol):
    """An index that is built in one process and opened in another. Making one imports what both need."""

    def build(self, passages: Passages, folder: Path) -> None:
        """Build it and leave it in the folder."""
        ...

    def open(self, passages: Passages, folder: Path) -> Ask:
        """Have it ready for the first question."""
        ...


def pullquote() -> Index:
    """The index that ``Bm25Retriever`` searches."""
    from tests.benchmarks.ours import Pullquote

    return Pullquote()


class Bm25s:
    """With its compiled backend."""

    def __init__(self) -> None:
        import bm25s

        self._peer: Any = bm25s

    def build(self, passages: Passages, folder: Path) -> None:
        """See ``Index.build``."""
        scorer = self._peer.BM25(method="lucene", k1=K1, b=B, backend="numba")
        scorer.index(list(passages), show_progress=False)
        scorer.save(folder, show_progress=False)

    def open(self, passages: Passages, folder: Path) -> Ask:
        """See ``Index.open``."""
        scorer = self._peer.BM25.load(folder, show_progress=False)
        return lambda words: scorer.retrieve([list(words)], k=TOP, show_progress=False, n_threads=0)


class Tantivy:
    """As few segments as its merging leaves, of words parted by blanks."""

    def __init__(self) -> None:
        import tantivy

        self._peer: Any = tantivy

    def build(self, passages: Passages, folder: Path) -> None:
        """See ``Index.build``."""
        builder = self._peer.SchemaBuilder()
        builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
        writer = self._peer.Index(builder.build(), path=str(folder)).writer()
        for words in passages:
            writer.add_document(self._peer.Document(body=" ".join(words)))
        writer.commit()
        writer.wait_merging_threads()

    def open(self, passages: Passages, folder: Path) -> Ask:
        """See ``Index.open``."""
        index = self._peer.Index.open(str(folder))
        searcher = index.searcher()
        return lambda words: searcher.search(index.parse_query(" ".join(words), ["body"]), TOP)


class RankBm25:
    """As its README has it, which keeps nothing on disk: it is built where it is opened."""

    def __init__(self) -> None:
        import rank_bm25

        self._peer: Any = rank_bm25

    def build(self, passages: Passages, folder: Path) -> None:
        """See ``Index.build``."""

    def open(self, passages: Passages, folder: Path) -> Ask:
        """See ``Index.open``."""
        import numpy as np

        scorer = self._peer.BM25Okapi(list(passages), k1=K1, b=B)
        return lambda words: np.argsort(scorer.get_scores(list(words)))[::-1][:TOP]


CONTESTANTS: Mapping[str, Callable[[], Index]] = {
    "pullquote": pullquote,
    "tantivy": Tantivy,
    "bm25s": Bm25s,
    "rank-bm25": RankBm25,
}
SLOW = "rank-bm25"
"""Scores every passage in Python: it is asked a few questions only."""
