"""What a person may ask for beside the words of a question, and which articles and texts meet it.

Keeps secret how operators are spelt, with the quotation marks and dashes that phones type, and when words are the same:

    "exact phrase"      one paragraph holds these words in a row, whatever their case, blanks and punctuation; in a
                        sentence, titles and sayings stand so too, and nothing is asked of them
    -word  -"a phrase"  the passage does not hold it
    source:name         the article's publisher, or its file's path, has the name among its words; of several, any one
    after:2024-01       published on the first day of that year, month or day, or later
    before:2025-06-01   published before the first day of that year, month or day

Whatever is no operator is left as it was typed: a single word in quotation marks, a lone mark, a hyphen inside a word
or before a number, an aside between dashes, a time, an address.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import regex

from bot.index.filters import normalize
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
"""What every operator has: most questions have none of it."""
_DATE = regex.compile(rf"([0-9]{{4}})(?:{_DASH}([0-9]{{1,2}}))?(?:{_DASH}([0-9]{{1,2}}))?")
_CLOSING = ".,;:!?)]}…"


def parse_operators(text: str) -> tuple[str, Filters]:
    """The words of a question that are searched, and what its operators ask for.

    Without an operator ``text`` comes back as it is.
    """
    if not _HINT.search(text):
        return text, Filters()
    phrases: list[str] = []
    excluded: list[str] = []
    unread: list[str] = []
    scope = Scope()

    def read(match: regex.Match[str]) -> str:
        nonlocal scope
        group = match.lastgroup
        if group == "phrase" and _is_phrase(found := _squeezed(match)):
            phrases.append(found)
        elif group in {"unphrase", "unword"} and analysis.extract_terms(found := _squeezed(match).rstrip(_CLOSING)):
            excluded.append(found)
            return " "
        elif group in {"value", "quoted"} and (narrower := _narrowed(scope, match["name"], _squeezed(match))):
            scope = narrower
            return " "
        elif group in {"value", "quoted", None}:
            unread.append(match.group().strip())
        return match.group()

    words = _OPERATOR.sub(read, text)
    return words, Filters(_once(phrases), _once(excluded), scope, _once(unread))


def _squeezed(match: regex.Match[str]) -> str:
    return " ".join(match[match.lastgroup or 0].split())


def _once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _is_phrase(typed: str) -> bool:
    """Whether ``typed`` is several words, one of which can be searched for."""
    return " " in typed and len(normalize(typed).split()) > 1 and bool(analysis.extract_terms(typed))


def _narrowed(scope: Scope, name: str, value: str) -> Scope | None:
    """``scope`` with one more operator; None when its value says nothing."""
    value = value.rstrip(_CLOSING)
    if name.casefold() == "source":
        return replace(scope, sources=_once([*scope.sources, value])) if normalize(value).strip() else None
    found = _DATE.fullmatch(value)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return None
    if name.casefold() == "after":
        return replace(scope, since=max(day, scope.since or day))
    return replace(scope, before=min(day, scope.before or day))
