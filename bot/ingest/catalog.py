"""Read ``archive.toml``: metadata of the articles in the same folder, which overrides what the articles say.

A table is named after a file, or after the id of an article in a ``.jsonl`` file. A mistake in it gives a warning.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from bot.ingest.encoding import clean
from bot.ingest.files import CATALOG, display_name
from bot.ingest.metadata import Metadata, parse_metadata

TOML_LIMIT = 1_000_000  # bytes in an archive.toml or vocabulary.toml

# tomllib takes quadratic memory for the parts of a dotted key, and a kilobyte for each part.
_LINE_DOTS, _TOTAL_DOTS = 500, 50_000
_SHOWN_KEY = 80  # characters of a key in a warning


@dataclass(frozen=True, slots=True)
class Catalog:
    """Metadata by file name or article id, in composed letters (NFC).

    ``digest`` is the file's hexadecimal SHA-256, empty if there is none.
    """

    entries: dict[str, Metadata] = field(default_factory=dict)
    digest: str = ""


class Catalogs:
    """The ``listed`` catalogs of an archive, each loaded once; warnings are sentences appended to ``warnings``."""

    def __init__(self, listed: Container[str], warnings: list[str]) -> None:
        self._listed, self._warnings = listed, warnings
        self._loaded: dict[Path, Catalog] = {}
        self._used: set[tuple[Path, str]] = set()

    def get(self, folder: Path) -> Catalog:
        """The folder's catalog; empty if it has none."""
        if folder not in self._loaded:
            path = folder / CATALOG
            self._loaded[folder] = self._load(path) if str(path) in self._listed else Catalog()
        return self._loaded[folder]

    def get_metadata(self, folder: Path, *keys: str) -> Metadata:
        """Merge the entries of these keys; an earlier key takes precedence."""
        entries, metadata = self.get(folder).entries, Metadata()
        for key in filter(entries.__contains__, map(_normalize, keys)):
            metadata = metadata.with_fallback(entries[key])
        return metadata

    def mark_used(self, folder: Path, *keys: str) -> None:
        """Note that there are articles of these keys."""
        normal = map(_normalize, keys)
        self._used.update((folder, key) for key in normal if key in self.get(folder).entries)

    def warn_of_unused_keys(self) -> None:
        """Warn of every key that is neither the name of a file nor the id of an article that was read."""
        for folder, catalog in self._loaded.items():
            for key in catalog.entries:
                if (folder, key) not in self._used and not _exists(folder, key):
                    name = display_name(str(folder / CATALOG))
                    self._warnings.append(
                        f'{name}: "{shorten_key(key)}" is neither a file nor an article in this folder.'
                    )

    def _load(self, path: Path) -> Catalog:
        tables, digest = read_toml(path, self._warnings)
        entries: dict[str, Metadata] = {}
        for key, table in tables.items():
            if isinstance(table, dict):
                entries[_normalize(key)], problems = parse_metadata(table, forbid_unknown=True)
                self._warnings += (f'{path}, ["{shorten_key(key)}"]: {problem}.' for problem in problems)
            else:
                sentence = f'"{shorten_key(key)}" is in no table; put it below the name of a file, such as ["a.txt"].'
                self._warnings.append(f"{path}: {sentence}")
        return Catalog(entries, digest)


def _normalize(key: str) -> str:
    """The key in composed letters: some systems name files with letters and accents apart."""
    return unicodedata.normalize("NFC", key)


def _exists(folder: Path, key: str) -> bool:
    names = {key, unicodedata.normalize("NFD", key)}
    # os.path, unlike pathlib, takes a name that is too long for one that does not exist.
    return any(os.path.exists(folder / name) for name in names)  # noqa: PTH110


def shorten_key(key: str) -> str:
    """The key for a warning, on one line."""
    shown = " ".join(clean(key).split())
    return shown if len(shown) <= _SHOWN_KEY else f"{shown[:_SHOWN_KEY]}…"


def read_toml(path: Path, warnings: list[str]) -> tuple[dict[str, object], str]:
    """Return the contents of a TOML file, and its hexadecimal SHA-256.

    If it cannot be read, nothing is returned, and a warning appended.
    """
    try:
        if not path.is_file():
            raise ValueError("it is not a regular file")
        with path.open("rb") as file:
            data = file.read(TOML_LIMIT + 1)
        if len(data) > TOML_LIMIT:
            raise ValueError(f"it is larger than {TOML_LIMIT // 1_000_000} MB")
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        return parse_toml(text), hashlib.sha256(data).hexdigest()
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error.strerror if isinstance(error, OSError) else error).rstrip(".")
        if isinstance(error, UnicodeDecodeError):
            reason = "it is not UTF-8"
        name = display_name(str(path))
        warnings.append(f"{name} is ignored because it cannot be read: {reason or 'it is nested too deeply'}.")
        return {}, ""


def parse_toml(text: str) -> dict[str, object]:
    """Parse TOML with line ends ``\\n``. Raises ValueError when it is invalid or has too many dots."""
    if max(line.count(".") for line in text.split("\n")) > _LINE_DOTS or text.count(".") > _TOTAL_DOTS:
        raise ValueError("it has too many dots")
    return tomllib.loads(text)
