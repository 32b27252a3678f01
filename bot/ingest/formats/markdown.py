"""Markdown with YAML front matter → an article.

Secret: which of Markdown's tokens are words that a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.encoding import decode
from bot.ingest.formats import html
from bot.ingest.metadata import parse_metadata
from bot.models import MarkKind

_FRONT = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_LIMIT = 20_000  # characters; the parser's time grows with the square of what is nested
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read(data: bytes) -> Draft:
    """The article in a Markdown file; front matter that is broken is left out, with a warning."""
    text = decode(data)
    given, body, trouble = _front_matter(text)
    facts, warnings = parse_metadata(given)
    words, marks = join_blocks(_blocks(MarkdownIt("commonmark").enable("table").parse(body)))
    return Draft(words, marks, facts, (*trouble, *warnings))


def _front_matter(text: str) -> tuple[dict[str, object], str, tuple[str, ...]]:
    """The front matter, the text below it, and what was wrong with it.

    What stands between two lines of dashes but is no mapping is the article's own, with rules drawn around it.
    """
    front = _FRONT.match(text)
    if front is None:
        return {}, text, ()
    if len(front[1]) > _FRONT_LIMIT:
        return {}, text[front.end() :], ("its front matter is too long and was left out",)
    try:
        # BaseLoader takes each value as the text it is: YAML's own dates and numbers would lose what was written.
        given = yaml.load(front[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return {}, text[front.end() :], ("its front matter is broken YAML and was left out",)
    if not isinstance(given, dict):
        return {}, text, ()
    return {str(name): value for name, value in given.items()}, text[front.end() :], ()


def _blocks(tokens: Sequence[Token]) -> Iterator[TextBlock]:
    kind: MarkKind | None = None
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "heading_open":
            kind = "title" if token.tag == "h1" else "heading"
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            words = "".join(map(_shown, token.children or ()))
            if cells is None:
                yield kind, words
            else:
                cells.append(words)
            kind = None
        elif token.type == "tr_close":
            yield None, "\t".join(cells or ())
            cells = None
        elif token.type in {"fence", "code_block"}:
            yield None, token.content
        elif token.type == "html_block" and token.content.strip():
            yield from html.fragment(token.content)


def _shown(token: Token) -> str:
    """What a reader sees of an inline token.

    A soft break is a blank, as in a browser, not a line end: Markdown says itself where its paragraphs end, and a
    wrapped one must not look like several.
    """
    match token.type:
        case "text" | "code_inline" | "text_special":
            return token.content.replace("\n", " ")
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline" if _BREAK.fullmatch(token.content):
            return "\n"
    return ""
