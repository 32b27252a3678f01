"""The sentences above the quotes: what was searched, what the quotes lack, and why there is no answer.

They say what can be proved about the archive, never what the articles mean.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.index import Index
from bot.index.retrieval import contains_phrase, phrase_query, positions_outside_phrases
from bot.models import (
    Answer,
    ArchiveFacts,
    ArchiveSummary,
    Difference,
    Expansion,
    Filters,
    Query,
    Quote,
    Reply,
    Scope,
    Trace,
    format_date,
    join_words,
    pluralize,
)
from bot.search.asking import find_foreign_words
from bot.search.coverage import Coverage
from bot.search.occurrences import to_bitmask
from bot.search.variants import open_forms
from bot.text import analysis

MAX_LISTED, MAX_CHARS = 6, 40
"""Words that a sentence lists, and the characters of each."""
MAX_TITLE_CHARS = 120
MAX_DIFFERENCES = 3
MAX_NAMED = 3
"""Up to this many content words are named in a proof that no passage has them together."""

MAX_PROVED = 500
"""Passages that are looked at for such a proof, at most."""


def list_words(words: Sequence[str], conjunction: str) -> str:
    """List ``words`` in quotation marks, the first ones if there are many."""
    return join_words(_first_words(words, '"'), conjunction)


def _first_words(words: Sequence[str], mark: str = "") -> list[str]:
    """The first of ``words``, shortened and between two ``mark``s, and the number of the others."""
    first = [f"{mark}{textwrap.shorten(word, MAX_CHARS, placeholder='…')}{mark}" for word in words[:MAX_LISTED]]
    return [*first, f"{len(words) - MAX_LISTED:,} more words"] if len(words) > MAX_LISTED else first


def describe_scope(scope: Scope) -> str:
    """Which articles are searched: ' from source "Reuters" published since 1 January 2024'; "" for all."""
    limits = (("since", scope.since), ("before", scope.before))
    dates = [f"{preposition} {format_date(day)}" for preposition, day in limits if day is not None]
    sources = f" from source {list_words(scope.sources, 'or')}" if scope.sources else ""
    return sources + (f" published {' and '.join(dates)}" if dates else "")


def describe_filters(filters: Filters) -> str:
    """What a passage must have and must not: ' with "joint venture" and without "ferry"'; "" for any passage."""
    parts = [f"with {list_words(filters.phrases, 'and')}"] if filters.phrases else []
    parts += [f"without {list_words(filters.excluded, 'or')}"] if filters.excluded else []
    return f" {' and '.join(parts)}" if parts else ""


def searched_line(trace: Trace) -> str | None:
    """What was searched; None for a question that is searched for its own words alone."""
    query, filters, undated = trace.query, trace.query.filters, trace.searched.undated
    narrowed = replace(filters.scope, until=None) != Scope()
    if not (query.inherited_positions or filters.phrases or filters.excluded or narrowed):
        return None
    terms = _first_words([query.words[i].typed for i in positions_outside_phrases(query.words, filters)])
    if filters.phrases:
        terms.append(list_words(filters.phrases, "+"))
    parts = (
        " + ".join(terms),
        f"without {list_words(filters.excluded, 'or')}" if filters.excluded else "",
        describe_scope(filters.scope).strip(),
        f"{pluralize(undated, 'undated article')} left out" if undated else "",
    )
    return "Searched: " + " · ".join(part for part in parts if part)


def misread_line(filters: Filters) -> str | None:
    """What looked like an operator and is none, or has no valid date, and what to write; None if nothing did."""
    lines = []
    if dates := filters.invalid_dates:
        lines.append(
            f"No such date, so left out: {list_words(dates, 'and')}. Write it as in after:2024, after:2024-01 or "
            "after:2024-01-31."
        )
    if filters.unrecognized:
        lines.append(
            f"Not an operator, so searched as plain words: {list_words(filters.unrecognized, 'and')}. The operators "
            'are "exact phrase", -word, source:name, after:2024-01 and before:2025-06-01.'
        )
    return " ".join(lines) or None


def header_lines(reply: Reply) -> Iterator[str]:
    """The lines above the quotes: what was searched, a newer article, differences, a warning, or why it abstains."""
    yield from filter(None, (searched_line(reply.trace), misread_line(reply.trace.query.filters)))
    if isinstance(reply, Answer) and reply.archive:
        yield from describe_archive(reply.archive)
    elif isinstance(reply, Answer):
        if newer := reply.newer_article:
            title = textwrap.shorten(newer.title, MAX_TITLE_CHARS, placeholder="…")
            yield f"A newer article, {format_date(newer.published)}: {title}"
        if reply.differences:
            yield describe_differences(reply.differences)
        if reply.warning:
            yield f"{reply.warning} Nearest, in the articles' own words:"
    else:
        yield reply.reason
        if reply.nearest:
            yield "Nearest passage:" if len(reply.nearest) == 1 else "Nearest passages:"


def describe_differences(differences: Sequence[Difference]) -> str:
    """The words in which similar quotes differ: 'These differ: "40 million" / "40 billion"', the first ones."""
    pairs = dict.fromkeys(pair for one in differences for pair in zip(*one.words, strict=True))
    return "These differ: " + "; ".join(
        " / ".join(f'"{textwrap.shorten(words, MAX_CHARS, placeholder="…")}"' for words in pair)
        for pair in [*pairs][:MAX_DIFFERENCES]
    )


def describe_archive(facts: ArchiveFacts) -> Iterator[str]:
    """Facts about the archive itself, as a sentence, and a line for each article that was asked for."""
    count, earliest, latest = pluralize(facts.total, "article"), facts.earliest, facts.summary.latest
    dates = f", published from {format_date(earliest)} to {format_date(latest)}" if earliest and latest else ""
    if facts.kind in ("abilities", "size"):
        size = f"The archive has {count}, {pluralize(facts.summary.paragraphs, 'paragraph')}{dates}."
        yield size if facts.kind == "size" else f"Ask what the articles say, and they are quoted. {size}"
    elif facts.kind == "dated":
        number = facts.summary.articles
        are = "is" if number == 1 else "are"
        yield f"{number:,} of the archive's {count} {are} of that time{':' if number else '.'}"
    else:
        yield (
            f"The {facts.kind} of the archive's {count}:"
            if facts.listed
            else f"None of the archive's {count} is dated."
        )
    for article in facts.listed:
        title = textwrap.shorten(article.title, MAX_TITLE_CHARS, placeholder="…")
        yield f"{format_date(article.published)} · {title} · {article.source}"


class ArchiveProbe:
    """Checks what the archive has of a query, in the articles of its scope."""

    def __init__(self, index: Index, query: Query) -> None:
        self._index, self._query = index, query

    def may_have_word(self, position: int) -> bool:
        """Whether the word at ``position`` stands in any passage, title or heading, or what may be a form of it."""
        word, query = self._query.words[position], self._query.without_requirements()
        typed = word.typed.lower()
        others = [analysis.to_search_term(other) for other in (typed, typed.removesuffix("s"), f"{typed}s")]
        similar = [
            Expansion((term,), (), 1.0, "form", term)
            for term in (*filter(None, others), *self._index.lexicon.similar_terms(word.term))
        ]
        expansions = (*similar, *(one for one in query.expansions if position in one.positions))
        if self._has_hit(replace(query, expansions=expansions)):
            return True
        return any(map(self._index.has_sequence, open_forms(word.typed)))

    def may_have_together(self, positions: Sequence[int]) -> bool:
        """Whether a passage that meets the filters may have all of the words at ``positions``, with heading and title.

        Every passage with the rarest of them is looked at, unless these are too many.
        """
        if self._has_hit(self._query.requiring_words(positions)):
            return True
        passages = []
        for at in positions:
            own = tuple(one for one in self._query.expansions if at in one.positions)
            passages.append(self._index.retriever.scores(replace(self._query, expansions=own), MAX_PROVED))
        rarest = min(passages, key=len)
        coverage = Coverage(self._query, self._index.lexicon.idf, self._index.tokens)
        wanted = to_bitmask(positions)
        found = (self._index.archive.passages[number] for number in rarest)
        # Where one of the words stands nowhere as typed, something may be a form of it.
        return len(rarest) in (0, MAX_PROVED) or any(not wanted & ~coverage.terms_around(passage) for passage in found)

    def has_phrase(self, phrase: str) -> bool:
        """Whether any paragraph has ``phrase``."""
        return self._has_hit(phrase_query(self._query, phrase))

    def _has_hit(self, query: Query) -> bool:
        return bool(self._index.retriever.scores(query, 1))


def partial_match_warning(
    query: Query, quotes: Sequence[Quote], missing: Sequence[str], probe: ArchiveProbe, *, is_sure: bool
) -> str | None:
    """What the quotes lack, as a sentence, if the reader should know.

    That is a phrase; or the words ``missing`` from the first quote, unless it surely answers: then only a number, or
    one of two words.
    """
    if phrases := query.filters.optional_phrases:
        texts = [quote.paragraph.text for quote in quotes]
        lacking = [phrase for phrase in phrases if not all(contains_phrase(text, phrase) for text in texts)]
        if lacking:
            return f"Not in all of these passages word for word: {list_words(lacking, 'and')}."
    lacks_number = any(character.isdigit() for word in missing for character in word)
    if not missing or (is_sure and not lacks_number and len(query.words) > 2):
        return None
    if never := _never_together(query, probe):
        return f"No passage{describe_scope(query.filters.scope)}{describe_filters(query.filters)} holds {never}."
    return f"Only part of the question is in the first quote: not {list_words(missing, 'or')}."


def abstention_reason(
    query: Query,
    probe: ArchiveProbe,
    everything: ArchiveSummary,
    searched: ArchiveSummary,
    *,
    meets_filters: bool,
) -> str:
    """Why the archive does not answer; ``searched`` is the part of ``everything`` in scope.

    ``meets_filters``: some passage has the phrases, and nothing that is excluded.
    """
    if not query.words:
        return "The question has no word that can be searched for: ask with a name or a subject."
    scope = describe_scope(query.filters.scope)
    if not searched.articles and everything.articles:
        return f"Not in the archive: no article{scope} is among its {_describe_archive(everything)}."
    archive = _describe_archive(searched, scope)
    if (foreign := find_foreign_words(query.question.text)) and not any(
        probe.may_have_word(i) for i in range(len(query.words))
    ):
        return f"No passage answers this: the question is in {foreign[0]}, and no word of it is in the archive."
    if absent := _absent(query, probe):
        return f"Not in the archive: {absent} its {archive}."
    if not meets_filters:
        return f"Not in the archive: no passage{describe_filters(query.filters)} of its {archive} holds what was asked."
    never = _never_together(query, probe)
    return f"No passage{scope}{describe_filters(query.filters)} holds {never}." if never else "No passage answers this."


def _absent(query: Query, probe: ArchiveProbe) -> str | None:
    """The phrases that no paragraph has, or the words that occur nowhere, as "… nowhere in"; None without such."""
    typed = (*query.filters.phrases, *query.filters.optional_phrases)
    if phrases := [phrase for phrase in typed if not probe.has_phrase(phrase)]:
        return f"{list_words(phrases, 'and')} {'occurs' if len(phrases) == 1 else 'occur'} in no paragraph of"
    absent = [word for i, word in enumerate(query.words) if word.weight >= 1 and not probe.may_have_word(i)]
    if words := [word.typed for word in absent]:
        return f"{list_words(words, 'and')} {'occurs' if len(words) == 1 else 'occur'} nowhere in"
    return None


def _describe_archive(summary: ArchiveSummary, scope: str = "") -> str:
    latest = f" (latest {format_date(summary.latest)})" if summary.latest else ""
    return f"{pluralize(summary.articles, 'article')}{scope}{latest}"


def _never_together(query: Query, probe: ArchiveProbe) -> str | None:
    """The words of a short question which no passage has together; None if one does, or the question is longer."""
    positions = positions_outside_phrases(query.words, query.filters)
    if not 0 < len(positions) <= MAX_NAMED or probe.may_have_together(positions):
        return None
    words = list_words([query.words[i].typed for i in positions], "and")
    return {1: "", 2: "both "}.get(len(positions), "all of ") + words
