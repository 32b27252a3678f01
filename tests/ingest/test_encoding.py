"""Decoding: every encoding gives the same text; binary files are refused with a reason."""

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
def test_encodings_are_detected(data: bytes) -> None:
    """The text is the same in any encoding, with any line ends and with stray control characters."""
    assert decode(data) == TEXT


LATIN = {
    "windows-1252": "Le vieux pont, dit le maire, sera réparé avant l’été ; c’était décidé, déjà, à l’unanimité.",
    "windows-1250": "Rada uchwaliła w środę, że młyn nad rzeką będzie znów działał – „nareszcie”, mówił młynarz Żak.",
    "iso8859-2": "Rada rozhodla, že starý mlýn u řeky bude příští rok znovu mlít, řekl mlynář Šťastný.",
    "windows-1254": "Kurul, ırmağın kıyısındaki eski değirmenin kıştan önce onarılmasına karar verdi, dedi Işık.",
    "mac-roman": "Der Rat beschloß, die alte Mühle über dem Fluß zu erneuern – „endlich“, sagte Müller Käß.",
    "windows-1257": "Taryba nusprendė, kad senasis malūnas prie upės bus sutvarkytas, sakė malūnininkė Žydrė.",
}


@pytest.mark.parametrize("encoding", LATIN)
def test_encodings_of_latin_letters_are_told_apart(encoding: str) -> None:
    """Of the encodings that differ in letters beyond ASCII, the one is taken in which they are of one language."""
    text = LATIN[encoding]
    assert decode(text.encode(encoding)) == text
    assert decode((text * 50).encode(encoding)) == text * 50


def test_one_letter_beyond_ascii_is_of_the_most_frequent_encoding() -> None:
    """Where the encodings do not differ, the text is as in Windows-1252; a stray byte changes nothing."""
    for text in ("A café.", "It’s 5 m² for £3 — “cheap”.", "Naïve, coöperative résumés."):
        assert decode(text.encode("windows-1252")) == text
    assert decode(b"Le caf\xe9 \x81 du maire \xe0 l'\xe9t\xe9.") == "Le café \ufffd du maire à l'été."


def test_other_alphabets_are_detected() -> None:
    """Text in an alphabet that Windows-1252 lacks is not decoded as Windows-1252."""
    assert decode(RUSSIAN.encode("windows-1251")) == RUSSIAN


def test_a_valid_declared_encoding_is_used() -> None:
    """A declared encoding is used, unless it is unknown, wrong or not a text encoding."""
    assert decode(RUSSIAN.encode("koi8-r"), "koi8-r") == RUSSIAN
    for declared in ("klingon", "ascii", "base64", "utf-16"):
        assert decode(TEXT.encode(), declared) == (TEXT if declared != "ascii" else decode(TEXT.encode(), "latin1"))


def test_damaged_utf8_is_decoded_as_utf8() -> None:
    """A few damaged bytes in UTF-8 become U+FFFD; the text is not decoded in another encoding."""
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
def test_binary_and_empty_files_are_refused(data: bytes, reason: str) -> None:
    """An empty file and a binary file are refused with a reason."""
    with pytest.raises(UnreadableArticleError, match=f"^{reason}$"):
        decode(data)


def test_clean_changes_nothing_else() -> None:
    """Composed and decomposed accents, joiners, soft hyphens, direction marks and blanks stay as they are."""
    unchanged = "é e\u0301 👩‍🚀 so\u00adft \u200fשלום\u200e \xa0 \u3000  two  blanks\tand a tab \ufeff…"
    assert clean(unchanged) == unchanged
    assert clean("a\r\n\rb\ud800\x1b\x9f") == "a\n\nb"
