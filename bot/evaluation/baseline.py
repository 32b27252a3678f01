"""The pinned baseline: the least that each metric must reach (the most, if less is better), and for which data.

The file is one JSON object, ``{name of the set: {"digest": …, "floors": {metric: value}}}``. Only shares are pinned:
counts and times depend on the data and the machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import ArchiveError, SettingsError
from bot.evaluation.metrics import LESS_IS_BETTER, SHARES, Metrics


def _check_name(metric: str) -> str:
    if metric not in SHARES:
        raise ValueError(f"there is no share named {metric}")
    return metric


class PinnedSet(BaseModel):
    """Worst value of each metric, for the data with this digest (see ``digest_data``)."""

    model_config = ConfigDict(extra="forbid")

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    floors: dict[Annotated[str, AfterValidator(_check_name)], Annotated[float, Field(ge=0, le=1)]]


_baseline = TypeAdapter(dict[str, PinnedSet])
"""All pinned sets, by name."""


def digest_data(questions: Path, corpus: Sequence[Path]) -> str:
    """Hexadecimal SHA-256 over the questions' file and then all files of the corpus, folders sorted by path.

    Raises ``ArchiveError`` if a file cannot be read.
    """
    files = [questions]
    for root in corpus:
        files += sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root]
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise ArchiveError(
                f"{path} cannot be read: {error.strerror}. A baseline needs the complete data."
            ) from error
    return digest.hexdigest()


def find_pinned(path: Path, digest: str) -> PinnedSet:
    """The set in the baseline at ``path`` with this data digest; ``SettingsError`` if there is none."""
    for pinned in _read(path).values():
        if pinned.digest == digest:
            return pinned
    raise SettingsError(
        f"The baseline in {path} was pinned for other data; evaluate that data, or pin this with --pin."
    )


def list_shortfalls(pinned: PinnedSet, metrics: Metrics) -> list[str]:
    """A sentence for each metric that is worse than its floor."""
    measured = _shares(metrics)
    return [
        f"{name} is {_round(name, measured[name], 4)}, {'above' if name in LESS_IS_BETTER else 'below'} its floor of "
        f"{floor:.3f}."
        for name, floor in pinned.floors.items()
        if _is_worse(name, measured[name], floor)
    ]


def _is_worse(name: str, value: float, floor: float) -> bool:
    return value > floor if name in LESS_IS_BETTER else value < floor


def pin_baseline(path: Path, name: str, digest: str, metrics: Metrics, *, allow_lower: bool = False) -> None:
    """Write the measured shares, rounded to three decimals for the worse, as the baseline of the set ``name``.

    Raises ``SettingsError`` and writes nothing if a value would be worse than before (unless ``allow_lower``), even if
    the set's data changed, or if the same data is already pinned under another name.
    """
    sets = _read(path) if path.exists() else {}
    for other, pinned in sets.items():
        if other != name and pinned.digest == digest:
            raise SettingsError(f"This data is already pinned in {path} as {other}; use --name {other}.")
    floors = {metric: float(_round(metric, value, 3)) for metric, value in _shares(metrics).items()}
    before = sets[name].floors if name in sets else {}
    lower = [
        f"{metric} from {floor:.3f} to {floors[metric]:.3f}"
        for metric, floor in before.items()
        if _is_worse(metric, floors[metric], floor)
    ]
    if lower and not allow_lower:
        raise SettingsError(f"Nothing was pinned, because it would lower {', '.join(lower)}; --allow-lower permits it.")
    sets[name] = PinnedSet(digest=digest, floors=floors)
    try:
        path.write_bytes(_baseline.dump_json(sets, indent=2) + b"\n")
    except OSError as error:
        raise SettingsError(f"The baseline {path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> dict[str, PinnedSet]:
    try:
        return _baseline.validate_json(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"The baseline {path} cannot be read: {error.strerror}; --pin writes one.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise SettingsError(f"{path} is not a valid baseline: {where}: {first['msg']}. Correct it.") from error


def _shares(metrics: Metrics) -> dict[str, float]:
    values = metrics.model_dump(by_alias=True)
    return {name: values[name] for name in SHARES}


def _round(name: str, value: float, places: int) -> Decimal:
    """Round ``value`` so that it gets no better."""
    # In decimal, so that 0.57 stays 0.570.
    rounding = ROUND_CEILING if name in LESS_IS_BETTER else ROUND_FLOOR
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding)
