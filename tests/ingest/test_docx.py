"""Word documents: what of them is text, and damaged ones. The documents are made of their XML here."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest import zip_files
from bot.ingest.formats import docx
from bot.models import Article

from .samples import list_marks, list_paragraphs, to_article
from .test_damage import behead, cut, flip, insert

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMESPACES = (
    f'xmlns:m="{OFFICE}/math" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
STYLES = """
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:type="paragraph" w:styleId="Outlined"><w:name w:val="X"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
"""
SHOWN = '<w:vanish w:val="0"/>'
PROSE = "The millers of Ostrav agreed to rebuild the weir before the spring floods."


def paragraph(content: str, style: str = "") -> str:
    """A paragraph; ``content`` is text, or runs if it starts with a tag."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{content if content.startswith('<') else run(content)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def build(body: str, *, properties: str = "", word: str = WORD, **parts: str) -> bytes:
    """A Word document; each of ``parts`` is a further part in the folder "word"."""
    relations = f'<Relationship Id="r2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="core.xml"/>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>',
        "core.xml": f'<p xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/">{properties}</p>',
        "word/document.xml": f'<w:document xmlns:w="{word}" {NAMESPACES}><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{word}">{STYLES}</w:styles>',
        **{f"word/{name}.xml": f'<w:{name} xmlns:w="{word}">{part}</w:{name}>' for name, part in parts.items()},
    }
    return pack(files)


def pack(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return data.getvalue()


def build_scan() -> bytes:
    """A Word document that holds a picture only."""
    data = io.BytesIO(build("<w:p/>"))
    with zipfile.ZipFile(data, "a") as package:
        package.writestr("word/media/a.png", "pixels")
    return data.getvalue()


def parse(body: str, **options: str) -> Article:
    return to_article(docx.read(build(body, **options)))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (run("The weir "), "The weir"),
        (f"<w:ins>{run('Tracked insertions')}</w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>", None),
        (f"{run('Non')}<w:r><w:noBreakHyphen/></w:r>{run('breaking')}", "Non\u2011breaking"),
        (f"{run('Seen')}{run(' unseen', '<w:vanish/>')}{run(' again', SHOWN)}", "Seen again"),
        (f"{run('Two')}<w:r><w:br/></w:r>{run('lines')}", "Two\nlines"),
        (f"{run('Before')}<w:r><w:br w:type='page'/></w:r>{run('after')}", "Before\nafter"),
        (f'<w:fldSimple w:instr="REF a">{run("A field")}</w:fldSimple>', "A field"),
        (f'<w:r><w:instrText>HYPERLINK "x"</w:instrText></w:r>{run("A link")}', "A link"),
        (f'<w:hyperlink r:id="gone" xmlns:r="{OFFICE}/relationships">{run("A link")}</w:hyperlink>', "A link"),
        (f"<w:r><w:ruby><w:rt>{run('yu')}</w:rt><w:rubyBase>{run('湯')}</w:rubyBase></w:ruby></w:r>", "湯"),
        (f"{run('Energy ')}<m:oMath><m:r><m:t>E=mc</m:t></m:r></m:oMath>", "Energy E=mc"),
        (f"<w:bdo>{run('Turned')}</w:bdo>", "Turned"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + run("Tap here") + "</w:sdtContent></w:sdt>",
            "",
        ),
        (run("Words", '<w:b/><w:sz w:val="24"/>') + run("joined", "<w:i/>"), "Wordsjoined"),
    ],
)
def test_visible_text_is_extracted(content: str, text: str | None) -> None:
    """The text is what Word shows once all changes are accepted."""
    expected = "Tracked insertions" if text is None else text
    found = [words for _, words in list_paragraphs(parse(paragraph(PROSE) + paragraph(content)))]
    assert found == [PROSE, expected] if expected else found == [PROSE]


