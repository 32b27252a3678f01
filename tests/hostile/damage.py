"""``python -m tests.hostile.damage [--files 10000]``: read damaged PDF, Word and EPUB files one after the other.

Status 0 if each is read or named within its limits, and the good file after it is read.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.ingest.files import list_files
from bot.ingest.processes import ReaderProcess
from bot.ingest.reader import read_each
from bot.models import READ_LIMITS
from tests.ingest.test_damage import behead, cut, flip, insert, insert_nuls

from .files import HOSTILE, docx, epub, pdf

CORPUS = Path(__file__).parents[2] / "corpus"
GOOD = "The ferry to Tarn was sold in May."
KILL_SECONDS = 2.0
"""How long ending a process and starting another one may take."""

Damage = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Report:
    """How many files had which outcome; the slowest in seconds; the names of those that ``failed``."""

    outcomes: Counter[str]
    slowest: float
    failed: tuple[str, ...]

    def __str__(self) -> str:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        total = sum(self.outcomes.values())
        return f"{total} files: {outcomes}; the slowest {self.slowest:.1f} s; {len(self.failed)} failed"


def run(count: int, folder: Path) -> Report:
    """Read ``count`` damaged files, and a good one after each that gave no article and after every tenth."""
    process = ReaderProcess()
    good = folder / "good.txt"
    good.write_text(GOOD, encoding="utf-8")
    outcomes: Counter[str] = Counter()
    failed: list[str] = []
    slowest = 0.0
    for number in range(count):
        name, data = make_damaged_file(number)
        path = folder / name
        path.write_bytes(data)
        started = time.monotonic()
        try:
            outcome = _read(path, process)
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            outcome = f"raised {type(error).__name__}"
            failed.append(name)
        seconds = time.monotonic() - started
        slowest = max(slowest, seconds)
        if seconds > READ_LIMITS.seconds + KILL_SECONDS or not outcome:
            failed.append(name)
        outcomes[outcome] += 1
        if (outcome not in ("read", "partly") or number % 10 == 0) and _read(good, process) != "read":
            failed.append(f"good.txt after {name}")
        path.unlink()
    process.stop()
    return Report(outcomes, slowest, tuple(failed))


def _read(path: Path, process: ReaderProcess) -> str:
    """The outcome of the first part of the file; empty without one, or if a part that is skipped has no reason."""
    records = [record for _, record, _ in read_each(list_files([path]), process)]
    is_explained = all(record.reason or record.article_id for record in records)
    return records[0].outcome if records and is_explained else ""


def make_damaged_file(number: int) -> tuple[str, bytes]:
    """The name and content of damaged file ``number``; the same number gives the same file."""
    chosen = random.Random(number)
    suffix, good = _GOOD[number % len(_GOOD)]
    if chosen.random() < 0.05:
        makers = [make for other, make in HOSTILE if other == suffix]
        return f"hostile-{number}.{suffix}", chosen.choice(makers)(chosen.randrange(1_000, 300_000), chosen)
    damages: list[Damage] = [flip, cut, behead, insert, insert_nuls]
    if suffix != "pdf":
        damages += [_damage_part] * 5
    damage = chosen.choice(damages)
    return f"{damage.__name__.strip('_')}-{number}.{suffix}", damage(chosen, good)


def _damage_part(chosen: random.Random, data: bytes) -> bytes:
    """Damage one part inside an archive, whose checksums are then right."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        damaged = chosen.choice(names)
        for name in names:
            part = old.read(name)
            if name == damaged and part:
                part = chosen.choice([flip, cut, behead, insert, insert_nuls])(chosen, part)
            new.writestr(name, part)
    return target.getvalue()


def _good_files() -> Iterator[tuple[str, bytes]]:
    lines = "".join(f"<p>Boat {number} came to the quay, and its crew went ashore.</p>" for number in range(40))
    runs = lines.replace("<p>", "<w:p><w:r><w:t>").replace("</p>", "</w:t></w:r></w:p>")
    text = b"".join(b"1 0 0 1 72 %d Tm (Boat %d came to the quay.) Tj " % (760 - 14 * row, row) for row in range(40))
    for suffix, data in (
        ("pdf", pdf(b"BT /F 11 Tf " + text + b"ET")),
        ("docx", docx(runs)),
        ("epub", epub(f"<h1>Boats</h1>{lines}")),
    ):
        yield suffix, data
        yield from ((suffix, path.read_bytes()) for path in sorted(CORPUS.rglob(f"*.{suffix}")))


_GOOD = tuple(_good_files())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.damage", description="Read damaged files.")
    parser.add_argument("--files", type=int, default=10_000)
    with tempfile.TemporaryDirectory(prefix="pullquote-damage-") as folder:
        report = run(parser.parse_args().files, Path(folder))
    sys.stdout.write(f"{report}\n")
    for name in report.failed[:20]:
        sys.stdout.write(f"  {name}\n")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
