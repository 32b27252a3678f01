"""The nouns of a workspace, frozen, and the shapes in which Slack's API shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["channel", "group", "im"]

_CONTROL = re.compile(r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!(?:here|channel|everyone))>")
_ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,;:!?)\]\"']")


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace's name and address."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class User:
    """A person, or an app's bot user (``bot_id`` and ``app_id`` are given together)."""

    id: str
    name: str
    bot_id: str | None = None
    app_id: str | None = None

    def shown(self, team: Team) -> Json:
        """The user object of ``users.info``."""
        return {
            "id": self.id,
            "team_id": team.id,
            "name": self.name.lower(),
            "real_name": self.name,
            "deleted": False,
            "tz": "Etc/UTC",
            "is_bot": self.bot_id is not None,
            "is_app_user": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "profile": {"real_name": self.name, "display_name": self.name, "team": team.id},
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one (``group``) or a direct message between a person and the bot (``im``)."""

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]

    def shown(self, viewer: str) -> Json:
        """The conversation object, as ``viewer`` (a user's id) gets it."""
        common: Json = {"id": self.id, "is_im": self.kind == "im", "is_mpim": False, "is_archived": False}
        if self.kind == "im":
            return common | {"user": next(iter(self.members - {viewer}), viewer), "is_open": True}
        return common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_private": self.kind == "group",
            "is_member": viewer in self.members,
            "is_shared": False,
            "is_ext_shared": False,
            "is_general": False,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands: ``thread_ts`` is its thread's root, which for a root is None."""

    channel: str
    ts: str
    user: str
    text: str
    bot_id: str | None = None
    app_id: str | None = None
    thread_ts: str | None = None
    blocks: tuple[Json, ...] = ()
    metadata: Json | None = None
    subtype: str | None = None
    edited_ts: str | None = None
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    seen_by: str | None = None

    def shown(self, team: Team, *, with_metadata: bool = True) -> Json:
        """The message object of events and answers."""
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": team.id}
        edited = {"user": self.user, "ts": self.edited_ts} if self.edited_ts else None
        reactions = [{"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions]
        given: Json = {
            "subtype": self.subtype,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "thread_ts": self.thread_ts,
            "blocks": list(self.blocks),
            "metadata": self.metadata if with_metadata else None,
            "edited": edited,
            "reactions": reactions,
        }
        return shown | {name: value for name, value in given.items() if value}

    def mentions(self, user: str) -> bool:
        """Whether the text mentions ``user`` (an id)."""
        return f"<@{user}>" in self.text


def as_typed(text: str) -> str:
    """What Slack makes of a text that a person typed: ``& < >`` as entities, addresses in angle brackets.

    Mentions (``<@U…>``, ``<#C…>``, ``<!here>``) are taken as picked from the composer's list, and kept.
    """
    parts: list[str] = []
    at = 0
    for found in re.finditer(f"{_CONTROL.pattern}|{_ADDRESS.pattern}", text):
        piece = found[0]
        parts += [_escaped(text[at : found.start()]), piece if piece.startswith("<") else f"<{_escaped(piece)}>"]
        at = found.end()
    return "".join([*parts, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