def test_the_end_of_a_paragraph_may_be_deleted() -> None:
    """Two paragraphs are one when the end of the first was deleted."""
    deleted = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('The weir ')}</w:p>"
    assert parse(deleted + paragraph("was rebuilt.")).text == "The weir was rebuilt."


def test_text_boxes_are_read_once() -> None:
    """A text box is read once, whether the document has its older form, only the newer one, or both."""
    box = "<w:txbxContent>" + paragraph("A box.") + "</w:txbxContent>"
    new = f"<w:drawing><a><b>{box}</b></a></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    for content in (
        f"<w:r><mc:AlternateContent><mc:Choice>{new}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>",
        f"<w:r><mc:AlternateContent><mc:Choice>{new}</mc:Choice><mc:Fallback/></mc:AlternateContent></w:r>",
        f"<w:r>{new}</w:r>",
        f"<w:r>{old}</w:r>",
    ):
        assert [words for _, words in list_paragraphs(parse(paragraph(content) + paragraph(PROSE)))] == [
            "A box.",
            PROSE,
        ]


def test_headings_are_recognized_by_name_base_and_outline_level() -> None:
    """A style is a heading by its English name, its base, or its outline level; a long paragraph never is one."""
    body = (
        paragraph("Floods", "berschrift1") + paragraph(PROSE) + paragraph("Costs", "Own") + paragraph(PROSE, "Loop")
    ) + (paragraph("Plans", "Outlined") + paragraph("Plans 7", "TOC1") + paragraph("word " * 41 + "end.", "Own"))
    article = parse(body, properties="<dc:title>A weir</dc:title>")
    assert list_marks(article) == [("heading", "Floods"), ("heading", "Costs"), ("heading", "Plans")]
    assert [heading for heading, _ in list_paragraphs(article)] == ["Floods", "Costs", "Plans"]


def test_the_properties_give_title_author_and_date() -> None:
    """Title, author and date of creation are metadata; what programs write there of their own is not."""
    known = "<dc:title>A weir</dc:title><dc:creator>Ilse Varga</dc:creator>"
    article = parse(paragraph(PROSE), properties=f"{known}<t:created>2024-05-07T08:30:00Z</t:created>")
    assert (article.title, article.author, article.published) == ("A weir", "Ilse Varga", date(2024, 5, 7))
    known = "<dc:title>Document1</dc:title><dc:creator>python-docx</dc:creator>"
    dates = "<t:created>2013-12-23T23:15:00Z</t:created><t:modified>2024-05-08T00:00:00Z</t:modified>"
    article = parse(paragraph("Weirs", "Titel") + paragraph(PROSE), properties=known + dates)
    assert (article.title, article.author, article.published) == ("Weirs", None, date(2024, 5, 8))


@pytest.mark.parametrize(
    ("styles", "marks"),
    [
        (("berschrift1", "berschrift1"), [("title", "First"), ("heading", "Second")]),
        (("berschrift1", "Titel"), [("heading", "First"), ("title", "Second")]),
        (("", "Outlined"), [("title", "Second")]),
    ],
)
def test_a_title_is_the_title_style_or_the_first_heading(styles: tuple[str, str], marks: list[tuple[str, str]]) -> None:
    """Without a title in the properties, it is the paragraph in the style "Title", else the first heading."""
    first, second = styles
    body = paragraph("First", first) + paragraph(PROSE) + paragraph("Second", second) + paragraph(PROSE)
    assert list_marks(parse(body)) == marks


def test_a_row_of_a_table_is_a_paragraph() -> None:
    """A row with short cells is a paragraph with tabs; longer cells are paragraphs of their own."""
    long = " ".join([PROSE] * 4)
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{cell}<w:p/></w:tc>' for cell in cells)}</w:tr>"
        for cells in (
            (paragraph("Weir"), paragraph("Cost")),
            (paragraph("Ostrav"), paragraph("12 crowns")),
            (paragraph(long), paragraph("One.") + paragraph("Two.")),
        )
    )
    found = [words for _, words in list_paragraphs(parse(f"<w:tbl>{rows}</w:tbl>"))]
    assert found == ["Weir\tCost", "Ostrav\t12 crowns", long, "One.", "Two."]


