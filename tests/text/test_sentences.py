"""Splitting a paragraph into sentences."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.sentences import split_sentences

TEXTS = st.text(max_size=80) | st.text(alphabet="aA1 .!?…'’\"“”()-,\n\r\u00a0ש。", max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("A headline without a full stop", ["A headline without a full stop"]),
        ("One sentence.", ["One sentence."]),
        ("  One sentence.  ", ["One sentence."]),
        ("It rained. It stopped.", ["It rained.", "It stopped."]),
        ("Is it? Yes! It is.", ["Is it?", "Yes!", "It is."]),
        ("It rained. A tail without a stop", ["It rained.", "A tail without a stop"]),
        ("Gen. Maren met Dr. Tveit. They left.", ["Gen. Maren met Dr. Tveit.", "They left."]),
        ("Mr. J. R. Ode spoke. Lt. Col. Lie did not.", ["Mr. J. R. Ode spoke.", "Lt. Col. Lie did not."]),
        ("The U.S. said no. The U.K. agreed.", ["The U.S. said no.", "The U.K. agreed."]),
        ("The U.S. President came. He left.", ["The U.S. President came.", "He left."]),
        ("Pier No. 5 is open. It is new.", ["Pier No. 5 is open.", "It is new."]),
        ("It opens at 5 a.m. today. Come early.", ["It opens at 5 a.m. today.", "Come early."]),
        ("It opens at 9 p.m. Thursday. Come early.", ["It opens at 9 p.m. Thursday.", "Come early."]),
        ("It opens at 9 A.M. ET. Come early.", ["It opens at 9 A.M. ET.", "Come early."]),
        ("From 8 a.m. Oct. 3 on it rained. Then it froze.", ["From 8 a.m. Oct. 3 on it rained.", "Then it froze."]),
        ("It opens at 5 p.m. Eastern time. Come early.", ["It opens at 5 p.m. Eastern time.", "Come early."]),
        ("It opened at 5 p.m. Pacific storms are due.", ["It opened at 5 p.m.", "Pacific storms are due."]),
        ("It opens at 9 p.m. The harbour is lit.", ["It opens at 9 p.m.", "The harbour is lit."]),
        ("1. The pier. 2. The quay.", ["1. The pier.", "2. The quay."]),
        ("1. " * 10_000, [("1. " * 10_000).strip()]),
        ("There were approx. five of them. All left.", ["There were approx. five of them.", "All left."]),
        ("It cost 3.5 million. Wages took 1,000.25 more.", ["It cost 3.5 million.", "Wages took 1,000.25 more."]),
        ("It rose to 5. Then it fell.", ["It rose to 5.", "Then it fell."]),
        ("No... maybe. Wait… what?", ["No... maybe.", "Wait… what?"]),
        ("“We go. We stay,” he said. Then he left.", ["“We go. We stay,” he said.", "Then he left."]),
        ('"It is late. Go! Now." They went.', ['"It is late. Go! Now."', "They went."]),
        ("(It was so. Twice.) Then it ended.", ["(It was so. Twice.) Then it ended."]),
        ("Great 🎉! Really? Yes 👍.", ["Great 🎉!", "Really?", "Yes 👍."]),
        ("שלום עולם. מה שלומך? טוב.", ["שלום עולם.", "מה שלומך?", "טוב."]),
        ("日本は平和です。東京は大きい。", ["日本は平和です。", "東京は大きい。"]),
    ],
)
def test_split_sentences(text: str, expected: list[str]) -> None:
    """A paragraph is split where sentences end: not at an abbreviation, in a number or inside a quotation."""
    assert [span.slice(text) for span in split_sentences(text)] == expected


@given(TEXTS)
@example("a\r\n\r\nB. C")
@example("George W\u00a0. Ode")
def test_sentences_cover_the_text(text: str) -> None:
    """In any text, sentences are ordered, disjoint and trimmed, and only white space is outside them."""
    at = 0
    for span in split_sentences(text):
        assert at <= span.start < span.end <= len(text)
        assert not text[at : span.start].strip()
        assert span.slice(text) == span.slice(text).strip()
        at = span.end
    assert not text[at:].strip()
