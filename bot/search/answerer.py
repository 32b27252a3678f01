"""Answers a question: expand it, search, rank, choose quotes, judge the confidence, verify."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from bot.index import Index
from bot.index.retrieval import TermScore, drop_phrases, phrase_query
from bot.models import (
    Abstention,
    Answer,
    ArchiveFacts,
    ArchiveSummary,
    Article,
    Expansion,
    Hit,
    Passage,
    Query,
    Question,
    Quote,
    Reply,
    Scope,
    Trace,
)
from bot.search.asking import ArchiveQuestion, find_sides, parse_archive_question
from bot.search.confidence import SURE, THRESHOLD, compute_confidence, find_missing_words
from bot.search.coverage import Coverage
from bot.search.dates import MAX_AHEAD
from bot.search.expansion import expand, find_meant_words
from bot.search.followups import asks_for_more
from bot.search.mentions import find_handles
from bot.search.messages import ArchiveProbe, abstention_reason, partial_match_warning
from bot.search.newer import Search, find_newer_article, find_newest
from bot.search.occurrences import to_bitmask
from bot.search.quotes import choose_quotes, with_unmatched_terms
from bot.search.ranking import rank
from bot.search.wording import find_differences
from bot.text import analysis

if TYPE_CHECKING:
    from bot.search.examples import Example

DEPTH = 50
"""The engine's hits that are ranked, and the articles whose scores are computed."""
PAGE = 3
"""Quotes that each question of a conversation is answered with, so that "more" shows those after them."""
MAX_SHORT = 3
"""Content words of a question for which a passage with all of them is looked for beyond the first hits."""
MAX_DOUBTED = 6
"""Content words of a question of which one that no passage has beside the others may be a slip."""
MAX_EXAMPLES = 3
MAX_NEAREST = 2
"""Passages shown with an abstention."""


@dataclass(frozen=True, slots=True)
class _Selection:
    """The ranked hits, the quotes chosen from them, and the confidence that they answer.

    ``has_more`` if there are further quotes.
    """

    coverage: Coverage
    hits: list[Hit]
    quotes: tuple[Quote, ...]
    confidence: float
    has_more: bool


