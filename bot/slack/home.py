"""The app's Home tab, and suggested questions in its Messages tab.

The Home tab shows what the archive holds, how to ask, a person's own recent questions, the features that are turned off
and, to editors, questions without a good answer. Nobody sees who asked a question.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import ArchiveUnavailableError, StoreError
from bot.evaluation.gaps import Gap, find_gaps
from bot.index.archive import Archive
from bot.models import Json, format_date, pluralize
from bot.search.corpus import Corpus
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.blocks import (
    bullet_list,
    header,
    isolate,
    link_element,
    safe_url,
    sentence_block,
    shorten,
    text_element,
)
from bot.slack.client import CallFailure, SlackClient, call_slack, retry
from bot.slack.credentials import BotIdentity
from bot.slack.events import EventEnvelope, make_question
from bot.slack.features import COMMAND, missing_features
from bot.slack.layout import EXAMPLE_LIMIT
from bot.slack.queues import Pace, QueueClosedError, QueueFullError, Turn, WorkQueues
from bot.slack.resilient_store import StoreThread
from bot.store.models import AnswerRecord, MessageRef
from bot.store.store import Store

log = logging.getLogger(__name__)

GAP_DAYS = 30
SECONDS_PER_DAY = 86_400.0
MAX_OWN_QUESTIONS, MAX_GAPS, MAX_NOTES = 5, 20, 3
# Slack shows this much of a prompt's title on a button of the Messages tab without cutting it.
PROMPT_LIMIT = 75
# Each person has a queue of their own.
PACE = Pace(burst=3, seconds=1.0)
# Seconds before a failed call is repeated; reopening the tab shows it again too.
RETRY_AFTER = (1.0, 2.0, 4.0, 8.0)

_OUTCOME_LABELS = {"answer": "answered", "abstention": "not in the archive"}


@dataclass(frozen=True, slots=True)
class Editors:
    """User ids of the people who see the gaps; ``see_private``: gaps from private conversations as well."""

    people: frozenset[str] = frozenset()
    see_private: bool = False

    def describe_gaps(self, days: int) -> str:
        """Say which questions the list of gaps covers."""
        return (strings.ALL_GAPS if self.see_private else strings.PUBLIC_GAPS).format(days=days)


class QuestionHistory:
    """Lists recent questions from the store for the Home tab."""

    def __init__(self, client: SlackClient, store: Store, thread: StoreThread, editors: Editors) -> None:
        self._client, self._store, self._run, self._editors = client, store, thread.run, editors

    async def blocks(self, team: str, user: str) -> list[Json]:
        """The person's own questions and, for an editor, the gaps; one sentence if the store cannot be read."""
        try:
            own = await self._own_questions(team, user)
            return [*own, *(await self._run(lambda: list(self._gaps())) if user in self._editors.people else ())]
        except StoreError as error:
            log.warning("cannot show recent questions: %s", error)
            return [header("Recent questions"), sentence_block(strings.HISTORY_UNAVAILABLE)]

    async def _own_questions(self, team: str, user: str) -> list[Json]:
        records = await self._run(self._store.find_recent, team, user, MAX_OWN_QUESTIONS)
        if not records:
            return []
        return [header("Your recent questions"), bullet_list([await self._question(record) for record in records])]

    async def _question(self, record: AnswerRecord) -> list[Json]:
        text, link = _shown(record.question), await self._link(record)
        outcome = _OUTCOME_LABELS.get(record.outcome, record.outcome)
        words = text_element(text) if link is None else link_element(link, text)
        return [words, text_element(f" · {outcome} · {_day(record.asked_at)}")]

    async def _link(self, record: AnswerRecord) -> str | None:
        """The link to the question; None for commands and shortcuts, and if Slack does not return one."""
        if record.entry_point in {"command", "shortcut"}:
            return None
        ref = record.ref
        result = await call_slack(self._client.chat_getPermalink(channel=ref.channel, message_ts=ref.ts))
        return safe_url(result.get("permalink")) if isinstance(result, AsyncSlackResponse) else None

    def _gaps(self) -> Iterator[Json]:
        since = time.time() - GAP_DAYS * SECONDS_PER_DAY
        found = find_gaps(self._store, since, private=self._editors.see_private)
        yield header("Gaps in the archive")
        yield sentence_block(self._editors.describe_gaps(GAP_DAYS))
        for title, gaps in ((strings.UNANSWERED, found.unanswered), (strings.UNHELPFUL, found.unhelpful)):
            yield sentence_block(title if gaps else strings.NO_GAPS.format(title=title))
            if gaps:
                lines = [*map(_gap_line, gaps[:MAX_GAPS]), *_more(gaps, MAX_GAPS)]
                yield bullet_list([[text_element(line)] for line in lines])
        if found.unanswered:
            yield sentence_block(strings.VOCABULARY_HINT)


def _gap_line(gap: Gap) -> str:
    times = f" · {gap.times:,} times" if gap.times > 1 else ""
    notes = "; ".join([*map(_shown, gap.notes[:MAX_NOTES]), *_more(gap.notes, MAX_NOTES)])
    return f"{_shown(gap.question)}{times} · {_day(gap.asked_at)}" + (f" · note: {notes}" if notes else "")


def _more(items: Sequence[object], shown: int) -> list[str]:
    return [f"and {len(items) - shown:,} more"] if len(items) > shown else []


