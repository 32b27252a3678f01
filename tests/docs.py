"""Regenerate the parts of the documentation that come from the code.

These are the examples that a command prints, the table of settings, and the app manifests in ``deploy/``.
``python tests/docs.py`` writes them; ``python tests/docs.py --check`` names those that are out of date, with status 1.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from manifests import FILES, page

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "corpus/README.md", "deploy/README.md", "tests/benchmarks/README.md")
_BLOCK = re.compile(r"(<!-- printed by: pullquote (.*?) -->\n```\n)(.*?)(```\n<!-- end -->)", re.DOTALL)
_SETTINGS = re.compile(r"(<!-- settings -->\n).*?(<!-- end -->)", re.DOTALL)
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


def settings_table() -> str:
    """Every setting: its environment variable, its description and its default, as a Markdown table."""
    rows = ["| variable | meaning | default |", "|---|---|---|"]
    prefix = str(Settings.model_config["env_prefix"])
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias) if field.validation_alias else prefix + name.upper()
        default = "the user's data folder" if field.default_factory else _shown(field.default)
        rows.append(f"| `{variable}` | {str(field.description).removesuffix('.')} | {default} |")
    return "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if default is None or default == ():
        return ""
    value = default[0] if isinstance(default, tuple) else default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def regenerate(text: str) -> str:
    """Return ``text`` with the current output in each printed block and the current table of settings."""
    text = _BLOCK.sub(lambda found: found.group(1) + printed(found.group(2)) + found.group(4), text)
    return _SETTINGS.sub(lambda found: found.group(1) + settings_table() + found.group(2), text)


def main() -> int:
    """Write what is out of date, or only name it (``--check``)."""
    current = {ROOT / name: regenerate((ROOT / name).read_text(encoding="utf-8")) for name in PAGES}
    current |= {ROOT / "deploy" / name: page(*kind) for name, kind in FILES.items()}
    stale = [path for path, text in current.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" not in sys.argv:
        for path in stale:
            path.write_text(current[path], encoding="utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is out of date; run: python tests/docs.py\n")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
