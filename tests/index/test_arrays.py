"""Test lookups in arrays of strings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.index.arrays import STRIDE, StringArray, in_memory

WORDS = st.text(st.sampled_from("abé\ud800\U0001f600"), max_size=5)


@given(st.sets(WORDS, max_size=3 * STRIDE), st.lists(WORDS, max_size=9))
def test_find_returns_the_position_of_a_string(words: set[str], queries: list[str]) -> None:
    """Each of the sorted strings is found at its position, however similar they are, and no other string is found."""
    known = sorted(words)
    strings = StringArray(in_memory(StringArray.encode(known)))
    assert [strings.find(word) for word in known] == list(range(len(known)))
    assert [strings.find(word) for word in queries] == [
        known.index(word) if word in words else None for word in queries
    ]
