"""The index and its peers, each as its own documentation has it asked; all with the same parameters of BM25.

Keeps secret how each is built and asked. A peer is imported only in the process that measures it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.models import Term
from bot.retrieval import K1, B

Passages = Iterable[list[str]]
Ask = Callable[[Sequence[str]], Any]
"""Answers a question with the best TOP passages."""
TOP = 10


def pullquote(passages: Passages) -> Ask:
    """The index that ``Bm25Retriever`` searches, with the words in the body's field."""
    from bot.retrieval import FIELDS
    from bot.retrieval.kernel import engine
    from bot.retrieval.postings import Postings
    from bot.retrieval.scan import Lists

    body = Postings(passages, k1=K1, b=B)
    without = Postings(([] for _ in range(body.corpus_size)), k1=K1, b=B)
    weighted = [(body if name == "body" else without, weight) for name, (_, weight) in FIELDS.items()]
    search = engine([postings for postings, _ in weighted])
    return lambda words: search.best(Lists.of(weighted, [Term(word, 1.0, "typed") for word in words]), None, TOP)


def bm25s(passages: Passages) -> Ask:
    """With its compiled backend."""
    import bm25s

    scorer = bm25s.BM25(method="lucene", k1=K1, b=B, backend="numba")
    scorer.index(list(passages), show_progress=False)
    return lambda words: scorer.retrieve([list(words)], k=TOP, show_progress=False, n_threads=0)


def tantivy(passages: Passages) -> Ask:
    """On disk, as few segments as its merging leaves, of words parted by blanks."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
    # The folder goes with the process that made it.
    folder = tempfile.TemporaryDirectory()
    index = tantivy.Index(builder.build(), path=folder.name)
    writer = index.writer()
    for words in passages:
        writer.add_document(tantivy.Document(body=" ".join(words)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(words: Sequence[str]) -> object:
        assert folder
        return searcher.search(index.parse_query(" ".join(words), ["body"]), TOP)

    return ask


def rank_bm25(passages: Passages) -> Ask:
    """As its README has it."""
    import numpy as np
    from rank_bm25 import BM25Okapi

    scorer = BM25Okapi(list(passages), k1=K1, b=B)
    return lambda words: np.argsort(scorer.get_scores(list(words)))[::-1][:TOP]


CONTESTANTS: Mapping[str, Callable[[Passages], Ask]] = {
    "pullquote": pullquote,
    "tantivy": tantivy,
    "bm25s": bm25s,
    "rank-bm25": rank_bm25,
}
SLOW = "rank-bm25"
"""Scores every passage in Python: it is asked a few questions only."""
