"""Hostile text: whatever a file holds, reading it takes time in proportion to its size, or it is refused."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest import encoding, metadata
from bot.ingest.formats import html, markdown, plain
from bot.text import analysis, fragments
from bot.text.paragraphs import split_paragraphs
from bot.text.sentences import WINDOW, split_sentences
from tests.factories import article, read_articles

SIZE = 200_000
LIMIT = 10.0
"""Seconds of processor time; what is linear takes less than one, what is quadratic takes minutes."""

UNITS = (
    *(
        " ",
        "\n",
        " \n",
        "\t",
        "\xa0",
        "\u2028",
        "\0",
        '"',
        "“",
        "”",
        "A. “",
        "'",
        ".",
        ". ",
        "!",
        "?",
        "? ",
        "1",
        "1.",
        "1,",
    ),
    *(
        "a",
        "A ",
        "a.",
        "a-",
        "AB ",
        "`",
        "` ",
        "[",
        "[a",
        "![[",
        "](",
        "[x][",
        "(",
        "(a ",
        "<",
        "<a",
        "<a ",
        "<a b='",
        "<p>",
    ),
    *(
        "<!--",
        "<script ",
        "&",
        "*a ",
        "_a",
        "#",
        "- ",
        "> ",
        "|a",
        "\\",
        "@",
        "by ",
        "date: ",
        "漢",
        "\u0301",
        "http://",
    ),
)

READERS: dict[str, Callable[[str], object]] = {
    "clean": encoding.clean,
    "decode": lambda text: encoding.decode(text.encode() + b"words"),
    "plain": lambda text: plain.parse_text(f"x\n{text}"),
    "metadata on top": lambda text: plain.parse_text(f"date {text}x"),
    "paragraphs": lambda text: split_paragraphs(article(f"x{text}")),
    "sentences": split_sentences,
    "words": analysis.locate_words,
    "fragments": lambda text: list(fragments._WORD.finditer(text)),
    "url": lambda text: metadata.parse_metadata({"url": f"http://{text}"}),
    "markdown": lambda text: markdown.read(f"{text}\nwords".encode()),
    "front matter": lambda text: markdown.read(f"---\n{text}\nwords".encode()),
    "start tags": lambda text: [match["tag"] for match in html._START_TAG.finditer(text)],
}


@pytest.mark.parametrize("reader", READERS)
def test_reading_takes_linear_time(reader: str) -> None:
    """A file made of one repeated piece is read, or refused as unreadable, in time."""
    for unit in UNITS:
        text = (unit * (SIZE // len(unit) + 1))[:SIZE]
        started = time.process_time()
        with contextlib.suppress(UnreadableArticleError):
            READERS[reader](text)
        assert time.process_time() - started < LIMIT, unit


def test_backticks_of_growing_length_take_linear_time() -> None:
    """Runs of backticks of every length, which no closing run matches, are read in time."""
    started = time.process_time()
    markdown.read(" a ".join("`" * length for length in range(1_000)).encode())
    assert time.process_time() - started < LIMIT


@pytest.mark.parametrize("count", [500, 501])
def test_an_element_with_many_attributes_is_refused(count: int) -> None:
    """The HTML parser takes quadratic time for the attributes of an element, so their number is limited."""
    for form in ("a{}", "a{}=1", "a{}='>'", 'a{}=">"', "a{}/"):
        attributes = " ".join(form.format(number) for number in range(count - 1))
        page = f"<!-- <p a=\" --><script>if (a<b && c) d = '</p'</script><p {attributes}>Good words.</p>".encode()
        if count > 500:
            with pytest.raises(UnreadableArticleError, match="an element has more than 500 attributes"):
                html.read(page)
        else:
            assert html.read(page).text == "Good words."


def test_long_scripts_and_values_are_no_attributes() -> None:
    """Neither the words of a script, a comment or a value nor many elements are taken for attributes."""
    words = "word " * 2_000
    page = (
        f"<!-- <b {words} --><script>if (a<b) {words}</script><p title='{words}'>Good words.</p>" + "<br a b c>" * 600
    )
    assert html.read(page.encode()).text == "Good words."


@pytest.mark.parametrize("brackets", ["[", "![[", "[a](b"])
def test_a_paragraph_with_many_brackets_is_refused(brackets: str) -> None:
    """The Markdown parser takes quadratic time for the brackets of a paragraph, so their number is limited."""
    with pytest.raises(UnreadableArticleError, match="a paragraph has more than 5,000 opening brackets"):
        markdown.read((brackets * 5_001).encode())
    assert "words" in markdown.read(("\n\n".join([f"{brackets} words"] * 6_000)).encode()).text


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unicode_escape", "raw_unicode_escape"])
def test_a_charset_that_no_page_has_is_ignored(charset: str) -> None:
    """A page that declares a codec of Python that is no encoding of the web is read as UTF-8."""
    page = f'<meta charset="{charset}"><p>Café +AGE- \\u0041 words.'
    assert html.read(page.encode()).text == "Café +AGE- \\u0041 words."


def test_a_long_paragraph_is_split_as_its_parts() -> None:
    """A paragraph that is longer than what the library gets at once has the same sentences as a short one."""
    sentence = "The ferry of Dr. Tarn sailed at 9 p.m. Thursday, and was late. “Why?” asked the U.S. envoy. "
    short = split_sentences(sentence)
    count = 5 * WINDOW // len(sentence)
    spans = split_sentences(sentence * count)
    assert [span.slice(sentence * count) for span in spans] == [span.slice(sentence) for span in short] * count


@pytest.mark.parametrize("name", ["text.txt", "page.html", "lines.jsonl"])
def test_a_text_that_repeats_itself_is_named(tmp_path: Path, name: str) -> None:
    """A long text of the same few words is no article; one of many words is, also if some are repeated."""
    words = "The harbour council counted the boats. " * 600
    prose = " ".join(f"Boat {number * 7919 % 100_003} came to berth {number}." for number in range(700))
    for folder, text in (("hostile", words), ("good", f"{prose} {words[:4_000]}")):
        (tmp_path / folder).mkdir()
        content = {
            "text.txt": text,
            "page.html": f"<article><p>{text}</p></article>",
            "lines.jsonl": json.dumps({"text": text}),
        }
        (tmp_path / folder / name).write_text(content[name])
    assert len(read_articles([tmp_path / "good"]).articles) == 1
    (tmp_path / "hostile" / "other.txt").write_text("The ferry was sold.")
    (skipped,) = read_articles([tmp_path / "hostile"]).skipped
    assert skipped.name.startswith(name)
    assert skipped.reason == "it repeats the same few words or signs throughout"
