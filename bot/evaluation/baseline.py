"""What was reached once, and must not be lost. Keeps secret how floors are kept on disk, and for which data.

A floors file is one JSON object: for each set its name, ``{"digest": …, "floors": {metric: value}}``. Counts and times
are no floors: they tell of the data and of the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationError

from bot.errors import ArchiveError, SettingsError
from bot.evaluation.metrics import SHARES, Metrics


def _known(metric: str) -> str:
    if metric not in SHARES:
        raise ValueError(f"there is no share named {metric}")
    return metric


class PinnedSet(BaseModel):
    """The least that each metric must be, for the data with this digest (see ``digest``)."""

    model_config = ConfigDict(extra="forbid")

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    floors: dict[Annotated[str, AfterValidator(_known)], Annotated[float, Field(ge=0, le=1)]]


class Baseline(RootModel[dict[str, PinnedSet]]):
    """All sets of a floors file, by name."""


def digest(questions: Path, corpus: Sequence[Path]) -> str:
    """The hexadecimal SHA-256 of the bytes of the questions' file and then of the corpus's, one after the other.

    A folder gives all its files, in the order of their paths. Raises ``ArchiveError`` when a file cannot be read.
    """
    found = hashlib.sha256()
    for path in (questions, *(file for root in corpus for file in _files(root))):
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    found.update(block)
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {error.strerror}; floors need all of the data.") from error
    return found.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(below for below in path.rglob("*") if below.is_file())
    else:
        yield path


def pinned_for(path: Path, data: str) -> PinnedSet:
    """The floors at ``path`` for the data with this digest. Raises ``SettingsError`` when there are none."""
    for pinned in _read(path).root.values():
        if pinned.digest == data:
            return pinned
    raise SettingsError(f"The floors in {path} were pinned for other data; give those data, or pin these with --pin.")


def shortfalls(pinned: PinnedSet, metrics: Metrics) -> list[str]:
    """A sentence for each metric below its floor."""
    found = _shares(metrics)
    return [
        f"{name} is {_down(found[name], 4)}, below its floor of {floor:.3f}."
        for name, floor in pinned.floors.items()
        if found[name] < floor
    ]


def pin_baseline(path: Path, name: str, data: str, metrics: Metrics, *, allow_lower: bool = False) -> None:
    """Write the measured shares, rounded down to three decimals, as the floors of the set ``name``.

    Raises ``SettingsError`` and writes nothing when one would be lower than it is (unless ``allow_lower``), also when
    the set's data are other data now, or when these data are pinned under another name.
    """
    floors = _read(path).root if path.exists() else {}
    for other, pinned in floors.items():
        if other != name and pinned.digest == data:
            raise SettingsError(f"These data are pinned in {path} as {other}; give --name {other}.")
    now = {metric: float(_down(value, 3)) for metric, value in _shares(metrics).items()}
    before = floors[name].floors if name in floors else {}
    lower = [
        f"{metric} from {floor:.3f} to {now[metric]:.3f}" for metric, floor in before.items() if now[metric] < floor
    ]
    if lower and not allow_lower:
        raise SettingsError(
            f"Nothing is pinned, as it would lower {', '.join(lower)}; --allow-lower does it all the same."
        )
    floors[name] = PinnedSet(digest=data, floors=now)
    try:
        path.write_text(Baseline(floors).model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The floors in {path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> Baseline:
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"The floors in {path} cannot be read: {error.strerror}; --pin writes them.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path} holds no floors: {where or 'it'}: {first['msg']}. Correct it.") from error


def _shares(metrics: Metrics) -> dict[str, float]:
    values = metrics.model_dump(by_alias=True)
    return {name: values[name] for name in SHARES}


def _down(value: float, places: int) -> Decimal:
    """``value`` rounded down; by its decimal digits, so that 0.57 stays 0.570."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_FLOOR)
