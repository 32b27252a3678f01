"""Teams, users, channels, files and messages, and the JSON objects of Slack's API for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from bot.models import Json

ChannelKind = Literal["channel", "group", "mpim", "im"]
Guest = Literal["single-channel", "multi-channel"]

# The part of a scope or of a subscription that names a kind of channel
KINDS = {"channel": "channels", "group": "groups", "mpim": "mpim", "im": "im"}

# File types whose name is not the file's extension: docs.slack.dev/reference/objects/file-object
_FILETYPES = {"txt": "text", "jpeg": "jpg", "md": "markdown", "py": "python", "js": "javascript", "htm": "html"}
_MENTION_OR_URL = re.compile(
    r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!(?:here|channel|everyone|subteam\^S[A-Z0-9]+))(?:\|[^<>]*)?>|https?://[^\s<>]*[^\s<>.,;:!?)\]\"']"
)


class RefusedError(Exception):
    """Slack refuses the call: ``error`` is its code, ``answer`` the response body.

    ``messages`` say what is wrong, ``details`` are other fields of the answer.
    """

    def __init__(self, error: str, *messages: str, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **details}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace; ``organisation`` is the id of the Enterprise Grid organisation that it belongs to, if any."""

    id: str
    name: str
    domain: str
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A person, an app's bot user or a workflow of Workflow Builder; these two have both ``bot_id`` and ``app_id``.

    Slack has no user object for a workflow, and its messages have no user.
    ``team`` is set for people of another workspace, and ``organisation`` for those of another workspace of an
    Enterprise Grid organisation. Slack's flag for a guest is ``is_restricted``, and also
    ``is_ultra_restricted`` for a guest of a single channel.
    """

    id: str
    name: str
    bot_id: str | None = None
    app_id: str | None = None
    team: str | None = None
    guest: Guest | None = None
    organisation: str | None = None

    def to_json(self, team: Team) -> Json:
        """Return the user object of ``users.info``."""
        team_id = self.team or team.id
        organisation = team.organisation if self.team is None else self.organisation
        enterprise_user = {"id": self.id, "enterprise_id": organisation, "teams": [team_id]}
        return {
            "id": self.id,
            "team_id": team_id,
            "name": self.name.lower(),
            "real_name": self.name,
            "deleted": False,
            "tz": "Etc/UTC",
            "is_bot": self.bot_id is not None,
            "is_app_user": False,
            "is_restricted": self.guest is not None,
            "is_ultra_restricted": self.guest == "single-channel",
            "is_stranger": False,
            "profile": {"real_name": self.name, "display_name": self.name, "team": team_id},
            **({"enterprise_user": enterprise_user} if organisation else {}),
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """A public channel, a private one (``group``), or a direct message: of several people (``mpim``) or one (``im``).

    ``shared_with`` are the ids of other organisations' teams.
    """

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    shared_with: frozenset[str] = frozenset()

    def to_json(self, viewer: str) -> Json:
        """Return the conversation object for ``viewer``, a user's id."""
        common: Json = {"id": self.id, "is_im": self.kind == "im", "is_mpim": self.kind == "mpim", "is_archived": False}
        common |= {"is_shared": bool(self.shared_with), "is_ext_shared": bool(self.shared_with)}
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
    """An attached file: name, media type and size in bytes. Its content is not stored."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    mimetype: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=0)]

    def to_json(self, id: str, user: str, created: int, team: Team) -> Json:
        """Return the file object of a message; its URLs do not exist."""
        private = f"https://files.slack.com/files-pri/{team.id}-{id}"
        suffix = self.name.rpartition(".")[2].lower() if "." in self.name else "binary"
        filename = quote(self.name)
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
            "url_private": f"{private}/{filename}",
            "url_private_download": f"{private}/download/{filename}",
            "permalink": f"https://{team.domain}.slack.com/files/{user}/{id}/{filename}",
            "file_access": "visible",
        }


@dataclass(frozen=True, slots=True)
class UploadedFile(File):
    """A file that the app uploaded; ``alt_text`` describes a picture. What is deleted leaves a tombstone."""

    id: str
    title: str
    alt_text: str = ""
    is_deleted: bool = False

    def to_json(self, id: str, user: str, created: int, team: Team) -> Json:
        """Return the file object of a message; ``id`` is for files without an id of their own."""
        if self.is_deleted:
            return {"id": self.id, "mode": "tombstone"}
        shown = File.to_json(self, self.id, user, created, team) | {"title": self.title}
        return shown | ({"alt_txt": self.alt_text} if self.alt_text else {})


@dataclass(frozen=True, slots=True)
class Message:
    """A message; ``thread_ts`` is the timestamp of its thread's root, None for a root.

    ``seen_by`` is the only person who sees an ephemeral message, ``user_team`` the author's team if several
    organisations are involved. ``attachments`` are link previews and forwarded messages.
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
    attachments: Sequence[Json] = ()
    language: str | None = None
    files: Sequence[File] = ()

    def to_json(self, team: Team, *, with_metadata: bool = True) -> Json:
        """Return the message object of events and API responses."""
        team_id = self.user_team or team.id
        author = {"user": self.user, "team": team_id}
        if self.user.startswith("Wf"):  # as seen in slack-go/slack#1537
            author = {"subtype": "bot_message", "workflow_id": self.user}
        shown: Json = {"type": "message", "ts": self.ts, "text": self.text} | author
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
        return shown | self._files_json(team) | {name: value for name, value in given.items() if value}

    def _files_json(self, team: Team) -> Json:
        if not self.files:
            return {}
        created = int(self.ts.partition(".")[0])
        prefix = f"F{self.ts.replace('.', '')}"
        shown = [file.to_json(f"{prefix}{number}", self.user, created, team) for number, file in enumerate(self.files)]
        return {"files": shown, "upload": False, "display_as_bot": False}


def escape_typed(text: str) -> str:
    """Return typed text as Slack sends it: ``& < >`` as entities, and URLs in angle brackets.

    Mentions (``<@U…>``, ``<#C…>``, ``<!here>``) stay: Slack's input inserts them when a name is picked from the list.
    """
    parts: list[str] = []
    end = 0
    for match in _MENTION_OR_URL.finditer(text):
        token = match[0] if match[0].startswith("<") else f"<{escape(match[0], quote=False)}>"
        parts += [escape(text[end : match.start()], quote=False), token]
        end = match.end()
    return "".join([*parts, escape(text[end:], quote=False)])
