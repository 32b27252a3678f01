"""``archive.toml``: what an archive's keeper says about the articles in the same folder.

Secret: the file's name and shape. Its word beats any guess; what is wrong with it never costs an article.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.files import CATALOG, display_name
from bot.ingest.metadata import Metadata, parse_metadata


@dataclass(frozen=True, slots=True)
class Catalog:
    """Facts by key: a file's name, or the id of an article in one of the folder's archives."""

    entries: dict[str, Metadata] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    digest: str = ""
    """Of the file, hexadecimal; empty where there is none, or none that can be used."""


class Catalogs:
    """The catalogues of an archive's folders, each read once, and which of their keys were asked for.

    What is wrong with one is appended to ``warnings`` as soon as it is read.
    """

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._read: dict[Path, Catalog] = {}
        self._used: set[tuple[Path, str]] = set()

    def of(self, folder: Path) -> Catalog:
        """The folder's."""
        if folder not in self._read:
            self._read[folder] = load_catalog(folder)
            self._warnings += self._read[folder].warnings
        return self._read[folder]

    def facts(self, folder: Path, *keys: str) -> Metadata:
        """What the folder's catalogue says under these keys; the first one's word counts more than the next one's."""
        known, facts = self.of(folder).entries, Metadata()
        for key in filter(known.__contains__, keys):
            self._used.add((folder, key))
            facts = facts.over(known[key])
        return facts

    def warn_of_idle(self) -> None:
        """Warn of every key that nobody asked for, and that names no file."""
        for folder, known in self._read.items():
            idle = [key for key in known.entries if (folder, key) not in self._used and not (folder / key).exists()]
            self._warnings += (
                f'{display_name(str(folder / CATALOG))}: "{key}" names no file or article there.' for key in idle
            )


def load_catalog(folder: Path) -> Catalog:
    """The folder's catalogue, empty if it has none; a warning is one sentence."""
    path = folder / CATALOG
    if not path.is_file():
        return Catalog()
    try:
        if path.stat().st_size > ARTICLE_LIMIT:
            return Catalog(warnings=(f"{path} is too large to be read: its articles load without it.",))
        held = path.read_bytes()
        tables = tomllib.loads(held.decode("utf-8-sig").replace("\r\n", "\n"))
    except (OSError, ValueError, RecursionError) as error:
        return Catalog(warnings=(f"{path} cannot be used, its articles load without it: {_why(error)}.",))
    entries: dict[str, Metadata] = {}
    warnings: list[str] = []
    for key, table in tables.items():
        if not isinstance(table, dict):
            warnings.append(f'{path}: "{key}" is not a table; write ["{key}"] above its facts.')
            continue
        entries[key], troubles = parse_metadata(table, only=True)
        warnings += (f'{path}, ["{key}"]: {trouble}.' for trouble in troubles)
    return Catalog(entries, tuple(warnings), hashlib.sha256(held).hexdigest())


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(error.strerror if isinstance(error, OSError) else error).rstrip(".") or "it is nested too deeply"
