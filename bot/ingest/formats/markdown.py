"""Parse Markdown with optional front matter, in YAML or TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import takewhile

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.errors import UnreadableArticleError
from bot.ingest.catalog import parse_toml
from bot.ingest.draft import Draft, TextBlock, join_blocks
from bot.ingest.encoding import decode
from bot.ingest.formats import html
from bot.ingest.metadata import parse_metadata
from bot.models import MarkKind

_FRONT_MATTER = re.compile(
    r"(?:---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)|\+\+\+[ \t]*\n(?P<toml>.*?)^\+\+\+)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FRONT_MATTER_LIMIT = 20_000  # characters; the YAML parser takes quadratic time for nested values
MAX_BRACKETS = 5_000  # of one paragraph; the Markdown parser takes quadratic time for them
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Code, in which nothing is a comment, or a comment of Obsidian. An unclosed fence goes on to the end.
_CODE_OR_COMMENT = re.compile(
    r"(?P<code>^ {0,3}(?P<fence>`{3,}+|~{3,}+).*?(?:^ {0,3}(?P=fence)|\Z)|`[^`\n]*+`)| ?(?<![\w%])%%(?!%).*?%%(?!\w)",
    re.DOTALL | re.MULTILINE,
)
_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]{1,50})\]:[ \t]*", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]{1,50})\]")


def read(data: bytes) -> Draft:
    """Parse a Markdown file; invalid front matter is ignored with a warning.

    Private comments, the marks of notes and the labels in front of notes are left out; the notes themselves are read.
    """
    fields, body, problems = _split_front_matter(decode(data))
    metadata, warnings = parse_metadata(fields)
    body = _CODE_OR_COMMENT.sub(lambda match: match["code"] or "", body)
    notes = frozenset(_NOTE.findall(body))
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.before("inline", "brackets", _refuse_brackets)
    text, marks = join_blocks(_extract_blocks(parser.parse(_NOTE.sub("\n", body)), notes))
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
    body = text[front.end() :]
    language, content = ("YAML", front["yaml"]) if front["yaml"] is not None else ("TOML", front["toml"])
    if len(content) > _FRONT_MATTER_LIMIT:
        return {}, body, ("its front matter is too long and was ignored",)
    try:
        # BaseLoader leaves each value a string: converted dates and numbers could lose their original spelling.
        fields = yaml.load(content, Loader=yaml.BaseLoader) if language == "YAML" else parse_toml(content)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        return {}, body, (f"its front matter is not valid {language} and was ignored",)
    if not isinstance(fields, dict):
        return {}, text, ()
    return {str(name): value for name, value in fields.items()}, body, ()


def _extract_blocks(tokens: Sequence[Token], notes: Container[str]) -> Iterator[TextBlock]:
    """The blocks of a document; ``notes`` are the labels of its notes."""
    kind: MarkKind | None = None
    remaining = iter(tokens)
    for token in remaining:
        if token.type == "heading_open":
            kind = "title" if token.tag == "h1" else "heading"
        elif token.type == "inline":
            yield kind, _render_words(token, notes)
            kind = None
        elif token.type == "table_open":
            yield from _extract_rows(takewhile(lambda one: one.type != "table_close", remaining), notes)
        elif token.type in {"fence", "code_block"}:
            yield None, token.content
        elif token.type == "html_block" and token.content.strip():
            yield from html.extract_fragment_blocks(token.content)


def _extract_rows(table: Iterable[Token], notes: Container[str]) -> Iterator[TextBlock]:
    """The rows of a table, each with the heading of its column before a cell: alone, a row says little."""
    rows: list[list[str]] = []
    for token in table:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_render_words(token, notes).strip())
    columns, *body = rows
    if not body:
        yield None, "\t".join(columns)
    for cells in body:
        named = zip(columns, cells, strict=True)
        yield None, "\t".join(f"{column} {cell}".lstrip() for column, cell in named if cell)


def _render_words(token: Token, notes: Container[str]) -> str:
    return "".join(_render_inline(child, notes) for child in token.children or ())


def _render_inline(token: Token, notes: Container[str]) -> str:
    """The visible text of an inline token.

    A soft break becomes a blank, as in a browser: with a line end, a wrapped paragraph could be taken for several.
    """
    match token.type:
        case "text":
            words = token.content.replace("\n", " ")
            return _NOTE_MARK.sub(lambda mark: "" if mark[1] in notes else mark[0], words)
        case "code_inline" | "text_special":
            return token.content.replace("\n", " ")
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline" if _BREAK.fullmatch(token.content):
            return "\n"
    return ""
