"""What a person sees who opens the app: its Home tab, and questions to begin with in the tab Messages.

Keeps secret in what order the tab has its parts. Neither is an answer: what fails is not tried again but for Slack's
own wish, since whoever opens the tab once more is shown it anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from slack_bolt import App
from slack_sdk import WebClient

from bot.records import Delivery, Place
from bot.slack import phrases
from bot.slack.admission import Admission
from bot.slack.blockkit import Json, header, home
from bot.slack.composing import Answers, Shelf
from bot.slack.connection import Identity
from bot.slack.features import COMMAND, Feature, lacking
from bot.slack.history import History
from bot.slack.holdings import holdings, listed, sentence
from bot.slack.lanes import Again, ClosedError, FullError, Lanes, Pace
from bot.slack.markup import shorten
from bot.slack.messages import Wrapper
from bot.slack.posting import NotPosted, TooMany, Unclear, attempt
from bot.slack.questions import Asked, Origin

log = logging.getLogger(__name__)

# Of a title, as Slack shows it on a button of the tab Messages without cutting it.
PROMPT_LIMIT = 75
# People open the tab at their own pace, each their own.
THREADS = 2
PACE = Pace(burst=3, seconds=1.0)


class _Opened(BaseModel):
    user: str
    channel: str
    tab: Literal["home", "messages"]


class _Envelope(Wrapper):
    """The event that a person opened one of the app's tabs."""

    event: _Opened


class Home:
    """Shows people what the archive holds and how to ask it; until ``open``, that it is being read."""

    def __init__(self, client: WebClient, admission: Admission, identity: Identity, history: History) -> None:
        self._client, self._admission, self._history = client, admission, history
        # Where Slack does not say which there are, nothing is said to be lacking, and nothing is offered.
        self._scopes = identity.scopes or frozenset()
        self._lacking = lacking(self._scopes, "base") + lacking(self._scopes, "full") if identity.scopes else ()
        self._shelf: Shelf | None = None
        self._lanes = Lanes(threads=THREADS, pace=PACE)

    def open(self, shelf: Shelf) -> None:
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
            self._lanes.add(opened.user, body["event_id"], lambda: self._show(envelope.home, opened))
        except (FullError, ClosedError):
            log.warning("no room to show %s the tab %s", opened.user, opened.tab)

    def _show(self, team: str, opened: _Opened) -> Again | None:
        refusal = self._admission.refusal(_as_question(team, opened))
        if refusal is not None and not isinstance(refusal, str):
            return _after(refusal)
        if opened.tab == "messages":
            return None if refusal else self._suggest(opened)
        blocks = [sentence(refusal)] if refusal else list(self._blocks(team, opened.user))
        return _after(attempt(lambda: self._client.views_publish(user_id=opened.user, view=home(blocks))))

    def _suggest(self, opened: _Opened) -> Again | None:
        if self._shelf is None or "assistant:write" not in self._scopes:
            return None
        prompts = [{"title": shorten(one, PROMPT_LIMIT), "message": one} for one in self._shelf.consult(_examples)]
        if not prompts:
            return None
        # With a thread, Slack says that it did and does not.
        return _after(
            attempt(
                lambda: self._client.assistant_threads_setSuggestedPrompts(channel_id=opened.channel, prompts=prompts)
            )
        )

    def _blocks(self, team: str, user: str) -> Iterator[Json]:
        yield header("The archive")
        examples: Sequence[str] = ()
        if self._shelf is None:
            yield sentence(phrases.STILL_LOADING)
        else:
            shelf = self._shelf
            told, examples = shelf.consult(
                lambda answers: (tuple(holdings(answers.archive, shelf.read_at)), answers.examples)
            )
            yield from told
        yield header("How to ask")
        yield sentence(phrases.HOW_TO)
        ways = (phrases.BY_MENTION, phrases.BY_MESSAGE, phrases.BY_COMMAND.format(command=COMMAND.name))
        yield listed(ways if "commands" in self._scopes else ways[:-1])
        if examples:
            yield sentence(phrases.EXAMPLES)
            yield listed(examples)
        yield from self._history.blocks(team, user)
        if self._lacking:
            yield header("Not switched on here")
            yield sentence(phrases.LACKING)
            yield listed([_named(feature) for feature in self._lacking])


def _examples(answers: Answers) -> tuple[str, ...]:
    return answers.examples


def _named(feature: Feature) -> str:
    return f"{feature.name} ({', '.join(feature.scopes)})"


def _as_question(team: str, opened: _Opened) -> Asked:
    """What the tab shows is the archive's, so that only those may see it who may ask."""
    nothing = Delivery("", Place(team, opened.channel, ""), "", "")
    origin = Origin(None, frozenset({team}), is_external_channel=False)
    return Asked(nothing, "dm", opened.user, None, None, (), origin, only_if_known=False)


def _after(result: object) -> Again | None:
    if isinstance(result, TooMany):
        return Again(result.seconds)
    if isinstance(result, NotPosted | Unclear):
        log.warning("a tab was not shown: %s", result.why)
    return None
