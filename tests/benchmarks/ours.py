"""The index that ``Bm25Retriever`` searches, in a snapshot, with the words in the body's field.

Keeps secret which arrays the snapshot has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bot.columns import Strings, below, under
from bot.models import Term
from bot.retrieval import FIELDS, K1, B
from bot.retrieval.documents import Documents
from bot.retrieval.kernel import engine
from bot.retrieval.postings import Counted, Postings
from bot.retrieval.scan import Lists
from bot.snapshot import load, save
from tests.benchmarks.contestants import TOP, Ask, Passages

_NAME = "index"


class Pullquote:
    """See ``contestants.Index``."""

    def build(self, passages: Passages, folder: Path) -> None:
        """See ``Index.build``."""
        (documents,) = Documents.of(passages)
        without = Documents(documents.tokens[:0], np.zeros_like(documents.lengths), documents.terms)
        arrays = under("terms", Strings.arrays(documents.terms))
        for name, one in (("body", documents), ("without", without)):
            arrays |= under(name, Postings(one, k1=K1, b=B).arrays())
        save(folder, _NAME, arrays, "")

    def open(self, passages: Passages, folder: Path) -> Ask:
        """See ``Index.open``."""
        snapshot = load(folder, _NAME)
        assert snapshot
        columns = snapshot.columns
        terms = Strings(below("terms", columns))
        body, without = (Postings.opened(Counted(below(name, columns), terms)) for name in ("body", "without"))
        weighted = [(body if name == "body" else without, weight) for name, (_, weight) in FIELDS.items()]
        search = engine([postings for postings, _ in weighted])
        return lambda words: search.best(Lists.of(weighted, [Term(word, 1.0, "typed") for word in words]), None, TOP)
