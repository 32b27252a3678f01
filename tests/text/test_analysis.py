"""Tokenizing, folding and stemming: which words share a term, and the offsets of tokens."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.analysis import extract_terms, fold, split_words, to_term, tokenize

TEXTS = st.text(max_size=60) | st.text(alphabet=".'’&-,019aAbBsS\u0301\u200b\u00ad \nßİıſ日あ½ﬁ", max_size=25)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   \n\t", []),
        ("...!? — “”", []),
        ("🎉👍🏽", []),
        ("the and of", []),
        ("\u200b\u00ad", []),
        ("pier", ["pier"]),
        ("Pier PIER pier", ["pier"] * 3),
        ("(GCAP), GCAP. “GCAP” GCAP’s", ["gcap"] * 4),
        ("3.5", ["3.5"]),
        ("1,000 1000", ["1000", "1000"]),
        ("2024 2025", ["2024", "2025"]),
        ("sixth-generation", ["sixth", "generation"]),
        ("F-35 F35", ["f35", "f35"]),
        ("Su-57 B-52H", ["su57", "b52h"]),
        ("5-6", ["5", "6"]),
        ("R&D", ["r&d"]),
        ("日本", ["日", "本"]),
        ("GCAP日本", ["gcap", "日", "本"]),
        ("ก่อน", ["ก่", "อ", "น"]),
        ("hello_world", ["hello", "world"]),
    ],
)
def test_extract_terms(text: str, expected: list[str]) -> None:
    """A text gives the terms of its words in order, without stop words; a text without words gives none."""
    assert extract_terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pier", "pier"),
        ("Pier", "PIER"),
        ("piers", "pier"),
        ("café", "CAFE"),
        ("café", "cafe\u0301"),
        ("Erdoğan", "Erdogan"),
        ("İstanbul", "istanbul"),
        ("Straße", "STRASSE"),
        ("ﬁnance", "finance"),
        ("Ｊａｐａｎ", "Japan"),
        ("co\u00adoperate", "cooperate"),
        ("zero\u200bwidth", "zerowidth"),
        ("עִבְרִית", "עברית"),
        ("O’Brien", "O'Brien"),
        ("Iran’s", "Iran"),
        ("Iran's", "Iran"),
        ("ministers’", "minister"),
        ("US's", "US"),
        ("US’s", "U.S."),
        ("U.S.", "US"),
        ("U.S", "U.S."),
        ("U.K", "U.K."),
        ("U.K.", "UK"),
        ("U.N.", "UN"),
        ("F-35", "F35"),
        ("F-35s", "F-35"),
        ("defence", "defense"),
        ("offence", "offense"),
        ("licence", "license"),
        ("programme", "program"),
        ("programmes", "programs"),
        ("organise", "organize"),
        ("organisation", "organization"),
        ("analyse", "analyze"),
        ("colour", "color"),
        ("harbours", "harbors"),
        ("neighbouring", "neighboring"),
        ("behaviour", "behavior"),
        ("centre", "center"),
        ("theatres", "theaters"),
        ("metre", "meter"),
        ("dialogue", "dialog"),
        ("travelled", "traveled"),
        ("cancelling", "canceling"),
        ("grey", "gray"),
        ("fled", "flee"),
        ("sold", "sells"),
        ("women", "woman"),
    ],
)
def test_words_with_one_term(one: str, other: str) -> None:
    """Case, accents, width, apostrophes, possessives, plurals and regional spelling do not change a word's term."""
    assert extract_terms(one) == extract_terms(other)
    assert len(extract_terms(one)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Iran", "Iraq"),
        ("India", "Indiana"),
        ("Niger", "Nigeria"),
        ("Austria", "Australia"),
        ("Singh", "Sing"),
        ("2024", "2025"),
        ("3.5", "35"),
        ("F-35", "F-16"),
        ("four", "for"),
        ("hour", "horror"),
        ("filled", "filed"),
        ("rise", "rice"),
        ("metre", "metro"),
        ("centre", "cent"),
        ("polling", "poling"),
        ("media", "medium"),
        ("Sung", "Sing"),
        ("Maine", "main"),
        ("Commons", "common"),
        ("Rapids", "rapidly"),
        ("original", "origin"),
    ],
)
def test_words_with_different_terms(one: str, other: str) -> None:
    """Different words are not folded or stemmed to one term."""
    assert extract_terms(one) != extract_terms(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("us", []),
        ("may", []),
        ("what’s WHAT'S Isn’t", []),
        ("US", ["u.s."]),
        ("May", ["may"]),
        ("paint us the US figure", ["paint", "u.s.", "figur"]),
    ],
)
def test_stop_words_are_not_searched(text: str, expected: list[str]) -> None:
    """Stop words are not searched, in any case or with any apostrophe; "US" and "May" are."""
    assert extract_terms(text) == expected


def test_stop_words_are_still_tokens() -> None:
    """A stop word is a token that is marked as a stop word."""
    assert [(token.term, token.is_stop) for token in tokenize("the piers")] == [("the", True), ("pier", False)]


def test_a_token_has_the_offsets_of_its_word() -> None:
    """A token's offsets cover the original word, with its accents, capitals and possessive."""
    text = "“CAFÉ’s” (F-35), zero\u200bwidth 1,000"
    assert [text[token.start : token.end] for token in tokenize(text)] == ["CAFÉ’s", "F-35", "zero\u200bwidth", "1,000"]


@given(TEXTS)
@example("U.S.’s F-35s")
def test_tokens_are_ordered_and_disjoint(text: str) -> None:
    """In any text, tokens are ordered, disjoint and within bounds, and the slice of each has the token's term."""
    at = 0
    for token in tokenize(text):
        assert at <= token.start < token.end <= len(text)
        assert to_term(text[token.start : token.end]) == token.term
        at = token.end


@given(TEXTS)
def test_tokens_and_terms_agree(text: str) -> None:
    """Tokenizing and extracting terms give the same search terms."""
    assert extract_terms(text) == [token.term for token in tokenize(text) if not token.is_stop]
    assert extract_terms(text) == [token.term for token in tokenize(text) if not token.is_stop]  # from the cache


@given(TEXTS)
@example("US U.S. U.S.A. F-35 1,000 İ ﬁ")
def test_folding_is_idempotent(text: str) -> None:
    """Folding a folded word does not change it."""
    for word in split_words(text):
        assert fold(fold(word)) == fold(word)
