"""An index together with what it was made of, saved or not yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np
from pydantic import TypeAdapter

from bot.articles.before import Read
from bot.articles.listing import SETTLED, Listing, Skipped
from bot.columns import Array, Arrays, Columns, Strings, below, under
from bot.indexing import Index
from bot.indexing.manifest import Manifest
from bot.vocabulary import Vocabulary

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Notes:
    """What a keeper of the archive should know of how it was read."""

    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


class Kept:
    """All that is known of an archive: its ``index``, and the ``notes`` that were made while its articles were read."""

    def __init__(self, manifest: Manifest, columns: Columns, known: Known | None = None) -> None:
        """``known`` is what need not be read from the columns. Where they do not hold it, they are not yet saved.

        Raises ``DamagedSnapshotError`` where what opening reads is damaged.
        """
        self.manifest, self.columns, self.known = manifest, columns, known
        self.index = Index.opened(columns)
        self.notes = _noted(columns) if known is None else known.notes

    @property
    def made(self) -> datetime:
        """When they were read."""
        return datetime.fromtimestamp(self.manifest.made / 1e9, UTC)

    @property
    def is_saved(self) -> bool:
        """Whether it is on disk."""
        return "read.notes" in self.columns

    def is_of(self, now: Listing) -> bool:
        """Whether it was made of the files as they are now."""
        is_settled = self.manifest.latest + SETTLED < self.manifest.made
        return is_settled and self.manifest.listing == now.digest

    def arrays(self) -> Arrays:
        """All that is to be saved."""
        return {name: column.all() for name, column in self.columns.items()} | (
            self.known.arrays() if self.known else {}
        )


def _noted(columns: Columns) -> Notes:
    skipped, warnings = json.loads(columns["read.notes"].all().tobytes())
    return Notes(tuple(Skipped(*one) for one in skipped), tuple(warnings))


@dataclass(frozen=True, slots=True)
class Known:
    """What an archive is taken over by: its files by their paths, what was noted of them, and the words of its rows."""

    files: Mapping[str, Read]
    notes: Notes
    vocabulary: Vocabulary

    @classmethod
    def of(cls, kept: Kept) -> Known:
        """What is known of what was kept."""
        if kept.known is not None:
            return kept.known
        read = [_file_records().validate_json(one) for one in Strings(below("read.files", kept.columns))]
        words = Vocabulary.opened(below("rows.vocabulary", kept.columns))
        return cls({one.path: one for one in read}, kept.notes, words)

    def arrays(self) -> dict[str, Array]:
        """What it is made of, but for the words."""
        notes = ([(one.name, one.reason) for one in self.notes.skipped], self.notes.warnings)
        return {
            **under(
                "read.files", Strings.arrays(_file_records().dump_json(one).decode() for one in self.files.values())
            ),
            "read.notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
        }


@cache
def _file_records() -> TypeAdapter[Read]:
    return TypeAdapter(Read)
