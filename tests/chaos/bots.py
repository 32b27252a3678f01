"""A live ``pullquote serve`` in a process of its own; keeps secret how it is started, killed and found to be there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
END_SECONDS = 15.0


class LiveBot:
    """One process; what it says goes to ``log``, one start after the other."""

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._command = (sys.executable, "-m", "bot", "serve", *arguments)
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PULLQUOTE_"))}
        self._environment = outside | {"PYTHONPATH": str(ROOT)} | dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, which has yet to connect."""
        with self._log.open("ab") as log:
            # Away from the checkout, whose pullquote.toml is not this bot's
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=self._log.parent, stdout=log, stderr=log
            )

    def check(self) -> None:
        """``RuntimeError`` with its last words if it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            raise RuntimeError(f"the bot ended by itself with status {self._process.returncode}:\n{said}")

    def kill(self) -> None:
        """End it as a power cut does: nothing of it runs any further."""
        self.check()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """Ask it to end, as a supervisor does; its status."""
        if self._process is None:
            return 0
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
