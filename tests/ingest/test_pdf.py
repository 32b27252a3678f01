"""PDFs are read in reading order: paragraphs, tables, footnotes, headings and pages, without running headers."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from bot.errors import UnreadableArticleError
from bot.ingest.draft import Draft
from bot.ingest.formats.pdf import draw_quote, locate_quote, read
from bot.ingest.pdf import document
from bot.ingest.pdf.characters import Style, WordBox
from bot.ingest.pdf.lines import order_words
from bot.models import Article, Span

from .pdf_samples import Design, designs, sentence, typeset, write_pages

DAMAGED = 300
Piece = tuple[str, float, float, str, float]


def lines(*texts: str, x: float = 72, y: float = 700, font: str = "Times-Roman", size: float = 11) -> list[Piece]:
    """Lines below one another."""
    return [(text, x, y - number * size * 1.2, font, size) for number, text in enumerate(texts)]


def paragraphs(draft: Draft) -> list[str]:
    return draft.text.split("\n\n")


def pages_of(draft: Draft, words: str) -> tuple[int, int] | None:
    """The first and last page of these words of the draft."""
    at = draft.text.index(words)
    article = Article("a", "A", "s", draft.text, pages=draft.pages)
    return article.pages_of(Span(at, at + len(words)))


def marked(draft: Draft, kind: str) -> list[str]:
    return [mark.span.slice(draft.text) for mark in draft.marks if mark.kind == kind]


def refused(data: bytes) -> str:
    """The outcome of a file that cannot be read."""
    with pytest.raises(UnreadableArticleError) as caught:
        read(data)
    return caught.value.outcome


FILLER = [
    "The harbour council met on Monday to settle the mooring fees, and found that",
    "nobody had counted the boats since the second pier was opened in the spring.",
]


def test_generated_documents_keep_their_paragraphs() -> None:
    """Of 72 documents in one to three columns, at least 98 % of the paragraphs are whole and on their page."""
    expected = found = 0
    lost = []
    for design in designs():
        made = typeset(design)
        draft = read(made.data)
        starts = dict(reversed(made.paragraphs))
        whole = set(paragraphs(draft))
        for text, page in starts.items():
            expected += 1
            first = pages_of(draft, text) if text in whole else None
            if first is not None and first[0] == page:
                found += 1
            else:
                lost.append((design.seed, text[:50]))
        assert not [word for word in made.absent if word in draft.text], design
    assert found >= 0.98 * expected, lost


def test_generated_tables_are_rows() -> None:
    """Rows of tables between the paragraphs are paragraphs of their own, with tabs between their cells."""
    rows = [
        (design.seed, row, read(made.data)) for design in designs() for made in [typeset(design)] for row in made.rows
    ]
    lost = [(seed, row) for seed, (row, _), draft in rows if row not in paragraphs(draft)]
    assert len(rows) > 100
    assert len(lost) <= 0.05 * len(rows), lost


@given(st.integers(0, 10_000), st.integers(1, 3), st.booleans())
@settings(deadline=None, max_examples=20)
def test_every_character_has_its_page_and_every_page_occurs(seed: int, columns: int, is_interleaved: bool) -> None:
    """The pages' offsets ascend from 0, and each page occurs."""
    design = Design(seed, columns, is_interleaved=is_interleaved, has_notes=seed % 2 == 0, paragraphs=30)
    draft = read(typeset(design).data)
    offsets = [start.offset for start in draft.pages]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert offsets[-1] <= len(draft.text)
    assert {start.page for start in draft.pages} == set(range(1, max(start.page for start in draft.pages) + 1))


