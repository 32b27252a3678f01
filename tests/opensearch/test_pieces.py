"""Test what needs no cluster: positions, encodings, addresses."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import settings
from bot.errors import SettingsError
from bot.index.cluster.documents import decode_arrays, encode_arrays, feature_name
from bot.index.cluster.publish import fill_positions, longest_increasing
from bot.models import ClusterAddress


@given(st.lists(st.integers(0, 30), unique=True, max_size=12))
def test_longest_increasing(numbers: list[int]) -> None:
    """The numbers at the places increase, and no other increasing choice has more."""
    best = [0] * len(numbers)
    for at, number in enumerate(numbers):
        best[at] = 1 + max((best[i] for i in range(at) if numbers[i] < number), default=0)
    places = longest_increasing(numbers)
    assert all(one < other and numbers[one] < numbers[other] for one, other in pairwise(places))
    assert len(places) == max(best, default=0)


@given(st.lists(st.integers(1, 200), unique=True, max_size=8).map(sorted), st.data())
def test_fill_positions(known: list[int], data: st.DataObject) -> None:
    """New positions are between their neighbors; if one has none, there are none at all."""
    given_ = list[int | None](known)
    for _ in range(data.draw(st.integers(0, 6))):
        given_.insert(data.draw(st.integers(0, len(given_))), None)
    filled = fill_positions(given_)
    borders = [0, *known]
    gaps = [sum(one is None for one in given_[: given_.index(number)]) for number in known]
    counts = [end - first for first, end in pairwise([0, *gaps])]
    has_room = all(count < high - low for count, low, high in zip(counts, borders, known, strict=False))
    assert (filled is not None) == has_room
    if filled is not None:
        assert all(one < other for one, other in pairwise([0, *filled]))
        assert [one for one, was in zip(filled, given_, strict=True) if was is not None] == known


@given(
    st.dictionaries(
        st.text("abc.", min_size=1, max_size=4),
        st.tuples(st.sampled_from(["uint8", "int32", "int64", "float64"]), st.lists(st.integers(0, 99), max_size=9)),
    )
)
def test_arrays_survive(described: dict[str, tuple[str, list[int]]]) -> None:
    """What was encoded is decoded, aligned in memory."""
    arrays = {name: np.array(values, dtype) for name, (dtype, values) in described.items()}
    decoded = decode_arrays(encode_arrays(arrays))
    assert list(decoded) == list(arrays)
    for name, array in arrays.items():
        assert decoded[name].dtype == array.dtype and decoded[name].tolist() == array.tolist()
        assert decoded[name].flags.aligned


@given(st.text("a.%2E5", max_size=6), st.text("a.%2E5", max_size=6))
def test_features_are_distinct(one: str, other: str) -> None:
    """Different terms are different features, without a full stop."""
    assert (feature_name(one) == feature_name(other)) == (one == other)
    assert "." not in feature_name(one)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, None),
        ("http://search:9200", ClusterAddress(("http://search:9200",), "pullquote")),
        (
            "https://ann:a%40b@one:9200, https://two:9200/",
            ClusterAddress(("https://one:9200", "https://two:9200"), "pullquote", "ann", "a@b"),
        ),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, url: str | None, expected: ClusterAddress | None) -> None:
    """The hosts are separated by commas; the password is never part of one."""
    if url:
        monkeypatch.setenv("PULLQUOTE_OPENSEARCH_URL", url)
    assert settings.load().cluster == expected


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PULLQUOTE_OPENSEARCH_URL", "search:9200", "it must be URLs such as https://user:password@host:9200"),
        ("PULLQUOTE_OPENSEARCH_URL", "http://one:9200 http://two:9200", "separated by commas"),
        ("PULLQUOTE_OPENSEARCH_INDEX", "News", "small letters"),
    ],
)
def test_wrong_settings(monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str) -> None:
    """A wrong setting is named, with how to write it."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=reason):
        settings.load()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the password nor the key stands in the settings as printed."""
    monkeypatch.setenv("PULLQUOTE_OPENSEARCH_URL", "https://ann:opensesame@one:9200")
    monkeypatch.setenv("PULLQUOTE_OPENSEARCH_API_KEY", "keyofthecluster")
    chosen = settings.load()
    assert "opensesame" not in repr(chosen) and "keyofthecluster" not in repr(chosen)
    assert settings.redact("opensesame keyofthecluster") == "[secret] [secret]"
