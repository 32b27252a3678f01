"""The files of one snapshot, oldest to newest. Keeps secret how they are named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def generations(folder: Path, name: str) -> Mapping[int, Path]:
    """The files by their numbers; none where there is no such folder."""
    pattern = re.compile(rf"{re.escape(name)}\.([0-9]+)\.snapshot")
    try:
        files = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {int(match[1]): file for file in files if (match := pattern.fullmatch(file.name))}


def generation(folder: Path, name: str, number: int) -> Path:
    """The file with this number."""
    return folder / f"{name}.{number}.snapshot"


def newest(folder: Path, name: str) -> Path | None:
    """The file that counts; None where there is none."""
    # A list that is made while a writer replaces the only file may hold neither; the next holds the new one.
    files = generations(folder, name) or generations(folder, name)
    return files[max(files)] if files else None
