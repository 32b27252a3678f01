"""The command gaps: what the archive lacks, as editors see it in the Home tab. Keeps secret how it is laid out here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import BaseModel

from bot import settings
from bot.cli.options import AsJson, open_store
from bot.evaluation.gaps import Gap, Gaps, find_gaps
from bot.ingest.encoding import clean
from bot.models import format_date
from bot.slack import strings
from bot.slack.home import GAP_DAYS, SECONDS_PER_DAY, Editors

Days = Annotated[int, typer.Option(min=1, help="How many days to look back.")]


class GapOut(BaseModel):
    """A question as it was asked last, how many times it was, when last (UTC), and what was noted to the answers."""

    question: str
    times: int
    last_asked: datetime
    notes: list[str]

    @classmethod
    def of(cls, gap: Gap) -> GapOut:
        asked = datetime.fromtimestamp(gap.asked_at, UTC)
        return cls(question=gap.question, times=gap.times, last_asked=asked, notes=list(gap.notes))


class GapsOut(BaseModel):
    """What ``pullquote gaps --json`` prints."""

    days: int
    unanswered: list[GapOut]
    unhelpful: list[GapOut]

    @classmethod
    def of(cls, found: Gaps, days: int) -> GapsOut:
        unanswered, unhelpful = ([GapOut.of(gap) for gap in gaps] for gaps in (found.unanswered, found.unhelpful))
        return cls(days=days, unanswered=unanswered, unhelpful=unhelpful)


def gaps(days: Days = GAP_DAYS, as_json: AsJson = False) -> None:
    """Print what the archive lacks: questions that found no answer, and answers that did not help."""
    chosen = settings.load()
    editors = Editors(see_private=chosen.editors_see_private)
    with open_store(chosen.state_dir) as store:
        found = find_gaps(store, time.time() - days * SECONDS_PER_DAY, private=editors.see_private)
    if as_json:
        typer.echo(GapsOut.of(found, days).model_dump_json(indent=2))
    else:
        typer.echo("\n".join(_lines(found, editors.describe_gaps(days))))


def _lines(found: Gaps, told: str) -> Iterator[str]:
    yield told
    for title, gaps in ((strings.UNANSWERED, found.unanswered), (strings.UNHELPFUL, found.unhelpful)):
        yield ""
        yield title if gaps else strings.NO_GAPS.format(title=title)
        for gap in gaps:
            asked_at = datetime.fromtimestamp(gap.asked_at, UTC).date()
            yield f"  {gap.times:,} × {_on_one_line(gap.question)} · {format_date(asked_at)}"
            yield from (f"      note: {_on_one_line(note)}" for note in gap.notes)


def _on_one_line(words: str) -> str:
    """What a person typed, without what a terminal would act on."""
    return " ".join(clean(words).split())
