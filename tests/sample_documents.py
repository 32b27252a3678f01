"""Make the PDF and the Word document of the sample archive: ``python tests/sample_documents.py`` writes both anew.

The same versions of reportlab and python-docx give the same bytes each time.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from docx import Document
from reportlab import rl_config
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

CORPUS = Path(__file__).parent.parent / "corpus"
AUTHOR = "Pullquote sample desk"
PDF_NAME, DOCX_NAME = "visiting-forces.pdf", "camp-david.docx"


class Section(NamedTuple):
    """A heading, empty for the first section, and the paragraphs below it."""

    heading: str
    paragraphs: tuple[str, ...]


PDF_TITLE = "Visiting forces: Japan’s reciprocal access agreements"
PDF_SECTIONS = (
    Section(
        "",
        (
            "On 16 December 2024 the Senate of the Philippines voted by 19 to none for the Reciprocal Access Agreement "
            "(RAA) with Japan. Foreign Minister Yoko Kamikawa and Defense Secretary Gilberto Teodoro had signed it in "
            "Manila on 8 July 2024, while President Ferdinand Marcos Jr. looked on. It takes effect thirty days after "
            "each side has told the other that its own procedures are complete. In Tokyo, the Diet has yet to vote.",
        ),
    ),
    Section(
        "What an RAA does",
        (
            "An RAA sets the rules for the soldiers, vessels and aircraft of one country while they train or help in "
            "the other. It covers visas and customs, weapons and explosives, who pays for damage, and whose courts "
            "deal with a crime. Without one, each visit has to be arranged on its own.",
            "It gives nobody a base. The guests come for a set purpose and go home afterwards. That is the difference "
            "from the Status of Forces Agreement (SOFA) of 1960, under which American forces are stationed in Japan.",
        ),
    ),
    Section(
        "Australia was first",
        (
            "Talks with Australia began in 2014 and lasted for more than seven years. The hardest question was "
            "Japan’s death penalty, which Australia has abolished: what if an Australian soldier were accused of a "
            "murder near a Japanese base? Fumio Kishida and Scott Morrison signed the RAA by video on 6 January 2022, "
            "and it has been in force since 13 August 2023. In the same month, Japanese F-35 fighters flew to the "
            "Australian base at Tindal, the first visit under the new rules.",
        ),
    ),
    Section(
        "Britain followed",
        (
            "Kishida and Rishi Sunak signed the second RAA at the Tower of London on 11 January 2023. It has been in "
            "force since 15 October 2023. A month later, British soldiers came to Japan under it, for the exercise "
            "Vigilant Isles.",
        ),
    ),
    Section(
        "Why Manila",
        (
            "The third RAA is the first with another country in Asia. Manila already had such rules with the United "
            "States, since 1999, and with Australia, since 2012. Japanese troops have watched the yearly exercise "
            "Balikatan for more than ten years; under the RAA they can take part in full, and Philippine soldiers can "
            "train in Japan.",
            "In November 2023, Tokyo had promised the Philippine navy coastal radars for 600 million yen. It was the "
            "first grant under a new programme, Official Security Assistance (OSA).",
        ),
    ),
    Section(
        "What an RAA is not",
        (
            "The United States remains Japan’s only ally. An RAA holds no duty to defend the other country, nor one to "
            "send forces at all: every visit needs the consent of the host, who may set conditions and may end it.",
            "Nor is it a list of answers to everything. Each RAA sets up a joint committee, in which the two "
            "governments settle what the text leaves open.",
            "France may be the next: Tokyo and Paris announced in May 2024 that they would open talks on an RAA.",
        ),
    ),
)
DOCX_TITLE = "Camp David: three leaders and a promise to consult"
DOCX_SECTIONS = (
    Section(
        "",
        (
            "President Joe Biden received Prime Minister Fumio Kishida and President Yoon Suk Yeol at Camp David on 18 "
            "August 2023. Never before had the three countries’ leaders met for its own sake, rather than beside a "
            "larger gathering.",
        ),
    ),
    Section(
        "What they promised",
        (
            "In a one-page “Commitment to Consult” they say that they will speak with one another quickly about "
            "provocations and threats that touch their common interests. It creates no new duty under international "
            "law, and replaces neither country’s alliance with the United States.",
            "From now on they are to meet every year, and so are their foreign ministers, their defence ministers and "
            "their national security advisers.",
        ),
    ),
    Section(
        "Missiles seen by all three",
        (
            "Since 19 December 2023 the three countries have shared what they see of North Korean missiles while these "
            "fly. By that day they had also drawn up a plan of exercises for several years.",
        ),
    ),
)


def make_pdf() -> bytes:
    """Make a PDF of two pages in two columns, with a paragraph across each column break and the page break."""
    rl_config.invariant = 1  # no time and no random id in the file
    body = ParagraphStyle("body", fontName="Times-Roman", fontSize=12, leading=16, spaceAfter=6)
    heading = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=12, leading=15, spaceBefore=4, spaceAfter=3)
    width, height = A5
    margin, gap, top = 38.0, 18.0, 100.0
    column = (width - 2 * margin - gap) / 2

    def frames(above: float) -> list[Frame]:
        size = (column, height - above - 50)
        return [Frame(left, 50, *size, 0, 0, 0, 0) for left in (margin, margin + column + gap)]

    def draw_title(canvas: Canvas, _: object) -> None:
        title = Paragraph(PDF_TITLE, ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=18, leading=22))
        _, used = title.wrap(width - 2 * margin, height)
        title.drawOn(canvas, margin, height - 36 - used)

    stream = io.BytesIO()
    document = BaseDocTemplate(stream, pagesize=A5, title=PDF_TITLE, author=AUTHOR, lang="en")
    document.addPageTemplates(
        [
            PageTemplate("first", frames(top), onPage=draw_title, autoNextPageTemplate="later"),
            PageTemplate("later", frames(margin)),
        ]
    )
    document.build(
        [
            Paragraph(text, style)
            for section in PDF_SECTIONS
            for text, style in ((section.heading, heading), *((one, body) for one in section.paragraphs))
            if text
        ]
    )
    return stream.getvalue()


def make_docx() -> bytes:
    """Make a Word document with a title, headings and paragraphs."""
    document = Document()
    about = document.core_properties
    about.title, about.author = DOCX_TITLE, AUTHOR
    about.created = about.modified = datetime(2023, 12, 20, tzinfo=UTC)
    document.add_heading(DOCX_TITLE, 0)
    for section in DOCX_SECTIONS:
        if section.heading:
            document.add_heading(section.heading, 1)
        for text in section.paragraphs:
            document.add_paragraph(text)
    stream = io.BytesIO()
    document.save(stream)
    return _without_times(stream.getvalue())


def _without_times(archive: bytes) -> bytes:
    """The same zip archive, each of whose members is of 1 January 1980."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def main() -> None:
    """Write both files."""
    (CORPUS / PDF_NAME).write_bytes(make_pdf())
    (CORPUS / DOCX_NAME).write_bytes(make_docx())


if __name__ == "__main__":
    main()
