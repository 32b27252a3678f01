"""The index of an archive: articles, tokens, lexicon and postings in flat arrays, built once and opened from a file.

``build`` analyzes articles and computes the arrays, ``refresh`` reuses what has not changed, ``store`` keeps the result
on disk as a ``snapshot``, and ``watch`` reports changed files. ``bm25`` searches passages.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.index.archive import Archive, PassageList
from bot.index.arrays import LazyArrays, StringArray, unprefix
from bot.index.bm25 import Bm25Retriever
from bot.index.lexicon import Lexicon
from bot.index.postings import Postings, StoredPostings
from bot.index.retrieval import FIELDS
from bot.index.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that answering a question needs to know of an archive. Thread-safe.

    ``archive`` has the articles, paragraphs and passages; ``tokens`` where each term occurs in them; ``lexicon`` the
    idf of terms, acronyms and spellings. ``retriever`` searches passages, ``articles`` whole articles.
    """

    archive: Archive
    tokens: Tokens
    lexicon: Lexicon
    retriever: Bm25Retriever
    articles: Bm25Retriever

    @classmethod
    def from_arrays(cls, arrays: LazyArrays) -> Index:
        """Open the arrays that ``build.build_arrays`` returned.

        Raises ``DamagedSnapshotError`` if one that is read at once is damaged; others raise it when they are used.
        """
        rows, terms = unprefix("rows", arrays), StringArray(unprefix("terms", arrays))
        archive = Archive(rows, unprefix("archive", arrays))
        tokens = Tokens(rows, unprefix("tokens", arrays), terms, archive.paragraph_number, archive.article_number)

        def retriever(name: str, passages: PassageList) -> Bm25Retriever:
            own = unprefix(name, arrays)
            fields = {field: Postings.from_stored(StoredPostings(unprefix(field, own), terms)) for field in FIELDS}
            return Bm25Retriever(passages, fields, tokens.passage_terms)

        return cls(
            archive,
            tokens,
            Lexicon(unprefix("lexicon", arrays), terms),
            retriever("passages", archive.passages),
            retriever("articles", archive.whole_articles),
        )
