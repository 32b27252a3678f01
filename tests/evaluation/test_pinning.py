"""Floors: a metric below one is named, and one is lowered only by who says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bot.errors import ArchiveError, SettingsError
from bot.evaluation import baseline
from bot.evaluation.metrics import SHARES, Metrics, measure

from .cases import Case, outcomes_of

DATA, OTHER = "a" * 64, "b" * 64


def metrics(right: int = 2, of: int = 3) -> Metrics:
    """Metrics of ``of`` questions, each found at rank 1 and answered, ``right`` of them rightly."""
    return measure(outcomes_of(*(Case(right=number < right) for number in range(of))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with the floors of one set, of which two questions in three are answered rightly."""
    path = tmp_path / "floors.json"
    baseline.pin_baseline(path, "harbour", DATA, metrics())
    return path


def test_what_is_pinned(path: Path) -> None:
    """Every share, rounded down to three decimals, beside the digest; neither counts nor times."""
    pinned = json.loads(path.read_text())["harbour"]
    assert pinned["digest"] == DATA
    assert set(pinned["floors"]) == set(SHARES)
    assert pinned["floors"]["answered_right"] == 0.666


def test_what_three_decimals_hold_is_pinned_as_it_is(tmp_path: Path) -> None:
    """Rounding down takes nothing from a value of three decimals."""
    path = tmp_path / "floors.json"
    for thousandths in range(0, 1001, 7):
        baseline.pin_baseline(path, "harbour", DATA, metrics(thousandths, 1000))
        assert baseline.pinned_for(path, DATA).floors["answered_right"] == thousandths / 1000


def test_at_and_above_the_floor(path: Path) -> None:
    """What is at its floor, or above it, is no shortfall."""
    pinned = baseline.pinned_for(path, DATA)
    assert baseline.shortfalls(pinned, metrics(2)) == baseline.shortfalls(pinned, metrics(3)) == []
    exact = baseline.PinnedSet(digest=DATA, floors={"answered_right": 0.5})
    assert baseline.shortfalls(exact, metrics(1, 2)) == []


def test_below_the_floor(path: Path) -> None:
    """Each metric below its floor is a sentence with its value and its floor, and no other is."""
    assert baseline.shortfalls(baseline.pinned_for(path, DATA), metrics(1)) == [
        "answered_right is 0.3333, below its floor of 0.666."
    ]


def test_just_below_the_floor(path: Path) -> None:
    """A value below its floor is never shown as equal to it."""
    assert baseline.shortfalls(baseline.PinnedSet(digest=DATA, floors={"answered": 1.0}), just_below_one()) == [
        "answered is 0.9999, below its floor of 1.000."
    ]


def just_below_one() -> Metrics:
    return metrics().model_copy(update={"answered": 0.99999999})


def test_other_data(path: Path) -> None:
    """Floors of other data say nothing of these."""
    with pytest.raises(SettingsError, match="were pinned for other data"):
        baseline.pinned_for(path, OTHER)


def test_a_floor_is_not_lowered_by_chance(path: Path) -> None:
    """Pinning less than is pinned names what would fall, and changes nothing."""
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"answered_right from 0\.666 to 0\.333; --allow-lower"):
        baseline.pin_baseline(path, "harbour", DATA, metrics(1))
    assert path.read_bytes() == before


def test_other_data_do_not_lower_a_floor_either(path: Path) -> None:
    """A set's floors hold for its name: new data are no way around them."""
    with pytest.raises(SettingsError, match="would lower"):
        baseline.pin_baseline(path, "harbour", OTHER, metrics(1))


def test_a_floor_is_lowered_when_that_is_meant(path: Path) -> None:
    """With leave, the floors are what was measured."""
    baseline.pin_baseline(path, "harbour", DATA, metrics(1), allow_lower=True)
    assert baseline.pinned_for(path, DATA).floors["answered_right"] == 0.333


def test_a_floor_is_raised(path: Path) -> None:
    """Pinning more needs no leave, nor do other data that do as well."""
    baseline.pin_baseline(path, "harbour", OTHER, metrics(3))
    assert baseline.pinned_for(path, OTHER).floors["answered_right"] == 1


def test_another_set_is_added(path: Path) -> None:
    """Sets do not touch each other's floors."""
    before = baseline.pinned_for(path, DATA)
    baseline.pin_baseline(path, "island", OTHER, metrics(0))
    assert baseline.pinned_for(path, DATA) == before
    assert list(json.loads(path.read_text())) == ["harbour", "island"]


def test_the_same_data_under_two_names(path: Path) -> None:
    """The same data are not pinned again under another name, where they could be lower."""
    with pytest.raises(SettingsError, match=r"pinned in .* as harbour"):
        baseline.pin_baseline(path, "island", DATA, metrics(0))


BROKEN = [
    ("not json", "Invalid JSON"),
    ("[]", "it: Input should be"),
    ('{"harbour": {"digest": "short", "floors": {}}}', "harbour.digest"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"hit@2": 0.5}}}), "no share named hit@2"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"ms_p50": 0.5}}}), "no share named ms_p50"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"hit@1": 87}}}), "harbour.floors.hit@1"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN)
def test_a_file_that_holds_no_floors(tmp_path: Path, content: str, said: str) -> None:
    """What cannot be a floor is named with where it stands."""
    path = tmp_path / "floors.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=said):
        baseline.pinned_for(path, DATA)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is named, with what writes it."""
    with pytest.raises(SettingsError, match=r"floors\.json cannot be read: .*--pin writes them"):
        baseline.pinned_for(tmp_path / "floors.json", DATA)


def test_a_digest_is_that_of_the_bytes_in_a_row(tmp_path: Path) -> None:
    """The questions first, then the archive; of a folder every file, by path."""
    (tmp_path / "questions").write_bytes(b"q")
    folder = tmp_path / "folder"
    (folder / "b").mkdir(parents=True)
    (folder / "c.txt").write_bytes(b"3")
    (folder / "b" / "z.txt").write_bytes(b"2")
    (folder / "a.txt").write_bytes(b"1")
    found = baseline.digest(tmp_path / "questions", [folder, folder / "a.txt"])
    assert found == hashlib.sha256(b"q1231").hexdigest()


def test_a_digest_of_what_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read has no digest, and is named."""
    with pytest.raises(ArchiveError, match="nowhere cannot be read"):
        baseline.digest(tmp_path / "nowhere", [])
