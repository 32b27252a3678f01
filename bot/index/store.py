"""The index of the archive at some paths, kept on disk, and made anew where its files are no longer what they were.

Keeps secret where it is kept, and when what is kept there is trusted.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from pydantic import ValidationError

from bot.errors import DamagedSnapshotError, SnapshotError
from bot.index import Index
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.versions import IndexVersion, Manifest, StageProgress
from bot.ingest.files import Listing, list_files

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedIndex:
    """Where an index is kept: what another process needs to open the same one. ``made`` is as in its manifest."""

    folder: Path
    name: str
    made: int

    def open(self) -> Index | None:
        """The index; None where it cannot be opened, or another has taken its place."""
        kept = _loaded(self.folder, self.name)
        return kept.index if kept is not None and kept.manifest.made == self.made else None


class IndexStore:
    """Keeps the index of the archive at ``paths`` in ``folder``; in memory alone where that is None."""

    def __init__(self, paths: Sequence[Path], folder: Path | None) -> None:
        self._paths, self._folder = tuple(paths), folder
        where = "\0".join(str(path.resolve()) for path in paths)
        self._name = hashlib.sha256(where.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def load_current(self, progress: StageProgress | None = None, before: IndexVersion | None = None) -> IndexVersion:
        """The index of the files as they are now: ``before`` itself where nothing has changed. It is not yet saved.

        Raises ``ArchiveError`` when there is nothing to answer from.
        """
        now = list_files(self._paths)
        if before is not None and before.is_current(now):
            return before
        saved = self._load()
        if saved is not None and saved.is_current(now):
            return saved
        try:
            return self._made(now, before or saved, progress)
        except DamagedSnapshotError as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self._made(now, None, progress)

    def rebuild(self) -> IndexVersion:
        """The index made of nothing but the files: what was kept of it is damaged."""
        return self._made(list_files(self._paths), None, None)

    def _made(self, now: Listing, before: IndexVersion | None, progress: StageProgress | None) -> IndexVersion:
        # What reads and analyses articles takes long to import, and most questions in a terminal need none of it.
        from bot.index.refresh import refresh_index

        return refresh_index(now, before, progress)

    def save(self, kept: IndexVersion) -> IndexVersion:
        """The same index, kept on disk and read from there; as it is where it cannot be, or was already."""
        if self._folder is None or kept.is_saved:
            return kept
        try:
            save_snapshot(self._folder, self._name, kept.arrays(), kept.manifest.model_dump_json())
        except SnapshotError as error:
            log.warning("%s", error)
            return kept
        except DamagedSnapshotError as error:  # in what was taken over
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self.save(self.rebuild())
        saved = self._load()
        if saved is None or saved.manifest != kept.manifest:  # another process has saved its own meanwhile
            return kept
        saved.known, saved.notes = kept.known, kept.notes
        return saved

    def watch(self, over: Event) -> Iterator[None]:
        """See ``watching.changes``."""
        from bot.index.watch import watch_files

        return watch_files(self._paths, over)

    def locate(self, kept: IndexVersion) -> SavedIndex | None:
        """Where it is kept; None where in memory alone."""
        return SavedIndex(self._folder, self._name, kept.manifest.made) if self._folder and kept.is_saved else None

    def _load(self) -> IndexVersion | None:
        return None if self._folder is None else _loaded(self._folder, self._name)


def _loaded(folder: Path, name: str) -> IndexVersion | None:
    try:
        snapshot = load_snapshot(folder, name)
        if snapshot is None:
            return None
        manifest = Manifest.model_validate_json(snapshot.manifest)
        return IndexVersion(manifest, snapshot.arrays) if manifest.maker.is_here() else None
    except ValidationError:
        return None  # another version's
    except DamagedSnapshotError as error:
        log.warning("The snapshot of the archive is made anew: %s", error)
        return None
