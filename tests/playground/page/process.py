"""Runs the command ``pullquote playground`` in a process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


class Playground:
    """A running playground: its page's ``address``, and what it ``printed`` before that."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.printed = ""
        self.address = ""
        while line := self.next_line():
            if match := _ADDRESS.search(line):
                self.address = match[0]
                break
            self.printed += line

    def next_line(self) -> str:
        """Return the next line of output; empty after the end."""
        return self._process.stdout.readline() if self._process.stdout else ""

    def stop(self) -> int:
        """Interrupt it like Ctrl-C and return its exit status; its output can still be read."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait()


@contextmanager
def playground(
    *, browser: str | None = None, corpus: Path | None = None, state: Path | None = None
) -> Iterator[Playground]:
    """Run the command until the end of the with block.

    ``browser`` is the program that opens the page, ``corpus`` replaces the sample archive, ``state`` is the folder of
    the index.
    """
    command = [sys.executable, "-m", "bot", "playground"] + ([] if browser else ["--no-browser"])
    command += ["--corpus", str(corpus)] if corpus else []
    environment = {
        **os.environ,
        **({"BROWSER": browser} if browser else {}),
        **({"PULLQUOTE_STATE_DIR": str(state)} if state else {}),
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE) as process:
        try:
            yield Playground(process)
        finally:
            if process.poll() is None:
                process.kill()
