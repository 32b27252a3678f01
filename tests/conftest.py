"""Fixtures for all tests: the checkout, a state folder and external data. Tests whose data is missing are skipped."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tests must not fail because the machine is busy.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("PULLQUOTE_SHARED", ROOT.parent / "shared"))
STATE = "PULLQUOTE_STATE_DIR"
_state = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Create a state folder for this run, inherited by all its processes, so that the user's own stays untouched."""
    if not hasattr(config, "workerinput"):
        config.stash[_state] = os.environ[STATE] = tempfile.mkdtemp(prefix="pullquote-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete the state folder."""
    if folder := config.stash.get(_state, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers per core: many tests wait for a browser, a process or a rate limit."""
    return (os.cpu_count() or 1) * 2


@pytest.fixture(scope="session")
def state_folder() -> Path:
    """The state folder of this run, in which tests share the indexes of unchanging archives: each is built once."""
    return Path(os.environ[STATE])


def skip_missing(what: str) -> None:
    """Skip this test because ``what`` is missing; fail it if PULLQUOTE_TESTS_SKIP_NOTHING is set."""
    if os.environ.get("PULLQUOTE_TESTS_SKIP_NOTHING"):
        pytest.fail(f"{what} is missing, and PULLQUOTE_TESTS_SKIP_NOTHING is set")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_articles() -> Path:
    """A folder of two real articles, which is not part of this project."""
    folder = SHARED / "articles"
    if not folder.is_dir():
        skip_missing("the folder of real articles")
    return folder


@pytest.fixture(scope="session")
def evaluation() -> Path:
    """A folder with one folder per evaluation set, which is not part of this project."""
    folder = SHARED / "eval"
    if not folder.is_dir():
        skip_missing("the evaluation data")
    return folder


@pytest.fixture(scope="session")
def web_page_samples() -> Path:
    """A file of real web pages with known snippets, which is not part of this project."""
    file = SHARED / "pages" / "pages.dev.jsonl.gz"
    if not file.is_file():
        skip_missing("the file of real web pages")
    return file
