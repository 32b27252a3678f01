"""A question's whole story: expanded, searched, ranked, quoted, verified; or an honest "not in the archive"."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

from bot.archive import Archive
from bot.lexicon import Lexicon
from bot.models import Abstention, Answer, Hit, Query, Question, Quote, Reply, Trace
from bot.quoting import choose
from bot.quoting.confidence import THRESHOLD, confidence
from bot.quoting.reasons import abstention, caution
from bot.ranking import Ground, rank
from bot.ranking.coverage import Coverage
from bot.retrieval import Retriever
from bot.tokens import Tokens

DEPTH = 50
"""How many of the engine's hits are ranked again, and of how many articles the scores are asked."""
EXAMPLES = 3
_WAYS = ("what was agreed on {}", "who leads {}", "when was {} founded", "what is {}")
"""Ways to ask about an acronym, for examples; one that the archive answers in full is a fair one."""
NEAREST = 2
"""How many nearest misses an abstention shows at most."""


class Librarian:
    """Answers questions from one archive. Safe to share between threads: nothing in it changes."""

    def __init__(
        self,
        archive: Archive,
        tokens: Tokens,
        lexicon: Lexicon,
        retriever: Retriever,
        articles: Retriever,
        without: Collection[str] = (),
    ) -> None:
        """``retriever`` searches ``archive.passages``, ``articles`` searches ``archive.whole_articles``.

        ``without`` names parts of the ranking or origins of forms that are left out, to measure what they give.
        """
        self.archive = archive
        self._tokens = tokens
        self._lexicon = lexicon
        self._retriever = retriever
        self._articles = articles
        self._without = frozenset(without)
        self._paragraphs = len(archive.paragraphs)

    def leaving_out(self, without: Collection[str]) -> Librarian:
        """The same librarian without these parts; nothing is read or counted again."""
        return Librarian(self.archive, self._tokens, self._lexicon, self._retriever, self._articles, without)

    def answer(self, question: Question) -> Reply:
        """The archive's reply. The same question and the same archive give the same reply, but for ``took_ms``.

        Raises ``VerificationError`` when a quote is not, byte for byte, what the stored article says.
        """
        started = time.perf_counter()
        query = self._lexicon.expand(question, self._without)
        coverage = Coverage(query, self._lexicon.idf, self._tokens)
        articles = {hit.passage.article.id: hit.score for hit in self._articles.search(query, DEPTH)}
        hits = rank(Ground(coverage, self._retriever.search(query, DEPTH), articles), self._without)
        quotes = choose(coverage, hits, max(question.limit, NEAREST))
        for quote in quotes:
            self.archive.verify(quote)
        sure = self._confidence(coverage, hits, quotes)
        if sure >= THRESHOLD:
            quotes = quotes[: question.limit]
            told = caution(query, quotes, lambda words: self._together(query, words))
            return Answer(quotes, sure, told, self._trace(query, hits, started))
        quotes = quotes[:NEAREST]
        reason = abstention(
            query,
            quotes,
            lambda word: self._stands(query, word),
            lambda words: self._together(query, words),
            len(self.archive.articles),
            self.archive.latest,
        )
        return Abstention(reason, quotes, sure, self._trace(query, hits, started))

    def _confidence(self, coverage: Coverage, hits: Sequence[Hit], quotes: Sequence[Quote]) -> float:
        if not quotes:
            return 0.0
        paragraph = quotes[0].paragraph
        passage = next(hit.passage for hit in hits if paragraph in hit.passage.paragraphs)
        return confidence(coverage, quotes[0], passage, self._paragraphs)

    def _stands(self, query: Query, word: int) -> bool:
        """Whether some passage, heading or title holds this word of the question in one of its forms."""
        forms = tuple(form for form in query.forms if word in form.words)
        return bool(self._retriever.search(replace(query, forms=forms), 1))

    def _together(self, query: Query, words: Sequence[int]) -> bool:
        """Whether some passage holds all of these words of the question, each in one of its forms."""
        required = tuple(tuple(form.terms for form in query.forms if word in form.words) for word in words)
        return bool(self._retriever.search(replace(query, required=required), 1))

    def _trace(self, query: Query, hits: Sequence[Hit], started: float) -> Trace:
        took_ms = (time.perf_counter() - started) * 1000
        return Trace(query, tuple(hits), len(self.archive.articles), self._paragraphs, self.archive.latest, took_ms)

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Up to three questions that this archive answers in full, each asked in another way where it can be."""
        found: list[str] = []
        for subject in self._lexicon.subjects():
            begin = len(found)
            ways = ("{}",) if " " in subject else (*_WAYS[begin:], *_WAYS[:begin], "{}")
            found.extend([asked for way in ways if self._answers_in_full(asked := way.format(subject))][:1])
            if len(found) == EXAMPLES:
                break
        return tuple(found)

    def _answers_in_full(self, question: str) -> bool:
        reply = self.answer(Question(question, 1))
        return isinstance(reply, Answer) and reply.caution is None
