"""Every regular expression takes linear time: none can be slowed down by text from outside.

``python -m tests.test_patterns`` prints the slowest for each pattern, on a million characters; status 0 if none takes
more than a second. It takes a quarter of an hour.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator

import pytest
import regex

import bot
from bot.ingest.html.content import NAMES_CHARS
from bot.ingest.pdf.hyphens import TAIL_CHARS
from bot.slack.events import QUESTION_LIMIT
from tests.ingest.test_hostile_text import UNITS

PACKAGES = (
    "cli",
    "doctor",
    "evaluation",
    "index",
    "ingest",
    "models",
    "playground",
    "search",
    "settings",
    "slack",
    "text",
)
SIZE, SECONDS = 50_000, 2.0
"""Characters, and seconds of processor time, which only a pattern of quadratic time takes for them."""
MEASURABLE, MOST_GROWTH = 0.02, 8.0
"""Seconds from which a pattern's growth is measured: four times the text takes four times as long, or sixteen times if
the time is quadratic."""
MOST_SECONDS = 1.0
"""Of processor time for a million characters."""
ANCHORED = {
    "bot.index.learning._SECOND_PART[0]": "matches a whole word",
    "bot.ingest.formats.feed._ENCODING[0]": "matched at the start of a feed",
    "bot.ingest.formats.feed._ROOT[0]": "matches the name of an element",
    "bot.ingest.formats.plain._MAIL_HEADER[0]": "matched at the start of a text of limited length",
    "bot.slack.events._QUESTION_START[0]": "matched at the start of a message",
    "bot.ingest.formats.html._ATTRIBUTES[0]": "searched within a start tag, which does not end with blanks",
    "bot.ingest.formats.plain._BLANK_LINE[0]": "matched at the end of a line",
    "bot.ingest.formats.plain._LEADING_DATE[0]": "matched at the start of a line",
    "bot.ingest.xml._DECLARED[0]": "matched at the start of a file",
    "bot.ingest.metadata._PLACEHOLDER[0]": "matches a whole value",
    "bot.ingest.pdf.information._JUNK_AUTHOR[0]": "matched at the start of a name, whose length is limited",
    "bot.ingest.pdf.information._JUNK_TITLE[0]": "searched in a title, whose length is limited",
    "bot.search.asking._ARCHIVE_QUESTIONS": "matches a whole question",
    "bot.ingest.replies._DAY[0]": "matched at the start of a line of limited length",
}
"""Patterns, or variables with several, that are never searched for all over a long text, and why; they are matched once
at its start."""
LIMITS = {
    "bot.ingest.html.content._FURNITURE": NAMES_CHARS,
    "bot.ingest.pdf.hyphens._COMPOUND_START": TAIL_CHARS,
    "bot.ingest.pdf.hyphens._LAST": TAIL_CHARS,
    "bot.search.asking.": QUESTION_LIMIT,
    "bot.search.followups.": QUESTION_LIMIT,
    "bot.search.variants.": QUESTION_LIMIT,
}
"""The most characters that a pattern, or all those of a module, ever meets."""

Pattern = re.Pattern[str] | re.Pattern[bytes] | regex.Pattern[str]


def find_patterns() -> dict[str, Pattern]:
    """Every pattern in the global variables of the modules, by its module and name."""
    names = [one.name for one in pkgutil.walk_packages(bot.__path__, "bot.")]
    found: dict[str, Pattern] = {}
    for name in sorted(names):
        if name.split(".")[1] in PACKAGES and not name.endswith("_kernel"):  # compiled C, no module of Python
            for variable, value in vars(importlib.import_module(name)).items():
                for number, pattern in enumerate(_patterns_in(value)):
                    if not any(pattern is other for other in found.values()):
                        found[f"{name}.{variable}[{number}]"] = pattern
    return found


def _patterns_in(value: object) -> Iterator[Pattern]:
    if isinstance(value, (re.Pattern, regex.Pattern)):
        yield value
    elif isinstance(value, dict):
        yield from (pattern for one in value.values() for pattern in _patterns_in(one))
    elif isinstance(value, (tuple, list)):
        yield from (pattern for one in value for pattern in _patterns_in(one))


def worst_input(name: str, size: int) -> tuple[float, str]:
    """The most seconds of processor time that a text made of one unit takes the pattern, and the unit."""
    length = min([size, *(limit for start, limit in LIMITS.items() if name.startswith(start))])
    return max((_measure(PATTERNS[name], unit, length, is_anchored=_is_anchored(name)), unit) for unit in UNITS)


def _is_anchored(name: str) -> bool:
    return name in ANCHORED or name.rpartition("[")[0] in ANCHORED


def _measure(pattern: Pattern, unit: str, size: int, *, is_anchored: bool) -> float:
    text = (unit * (size // len(unit) + 1))[:size]
    data = text.encode() if isinstance(pattern.pattern, bytes) else text
    started = time.process_time()
    if is_anchored:
        pattern.match(data)  # type: ignore[arg-type]
    else:
        for _ in pattern.finditer(data):  # type: ignore[arg-type]
            pass
    return time.process_time() - started


PATTERNS = find_patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_linear_time(name: str) -> None:
    """Text that repeats one piece, whatever the piece, is searched in time."""
    seconds, unit = worst_input(name, SIZE)
    assert seconds < SECONDS, repr(unit)
    if seconds > MEASURABLE and not _is_anchored(name) and not name.startswith(tuple(LIMITS)):
        larger = _measure(PATTERNS[name], unit, 4 * SIZE, is_anchored=False)
        assert larger < MOST_GROWTH * seconds, repr(unit)


def main() -> int:
    """Print the seconds for a million characters of the worst input, the slowest pattern first."""
    rows = sorted(((*worst_input(name, 1_000_000), name) for name in PATTERNS), reverse=True)
    for seconds, unit, name in rows:
        sys.stdout.write(f"{seconds:6.3f} s  {unit!r:12}  {name}\n")
    return 0 if rows[0][0] <= MOST_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
