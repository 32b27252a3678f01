"""Bytes on a disk → canonical characters.

Secret: which encoding a file is in, and which of its characters are no words of the article.
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from bot.errors import UnreadableArticleError

ARTICLE_LIMIT = 5_000_000  # bytes in one article; some fifty times the longest magazine piece

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)
_NOT_WORDS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # controls but tab and line ends; surrogates
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_STRANGE_BYTES = bytes({*range(0x20), 0x7F} - set(b"\0\t\n\v\f\r\x1a\x1b"))
_SAMPLE = 100_000


def clean(text: str) -> str:
    """``text`` with line ends as ``\\n`` and without control characters and lone surrogates; nothing else changed."""
    return _NOT_WORDS.sub("", _LINE_END.sub("\n", text))


def decode(data: bytes, declared: str | None = None) -> str:
    """The canonical characters of a file.

    In order: a byte order mark; UTF-16 without one, told by where its NULs stand; what the file itself declares; UTF-8,
    also when a little of it is damaged (U+FFFD then stands for each damaged place); Windows-1252, if that makes
    plausible words; what charset-normalizer finds. Raises UnreadableArticleError when the file is empty or no text.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableArticleError("it is empty")
    refuse_binary(data)
    text = _unicode(data)
    if text is None:
        data = data.replace(b"\0", b"")
        text = _as_declared(data, declared) or _utf8(data) or _windows(data) or _guessed(data)
    text = clean(text.removeprefix("\ufeff"))
    if not text.strip():
        raise UnreadableArticleError("it is empty")
    return text


def refuse_binary(data: bytes) -> None:
    """Raise UnreadableArticleError, saying what it is, when these bytes (or these first bytes) are no text's."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableArticleError(f"it is {kind}, not text")
    sample = data[:_SAMPLE]
    if encoding_of(sample) in {None, "utf-8"}:
        strange = len(sample) - len(sample.translate(None, _STRANGE_BYTES))
        # Prose has neither, but a few bytes may have been damaged; of random bytes every tenth is strange.
        if strange > 5 + len(sample) / 20 or sample.count(0) > 5 + len(sample) / 10:
            raise UnreadableArticleError("it is not text")


def encoding_of(head: bytes) -> str | None:
    """The Unicode encoding that the first bytes of a file give away, or None."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    sample = head[: len(head) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    # Half of the characters being plain letters or blanks tells UTF-16 from a text with stray NULs.
    if odd * 4 > len(sample) and even * 8 < odd:
        return "utf-16-le"
    if even * 4 > len(sample) and odd * 8 < even:
        return "utf-16-be"
    return None


def _unicode(data: bytes) -> str | None:
    encoding = encoding_of(data[:_SAMPLE])
    if encoding is None or encoding == "utf-8":
        return None
    text = data.decode(encoding, "replace")
    if text.count("\ufffd") * 10 > len(text):
        raise UnreadableArticleError("it is not text")
    return text


def _as_declared(data: bytes, declared: str | None) -> str | None:
    if declared is None or declared.lower().startswith(("utf-16", "utf-32")):
        return None  # a declaration that could be read byte by byte was in neither of these
    # Browsers read these two as the third, so pages that say one of them mean it.
    name = "windows-1252" if declared.lower() in {"iso-8859-1", "latin1", "us-ascii", "ascii"} else declared
    try:
        return data.decode(name)
    except (LookupError, ValueError):  # an encoding that nobody knows, or not the one it is in
        return None


def _utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    # An accented letter of another encoding is damage in UTF-8, and hardly ever makes a sound sequence by chance.
    return text if damaged == 0 or sound > 2 * damaged else None


def _windows(data: bytes) -> str | None:
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError:
        return None
    accented = sum(character > "\x7f" and character.isalpha() for character in text[:_SAMPLE])
    plain = sum(character <= "\x7f" and character.isalpha() for character in text[:_SAMPLE])
    # The languages it was made for spell most letters plainly; another alphabet read as it is nearly all accents.
    return text if accented * 4 <= plain else None


def _guessed(data: bytes) -> str:
    best = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if best is None:
        raise UnreadableArticleError("it is not text in any encoding this knows")
    return data.decode(best.encoding, "replace")
