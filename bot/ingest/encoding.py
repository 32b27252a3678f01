"""Decode a file's bytes to canonical text, and refuse binary files."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from bot.errors import UnreadableArticleError
from bot.ingest.latin import decode_latin

ARTICLE_LIMIT = 5_000_000  # bytes in one article; about fifty times the longest magazine article

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its first bytes are the same
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
# Codecs of Python that no page is in; the first two take quadratic time.
_NOT_OF_THE_WEB = frozenset({"punycode", "idna", "utf-7", "unicode-escape", "raw-unicode-escape"})
# control characters other than tabs and line ends; surrogates
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_BINARY_BYTES = bytes({*range(0x20), 0x7F} - set(b"\0\t\n\v\f\r\x1a\x1b"))
_SAMPLE_SIZE = 100_000


def clean(text: str) -> str:
    """Normalize line ends to ``\\n`` and drop control characters and lone surrogates; change nothing else."""
    return _DROPPED.sub("", _LINE_END.sub("\n", text))


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode a file to canonical text. Raises UnreadableArticleError when it is empty or not text.

    Tried in order: a byte order mark; UTF-16 without one, recognized by the position of its NULs; the ``declared``
    encoding; UTF-8, also if slightly damaged (U+FFFD replaces the damaged bytes); the encoding of Latin letters in
    which the text is plausible; the guess of charset-normalizer.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableArticleError("it is empty", "empty")
    refuse_binary(data)
    encoding = detect_unicode(data[:_SAMPLE_SIZE])
    if encoding is None or encoding == "utf-8":
        data = data.replace(b"\0", b"")
        text = _decode_declared(data, declared) or _decode_utf8(data) or decode_latin(data, _SAMPLE_SIZE)
    else:
        text = data.decode(encoding, "replace")
        if text.count("\ufffd") * 10 > len(text):
            raise UnreadableArticleError("it is not text")
    if not text:
        best = charset_normalizer.from_bytes(data[:_SAMPLE_SIZE]).best()
        if best is None:
            raise UnreadableArticleError("its text encoding is not known; save it as UTF-8")
        text = data.decode(best.encoding, "replace")
    text = clean(text.removeprefix("\ufeff"))
    if not text.strip():
        raise UnreadableArticleError("it is empty", "empty")
    return text


def refuse_binary(data: bytes) -> None:
    """Raise UnreadableArticleError, naming the file type where it is known, when these first bytes are not text."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise UnreadableArticleError(f"it is {kind}, not text")
    sample = data[:_SAMPLE_SIZE]
    if detect_unicode(sample) in {None, "utf-8"}:
        binary = len(sample) - len(sample.translate(None, _BINARY_BYTES))
        # Text has no such bytes but for a few that were damaged; of random bytes, every tenth is one.
        if binary > 5 + len(sample) / 20 or sample.count(0) > 5 + len(sample) / 10:
            raise UnreadableArticleError("it is not text")


def detect_unicode(head: bytes) -> str | None:
    """Detect the Unicode encoding from the first bytes of a file; None if there is no sign of one."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    sample = head[: len(head) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    # In UTF-16 at least half of the characters are ASCII, each with a NUL; other text has stray NULs at most.
    if odd * 4 > len(sample) and even * 8 < odd:
        return "utf-16-le"
    if even * 4 > len(sample) and odd * 8 < even:
        return "utf-16-be"
    return None


def _decode_declared(data: bytes, declared: str | None) -> str | None:
    if declared is None or declared.lower().startswith(("utf-16", "utf-32")):
        return None  # the declaration was found as ASCII bytes, so it is wrong
    # Like browsers, read Latin-1 and ASCII as Windows-1252, which is what such pages are in.
    name = "windows-1252" if declared.lower() in {"iso-8859-1", "latin1", "us-ascii", "ascii"} else declared
    try:
        if codecs.lookup(name).name in _NOT_OF_THE_WEB:
            return None
        return data.decode(name)
    except (LookupError, ValueError):  # an unknown encoding, or the wrong one
        return None


def _decode_utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    valid = len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    # A non-ASCII letter of another encoding is damage in UTF-8, and hardly ever a valid sequence by chance.
    return text if damaged == 0 or valid > 2 * damaged else None
