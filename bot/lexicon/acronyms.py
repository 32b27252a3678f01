"""Acronyms and what they stand for, learnt from a text that gives both.

The method is that of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (Pacific Symposium on Biocomputing, 2003): a short form stands beside its long form, one of the two
in brackets, and each letter of the short form is found in the long form, from right to left, its first letter at the
beginning of a word. Stricter here, since news has more brackets than biology: the short form holds two capitals or
more, or is the beginning of the long form's first word, the long form does not begin with a small word ("of", "and"),
and its other words give a letter each, but for one in six.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

_BRACKETED = regex.compile(r"\(([^()\n]{2,120}?)\)")
_SHORT = regex.compile(r"[\p{Lu}\p{N}][\p{L}\p{N}&.\-]{1,9}")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'.&]*")
_SMALL = frozenset("of the and for in on to a an de la du des et for with by at from".split())


@dataclass(frozen=True, slots=True)
class Definition:
    """A short form and the long form beside it, each as it stands in the text."""

    short: str
    long: str


def definitions(text: str) -> Iterator[Definition]:
    """The definitions in ``text``: "Long Form (LF)" and "LF (Long Form)", in order."""
    for match in _BRACKETED.finditer(text):
        inside = regex.split(r"[;,]\s|\s[–—-]\s", match.group(1))[0].strip("“”\"'’ ")
        before = text[max(0, match.start() - 160) : match.start()].rstrip("“”\"'’ ")
        if _SHORT.fullmatch(inside) and _is_short_form(inside):
            if long := _long_form(inside, before):
                yield Definition(inside, long)
        elif (last := _SHORT.search(before, _last_word(before))) and _is_short_form(last.group()):
            long = _long_form(last.group(), inside)
            if long and long == inside:
                yield Definition(last.group(), long)


def _last_word(text: str) -> int:
    return max(text.rfind(blank) for blank in (" ", "\n", "\u00a0", "(")) + 1


def _is_short_form(word: str) -> bool:
    return any(letter.isupper() for letter in word) and not word.replace(".", "").isdigit()


def _long_form(short: str, text: str) -> str | None:
    """The end of ``text`` that ``short`` abbreviates, or None."""
    letters = [letter for letter in short if letter.isalnum()]
    if letters[-1:] == ["s"] and sum(letter.isupper() for letter in letters) >= 2:
        letters.pop()  # a plural: "MPs"
    words = _last_words(text, min(len(letters) + 5, len(letters) * 2))
    if not words or regex.search(r"[.!?;:]\s", text[words[-1].end() :]):
        return None
    start = _match(letters, text, words[0].start())
    if start is None:
        return None
    long = text[start:].strip()
    return long if _is_long_form(letters, long) else None


def _last_words(text: str, count: int) -> list[regex.Match[str]]:
    """The end of ``text`` that holds ``count`` words besides the small ones."""
    words = list(_WORD.finditer(text))
    large = [i for i, word in enumerate(words) if word.group().casefold() not in _SMALL]
    return words[large[-count] if len(large) > count else 0 :]


def _match(letters: list[str], text: str, first: int) -> int | None:
    """Where the long form begins when each letter is found from right to left; None when one is not."""
    at = len(text)
    for index in range(len(letters) - 1, -1, -1):
        wanted = letters[index].casefold()
        at -= 1
        while at >= first and not (text[at].casefold() == wanted and (index > 0 or _begins(text, at))):
            at -= 1
        if at < first:
            return None
    return at


def _begins(text: str, at: int) -> bool:
    """Whether a word begins at ``at`` that a long form can begin with."""
    word = _WORD.match(text, at)
    return (at == 0 or not text[at - 1].isalnum()) and word is not None and word.group().casefold() not in _SMALL


def _is_long_form(letters: list[str], long: str) -> bool:
    words = [word.group() for word in _WORD.finditer(long)]
    if len(words) < 2 or "".join(letters).casefold() in long.casefold().split():
        return False
    if regex.search(r"[\p{Ll}\p{N}][.!?]\s+\p{Lu}", long):
        return False
    initials = {word[0].casefold() for word in words}
    capitals = sum(letter.isupper() for letter in letters)
    beginning = words[0].casefold().startswith("".join(letters).casefold())
    wanted = {letter.casefold() for letter in letters}
    idle = sum(word.casefold() not in _SMALL and word[0].casefold() not in wanted for word in words)
    each_gives = idle <= len(words) // 6
    # Most letters stand at the beginning of a word: "Global Combat Air Program", not letters strewn over a clause.
    at_beginning = sum(letter.casefold() in initials for letter in letters)
    return beginning or (capitals >= 2 and each_gives and at_beginning * 2 > len(letters))
