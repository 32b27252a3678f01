"""Read ``vocabulary.toml``: the words that articles use for those that people ask with, as an editor lists them.

It stands in the archive's folder, or beside a single file. A mistake in it gives a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.ingest.catalog import read_toml, shorten_key
from bot.ingest.files import Listing, display_name, vocabulary_paths


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """What people ``typed`` and the ``others`` that are searched as well; ``where`` names file and entry."""

    where: str
    typed: str
    others: tuple[str, ...]


def read_vocabulary(listing: Listing, warnings: list[str]) -> tuple[VocabularyEntry, ...]:
    """Read the entries of the listed archive; append a warning of one sentence for each mistake."""
    listed = [path for path in vocabulary_paths(listing.paths) if str(path) in listing.catalog_paths]
    return tuple(entry for path in listed for entry in _read_file(path, warnings))


def _read_file(path: Path, warnings: list[str]) -> Iterator[VocabularyEntry]:
    name = display_name(str(path))
    entries, _ = read_toml(path, warnings)
    for typed, others in entries.items():
        where = f'{name}, "{shorten_key(typed)}"'
        listed = [others] if isinstance(others, str) else others
        if isinstance(listed, list) and all(isinstance(other, str) for other in listed):
            yield VocabularyEntry(where, typed, tuple(listed))
        else:
            warnings.append(f'{where} is ignored: write a list of words after it, as in pirates = ["piracy"].')
