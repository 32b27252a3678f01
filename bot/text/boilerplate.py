"""Recognize text that answers nothing: questions, and lines that only point to another article."""

from __future__ import annotations

import regex

from bot.models import Span

_QUESTION_MARKS = ("?", "？", "؟")
_CLOSING = "\"'”’»)]"
_LONGEST_CLOSING = 3
_LONGEST_LABEL = 100
_ENDS = (".", "!", "…", "。")
_POINTER = regex.compile(
    r"\W*(?:more|read[ ]more|learn[ ]more|read[ ]also|also[ ]read|see[ ]also|related|recommended|live[ ]updates):",
    regex.IGNORECASE,
)
"""A label that marks a pointer, whatever follows it."""
_TITLE = regex.compile(r"\W*(?:[^\s:]+[ ]){0,7}[^\s:]*[\p{L}?!'’”\")]:(?=[\p{L}\"“'‘$])")
"""A label followed by a title without a blank, as where markup separated them: "SVB collapse:What we know"."""


def is_question(text: str, sentence: Span) -> bool:
    """Whether ``sentence``, a span of ``text``, is a question."""
    end = text[max(sentence.start, sentence.end - 1 - _LONGEST_CLOSING) : sentence.end]
    return end.rstrip(_CLOSING).endswith(_QUESTION_MARKS)


def is_pointer(paragraph: str) -> bool:
    """Whether a paragraph or heading only points to another article: "Read more: …"."""
    start = paragraph[: _LONGEST_LABEL + 2]  # with the colon and one more character
    if ":" not in start:
        return False
    ends_as_sentence = paragraph.rstrip(_CLOSING).endswith(_ENDS)
    return _POINTER.match(start) is not None or (_TITLE.match(start) is not None and not ends_as_sentence)
