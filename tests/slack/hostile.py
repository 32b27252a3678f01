"""Hostile text for all fields of articles and questions, and a model of how Slack interprets messages."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from bot.ingest.encoding import clean
from bot.models import Abstention, Answer, Article, Paragraph, Quote, Reply, Span
from bot.playground.block_kit import validate_blocks
from bot.slack.blocks import safe_url, texts_in, unescape
from bot.slack.layout import MESSAGE_LIMIT, MessageContent

from .samples import trace

HOSTILE_PIECES = (
    *("<!channel>", "<!here|x>", "<!everyone>", "<!subteam^S1|@all>", "<!date^0^{date}|x>", "<@U123>", "<#C1|general>"),
    *("@channel", "@here", "#general", "<https://evil.example|bank>", "https://evil.example", "<mailto:a@b.example>"),
    *("*bold*", "_i_", "~s~", "*", "_", "~", "`", "```", "`````", ":smile:", ":+1::skin-tone-2:", ":", "<", ">", "|"),
    *(
        "&amp;",
        "&lt;!channel&gt;",
        "&amp;lt;",
        "&",
        "[",
        "]",
        "](https://evil.example)",
        "(",
        "\n> ",
        "\n• ",
        "\n",
        "\t",
    ),
    *("\u200b", "\u2060", "\ufeff", "\u00ad", "\u0301", "\u200e", "\u200f", "\u061c", "\u202a", "\u202b", "\u202c"),
    *(
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
        "שלום",
        "سلام",
        "٣",
        "\u3164",
        "👩‍👩‍👧",
        "𝕳",
        "\U000e0041",
    ),
    *("“", "”", " · ", "¶ 9 of 9", "…", " ", "words", "bridge"),
)
# Only in names: a file name may contain any byte, including invalid UTF-8.
NO_TEXT = ("\0", "\x1b[31m", "\ud800", "\udce9", "\x9f", "\u2028")
LONGEST = 40_000

_CHAR = st.characters(codec="utf-8")


def _mixtures(samples: Sequence[str]) -> st.SearchStrategy[str]:
    pieces = st.lists(st.sampled_from(samples) | st.text(_CHAR, max_size=5), min_size=1, max_size=12).map("".join)
    long = st.builds(lambda piece, times: (piece * times)[:LONGEST], pieces, st.sampled_from([50, 1_000, LONGEST]))
    return pieces | pieces | long


MIXTURES = _mixtures(HOSTILE_PIECES)
NAMES = _mixtures(HOSTILE_PIECES + NO_TEXT)
SENTENCES = MIXTURES.filter(str.strip)
# The text of an article is cleaned when it is read.
WORDS = MIXTURES.map(clean).filter(str.strip)
LINKED = st.sampled_from(
    ["https://example.org/?a=1&b=2", "https://example.org/|`*a*`", "http://a:b@example.org/\u202e"]
)
ADDRESSES = LINKED | LINKED | NAMES | NAMES.map("https://example.org/{}".format)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    """A quote of an article in which every field is hostile."""
    text = draw(WORDS)
    about: dict[str, Any] = {"author": draw(st.none() | NAMES), "url": draw(st.none() | ADDRESSES)}
    article = Article("a", draw(NAMES), draw(NAMES), text, published=draw(st.none() | st.dates()), **about)
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    highlights = tuple(Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))
    whole = Paragraph(article, 1, 1, Span(0, len(text)), draw(st.sampled_from([None, Span(0, len(text))])))
    matched = tuple((form, form) for form in draw(st.lists(NAMES, max_size=3)))
    unmatched = tuple(draw(st.lists(SENTENCES, max_size=3)))
    return Quote(whole, whole.span, highlights, unmatched, matched, (whole,) * draw(st.integers(0, 2)))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """An answer or abstention with such quotes."""
    some = tuple(draw(st.lists(quotes(), min_size=1, max_size=3))) * draw(st.sampled_from([1, 1, 20]))
    if draw(st.booleans()):
        return Answer(some, 0.5, draw(st.none() | SENTENCES), trace())
    return Abstention(draw(SENTENCES), some[: draw(st.integers(0, 2))], 0.1, trace())


# Block Kit types that mention nobody and format nothing by themselves.
_INERT_TYPES = {
    *("section", "header", "context", "plain_text", "mrkdwn", "rich_text", "text"),
    *("rich_text_quote", "rich_text_list", "rich_text_section"),
    *("actions", "button", "overflow", "context_actions", "feedback_buttons"),
}
_DIRECTIONAL_CLASSES = {"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def assert_harmless(message: MessageContent, shown: Iterable[Quote] = ()) -> None:
    """Assert that Slack accepts ``message``, and that it has no mention, no formatting and only links to ``shown``."""
    validate_blocks(message.blocks)
    texts = [message.text, *texts_in(message.blocks)]
    assert sum(map(utf16_units, texts)) <= MESSAGE_LIMIT
    assert all(0 < utf16_units(text) <= 3_000 for text in texts)
    json.dumps(message.blocks, ensure_ascii=False).encode()
    assert_escaped(message.text)
    addresses = {safe_url(quote.article.url) for quote in shown}
    for part in typed_objects(message.blocks):
        assert part["type"] in _INERT_TYPES
        if part["type"] == "plain_text":
            assert part["emoji"] is False
        if part["type"] == "text":
            assert part.get("style") in (None, {"bold": True})
        if part["type"] == "mrkdwn":
            assert_one_link(part, addresses)


def assert_escaped(text: str) -> None:
    """Assert that ``text`` contains no markup and is escaped completely."""
    assert not set("<>") & set(text)
    assert not re.search("&(?!amp;|lt;|gt;)", text)


def assert_one_link(mrkdwn: dict[str, Any], addresses: set[str | None]) -> None:
    """Assert that the text is one link to one of ``addresses`` (or a text in it) with an unformatted label."""
    found = re.fullmatch(r"<([^<>|]*)\|([^<>|]*(?:\|[^<>]*)?)>", mrkdwn["text"])
    assert found is not None
    address = re.sub(r"#?:~:text=[\w.~%,-]+$", "", found[1], flags=re.ASCII)
    assert {found[1], address, f"{address}#"} & addresses
    assert found[2].strip()
    assert_escaped(found[2])
    assert not re.search(r"[*_~`\n]|:[^\s:]+:", unescape(found[2]))
    assert mrkdwn["verbatim"] is True


def typed_objects(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object in ``value`` that has a type."""
    if isinstance(value, dict):
        if "type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from typed_objects(inner)


