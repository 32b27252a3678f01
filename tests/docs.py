"""The parts of the documentation that a command prints: written anew, or checked.

``python tests/docs.py`` writes them; ``python tests/docs.py --check`` says which are out of date, with status 1.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"(<!-- printed by: pullquote (.*?) -->\n```\n)(.*?)(```\n<!-- end -->)", re.DOTALL)
_TOOK = re.compile(r"in \d+ ms")


def printed(arguments: str) -> str:
    """What ``pullquote`` prints with these arguments, at 80 columns, in the checkout; times are shown as 1 ms."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *shlex.split(arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "."), "COLUMNS": "80", "PYTHONUTF8": "1"},
    )
    if done.returncode == 2:
        raise SystemExit(done.stderr)
    lines = [line.rstrip() for line in done.stdout.replace("python -m bot", "pullquote").strip("\n").splitlines()]
    return f"$ pullquote {arguments}\n\n" + _TOOK.sub("in 1 ms", "\n".join(lines)) + "\n"


def renewed(page: str) -> str:
    """``page`` with each block as its command prints it now."""
    return _BLOCK.sub(lambda found: found.group(1) + printed(found.group(2)) + found.group(4), page)


def main() -> int:
    page = README.read_text(encoding="utf-8")
    now = renewed(page)
    if "--check" in sys.argv:
        if now != page:
            sys.stderr.write("README.md shows what the commands no longer print; run: python tests/docs.py\n")
        return int(now != page)
    README.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
