"""Random edits of folders of articles."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from bot.index.arrays import Arrays
from bot.index.versions import IndexVersion

NAMES = ("a.txt", "b.md", "c.jsonl", "d.txt", "sub/a.txt", "sub/e.jsonl", "sub/f.md")
LONG_AGO = 1_600_000_000_000_000_000
FAR_AHEAD = 4_000_000_000_000_000_000
"""In the future: a file with this modification time is always read again."""

_WORDS = (
    "harbour Harbor harbour's ferry Tarn tarn the of and 3.5 U.S. NATO programme Natakani Nakatani Kobayashi (GCAP) "
    "Global Combat Air Program treaty—signed café 東京 F-35 isn't Who"
).split()
words = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12).map(" ".join)
prose = st.lists(words.map(lambda said: f"{said}."), min_size=1, max_size=4).map("\n\n".join)
_headed = st.tuples(words, prose).map(lambda parts: f"# {parts[0]}\n\n{parts[1]}\n\n## {parts[0]}\n\n{parts[1]}")
_dated = prose.map(lambda text: f"---\ntitle: A title\ndate: 2024-03-04\n---\n{text}")
_blank = st.sampled_from(["", "\n\n", "\x00\x01"])
_line = st.fixed_dictionaries(
    {"text": st.one_of(prose, prose, st.just(""))},
    optional={"id": st.sampled_from(["x", "y", "a.txt"]), "title": words, "published": st.just("2023-05-06")},
)
lines = st.lists(st.one_of(_line.map(json.dumps), _line.map(json.dumps), st.just("no json")), max_size=4)
_tables = st.dictionaries(st.sampled_from(["a.txt", "b.md", "c.jsonl", "x", "gone.txt"]), words, min_size=1)
catalogs = st.one_of(
    _tables.map(lambda tables: "".join(f'["{key}"]\ntitle = {json.dumps(title)}\n' for key, title in tables.items())),
    st.just("no = = toml"),
)


def contents(name: str) -> st.SearchStrategy[str]:
    """Draw the contents of a file of this name."""
    if name.endswith(".jsonl"):
        return lines.map("\n".join)
    return st.one_of(prose, prose, _headed, _dated, _blank) if name.endswith(".md") else st.one_of(prose, prose, _blank)


@dataclass
class Folders:
    """Two folders, ``one`` and ``two``, and a clock that advances by a second with each change."""

    root: Path
    clock: Iterator[int] = field(default_factory=lambda: count(LONG_AGO, 1_000_000_000))

    def __post_init__(self) -> None:
        for path in self.paths:
            path.mkdir()

    @property
    def paths(self) -> tuple[Path, Path]:
        return self.root / "one", self.root / "two"

    def write(self, path: Path, text: str, *, is_old: bool = True) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.touch(path, is_old=is_old)

    def touch(self, path: Path, *, is_old: bool = True) -> None:
        """Set a new modification time, or one that is too recent to be trusted."""
        changed = next(self.clock) if is_old else FAR_AHEAD
        os.utime(path, ns=(changed, changed))

    def files(self) -> list[Path]:
        return sorted(path for top in self.paths for path in top.rglob("*") if path.is_file())


Edit = Callable[[Folders], None]
_places = st.tuples(st.sampled_from([0, 1]), st.sampled_from(NAMES))
_is_old = st.sampled_from([True, True, True, False])


def _write(place: tuple[int, str], text: str, is_old: bool) -> Edit:
    return lambda folders: folders.write(folders.paths[place[0]] / place[1], text, is_old=is_old)


def _write_catalog(top: int, text: str) -> Edit:
    return lambda folders: folders.write(folders.paths[top] / "archive.toml", text)


def _on_some_file(number: int, change: Callable[[Folders, Path], None]) -> Edit:
    def edit(folders: Folders) -> None:
        if files := folders.files():
            change(folders, files[number % len(files)])

    return edit


def _move(place: tuple[int, str]) -> Callable[[Folders, Path], None]:
    def move(folders: Folders, path: Path) -> None:
        to = folders.paths[place[0]] / place[1]
        if to.suffix == path.suffix:
            to.parent.mkdir(exist_ok=True)
            path.replace(to)

    return move


def _replace_line(at: int, line: str) -> Callable[[Folders, Path], None]:
    def change(folders: Folders, path: Path) -> None:
        if path.suffix == ".jsonl":
            lines_of_file = path.read_text(encoding="utf-8").split("\n")
            lines_of_file[at % len(lines_of_file)] = line
            folders.write(path, "\n".join(lines_of_file))

    return change


def _reverse_lines(folders: Folders, path: Path) -> None:
    """Reverse the lines of a file."""
    folders.write(path, "\n".join(reversed(path.read_text(encoding="utf-8").split("\n"))))


_numbers = st.integers(0, 11)
edits: st.SearchStrategy[Edit] = st.one_of(
    _places.flatmap(lambda place: st.builds(_write, st.just(place), contents(place[1]), _is_old)),
    _places.flatmap(lambda place: st.builds(_write, st.just(place), contents(place[1]), _is_old)),
    st.builds(_write_catalog, st.sampled_from([0, 1]), catalogs),
    st.builds(_write_catalog, st.sampled_from([0, 1]), catalogs),
    st.builds(_on_some_file, _numbers, st.just(lambda _, path: path.unlink())),
    st.builds(_on_some_file, _numbers, st.just(lambda folders, path: folders.touch(path))),
    st.builds(_on_some_file, _numbers, _places.map(_move)),
    st.builds(_on_some_file, _numbers, st.builds(_replace_line, _numbers, _line.map(json.dumps))),
    st.builds(_on_some_file, _numbers, st.just(_reverse_lines)),
)


def differences(one: IndexVersion, other: IndexVersion) -> list[str]:
    """Return the names of the arrays that differ, and "manifest" if that does."""
    found = unequal_arrays(*({name: array.all() for name, array in each.arrays.items()} for each in (one, other)))
    mine, yours = one.manifest, other.manifest
    if mine.model_copy(update={"built_at_ns": yours.built_at_ns}) != yours:
        found.append("manifest")
    return found


def unequal_arrays(one: Arrays, other: Arrays) -> list[str]:
    """Return the names of the arrays that differ or are in only one."""
    both = one.keys() & other.keys()
    return [
        *sorted(one.keys() ^ other.keys()),
        *(name for name in both if one[name].dtype != other[name].dtype or not np.array_equal(one[name], other[name])),
    ]


def visible_contents(version: IndexVersion) -> tuple[object, ...]:
    """Return what users see of an archive: its articles with all metadata, and the notes."""
    archive = version.index.archive
    articles: Sequence[object] = [archive.article(at) for at in range(len(archive))]
    return version.notes.skipped, version.notes.warnings, archive.fingerprint, articles
