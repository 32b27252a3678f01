"""Run README's first command in a folder as a newcomer would: wait for the page, look at it, press Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request

PATIENCE = 600  # seconds, for an installation on a slow machine


def main(folder: str, command: str) -> int:
    """Exit status 0 when an answer was printed, the page was there, and Ctrl-C ended it in order."""
    quiet = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    running = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=quiet | {"BROWSER": "true"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(running.pid, signal.SIGKILL))
    signal.alarm(PATIENCE)
    assert running.stdout is not None
    printed = ""
    for line in running.stdout:
        print(line, end="")
        printed += line
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            page = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(found.group()).read().decode()
            os.killpg(running.pid, signal.SIGINT)
            is_shown = "<html" in page and "¶" in printed
            return 0 if running.wait() in {0, 130} and is_shown else 1
    print("the first command ended without showing its page")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
