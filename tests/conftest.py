"""What tests share: the evaluation data where it is present, and how a missing piece of the outside is treated."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not fail a test.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("PULLQUOTE_SHARED", ROOT.parent / "shared"))


STATE = "PULLQUOTE_STATE_DIR"
_state = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a state folder of its own, which every process of it inherits: nobody's own is touched."""
    if not hasattr(config, "workerinput"):
        config.stash[_state] = os.environ[STATE] = tempfile.mkdtemp(prefix="pullquote-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete that folder."""
    if folder := config.stash.get(_state, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_xdist_auto_num_workers() -> int:
    """Three tests at once on two cores: many wait for a moment for a browser, for a process or for Slack's pace."""
    return ((os.cpu_count() or 1) * 3 + 1) // 2


@pytest.fixture(scope="session")
def state_folder() -> Path:
    """The folder in which all tests of a run share the indexes of unchanging archives, so that each is built once."""
    return Path(os.environ[STATE])


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
