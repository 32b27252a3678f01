"""The command ``pullquote playground`` as a process of its own; keeps secret how its page's address is learnt."""

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
    """A running playground: ``printed`` is what it said before its page was there, ``address`` where that is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.printed = ""
        self.address = ""
        while line := self.next_line():
            found = _ADDRESS.search(line)
            if found:
                self.address = found[0]
                break
            self.printed += line

    def next_line(self) -> str:
        """What it prints next; empty when it has ended."""
        return self._process.stdout.readline() if self._process.stdout else ""

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit status. What it has printed meanwhile can still be read."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait()


@contextmanager
def playground(
    *, browser: str | None = None, corpus: Path | None = None, state: Path | None = None
) -> Iterator[Playground]:
    """Run the command until the end of the block, if it was not stopped before.

    ``browser`` is the program that is to show the page; without a ``corpus`` it is the sample archive that is asked;
    ``state`` is where its index is kept, where that matters.
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
