"""The index of an archive: articles, tokens, lexicon and postings in flat arrays, built once and opened from a file.

``build`` analyzes articles and computes the arrays, ``refresh`` reuses what has not changed, ``store`` keeps the result
on disk as a ``snapshot``, and ``watch`` reports changed files. ``bm25`` searches passages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from bot.index.archive import Archive
from bot.index.arrays import LazyArrays, StringArray, unprefix
from bot.index.bm25 import Bm25Retriever
from bot.index.lexicon import Lexicon
from bot.index.postings import Postings
from bot.index.retrieval import FIELDS, Retriever
from bot.index.tokens import Tokens
from bot.models import Expansion, Query, Question

SEARCHED_FOR_SEQUENCE = 50
"""Passages with all terms of a sequence that are looked at, the best ones."""


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that answering a question needs to know of an archive. Thread-safe.

    ``archive`` has the articles, paragraphs and passages; ``tokens`` where each term occurs in them; ``lexicon`` the
    idf of terms, acronyms and spellings. ``retriever`` searches passages.
    """

    archive: Archive
    tokens: Tokens
    lexicon: Lexicon
    retriever: Retriever

    @classmethod
    def from_arrays(cls, arrays: LazyArrays) -> Index:
        """Open the arrays that ``build.build_arrays`` returned.

        Raises ``DamagedSnapshotError`` if one that is read at once is damaged; others raise it when they are used.
        """
        rows, terms = unprefix("rows", arrays), StringArray(unprefix("terms", arrays))
        archive = Archive(rows, unprefix("archive", arrays))
        tokens = Tokens(rows, unprefix("tokens", arrays), terms, archive)
        own = unprefix("passages", arrays)
        fields = {field: Postings(unprefix(field, own), terms) for field in FIELDS}
        retriever = Bm25Retriever(archive.passages, fields, tokens.passage_terms)
        return cls(archive, tokens, Lexicon(unprefix("lexicon", arrays), terms), retriever)

    def has_sequence(self, terms: Sequence[str]) -> bool:
        """Return whether a paragraph has ``terms`` one after the other, stop words aside."""
        expansions = tuple(Expansion((term,), (), 1.0, "typed", term) for term in terms)
        query = Query(Question(""), (), expansions, required=((tuple(terms),),))
        hits = self.retriever.search(query, SEARCHED_FOR_SEQUENCE)
        ids, mask = self.tokens.term_ids(terms), self.tokens.term_mask(self.tokens.term_ids(terms[:1]))
        for passage in (hit.passage for hit in hits):
            first = self.archive.paragraph_number(passage.paragraphs[0])
            found = self.tokens.occurrences(mask, range(first, first + len(passage.paragraphs)))
            if any(map(self.tokens.has_sequence_at, repeat(ids), found.tokens.tolist(), found.paragraphs.tolist())):
                return True
        return False