def test_a_file_gives_the_same_in_another_process() -> None:
    """Text and pages depend on the file alone, not on the process or on what it read before."""
    made = [typeset(Design(seed, 2, has_notes=True)).data for seed in range(3)]
    script = (
        "import sys, hashlib\n"
        "from bot.ingest.formats.pdf import read\n"
        "draft = read(sys.stdin.buffer.read())\n"
        "print(hashlib.sha256(repr(draft).encode()).hexdigest())"
    )
    digests = [
        subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True).stdout
        for data in made
    ]
    other = [
        subprocess.run(
            [sys.executable, "-c", script], input=data, capture_output=True, check=True, env={"PYTHONHASHSEED": "7"}
        ).stdout
        for data in made
    ]
    assert digests == other
    assert len(set(digests)) == 3
    assert [read(data) for data in made] == [read(data) for data in reversed(made)][::-1]


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("the boats were counted", "on the quay.", "counted on the quay."),
        ("the harbour com-", "mittee met.", "harbour committee met."),
        ("a sixth-", "generation boat.", "a sixth-generation boat."),
        ("the Lucent-", "BM25 engine.", "the Lucent-BM25 engine."),
        ("flight 737–", "9 was late.", "flight 737–9 was late."),
        ("call 206–231–", "3195 today.", "call 206–231–3195 today."),
        ("docket 2023-", "0379 is open.", "docket 2023-0379 is open."),
        ("the pre-", "and postwar years.", "the pre- and postwar years."),
        ("he left –", "and came back.", "he left – and came back."),
        ("the old Quillon-", "berg road, and Quillonberg itself.", "Quillonberg road, and Quillonberg itself."),
        ("well-known and well-", "known again.", "well-known and well-known again."),
    ],
)
def test_joins(before: str, after: str, joined: str) -> None:
    """Lines are joined with a blank, or with none inside a number, a designation or a broken word."""
    filler = "one two three four five six seven eight nine ten eleven"
    draft = read(write_pages([lines(f"{filler} {before}", f"{after}")]))
    assert draft.text.endswith(joined)
    assert len(paragraphs(draft)) == 1


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    """What stands at the same height on three pages, apart from its digits, is left out and counted."""
    pages = [
        [
            ("The Quillan Gazette", 72, 800, "Times-Roman", 11),
            *lines(*(sentence(random.Random(10 * number + line), 12) for line in range(3))),
            (f"Page {number} of 4", 280, 40, "Times-Roman", 11),
        ]
        for number in range(1, 5)
    ]
    draft = read(write_pages(pages))
    assert "Gazette" not in draft.text
    assert "Page" not in draft.text
    assert draft.text.count(".") == 12
    assert draft.warnings == ("8 lines of headers, footers, page and line numbers left out",)


def test_the_furniture_of_a_single_page_is_found_by_place_and_size() -> None:
    """On one page, small text in the margin is left out, and text that is turned; the first line of the text stays."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    canvas.setFont("Times-Roman", 8)
    canvas.drawString(72, 810, "Printed for the council")
    canvas.drawString(72, 25, "www.harbour.example")
    canvas.drawRightString(520, 25, "12")
    canvas.saveState()
    canvas.translate(20, 300)
    canvas.rotate(90)
    canvas.drawString(0, 0, "Archive stamp 2029")
    canvas.restoreState()
    canvas.setFont("Times-Roman", 11)
    for number, line in enumerate(FILLER):
        canvas.drawString(72, 700 - 13 * number, line)
    canvas.save()
    draft = read(stream.getvalue())
    assert draft.text == " ".join(FILLER)


def test_line_numbers_in_the_margin_are_left_out() -> None:
    """The numbers 1 to 25 beside the lines of a transcript do not enter the text; those of a list do."""
    rng = random.Random(5)
    numbered = []
    for number in range(1, 26):
        y = 740 - 26 * number
        numbered += [(str(number), 60.0, y, "Courier", 11.0)]
        if number <= 20:
            numbered += [(sentence(rng, 8), 110.0, y, "Courier", 11.0)]
    assert not [word for word in read(write_pages([numbered])).text.split() if word.isdigit()]
    listed = [(f"{number}. {sentence(rng, 6)}", 72.0, 740.0 - 14 * number, "Courier", 11.0) for number in range(1, 20)]
    assert [line.split()[0] for line in paragraphs(read(write_pages([listed])))] == [f"{n}." for n in range(1, 20)]


def test_footnotes_are_paragraphs_and_their_marks_stay_apart() -> None:
    """A footnote is a paragraph of its own, after the one that goes on overleaf; a mark is not glued to a number."""
    first = [
        *lines(*FILLER, y=160),
        ("The second pier was built in 2019", 72, 133.6, "Times-Roman", 11),
        ("3", 232, 138, "Times-Roman", 7),
        ("and closed in the", 240, 133.6, "Times-Roman", 11),
        ("3 See the minutes of that year.", 72, 90, "Times-Roman", 8.5),
    ]
    second = lines("winter after it, when the ice came early and the boats were kept on land for months.", *FILLER)
    draft = read(write_pages([first, second]))
    body, note = paragraphs(draft)
    assert "built in 2019 3 and closed in the winter after it" in body
    assert note == "3 See the minutes of that year."
    assert pages_of(draft, note) == (1, 1)
    assert pages_of(draft, body) == (1, 2)


def test_headings_by_font_are_marked() -> None:
    """The largest line at the top is the title, and larger or bold lines above text are headings; others stay text."""
    pages = [
        [
            ("Boats of the Northern Bay", 72, 760, "Helvetica-Bold", 20),
            *lines(*FILLER, y=720),
            ("What It Cost", 72, 670, "Times-Bold", 11),
            *lines(*FILLER, y=650),
            ("A bold last line", 72, 600, "Times-Bold", 11),
        ]
    ]
    draft = read(write_pages(pages))
    assert marked(draft, "title") == ["Boats of the Northern Bay"]
    assert marked(draft, "heading") == ["What It Cost"]
    assert draft.metadata.title == "Boats of the Northern Bay"


def test_text_outside_the_page_is_left_out_and_invisible_text_is_read() -> None:
    """Text beside the page is no text; a layer that is not painted, as in a scan with OCR, is."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    canvas.drawString(72, 900, "Outside of the page")
    text = canvas.beginText(72, 700)
    text.setTextRenderMode(3)
    text.textLine("Recognized words of a scanned page.")
    canvas.drawText(text)
    canvas.save()
    assert read(stream.getvalue()).text == "Recognized words of a scanned page."


