"""When the files of an archive may have changed. Keeps secret how the system tells, and what it does not tell of."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event

import watchfiles

from bot.ingest.files import CATALOG

log = logging.getLogger(__name__)

SETTLE_MS, STEP_MS = 400, 50
"""A change is told when nothing else has changed for a step, or so long after it at the latest."""
TURN_MS, LOOK_EVERY = 500, 120
"""Every so many turns one is told of a change where the system tells of none: not every disk tells."""
UNWATCHED = 10.0
"""Seconds after which one is told of a change where nothing can be watched, and watching is tried again."""


def watch_files(paths: Sequence[Path], over: Event) -> Iterator[None]:
    """Whenever something may have changed at these paths, until ``over`` is set; first, a turn after the beginning."""
    while not over.is_set():
        try:
            yield from _watched(paths, over)
        except (OSError, RuntimeError) as error:  # as the system and watchfiles say that they cannot
            log.warning("Changes of the archive are noticed after %.0f seconds: %s", UNWATCHED, error)
            over.wait(UNWATCHED)
            yield


def _watched(paths: Sequence[Path], over: Event) -> Iterator[None]:
    """As ``changes``, until a folder is another than it was: the system goes on to watch the one that was there."""
    folders = [path for path in paths if path.is_dir()]
    # A file in whose place another is put is watched no more: each turn, it is looked at instead.
    files = [path for path in paths if path not in folders]
    watched, seen = _places(folders), _looks(files)
    turns = watchfiles.watch(
        *folders,
        watch_filter=None,
        debounce=SETTLE_MS,
        step=STEP_MS,
        stop_event=over,
        rust_timeout=TURN_MS,
        yield_on_timeout=True,
        recursive=True,
        ignore_permission_denied=True,
    )
    with closing(turns):
        for turn, told in enumerate(turns):
            before, seen = seen, _looks(files)
            # Another folder may get the number of the one that was there before.
            is_gone = any((watchfiles.Change.deleted, str(folder)) in told for folder in folders)
            is_another = is_gone or _places(folders) != watched
            # At the first turn the system tells of changes, though of none that came before.
            if told or seen != before or is_another or turn % LOOK_EVERY == 0:
                yield
            if is_another or any(path.is_dir() for path in files):
                return


def _places(folders: Sequence[Path]) -> list[tuple[int, ...]]:
    """By what a folder is told from another that is put in its place."""
    return [_look(folder)[:2] for folder in folders]


def _looks(files: Sequence[Path]) -> list[tuple[int, ...]]:
    """By what a change is seen of these files, and of the catalogues beside them."""
    return [_look(path) for path in (*files, *(file.with_name(CATALOG) for file in files))]


def _look(path: Path) -> tuple[int, ...]:
    """The device and the number of what lies at ``path``, its size, and when it was changed."""
    try:
        status = path.stat()
    except OSError:  # gone for the moment, or for good, of which reading tells
        return (0, 0, 0, 0)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
