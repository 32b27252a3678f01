"""Who may ask: by ids of workspaces and channels, and by what Slack says of a person; names are never looked at.

Keeps secret how a guest, or somebody of another organisation, is told from a member, and a public channel from others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.slack import strings
from bot.slack.events import IncomingQuestion
from bot.slack.posting import CallFailure, NotPosted, call_slack

T = TypeVar("T")

log = logging.getLogger(__name__)

# Seconds for which what Slack says of a person or channel is believed: a guest who becomes a member waits no longer.
BELIEVED = 3_600.0
# A channel that was public may have been closed since, and what is asked there then is no editor's to read.
BELIEVED_PUBLIC = 60.0
# People, and channels, remembered at most; who was asked about first is forgotten first.
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask. Empty ``workspaces`` and ``channels`` allow all of them.

    ``workspaces`` are those whose people may ask; one that is named is never of another organisation. ``channels`` say
    nothing of direct messages, which are a person's own. ``guests`` and ``external`` (people of other organisations,
    and everybody in channels shared with them) let those in. ``follow_ups`` are the workspaces, or organisations, in
    whose threads the bot also looks at what goes on with a question that it has replied to.
    """

    workspaces: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    guests: bool = False
    external: bool = False
    follow_ups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack says of somebody: ``team`` is None where it does not know them."""

    team: str | None
    is_guest: bool


class _TtlCache(Generic[T]):
    """What Slack said of things, by their ids, for as long as it is believed. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._lock = Lock()
        self._known: dict[str, tuple[float, T]] = {}

    def get(self, named: str) -> T | None:
        with self._lock:
            at, said = self._known.get(named, (-inf, None))
            return said if self._clock() - at < self._seconds else None

    def learnt(self, named: str, said: T) -> T:
        with self._lock:
            self._known.pop(named, None)
            while len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[named] = (self._clock(), said)
        return said


class UserDirectory:
    """What Slack says of people and channels, asked once for each and believed for a while.

    Needs the scopes users:read and channels:read.
    """

    def __init__(self, client: WebClient, *, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._people, self._public = _TtlCache[Person](clock, BELIEVED), _TtlCache[bool](clock, BELIEVED_PUBLIC)
        self._lock = Lock()
        self._is_off = False

    def person(self, user: str) -> Person | CallFailure | None:
        """What is known of ``user``; None where the app may not ask; a failure where Slack did not reply."""
        known = self._people.get(user)
        if self._is_off or known is not None:
            return known
        result = call_slack(lambda: self._client.users_info(user=user))
        if isinstance(result, NotPosted) and result.code == "missing_scope":
            self._turn_off()
            return None
        if isinstance(result, NotPosted) and result.code in {"user_not_found", "user_not_visible"}:
            return self._people.learnt(user, Person(None, is_guest=False))
        return self._people.learnt(user, _person(result)) if isinstance(result, SlackResponse) else result

    def is_shared(self, channel: str) -> bool | CallFailure:
        """Whether another organisation is in ``channel``, asked each time; False where the bot does not see it.

        Needs the scopes channels:read, groups:read and mpim:read.
        """
        result = call_slack(lambda: self._client.conversations_info(channel=channel))
        if isinstance(result, SlackResponse):
            return bool(result["channel"].get("is_ext_shared"))
        return False if isinstance(result, NotPosted) and result.code == "channel_not_found" else result

    def is_public(self, channel: str) -> bool:
        """Whether everybody of the workspace may read in ``channel``; False where Slack does not say."""
        known = self._public.get(channel)
        if known is not None or not channel.startswith("C"):
            return bool(known)
        result = call_slack(lambda: self._client.conversations_info(channel=channel))
        if isinstance(result, SlackResponse):
            said = result["channel"]
            return self._public.learnt(channel, bool(said.get("is_channel")) and said.get("is_private") is False)
        # What the app may not ask is not asked again and again.
        return self._public.learnt(channel, False) if isinstance(result, NotPosted) and result.code else False

    def _turn_off(self) -> None:
        """Ask no more: scopes are granted by installing the app again, after which the bot is started again."""
        with self._lock:
            was_off, self._is_off = self._is_off, True
        if not was_off:
            log.warning("guests are not told from members: the bot's token lacks the scope users:read")


def _person(response: SlackResponse) -> Person:
    user = response["user"]
    is_guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted"))
    return Person(user.get("team_id"), is_guest)


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Lets a question in or says, in one sentence, why it is not answered."""

    rules: AccessRules
    directory: UserDirectory

    def check(self, asked: IncomingQuestion) -> str | CallFailure | None:
        """None when ``asked`` may be answered, else the sentence; a failure where Slack could not be asked."""
        team = asked.sender.user_team
        refusal = self._of_channel(asked) or self._of_sharing(asked) or (self._of_team(team, asked) if team else None)
        if refusal is not None or (team and self.rules.guests):
            return refusal
        person = self.directory.person(asked.user)
        if isinstance(person, CallFailure):
            return person
        if person is not None and person.is_guest and not self.rules.guests:
            return strings.GUEST
        return self._of_team(team or (asked.ref.team if person is None else person.team), asked)

    def _of_channel(self, asked: IncomingQuestion) -> str | None:
        if _is_direct(asked):
            return None
        if asked.sender.is_external_channel and not self.rules.external:
            return strings.SHARED_CHANNEL
        is_listed = not self.rules.channels or asked.ref.channel in self.rules.channels
        return None if is_listed else strings.OTHER_CHANNEL

    def _of_sharing(self, asked: IncomingQuestion) -> str | CallFailure | None:
        # Slack says of a message whether its channel is shared, and of a button it does not.
        if asked.entry_point != "share" or self.rules.external or _is_direct(asked):
            return None
        is_shared = self.directory.is_shared(asked.ref.channel)
        if isinstance(is_shared, bool):
            return strings.SHARED_CHANNEL if is_shared else None
        return strings.NOT_TOLD if isinstance(is_shared, NotPosted) and is_shared.code else is_shared

    def _of_team(self, team: str | None, asked: IncomingQuestion) -> str | None:
        """``team`` is None for somebody of whom Slack shows the bot nothing: never one of its own organisation."""
        rules = self.rules
        if team in rules.workspaces:
            return None
        if team not in asked.sender.own_teams and not rules.external:
            return strings.OTHER_ORGANISATION
        return strings.OTHER_WORKSPACE if rules.workspaces else None


def _is_direct(asked: IncomingQuestion) -> bool:
    return asked.entry_point == "dm" or asked.ref.channel.startswith("D")
