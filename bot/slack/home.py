"""What the Home tab says of the archive: how much it holds, from when, and what is newest.

Keeps secret what is counted.

What was asked lately, in the Home tab: to each person their own questions, to editors what the archive lacks.

Keeps secret how these lists are laid out, and how many of a list are shown. Nobody is shown who asked what.

What a person sees who opens the app: its Home tab, and questions to begin with in the tab Messages.

Keeps secret in what order the tab has its parts. Neither is an answer: what fails is not tried again but for Slack's
own wish, since whoever opens the tab once more is shown it anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.errors import StoreError
from bot.evaluation.gaps import Gap, find_gaps
from bot.index.archive import Archive
from bot.models import Article, Json, format_date, pluralize
from bot.slack import strings
from bot.slack.access import AccessControl
from bot.slack.blockkit import bullet_list, bullets, header, home, plain_text, rich_link, rich_text, rich_words, section
from bot.slack.client import BotIdentity
from bot.slack.events import IncomingQuestion, Sender
from bot.slack.features import COMMAND, SlackFeature, missing_features
from bot.slack.layout import EXAMPLE_LIMIT
from bot.slack.markup import isolate, linkable, shorten
from bot.slack.payloads import EventEnvelope
from bot.slack.posting import NotPosted, RateLimited, Unconfirmed, call_slack
from bot.slack.queues import ChannelQueues, Pace, QueueClosedError, QueueFullError, Retry
from bot.slack.render import AnswererProtocol, CorpusProtocol
from bot.store.models import AnswerRecord, MessageRef, QuestionEvent
from bot.store.store import Store


def archive_summary_blocks(archive: Archive, loaded: datetime) -> Iterator[Json]:
    """What ``archive`` holds, which was read when it was ``loaded``."""
    parts = [pluralize(len(archive), "article")]
    parts += [pluralize(archive.publisher_count, "source")] if archive.publisher_count else []
    borders = dict.fromkeys(format_date(when) for when in (archive.earliest, archive.latest) if when)
    parts += [" to ".join(borders)] if borders else []
    yield sentence(f"{' · '.join(parts)}. Read on {format_date(loaded.date())} at {loaded:%H:%M} UTC.")
    if archive.newest:
        yield sentence("The latest:")
        yield listed([_line(one) for one in archive.newest])


def sentence(words: str) -> Json:
    """A sentence of the bot's own."""
    return section(plain_text(words))


def listed(items: Sequence[str]) -> Json:
    """A list, each item on one line."""
    return rich_text(bullets([shorten(item, 2 * EXAMPLE_LIMIT) for item in items]))


def _line(article: Article) -> str:
    return f"{shorten(article.title, EXAMPLE_LIMIT)} · {format_date(article.published)}"


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
        return (strings.GAPS if self.see_private else strings.PUBLIC_GAPS).format(days=days)


class QuestionHistory:
    """Lays out what was asked, from ``records``."""

    def __init__(self, client: WebClient, store: Store, editors: Editors) -> None:
        self._client, self._store, self._editors = client, store, editors

    def blocks(self, team: str, user: str) -> list[Json]:
        """What ``user`` is shown; one sentence where the records cannot be used."""
        try:
            return [*self._own(team, user), *(self._gaps() if user in self._editors.people else ())]
        except StoreError as error:
            log.warning("what was asked cannot be shown: %s", error)
            return [header("Asked lately"), sentence(strings.NO_HISTORY)]

    def _own(self, team: str, user: str) -> Iterator[Json]:
        asked = self._store.find_recent(team, user, OWN)
        if asked:
            yield header("Your latest questions")
            yield rich_text(bullet_list([self._question(kept) for kept in asked]))

    def _question(self, kept: AnswerRecord) -> list[Json]:
        words = _words(kept.question)
        link = self._link(kept)
        shown = rich_words(words) if link is None else rich_link(link, words)
        return [shown, rich_words(f" · {_OUTCOMES.get(kept.outcome, kept.outcome)} · {_day(kept.asked_at)}")]

    def _link(self, kept: AnswerRecord) -> str | None:
        """Where the question stands, with its reply; a command's has no place, nor has what Slack does not find."""
        if kept.entry_point in {"command", "shortcut"}:
            return None
        ref = kept.ref
        found = call_slack(lambda: self._client.chat_getPermalink(channel=ref.channel, message_ts=ref.ts))
        return linkable(found.get("permalink")) if isinstance(found, SlackResponse) else None

    def _gaps(self) -> Iterator[Json]:
        gaps = find_gaps(self._store, time.time() - DAYS * DAY, private=self._editors.see_private)
        yield header("What the archive lacks")
        yield sentence(self._editors.told_of(DAYS))
        for title, found in ((strings.UNANSWERED, gaps.unanswered), (strings.UNHELPFUL, gaps.unhelpful)):
            yield sentence(title if found else strings.NONE.format(title=title))
            if found:
                yield rich_text(bullet_list([[rich_words(line)] for line in _lines(found)]))