def _shown(words: str) -> str:
    # Slack accepts no empty text.
    return isolate(shorten(words, EXAMPLE_LIMIT)) or "…"


def _day(seconds: float) -> str:
    return format_date(datetime.fromtimestamp(seconds, UTC).date())


class Home:
    """Publishes the tabs of the app when a person opens them; the archive is loading until ``corpus`` is set."""

    def __init__(
        self, client: SlackClient, access: AccessControl, identity: BotIdentity, history: QuestionHistory
    ) -> None:
        self._client, self._access, self._history = client, access, history
        # If Slack does not say which scopes the bot has, no feature is listed as turned off and no prompt is suggested.
        self._scopes = identity.scopes or frozenset()
        self._disabled = (
            missing_features(self._scopes, "base") + missing_features(self._scopes, "full") if identity.scopes else ()
        )
        self.corpus: Corpus | None = None
        self.queues = WorkQueues(pace=PACE)

    async def accept(self, body: dict[str, Any]) -> None:
        """Queue the publication of the tab that was opened."""
        event = body["event"]
        if event.get("tab") not in {"home", "messages"}:
            log.info("ignored an unknown tab")
            return
        team = EventEnvelope.model_validate(body).own_team

        async def show(turn: Turn) -> None:
            async with turn.paced():
                result = await retry(RETRY_AFTER, lambda: self._show(team, event))
            if isinstance(result, CallFailure):
                log.warning("did not show a tab: %s", result)

        try:
            self.queues.add(event["user"], body["event_id"], show)
        except (QueueFullError, QueueClosedError):
            log.warning("the queue is full or closed: did not show %s the %s tab", event["user"], event["tab"])

    async def _show(self, team: str, event: dict[str, Any]) -> AsyncSlackResponse | CallFailure | None:
        user, channel = event["user"], event["channel"]
        # The tab shows the archive's contents, so it has the same access rules as a question.
        refusal = await self._access.check(make_question("dm", user, MessageRef(team, channel, ""), {team}))
        if isinstance(refusal, CallFailure):
            return refusal
        if event["tab"] == "home":
            blocks = [sentence_block(refusal)] if refusal else await self._blocks(team, user)
            return await call_slack(self._client.views_publish(user_id=user, view={"blocks": blocks, "type": "home"}))
        if refusal or self.corpus is None or "assistant:write" not in self._scopes:
            return None
        examples: Sequence[str] = ()
        with suppress(ArchiveUnavailableError):
            examples = await asyncio.to_thread(self.corpus.with_current, lambda answerer: answerer.examples)
        if not examples:
            return None
        prompts = [{"title": shorten(example, PROMPT_LIMIT), "message": example} for example in examples]
        # Without a thread: with one, Slack confirms the call and shows nothing.
        suggest = self._client.assistant_threads_setSuggestedPrompts
        return await call_slack(suggest(channel_id=channel, prompts=prompts))

    async def _blocks(self, team: str, user: str) -> list[Json]:
        examples: Sequence[str] = ()
        if (corpus := self.corpus) is None:
            summary: Sequence[Json] = (sentence_block(strings.HOME_LOADING),)
        else:
            try:
                summary, examples = await asyncio.to_thread(
                    corpus.with_current,
                    lambda answerer: (tuple(_archive_blocks(answerer.archive, corpus.read_at)), answerer.examples),
                )
            except ArchiveUnavailableError as error:
                summary = (sentence_block(str(error)),)
        own = await self._history.blocks(team, user)
        return [header("The archive"), *summary, *self._how_to(examples), *own, *self._turned_off()]

    def _how_to(self, examples: Sequence[str]) -> Iterator[Json]:
        yield header("How to ask")
        yield sentence_block(strings.HOW_TO)
        ways = [strings.ASK_BY_MENTION, strings.ASK_BY_MESSAGE]
        if "commands" in self._scopes:
            ways.append(strings.ASK_BY_COMMAND.format(command=COMMAND.name))
        yield _bullets(ways)
        if examples:
            yield sentence_block(strings.EXAMPLES)
            yield _bullets(examples)

    def _turned_off(self) -> Iterator[Json]:
        if self._disabled:
            yield header("Features that are turned off")
            yield sentence_block(strings.DISABLED_FEATURES)
            yield _bullets([f"{feature.name} ({', '.join(feature.scopes)})" for feature in self._disabled])


def _archive_blocks(archive: Archive, read_at: datetime) -> Iterator[Json]:
    """How much the archive holds, the dates of its articles, when it was read, and the newest articles."""
    parts = [pluralize(len(archive), "article")]
    if archive.publisher_count:
        parts.append(pluralize(archive.publisher_count, "source"))
    if dates := [format_date(date) for date in (archive.earliest, archive.latest) if date]:
        parts.append(" to ".join(dict.fromkeys(dates)))
    yield sentence_block(f"{' · '.join(parts)}. Loaded on {format_date(read_at.date())} at {read_at:%H:%M} UTC.")
    if archive.newest:
        yield sentence_block("Latest articles:")
        yield _bullets(
            [f"{shorten(one.title, EXAMPLE_LIMIT)} · {format_date(one.published)}" for one in archive.newest]
        )


def _bullets(items: Sequence[str]) -> Json:
    return bullet_list([[text_element(shorten(item, 2 * EXAMPLE_LIMIT))] for item in items])
