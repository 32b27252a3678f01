"""How a question asks for what is newest: "the latest on GCAP", "any news about the bridge". Keeps secret the words."""

from __future__ import annotations

import regex

from bot.models import Span

_NEWS = r"(?:news|updates?|developments?)"
_OF = r"(?:on|about|regarding|with|from|of)"
_LATEST = regex.compile(
    rf"""
    \b(?:
        (?:latest|newest|most[ ]recent)[ ](?:{_NEWS}(?:[ ]{_OF})?|on|about|regarding|with)
        | (?:any|recent)[ ]{_NEWS}[ ]{_OF}
        | what(?:['’]?s|[ ]is)[ ]new[ ](?:on|about|with)
    )\b
    """,
    regex.VERBOSE | regex.IGNORECASE,
)


def asks_for_newest(question: str) -> Span | None:
    """Where ``question`` asks for what is newest, in words that name nothing there; None where it does not."""
    found = _LATEST.search(question)
    return Span(*found.span()) if found else None