def test_notes_stand_below_the_text_without_their_marks() -> None:
    """A footnote is a paragraph at the end; neither its number nor an arrow is part of the text."""
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = f'<w:footnote w:id="2">{paragraph("See the survey of 1912.")}</w:footnote>'
    article = parse(paragraph(run("The weir") + mark + run(" leaks.")), footnotes=notes)
    assert [words for _, words in list_paragraphs(article)] == ["The weir leaks.", "See the survey of 1912."]


def test_strict_documents_are_read() -> None:
    """The strict variant of the format, which has other namespaces, is read alike."""
    article = parse(paragraph("Floods", "berschrift1") + paragraph(PROSE), word=STRICT)
    assert (list_marks(article), article.text) == ([("title", "Floods")], f"Floods\n\n{PROSE}")


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        (b"", "empty", "it is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", "without one"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1WordDocument", "unsupported", "save it as .docx"),
        (build(paragraph(PROSE))[:-40], "broken", "cut short"),
        (b"{\\rtf1 words}", "broken", "cut short or damaged"),
        (pack({"xl/workbook.xml": "<workbook/>"}), "unsupported", "spreadsheet"),
        (pack({"mimetype": "x"}), "broken", "no Word document"),
        (build_scan(), "no_text", "text recognition"),
        (pack({"word/document.xml": "<document>" + "<a>" * 500}), "broken", "damaged"),
        (build("<w:p/>" * (docx.MAX_ELEMENTS + 1)), "too_large", "500,000 elements"),
    ],
    ids=lambda value: "file" if isinstance(value, bytes) else value[:20],
)
def test_what_cannot_be_read_is_named(data: bytes, outcome: str, reason: str) -> None:
    """The reason says what the document is, and what to do."""
    with pytest.raises(UnreadableArticleError, match=reason) as caught:
        docx.read(data)
    assert caught.value.outcome == outcome


def test_entities_are_not_expanded() -> None:
    """An entity declared in the document is neither expanded nor loaded."""
    entities = '<!DOCTYPE d [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/hostname">]>'
    document = f'<w:document xmlns:w="{WORD}"><w:body>{paragraph("Words &amp; &a;&b; end.")}</w:body></w:document>'
    with pytest.raises(UnreadableArticleError):
        docx.read(pack({"word/document.xml": entities + document}))


def test_a_small_file_that_holds_much_is_refused() -> None:
    """What a part decompresses to is limited, and so is the number of parts."""
    with pytest.raises(UnreadableArticleError, match="more than 50 MB"):
        docx.read(pack({"word/document.xml": " " * (zip_files.PARTS_LIMIT + 1)}))
    with pytest.raises(UnreadableArticleError, match="more than 10,000 parts"):
        docx.read(pack({f"{number}.xml": "" for number in range(zip_files.MAX_PARTS + 1)}))


def test_damaged_documents_are_read_or_refused() -> None:
    """Whatever is cut, flipped or inserted, the document is read or refused with a reason."""
    rng = random.Random(11)
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    body = paragraph("Floods", "Own") + f"<w:tbl><w:tr><w:tc>{paragraph(PROSE)}</w:tc></w:tr></w:tbl>" + paragraph(mark)
    good = build(body, footnotes=f'<w:footnote w:id="2">{paragraph(PROSE)}</w:footnote>')
    with zipfile.ZipFile(io.BytesIO(good)) as package:
        files = {name: package.read(name).decode() for name in package.namelist()}
    for number in range(400):
        damage = (flip, cut, behead, insert)[number % 4]
        if number % 2:
            name = rng.choice(list(files))
            data = pack({**files, name: damage(rng, files[name].encode()).decode("utf-8", "replace")})
        else:
            data = damage(rng, good)
        try:
            assert docx.read(data).text is not None
        except UnreadableArticleError as error:
            assert str(error)
