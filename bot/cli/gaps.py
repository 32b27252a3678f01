"""``pullquote gaps``: what the archive lacks, as editors see it in the Home tab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from bot import settings
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson, open_store
from bot.evaluation.gaps import Gap, Gaps, find_gaps
from bot.ingest.encoding import clean
from bot.models import format_date
from bot.slack import strings
from bot.slack.home import GAP_DAYS, SECONDS_PER_DAY, Editors

Days = Annotated[int, typer.Option(min=1, help="How many days to look back.")]


class GapOut(BaseModel):
    """A question in its latest wording, how many times and when last (UTC) it was asked, and notes on its answers."""

    question: str
    times: int
    last_asked: datetime
    notes: list[str]

    @classmethod
    def of(cls, gap: Gap) -> GapOut:
        asked_at = datetime.fromtimestamp(gap.asked_at, UTC)
        return cls(question=gap.question, times=gap.times, last_asked=asked_at, notes=list(gap.notes))


class GapsOut(BaseModel):
    """Output of ``pullquote gaps --json``."""

    days: int
    unanswered: list[GapOut]
    unhelpful: list[GapOut]


def gaps(days: Days = GAP_DAYS, as_json: AsJson = False) -> None:
    """Print what the archive lacks: questions without an answer, and answers that did not help."""
    chosen = settings.load()
    editors = Editors(see_private=chosen.editors_see_private)
    with open_store(chosen) as store:
        found = find_gaps(store, time.time() - days * SECONDS_PER_DAY, private=editors.see_private)
    if as_json:
        unanswered, unhelpful = (list(map(GapOut.of, group)) for group in (found.unanswered, found.unhelpful))
        typer.echo(GapsOut(days=days, unanswered=unanswered, unhelpful=unhelpful).model_dump_json(indent=2))
    else:
        SafeConsole().print("\n".join(_lines(found, editors.describe_gaps(days))), soft_wrap=True)


def _lines(found: Gaps, heading: str) -> Iterator[str]:
    yield heading
    for title, group in ((strings.UNANSWERED, found.unanswered), (strings.UNHELPFUL, found.unhelpful)):
        yield ""
        yield title if group else strings.NO_GAPS.format(title=title)
        for gap in group:
            asked_at = datetime.fromtimestamp(gap.asked_at, UTC).date()
            yield f"  {gap.times:,} × {_on_one_line(gap.question)} · {format_date(asked_at)}"
            yield from (f"      note: {_on_one_line(note)}" for note in gap.notes)
    if found.unanswered:
        yield ""
        yield strings.VOCABULARY_HINT


def _on_one_line(text: str) -> str:
    # People's text, so without control characters.
    return " ".join(clean(text).split())
