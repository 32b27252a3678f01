"""The Web API methods that the bot calls, each as documented on docs.slack.dev/reference/methods."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import validate_blocks, validate_view
from bot.playground.events import WorkspaceActions
from bot.playground.models import KINDS, Channel, Message, RefusedError
from bot.playground.uploads import FileUploads
from bot.playground.workspace import AppViews

_TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")
_CONVERSATION_ID = re.compile(r"[CGDZ][A-Z0-9]+")


def validate_metadata(metadata: Any) -> Json:
    """Return a message's metadata if it is valid; raises RefusedError."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or metadata.keys() - {"event_type", "event_payload"}:
        raise RefusedError("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > limits.METADATA_BYTES:
        raise RefusedError("metadata_too_large")
    return metadata


@dataclass(frozen=True, slots=True)
class Method:
    """A method: ``scopes`` of which one must be granted, the token it takes, and whether it reads a JSON body."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    token: Literal["bot", "app"] = "bot"
    reads_json: bool = True


METHODS: dict[str, Method] = {}
_HISTORY, _READ = (tuple(f"{kind}:{permission}" for kind in KINDS.values()) for permission in ("history", "read"))


def _method(name: str, *scopes: str, **about: Any) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
    """Register a method of ``Call`` under its ``name`` in the Web API."""

    def register(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[name] = Method(run, scopes, **about)
        return run

    return register


class Call:
    """One call of a method by the app's bot user, with the methods of the Web API.

    In a form, lists and objects are JSON strings.
    """

    def __init__(
        self,
        actions: WorkspaceActions,
        views: AppViews,
        uploads: FileUploads,
        issue_url: Callable[[], str],
        arguments: Json,
    ) -> None:
        self.actions = actions
        self.workspace = actions.workspace
        self.views = views
        self.uploads = uploads
        self.issue_url = issue_url
        self.arguments = arguments

    def text(self, name: str) -> str:
        """Return a string, empty if it is not given."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise RefusedError("invalid_arguments", f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def structure(self, name: str) -> Any:
        """Return a list or an object, None if it is not given."""
        value = self.arguments.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError as error:
            raise RefusedError("invalid_arguments", f"must be JSON [json-pointer:/{name}]") from error

    def require_scope(self, *scopes: str) -> None:
        """Refuse the call unless one of ``scopes`` is granted, or none is given."""
        if scopes and not self.actions.scopes.intersection(scopes):
            provided = ",".join(sorted(self.actions.scopes))
            raise RefusedError("missing_scope", needed=",".join(scopes), provided=provided)

    def channel(self, channel_id: str, *, as_member: bool = True) -> Channel:
        """Return a channel that the bot can see and, by default, is a member of; RefusedError otherwise."""
        channel = self.workspace.channels.get(channel_id)
        is_member = channel is not None and self.workspace.bot.id in channel.members
        if channel is None or (channel.kind != "channel" and not is_member):
            raise RefusedError("channel_not_found")
        if as_member and not is_member:
            raise RefusedError("not_in_channel")
        return channel

    def message(self, channel: str, ts: str, error: str = "message_not_found") -> Message:
        """Return a message; RefusedError with this ``error`` if it does not exist."""
        try:
            return self.workspace.message(channel, ts)
        except KeyError:
            raise RefusedError(error) from None

    # chat.*

    def _content(self) -> tuple[Json, Json]:
        """Return the fields of a message, and the warnings that an answer about it has."""
        given, metadata, text = self.structure("blocks"), self.structure("metadata"), self.text("text")
        blocks = () if given is None else validate_blocks(given)
        if not text.strip() and not blocks:
            raise RefusedError("no_text")
        warnings: Json = {}
        if len(text) > limits.MESSAGE_TEXT:
            text = text[: limits.MESSAGE_TEXT]
            warnings = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
        metadata = None if metadata is None else validate_metadata(metadata)
        return {"text": text, "blocks": blocks, "metadata": metadata}, warnings

    def _thread_ts(self, channel: str) -> str | None:
        """The root that ``thread_ts`` names; a reply is refused, because Slack asks for the parent's timestamp."""
        thread_ts = self.text("thread_ts")
        if not thread_ts:
            return None
        if not _TIMESTAMP.fullmatch(thread_ts):
            raise RefusedError("invalid_thread_ts", f"{thread_ts} is not a valid thread_ts")
        root = self.message(channel, thread_ts, "thread_not_found")
        if root.thread_ts not in (None, root.ts):
            raise RefusedError("thread_not_found")
        return thread_ts

    def _own_message(self, error: str) -> Message:
        channel = self.channel(self.required("channel")).id
        message = self.message(channel, self.required("ts"))
        if message.user != self.workspace.bot.id:
            raise RefusedError(error)
        return message

    @_method("chat.postMessage", "chat:write")
    def post_message(self) -> Json:
        """A user id as the channel means the direct message with that person."""
        channel = self.required("channel")
        if channel in self.workspace.users:
            channel = self.workspace.direct_message(channel).id
        self.channel(channel)
        content, warnings = self._content()
        bot = self.workspace.bot.id
        message = self.actions.post(channel, bot, thread_ts=self._thread_ts(channel), **content)
        return {"channel": channel, "ts": message.ts, "message": self.workspace.to_json(message), **warnings}

    @_method("chat.update", "chat:write")
    def update(self) -> Json:
        """What is not given does not change."""
        message = self._own_message("cant_update_message")
        content, _ = self._content()
        if len(content["text"]) > limits.UPDATE_TEXT:
            raise RefusedError("msg_too_long")
        after = self.actions.update(message, **{name: content[name] for name in content.keys() & self.arguments})
        shown = self.workspace.to_json(after)
        return {"channel": message.channel, "ts": message.ts, "text": after.text, "message": shown}

    @_method("chat.delete", "chat:write")
    def delete(self) -> Json:
        message = self._own_message("cant_delete_message")
        self.actions.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    @_method("chat.postEphemeral", "chat:write")
    def post_ephemeral(self) -> Json:
        channel = self.channel(self.required("channel"))
        user = self.required("user")
        if user not in channel.members:
            raise RefusedError("user_not_in_channel")
        content, warnings = self._content()
        message = self.workspace.post_ephemeral(channel.id, user, thread_ts=self._thread_ts(channel.id), **content)
        return {"message_ts": message.ts, **warnings}

    @_method("chat.getPermalink", reads_json=False)
    def get_permalink(self) -> Json:
        channel = self.channel(self.required("channel"), as_member=False).id
        message = self.message(channel, self.required("message_ts"))
        return {"channel": channel, "permalink": self.workspace.permalink(message)}

    # auth.*, apps.*, conversations.* and users.*

    @_method("auth.test")
    def auth_test(self) -> Json:
        team, bot = self.workspace.team, self.workspace.bot
        url = f"https://{team.domain}.slack.com/"
        identity = {"user": bot.name.lower(), "team_id": team.id, "user_id": bot.id, "bot_id": bot.bot_id}
        organisation = {"enterprise_id": team.organisation} if team.organisation else {}
        return {"url": url, "team": team.name, **identity, **organisation, "is_enterprise_install": False}

    @_method("apps.connections.open", token="app")
    def open_connection(self) -> Json:
        return {"url": self.issue_url()}

    def _readable_channel(self, permission: str, *, as_member: bool) -> Channel:
        channel = self.channel(self.required("channel"), as_member=as_member)
        self.require_scope(f"{KINDS[channel.kind]}:{permission}")
        return channel

    @_method("conversations.history", *_HISTORY, reads_json=False)
    def history(self) -> Json:
        """Newest first, without replies."""
        channel = self._readable_channel("history", as_member=True)
        roots = [one for one in self.workspace.messages(channel.id) if one.thread_ts in (None, one.ts)]
        return self._page(self._within_time(roots)[::-1])

    @_method("conversations.replies", *_HISTORY, reads_json=False)
    def replies(self) -> Json:
        """Oldest first; ``ts`` is the root's or any reply's."""
        channel = self._readable_channel("history", as_member=True)
        message = self.message(channel.id, self.required("ts"), "thread_not_found")
        root, *others = self.workspace.thread(channel.id, message.thread_ts or message.ts)
        return self._page([root, *self._within_time(others)])

    @_method("conversations.info", *_READ, reads_json=False)
    def info(self) -> Json:
        channel = self._readable_channel("read", as_member=False)
        return {"channel": channel.to_json(self.workspace.bot.id)}

    @_method("conversations.members", *_READ, reads_json=False)
    def members(self) -> Json:
        channel = self._readable_channel("read", as_member=False)
        return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}

    @_method("users.info", "users:read", reads_json=False)
    def user_info(self) -> Json:
        user = self.required("user")
        if user not in self.workspace.users or user.startswith("Wf"):
            raise RefusedError("user_not_found")
        return {"user": self.workspace.users[user].to_json(self.workspace.team)}

    def _within_time(self, messages: Sequence[Message]) -> list[Message]:
        """The messages between ``oldest`` and ``latest``, including these if ``inclusive``."""
        oldest, latest = self._time("oldest"), self._time("latest")
        included = (oldest, latest) if self.flag("inclusive") else ()

        def is_within(at: Decimal) -> bool:
            return at in included or ((oldest is None or at > oldest) and (latest is None or at < latest))

        return [message for message in messages if is_within(Decimal(message.ts))]

    def _time(self, name: str) -> Decimal | None:
        try:
            return Decimal(self.text(name)) if self.text(name) else None
        except InvalidOperation:
            raise RefusedError(f"invalid_ts_{name}") from None

    def _page(self, messages: Sequence[Message]) -> Json:
        """The page at ``cursor``, the position of its first message."""
        cursor = self.text("cursor") or "0"
        if not cursor.isdecimal():
            raise RefusedError("invalid_cursor")
        start = int(cursor)
        limit = self.text("limit") or str(limits.PAGE)
        if not limit.isdecimal():
            raise RefusedError("invalid_arguments", "must be an integer [json-pointer:/limit]")
        if int(limit) < 1:
            raise RefusedError("invalid_limit")
        end = start + min(int(limit), limits.LARGEST_PAGE)
        with_metadata = self.flag("include_all_metadata")
        shown = [self.workspace.to_json(message, with_metadata=with_metadata) for message in messages[start:end]]
        page: Json = {"messages": shown, "has_more": end < len(messages)}
        if page["has_more"]:
            page["response_metadata"] = {"next_cursor": str(end)}
        return page

    # files.*

    @_method("files.getUploadURLExternal", "files:write")
    def get_upload_url(self) -> Json:
        name, length = self.required("filename"), self.required("length")
        if not length.isdecimal() or int(length) == 0:
            raise RefusedError("invalid_arguments", "must be more than 0 [json-pointer:/length]")
        return self.uploads.issue(name, int(length), self.text("alt_txt"))

    @_method("files.completeUploadExternal", "files:write")
    def complete_upload(self) -> Json:
        """Without a channel, the files stay private. A user id is no channel (slackapi/bolt-js#2115)."""
        given = self.structure("files")
        if not isinstance(given, list) or not given:
            raise RefusedError("invalid_arguments", "must be a list of files [json-pointer:/files]")
        if not all(isinstance(one, dict) and one.get("id") for one in given):
            raise RefusedError("invalid_arguments", "must have an id each [json-pointer:/files]")
        channel = self.text("channel_id")
        if channel and not _CONVERSATION_ID.fullmatch(channel):
            message = "input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]"
            raise RefusedError("invalid_arguments", message)
        thread_ts = None
        if channel:
            self.channel(channel)
            thread_ts = self._thread_ts(channel)
        files = self.uploads.complete({str(one["id"]): str(one.get("title") or "") for one in given})
        if channel:
            comment = self.text("initial_comment")
            self.actions.post(channel, self.workspace.bot.id, comment, thread_ts=thread_ts, files=files)
        return {"files": [{"id": file.id, "title": file.title} for file in files]}

    @_method("files.delete", "files:write")
    def delete_file(self) -> Json:
        file_id = self.required("file")
        self.uploads.delete(file_id)
        self.actions.remove_file(file_id)
        return {}

    # views.* and assistant.threads.*

    @_method("views.open")
    def open_view(self) -> Json:
        trigger = self.required("trigger_id")
        return {"view": self.views.open(trigger, validate_view(self.structure("view"), "modal"))}

    @_method("views.update")
    def update_view(self) -> Json:
        view_id = self.required("view_id")
        view = validate_view(self.structure("view"), "modal")
        return {"view": self.views.update(view_id, self.text("hash"), view)}

    @_method("views.publish")
    def publish_view(self) -> Json:
        user = self.required("user_id")
        if user not in self.workspace.users:
            raise RefusedError("invalid_arguments", "user not found [json-pointer:/user_id]")
        view = validate_view(self.structure("view"), "home")
        return {"view": self.views.publish(user, self.text("hash"), view)}

    @_method("blocks.validate")
    def validate_layout(self) -> Json:
        blocks, view = self.structure("blocks"), self.structure("view")
        if (blocks is None) == (view is None):
            raise RefusedError(
                "invalid_arguments", "must have exactly one of blocks, message and view [json-pointer:/blocks]"
            )
        if blocks is not None:
            validate_blocks(blocks)
        else:
            validate_view(view, str(view.get("type")) if isinstance(view, dict) else "")
        return {}

    @_method("assistant.threads.setSuggestedPrompts", "assistant:write")
    def set_suggested_prompts(self) -> Json:
        channel = self.channel(self.required("channel_id")).id
        prompts = self.structure("prompts")
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= limits.SUGGESTED_PROMPTS:
            raise RefusedError("invalid_arguments", "must have 1 to 4 items [json-pointer:/prompts]")
        if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
            raise RefusedError("invalid_arguments", "must have a title and a message each [json-pointer:/prompts]")
        self.views.set_prompts(channel, {"title": self.text("title"), "prompts": prompts})
        return {}
