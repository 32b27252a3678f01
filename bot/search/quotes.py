"""When two paragraphs say nearly the same, as two prints of one agency's report do.

A figure is never "nearly the same": paragraphs that differ in a number are two statements, however alike they look.

Which words of the articles are shown. Keeps secret what makes one run of sentences better than another.

Every quote is a span of one paragraph. What a quote does not hold of the question is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bot.models import Article, Hit, Paragraph, Quote, Span
from bot.search.coverage import Coverage, matched_terms
from bot.search.expansion import asks_for_newest
from bot.search.occurrences import TermMask, mask_of
from bot.search.snippets import Snippet, best_snippet
from bot.text.analysis import strip_possessive

ALIKE = 0.6
"""The least share of three-word runs that two paragraphs have in common (Jaccard): one word in twenty may differ."""


Shingles = frozenset[tuple[int, ...]]


def is_near_duplicate(one: Shingles, other: Shingles, is_figure: Callable[[int], bool]) -> bool:
    """Whether two paragraphs share most of their runs of three words, and all of their figures."""
    shared = len(one & other)
    if shared < ALIKE * (len(one) + len(other) - shared):
        return False
    differing = {word for shingle in one ^ other for word in shingle}
    return _figures(one, differing, is_figure) == _figures(other, differing, is_figure)


def _figures(shingles: Shingles, among: set[int], is_figure: Callable[[int], bool]) -> set[int]:
    return {word for shingle in shingles for word in shingle if word in among and is_figure(word)}


def shingles(words: Sequence[int]) -> Shingles:
    """The runs of three of a paragraph's ``words``, by their numbers; of fewer than three, the one run."""
    return frozenset(zip(words, words[1:], words[2:], strict=False)) if len(words) > 2 else frozenset((tuple(words),))


CONSIDERED = 12
"""Hits from which quotes are chosen: four for each that is shown by default, so that near-duplicates can be folded."""
WORTH = 0.7
"""A quote holds at least so much of what the fullest one that tells something holds of the question; less would be
filling."""
OWN = 1 / 3
"""The share of the question that any quote but the first holds itself at least, whatever its title holds."""
FIRST = 3
"""Among so many quotes, as many as are shown by default, those come first that tell something (``Run.tells``), among
these those that hold every word of the question, and where it asks for the latest, of these the later ones. On the
development questions of an archive with quizzes, whose answers stand elsewhere, five points more of the first quotes
answer when those that tell come first."""
SECOND_WORTH = 0.15
"""What a second quote from one article must add to the question's share, to be clearly needed."""


class ChosenQuotes(NamedTuple):
    """The quotes; the one by which to judge whether the archive answers; whether a greater limit would bring more.

    ``surest`` is None where there is no quote. No limit changes it, so it may be one that a lesser limit leaves out: of
    the first three the one that holds every word, even where it only asks, or else the first.
    """

    quotes: tuple[Quote, ...]
    surest: Quote | None
    has_more: bool


def choose_quotes(coverage: Coverage, hits: Sequence[Hit], limit: int) -> ChosenQuotes:
    """Up to ``limit`` quotes, in the order of ``hits``; the first three in that of ``FIRST``.

    Fewer are the first of more, so that no limit changes what is shown before it.

    At most one an article, unless a second adds what none before it holds; a paragraph nearly the same as one already
    quoted is folded into it (``also_in``). ``limit`` is at least 1.

    Where the latest is asked for, what is about the whole question comes first, the newest before others. Whether the
    archive answers is still judged by what brings most of the question, which need not be new.
    """
    chosen = _choose(coverage, hits, limit, is_newest_asked=False)
    if asks_for_newest(coverage.query.question.text) is None:
        return chosen
    newest = _choose(coverage, _newest_first(coverage, hits), limit, is_newest_asked=True)
    return newest._replace(surest=chosen.surest)


