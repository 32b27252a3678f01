"""What is said before the quotes, line by line: the same words wherever a reply is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from bot.models import Answer, Reply, day
from bot.quoting.asked import misread, searched

TITLE = 120
"""A title in a sentence has at most so many characters."""


def first_lines(reply: Reply) -> Iterator[str]:
    """What was searched where operators say so, why there is no answer, and what to know before reading the quotes."""
    yield from filter(None, (searched(reply.trace), misread(reply.trace.query.filters)))
    if isinstance(reply, Answer):
        if later := _later(reply):
            yield later
        if reply.caution:
            yield f"{reply.caution} Nearest, in the articles' own words:"
    else:
        yield reply.reason
        if reply.nearest:
            yield "Nearest miss:" if len(reply.nearest) == 1 else "Nearest misses:"


def _later(reply: Answer) -> str | None:
    if reply.later is None:
        return None
    title = textwrap.shorten(reply.later.title, TITLE, placeholder="…")
    return f"A later article, {day(reply.later.published)}: {title}"
