"""The PDF and the Word document of the sample archive are what the script makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.ingest.draft import Draft
from bot.ingest.formats import docx, pdf
from tests.sample_documents import CORPUS, DOCX_NAME, PDF_NAME, PDF_SECTIONS, make_docx, make_pdf

MADE: dict[str, tuple[Callable[[], bytes], Callable[[bytes], Draft]]] = {
    PDF_NAME: (make_pdf, pdf.read),
    DOCX_NAME: (make_docx, docx.read),
}


@pytest.mark.parametrize("name", MADE)
def test_a_document_is_what_the_script_makes(name: str) -> None:
    """The script gives the same bytes each time, and the file in the archive reads the same."""
    make, read = MADE[name]
    made = make()
    assert made == make()
    assert read((CORPUS / name).read_bytes()) == read(made)


def test_the_pdf_has_two_pages_and_breaks_inside_paragraphs() -> None:
    """Every paragraph is read as it was written, also the one that goes on overleaf."""
    draft = pdf.read((CORPUS / PDF_NAME).read_bytes())
    paragraphs = draft.text.split("\n\n")
    written = [text for section in PDF_SECTIONS for text in section.paragraphs]
    assert [text for text in paragraphs if text in written] == written
    (second,) = [start.offset for start in draft.pages if start.page == 2]
    assert draft.text[second - 1] == " "
