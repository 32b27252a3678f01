"""Parses the operators in a question, with the quotation marks and dashes that phones type:

    "exact phrase"      one paragraph has these words in a row, whatever their case, blanks and punctuation; optional in
                        a sentence, where titles and sayings are quoted too
    -word  -"a phrase"  the passage does not have it
    source:name         the article's publisher, or its file's path, has the name among its words; of several, any one
    after:2024-01       published on the first day of that year, month or day, or later
    before:2025-06-01   published before the first day of that year, month or day; one that does not exist is left out

Anything else stays as typed: a single word in quotation marks, a lone mark, a hyphen inside a word or before a number,
an aside between dashes, a time, an address.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import regex

from bot.index.retrieval import normalize
from bot.models import Filters, Scope
from bot.text import analysis

_MARK = r'["“”„‟«»＂]'
_NO_MARK = r'[^"“”„‟«»＂]'
_DASH = r"[-‐‑‒–—−－]"
_OPERATOR = regex.compile(
    rf"""
      (?<aside> (?<!\S){_DASH}\p{{L}}(?:(?!\s{_DASH}){_NO_MARK})*?[\p{{L}}\p{{N}}]{_DASH}(?!\S) )
    | (?<![^\s(\[{{]) {_MARK}(?=\S)(?<phrase>{_NO_MARK}+){_MARK} (?![\p{{L}}\p{{N}}])
    | (?<!\S) {_DASH} {_MARK}(?<unphrase>{_NO_MARK}+){_MARK}
    | (?<!\S) {_DASH} (?<unword>\p{{L}}(?:[\p{{L}}\p{{N}}]|{_DASH})[^\s:]*+)(?!:)
    | (?<!\S) (?<name>(?i:source|after|before)) : (?: {_MARK}(?<quoted>{_NO_MARK}+){_MARK} | (?<value>\S+) )
    # A phone writes the first word of a message with a capital; elsewhere "Mission:Impossible" is a name.
    | (?: (?<!\S){_DASH}?\p{{Ll}}{{2,20}} | ^\s*\p{{Lu}}\p{{Ll}}{{1,19}} ) (?<!mailto|tel)
      : (?=[\p{{L}}\p{{N}}]|{_MARK}) (?: {_MARK}{_NO_MARK}+{_MARK} | \S+ )
    """,
    regex.VERSION1 | regex.VERBOSE,
)
_HINT = re.compile(rf"{_MARK}|:|(?:^|\s){_DASH}")
"""What every operator has, and most questions have not."""
_DATE = regex.compile(rf"([0-9]{{4}})(?:{_DASH}([0-9]{{1,2}}))?(?:{_DASH}([0-9]{{1,2}}))?")
_CLOSING = ".,;:!?)]}…"


def parse_operators(text: str) -> tuple[str, Filters]:
    """Split a question into the words that are searched and its operators; without operators, ``text`` unchanged."""
    if not _HINT.search(text):
        return text, Filters()
    phrases: list[str] = []
    excluded: list[str] = []
    unrecognized: list[str] = []
    invalid_dates: list[str] = []
    scope = Scope()

    def read(match: regex.Match[str]) -> str:
        """Note an operator; return what of it is searched as words."""
        nonlocal scope
        group = match.lastgroup
        value = " ".join(match[group or 0].split())
        if group == "phrase":
            if " " in value and len(normalize(value).split()) > 1 and analysis.extract_terms(value):
                phrases.append(value)
        elif group in {"unphrase", "unword"}:
            if analysis.extract_terms(value := value.rstrip(_CLOSING)):
                excluded.append(value)
                return " "
        elif group != "aside":
            if group and (narrowed := _narrow(scope, match["name"], value.rstrip(_CLOSING))):
                scope = narrowed
                return " "
            if group and _DATE.fullmatch(value.rstrip(_CLOSING)):
                invalid_dates.append(match.group().strip())
                return " "
            unrecognized.append(match.group().strip())
        return match.group()

    words = _OPERATOR.sub(read, text)
    once = [tuple(dict.fromkeys(typed)) for typed in (phrases, excluded, unrecognized, invalid_dates)]
    return words, Filters(once[0], once[1], scope, once[2], invalid_dates=once[3])


def _narrow(scope: Scope, name: str, value: str) -> Scope | None:
    """``scope`` with one more operator; None if its value says nothing."""
    if name.casefold() == "source":
        sources = tuple(dict.fromkeys((*scope.sources, value)))
        return replace(scope, sources=sources) if normalize(value).strip() else None
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    return scope.narrow(day, None) if name.casefold() == "after" else scope.narrow(None, day)
