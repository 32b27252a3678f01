"""A question's whole story: expanded, searched, ranked, quoted, verified; or an honest "not in the archive"."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from bot.index.archive import Archive
from bot.index.filters import drop_phrases, phrase_query
from bot.index.lexicon import Lexicon
from bot.index.scoring import Retriever, TermScore
from bot.index.tokens import Tokens
from bot.models import Abstention, Answer, ArchiveSummary, Hit, Passage, Query, Question, Quote, Reply, Scope, Trace
from bot.search.confidence import THRESHOLD, confidence
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.messages import ArchiveProbe, abstention_reason, partial_match_warning
from bot.search.newer import find_newer_article
from bot.search.quotes import choose_quotes
from bot.search.ranking import RankingContext, rank

if TYPE_CHECKING:
    from bot.search.examples import Example


DEPTH = 50
"""How many of the engine's hits are ranked again, and of how many articles the scores are asked."""
EXAMPLES = 3
NEAREST = 2
"""How many nearest misses an abstention shows at most."""


@dataclass(frozen=True, slots=True)
class _Selection:
    """The best passages, the quotes chosen from them, how sure it is that they answer, and whether more were left.

    ``fared`` is as ``shares_of_articles`` gives it.
    """

    coverage: Coverage
    hits: list[Hit]
    fared: Callable[[Passage], float]
    quotes: tuple[Quote, ...]
    sure: float
    has_more: bool


class Answerer:
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

    def leaving_out(self, without: Collection[str]) -> Answerer:
        """The same librarian without these parts; nothing is read or counted again."""
        return Answerer(self.archive, self._tokens, self._lexicon, self._retriever, self._articles, without)

    def answer(self, question: Question) -> Reply:
        """The archive's reply. The same question and the same archive give the same reply, but for ``took_ms``.

        Raises ``VerificationError`` when a quote is not, byte for byte, what the stored article says.
        """
        started = time.perf_counter()
        query = expand(self._lexicon, question, self._without)
        held = self.archive.summary(query.filters.scope)
        found = self._find(query, held, question.limit)
        is_met = bool(found.hits) or not (query.filters.phrases or query.filters.excluded)
        if not is_met:
            # Where no paragraph holds a phrase, what holds its words comes nearest, and is no answer.
            found = self._find(drop_phrases(query), held, question.limit)
        for quote in found.quotes:
            self.archive.verify(quote)
        looks = self._looks(query)
        sure = found.sure if is_met else 0.0
        if sure >= THRESHOLD:
            quotes = found.quotes[: question.limit]
            told = partial_match_warning(query, quotes, looks)
            search = self._retriever.search if len(found.hits) == DEPTH else None
            later = find_newer_article(found.coverage, found.hits, quotes, self.archive.latest, found.fared, search)
            trace = _trace(query, found.hits, held, started)
            return Answer(quotes, sure, told, trace, later, found.has_more)
        quotes = found.quotes[:NEAREST]
        reason = abstention_reason(query, quotes, looks, self.archive.summary(Scope()), held, is_met=is_met)
        return Abstention(reason, quotes, sure, _trace(query, found.hits, held, started))

    def verify(self, quote: Quote) -> None:
        """See ``Archive.verify``."""
        self.archive.verify(quote)

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """What the engine's score of a passage that was found for ``query`` is made of."""
        return self._retriever.explain(query, passage)

    def _find(self, query: Query, held: ArchiveSummary, limit: int) -> _Selection:
        """The best passages for ``query``, and what of them would be quoted."""
        coverage = Coverage(query, self._lexicon.idf, self._tokens)
        best = self._retriever.search(query, DEPTH)
        fared = article_score_shares(self.archive, self._articles, query)
        hits = rank(RankingContext(coverage, best, [fared(hit.passage) for hit in best]), self._without)
        quotes, surest, has_more = choose_quotes(coverage, hits, max(limit, NEAREST))
        if surest is None:
            return _Selection(coverage, hits, fared, quotes, 0.0, has_more)
        passage = next(hit.passage for hit in hits if surest.paragraph in hit.passage.paragraphs)
        sure = confidence(coverage, surest, passage, held.paragraphs)
        return _Selection(coverage, hits, fared, quotes, sure, has_more or len(quotes) > limit)

    def _looks(self, query: Query) -> ArchiveProbe:
        """Further looks into the archive, of which most replies need none."""

        def known(word: int) -> bool:
            forms = tuple(form for form in query.expansions if word in form.positions)
            return is_found(replace(query.without_requirements(), expansions=forms))

        def is_found(asked: Query) -> bool:
            return bool(self._retriever.scores(asked, 1))

        return ArchiveProbe(
            known,
            lambda words: is_found(query.requiring_words(words)),
            lambda phrase: is_found(phrase_query(query, phrase)),
        )

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Up to three questions that this archive answers in full; of several ways and articles, where it can be."""
        from bot.search.examples import TRIES, suggest_questions

        acronyms, names = self._lexicon.acronyms(), self._lexicon.names()
        made = suggest_questions(self.archive.paragraphs_newest_first(), self._tokens, acronyms, names)
        chosen: list[Example] = []
        others: list[Example] = []
        for one in islice(made, TRIES):
            if len(chosen) < EXAMPLES and self._meets(one):
                (others if any(map(one.is_like, chosen)) else chosen).append(one)
        return tuple(dict.fromkeys(one.question for one in (*chosen, *others)))[:EXAMPLES]

    def _meets(self, example: Example) -> bool:
        reply = self.answer(Question(example.question, 1))
        return isinstance(reply, Answer) and reply.warning is None and example.is_met(reply.quotes[0])


def article_score_shares(archive: Archive, articles: Retriever, query: Query) -> Callable[[Passage], float]:
    """What gives the engine's score of a passage's whole article, as a share of the best one's; 0 of one far behind."""
    scores = articles.scores(query.without_requirements(), DEPTH)
    best = max(scores.values(), default=1.0)
    return lambda passage: scores.get(archive.whole_articles.find_containing(passage), 0.0) / best


def _trace(query: Query, hits: Sequence[Hit], held: ArchiveSummary, started: float) -> Trace:
    took_ms = (time.perf_counter() - started) * 1000
    return Trace(query, tuple(hits), held, took_ms)
