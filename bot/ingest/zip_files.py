"""Open a document that is a zip archive of parts (DOCX, EPUB) within limits.

A small file may claim to hold gigabytes; how much is decompressed is checked before anything is.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from posixpath import normpath

from lxml import etree

from bot.errors import UnreadableArticleError
from bot.ingest.xml import parse_xml

PARTS_LIMIT = 50_000_000  # bytes of the parts that are read, uncompressed; a long book has 2 MB of text
MAX_PARTS = 10_000

_DIRECTORY_ENTRY = b"PK\x01\x02"
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError)
_DAMAGED = "it is cut short or damaged; save or download it again"


class ZipDocument:
    """The parts of a document. Raises UnreadableArticleError when ``data`` is no zip archive or is too large."""

    def __init__(self, data: bytes) -> None:
        if not data.strip(b"\0 \t\r\n"):
            raise UnreadableArticleError("it is empty", "empty")
        if data.count(_DIRECTORY_ENTRY) > MAX_PARTS:
            raise UnreadableArticleError(f"it has more than {MAX_PARTS:,} parts; split it", "too_large")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _ZIP_ERRORS as error:
            raise UnreadableArticleError(_DAMAGED) from error
        self._infos = {_normalize(info.filename): info for info in self._zip.infolist()}
        self._left = PARTS_LIMIT

    @property
    def names(self) -> tuple[str, ...]:
        """The parts' names, in the archive's order."""
        return tuple(self._infos)

    def read(self, name: str) -> bytes | None:
        """Decompress a part; None if there is none of this name. Raises UnreadableArticleError if it is damaged."""
        info = self._infos.get(_normalize(name))
        if info is None:
            return None
        if info.flag_bits & 1:
            raise UnreadableArticleError("it is protected by a password; save it without one", "encrypted")
        self._left -= info.file_size
        if self._left < 0:
            reason = f"it holds more than {PARTS_LIMIT // 1_000_000} MB of text and markup; split it"
            raise UnreadableArticleError(reason, "too_large")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise UnreadableArticleError("its compression is not one of office documents and books; save it again")
        try:
            with self._zip.open(info) as stream:
                return stream.read(info.file_size)  # without a size, more than stated would be decompressed at once
        except _ZIP_ERRORS as error:
            raise UnreadableArticleError(_DAMAGED) from error

    def parse(self, name: str) -> etree._Element | None:
        """Parse a part as XML; None if there is none of this name."""
        data = self.read(name)
        return None if data is None else parse_xml(data)


def _normalize(name: str) -> str:
    return normpath(name).lstrip("/")
