"""What tests share: the evaluation data where it is present, and how a missing piece of the outside is treated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("PULLQUOTE_SHARED", ROOT.parent / "shared"))


def missing(what: str) -> None:
    """Skip this test because ``what`` is missing; fail it where everything is meant to be there."""
    if os.environ.get("PULLQUOTE_TESTS_SKIP_NOTHING"):
        pytest.fail(f"{what} is missing, and PULLQUOTE_TESTS_SKIP_NOTHING is set")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_articles() -> Path:
    """A folder of two real articles, which are not part of this project."""
    folder = SHARED / "articles"
    if not folder.is_dir():
        missing("the folder of real articles")
    return folder


@pytest.fixture(scope="session")
def evaluation() -> Path:
    """A folder with a folder for each evaluation set, which are not part of this project."""
    folder = SHARED / "eval"
    if not folder.is_dir():
        missing("the evaluation data")
    return folder
