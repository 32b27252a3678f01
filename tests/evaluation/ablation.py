"""Ablation: what each part of the search contributes, written to ``ablation.md``.

``python -m tests.evaluation.ablation`` asks every question of the evaluation sets with the whole search, and once
without each part. On two cores that takes a quarter of an hour or more; ``--at-most N`` asks N evenly spaced questions
of each set instead, and the page says so. The data is expected where the tests expect it (``PULLQUOTE_SHARED``).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.evaluation.metrics import auroc, is_found
from bot.evaluation.questions import JudgedReply, evaluate_questions, read_questions
from bot.wiring import PARTS, open_corpus

ROOT = Path(__file__).parent.parent.parent
PAGE = Path(__file__).with_name("ablation.md")
BASELINE = Path(__file__).with_name("baseline.json")
COMMAND = "python -m tests.evaluation.ablation"
SETS = ("squad2", "clapnq", "news23", "news24", "news23.asked")
RESAMPLES, SEED = 1000, 1

Values = npt.NDArray[np.float64]
Results = Mapping[tuple[str, str | None], Sequence[JudgedReply]]
"""Replies by set and by the part that was left out, None for the whole search."""
MEANS: Mapping[str, Callable[[JudgedReply], bool]] = {
    "hit@1": lambda reply: is_found(reply, 1),
    "hit@10": lambda reply: is_found(reply, 10),
    "quote_hit@1": lambda reply: reply.is_quote_correct,
}
"""Metrics that are a mean over the answerable questions; the fourth is auroc."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric without a part, its difference from the whole search, and the 95 % interval of that difference."""

    value: float
    change: float
    low: float
    high: float


def compare(full: Sequence[JudgedReply], without: Sequence[JudgedReply]) -> dict[str, Difference]:
    """Difference of each metric; both arguments hold the same questions in the same order.

    The interval is that of a paired bootstrap: both are measured over the same resampled questions, drawn with
    replacement among the answerable and among the unanswerable; it spans the 2.5th to the 97.5th percentile of the
    differences (Efron's percentile interval).
    """
    random = np.random.default_rng(SEED)
    answerable = np.array([reply.question.answerable for reply in full], dtype=bool)
    drawn = random.integers(0, answerable.sum(), size=(RESAMPLES, answerable.sum()))
    drawn_others = random.integers(0, (~answerable).sum(), size=(RESAMPLES, (~answerable).sum()))
    differences = {}
    for name, is_hit in MEANS.items():
        before, after = (_values(replies, is_hit)[answerable] for replies in (full, without))
        differences[name] = _difference(before.mean(), after.mean(), (after - before)[drawn].mean(axis=1))
    before, after = (_values(replies, lambda reply: reply.confidence) for replies in (full, without))
    yes_before, no_before, yes_after, no_after = (
        values[chosen] for values in (before, after) for chosen in (answerable, ~answerable)
    )
    changes = [
        auroc(yes_after[yes], no_after[no]) - auroc(yes_before[yes], no_before[no])
        for yes, no in zip(drawn, drawn_others, strict=True)
    ]
    differences["auroc"] = _difference(auroc(yes_before, no_before), auroc(yes_after, no_after), np.array(changes))
    return differences


def _values(replies: Sequence[JudgedReply], value_of: Callable[[JudgedReply], float]) -> Values:
    return np.array([float(value_of(reply)) for reply in replies])


def _difference(before: float, after: float, changes: Values) -> Difference:
    low, high = np.percentile(changes, [2.5, 97.5])
    return Difference(float(after), float(after - before), float(low), float(high))


def format_page(results: Results, pinned: Mapping[str, Mapping[str, float]], at_most: int | None = None) -> str:
    """Markdown page of the results; ``pinned`` holds the baseline of each set, ``at_most`` the limit on questions."""
    return "\n".join(_lines(results, pinned, at_most)) + "\n"


def _lines(results: Results, pinned: Mapping[str, Mapping[str, float]], at_most: int | None) -> Iterator[str]:
    yield "# What each part of the search contributes"
    yield ""
    yield f"Written by `{COMMAND}`. Each row leaves one part out, as `pullquote evaluate --without PART`"
    yield "does, and shows the metric, its difference from the whole search, and the 95 % interval of that difference"
    yield f"(paired bootstrap over questions, {RESAMPLES:,} resamples, seed {SEED}). A useful part has a negative"
    yield "difference; it is bold where the interval excludes zero. The row `baseline` is the baseline that was pinned"
    yield "when the table was written, over all questions: the table is out of date once another one is pinned."
    if at_most:
        yield f"Of sets with more than {at_most:,} questions, {at_most:,} were asked, evenly spaced."
    for name in dict.fromkeys(name for name, _ in results):
        full = results[name, None]
        answerable = sum(reply.question.answerable for reply in full)
        metrics = compare(full, full)
        yield f"\n## {name}: {answerable:,} answerable and {len(full) - answerable:,} unanswerable questions\n"
        yield f"| without | {' | '.join(metrics)} |"
        yield f"|---|{'---|' * len(metrics)}"
        yield format_baseline(pinned[name])
        yield f"| nothing | {' | '.join(f'{metric.value:.3f}' for metric in metrics.values())} |"
        for part in [part for of, part in results if of == name and part is not None]:
            yield f"| {part} | {' | '.join(_cell(one) for one in compare(full, results[name, part]).values())} |"


def format_baseline(floors: Mapping[str, float]) -> str:
    """Table row of a set's pinned baseline."""
    return f"| baseline | {' | '.join(f'{floors[name]:.3f}' for name in (*MEANS, 'auroc'))} |"


def _cell(one: Difference) -> str:
    mark = "**" if one.low > 0 or one.high < 0 else ""
    return f"{one.value:.3f} {mark}{one.change:+.3f}{mark} [{one.low:+.3f}, {one.high:+.3f}]".replace("-", "−")


def read_baseline() -> dict[str, dict[str, float]]:
    """Pinned baseline of each set: metric → value."""
    return {name: pinned["floors"] for name, pinned in json.loads(BASELINE.read_text(encoding="utf-8")).items()}


def ask(data: Path, name: str, at_most: int | None) -> Iterator[tuple[str | None, list[JudgedReply]]]:
    """Replies for the set ``name`` in ``data``: with the whole search (None), then without each part."""
    folder = data / name.partition(".")[0]
    variant = data / "variants" / f"{name}.dev.jsonl.gz"
    questions = read_questions(variant if variant.exists() else folder / "questions.dev.jsonl.gz")
    if at_most and at_most < len(questions):
        questions = tuple(questions[number * len(questions) // at_most] for number in range(at_most))
    answerer = open_corpus([folder / "articles.jsonl.gz"]).with_current(lambda one: one)
    for part in (None, *PARTS):
        yield part, list(evaluate_questions(answerer.leave_out({part} if part else ()), questions))


def main() -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--at-most", type=int, metavar="N", help="ask N evenly spaced questions of each set")
    at_most = parser.parse_args().at_most
    data = Path(os.environ.get("PULLQUOTE_SHARED", ROOT.parent / "shared")) / "eval"
    started = time.monotonic()
    results: dict[tuple[str, str | None], Sequence[JudgedReply]] = {}
    for name in SETS:
        for part, replies in ask(data, name, at_most):
            results[name, part] = replies
            sys.stderr.write(f"{name} without {part or 'nothing'} ({time.monotonic() - started:.0f} s)\n")
    PAGE.write_text(format_page(results, read_baseline(), at_most), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
