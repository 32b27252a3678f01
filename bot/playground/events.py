"""A message that is forwarded, as an attachment of the one it is forwarded with; keeps secret which fields that has.

Slack's reference says nothing of it; the fields are those that MercuryTechnologies/slack-web's tests keep of two.

The events that Slack sends about what happens, and their shapes; keeps secret who is subscribed and allowed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bot.models import Json
from bot.playground.models import Message
from bot.playground.workspace import Workspace


def forwarded(workspace: Workspace, message: Message) -> Json:
    """``message`` as an attachment; where it stood is named only of a public channel."""
    author, where = workspace.user(message.user), workspace.channel(message.channel)
    named = {"channel_name": where.name, "footer": f"Posted in #{where.name}"}
    at = datetime.fromtimestamp(float(message.ts), UTC)
    place = {"team": workspace.team.id, "channel": where.id, "ts": message.ts}
    attachment: Json = {
        "from_url": workspace.permalink(message),
        "ts": message.ts,
        "author_id": author.id,
        "author_name": author.name,
        "author_subname": author.name,
        "author_link": f"https://{workspace.team.domain}.slack.com/team/{author.id}",
        "channel_id": where.id,
        "channel_team": workspace.team.id,
        "is_msg_unfurl": True,
        "is_share": True,
        "message_blocks": [place | {"message": {"blocks": list(message.blocks)}}],
        "color": "D0D0D0",
        "fallback": f"[{at:%B} {at.day}, {at:%Y} {at:%H:%M}] {author.name}: {message.text}",
        "text": message.text,
        "mrkdwn_in": ["text"],
    }
    attachment |= named if where.kind == "channel" else {"footer": "Slack Conversation"}
    files = message.to_json(workspace.team).get("files")
    return attachment | ({"files": files} if files else {})


# What an app may be subscribed to, and the scopes of which it must hold one: docs.slack.dev/reference/events
SCOPES: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "app_home_opened": (),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
}
_MESSAGES_IN = {
    "channel": "message.channels",
    "group": "message.groups",
    "mpim": "message.mpim",
    "im": "message.im",
}


class EventPublisher:
    """Sends the events that Slack would send to this app, and no other: subscribed, allowed, in its own channels."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        subscriptions: Iterable[str],
        scopes: frozenset[str],
        send: Callable[[Json], object],
    ) -> None:
        self._workspace = workspace
        self._subscriptions = frozenset(
            name for name in subscriptions if not SCOPES[name] or scopes.intersection(SCOPES[name])
        )
        self._send = send

    def posted(self, message: Message) -> None:
        """A new message: as a message event, and as a mention where it mentions the bot.

        The message event alone calls one with files a ``file_share``, as slackapi/bolt-js#2057 shows.
        """
        shown = message.to_json(self._workspace.team) | ({"subtype": "file_share"} if message.files else {})
        self._tell_of_message(message.channel, shown | {"event_ts": message.ts})
        self._tell_of_mention(message)

    def edited(self, before: Message, after: Message) -> None:
        """A changed message; a person's edit that mentions the bot is a mention again, with a new event id."""
        self._tell_of_change(before, after)
        if before.text != after.text:
            self._tell_of_mention(after)

    def deleted(self, before: Message, tombstone: Message | None) -> None:
        """A deleted message; a thread's root is changed into a tombstone instead, as openclaw/openclaw#22035 saw."""
        if tombstone is not None:
            self._tell_of_change(before, tombstone)
            return
        ts = self._workspace.mint_ts()
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": self._workspace.to_json(before),
            "hidden": True,
            "deleted_ts": before.ts,
            "ts": ts,
            "event_ts": ts,
        }
        self._tell_of_message(before.channel, event)

    def annotated(self, before: Message, after: Message) -> None:
        """Slack changed a message by itself (a preview, a language, a new reply): its words are what they were."""
        self._tell_of_change(before, after)

    def joined(self, notice: Message, inviter: str | None) -> None:
        """Someone joined, invited or by themselves: the notice in the channel, and the event of its own."""
        self.posted(notice)
        channel = self._workspace.channel(notice.channel)
        event = {"type": "member_joined_channel", "user": notice.user, "team": self._workspace.team.id}
        event |= {"channel": channel.id, "channel_type": "G" if channel.kind == "group" else "C", "event_ts": notice.ts}
        self._tell("member_joined_channel", channel.id, event | ({"inviter": inviter} if inviter else {}))

    def reacted(self, message: Message, name: str, user: str, *, is_added: bool) -> None:
        """A reaction came or went."""
        kind = "reaction_added" if is_added else "reaction_removed"
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item_user": message.user, "item": item}
        self._tell(kind, message.channel, event | {"event_ts": self._workspace.mint_ts()})

    def home_opened(self, user: str, tab: str) -> None:
        """A person opened the app's ``home`` or ``messages`` tab."""
        channel = self._workspace.direct_message(user).id
        event = {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab}
        self._tell("app_home_opened", channel, event | {"event_ts": self._workspace.mint_ts()})

    def callback(self, event: Json, event_id: str | None = None) -> Json:
        """The outer payload in which the Events API delivers ``event``.

        In a channel that several organisations share, its ``team_id`` is that of whoever acted; slack_bolt therefore
        reads ``authorizations`` in its place.
        """
        team, bot = self._workspace.team, self._workspace.bot
        where = event.get("channel")
        is_ext_shared = isinstance(where, str) and self._workspace.is_ext_shared(where)
        about = (event, event.get("message", {}), event.get("previous_message", {}))
        actor = next((one["user_team"] for one in about if one.get("user_team")), team.id)
        authorization = {
            "enterprise_id": None,
            "team_id": team.id,
            "user_id": bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "stand-in",
            "team_id": actor,
            "context_team_id": team.id,
            "context_enterprise_id": None,
            "api_app_id": bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": is_ext_shared,
            "event_context": f"4-{uuid.uuid4().hex}",
        }

    def _tell_of_change(self, before: Message, after: Message) -> None:
        ts = self._workspace.mint_ts()
        # Here Slack names the author's workspace even where one organisation is among itself
        home = after.user_team or self._workspace.team.id
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": self._workspace.to_json(after) | {"user_team": home, "source_team": home},
            "previous_message": self._workspace.to_json(before),
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
        }
        self._tell_of_message(after.channel, event)

    def _tell_of_message(self, channel: str, event: Json) -> None:
        kind = self._workspace.channel(channel).kind
        self._tell(_MESSAGES_IN[kind], channel, event | {"channel": channel, "channel_type": kind})

    def _tell_of_mention(self, message: Message) -> None:
        bot = self._workspace.bot
        in_channel = self._workspace.channel(message.channel).kind != "im"
        # A notice such as channel_join holds "<@U…>" too, and is no mention
        if in_channel and message.mentions(bot.id) and message.user != bot.id and message.subtype is None:
            event = message.to_json(self._workspace.team) | {"type": "app_mention", "channel": message.channel}
            self._tell("app_mention", message.channel, event | {"event_ts": message.ts})

    def _tell(self, subscription: str, channel: str, event: Json) -> None:
        is_member = self._workspace.bot.id in self._workspace.channel(channel).members
        if subscription in self._subscriptions and is_member:
            self._send(self.callback(event))
