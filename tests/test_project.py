"""Rules of the project that a program can check."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.conftest import skip_missing

PACKAGES = {"cli", "ingest", "text", "index", "search", "store", "slack", "playground", "evaluation"}
MODULES = {"errors.py", "models.py", "settings.py", "wiring.py", "telemetry.py", "doctor.py", "ARCHITECTURE.md"}
AVOIDED = re.compile(
    r"(?<![a-z])(desk|errand|lane|lasting|composer|press|presses|withdrawn|shelf|librarian|keeper|consult|sighting|told|"
    r"telling|mishap|courier|cast|stand_?in|nouns)s?(?![a-z])"
)
"""Metaphors of an earlier version, as words inside a name: "lanes" and "_told", not "planes"."""
PROSE = re.compile(r"keeps secret|\b(rooms?|houses?|desks?|lanes?|errands?|librarians?)\b", re.IGNORECASE)
"""Words for which docstrings and comments have plainer ones."""


def modules(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the package, parsed."""
    for path in sorted((root / "bot").rglob("*.py")):
        yield path, parse(path.read_text(encoding="utf-8"))


def parse(source: str) -> ast.Module:
    """The syntax tree of ``source``; tried again, because Python 3.11 confuses parsers that run in several threads."""
    for _ in range(4):
        with suppress(SystemError):
            return ast.parse(source)
    return ast.parse(source)


def snake_case(name: str) -> str:
    """``name`` in small letters, its words separated by underscores."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def defined_names(tree: ast.Module) -> Iterator[str]:
    """The names of the classes, functions, attributes, parameters and module constants that ``tree`` defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def types_of(tree: ast.Module) -> Iterator[str]:
    """The names of the classes and type aliases that ``tree`` defines; type variables are local by nature."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if re.fullmatch(r"_?[A-Z]\w*[a-z]\w*", name):
                yield name


def test_the_package_has_the_documented_layout(root: Path) -> None:
    """Directly in ``bot`` are the nine packages and the few modules that the architecture names, and no others."""
    listed = subprocess.run(["git", "ls-files", "bot"], capture_output=True, text=True, check=True, cwd=root).stdout
    entries = {Path(name).parts[1] for name in listed.split()}
    assert {name for name in entries if not name.startswith("__")} == PACKAGES | MODULES


def test_no_type_name_is_defined_twice(root: Path) -> None:
    """A class or type alias has a name of its own in the whole package."""
    where = defaultdict(list)
    for path, tree in modules(root):
        for name in types_of(tree):
            where[name].append(path.relative_to(root).as_posix())
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_names_are_plain_words(root: Path) -> None:
    """No module, class, function, attribute or parameter is named by a metaphor."""
    found = []
    for path, tree in modules(root):
        names = {path.stem, *defined_names(tree)}
        found += [f"{path.relative_to(root)}: {name}" for name in sorted(names) if AVOIDED.search(snake_case(name))]
    assert found == []


def test_docstrings_and_comments_are_plain(root: Path) -> None:
    """No docstring or comment speaks in the metaphors of an earlier version."""
    sources = [*(root / "bot").rglob("*.py"), *(root / "bot").rglob("*.[ch]"), root / "bot" / "ARCHITECTURE.md"]
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sources
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if PROSE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["planes", "compress", "express", "broadcast", "retold_", "pressure"])
def test_ordinary_names_are_allowed(name: str) -> None:
    """Only whole words count."""
    assert AVOIDED.search(snake_case(name)) is None


@pytest.mark.parametrize("name", ["Desk", "_told", "laneOrder", "ChannelLanes", "on_press", "StandIn"])
def test_metaphors_are_found(name: str) -> None:
    """A metaphor is found as part of a name in either style."""
    assert AVOIDED.search(snake_case(name))


def test_imports_go_one_way(root: Path) -> None:
    """No module imports one of a higher layer (the order is in pyproject.toml)."""
    lint = Path(sys.executable).with_name("lint-imports")
    command = str(lint) if lint.exists() else shutil.which("lint-imports")
    assert command, "import-linter is not installed: pip install -e '.[test]'"
    done = subprocess.run([command, "--no-cache"], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stdout


def test_the_documentation_is_up_to_date(root: Path) -> None:
    """Each example on a page is what the command above it prints, and each generated part is up to date."""
    done = subprocess.run(
        [sys.executable, "tests/docs.py", "--check"], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.returncode == 0, done.stderr


def test_every_setting_is_documented(root: Path) -> None:
    """Each setting has its row in the table, and each row is a setting."""
    page = (root / "deploy" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    prefix = str(Settings.model_config["env_prefix"])
    meant = {
        str(field.validation_alias) if field.validation_alias else prefix + name.upper()
        for name, field in Settings.model_fields.items()
    }
    assert named == meant


def test_the_service_reaches_little_of_the_system(root: Path) -> None:
    """systemd rates how exposed the unit is, from 0 to 10: at most 2.0."""
    command = shutil.which("systemd-analyze")
    if command is None:
        skip_missing("systemd-analyze")
    unit = root / "deploy" / "pullquote.service"
    arguments = [command, "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


def test_the_top_level_has_only_the_documented_entries(root: Path) -> None:
    """Besides dot-files, the checkout holds what the architecture names and no more."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=False, cwd=root).stdout.split()
    top = {name.split("/")[0] for name in listed}
    allowed = {"pyproject.toml", "README.md", "bot", "corpus", "tests", "deploy"}
    assert {name for name in top if not name.startswith(".")} <= allowed
