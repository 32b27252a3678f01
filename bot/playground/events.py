"""What people and the app do in a workspace, and the events of the Events API about it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.models import Json
from bot.playground.models import KINDS, Channel, ChannelKind, File, Guest, Message, UploadedFile, User, escape_typed
from bot.playground.workspace import YOU, Workspace

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


def forwarded_message(workspace: Workspace, message: Message) -> Json:
    """Return ``message`` as the attachment of another one; only a public channel is named.

    Slack does not document its fields: they are those of the examples in MercuryTechnologies/slack-web's tests.
    """
    author, channel = workspace.users[message.user], workspace.channels[message.channel]
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


class WorkspaceActions:
    """What people and the app do in a workspace: each action changes its state and sends the events.

    The app gets the events that it is subscribed to and has a scope for, from channels that the bot is in.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        subscriptions: Iterable[str],
        scopes: Iterable[str],
        send: Callable[[Json], object],
    ) -> None:
        self.workspace = workspace
        self.scopes = frozenset(scopes)
        self._subscriptions = {name for name in subscriptions if not SCOPES[name] or self.scopes & {*SCOPES[name]}}
        self._send = send

    # People and channels

    def add_person(
        self,
        *,
        channels: Iterable[str] = (),
        team: str | None = None,
        guest: Guest | None = None,
        organisation: str | None = None,
    ) -> str:
        """Add a member of ``channels``, of another ``team`` and its ``organisation`` if given; return the id."""
        number = len(self.workspace.users) + 1
        person = User(f"U0PERSON{number}", f"Person {number}", team=team, guest=guest, organisation=organisation)
        self.workspace.add_user(person)
        for channel in channels:
            self.workspace.join(channel, person.id)
        return person.id

    def add_workflow(self, *, team: str | None = None) -> str:
        """Add a workflow of Workflow Builder and return its id, with which it can post."""
        number = len(self.workspace.users) + 1
        workflow = User(f"Wf0FLOW{number}", f"Workflow {number}", f"B0FLOW{number}", f"A0FLOW{number}", team)
        self.workspace.add_user(workflow)
        return workflow.id

    def add_channel(self, *, kind: ChannelKind = "channel", shared_with: Iterable[str] = ()) -> str:
        """Add a channel with everyone in it and return its id; ``shared_with`` are other organisations' teams."""
        number = len(self.workspace.channels) + 1
        name = f"channel-{number}"
        members = frozenset(self.workspace.users)
        self.workspace.add_channel(Channel(f"C0CHANNEL{number}", name, kind, members, frozenset(shared_with)))
        return f"C0CHANNEL{number}"

    def open_dm(self, user: str) -> str:
        """Return the id of the direct message between ``user`` and the bot."""
        return self.workspace.direct_message(user).id

    # Messages

    def post(self, channel: str, user: str, text: str, **fields: Any) -> Message:
        """Post a message of a person or of the app; ``fields`` are others of ``Message``.

        The app gets a message event, and an app_mention if the bot is mentioned. With files, only the message event has
        the subtype ``file_share`` (slackapi/bolt-js#2057).
        """
        return self._publish_post(self.workspace.post(channel, user, text, **fields))

    def update(self, message: Message, **changes: Any) -> Message:
        """Change fields of a message, also of an ephemeral one, and return it; a field that is None stays.

        If the text changed and mentions the bot, the app also gets an app_mention with a new event id.
        """
        changes = {name: value for name, value in changes.items() if value is not None}
        if message.seen_by is None:
            changes["edited_ts"] = self.workspace.mint_ts()
        before, after = self.workspace.update(message.channel, message.ts, **changes)
        if after.seen_by is None:
            self._publish_change(before, after)
            if before.text != after.text:
                self._publish_mention(after)
        return after

    def delete(self, message: Message) -> None:
        """Delete a message, also an ephemeral one.

        For a root with replies the app gets message_changed, as seen in openclaw/openclaw#22035.
        """
        before, tombstone = self.workspace.delete(message.channel, message.ts)
        if tombstone is not None:
            self._publish_change(before, tombstone)
        elif before.seen_by is None:
            event = {"previous_message": self.workspace.to_json(before), "deleted_ts": before.ts}
            self._publish_hidden("message_deleted", before.channel, event)

    def remove_file(self, file_id: str) -> None:
        """Replace a deleted file by a tombstone in each message that has it."""

        def without_content(file: File) -> File:
            if isinstance(file, UploadedFile) and file.id == file_id:
                return replace(file, is_deleted=True)
            return file

        for channel in self.workspace.channels:
            for message in self.workspace.messages(channel):
                files = tuple(map(without_content, message.files))
                if files != tuple(message.files):
                    self._publish_change(*self.workspace.update(channel, message.ts, files=files))

    def say(self, channel: str, text: str, *, user: str = YOU, thread: str | None = None, **fields: Any) -> Message:
        """Post a message as ``user``; ``& < >`` are escaped, mentions are not. "/me" has the subtype "me_message"."""
        return self.post(channel, user, escape_typed(text), thread_ts=thread, **fields)

    def forward(self, message: Message, channel: str, text: str = "", *, user: str = YOU) -> Message:
        """Forward ``message`` to ``channel`` with an optional text."""
        return self.say(channel, text, user=user, attachments=[forwarded_message(self.workspace, message)])

    def edit(self, message: Message, text: str) -> Message:
        """Edit the text of a message as its author; returns the edited message."""
        return self.update(message, text=escape_typed(text))

    def join(self, channel: str, user: str, *, inviter: str | None = None) -> Message:
        """Add ``user`` to a channel; returns the channel_join message."""
        notice = self._publish_post(self.workspace.join(channel, user))
        kind = "G" if self.workspace.channels[channel].kind == "group" else "C"
        event = {"user": user, "team": self.workspace.team.id, "channel": channel, "channel_type": kind}
        self._publish("member_joined_channel", channel, event | ({"inviter": inviter} if inviter else {}))
        return notice

    def react(self, message: Message, name: str, *, user: str = YOU, is_added: bool = True) -> None:
        """Add or remove a reaction."""
        reactions = dict(self.workspace.message(message.channel, message.ts).reactions)
        users = reactions.get(name, ())
        if (user in users) == is_added:
            return
        reactions[name] = (*users, user) if is_added else tuple(one for one in users if one != user)
        remaining = tuple((known, users) for known, users in reactions.items() if users)
        self.workspace.update(message.channel, message.ts, reactions=remaining)
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"user": user, "reaction": name, "item_user": message.user, "item": item}
        self._publish("reaction_added" if is_added else "reaction_removed", message.channel, event)

    def open_home(self, *, user: str = YOU, tab: str = "home") -> None:
        """Open the app's ``home`` or ``messages`` tab."""
        channel = self.workspace.direct_message(user).id
        self._publish("app_home_opened", channel, {"user": user, "channel": channel, "tab": tab})

    # Changes that Slack makes by itself: message_changed with the same text

    def unfurl(self, message: Message) -> None:
        """Add a link preview."""
        link = "https://example.org/"
        preview = {"id": 1, "from_url": link, "original_url": link, "title": "Example", "fallback": "Example"}
        shown = self.workspace.message(message.channel, message.ts).attachments
        self._publish_change(*self.workspace.update(message.channel, message.ts, attachments=(*shown, preview)))

    def detect_language(self, message: Message, locale: str = "en") -> None:
        """Add the detected language."""
        self._publish_change(*self.workspace.update(message.channel, message.ts, language=locale))

    def count_replies(self, message: Message) -> None:
        """Update a root's number of replies."""
        self._publish_change(*self.workspace.update(message.channel, message.ts))

    # Events

    def envelope(self, event: Json, event_id: str | None = None) -> Json:
        """Return the outer payload of ``event``.

        In a channel shared with other organisations, ``team_id`` is the team of the person who acted; slack_bolt
        therefore reads ``authorizations`` instead.
        """
        team, bot = self.workspace.team, self.workspace.bot
        channel = self.workspace.channels.get(event.get("channel", ""))
        messages = (event, event.get("message", {}), event.get("previous_message", {}))
        authorization = {
            "enterprise_id": team.organisation,
            "team_id": team.id,
            "user_id": bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": "fake-slack",
            "team_id": next((one["user_team"] for one in messages if one.get("user_team")), team.id),
            "context_team_id": team.id,
            "context_enterprise_id": team.organisation,
            "api_app_id": bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": f"4-{uuid.uuid4().hex}",
        }

    def _publish_post(self, message: Message) -> Message:
        event = message.to_json(self.workspace.team) | ({"subtype": "file_share"} if message.files else {})
        self._publish_message(message.channel, event | {"event_ts": message.ts})
        self._publish_mention(message)
        return message

    def _publish_change(self, before: Message, after: Message) -> None:
        # Slack names the author's team here even if no other organisation is involved
        team = after.user_team or self.workspace.team.id
        shown = self.workspace.to_json(after) | {"user_team": team, "source_team": team}
        event = {"message": shown, "previous_message": self.workspace.to_json(before)}
        self._publish_hidden("message_changed", after.channel, event)

    def _publish_hidden(self, subtype: str, channel: str, event: Json) -> None:
        ts = self.workspace.mint_ts()
        about = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}
        self._publish_message(channel, event | about)

    def _publish_message(self, channel: str, event: Json) -> None:
        kind = self.workspace.channels[channel].kind
        self._publish(f"message.{KINDS[kind]}", channel, event | {"channel": channel, "channel_type": kind})

    def _publish_mention(self, message: Message) -> None:
        bot = self.workspace.bot
        is_direct = self.workspace.channels[message.channel].kind == "im"
        # A channel_join message contains "<@U…>" too, but is not a mention
        is_mention = bool(re.search(rf"<@{bot.id}[>|]", message.text)) and message.subtype in {None, "me_message"}
        if is_mention and not is_direct and message.user != bot.id:
            about = {"type": "app_mention", "channel": message.channel, "event_ts": message.ts}
            self._publish("app_mention", message.channel, message.to_json(self.workspace.team) | about)

    def _publish(self, subscription: str, channel: str, event: Json) -> None:
        is_member = self.workspace.bot.id in self.workspace.channels[channel].members
        if subscription in self._subscriptions and is_member:
            event = {"type": subscription, **event}
            event.setdefault("event_ts", self.workspace.mint_ts())
            self._send(self.envelope(event))
