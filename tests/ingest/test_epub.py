"""E-books: chapters, headings and metadata, and damaged ones. The books are made of their XML here."""

from __future__ import annotations

import random
from datetime import date

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft
from bot.ingest.formats import epub
from bot.models import Article

from .samples import list_marks, list_paragraphs, to_article
from .test_damage import behead, cut, flip, insert
from .test_docx import pack

OPF = "http://www.idpf.org/2007/opf"
METADATA = """
<dc:title>The Weirs of Ostrav</dc:title><dc:creator>Ilse Varga</dc:creator><dc:creator>Jon Birk</dc:creator>
<dc:publisher>Millrace Press</dc:publisher><dc:identifier>urn:uuid:1</dc:identifier>
<dc:identifier>https://example.org/weirs</dc:identifier>
<dc:date opf:event="conversion">2024-02-01</dc:date><dc:date opf:event="publication">2019-08-23</dc:date>
"""
PAGE = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{}</body></html>'
NCX = """
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>
<navPoint><navLabel><text>The Flood</text></navLabel><content src="text/2%20b.xhtml#top"/></navPoint>
<navPoint><navLabel><text>Repairs</text></navLabel><content src="text/3.xhtml"/></navPoint>
</navMap></ncx>
"""
NAV = PAGE.format('<nav epub:type="toc"><ol><li><a href="3.xhtml">Repairs</a></li></ol></nav>')
ENCRYPTION = '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:CipherReference URI="{}"/></encryption>'


def build(chapters: dict[str, str], metadata: str = METADATA, missing: str = "", **parts: str) -> dict[str, str]:
    """The parts of a book; ``chapters`` are bodies by name, in reading order. The one named ``missing`` is left out."""
    items = "".join(
        f'<item id="c{number}" href="text/{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    items += '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    items += '<item id="nav" href="text/nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    spine = "".join(f'<itemref idref="{name}"/>' for name in ["nav", *(f"c{one}" for one in range(len(chapters)))])
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": f'<package xmlns="{OPF}" xmlns:opf="{OPF}"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata><manifest>{items}</manifest>'
        f"<spine>{spine}</spine></package>",
        **{f"OPS/text/{name}": PAGE.format(body) for name, body in chapters.items() if name != missing},
        **parts,
    }


def read(chapters: dict[str, str], metadata: str = METADATA, **parts: str) -> Draft:
    return epub.read(pack(build(chapters, metadata, **parts)))


def parse(chapters: dict[str, str], metadata: str = METADATA, **parts: str) -> Article:
    return to_article(read(chapters, metadata, **parts))


def test_metadata_is_the_books_own() -> None:
    """Title, authors, publisher, date of publication and address come from the book's package."""
    article = parse({"1.xhtml": "<p>Words.</p>"})
    assert (article.title, article.author, article.source) == (
        "The Weirs of Ostrav",
        "Ilse Varga, Jon Birk",
        "Millrace Press",
    )
    assert (article.published, article.url) == (date(2019, 8, 23), "https://example.org/weirs")


def test_chapters_are_read_in_order_with_their_titles_as_headings() -> None:
    """Chapters come in the order of the spine; a chapter's title is a heading, from its text or from the contents."""
    chapters = {
        "3.xhtml": "<h1>Repairs</h1><p>The weir was rebuilt.</p><h2>Costs</h2><p>It cost much.</p>",
        "2 b.xhtml": "<p class='head'>THE FLOOD</p><p>The river rose.</p>",
        "1.xhtml": "<p>Thanks to all.</p>",
    }
    article = parse(chapters, **{"OPS/toc.ncx": NCX})
    assert list_paragraphs(article) == [
        ("Repairs", "The weir was rebuilt."),
        ("Costs", "It cost much."),
        ("The Flood", "The river rose."),
        ("The Flood", "Thanks to all."),
    ]
    assert {kind for kind, _ in list_marks(article)} == {"heading"}


