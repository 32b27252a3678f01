"""``pullquote serve`` in its own process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 15.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LiveBot:
    """A bot process that can be killed and restarted; its output is appended to ``log``.

    ``stop_seconds`` holds how long it took to end after each SIGTERM.
    """

    def __init__(self, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._command = (sys.executable, "-m", "bot", "serve", *arguments)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PULLQUOTE_"))}
        self._environment = inherited | {"PYTHONPATH": str(ROOT)} | dict(environment)
        self._log = log
        self.stop_seconds: list[float] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int:
        """The id of the process, which runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process; it connects later."""
        with self._log.open("ab") as log:
            # Not in the checkout, because its pullquote.toml is not for this bot.
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=self._log.parent, stdout=log, stderr=log
            )

    def set_environment(self, environment: Mapping[str, str]) -> None:
        """Change these variables from the next start on."""
        self._environment |= environment

    @property
    def output(self) -> str:
        """Everything that it has logged, also before it was started again."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        """Where its web server listens."""
        (*_, url) = re.findall(r"(http://[^/\s]+)/(?:readyz|slack/events)", self.output)
        return str(url)

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a page, such as "/readyz"."""
        try:
            with _direct.open(self.url + path) as response:
                return response.status, response.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode().strip()

    def check(self) -> None:
        """Raise RuntimeError with its last output if it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(
                f"the bot ended by itself with status {self._process.returncode}:\n{self.output[-2_000:]}"
            )

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.check()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Stop it with SIGTERM, as a supervisor does; return its exit status."""
        if self._process is None:
            return 0
        if (status := self._process.poll()) is not None:
            return status
        started_at = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self.stop_seconds.append(time.monotonic() - started_at)
