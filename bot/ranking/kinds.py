"""What kind of thing a question asks for, and which sentences could name one. Keeps secret the patterns of both."""

from __future__ import annotations

from functools import lru_cache

import regex

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBERS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|trillion|"
    "half|third|quarter|percent"
)
_ASKS = {
    "date": regex.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b"),
    "number": regex.compile(
        r"\bhow (?:many|much|long|old|far|tall|big|large|often|high|fast)\b"
        r"|\bwhat (?:percent|percentage|number|amount|age|proportion|share)\b"
    ),
    "person": regex.compile(r"\bwho\b|\bwhose\b|\bwhom\b|\bwhich (?:person|actor|singer|president|minister)\b"),
    "place": regex.compile(r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|region|continent|town|location)\b"),
}
_NAMES = {
    "date": regex.compile(rf"\b(?:{_MONTHS}|{_DAYS}|1\d{{3}}|20\d{{2}}|\d+(?:st|nd|rd|th) century)\b"),
    "number": regex.compile(rf"\d|\b(?:{_NUMBERS})\b", regex.IGNORECASE),
    # Two capitalised words in a row, not at the beginning of a sentence.
    "person": regex.compile(r"(?<=[^.!?“\"] )\p{Lu}[\w’'-]+ (?:\p{Lu}\. )?\p{Lu}[\w’'-]+"),
    "place": regex.compile(r"\b(?:in|at|near|from|to|of|around|across) (?:the )?\p{Lu}\p{Ll}+"),
}


@lru_cache(maxsize=256)
def kind_asked(question: str) -> str | None:
    """ "date", "number", "person" or "place"; None when the question's words tell none of them."""
    plain = question.casefold()
    return next((kind for kind, asks in _ASKS.items() if asks.search(plain)), None)


def names_one(kind: str, sentence: str) -> bool:
    """Whether ``sentence`` holds what could be a thing of this kind."""
    return _NAMES[kind].search(sentence) is not None
