"""Access: who may ask, by workspace, channel and membership."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Generic, TypeVar

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack import strings
from bot.slack.client import CallFailure, NotSent, SlackClient, call_slack
from bot.slack.events import IncomingQuestion

T = TypeVar("T")

log = logging.getLogger(__name__)

# Seconds for which a person's data is cached: the longest that a guest who becomes a member has to wait.
USER_TTL = 3_600.0
# A public channel may be made private, and editors must not read what is asked there then.
CHANNEL_TTL = 60.0
# Cached people, and cached channels, at most; the oldest are dropped first.
CACHE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Who may ask.

    ``workspaces``: whose members may ask, none of which counts as another organisation; empty for all. ``channels``:
    where they may ask, besides direct messages; empty for all. ``guests`` and ``external`` admit guests, and people
    of other organisations with everyone in channels shared with them. ``follow_ups``: workspaces or organisations
    where follow-ups in a thread need no mention. ``workflows``: whether workflows of Workflow Builder may ask.
    """

    workspaces: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    guests: bool = False
    external: bool = False
    follow_ups: frozenset[str] = frozenset()
    workflows: bool = True


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A person; ``teams`` are the ids of their workspaces and organisation, empty if Slack hides them from the bot."""

    teams: frozenset[str]
    is_guest: bool


class _TtlCache(Generic[T]):
    """A cache whose entries expire."""

    def __init__(self, clock: Callable[[], float], ttl: float) -> None:
        self._clock, self._ttl = clock, ttl
        self._entries: dict[str, tuple[float, T]] = {}

    def get(self, key: str) -> T | None:
        at, value = self._entries.get(key, (-inf, None))
        return value if self._clock() - at < self._ttl else None

    def put(self, key: str, value: T) -> T:
        self._entries.pop(key, None)
        while len(self._entries) >= CACHE_SIZE:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (self._clock(), value)
        return value


class UserDirectory:
    """People and channels of the workspace, cached. Needs the scopes users:read and channels:read."""

    def __init__(self, client: SlackClient, *, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._users = _TtlCache[UserInfo](clock, USER_TTL)
        self._is_public = _TtlCache[bool](clock, CHANNEL_TTL)
        self._is_off = False

    async def get_user(self, user: str) -> UserInfo | CallFailure | None:
        """Look up ``user``; None without the scope users:read, a failure if Slack did not reply."""
        cached = self._users.get(user)
        if self._is_off or cached is not None:
            return cached
        result = await call_slack(self._client.users_info(user=user))
        if isinstance(result, AsyncSlackResponse):
            found = result["user"]
            is_guest = bool(found.get("is_restricted") or found.get("is_ultra_restricted"))
            organisation = found.get("enterprise_user") or {}  # only in Enterprise Grid
            teams = (found.get("team_id"), organisation.get("enterprise_id"), *organisation.get("teams", ()))
            return self._users.put(user, UserInfo(frozenset(filter(None, teams)), is_guest))
        if isinstance(result, NotSent) and result.code == "missing_scope":
            if not self._is_off:
                self._is_off = True  # until the bot is restarted: scopes are granted by reinstalling the app
                log.warning("guests are treated as members: the bot token lacks the scope users:read")
            return None
        if isinstance(result, NotSent) and result.code in {"user_not_found", "user_not_visible"}:
            return self._users.put(user, UserInfo(frozenset(), is_guest=False))
        return result

    async def is_shared(self, channel: str) -> bool | CallFailure:
        """Whether another organisation is in ``channel``; not cached, and false if the bot cannot see the channel.

        Needs the scopes channels:read, groups:read and mpim:read.
        """
        result = await call_slack(self._client.conversations_info(channel=channel))
        if isinstance(result, AsyncSlackResponse):
            return bool(result["channel"].get("is_ext_shared"))
        return False if isinstance(result, NotSent) and result.code == "channel_not_found" else result

    async def is_public(self, channel: str) -> bool:
        """Whether everyone in the workspace can read ``channel``; false if Slack does not say."""
        cached = self._is_public.get(channel)
        if cached is not None or not channel.startswith("C"):
            return bool(cached)
        result = await call_slack(self._client.conversations_info(channel=channel))
        if isinstance(result, AsyncSlackResponse):
            found = result["channel"]
            return self._is_public.put(channel, bool(found.get("is_channel")) and found.get("is_private") is False)
        # A refusal is cached too, so that a missing scope does not cost a call each time.
        return self._is_public.put(channel, False) if isinstance(result, NotSent) and result.is_final else False


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Decides whether a question is answered.

    ``organisation`` is that of the bot's workspace in Enterprise Grid; people of all its workspaces belong to it.
    """

    rules: AccessRules
    directory: UserDirectory
    organisation: str | None = None

    async def check(self, question: IncomingQuestion) -> str | CallFailure | None:
        """Return None if the question may be answered, else a sentence that says why not, or a failed call."""
        if (refused := await self._check_channel(question)) is not None:
            return refused
        team = question.sender.user_team
        teams = frozenset({team} if team else ())
        refusal = self._check_teams(teams, question) if teams else None
        # In an organisation, a person who was named with one workspace may belong to others.
        is_final = not self.organisation if refusal else bool(teams) and self.rules.guests
        if is_final or question.is_by_workflow:
            return refusal
        user = await self.directory.get_user(question.user)
        if isinstance(user, CallFailure):
            return user
        if user is not None and user.is_guest and not self.rules.guests:
            return strings.GUEST
        return self._check_teams((teams or {question.ref.team}) if user is None else teams | user.teams, question)

    async def _check_channel(self, question: IncomingQuestion) -> str | CallFailure | None:
        rules, channel = self.rules, question.ref.channel
        if question.entry_point == "dm" or channel.startswith("D"):
            return None
        if question.sender.is_external_channel and not rules.external:
            return strings.SHARED_CHANNEL
        if rules.channels and channel not in rules.channels:
            return strings.OTHER_CHANNEL
        # An event says whether its channel is shared with another organisation; a click on a button does not.
        if question.entry_point != "share" or rules.external:
            return None
        is_shared = await self.directory.is_shared(channel)
        if isinstance(is_shared, bool):
            return strings.SHARED_CHANNEL if is_shared else None
        return strings.SHARING_UNKNOWN if isinstance(is_shared, NotSent) and is_shared.is_final else is_shared

    def _check_teams(self, teams: Set[str], question: IncomingQuestion) -> str | None:
        """Check a person's teams; who has none, because Slack hides them, counts as of another organisation."""
        rules = self.rules
        if teams & rules.workspaces:
            return None
        own = question.sender.own_teams | {self.organisation}
        if not teams & own and not rules.external:
            return strings.OTHER_ORGANISATION
        return strings.OTHER_WORKSPACE if rules.workspaces else None
