"""Parse Markdown with optional YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.encoding import decode
from bot.ingest.formats import html
from bot.ingest.metadata import parse_metadata
from bot.models import MarkKind

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_MATTER_LIMIT = 20_000  # characters; the YAML parser takes quadratic time for nested values
MAX_BRACKETS = 5_000  # of one paragraph; the Markdown parser takes quadratic time for them
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def read(data: bytes) -> Draft:
    """Parse a Markdown file; invalid front matter is ignored with a warning."""
    fields, body, problems = _split_front_matter(decode(data))
    metadata, warnings = parse_metadata(fields)
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.before("inline", "brackets", _refuse_brackets)
    text, marks = join_blocks(_extract_blocks(parser.parse(body)))
    return Draft(text, marks, metadata, (*problems, *warnings))


def _refuse_brackets(state: StateCore) -> None:
    if any(token.type == "inline" and token.content.count("[") > MAX_BRACKETS for token in state.tokens):
        raise UnreadableArticleError(f"a paragraph has more than {MAX_BRACKETS:,} opening brackets")


def _split_front_matter(text: str) -> tuple[dict[str, object], str, tuple[str, ...]]:
    """The front matter's fields, the text below it, and half sentences about problems.

    Text between two lines of dashes that is not a YAML mapping belongs to the article: the dashes are rules.
    """
    front = _FRONT_MATTER.match(text)
    if front is None:
        return {}, text, ()
    if len(front[1]) > _FRONT_MATTER_LIMIT:
        return {}, text[front.end() :], ("its front matter is too long and was ignored",)
    try:
        # BaseLoader leaves each value a string: converted dates and numbers could lose their original spelling.
        fields = yaml.load(front[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return {}, text[front.end() :], ("its front matter is not valid YAML and was ignored",)
    if not isinstance(fields, dict):
        return {}, text, ()
    return {str(name): value for name, value in fields.items()}, text[front.end() :], ()


def _extract_blocks(tokens: Sequence[Token]) -> Iterator[TextBlock]:
    kind: MarkKind | None = None
    cells: list[str] | None = None
    for token in tokens:
        if token.type == "heading_open":
            kind = "title" if token.tag == "h1" else "heading"
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            words = "".join(map(_render_inline, token.children or ()))
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
            yield from html.extract_fragment_blocks(token.content)


def _render_inline(token: Token) -> str:
    """The visible text of an inline token.

    A soft break becomes a blank, as in a browser: with a line end, a wrapped paragraph could be taken for several.
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
