"""A link to a quote's own words: at it a browser opens the article scrolled to them, and marks them.

Keeps secret how an address names words of a page (URL Fragment Text Directives, a draft of the WICG),
and how few of them name a quote and nothing else that its article shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote as percent_encoded

import regex

from bot.models import Quote

DIRECTIVE_LIMIT = 600
"""Of the characters in the address; a longer directive is left out, since it would take the room of a quote."""
# Of the bytes of a quote's words; a longer one is named by its first words and its last.
_WHOLE = 120
# Of a start, an end, or what stands beside them; more is taken only where less stands elsewhere as well.
_ENOUGH = (24, 72, 200)

# A browser compares whole words. In scripts that part words by no blanks it finds their borders by a dictionary of its
# own; that a mark of punctuation is a border needs none.
_MARKS = "、。，．！？；：…」』）〉》】"
_WORD = regex.compile(rf"[^\s{_MARKS}]+[{_MARKS}]*|[{_MARKS}]+")


class Directive(NamedTuple):
    """The words that a browser looks for: ``[prefix-,]start[,end][,-suffix]``, each empty where it is not given.

    What is marked runs from ``start`` to the first ``end`` after it; ``prefix`` and ``suffix`` stand beside it, blanks
    aside. None of them holds words of two paragraphs.
    """

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        prefix = _encoded(self.prefix) + "-" if self.prefix else ""
        suffix = "-" + _encoded(self.suffix) if self.suffix else ""
        return "text=" + ",".join(part for part in (prefix, _encoded(self.start), _encoded(self.end), suffix) if part)


def link_to(quote: Quote) -> str | None:
    """The address of the article with the quote's words named in its fragment; None where the article has none.

    The fragment of the address stays, a directive in it does not. Where the words would take too much room, the address
    is left as it is.
    """
    url = quote.article.url
    if url is None:
        return None
    directive = str(build_directive(quote))
    if len(directive) > DIRECTIVE_LIMIT:
        return url
    page, _, fragment = url.partition("#")
    return f"{page}#{fragment.partition(':~:')[0]}:~:{directive}"


def build_directive(quote: Quote) -> Directive:
    """The words that name the quote and, if any do, no other part of what its article shows."""
    # The title stands above the article's words, whether or not it is one of them.
    shown = _folded(f"{quote.article.title}\n{quote.article.text}")
    text, span = quote.article.text, quote.span
    beside = text[max(0, span.start - 1) : span.start], text[span.end : span.end + 1]
    left, right = (" " if char.isspace() else "" for char in beside)

    def is_sole(directive: Directive) -> bool:
        before, after = directive.prefix and directive.prefix + left, directive.suffix and right + directive.suffix
        sought = _folded(before + directive.start + after)
        return shown.find(sought) == shown.rfind(sought)

    directives = _directives(quote)
    plainest = next(directives)
    return plainest if is_sole(plainest) else next(filter(is_sole, directives), plainest)


def _directives(quote: Quote) -> Iterator[Directive]:
    """Ways to name the quote, the plainest first.

    What stands in other paragraphs comes last: between two of them a page may show what the article does not hold.
    """
    whole = _plain(quote.text)
    end = _end(whole) if len(whole.encode()) > _WHOLE else ""
    room = whole[: -len(end)]
    plainest = Directive(_first_words(room, _ENOUGH[0]) if end else whole, end)
    yield plainest
    text, own = quote.article.text, quote.paragraph.span
    before, after = text[own.start : quote.span.start].strip(), text[quote.span.end : own.end].strip()
    yield from _in_context(plainest, before, after)
    for size in _ENOUGH[1:] if end else ():
        yield Directive(_first_words(room, size), end)
    above, below = text[: own.start].rstrip(), text[own.end :].lstrip()
    yield from _in_context(plainest, before or above[above.rfind("\n") + 1 :], after or below.partition("\n")[0])


def _in_context(directive: Directive, before: str, after: str) -> Iterator[Directive]:
    """The same with some words that stand before it, or after."""
    for size in _ENOUGH[:2]:
        if before:
            yield directive._replace(prefix=_last_words(before, size))
        # Beside an end a suffix would not help: a browser that has found a start looks for no other.
        if after and not directive.end:
            yield directive._replace(suffix=_first_words(after, size))


def _end(words: str) -> str:
    """The fewest last words that stand in ``words`` once; none where no words would be left before them."""
    for size in _ENOUGH:
        end = _last_words(words, size)
        if end != words and _folded(end) not in _folded(words[:-1]):
            return end
    return ""


def _first_words(text: str, size: int) -> str:
    """The fewest words that ``text`` begins with and that have ``size``; all of them where they have less."""
    for word in _WORD.finditer(text):
        if len(text[: word.end()].encode()) >= size:
            return _plain(text[: word.end()])
    return _plain(text)


def _last_words(text: str, size: int) -> str:
    """The same of the words that it ends with."""
    for word in reversed(list(_WORD.finditer(text))):
        if len(text[word.start() :].encode()) >= size:
            return _plain(text[word.start() :])
    return _plain(text)


def _plain(text: str) -> str:
    """``text`` as a browser compares it: whatever is blank in it, one blank."""
    return " ".join(text.split())


def _folded(text: str) -> str:
    """The same without regard to case."""
    return _plain(text.lower())


def _encoded(words: str) -> str:
    """``words`` as a directive may hold them; the three characters that part a directive are no part of them."""
    return percent_encoded(words, safe="").replace("-", "%2D")
