"""A progress bar for what takes more than a second, and nothing for what does not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from bot.cli.bars import Bars


PATIENCE = 1.0
"""Seconds after which the bar appears."""


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Gives ``report(what, done, of)``: a bar for each ``what``, drawn once ``PATIENCE`` is over, till all is done."""
    started = time.monotonic()
    bars: list[Bars] = []

    def report(what: str, done: int, of: int) -> None:
        if console.is_terminal and time.monotonic() - started > PATIENCE:
            from bot.cli.bars import Bars

            if not bars:
                bars.append(Bars(console))
            bars[0].show(what, done, of)

    try:
        yield report
    finally:
        for one in bars:
            one.end()
