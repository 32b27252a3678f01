"""A markdown block's text as a tree of plain elements, for a page that never reads markup; keeps secret the parser."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.playground.nouns import Json

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_TAGS = {"code_inline": "code", "fence": "pre", "code_block": "pre", "hr": "hr"}


def as_tree(text: str) -> list[Json | str]:
    """Elements ``{"tag", "href"?, "children"}`` and texts, in order; pictures are shown by their descriptions."""
    return _children(_parser.parse(text))


def _children(tokens: Sequence[Token]) -> list[Json | str]:
    root: list[Json | str] = []
    open_lists = [root]
    for token in tokens:
        if token.nesting == 1 and not token.hidden:
            element: Json = {"tag": token.tag, "children": []}
            if "href" in token.attrs:
                element["href"] = str(token.attrs["href"])
            open_lists[-1].append(element)
            open_lists.append(element["children"])
        elif token.nesting == -1 and not token.hidden:
            open_lists.pop()
        elif token.nesting == 0:
            open_lists[-1].extend(_leaf(token))
    return root


def _leaf(token: Token) -> list[Json | str]:
    if token.type == "inline":
        return _children(token.children or ())
    if token.type in ("softbreak", "hardbreak"):
        return ["\n"]
    tag = _TAGS.get(token.type)
    return [{"tag": tag, "children": [token.content] if token.content else []}] if tag else [token.content]
