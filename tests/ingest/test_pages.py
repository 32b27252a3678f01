"""Pictures of the pages that quotes stand on, drawn in a reader process."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ArchiveError, PullquoteError, VerificationError
from bot.ingest.formats import pdf
from bot.ingest.pages import draw_page
from bot.ingest.processes import ReaderProcess
from bot.ingest.reader import FileRecord
from bot.models import ReadLimits, Span
from tests.pictures import check_marked_words
from tests.sample_documents import CORPUS, PDF_NAME

ROOT = str(CORPUS.parent)
QUOTES = [
    (1, "An RAA sets the rules for the soldiers, vessels and aircraft of one country", ""),
    (1, "The guests come for a set purpose and go home afterwards.", ""),  # over the column break
    (1, "London on 11 January 2023. It", " has been in force since 15 October 2023."),  # over the page break
    (2, "Tokyo had promised the Philippine navy coastal radars for 600 million yen.", ""),
]


@pytest.fixture(scope="module")
def process() -> Iterator[ReaderProcess]:
    process = ReaderProcess()
    yield process
    process.stop()


@pytest.fixture
def file(tmp_path: Path) -> FileRecord:
    """The record of a copy of the sample archive's PDF."""
    path = shutil.copy(CORPUS / PDF_NAME, tmp_path / PDF_NAME)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return FileRecord(os.fsencode(path).decode("latin-1"), PDF_NAME, None, digest, "", ())


def find(words: str) -> Span:
    text = pdf.read((CORPUS / PDF_NAME).read_bytes()).text
    start = text.index(words)
    return Span(start, start + len(words))


@pytest.mark.parametrize(("page", "words", "overleaf"), QUOTES)
def test_the_box_is_around_the_words(
    process: ReaderProcess, file: FileRecord, page: int, words: str, overleaf: str
) -> None:
    """The page where the quote begins is drawn, and what is marked there are the quote's own characters."""
    picture = draw_page(file, find(words + overleaf), process)
    check_marked_words(picture, (CORPUS / PDF_NAME).read_bytes(), page, words)


def test_a_changed_file_is_not_drawn(process: ReaderProcess, file: FileRecord) -> None:
    """If the file's bytes are not those that were read, its page is not shown, whatever it looks like."""
    path = Path(file.path)
    path.write_bytes(path.read_bytes() + b"%")
    with pytest.raises(VerificationError, match="The file has changed since this answer was given; ask again"):
        draw_page(file, find("An RAA sets"), process)


def test_a_missing_file_cannot_be_drawn(process: ReaderProcess, file: FileRecord) -> None:
    """One sentence says why, and names the file as the archive does."""
    Path(file.path).unlink()
    with pytest.raises(ArchiveError, match=r"The page of visiting-forces.pdf cannot be shown: it cannot be opened"):
        draw_page(file, find("An RAA sets"), process)


def test_only_a_pdf_has_pages(process: ReaderProcess, file: FileRecord) -> None:
    """For another format one sentence says so."""
    with pytest.raises(ArchiveError, match=r"notes\.txt is not a PDF"):
        draw_page(replace(file, name="notes.txt"), Span(0, 1), process)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 and nothing else"])
def test_a_file_that_cannot_be_drawn(process: ReaderProcess, file: FileRecord, content: bytes) -> None:
    """A damaged file gives one sentence, and the next one is drawn."""
    Path(file.path).write_bytes(content)
    damaged = replace(file, digest=hashlib.sha256(content).hexdigest())
    with pytest.raises(ArchiveError, match=r"The page of visiting-forces.pdf cannot be shown: .*\w\.$"):
        draw_page(damaged, Span(0, 1), process)
    Path(file.path).write_bytes((CORPUS / PDF_NAME).read_bytes())
    assert draw_page(file, find("An RAA sets"), process).startswith(b"\x89PNG")


DRAW = """
import sys
from pathlib import Path
from bot.models import Question
from bot.wiring import open_corpus

corpus = open_corpus([Path(sys.argv[1])])
reply = corpus.with_current(lambda answerer: answerer.answer(Question("what did Tokyo promise the Philippine navy")))
assert corpus.draw_page(reply.quotes[0])
print("pypdfium2" in sys.modules)
"""


def test_pdfium_is_in_the_reader_process_only(file: FileRecord) -> None:
    """A program that answers from a PDF and draws its page has never loaded PDFium itself."""
    command = [sys.executable, "-c", DRAW, str(Path(file.path).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ROOT})
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_drawing_is_limited(file: FileRecord) -> None:
    """What takes longer than a file may take is given up."""
    process = ReaderProcess(ReadLimits(seconds=0.001))
    with pytest.raises(PullquoteError, match="takes longer than"):
        draw_page(file, find("An RAA sets"), process)
