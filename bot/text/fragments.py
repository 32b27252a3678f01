"""Build links that open an article at a quote: a browser scrolls to the text, or opens the page of a PDF.

For text fragments, see URL Fragment Text Directives, a draft of the WICG: https://wicg.github.io/scroll-to-text-fragment/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote as percent_encoded

import regex

from bot.models import Quote

DIRECTIVE_LIMIT = 600
"""Characters in the URL; a longer directive is omitted, because messages have a length limit."""
# A quote of more bytes is identified by its first and last words.
_WHOLE_QUOTE_BYTES = 120
# Bytes of a start, end, prefix or suffix; a larger size is used only if a smaller one is ambiguous.
_PART_BYTES = (24, 72, 200)

# Browsers compare whole words. In scripts without blanks, they find word borders with a dictionary of their own, but
# punctuation is always a border.
_MARKS = "、。，．！？；：…」』）〉》】"
_WORD = regex.compile(rf"[^\s{_MARKS}]+[{_MARKS}]*|[{_MARKS}]+")


class Directive(NamedTuple):
    """A text directive, ``[prefix-,]start[,end][,-suffix]``; omitted parts are empty.

    The highlight runs from ``start`` to the first ``end`` after it; ``prefix`` and ``suffix`` are next to it, apart
    from blanks. No part may span two paragraphs.
    """

    start: str
    end: str = ""
    prefix: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        prefix = _encode(self.prefix) + "-" if self.prefix else ""
        suffix = "-" + _encode(self.suffix) if self.suffix else ""
        return "text=" + ",".join(part for part in (prefix, _encode(self.start), _encode(self.end), suffix) if part)


def link_to(quote: Quote) -> str | None:
    """Build a link to the quote in its article; None if the article has no URL.

    For an article with pages the link ends in the number of the first page (``#page=12``), as RFC 8118 defines for a
    PDF. Otherwise the URL's own fragment is preserved, but a text directive in it is replaced. If the new directive
    would be longer than ``DIRECTIVE_LIMIT``, the URL is returned unchanged.
    """
    url = quote.article.url
    if url is None:
        return None
    if quote.pages:
        return f"{url.partition('#')[0]}#page={quote.pages[0]}"
    directive = str(build_directive(quote))
    if len(directive) > DIRECTIVE_LIMIT:
        return url
    page, _, fragment = url.partition("#")
    return f"{page}#{fragment.partition(':~:')[0]}:~:{directive}"


def build_directive(quote: Quote) -> Directive:
    """Build the shortest directive that matches the quote only; if all are ambiguous, the simplest one."""
    # A page shows the title above the text, whether or not the text contains it.
    shown = _normalize(f"{quote.article.title}\n{quote.article.text}".lower())
    text, span = quote.article.text, quote.span
    neighbors = text[max(0, span.start - 1) : span.start], text[span.end : span.end + 1]
    left, right = (" " if char.isspace() else "" for char in neighbors)

    def is_unique(directive: Directive) -> bool:
        before, after = directive.prefix and directive.prefix + left, directive.suffix and right + directive.suffix
        wanted = _normalize((before + directive.start + after).lower())
        return shown.find(wanted) == shown.rfind(wanted)

    candidates = _generate_candidates(quote)
    simplest = next(candidates)
    return simplest if is_unique(simplest) else next(filter(is_unique, candidates), simplest)


def _generate_candidates(quote: Quote) -> Iterator[Directive]:
    """Directives for the quote, the simplest first.

    Context from neighboring paragraphs comes last: a page may show something between them that the text lacks.
    """
    whole = _normalize(quote.text)
    end = _find_unique_end(whole) if len(whole.encode()) > _WHOLE_QUOTE_BYTES else ""
    before_end = whole[: -len(end)]
    simplest = Directive(_first_words(before_end, _PART_BYTES[0]) if end else whole, end)
    yield simplest
    text, own = quote.article.text, quote.paragraph.span
    before, after = text[own.start : quote.span.start].strip(), text[quote.span.end : own.end].strip()
    yield from _add_context(simplest, before, after)
    for size in _PART_BYTES[1:] if end else ():
        yield Directive(_first_words(before_end, size), end)
    above, below = text[: own.start].rstrip(), text[own.end :].lstrip()
    yield from _add_context(simplest, before or above[above.rfind("\n") + 1 :], after or below.partition("\n")[0])


def _add_context(directive: Directive, before: str, after: str) -> Iterator[Directive]:
    """The directive with a prefix or a suffix of increasing length."""
    for size in _PART_BYTES[:2]:
        if before:
            yield directive._replace(prefix=_last_words(before, size))
        # With an end a suffix would not help: browsers try only the first start that they find.
        if after and not directive.end:
            yield directive._replace(suffix=_first_words(after, size))


def _find_unique_end(text: str) -> str:
    """The fewest last words that occur only once in ``text``; empty if that takes the whole text."""
    for size in _PART_BYTES:
        end = _last_words(text, size)
        if end != text and _normalize(end.lower()) not in _normalize(text[:-1].lower()):
            return end
    return ""


def _first_words(text: str, size: int) -> str:
    """The fewest first words that are at least ``size`` bytes long together; else all words."""
    for word in _WORD.finditer(text):
        if len(text[: word.end()].encode()) >= size:
            return _normalize(text[: word.end()])
    return _normalize(text)


def _last_words(text: str, size: int) -> str:
    """The fewest last words that are at least ``size`` bytes long together; else all words."""
    for word in reversed(list(_WORD.finditer(text))):
        if len(text[word.start() :].encode()) >= size:
            return _normalize(text[word.start() :])
    return _normalize(text)


def _normalize(text: str) -> str:
    """Collapse white space, as browsers do before comparing."""
    return " ".join(text.split())


def _encode(words: str) -> str:
    """Percent-encode ``words``, including the comma, ampersand and dash, which separate a directive's parts."""
    return percent_encoded(words, safe="").replace("-", "%2D")
