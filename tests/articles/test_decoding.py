"""Bytes of every encoding become the same characters; what is no text is refused by name."""

from __future__ import annotations

import codecs
import random

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest.encoding import clean, decode

TEXT = "“Café owners” paid a tenth – the mayor’s idea – and were repaid.\nThat was in May."
RUSSIAN = "Новый мост через реку открыли в понедельник, и по нему сразу поехали автобусы. " * 5


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("windows-1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\u2028").encode(),
        TEXT.replace("owners", "ow\x00ne\x07rs").encode(),
        b"\0" + TEXT.encode("windows-1252") + b"\0\0",
    ],
)
def test_encodings(data: bytes) -> None:
    """The same text in any encoding, with any line ends and with stray control characters, is the same text."""
    assert decode(data) == TEXT


def test_other_alphabets() -> None:
    """An alphabet that Windows-1252 cannot spell is found, not read as a row of accents."""
    assert decode(RUSSIAN.encode("windows-1251")) == RUSSIAN


def test_a_declared_encoding() -> None:
    """A declared encoding is honoured; one that is unknown, wrong or no encoding of text is not believed."""
    assert decode(RUSSIAN.encode("koi8-r"), "koi8-r") == RUSSIAN
    for declared in ("klingon", "ascii", "base64", "utf-16"):
        assert decode(TEXT.encode(), declared) == (TEXT if declared != "ascii" else decode(TEXT.encode(), "latin1"))


def test_damaged_utf8() -> None:
    """A few damaged bytes in UTF-8 are shown as U+FFFD; the rest is not reread in another encoding."""
    data = (TEXT * 3).encode()
    assert decode(data[:-1] + b"\xe2\x80") == (TEXT * 3)[:-1] + "\ufffd"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \r\n\t\0\n", "it is empty"),
        (b"\xef\xbb\xbf\n", "it is empty"),
        (b"\x89PNG\r\n\x1a\n" + b"words " * 50, "it is a PNG picture, not text"),
        (b"%PDF-1.7 words", "it is a PDF document, not text"),
        (b"PK\x03\x04 words", "it is a zip archive or an office document, not text"),
        (random.Random(1).randbytes(5000), "it is not text"),
        (b"word\0\0\0\0" * 100, "it is not text"),
    ],
)
def test_no_text(data: bytes, reason: str) -> None:
    """An empty file and one that is not text are refused, with the reason."""
    with pytest.raises(UnreadableArticleError, match=f"^{reason}$"):
        decode(data)


def test_clean_changes_nothing_else() -> None:
    """Composed and decomposed accents, joiners, soft hyphens, direction marks and blanks stay as they are."""
    kept = "é e\u0301 👩‍🚀 so\u00adft \u200fשלום\u200e \xa0 \u3000  two  blanks\tand a tab \ufeff…"
    assert clean(kept) == kept
    assert clean("a\r\n\rb\ud800\x1b\x9f") == "a\n\nb"