def encrypted(user: str, owner: str) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=1, encrypt=StandardEncryption(user, owner, canPrint=0, canCopy=0))
    canvas.drawString(72, 700, "The words of a protected file.")
    canvas.save()
    return stream.getvalue()


def scanned(pages: int, *, text_on: Sequence[int] = ()) -> bytes:
    """Pages of a picture each, and text on some of them."""
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=1)
    for number in range(1, pages + 1):
        canvas.drawInlineImage(Image.new("RGB", (40, 40), "grey"), 0, 0, 400, 600)
        if number in text_on:
            canvas.drawString(72, 700, f"The words of page {number} are here.")
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def test_outcomes() -> None:
    """A password, a scan, damage and an empty file each have a name; an owner's password is no obstacle."""
    good = write_pages([lines(*FILLER)])
    assert refused(encrypted("secret", "owner")) == "encrypted"
    assert refused(scanned(2)) == "no_text"
    assert refused(b"%PDF-1.7\n%%EOF") == "broken"
    assert refused(good[: len(good) // 20]) == "broken"
    assert refused(b"no PDF at all") == "broken"
    assert refused(b"") == "empty"
    assert refused(b" \n\0") == "empty"
    draft = read(encrypted("", "owner"))
    assert (draft.text, draft.outcome) == ("The words of a protected file.", "read")


def test_pages_without_text_are_named() -> None:
    """A file of which only some pages have text is read partly, and the others are named."""
    draft = read(scanned(7, text_on=(1, 4)))
    assert draft.outcome == "partly"
    assert draft.warnings == ("pages 2 to 3 and 5 to 7 have no text, perhaps only pictures",)
    assert [start.page for start in draft.pages] == [1, 2, 3, 4, 5, 6, 7]
    assert pages_of(draft, "The words of page 4") == (4, 4)


def test_too_many_pages_are_refused() -> None:
    """A file with more pages than the limit is not read."""
    pages = pypdfium2.PdfDocument.new()
    for _ in range(document.PAGE_LIMIT + 1):
        pages.new_page(100, 100).close()
    stream = io.BytesIO()
    pages.save(stream)
    assert refused(stream.getvalue()) == "too_large"


@pytest.mark.parametrize(
    ("title", "author", "expected"),
    [
        ("Boats of the Bay", "Ada Quillan", ("Boats of the Bay", "Ada Quillan")),
        ("Microsoft Word - boats.docx", "admin", (None, None)),
        ("untitled", "quillan@harbour.example", (None, None)),
        ("boats_final_v2.pdf", "jquillan", (None, None)),
        ("(anonymous)", "anonymous", (None, None)),
        ("hea: [Add month, year]", "Microsoft Office User", (None, None)),
        ("港の船", "山田太郎", ("港の船", "山田太郎")),
    ],
)
def test_metadata(title: str, author: str, expected: tuple[str | None, str | None]) -> None:
    """The information dictionary counts where it is plausible; the date of creation does not count alone."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.drawString(72, 700, FILLER[0])
    canvas.save()
    draft = read(stream.getvalue())
    assert (draft.metadata.title, draft.metadata.author) == expected
    assert draft.metadata.published is None


def test_printed_labels_of_pages() -> None:
    """The labels of all pages are given if any differs from its number."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1)
    canvas.addPageLabel(0, style="ROMAN_LOWER", start=1)
    canvas.addPageLabel(2, style="ARABIC", start=1)
    for _ in range(4):
        canvas.drawString(72, 700, FILLER[0])
        canvas.showPage()
    canvas.save()
    assert read(stream.getvalue()).page_labels == ("i", "ii", "1", "2")
    assert read(write_pages([lines(*FILLER)])).page_labels == ()


def test_japanese_lines_are_joined_without_a_blank() -> None:
    """No blank comes between two Japanese characters at the end of a line."""
    registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    first, second = "蟻は夏のあいだずっと冬の餌を集めて巣に運んでい", "ましたが、蝗は歌っていました。"
    draft = read(write_pages([[(first, 72, 700, "HeiseiMin-W3", 11), (second, 72, 685, "HeiseiMin-W3", 11)]]))
    assert draft.text == first + second


def word(text: str, x0: float, x1: float) -> WordBox:
    style = Style(0, 10.0, "", False)
    return WordBox(text, list(range(len(text))), x0, x1, 0, 10, 8, 10.0, style, " ", -1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("one", 0), ("two", 40), ("three", 80)], "one two three"),
        ([("سفن", 80), ("مرفأ", 40), ("قديم", 0)], "سفن مرفأ قديم"),
        ([("سفن", 120), ("Lund", 40), ("Bay", 80), ("قديم", 0)], "سفن Lund Bay قديم"),
        ([("سنة", 80), ("2019", 40), ("انتهت", 0)], "سنة 2019 انتهت"),
        ([("שלום", 80), ("עולם", 40)], "שלום עולם"),
        ([("see", 0), ("סירות", 80), ("נמל", 40), ("here", 120)], "see סירות נמל here"),
    ],
)
def test_right_to_left_lines_are_in_logical_order(words: list[tuple[str, float]], expected: str) -> None:
    """Words of a line of Arabic or Hebrew are read from right to left, Latin words and numbers in it the other way."""
    boxes = sorted((word(text, x0, x0 + 30) for text, x0 in words), key=lambda one: one.x0)
    is_rtl = words[0][1] > 0
    assert " ".join(box.text for box in order_words(boxes, is_rtl=is_rtl)) == expected


