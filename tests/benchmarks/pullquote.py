"""Pullquote's index as one of the measured libraries: postings in a snapshot, with all words in the field ``body``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.index.arrays import StringArray, prefix, unprefix
from bot.index.bm25 import QueryPostings, create_scorer
from bot.index.postings import Postings, TermLists, build_postings
from bot.index.retrieval import FIELDS
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.models import Term
from tests.benchmarks.libraries import TOP, SearchFunction, TokenizedPassages
from tests.factories import encode_documents

_NAME = "index"


class Pullquote:
    """See ``LibraryIndex``."""

    def build(self, passages: TokenizedPassages, folder: Path) -> None:
        """See ``LibraryIndex.build``."""
        every = list(passages)
        known = sorted({word for words in every for word in words})
        documents = encode_documents(every, known)
        empty = TermLists(documents.terms[:0], np.zeros_like(documents.borders))
        arrays = prefix("terms", StringArray.encode(known))
        for name, field in (("body", documents), ("empty", empty)):
            arrays |= prefix(name, build_postings(field, len(known)))
        save_snapshot(folder, _NAME, arrays, "")

    def open(self, passages: TokenizedPassages, folder: Path) -> SearchFunction:
        """See ``LibraryIndex.open``."""
        snapshot = load_snapshot(folder, _NAME)
        assert snapshot
        terms = StringArray(unprefix("terms", snapshot.arrays))
        body, empty = (Postings(unprefix(name, snapshot.arrays), terms) for name in ("body", "empty"))
        weighted = [(body if name == "body" else empty, weight) for name, (_, weight) in FIELDS.items()]
        scorer = create_scorer([postings for postings, _ in weighted])
        return lambda words: scorer.top_k(
            QueryPostings.look_up(weighted, [Term(word, 1.0, "typed") for word in words]), None, TOP
        )
