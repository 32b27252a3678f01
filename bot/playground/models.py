"""The nouns of a workspace, frozen, and the shapes in which Slack's API shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from bot.models import Json

ChannelKind = Literal["channel", "group", "mpim", "im"]
Guest = Literal["single-channel", "multi-channel"]

# Where Slack's name for a type of file is not the ending of its name: docs.slack.dev/reference/objects/file-object
_FILETYPES = {"txt": "text", "jpeg": "jpg", "md": "markdown", "py": "python", "js": "javascript", "htm": "html"}
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
    """A person, or an app's bot user (``bot_id`` and ``app_id`` are given together).

    ``team`` is the workspace of another organisation that a person is of, None for this one's own people. Slack calls a
    guest ``restricted``, and ``ultra_restricted`` as well when one channel is all that the guest sees.
    """

    id: str
    name: str
    bot_id: str | None = None
    app_id: str | None = None
    team: str | None = None
    guest: Guest | None = None

    def to_json(self, team: Team) -> Json:
        """The user object of ``users.info``; who shares a channel is no stranger, whatever the organisation."""
        home = self.team or team.id
        return {
            "id": self.id,
            "team_id": home,
            "name": self.name.lower(),
            "real_name": self.name,
            "deleted": False,
            "tz": "Etc/UTC",
            "is_bot": self.bot_id is not None,
            "is_app_user": False,
            "is_restricted": self.guest is not None,
            "is_ultra_restricted": self.guest == "single-channel",
            "is_stranger": False,
            "profile": {"real_name": self.name, "display_name": self.name, "team": home},
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one (``group``), or a direct message: of several people (``mpim``) or of one with the
    bot (``im``).

    ``shared_with`` are the workspaces of other organisations that it is shared with.
    """

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    shared_with: frozenset[str] = frozenset()

    @property
    def is_ext_shared(self) -> bool:
        """Whether people of other organisations are in it."""
        return bool(self.shared_with)

    def to_json(self, viewer: str) -> Json:
        """The conversation object, as ``viewer`` (a user's id) gets it."""
        common: Json = {"id": self.id, "is_im": self.kind == "im", "is_mpim": self.kind == "mpim", "is_archived": False}
        common |= {"is_shared": self.is_ext_shared, "is_ext_shared": self.is_ext_shared}
        if self.kind == "im":
            return common | {"user": next(iter(self.members - {viewer}), viewer), "is_open": True}
        return common | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_private": self.kind != "channel",
            "is_member": viewer in self.members,
            "is_general": False,
        }


@dataclass(frozen=True, slots=True)
class File:
    """A file that a person attached: its name, media type and size in bytes. What is in it is not kept."""

    name: str
    mimetype: str
    size: int

    def to_json(self, id: str, user: str, created: int, team: Team) -> Json:
        """The file object of a message; its addresses lead nowhere."""
        private = f"https://files.slack.com/files-pri/{team.id}-{id}"
        suffix = self.name.rpartition(".")[2].lower() if "." in self.name else "binary"
        named = quote(self.name)
        return {
            "id": id,
            "created": created,
            "timestamp": created,
            "name": self.name,
            "title": self.name,
            "mimetype": self.mimetype,
            "filetype": _FILETYPES.get(suffix, suffix),
            "user": user,
            "user_team": team.id,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "url_private": f"{private}/{named}",
            "url_private_download": f"{private}/download/{named}",
            "permalink": f"https://{team.domain}.slack.com/files/{user}/{id}/{named}",
            "file_access": "visible",
        }


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is now: ``thread_ts`` is its thread's root, which for a root is None.

    ``user_team`` is its author's workspace, given where several organisations meet; ``attachments`` are the previews
    of its links and the messages forwarded with it, and ``language`` the one that Slack took its text for.
    """

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
    user_team: str | None = None
    attachments: tuple[Json, ...] = ()
    language: str | None = None
    files: tuple[File, ...] = ()

    def to_json(self, team: Team, *, with_metadata: bool = True) -> Json:
        """The message object of events and answers."""
        home = self.user_team or team.id
        shown: Json = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": home}
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
            "user_team": self.user_team,
            "source_team": self.user_team,
            "attachments": list(self.attachments),
            "language": {"locale": self.language, "is_reliable": True} if self.language else None,
        }
        return shown | self._shown_files(team) | {name: value for name, value in given.items() if value}

    def _shown_files(self, team: Team) -> Json:
        if not self.files:
            return {}
        created = int(self.ts.partition(".")[0])
        ids = (f"F{self.ts.replace('.', '')}{number}" for number in range(len(self.files)))
        shown = [file.to_json(id, self.user, created, team) for file, id in zip(self.files, ids, strict=True)]
        return {"files": shown, "upload": False, "display_as_bot": False}

    def mentions(self, user: str) -> bool:
        """Whether the text mentions ``user`` (an id)."""
        return f"<@{user}>" in self.text


def escape_typed(text: str) -> str:
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
