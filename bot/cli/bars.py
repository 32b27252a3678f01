"""Progress bars, a line for each thing that is done. Keeps secret how they look."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TaskProgressColumn, TextColumn
from rich.progress import TimeRemainingColumn as Remaining
from rich.text import Text


class _Rate(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        """See ``ProgressColumn.render``."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bars:
    """Drawn until ``end``, and gone then."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), Remaining())
        self._progress = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, what: str, done: int, of: int) -> None:
        """Draw that ``done`` of so much is done."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=of)
        self._progress.update(self._tasks[what], completed=done, total=of)

    def end(self) -> None:
        """Draw nothing any more."""
        self._progress.stop()
