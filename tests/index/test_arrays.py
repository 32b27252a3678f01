"""Strings that lie behind each other as bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.index.arrays import STRIDE, StringArray, in_memory

WORDS = st.text(st.sampled_from("abé\ud800\U0001f600"), max_size=5)


@given(st.sets(WORDS, max_size=3 * STRIDE), st.lists(WORDS, max_size=9))
def test_a_string_is_found_where_it_stands(words: set[str], asked: list[str]) -> None:
    """Of sorted strings each is found at its place, however they are alike, and no other is found."""
    known = sorted(words)
    strings = StringArray(in_memory(StringArray.encode(known)))
    assert [strings.find(word) for word in known] == list(range(len(known)))
    assert [strings.find(word) for word in asked] == [known.index(word) if word in words else None for word in asked]
