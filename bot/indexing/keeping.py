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

from bot.articles.listing import Listing, listing
from bot.errors import DamagedSnapshotError, SnapshotError
from bot.indexing import Index
from bot.indexing.manifest import Manifest
from bot.indexing.versions import Kept, Progress
from bot.snapshot import load, save

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index is kept: what another process needs to open the same one. ``made`` is as in its manifest."""

    folder: Path
    name: str
    made: int

    def index(self) -> Index | None:
        """The index; None where it cannot be opened, or another has taken its place."""
        kept = _loaded(self.folder, self.name)
        return kept.index if kept is not None and kept.manifest.made == self.made else None


class Keeper:
    """Keeps the index of the archive at ``paths`` in ``folder``; in memory alone where that is None."""

    def __init__(self, paths: Sequence[Path], folder: Path | None) -> None:
        self._paths, self._folder = tuple(paths), folder
        where = "\0".join(str(path.resolve()) for path in paths)
        self._name = hashlib.sha256(where.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def current(self, progress: Progress | None = None, before: Kept | None = None) -> Kept:
        """The index of the files as they are now: ``before`` itself where nothing has changed. It is not yet saved.

        Raises ``ArchiveError`` when there is nothing to answer from.
        """
        now = listing(self._paths)
        if before is not None and before.is_of(now):
            return before
        saved = self._load()
        if saved is not None and saved.is_of(now):
            return saved
        try:
            return self._made(now, before or saved, progress)
        except DamagedSnapshotError as error:
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self._made(now, None, progress)

    def anew(self) -> Kept:
        """The index made of nothing but the files: what was kept of it is damaged."""
        return self._made(listing(self._paths), None, None)

    def _made(self, now: Listing, before: Kept | None, progress: Progress | None) -> Kept:
        # What reads and analyses articles takes long to import, and most questions in a terminal need none of it.
        from bot.indexing.updating import made_of

        return made_of(now, before, progress)

    def save(self, kept: Kept) -> Kept:
        """The same index, kept on disk and read from there; as it is where it cannot be, or was already."""
        if self._folder is None or kept.is_saved:
            return kept
        try:
            save(self._folder, self._name, kept.arrays(), kept.manifest.model_dump_json())
        except SnapshotError as error:
            log.warning("%s", error)
            return kept
        except DamagedSnapshotError as error:  # in what was taken over
            log.warning("The snapshot of the archive is made anew: %s", error)
            return self.save(self.anew())
        saved = self._load()
        if saved is None or saved.manifest != kept.manifest:  # another process has saved its own meanwhile
            return kept
        saved.known, saved.notes = kept.known, kept.notes
        return saved

    def changes(self, over: Event) -> Iterator[None]:
        """See ``watching.changes``."""
        from bot.indexing.watching import changes

        return changes(self._paths, over)

    def place(self, kept: Kept) -> Place | None:
        """Where it is kept; None where in memory alone."""
        return Place(self._folder, self._name, kept.manifest.made) if self._folder and kept.is_saved else None

    def _load(self) -> Kept | None:
        return None if self._folder is None else _loaded(self._folder, self._name)


def _loaded(folder: Path, name: str) -> Kept | None:
    try:
        snapshot = load(folder, name)
        if snapshot is None:
            return None
        manifest = Manifest.model_validate_json(snapshot.manifest)
        return Kept(manifest, snapshot.columns) if manifest.maker.is_here() else None
    except ValidationError:
        return None  # another version's
    except DamagedSnapshotError as error:
        log.warning("The snapshot of the archive is made anew: %s", error)
        return None
