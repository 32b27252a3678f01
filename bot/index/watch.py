"""Watch the files of an archive for changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

import watchfiles

from bot.ingest.files import CATALOG

log = logging.getLogger(__name__)

DEBOUNCE_MS, STEP_MS = 400, 50
"""A change is reported once nothing else has changed for a step, or after the debounce time at the latest."""
TIMEOUT_MS, CHECK_EVERY = 500, 120
"""Every CHECK_EVERY timeouts a change is assumed, since not every file system reports changes."""
RETRY_SECONDS = 10.0
"""If nothing can be watched, a change is assumed, and watching tried again, at this interval."""


def watch_files(paths: Sequence[Path], stop: Event) -> Iterator[None]:
    """Yield soon after the start, and whenever something at these paths may have changed, until ``stop`` is set."""
    while not stop.is_set():
        try:
            yield from _watch_until_replaced(paths, stop)
        except (OSError, RuntimeError) as error:  # the system's and watchfiles' own
            log.warning("The archive cannot be watched, so it is checked every %.0f seconds: %s", RETRY_SECONDS, error)
            stop.wait(RETRY_SECONDS)
            yield


def _watch_until_replaced(paths: Sequence[Path], stop: Event) -> Iterator[None]:
    """Watch until a folder is replaced by another one, since the system would go on watching the old one."""
    folders = [path for path in paths if path.is_dir()]
    # A watched file that is replaced is not watched any more, so files are polled instead.
    files = [path for path in paths if path not in folders]
    identities, stats = _folder_identities(folders), _file_stats(files)
    changes_by_turn = watchfiles.watch(
        *folders,
        watch_filter=None,
        debounce=DEBOUNCE_MS,
        step=STEP_MS,
        stop_event=stop,
        rust_timeout=TIMEOUT_MS,
        yield_on_timeout=True,
        recursive=True,
        ignore_permission_denied=True,
    )
    with closing(changes_by_turn):
        for turn, changes in enumerate(changes_by_turn):
            before, stats = stats, _file_stats(files)
            # A new folder may get the inode of the deleted one.
            is_deleted = any((watchfiles.Change.deleted, str(folder)) in changes for folder in folders)
            is_replaced = is_deleted or _folder_identities(folders) != identities
            # The first turn always yields: changes before it were not reported.
            if changes or stats != before or is_replaced or turn % CHECK_EVERY == 0:
                yield
            if is_replaced or any(path.is_dir() for path in files):
                return


def _folder_identities(folders: Sequence[Path]) -> list[tuple[int, ...]]:
    return [_stat(folder)[:2] for folder in folders]


def _file_stats(files: Sequence[Path]) -> list[tuple[int, ...]]:
    """Return the stats of these files and of the catalogs next to them."""
    return [_stat(path) for path in (*files, *(file.with_name(CATALOG) for file in files))]


def _stat(path: Path) -> tuple[int, ...]:
    """Return device, inode, size, modification time and time of any change."""
    try:
        status = path.stat()
    except OSError:  # missing, for the moment or for good; reading the archive will report it
        return (0, 0, 0, 0, 0)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