def _lines(found: Sequence[Gap]) -> Iterator[str]:
    for gap in found[:GAPS]:
        times = f" · {gap.times:,} times" if gap.times > 1 else ""
        yield f"{_words(gap.question)}{times} · {_day(gap.asked_at)}{_noted(gap.notes)}"
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
    return format_date(datetime.fromtimestamp(seconds, UTC).date())


# Of a title, as Slack shows it on a button of the tab Messages without cutting it.
PROMPT_LIMIT = 75
# People open the tab at their own pace, each their own.
THREADS = 2
PACE = Pace(burst=3, seconds=1.0)


class _Opened(BaseModel):
    user: str
    channel: str
    tab: Literal["home", "messages"]


class _Envelope(EventEnvelope):
    """The event that a person opened one of the app's tabs."""

    event: _Opened


class Home:
    """Shows people what the archive holds and how to ask it; until ``open``, that it is being read."""

    def __init__(
        self, client: WebClient, access: AccessControl, identity: BotIdentity, history: QuestionHistory
    ) -> None:
        self._client, self._access, self._history = client, access, history
        # Where Slack does not say which there are, no feature is listed as missing, and nothing is offered.
        self._scopes = identity.scopes or frozenset()
        self._lacking = (
            missing_features(self._scopes, "base") + missing_features(self._scopes, "full") if identity.scopes else ()
        )
        self._shelf: CorpusProtocol | None = None
        self._lanes = ChannelQueues(threads=THREADS, pace=PACE)

    def open(self, shelf: CorpusProtocol) -> None:
        """Show the archive from now on."""
        self._shelf = shelf

    def finish(self, within: float) -> None:
        """Show nothing more, and end what can be ended ``within`` seconds."""
        self._lanes.finish(within)

    def listen(self, app: App) -> None:
        """Be told by ``app`` of opened tabs."""
        app.event("app_home_opened")(self._take)

    def _take(self, body: dict[str, Any]) -> None:
        try:
            envelope = _Envelope.model_validate(body)
        except ValidationError:
            log.info("ignored a tab that is not known")
            return
        opened = envelope.event
        try:
            self._lanes.add(opened.user, body["event_id"], lambda: self._show(envelope.own_team, opened))
        except (QueueFullError, QueueClosedError):
            log.warning("no room to show %s the tab %s", opened.user, opened.tab)

    def _show(self, team: str, opened: _Opened) -> Retry | None:
        refusal = self._access.check(_as_question(team, opened))
        if refusal is not None and not isinstance(refusal, str):
            return _after(refusal)
        if opened.tab == "messages":
            return None if refusal else self._suggest(opened)
        blocks = [sentence(refusal)] if refusal else list(self._blocks(team, opened.user))
        return _after(call_slack(lambda: self._client.views_publish(user_id=opened.user, view=home(blocks))))

    def _suggest(self, opened: _Opened) -> Retry | None:
        if self._shelf is None or "assistant:write" not in self._scopes:
            return None
        prompts = [{"title": shorten(one, PROMPT_LIMIT), "message": one} for one in self._shelf.with_current(_examples)]
        if not prompts:
            return None
        # With a thread, Slack says that it did and does not.
        return _after(
            call_slack(
                lambda: self._client.assistant_threads_setSuggestedPrompts(channel_id=opened.channel, prompts=prompts)
            )
        )

    def _blocks(self, team: str, user: str) -> Iterator[Json]:
        yield header("The archive")
        examples: Sequence[str] = ()
        if self._shelf is None:
            yield sentence(strings.STILL_LOADING)
        else:
            shelf = self._shelf
            told, examples = shelf.with_current(
                lambda answers: (tuple(archive_summary_blocks(answers.archive, shelf.read_at)), answers.examples)
            )
            yield from told
        yield header("How to ask")
        yield sentence(strings.HOW_TO)
        ways = (strings.BY_MENTION, strings.BY_MESSAGE, strings.BY_COMMAND.format(command=COMMAND.name))
        yield listed(ways if "commands" in self._scopes else ways[:-1])
        if examples:
            yield sentence(strings.EXAMPLES)
            yield listed(examples)
        yield from self._history.blocks(team, user)
        if self._lacking:
            yield header("Not switched on here")
            yield sentence(strings.LACKING)
            yield listed([_named(feature) for feature in self._lacking])


def _examples(answers: AnswererProtocol) -> tuple[str, ...]:
    return answers.examples


def _named(feature: SlackFeature) -> str:
    return f"{feature.name} ({', '.join(feature.scopes)})"


def _as_question(team: str, opened: _Opened) -> IncomingQuestion:
    """What the tab shows is the archive's, so that only those may see it who may ask."""
    nothing = QuestionEvent("", MessageRef(team, opened.channel, ""), "", "")
    origin = Sender(None, frozenset({team}), is_external_channel=False)
    return IncomingQuestion(nothing, "dm", opened.user, None, None, (), origin, is_unaddressed_edit=False)


def _after(result: object) -> Retry | None:
    if isinstance(result, RateLimited):
        return Retry(result.seconds)
    if isinstance(result, NotPosted | Unconfirmed):
        log.warning("a tab was not shown: %s", result.reason)
    return None
