"""Progress bars for work that takes longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# Seconds after which bars appear.
_DELAY = 1.0


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Gives ``report(task, done, total)``, which draws a bar for each task, in a terminal, after a second."""
    started = time.monotonic()
    progress: Progress | None = None
    tasks: dict[str, TaskID] = {}

    def report(task: str, done: int, total: int) -> None:
        nonlocal progress
        if not console.is_terminal or time.monotonic() - started <= _DELAY:
            return
        if progress is None:
            progress = _create(console)
            progress.start()
        if task not in tasks:
            tasks[task] = progress.add_task(task, total=total, speed="")
        speed = progress.tasks[tasks[task]].speed
        progress.update(tasks[task], completed=done, total=total, speed=f"{speed:,.0f}/s" if speed else "")

    try:
        yield report
    finally:
        if progress is not None:
            progress.stop()


def _create(console: Console) -> Progress:
    # Imported here: most commands finish before a bar appears.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", style="progress.data.speed"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
