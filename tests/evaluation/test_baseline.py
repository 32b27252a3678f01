"""The pinned baseline: shortfalls are named, and floors are lowered only on request."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bot.errors import ArchiveError, SettingsError
from bot.evaluation import baseline
from bot.evaluation.metrics import SHARES, Metrics, measure

from .cases import Case, judged_replies

DATA, OTHER = "a" * 64, "b" * 64


def metrics(correct: int = 2, total: int = 3) -> Metrics:
    """Metrics of ``total`` answered questions, ``correct`` of them answered correctly."""
    return measure(judged_replies(*(Case(answer_correct=number < correct) for number in range(total))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A baseline of one set, with two of three questions answered correctly."""
    path = tmp_path / "baseline.json"
    baseline.pin_baseline(path, "harbour", DATA, metrics())
    return path


def test_what_is_pinned(path: Path) -> None:
    """The digest and every share, rounded down to three decimals; no counts or times."""
    pinned = json.loads(path.read_text())["harbour"]
    assert pinned["digest"] == DATA
    assert set(pinned["floors"]) == set(SHARES)
    assert pinned["floors"]["answered_right"] == 0.666


def test_three_decimals_are_pinned_unchanged(tmp_path: Path) -> None:
    """Rounding down does not change a value of three decimals."""
    path = tmp_path / "baseline.json"
    for thousandths in range(0, 1001, 7):
        baseline.pin_baseline(path, "harbour", DATA, metrics(thousandths, 1000))
        assert baseline.find_pinned(path, DATA).floors["answered_right"] == thousandths / 1000


def test_at_and_above_the_floor(path: Path) -> None:
    """A value at or above its floor is no shortfall."""
    pinned = baseline.find_pinned(path, DATA)
    assert baseline.list_shortfalls(pinned, metrics(2)) == baseline.list_shortfalls(pinned, metrics(3)) == []
    exact = baseline.PinnedSet(digest=DATA, floors={"answered_right": 0.5})
    assert baseline.list_shortfalls(exact, metrics(1, 2)) == []


def test_below_the_floor(path: Path) -> None:
    """Each metric below its floor is named with its value and floor."""
    assert baseline.list_shortfalls(baseline.find_pinned(path, DATA), metrics(1)) == [
        "answered_right is 0.3333, below its floor of 0.666."
    ]


def test_just_below_the_floor(path: Path) -> None:
    """A value below its floor is never shown as equal to it."""
    assert baseline.list_shortfalls(baseline.PinnedSet(digest=DATA, floors={"answered": 1.0}), just_below_one()) == [
        "answered is 0.9999, below its floor of 1.000."
    ]


def just_below_one() -> Metrics:
    return metrics().model_copy(update={"answered": 0.99999999})


def test_less_is_better(tmp_path: Path) -> None:
    """Of a share that is best at 0, more is a shortfall, and pinning more needs the flag."""
    path = tmp_path / "baseline.json"
    few, many = (
        measure(judged_replies(*(Case(quote_correct=True, warned=number < warned) for number in range(3))))
        for warned in (1, 2)
    )
    baseline.pin_baseline(path, "harbour", DATA, few)
    pinned = baseline.find_pinned(path, DATA)
    assert pinned.floors["warned_right"] == 0.334
    assert baseline.list_shortfalls(pinned, few) == []
    assert baseline.list_shortfalls(pinned, many) == ["warned_right is 0.6667, above its floor of 0.334."]
    with pytest.raises(SettingsError, match=r"warned_right from 0\.334 to 0\.667"):
        baseline.pin_baseline(path, "harbour", DATA, many)


def test_other_data_is_rejected(path: Path) -> None:
    """A baseline of other data cannot be used."""
    with pytest.raises(SettingsError, match="was pinned for other data"):
        baseline.find_pinned(path, OTHER)


def test_a_floor_is_not_lowered_by_accident(path: Path) -> None:
    """Pinning a lower value names the metric and changes nothing."""
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"answered_right from 0\.666 to 0\.333; --allow-lower"):
        baseline.pin_baseline(path, "harbour", DATA, metrics(1))
    assert path.read_bytes() == before


def test_other_data_does_not_lower_a_floor(path: Path) -> None:
    """Floors belong to the set's name, so new data does not lower them either."""
    with pytest.raises(SettingsError, match="would lower"):
        baseline.pin_baseline(path, "harbour", OTHER, metrics(1))


def test_a_floor_is_lowered_on_request(path: Path) -> None:
    """With ``allow_lower``, the measured values become the floors."""
    baseline.pin_baseline(path, "harbour", DATA, metrics(1), allow_lower=True)
    assert baseline.find_pinned(path, DATA).floors["answered_right"] == 0.333


def test_a_floor_is_raised(path: Path) -> None:
    """Pinning higher values needs no flag, with new data too."""
    baseline.pin_baseline(path, "harbour", OTHER, metrics(3))
    assert baseline.find_pinned(path, OTHER).floors["answered_right"] == 1


def test_another_set_is_added(path: Path) -> None:
    """Pinning one set does not change another."""
    before = baseline.find_pinned(path, DATA)
    baseline.pin_baseline(path, "island", OTHER, metrics(0))
    assert baseline.find_pinned(path, DATA) == before
    assert list(json.loads(path.read_text())) == ["harbour", "island"]


def test_the_same_data_cannot_have_two_names(path: Path) -> None:
    """The same data is not pinned under a second name, where its floors could be lower."""
    with pytest.raises(SettingsError, match=r"pinned in .* as harbour"):
        baseline.pin_baseline(path, "island", DATA, metrics(0))


BROKEN = [
    ("not json", "Invalid JSON"),
    ("[]", "top level: Input should be"),
    ('{"harbour": {"digest": "short", "floors": {}}}', "harbour.digest"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"hit@2": 0.5}}}), "no share named hit@2"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"ms_p50": 0.5}}}), "no share named ms_p50"),
    (json.dumps({"harbour": {"digest": DATA, "floors": {"hit@1": 87}}}), "harbour.floors.hit@1"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN)
def test_an_invalid_file_is_rejected(tmp_path: Path, content: str, said: str) -> None:
    """An invalid value is named with its position in the file."""
    path = tmp_path / "baseline.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=said):
        baseline.find_pinned(path, DATA)


def test_a_missing_file(tmp_path: Path) -> None:
    """A missing file is named, with the flag that writes it."""
    with pytest.raises(SettingsError, match=r"baseline\.json cannot be read: .*--pin writes one"):
        baseline.find_pinned(tmp_path / "baseline.json", DATA)


def test_the_digest_covers_all_files_in_order(tmp_path: Path) -> None:
    """First the questions, then the archive; a folder contributes all its files, sorted by path."""
    (tmp_path / "questions").write_bytes(b"q")
    folder = tmp_path / "folder"
    (folder / "b").mkdir(parents=True)
    (folder / "c.txt").write_bytes(b"3")
    (folder / "b" / "z.txt").write_bytes(b"2")
    (folder / "a.txt").write_bytes(b"1")
    found = baseline.digest_data(tmp_path / "questions", [folder, folder / "a.txt"])
    assert found == hashlib.sha256(b"q1231").hexdigest()


def test_a_missing_file_has_no_digest(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ArchiveError, match="nowhere cannot be read"):
        baseline.digest_data(tmp_path / "nowhere", [])