class Answerer:
    """Answers questions from one archive. Immutable, so safe to share between threads."""

    def __init__(self, index: Index, without: Collection[str] = ()) -> None:
        """``without`` names ranking features or origins of expansions to leave out, to measure what they give."""
        self.archive = index.archive
        self._index = index
        self._without = frozenset(without)

    def leave_out(self, without: Collection[str]) -> Answerer:
        """The same answerer without these features or origins; it shares the index."""
        return Answerer(self._index, without)

    def answer(self, question: Question) -> Reply:
        """Answer ``question``, or abstain. Deterministic, but for ``took_ms``.

        Raises ``VerificationError`` when a quote is not, byte for byte, in the stored article.
        """
        if question.previous_questions and asks_for_more(question.text):
            return self._answer_more(question)
        if about := parse_archive_question(question.text):
            return self._describe_archive(question, about)
        reply = self._answer(question)
        sides = find_sides(question.text)
        is_whole = isinstance(reply, Answer) and not reply.quotes[0].unmatched_terms
        return reply if sides is None or is_whole else self._compare(question, sides, reply)

    def _describe_archive(self, question: Question, about: ArchiveQuestion) -> Answer:
        """Answer a question about the archive itself."""
        started = time.perf_counter()
        summary = self.archive.summary(Scope(since=about.since, before=about.before))
        listed: tuple[Article, ...] = ()
        if about.kind in ("newest", "oldest", "dated"):
            listed = self.archive.by_date(about.since, about.before, oldest_first=about.kind == "oldest")
        facts = ArchiveFacts(about.kind, summary, self.archive.earliest, len(self.archive), listed)
        trace = Trace(Query(question, (), ()), (), summary, (time.perf_counter() - started) * 1000)
        return Answer((), 1.0, None, trace, archive=facts)

    def _compare(self, question: Question, sides: Sequence[str], reply: Reply) -> Reply:
        """A quote for each of the ``sides`` of a comparison, then those of ``reply``; else ``reply`` as it is."""
        replies = [self._answer(replace(question, text=side, limit=1, previous_questions=())) for side in sides]
        query, trace = reply.trace.query, reply.trace
        coverage = Coverage(query, self._index.lexicon.idf, self._index.tokens)
        quotes = [with_unmatched_terms(coverage, one.quotes[0]) for one in replies if isinstance(one, Answer)]
        if len(quotes) < len(sides):
            return reply
        others = reply.quotes if isinstance(reply, Answer) else ()
        every = {(one.article.id, one.paragraph.number): one for one in (*others[::-1], *quotes[::-1])}
        hits = dict.fromkeys(hit for one in (reply, *replies) for hit in one.trace.hits)
        took_ms = trace.took_ms + sum(one.trace.took_ms for one in replies)
        return Answer(
            tuple(every.values())[::-1][: max(question.limit, len(sides))],
            min(one.confidence for one in replies),
            None,
            replace(trace, hits=tuple(hits), took_ms=took_ms),
        )

    def _answer(self, question: Question) -> Reply:
        started = time.perf_counter()
        query = self._expand(question)
        reply = self._reply(query, started)
        scope = query.filters.scope
        if query.has_named_dates and scope.since and scope.before and isinstance(reply, Abstention):
            # "In 2021" may be a matter of the text; "since 2021" is not.
            return self._reply(self._expand(question, requires_dates=False), started)
        return reply

    def _answer_more(self, question: Question) -> Reply:
        """The quotes after those that the earlier questions of the conversation were answered with."""
        earlier = question.previous_questions
        pages = next((i for i, text in enumerate(earlier) if not asks_for_more(text)), len(earlier) - 1) + 1
        shown = PAGE * pages
        base = Question(earlier[pages - 1], shown + question.limit, earlier[pages:], question.today)
        reply = self.answer(base)
        expansions = tuple([replace(one, origin="thread") for one in reply.trace.query.expansions])
        trace = replace(reply.trace, query=replace(reply.trace.query, question=question, expansions=expansions))
        if isinstance(reply, Abstention):
            return replace(reply, trace=trace)
        if quotes := reply.quotes[shown:]:
            return Answer(quotes, reply.confidence, None, trace, has_more=reply.has_more)
        return Abstention("No further passage of the archive answers this.", (), reply.confidence, trace)

    def _expand(self, question: Question, *, requires_dates: bool = True) -> Query:
        query = expand(
            self._index.lexicon,
            question,
            self._without,
            requires_dates=requires_dates,
            has_handle=self._has_handle,
            has_sequence=self._index.has_sequence,
        )
        if query.has_named_dates:
            # "In 2021" is a matter of the text if no article is from then, or all are; so is any date without dates.
            scope = query.filters.scope
            found, latest = self.archive.summary(scope), self.archive.latest
            is_in = scope.since is not None and scope.before is not None
            total = self.archive.summary(replace(scope, since=None, before=None)).articles
            if latest is None or (is_in and (not found.articles or found.articles + found.undated == total)):
                return self._expand(question, requires_dates=False)
        latest = self.archive.latest
        if question.today and latest and latest > (until := question.today + MAX_AHEAD):
            filters = query.filters
            query = replace(query, filters=replace(filters, scope=replace(filters.scope, until=until)))
        return query

    def _reply(self, query: Query, started: float) -> Reply:
        question = query.question
        searched = self.archive.summary(query.filters.scope)
        selection = self._select(query, searched, question.limit)
        meets_filters = bool(selection.hits) or not (query.filters.phrases or query.filters.excluded)
        if not meets_filters:
            # No passage meets the phrases: those with their words are the nearest misses, never an answer.
            selection = self._select(drop_phrases(query), searched, question.limit)
        for quote in selection.quotes:
            self.archive.verify(quote)
        probe = ArchiveProbe(self._index, query)
        confidence = selection.confidence if meets_filters else 0.0
        if confidence < THRESHOLD:
            nearest = selection.quotes[:MAX_NEAREST]
            everything = self.archive.summary(Scope())
            reason = abstention_reason(query, probe, everything, searched, meets_filters=meets_filters)
            reason = self._offer_meant(query, nearest, reason)
            return Abstention(reason, nearest, confidence, _trace(query, selection, searched, started))
        quotes = selection.quotes[: question.limit]
        missing = find_missing_words(selection.coverage, quotes[0], searched.paragraphs)
        warning = partial_match_warning(query, quotes, missing, probe, is_sure=confidence >= SURE)
        warning = warning and self._offer_meant(query, quotes, warning)
        newer = find_newer_article(
            selection.coverage,
            selection.hits,
            quotes,
            self.archive.latest,
            self._further_search(selection.hits),
        )
        sentences = [self._index.tokens.sentences_in(quote.paragraph, quote.span) for quote in quotes]
        differences = find_differences(quotes, sentences)
        trace = _trace(query, selection, searched, started)
        return Answer(quotes, confidence, warning, trace, newer, selection.has_more, differences)

    def _offer_meant(self, query: Query, quotes: Sequence[Quote], sentence: str) -> str:
        """``sentence``, and the question with another word for one that may be a slip, if a passage has all of it then.

        A word that the archive does not have was searched as what may have been meant already.
        """
        lexicon, every = self._index.lexicon, range(len(query.words))
        may_be_slip = quotes and 1 < len(query.words) <= MAX_DOUBTED
        for at, word in enumerate(query.words if may_be_slip else ()):
            is_missing = word.typed in quotes[0].unmatched_terms and lexicon.has_term(word.term)
            for other in find_meant_words(lexicon, word.typed) if is_missing else ():
                shown = lexicon.original_spelling(other)
                meant = Expansion((analysis.to_term(other),), (at,), 1.0, "spelling", shown)
                expansions = (*(one for one in query.expansions if at not in one.positions), meant)
                changed = replace(query, expansions=expansions).requiring_words(every)
                if meant.terms != (word.term,) and self._index.retriever.scores(changed, 1):
                    whole_word = rf"(?<!\w){re.escape(word.typed)}(?!\w)"
                    text = shown.join(re.split(whole_word, query.question.text, maxsplit=1))
                    return f'{sentence} Did you mean "{text}"?'
        return sentence

    def _has_handle(self, handle: str) -> bool:
        """Whether a passage has ``handle`` with its "@", which is no part of a term; the best matches are read."""
        hits = self._index.retriever.search(phrase_query(Query(Question(handle), (), ()), handle), DEPTH)
        texts = (paragraph.text for hit in hits for paragraph in hit.passage.paragraphs)
        return any(handle.casefold() in find_handles(text) for text in texts)

    def verify(self, quote: Quote) -> None:
        """See ``Archive.verify``."""
        self.archive.verify(quote)

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        """Split the engine's score of a hit of ``query`` into its terms."""
        return self._index.retriever.explain(query, passage)

    def _select(self, query: Query, searched: ArchiveSummary, limit: int) -> _Selection:
        coverage = Coverage(query, self._index.lexicon.idf, self._index.tokens)
        hits = self._index.retriever.search(query, DEPTH)
        is_short = len(query.words) <= MAX_SHORT
        if is_short and not any(coverage.covers_all(hit.passage) for hit in hits):
            # Passages with all words may not be among the first, where the words are frequent.
            hits += self._index.retriever.search(query.requiring_words(range(len(query.words))), MAX_NEAREST)
        hits = rank(coverage, hits, self._without)
        if is_short:
            hits.sort(key=lambda hit: not coverage.covers_all(hit.passage))
        if query.prefers_newest and query.words and self.archive.latest:
            every, further = to_bitmask(range(len(query.words))), self._further_search(hits)
            newest = find_newest(coverage, every, hits, date.min, further)
            if newest and all(newest != hit.passage for hit in hits):
                hits.append(Hit(newest, hits[-1].score))
        quotes, surest, has_more = choose_quotes(coverage, hits, max(limit, MAX_NEAREST))
        confidence = 0.0
        if surest is not None:
            passage = next(hit.passage for hit in hits if surest.paragraph in hit.passage.paragraphs)
            confidence = compute_confidence(coverage, surest, passage, searched.paragraphs)
            # A passage with every word of the question is an answer, however short it is asked.
            if coverage.covers_all(passage) or (is_short and coverage.covers_all(hits[0].passage)):
                confidence = max(confidence, THRESHOLD)
        return _Selection(coverage, hits, quotes, confidence, has_more or len(quotes) > limit)

    def _further_search(self, hits: Sequence[Hit]) -> Search | None:
        """The engine's search if there may be more than ``hits``."""
        return self._index.retriever.search if len(hits) >= DEPTH else None

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Up to three questions that this archive answers in full, on several articles and of several forms if any."""
        from bot.search.examples import MAX_TRIES, suggest_questions  # most commands need none

        acronyms, names = self._index.lexicon.acronyms(), self._index.lexicon.names()
        suggested = suggest_questions(self.archive.paragraphs_newest_first(), self._index.tokens, acronyms, names)
        varied: list[Example] = []
        similar: list[Example] = []
        for example in islice(suggested, MAX_TRIES):
            if len(varied) < MAX_EXAMPLES and self._answers(example):
                (similar if any(map(example.is_like, varied)) else varied).append(example)
        return tuple(dict.fromkeys(one.question for one in (*varied, *similar)))[:MAX_EXAMPLES]

    def _answers(self, example: Example) -> bool:
        reply = self.answer(Question(example.question, 1))
        return isinstance(reply, Answer) and reply.warning is None and example.is_answered_by(reply.quotes[0])


def _trace(query: Query, selection: _Selection, searched: ArchiveSummary, started: float) -> Trace:
    return Trace(query, tuple(selection.hits), searched, (time.perf_counter() - started) * 1000)
