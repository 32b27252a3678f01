"""Regenerate the parts of the documentation that come from the code.

These are the output of example commands, the table of settings, and the app manifests in ``deploy/``.
``python tests/docs.py`` updates the files; with ``--check`` it lists those that are out of date and exits with 1.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from manifests import FILES, render_manifest

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "corpus/README.md", "deploy/README.md", "tests/benchmarks/README.md")
_EXAMPLE = re.compile(r"(<!-- printed by: pullquote (.*?) -->\n```\n)(.*?)(```\n<!-- end -->)", re.DOTALL)
_SETTINGS = re.compile(r"(<!-- settings -->\n).*?(<!-- end -->)", re.DOTALL)
_DURATION = re.compile(r"in \d+ ms")


def run_example(arguments: str) -> str:
    """Run ``pullquote`` in the checkout at 80 columns; the command line and its output.

    Every duration is replaced by 50 ms, the typical time of a first question. A usage error ends this program.
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
    return f"$ pullquote {arguments}\n\n" + _DURATION.sub("in 50 ms", "\n".join(lines)) + "\n"


def settings_table() -> str:
    """A Markdown table of all settings: environment variable, description and default."""
    rows = ["| variable | meaning | default |", "|---|---|---|"]
    prefix = str(Settings.model_config["env_prefix"])
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias) if field.validation_alias else prefix + name.upper()
        default = "the user's data folder" if field.default_factory else _format_default(field.default)
        rows.append(f"| `{variable}` | {str(field.description).removesuffix('.')} | {default} |")
    return "\n".join(rows) + "\n"


def _format_default(default: object) -> str:
    if default is None or default == ():
        return ""
    value = default[0] if isinstance(default, tuple) else default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def regenerate(text: str) -> str:
    """Return ``text`` with the current output of each example and the current table of settings."""
    text = _EXAMPLE.sub(lambda match: match.group(1) + run_example(match.group(2)) + match.group(4), text)
    return _SETTINGS.sub(lambda match: match.group(1) + settings_table() + match.group(2), text)


def main() -> int:
    """Update the files that are out of date, or only list them (``--check``)."""
    current = {ROOT / name: regenerate((ROOT / name).read_text(encoding="utf-8")) for name in PAGES}
    current |= {ROOT / "deploy" / name: render_manifest(*kind) for name, kind in FILES.items()}
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
