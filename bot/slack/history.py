"""What was asked lately, in the Home tab: to each person their own questions, to editors what the archive lacks.

Keeps secret how these lists are laid out, and how many of a list are shown. Nobody is shown who asked what.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.errors import RecordsError
from bot.gaps import Gap, find_gaps
from bot.models import day
from bot.records import Kept, Records
from bot.slack import phrases
from bot.slack.bidi import isolate
from bot.slack.blockkit import Json, bullet_list, header, rich_link, rich_text, rich_words
from bot.slack.blocks import EXAMPLE_LIMIT
from bot.slack.holdings import sentence
from bot.slack.markup import linkable, shorten
from bot.slack.posting import attempt

log = logging.getLogger(__name__)

DAYS = 30
DAY = 86_400.0  # seconds
# A person's own questions, questions in a list for editors, and notes beside one of them, at most.
OWN, GAPS, NOTES = 5, 20, 3

_OUTCOMES = {"answer": "answered", "abstention": "not in the archive"}


@dataclass(frozen=True, slots=True)
class Editors:
    """Who is shown what the archive lacks, by their ids; ``see_private``: also of what was asked in private."""

    people: frozenset[str] = frozenset()
    see_private: bool = False

    def told_of(self, days: int) -> str:
        """The sentence that says which questions are told of."""
        return (phrases.GAPS if self.see_private else phrases.PUBLIC_GAPS).format(days=days)


class History:
    """Lays out what was asked, from ``records``."""

    def __init__(self, client: WebClient, records: Records, editors: Editors) -> None:
        self._client, self._records, self._editors = client, records, editors

    def blocks(self, team: str, user: str) -> list[Json]:
        """What ``user`` is shown; one sentence where the records cannot be used."""
        try:
            return [*self._own(team, user), *(self._gaps() if user in self._editors.people else ())]
        except RecordsError as error:
            log.warning("what was asked cannot be shown: %s", error)
            return [header("Asked lately"), sentence(phrases.NO_HISTORY)]

    def _own(self, team: str, user: str) -> Iterator[Json]:
        asked = self._records.recent(team, user, OWN)
        if asked:
            yield header("Your latest questions")
            yield rich_text(bullet_list([self._question(kept) for kept in asked]))

    def _question(self, kept: Kept) -> list[Json]:
        words = _words(kept.words)
        link = self._link(kept)
        shown = rich_words(words) if link is None else rich_link(link, words)
        return [shown, rich_words(f" · {_OUTCOMES.get(kept.outcome, kept.outcome)} · {_day(kept.asked_at)}")]

    def _link(self, kept: Kept) -> str | None:
        """Where the question stands, with its reply; a command's has no place, nor has what Slack does not find."""
        if kept.surface in {"command", "shortcut"}:
            return None
        place = kept.place
        found = attempt(lambda: self._client.chat_getPermalink(channel=place.channel, message_ts=place.ts))
        return linkable(found.get("permalink")) if isinstance(found, SlackResponse) else None

    def _gaps(self) -> Iterator[Json]:
        gaps = find_gaps(self._records, time.time() - DAYS * DAY, private=self._editors.see_private)
        yield header("What the archive lacks")
        yield sentence(self._editors.told_of(DAYS))
        for title, found in ((phrases.UNANSWERED, gaps.unanswered), (phrases.UNHELPFUL, gaps.unhelpful)):
            yield sentence(title if found else phrases.NONE.format(title=title))
            if found:
                yield rich_text(bullet_list([[rich_words(line)] for line in _lines(found)]))


def _lines(found: Sequence[Gap]) -> Iterator[str]:
    for gap in found[:GAPS]:
        times = f" · {gap.times:,} times" if gap.times > 1 else ""
        yield f"{_words(gap.words)}{times} · {_day(gap.asked_at)}{_noted(gap.notes)}"
    if len(found) > GAPS:
        yield f"and {len(found) - GAPS:,} more"


def _noted(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    more = [f"and {len(notes) - NOTES:,} more"] if len(notes) > NOTES else []
    return " · noted: " + "; ".join([*map(_words, notes[:NOTES]), *more])


def _words(words: str) -> str:
    """What a person typed, as it is shown inside a line of ours."""
    # Slack takes no empty text.
    return isolate(shorten(words, EXAMPLE_LIMIT)) or "…"


def _day(seconds: float) -> str:
    return day(datetime.fromtimestamp(seconds, UTC).date())
