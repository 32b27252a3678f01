"""Mentions in a question: the people, groups and channels that it addresses, which are not what it asks."""

from __future__ import annotations

import re
from collections.abc import Callable

_MARKUP = re.compile(r"<(?:[@#]|!(?!date\^))[^<>]*>")
"""Slack's ``<@U1>``, ``<@U1|jane>``, ``<#C1|general>``, ``<!here>`` and ``<!subteam^S1|@editors>``; a date is text."""
_HANDLE = re.compile(r"(?<![\w.@/])@\w(?:[\w.-]*\w)?")


def strip_markup(text: str) -> str:
    """Replace the mentions in Slack's markup, with their labels, by blanks."""
    return _MARKUP.sub(" ", text)


def find_handles(text: str) -> set[str]:
    """Return the handles in ``text``, case-folded, with their "@"; none of an address of e-mail."""
    return {handle.casefold() for handle in _HANDLE.findall(text)}


def strip_mentions(text: str, is_in_archive: Callable[[str], bool]) -> str:
    """Replace all mentions by blanks, but keep the handles ("@editors") that the archive itself has."""
    return _HANDLE.sub(lambda match: match[0] if is_in_archive(match[0]) else " ", strip_markup(text))