def turned(data: bytes, rotation: int, crop: tuple[float, float, float, float] | None) -> bytes:
    """The same file with its first page rotated and cropped."""
    changed = pypdfium2.PdfDocument(data)
    page = changed[0]
    page.set_rotation(rotation)
    if crop:
        page.set_cropbox(*crop)
    stream = io.BytesIO()
    changed.save(stream)
    return stream.getvalue()


def character_boxes(data: bytes, page: int, words: str) -> list[tuple[float, float, float, float]]:
    """PDFium's own boxes of the characters of these words, which stand on one line."""
    text_page = pypdfium2.PdfDocument(data)[page].get_textpage()
    at = text_page.get_text_range().index(words)
    return [text_page.get_charbox(at + number, loose=True) for number in range(len(words))]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50.0, 600.0, 500.0, 800.0)])
def test_the_boxes_of_a_quote_are_those_of_its_characters(
    rotation: int, crop: tuple[float, float, float, float] | None
) -> None:
    """On rotated and cropped pages too, the box of words is the box around their characters, and it is drawn there."""
    data = turned(write_pages([lines(*FILLER)]), rotation, crop)
    draft = read(data)
    words = "the boats since the second"
    at = draft.text.index(words)
    span = Span(at, at + len(words))
    [(page, [box])] = locate_quote(data, span)
    expected = character_boxes(data, 0, words)
    assert page == 1
    assert box.left == pytest.approx(min(one[0] for one in expected), abs=0.1)
    assert box.right == pytest.approx(max(one[2] for one in expected), abs=0.1)
    assert box.bottom == pytest.approx(min(one[1] for one in expected), abs=0.1)
    assert box.top == pytest.approx(max(one[3] for one in expected), abs=0.1)
    picture = Image.open(io.BytesIO(draw_quote(data, span)))
    assert picture.width <= 1200
    plain = pypdfium2.PdfDocument(data)[0]
    bitmap = plain.render(scale=min(1200 / plain.get_width(), 2400 / plain.get_height()))
    corners = [bitmap.get_posconv(plain).to_bitmap(x, y) for x, y in ((box.left, box.bottom), (box.right, box.top))]
    (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
    changed = ImageChops.difference(picture, bitmap.to_pil().convert("RGB")).getbbox()
    assert changed is not None
    assert changed == pytest.approx((x0, y0, x1, y1), abs=8)


def test_a_quote_over_two_pages_is_drawn_on_the_first() -> None:
    """Each page has its boxes, a line each; the picture is of the page on which the quote begins."""
    data = write_pages([lines(*FILLER[:1], y=110), lines("nobody had counted the boats.")])
    draft = read(data)
    assert len(paragraphs(draft)) == 1
    start = draft.text.index("settle")
    span = Span(start, draft.text.index("counted"))
    located = locate_quote(data, span)
    assert [(page, len(boxes)) for page, boxes in located] == [(1, 1), (2, 1)]
    assert Image.open(io.BytesIO(draw_quote(data, span))).format == "PNG"


def test_a_span_without_words_cannot_be_drawn() -> None:
    """A blank between two lines stands nowhere on the page."""
    data = write_pages([lines(*FILLER)])
    at = read(data).text.index(" nobody")
    with pytest.raises(ValueError, match="no word"):
        draw_quote(data, Span(at, at + 1))


def damage(rng: random.Random, data: bytes) -> bytes:
    """Flip bits, cut off an end, or write over a stretch."""
    damaged = bytearray(data)
    kind = rng.randrange(3)
    if kind == 0:
        for _ in range(rng.randint(1, 60)):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del damaged[rng.randrange(len(damaged)) :]
    else:
        at = rng.randrange(len(damaged))
        damaged[at : at + 200] = rng.randbytes(rng.randint(0, 400))
    return bytes(damaged)


READ_ALL = """
import sys
from pathlib import Path
from bot.errors import UnreadableArticleError
from bot.ingest.formats.pdf import read

for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.name < sys.argv[2]:
        continue
    try:
        outcome = read(path.read_bytes()).outcome
    except UnreadableArticleError as error:
        outcome = error.outcome
    print(path.name, outcome, flush=True)
"""


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    """Of some hundred damaged files, each is read or refused by name, and none raises anything else.

    They are read in another process, so that a crash inside PDFium would cost one file.
    """
    rng = random.Random(11)
    whole = [typeset(Design(seed, seed % 3 + 1, has_table=True, paragraphs=6)).data for seed in range(6)]
    for number in range(DAMAGED):
        (tmp_path / f"{number:04}.pdf").write_bytes(damage(rng, rng.choice(whole)))
    seen: dict[str, str] = {}
    following = 0
    while following < DAMAGED:
        done = subprocess.run(
            [sys.executable, "-c", READ_ALL, str(tmp_path), f"{following:04}.pdf"], capture_output=True, check=False
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        seen.update(line.split() for line in done.stdout.decode().splitlines())
        following = int(max(seen, default="0000.pdf").removesuffix(".pdf")) + 2 if done.returncode else DAMAGED
    assert len(seen) >= 0.99 * DAMAGED
    assert set(seen.values()) <= {"read", "partly", "no_text", "encrypted", "broken", "empty"}
    assert list(seen.values()).count("read") > DAMAGED / 6