def _choose(coverage: Coverage, hits: Sequence[Hit], limit: int, is_newest_asked: bool) -> ChosenQuotes:
    found = list(_runs(coverage, hits))
    worth = [
        coverage.share(matched_terms(run.matches) | coverage.held_in_title(run.paragraph.article)) for run, _ in found
    ]
    telling = [share for share, (run, _) in zip(worth, found, strict=True) if run.tells]
    least = WORTH * max(telling or worth, default=0.0)
    quotes: list[Quote] = []
    tells: list[bool] = []
    own: list[float] = []
    quoted: list[Shingles] = []
    has_more = False
    shown = 0
    for (run, score), share in zip(found, worth, strict=True):
        words = matched_terms(run.matches)
        wording = shingles(coverage.tokens.word_ids(run.paragraph))
        twin = next(
            (i for i, one in enumerate(quoted) if is_near_duplicate(one, wording, coverage.tokens.has_digit)), None
        )
        if twin is not None:
            quotes[twin] = _folded(quotes[twin], run.paragraph)
        elif share >= least and (not quotes or _adds(coverage, run, quotes, shown)):
            if len(quotes) == max(limit, FIRST):
                has_more = True
            else:
                quotes.append(_quote(coverage, run, score))
                tells.append(run.tells)
                own.append(coverage.share(words))
                quoted.append(wording)
                shown |= words
    order = sorted(range(len(quotes[:FIRST])), key=lambda i: (not tells[i], bool(quotes[i].unmatched_terms)))
    surest = min((quotes[i] for i in order), key=lambda quote: bool(quote.unmatched_terms), default=None)
    if is_newest_asked:
        order.sort(key=lambda i: (not tells[i], bool(quotes[i].unmatched_terms), -_day(quotes[i].article)))
    first = [quotes[i] for i in order if i == order[0] or own[i] >= OWN]
    return ChosenQuotes((*first, *quotes[FIRST:])[:limit], surest, has_more or len(quotes) > limit)


def _newest_first(coverage: Coverage, hits: Sequence[Hit]) -> list[Hit]:
    """Before all others, the latest first, those that hold the whole question, and whose articles' titles do too."""
    every = mask_of(range(len(coverage.query.words)))

    def order(hit: Hit) -> int:
        article = hit.passage.article
        is_about = coverage.held_in_title(article) == every == coverage.words(hit.passage)
        return -_day(article) if is_about else 1

    return sorted(hits, key=order)


def _day(article: Article) -> int:
    """When it was published; of undated ones nothing is known that would be late."""
    return article.published.toordinal() if article.published else 0


def _adds(coverage: Coverage, run: Snippet, quotes: Sequence[Quote], shown: TermMask) -> bool:
    """Whether ``run`` is worth a further quote beside ``quotes``, which hold the words ``shown``."""
    words = matched_terms(run.matches)
    is_elsewhere = run.paragraph.article.id not in {quote.article.id for quote in quotes}
    return coverage.share(words) >= OWN and (is_elsewhere or coverage.share(words & ~shown) >= SECOND_WORTH)


def _runs(coverage: Coverage, hits: Sequence[Hit]) -> Iterator[tuple[Snippet, float]]:
    """The best run of each passage, and the passage's score; a paragraph is quoted once."""
    seen: set[tuple[str, int]] = set()
    for hit in hits[:CONSIDERED]:
        run = best_snippet(coverage, hit.passage)
        if run and (key := (run.paragraph.article.id, run.paragraph.number)) not in seen:
            seen.add(key)
            yield run, hit.score


def _quote(coverage: Coverage, run: Snippet, score: float) -> Quote:
    words_held = matched_terms(run.matches)
    typed = matched_terms(match for match in run.matches if match.form.origin in ("typed", "thread"))
    words = coverage.query.words
    found = {
        match.span.slice(run.paragraph.article.text): " ".join(words[i].typed for i in match.form.positions)
        for match in run.matches
        if match.words & ~typed
    }
    # Whoever typed "fed" need not be told that it was found as "Fed’s".
    found_as = {
        shown: asked
        for shown, asked in found.items()
        if strip_possessive(shown).casefold() != strip_possessive(asked).casefold()
    }
    return Quote(
        run.paragraph,
        run.span,
        highlights=_disjoint([match.span for match in run.matches]),
        unmatched_terms=tuple(word.typed for i, word in enumerate(words) if not words_held >> i & 1),
        matched_expansions=tuple(found_as.items()),
        score=score,
    )


def _disjoint(spans: Sequence[Span]) -> tuple[Span, ...]:
    """``spans`` in order, those that overlap or touch made one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def _folded(quote: Quote, twin: Paragraph) -> Quote:
    if twin.article.id in {quote.article.id, *(other.article.id for other in quote.also_in)}:
        return quote
    return Quote(
        quote.paragraph,
        quote.span,
        quote.highlights,
        quote.unmatched_terms,
        quote.matched_expansions,
        (*quote.also_in, twin),
        quote.score,
    )
