"""Parse a PDF: its text layer in reading order, by PDFium's character boxes."""

from __future__ import annotations

from bot.ingest.draft import Draft
from bot.ingest.pdf.document import open_document, read_labels, read_layout
from bot.ingest.pdf.information import read_information
from bot.ingest.pdf.picture import draw_quote, locate_quote

__all__ = ["draw_quote", "locate_quote", "read"]


def read(data: bytes) -> Draft:
    """Parse a PDF file; pages without text are named in a warning. PDFium is not thread-safe.

    Raises UnreadableArticleError when the file is damaged, needs a password, has no text, or is too long.
    """
    document = open_document(data)
    try:
        layout = read_layout(document)
        return Draft(
            layout.text,
            layout.marks,
            read_information(document, layout),
            layout.warnings,
            layout.pages,
            read_labels(document),
            "partly" if layout.empty_pages else "read",
        )
    finally:
        document.close()
