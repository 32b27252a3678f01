"""What each part of the search gives: the table ``parts.md``, and how it is made.

``python -m tests.evaluation.ablation`` asks every question of the three evaluation sets once with everything and once
without each part, in as many processes as there are cores, and writes the table. With two cores that takes a quarter of
an hour or more; ``--at-most N`` asks N evenly spaced questions of each set instead, which the table then says. The data
is looked for where the tests look for it (``PULLQUOTE_SHARED``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.evaluation.metrics import auroc, found_by
from bot.evaluation.questions import JudgedReply, evaluate_questions, read_questions
from bot.wiring import PARTS, open_corpus

ROOT = Path(__file__).parent.parent.parent
TABLE = Path(__file__).with_name("parts.md")
COMMAND = "python -m tests.evaluation.ablation"
SETS = ("squad2", "clapnq", "news23")
MADE_BY = (
    "bot/text",
    "bot/index",
    "bot/search",
)
"""The sources on which the table depends; a folder is all its modules."""
RESAMPLES, SEED = 1000, 1

Values = npt.NDArray[np.float64]
Found = Mapping[tuple[str, str | None], Sequence[JudgedReply]]
"""Outcomes by set and by the part that was left out, None for nothing."""
SHARES: Mapping[str, Callable[[JudgedReply], bool]] = {
    "hit@1": lambda outcome: found_by(outcome, 1),
    "hit@10": lambda outcome: found_by(outcome, 10),
    "quote_hit@1": lambda outcome: outcome.quote_hit,
}
"""The metrics of the table that are a mean over the answerable questions; auroc is the fourth."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric with a part left out, its difference to everything, and that difference's 95 % interval."""

    value: float
    change: float
    low: float
    high: float


def sources() -> str:
    """The hexadecimal SHA-256 of the names and the contents of the sources on which the table depends."""
    found = hashlib.sha256()
    for name in MADE_BY:
        path = ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def differences(full: Sequence[JudgedReply], without: Sequence[JudgedReply]) -> dict[str, Difference]:
    """For each metric what ``without`` makes of it; both are of the same questions in the same order.

    The interval is that of a paired bootstrap: both are measured over the same resampled questions, drawn with
    replacement among the answerable and among the unanswerable, and of the differences the 2.5th and 97.5th
    percentiles are taken (Efron's percentile interval).
    """
    random = np.random.default_rng(SEED)
    yes = np.array([outcome.asked.answerable for outcome in full], dtype=bool)
    drawn_yes = random.integers(0, yes.sum(), size=(RESAMPLES, yes.sum()))
    drawn_no = random.integers(0, (~yes).sum(), size=(RESAMPLES, (~yes).sum()))
    found = {}
    for name, share in SHARES.items():
        before, after = (_values(one, share)[yes] for one in (full, without))
        found[name] = _difference(before.mean(), after.mean(), (after - before)[drawn_yes].mean(axis=1))
    before, after = (_values(one, lambda outcome: outcome.confidence) for one in (full, without))
    changes = [
        auroc(after[yes][chosen], after[~yes][other]) - auroc(before[yes][chosen], before[~yes][other])
        for chosen, other in zip(drawn_yes, drawn_no, strict=True)
    ]
    found["auroc"] = _difference(auroc(before[yes], before[~yes]), auroc(after[yes], after[~yes]), np.array(changes))
    return found


def _values(found: Sequence[JudgedReply], of: Callable[[JudgedReply], float]) -> Values:
    return np.array([float(of(outcome)) for outcome in found])


def _difference(before: float, after: float, changes: Values) -> Difference:
    low, high = np.percentile(changes, [2.5, 97.5])
    return Difference(float(after), float(after - before), float(low), float(high))


def table(found: Found, made_from: str, at_most: int | None = None) -> str:
    """The page, made from sources with the digest ``made_from``.

    ``at_most`` is how many questions of a set were asked, None where it was all of them.
    """
    return "\n".join(_lines(found, made_from, at_most)) + "\n"


def _lines(found: Found, made_from: str, at_most: int | None) -> Iterator[str]:
    yield f"<!-- sources: {made_from} -->"
    yield "# What each part gives"
    yield ""
    yield f"Written by `{COMMAND}`. Each row leaves one part out, as `pullquote evaluate --without PART`"
    yield "does: the metric, its difference to everything, and that difference's 95 % interval (paired bootstrap over"
    yield f"questions, {RESAMPLES:,} resamples, seed {SEED}). A part that helps has a difference below zero; where the"
    yield "interval excludes zero, the difference is bold."
    if at_most:
        yield f"Of a set with more than {at_most:,} questions, as many were asked, evenly spaced."
    for name in dict.fromkeys(name for name, _ in found):
        full = found[name, None]
        yes = sum(outcome.asked.answerable for outcome in full)
        metrics = differences(full, full)
        yield f"\n## {name}: {yes:,} answerable and {len(full) - yes:,} unanswerable questions\n"
        yield f"| without | {' | '.join(metrics)} |"
        yield f"|---|{'---|' * len(metrics)}"
        yield f"| nothing | {' | '.join(_decimal(metric.value) for metric in metrics.values())} |"
        for part in [part for of, part in found if of == name and part is not None]:
            yield f"| {part} | {' | '.join(_cell(one) for one in differences(full, found[name, part]).values())} |"


def _cell(one: Difference) -> str:
    mark = "**" if one.low > 0 or one.high < 0 else ""
    return f"{_decimal(one.value)} {mark}{one.change:+.3f}{mark} [{one.low:+.3f}, {one.high:+.3f}]".replace("-", "−")


def _decimal(value: float) -> str:
    return f"{value:.3f}"


def ask(folder: Path, at_most: int | None) -> Iterator[tuple[str | None, list[JudgedReply]]]:
    """The outcomes of the set in ``folder`` with everything (None), then with each part left out."""
    questions = read_questions(folder / "questions.dev.jsonl.gz")
    if at_most and at_most < len(questions):
        # The position of each of them in the file is the rounded-down multiple of one step.
        questions = tuple(questions[number * len(questions) // at_most] for number in range(at_most))
    librarian = open_corpus([folder / "articles.jsonl.gz"]).with_current(lambda one: one)
    for part in (None, *PARTS):
        yield part, list(evaluate_questions(librarian.leaving_out({part} if part else ()), questions))


def main() -> int:
    """Make the table anew."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--at-most", type=int, metavar="N", help="ask N evenly spaced questions of each set")
    at_most = parser.parse_args().at_most
    data = Path(os.environ.get("PULLQUOTE_SHARED", ROOT.parent / "shared")) / "eval"
    started, made_from = time.monotonic(), sources()  # not those that someone may be writing meanwhile
    found: dict[tuple[str, str | None], Sequence[JudgedReply]] = {}
    for name in SETS:
        for part, asked in ask(data / name, at_most):
            found[name, part] = asked
            took = time.monotonic() - started
            sys.stderr.write(f"{name} without {part or 'nothing'} ({took:.0f} s)\n")
    TABLE.write_text(table(found, made_from, at_most), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
