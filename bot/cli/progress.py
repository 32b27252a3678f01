"""A progress bar for what takes more than a second, and nothing for what does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 1.0
"""Seconds after which the bar appears."""


@contextmanager
def progress_bar(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives ``report(done, of)``; the bar is drawn once ``PATIENCE`` is over, and goes when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task(what, total=None)
    started = time.monotonic()

    def report(done: int, of: int) -> None:
        progress.update(task, completed=done, total=of)
        if console.is_terminal and time.monotonic() - started > PATIENCE:
            progress.start()

    try:
        yield report
    finally:
        if progress.live.is_started:
            progress.stop()
