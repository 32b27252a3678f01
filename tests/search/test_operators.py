"""Operators as people type them: which are recognized, and what stays as it is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.index.retrieval import contains_phrase, excluded_phrases
from bot.models import Filters, Question, Scope
from bot.search.expansion import expand
from bot.search.operators import parse_operators
from tests.factories import article, lexicon
from tests.index.reference import is_in_scope

NO_OPERATOR = [
    "",
    "what was agreed on GCAP",
    "a sixth-generation fighter, an e-mail and the F-35",
    "the meeting at 10:30",
    "is it below -5 degrees, or -1,000",
    "https://example.org/a:b?c=-d and www.example.org/-x",
    "mailto:desk@example.org tel:+4712345",
    'the "lone mark',
    'a 12" record and a 7" single',
    'what " is " this',
    "it's the Joneses' boat, isn't it",
    "'single marks' and ‘curly ones’",
    'the "Quad" summit',
    "“Edgewing” and «GCAP»",
    'who said "to be or not to be"',
    "Japan - India talks – what came of them",
    "the ministers —Singh and Nakatani— agreed",
    "the MHC:antigen complex",
    "the film Mission:Impossible",
    "note: this is no operator",
    "source: Reuters",
    "pullquote --limit 3 and git -m",
    "-the -of -and",
    "std::vector and C:\\temp",
    ":wave: hello :-)",
    "日本:潜水艦",
]


@pytest.mark.parametrize("said", NO_OPERATOR)
def test_anything_else_stays_as_typed(said: str) -> None:
    """Text without operators is unchanged and has no filters."""
    assert parse_operators(said) == (said, Filters())


SINCE_2024 = Scope(since=date(2024, 1, 1))
READ = [
    ('"exact phrase" cost', Filters(phrases=("exact phrase",))),
    ("“exact phrase” cost", Filters(phrases=("exact phrase",))),
    ("„exact phrase“ cost", Filters(phrases=("exact phrase",))),
    ("«exact phrase» cost", Filters(phrases=("exact phrase",))),
    ('("exact  phrase "), cost', Filters(phrases=("exact phrase",))),
    ('the "new one and "exact phrase" cost', Filters(phrases=("exact phrase",))),
    ('"exact phrase" cost "other phrase" "exact phrase"', Filters(phrases=("exact phrase", "other phrase"))),
    ("cost -ferry", Filters(excluded=("ferry",))),
    ("-Ferry cost?", Filters(excluded=("Ferry",))),
    ("cost –ferry", Filters(excluded=("ferry",))),
    ("cost −ferry, ‑pier.", Filters(excluded=("ferry", "pier"))),
    ("cost -F-35 -e-mail", Filters(excluded=("F-35", "e-mail"))),
    ('cost -"old ferry" -"pier"', Filters(excluded=("old ferry", "pier"))),
    ("cost source:Reuters", Filters(scope=Scope(("Reuters",)))),
    ("Source:reuters. cost", Filters(scope=Scope(("reuters",)))),
    ('cost source:"Sample desk" source:AP', Filters(scope=Scope(("Sample desk", "AP")))),
    ("cost source:“Sample desk”", Filters(scope=Scope(("Sample desk",)))),
    ("cost source:ferry.txt", Filters(scope=Scope(("ferry.txt",)))),
    ("cost after:2024", Filters(scope=SINCE_2024)),
    ("cost after:2024-01", Filters(scope=SINCE_2024)),
    ("After:2024-1-1 cost", Filters(scope=SINCE_2024)),
    ("cost after:2024–01–01?", Filters(scope=SINCE_2024)),
    ("cost after:2024 after:2023-06", Filters(scope=SINCE_2024)),
    ("cost before:2025-06-01 before:2026", Filters(scope=Scope(before=date(2025, 6, 1)))),
    ("cost after:2024 before:2025", Filters(scope=Scope((), date(2024, 1, 1), date(2025, 1, 1)))),
    ("author:Singh cost", Filters(unrecognized=("author:Singh",))),
    ("Author:Singh cost", Filters(unrecognized=("Author:Singh",))),
    ('cost site:example.org author:"R. Singh"', Filters(unrecognized=("site:example.org", 'author:"R. Singh"'))),
    ("cost -source:AP", Filters(unrecognized=("-source:AP",))),
    ("cost after:yesterday", Filters(unrecognized=("after:yesterday",))),
    ("cost after:2024-13 before:2023-02-29", Filters(invalid_dates=("after:2024-13", "before:2023-02-29"))),
    ("cost before:01/06/2025 after:0000", Filters(unrecognized=("before:01/06/2025",), invalid_dates=("after:0000",))),
    ('cost source:"?"', Filters(unrecognized=('source:"?"',))),
]


@pytest.mark.parametrize(("said", "expected"), READ)
def test_operators_are_recognized(said: str, expected: Filters) -> None:
    """Operators are recognized anywhere, with the marks and dashes of any phone; the rest is reported."""
    assert parse_operators(said)[1] == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('what did the "old pier" cost -ferry source:AP after:2024', ["old", "pier", "cost"]),
        ("pier author:Singh", ["pier", "author", "Singh"]),
        ("pier after:yesterday", ["pier", "yesterday"]),
        ("source:AP -ferry before:2024", []),
    ],
)
def test_the_words_that_are_searched(said: str, words: list[str]) -> None:
    """A phrase is searched by its words, as is an unrecognized operator; other operators are not searched."""
    assert [word.typed for word in expand(lexicon("The old pier."), Question(said)).words] == words


@pytest.mark.parametrize(
    ("said", "excluded"),
    [("-ferries pier", {"ferri"}), ("-rose pier", {"rise", "rose"}), ("-Rose pier", {"rose"}), ('-"a b" pier', set())],
)
def test_an_excluded_word_is_excluded_in_all_inflections(said: str, excluded: set[str]) -> None:
    """Singular, plural and capitalised forms are excluded."""
    assert set(expand(lexicon("The old pier."), Question(said)).excluded) == excluded


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("The old pier fell.", "old piers", False),
        ("The bold pier fell.", "old pier", False),
        ("The old stone pier.", "old pier", False),
        ("Pier: old.", "old pier", False),
        ("The OLD\u00a0Pier fell.", "old pier", True),
        ("The old\npier.", "Old Pier", True),
        ("The old, “pier”.", "old pier", True),
        ("The six-lane pier’s end.", "six lane pier's", True),
        ("Ein cafe\u0301 am Meer", "café am", True),
        ("The break\u00adwater held.", "breakwater held", True),
        ("The Ｆ-35 came.", "f-35 came", True),
        ("日本の首相は東京にいた。", "首相", True),
        ("日本の首相は東京にいた。", "相首", False),
    ],
)
def test_matching_phrases(text: str, phrase: str, expected: bool) -> None:
    """Case, blanks, punctuation and invisible characters are ignored; another inflection is another phrase."""
    assert contains_phrase(text, phrase) is expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), True),
        (Scope(("post",)), True),
        (Scope(("TARN post",)), True),
        (Scope(("news tarn",)), True),
        (Scope(("AP", "post")), True),
        (Scope(("Tar",)), False),
        (Scope(("post tarn",)), False),
        (Scope(since=date(2024, 5, 1), before=date(2024, 5, 2)), True),
        (Scope(since=date(2024, 5, 2)), False),
        (Scope(before=date(2024, 5, 1)), False),
        (Scope(("AP",), since=date(2024, 1, 1)), False),
    ],
)
def test_articles_in_scope(scope: Scope, expected: bool) -> None:
    """A source is matched by whole words of the publisher or the file; dates from the beginning of the day."""
    dated = article("Text.", id="news/tarn_1.txt", source="Tarn Post", published=date(2024, 5, 1))
    assert is_in_scope(dated, scope) is expected


def test_an_undated_article_is_in_no_date_range() -> None:
    """An article without a date is neither after nor before any."""
    undated = article("Text.", id="a.txt")
    assert not is_in_scope(undated, Scope(since=date.min))
    assert not is_in_scope(undated, Scope(before=date.max))
    assert is_in_scope(undated, Scope(("a",)))


PIECES = [
    '"',
    "“",
    "-",
    "—",
    ":",
    " ",
    "source",
    "after:",
    "2024",
    "-01",
    "ferry",
    "the",
    "x",
    "(",
    "日",
    "\u0301",
    "?",
]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text(max_size=60))
def test_anything_can_be_parsed(said: str) -> None:
    """Any text can be parsed, and what remains has no further operators when parsed again."""
    words, filters = parse_operators(said)
    again = parse_operators(words)[1]
    assert again.scope == Scope()
    assert set(excluded_phrases(filters)) <= set(filters.excluded)
