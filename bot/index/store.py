"""Keep the index of an archive on disk, and refresh it when the archive's files or the software have changed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import sleep

from pydantic import ValidationError

from bot.errors import DamagedSnapshotError, SnapshotError
from bot.index import Index
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.versions import IndexVersion, Manifest, StageProgress
from bot.ingest.files import Listing, list_files
from bot.models import READ_LIMITS, ReadLimits

log = logging.getLogger(__name__)

GONE_AFTER = 1.0
"""Seconds for which articles may be missing until they count as deleted: a folder that is exchanged is back sooner."""


@dataclass(frozen=True, slots=True)
class SavedIndex:
    """Identifies a saved index, so that another process can open it. ``built_at_ns`` is that of its manifest."""

    folder: Path
    name: str
    built_at_ns: int

    def open(self) -> Index | None:
        """Return the index; None if it cannot be opened or has been replaced."""
        version = _load_version(self.folder, self.name)
        return version.index if version and version.manifest.built_at_ns == self.built_at_ns else None


class IndexStore:
    """Stores the index of the archive at ``paths`` in ``folder``, or in memory only if that is None."""

    def __init__(self, paths: Sequence[Path], folder: Path | None, limits: ReadLimits = READ_LIMITS) -> None:
        self._paths, self._folder, self.limits = tuple(paths), folder, limits
        key = "\0".join(str(path.resolve()) for path in paths)
        self._name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def missing_paths(self) -> tuple[Path, ...]:
        """Those of the archive's paths that do not exist."""
        return tuple(path for path in self._paths if not path.exists())

    def load_current(self, progress: StageProgress | None = None, previous: IndexVersion | None = None) -> IndexVersion:
        """Return the index of the files as they are now, loaded or refreshed; ``previous`` itself if still current.

        A refreshed index is not saved yet. If there is a ``previous`` one, from which questions are answered meanwhile,
        files that take long are left pending, and one of several paths may be missing. Raises ``ArchiveError`` if there
        is no article.
        """
        listing = list_files(self._paths if previous is None else self._find_paths())
        if previous is not None and previous.is_current(listing):
            return previous
        saved = self.load_saved()
        if saved is not None and saved.is_current(listing):
            return saved
        try:
            return self._refresh(listing, previous or saved, progress, is_live=previous is not None)
        except DamagedSnapshotError as error:
            log.warning("The archive's index is rebuilt. %s", error)
            return self._refresh(listing, None, progress)

    def _find_paths(self) -> Sequence[Path]:
        """The paths that exist, or all if none does; one that is exchanged for another is waited for."""
        if self.missing_paths:
            sleep(GONE_AFTER)
        missing = self.missing_paths
        return [path for path in self._paths if path not in missing] or self._paths

    def rebuild(self) -> IndexVersion:
        """Build the index from the files alone, because the saved one is damaged."""
        return self._refresh(list_files(self._paths), None, None)

    def _refresh(
        self,
        listing: Listing,
        previous: IndexVersion | None,
        progress: StageProgress | None,
        *,
        is_live: bool = False,
    ) -> IndexVersion:
        # Imported here for start-up time: most questions in a terminal are answered from a saved index.
        from bot.index.refresh import refresh_index

        return refresh_index(listing, previous, progress, self.limits, is_live=is_live)

    def save(self, version: IndexVersion) -> IndexVersion:
        """Save the index and return it as opened from disk; as it is if it cannot be saved or is saved already."""
        if self._folder is None or version.is_saved:
            return version
        try:
            arrays = {name: array.all() for name, array in version.arrays.items()}
            save_snapshot(self._folder, self._name, arrays, version.manifest.model_dump_json())
        except SnapshotError as error:
            log.warning("%s", error)
            return version
        except DamagedSnapshotError as error:  # in the arrays reused from the previous index
            log.warning("The archive's index is rebuilt. %s", error)
            return self.save(self.rebuild())
        saved = self.load_saved()
        # Otherwise, another process has saved its own meanwhile.
        return saved if saved is not None and saved.manifest == version.manifest else version

    def watch(self, stop: Event) -> Iterator[None]:
        """See ``watch.watch_files``."""
        from bot.index.watch import watch_files  # imported here for start-up time: only a server watches

        return watch_files(self._paths, stop)

    def locate(self, version: IndexVersion) -> SavedIndex | None:
        """Return where the index is saved; None if it is in memory only."""
        if self._folder is None or not version.is_saved:
            return None
        return SavedIndex(self._folder, self._name, version.manifest.built_at_ns)

    def load_saved(self) -> IndexVersion | None:
        """Return the saved index, whether or not it is current; None if there is none of this software."""
        return None if self._folder is None else _load_version(self._folder, self._name)


def _load_version(folder: Path, name: str) -> IndexVersion | None:
    try:
        snapshot = load_snapshot(folder, name)
        if snapshot is None:
            return None
        manifest = Manifest.model_validate_json(snapshot.manifest)
        return IndexVersion(manifest, snapshot.arrays, is_saved=True) if manifest.is_of_this_software() else None
    except ValidationError:
        return None  # written by another version of Pullquote
    except DamagedSnapshotError as error:
        log.warning("The archive's index is rebuilt. %s", error)
        return None