def quoted(message: MessageContent) -> list[str]:
    """The text of each quote in ``message``."""
    elements = [part for part in typed_objects(message.blocks) if part["type"] == "rich_text_quote"]
    return ["".join(texts_in(element)) for element in elements]


def citation_texts(message: MessageContent) -> list[list[str]]:
    """The visible text of each element of each citation in ``message``."""
    return [[_read(one) for one in block["elements"]] for block in message.blocks if block["type"] == "context"]


def _read(element: dict[str, Any]) -> str:
    text = str(element["text"])
    return unescape(text.partition("|")[2].removesuffix(">")) if element["type"] == "mrkdwn" else text


def utf16_units(text: str) -> int:
    """The length in UTF-16 code units, as in JavaScript."""
    return len(text.encode("utf-16-le")) // 2


def outside_isolates(text: str) -> str:
    """The part of ``text`` that is in no isolate."""
    chars: list[str] = []
    depth = 0
    for char in text:
        depth = 0 if char == "\n" else depth
        if char in "\u2066\u2067\u2068":
            depth += 1
        elif char == "\u2069" and depth:
            depth -= 1
        elif depth == 0:
            chars.append(char)
    return "".join(chars)


def is_directional(text: str) -> bool:
    """Whether a character in ``text`` can change the direction of the text around it."""
    return any(unicodedata.bidirectional(char) in _DIRECTIONAL_CLASSES for char in text)