def test_the_contents_of_newer_books_are_read() -> None:
    """The page of contents gives chapters their headings, and is no chapter itself."""
    article = parse({"3.xhtml": "<p>The weir was rebuilt.</p>"}, **{"OPS/text/nav.xhtml": NAV})
    assert list_paragraphs(article) == [("Repairs", "The weir was rebuilt.")]


def test_a_book_without_a_title_is_titled_by_its_first_heading() -> None:
    """A title that a program filled in counts as none."""
    article = parse({"1.xhtml": "<h1>Weirs</h1><p>Words.</p><h1>Mills</h1>"}, "<dc:title>Untitled document</dc:title>")
    assert list_marks(article) == [("title", "Weirs"), ("heading", "Mills")]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Mill<span epub:type='pagebreak' title='7'>7</span>ers met.</p>", "Millers met."),
        ("<p>Mill<span class='pagenum'>[Pg 7]</span>ers met.</p>", "Millers met."),
        ("<p>They met<a epub:type='noteref' href='#n'>3</a>.</p>", "They met."),
        ("<p>One<a id='a'/> two &amp; caf&eacute;&nbsp;three.</p>", "One two & café\xa0three."),
        ("<script/><style/><p>Seen.</p>", "Seen."),
        ("<p>Not <b>closed.<p>Well.", "Not closed.\n\nWell."),
    ],
)
def test_visible_text_is_extracted(body: str, text: str) -> None:
    """Page numbers and marks of notes are left out; empty elements enclose nothing; entities are characters."""
    assert parse({"1.xhtml": body}).text == text


def test_missing_chapters_are_reported() -> None:
    """The chapters that are there are read."""
    draft = read({"1.xhtml": "<p>One.</p>", "2.xhtml": "<p>Two.</p>"}, missing="2.xhtml")
    assert (draft.text, draft.outcome) == ("One.", "partly")
    assert draft.warnings == ("1 of its 2 chapters are missing; download it again",)


PLAIN = {"1.xhtml": "<p>One.</p>"}


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        (b"", "empty", "it is empty"),
        (b"PK\x03\x04 cut", "broken", "cut short"),
        (pack({"mimetype": "application/epub+zip"}), "broken", "no e-book"),
        (pack(build(PLAIN, missing="1.xhtml")), "broken", "chapters are missing"),
        (pack(build({"1.xhtml": "<img src='a.png'/>"})), "no_text", "text recognition"),
        (pack(build(PLAIN, **{"META-INF/encryption.xml": ENCRYPTION.format("OPS/text/1.xhtml")})), "encrypted", "DRM"),
    ],
    ids=["empty", "cut", "no book", "missing", "pictures", "protected"],
)
def test_what_cannot_be_read_is_named(data: bytes, outcome: str, reason: str) -> None:
    """The reason says what is wrong with the book, and what to do."""
    with pytest.raises(UnreadableArticleError, match=reason) as caught:
        epub.read(data)
    assert caught.value.outcome == outcome


def test_a_book_with_obfuscated_fonts_is_read() -> None:
    """Fonts that are encrypted do not matter."""
    assert read(PLAIN, **{"META-INF/encryption.xml": ENCRYPTION.format("OPS/font.otf")}).text == "One."


def test_damaged_books_are_read_or_refused() -> None:
    """Whatever is cut, flipped or inserted, the book is read or refused with a reason."""
    rng = random.Random(12)
    files = build(
        {"1.xhtml": "<h1>Repairs</h1><p>The weir was rebuilt.</p>", "2 b.xhtml": "<table><tr><td>x</td></tr></table>"},
        **{"OPS/toc.ncx": NCX, "OPS/text/nav.xhtml": NAV, "META-INF/encryption.xml": ENCRYPTION.format("a")},
    )
    good = pack(files)
    for number in range(400):
        damage = (flip, cut, behead, insert)[number % 4]
        if number % 2:
            name = rng.choice(list(files))
            data = pack({**files, name: damage(rng, files[name].encode()).decode("utf-8", "replace")})
        else:
            data = damage(rng, good)
        try:
            assert epub.read(data).text
        except UnreadableArticleError as error:
            assert str(error)
