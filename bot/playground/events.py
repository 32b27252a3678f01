"""The events of the Events API: which ones this app gets, and their JSON."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bot.models import Json
from bot.playground.models import Message
from bot.playground.workspace import Workspace

# What an app may subscribe to, and the scopes of which it needs one: docs.slack.dev/reference/events
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
    "tokens_revoked": (),
    "app_uninstalled": (),
}
_MESSAGE_SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "mpim": "message.mpim",
    "im": "message.im",
}


def forwarded_message(workspace: Workspace, message: Message) -> Json:
    """Return ``message`` as the attachment of another one; only a public channel is named.

    Slack does not document its fields: they are those of the examples in MercuryTechnologies/slack-web's tests.
    """
    author, channel = workspace.user(message.user), workspace.channel(message.channel)
    at = datetime.fromtimestamp(float(message.ts), UTC)
    attachment: Json = {
        "from_url": workspace.permalink(message),
        "ts": message.ts,
        "author_id": author.id,
        "author_name": author.name,
        "author_subname": author.name,
        "author_link": f"https://{workspace.team.domain}.slack.com/team/{author.id}",
        "channel_id": channel.id,
        "channel_team": workspace.team.id,
        "is_msg_unfurl": True,
        "is_share": True,
        "message_blocks": [
            {
                "team": workspace.team.id,
                "channel": channel.id,
                "ts": message.ts,
                "message": {"blocks": list(message.blocks)},
            }
        ],
        "color": "D0D0D0",
        "fallback": f"[{at:%B} {at.day}, {at:%Y} {at:%H:%M}] {author.name}: {message.text}",
        "text": message.text,
        "mrkdwn_in": ["text"],
        "footer": f"Posted in #{channel.name}" if channel.kind == "channel" else "Slack Conversation",
    }
    if channel.kind == "channel":
        attachment["channel_name"] = channel.name
    if files := message.to_json(workspace.team).get("files"):
        attachment["files"] = files
    return attachment


class EventPublisher:
    """Sends the events that the app is subscribed to and has a scope for, from channels that the bot is in."""

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
        """Send a message event for a new message, and an app_mention if it mentions the bot.

        With files, only the message event has the subtype ``file_share`` (slackapi/bolt-js#2057).
        """
        event = message.to_json(self._workspace.team) | ({"subtype": "file_share"} if message.files else {})
        self._publish_message(message.channel, event | {"event_ts": message.ts})
        self._publish_mention(message)

    def edited(self, before: Message, after: Message) -> None:
        """Send message_changed; if the text changed and mentions the bot, also an app_mention with a new event id."""
        self.changed(before, after)
        if before.text != after.text:
            self._publish_mention(after)

    def deleted(self, before: Message, tombstone: Message | None) -> None:
        """Send message_deleted; for a root with replies message_changed instead, as seen in openclaw/openclaw#22035."""
        if tombstone is not None:
            self.changed(before, tombstone)
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
        self._publish_message(before.channel, event)

    def changed(self, before: Message, after: Message) -> None:
        """Send message_changed."""
        ts = self._workspace.mint_ts()
        # Slack names the author's team here even if no other organisation is involved
        team = after.user_team or self._workspace.team.id
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": self._workspace.to_json(after) | {"user_team": team, "source_team": team},
            "previous_message": self._workspace.to_json(before),
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
        }
        self._publish_message(after.channel, event)

    def joined(self, notice: Message, inviter: str | None) -> None:
        """Send a message event for the channel_join message, and member_joined_channel."""
        self.posted(notice)
        channel = self._workspace.channel(notice.channel)
        event = {"type": "member_joined_channel", "user": notice.user, "team": self._workspace.team.id}
        event |= {"channel": channel.id, "channel_type": "G" if channel.kind == "group" else "C", "event_ts": notice.ts}
        self._publish("member_joined_channel", channel.id, event | ({"inviter": inviter} if inviter else {}))

    def reacted(self, message: Message, name: str, user: str, *, is_added: bool) -> None:
        """Send reaction_added or reaction_removed."""
        kind = "reaction_added" if is_added else "reaction_removed"
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item_user": message.user, "item": item}
        self._publish(kind, message.channel, event | {"event_ts": self._workspace.mint_ts()})

    def home_opened(self, user: str, tab: str) -> None:
        """Send app_home_opened for the tab ``home`` or ``messages``."""
        channel = self._workspace.direct_message(user).id
        event = {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab}
        self._publish("app_home_opened", channel, event | {"event_ts": self._workspace.mint_ts()})

    def envelope(self, event: Json, event_id: str | None = None) -> Json:
        """Return the outer payload of ``event``.

        In a channel shared with other organisations, ``team_id`` is the team of the person who acted; slack_bolt
        therefore reads ``authorizations`` instead.
        """
        team, bot = self._workspace.team, self._workspace.bot
        channel = event.get("channel")
        messages = (event, event.get("message", {}), event.get("previous_message", {}))
        authorization = {
            "enterprise_id": None,
            "team_id": team.id,
            "user_id": bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "fake-slack",
            "team_id": next((one["user_team"] for one in messages if one.get("user_team")), team.id),
            "context_team_id": team.id,
            "context_enterprise_id": None,
            "api_app_id": bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": any(one.id == channel and one.shared_with for one in self._workspace.channels()),
            "event_context": f"4-{uuid.uuid4().hex}",
        }

    def _publish_message(self, channel: str, event: Json) -> None:
        kind = self._workspace.channel(channel).kind
        self._publish(_MESSAGE_SUBSCRIPTIONS[kind], channel, event | {"channel": channel, "channel_type": kind})

    def _publish_mention(self, message: Message) -> None:
        bot = self._workspace.bot
        is_direct = self._workspace.channel(message.channel).kind == "im"
        # A channel_join message contains "<@U…>" too, but is not a mention
        is_mention = bool(re.search(rf"<@{bot.id}[>|]", message.text)) and message.subtype in {None, "me_message"}
        if is_mention and not is_direct and message.user != bot.id:
            event = message.to_json(self._workspace.team) | {"type": "app_mention", "channel": message.channel}
            self._publish("app_mention", message.channel, event | {"event_ts": message.ts})

    def publish_revocation(self) -> None:
        """Tell the app that its token was revoked."""
        if "tokens_revoked" in self._subscriptions:
            tokens = {"oauth": [], "bot": [self._workspace.bot.id]}
            self._send(self.envelope({"type": "tokens_revoked", "tokens": tokens}))

    def _publish(self, subscription: str, channel: str, event: Json) -> None:
        is_member = self._workspace.bot.id in self._workspace.channel(channel).members
        if subscription in self._subscriptions and is_member:
            self._send(self.envelope(event))
