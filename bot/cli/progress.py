"""A progress bar for what takes more than a second, and nothing for what does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

PATIENCE = 1.0
"""Seconds after which the bar appears."""


class _Rate(ProgressColumn):
    """How much is done in a second: bytes, characters or questions, as the description says."""

    def render(self, task: Task) -> Text:
        """See ``ProgressColumn.render``."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Gives ``report(what, done, of)``; a bar for each ``what``, drawn once ``PATIENCE`` is over, till all is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    tasks = {}
    started = time.monotonic()

    def report(what: str, done: int, of: int) -> None:
        if what not in tasks:
            tasks[what] = progress.add_task(what, total=of)
        progress.update(tasks[what], completed=done, total=of)
        if console.is_terminal and time.monotonic() - started > PATIENCE:
            progress.start()

    try:
        yield report
    finally:
        if progress.live.is_started:
            progress.stop()
