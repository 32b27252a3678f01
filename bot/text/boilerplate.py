"""What stands in an article and answers nothing: a question, and a line that only leads to another article.

Keeps secret by which marks and words one knows them.
"""

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
"""A label that leads on whatever stands behind it."""
_TITLE = regex.compile(r"\W*(?:[^\s:]+[ ]){0,7}[^\s:]*[\p{L}?!'’”\")]:(?=[\p{L}\"“'‘$])")
"""Where markup sets a label apart from an article's title, no blank is left behind it: "SVB collapse:What we know"."""


def is_question(text: str, sentence: Span) -> bool:
    """Whether ``sentence``, a span of ``text``, is a question."""
    end = text[max(sentence.start, sentence.end - 1 - _LONGEST_CLOSING) : sentence.end]
    return end.rstrip(_CLOSING).endswith(_QUESTION_MARKS)


def is_pointer(paragraph: str) -> bool:
    """Whether a paragraph, or what looks like a heading, only leads to another article: "Read more: …"."""
    start = paragraph[: _LONGEST_LABEL + 2]  # with the colon, and what stands behind it
    if ":" not in start:
        return False
    ends_as_sentence = paragraph.rstrip(_CLOSING).endswith(_ENDS)
    return _POINTER.match(start) is not None or (_TITLE.match(start) is not None and not ends_as_sentence)
