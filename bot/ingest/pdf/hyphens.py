"""Join the lines of a paragraph: what stands between two lines, and which line-end hyphens are dropped."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import regex

from bot.ingest.pdf.lines import Line

_HYPHENS = "-\u2010\u00ad"
_DASHES = "\u2011\u2012\u2013\u2014"
_WORD = regex.compile(r"[\p{L}\p{M}]++(?:[-\u2010][\p{L}\p{M}]++)*+")
_LAST = regex.compile(r"[\p{L}\p{M}]{1,40}\Z")
_FIRST = regex.compile(r"[\p{L}\p{M}]++")
TAIL_CHARS = 210
"""Characters at the end of a line in which a broken word is looked for."""
_COMPOUND_START = regex.compile(r"[\p{L}\p{M}\p{N}]{1,40}(?:[-\u2010][\p{L}\p{M}\p{N}]{1,40}){0,4}\Z")
_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\u3000-\u303f\u30fb\u30fc\uff00-\uff65]")
_HANGUL = regex.compile(r"\p{Hangul}")
# After "pre-" at a line's end, these words show that another compound follows: "pre- and postwar".
_CONJUNCTIONS = frozenset("and or nor to und oder bzw et ou y o u e ed en of och och eller i oraz".split())


class Joiner:
    """Joins lines with the words of one document and of the packaged word list."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Count the words of the lines, without those that are broken at a line's end."""
        self._counts: Counter[str] = Counter()
        is_broken = False
        for line in lines:
            words = _WORD.findall(line.text)
            first = 1 if is_broken else 0
            is_broken = line.text.endswith(tuple(_HYPHENS))
            self._counts.update(_fold(word) for word in words[first : len(words) - is_broken])

    def join(self, before: str, after: str, *, ends_word: bool) -> tuple[int, str]:
        """How to join two lines: the number of characters to drop at the end of ``before``, and a blank or nothing.

        Neither line is empty or has blanks at its ends. ``ends_word`` tells whether the text layer or the kind of text
        shows that a word ends there: Korean has blanks between words, but lines may end within one.
        """
        last, first = before[-1], after[0]
        if _CJK.match(last) and _CJK.match(first):
            is_korean = ends_word and bool(_HANGUL.match(last) or _HANGUL.match(first))
            return 0, " " if is_korean else ""
        if last not in _HYPHENS and last not in _DASHES:
            return 0, " "
        if len(before) == 1 or not before[-2].isalnum() or not (first.isalnum() or last == "\u00ad"):
            return 0, " "
        if last in _DASHES:
            return 0, ""
        if last == "\u00ad":
            return 1, ""
        return self._join_hyphen(before[:-1], after)

    def _join_hyphen(self, before: str, after: str) -> tuple[int, str]:
        tail = before[-TAIL_CHARS:]
        left, right = _LAST.search(tail), _FIRST.match(after)
        if left is None or right is None:
            return 0, ""
        word = _fold(left[0] + right[0])
        closed, hyphenated = self._counts[word], self._counts[_fold(f"{left[0]}-{right[0]}")]
        is_word = closed > 0 or word in _word_list()
        if right[0].casefold() in _CONJUNCTIONS and not is_word:
            return 0, " "
        compound = _COMPOUND_START.search(tail)
        is_designation = (compound is not None and any(map(str.isdigit, compound[0]))) or (
            right[0][0].isupper() and not left[0].isupper()
        )
        is_broken = is_word and hyphenated <= closed and not is_designation
        return (1, "") if is_broken else (0, "")


@cache
def _word_list() -> frozenset[str]:
    """English words: 82,765 that are both in SCOWL and in Google's n-grams."""
    text = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    return frozenset(line.partition(" ")[0] for line in text.splitlines())


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("\u2010", "-")
