"""Test that the arrays computed from rows equal plain counts over the articles."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.index import Index, learning
from bot.index.archive import Archive
from bot.index.arrays import StringArray, in_memory, unprefix
from bot.index.build import analyze, build_arrays, find_terms, join_passages
from bot.index.lexicon import LearnedExpansions
from bot.index.postings import TermLists
from bot.index.retrieval import FIELDS
from bot.models import Article
from bot.text import analysis
from tests.factories import all_paragraphs, article

from .folders import prose, words

_ORNAMENTS = st.sampled_from(["* * *", "—", "…"])
_letters = st.text("aA bB.'’&-1é東İßǅ", max_size=12)
_texts = st.lists(st.one_of(prose, prose, words, _ORNAMENTS, _letters), max_size=5)


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    """Draw articles with and without headings, titles, terms and paragraphs."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        blocks = [block for text in draw(_texts) for block in text.split("\n\n") if block]
        headings = [block for block in blocks if draw(st.integers(0, 3)) == 0]
        title = draw(st.one_of(words, _letters, st.just("The of and"), st.just("")))
        made.append(article(*blocks, id=f"{number}.txt", title=title, headings=headings))
    return made


NOTHING = [article("* * *", id="none.txt", title="")]
BETWEEN = [article("Tarn.", id="a.txt"), *NOTHING, article("The ferry.", "Late.", id="b.txt", headings=["Late."])]


def decode(lists: TermLists, terms: Sequence[str]) -> list[list[str]]:
    """Return the terms of each list."""
    decoded = [terms[number] for number in lists.terms.tolist()]
    return [decoded[start:end] for start, end in pairwise(lists.borders.tolist())]


@settings(max_examples=60)
@given(articles())
@example(NOTHING)
@example(BETWEEN)
def test_field_documents(given_articles: list[Article]) -> None:
    """The terms of each passage are, by field, what ``FIELDS`` returns."""
    rows = analyze(given_articles)
    arrays = in_memory(build_arrays(rows))
    archive = Archive(unprefix("rows", arrays), unprefix("archive", arrays))
    terms = list(StringArray(unprefix("terms", arrays)))
    assert terms == sorted(set(terms))
    term_of = np.array([terms.index(term) if term else -1 for term in rows.vocabulary.terms], np.int32)
    by_passage = join_passages(rows.arrays, find_terms(rows.arrays, term_of))
    for name, (passage_terms, _) in FIELDS.items():
        assert decode(by_passage[name], terms) == [passage_terms(passage) for passage in archive.passages]


@settings(max_examples=60)
@given(articles())
@example(NOTHING)
@example(BETWEEN)
def test_the_lexicon_equals_plain_counts(given_articles: list[Article]) -> None:
    """Counts, first spellings and acronyms equal those of a loop over the paragraphs."""
    arrays = in_memory(build_arrays(analyze(given_articles)))
    index, own = Index.from_arrays(arrays), unprefix("lexicon", arrays)
    every: Counter[str] = Counter()
    small: Counter[str] = Counter()
    first: dict[str, str] = {}
    long_forms: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    paragraphs = [paragraph.text for paragraph in all_paragraphs(index.archive)]
    for text in paragraphs:
        written = analysis.split_words(text)
        every.update({term for word in written if (term := analysis.to_search_term(word))})
        small.update({term for word in written if not word[0].isupper() and (term := analysis.to_search_term(word))})
        for word in written:
            first.setdefault(analysis.fold(word), word)
        for one in learning.find_definitions(text):
            long, short = tuple(analysis.extract_terms(one.long)), analysis.to_term(one.short)
            if long and (short,) != long:
                long_forms[short][long] += 1
    terms = list(StringArray(unprefix("terms", arrays)))
    assert index.lexicon.size == len(paragraphs)
    assert {term: index.lexicon.paragraph_count(term) for term in terms} == {term: every[term] for term in terms}
    assert own["lowercase_counts"].all().tolist() == [small[term] for term in terms]
    folded, spelled = (list(StringArray(unprefix(name, own))) for name in ("folded", "spellings"))
    assert dict(zip(folded, spelled, strict=True)) == first
    learned = LearnedExpansions.from_json(own["expansions"].all().tobytes())
    assert {short: {*longs} for short, longs in learned.long_forms.items()} == {
        short: {*longs} for short, longs in long_forms.items()
    }
    for short, longs in learned.long_forms.items():
        counts = [long_forms[short][tuple(long)] for long in longs]
        assert counts == sorted(counts, reverse=True)
