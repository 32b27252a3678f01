"""Run README's first command in a folder as a new user would: wait for the page, fetch it, and press Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request

TIMEOUT = 600  # seconds, enough to install on a slow machine


def main(folder: str, command: str) -> int:
    """Return 0 if the command printed an answer, served its page and ended cleanly on Ctrl-C; otherwise 1."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment | {"BROWSER": "true"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process.pid, signal.SIGKILL))
    signal.alarm(TIMEOUT)
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        print(line, end="")
        output += line
        if url := re.search(r"http://127\.0\.0\.1:\d+/", line):
            page = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url.group()).read().decode()
            os.killpg(process.pid, signal.SIGINT)
            has_answer_and_page = "<html" in page and "¶" in output
            return 0 if process.wait() in {0, 130} and has_answer_and_page else 1
    print("the first command ended without printing the address of its page")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
