"""When the files of an archive may have changed. Keeps secret how the system tells, and what it does not tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import watchfiles

from bot.articles.finding import CATALOGUE

SETTLE_MS, STEP_MS = 400, 50
"""A change is told when nothing else has changed for a step, or so long after it at the latest."""
TURN_MS, LOOK_EVERY = 500, 120
"""Every so many turns one is told of a change where the system tells of none: not every disk tells."""


def changes(paths: Sequence[Path], over: Event) -> Iterator[None]:
    """Whenever something may have changed at these paths, until ``over`` is set; first, a turn after the beginning."""
    folders = [path for path in paths if path.is_dir()]
    # A file in whose place another is put is watched no more: each turn, it is looked at instead.
    files = [path for path in paths if path not in folders]
    seen = _looks(files)
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
    for turn, told in enumerate(turns):
        before, seen = seen, _looks(files)
        # At the first turn the system tells of changes, though of none that came before.
        if told or seen != before or turn % LOOK_EVERY == 0:
            yield


def _looks(files: Sequence[Path]) -> list[tuple[int, int, int]]:
    """By what a change is seen of these files, and of the catalogues beside them."""
    found = []
    for path in (*files, *(file.with_name(CATALOGUE) for file in files)):
        try:
            status = path.stat()
        except OSError:  # gone for the moment, or for good, of which reading tells
            found.append((0, 0, 0))
        else:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return found
