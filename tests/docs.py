"""What is made from the code: the parts of README that a command prints, and the app manifests in ``deploy/``.

``python tests/docs.py`` writes them; ``python tests/docs.py --check`` says which are out of date, with status 1.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from manifests import FILES, page

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"(<!-- printed by: pullquote (.*?) -->\n```\n)(.*?)(```\n<!-- end -->)", re.DOTALL)
_TOOK = re.compile(r"in \d+ ms")


def printed(arguments: str) -> str:
    """What ``pullquote`` prints with these arguments, at 80 columns, in the checkout.

    Times are shown as 50 ms, about what a first question takes.
    """
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
    return f"$ pullquote {arguments}\n\n" + _TOOK.sub("in 50 ms", "\n".join(lines)) + "\n"


def renewed(text: str) -> str:
    """``text`` with each block as its command prints it now."""
    return _BLOCK.sub(lambda found: found.group(1) + printed(found.group(2)) + found.group(4), text)


def main() -> int:
    made = {README: renewed(README.read_text(encoding="utf-8"))}
    made |= {ROOT / "deploy" / name: page(*kind) for name, kind in FILES.items()}
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" not in sys.argv:
        for path in stale:
            path.write_text(made[path], encoding="utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is not what the code makes now; run: python tests/docs.py\n")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
