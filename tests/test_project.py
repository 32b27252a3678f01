"""The rules of the house that a program can check."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from bot.settings import Settings


def test_imports_go_one_way(root: Path) -> None:
    """No module imports what stands above it (the order is in pyproject.toml)."""
    lint = Path(sys.executable).with_name("lint-imports")
    command = str(lint) if lint.exists() else shutil.which("lint-imports")
    assert command, "import-linter is not installed: pip install -e '.[test]'"
    done = subprocess.run([command, "--no-cache"], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stdout


def test_what_the_readme_shows_is_what_the_commands_print(root: Path) -> None:
    """The answer and the help on README's first screens are printed by the commands named beside them."""
    done = subprocess.run(
        [sys.executable, "tests/docs.py", "--check"], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.returncode == 0, done.stderr


def test_every_setting_stands_in_the_readme(root: Path) -> None:
    """Each setting has its line, and each variable named there is a setting."""
    page = (root / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    prefix = str(Settings.model_config["env_prefix"])
    meant = {
        str(field.validation_alias) if field.validation_alias else prefix + name.upper()
        for name, field in Settings.model_fields.items()
    }
    assert named == meant


def test_nothing_else_stands_at_the_top(root: Path) -> None:
    """Besides dot-files, the checkout holds what the architecture names and no more."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False, cwd=root).stdout.split()
    top = {name.split("/")[0] for name in listed}
    allowed = {"pyproject.toml", "README.md", "bot", "corpus", "tests", "deploy"}
    assert {name for name in top if not name.startswith(".")} <= allowed
