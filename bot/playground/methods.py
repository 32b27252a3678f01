"""The Web API methods that the bot calls, each as documented on docs.slack.dev/reference/methods."""

from __future__ import annotations

import base64
import binascii
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
from bot.playground.models import Channel, Message, RefusedError, is_workflow
from bot.playground.workspace import AppViews, Workspace

_TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")
# The part of a scope that names a kind of channel
_SCOPES = {"channel": "channels", "group": "groups", "mpim": "mpim", "im": "im"}


class Arguments:
    """A call's arguments; in a form, lists and objects are JSON strings."""

    def __init__(self, given: Json) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """Return a string, empty if it is not given."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise RefusedError("invalid_arguments", f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not value.isdecimal():
            raise RefusedError("invalid_arguments", f"must be an integer [json-pointer:/{name}]")
        return int(value) if value else default

    def structure(self, name: str) -> Any:
        """Return a list or an object, None if it is not given."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError as error:
            raise RefusedError("invalid_arguments", f"must be JSON [json-pointer:/{name}]") from error


@dataclass(frozen=True, slots=True)
class MethodContext:
    """What methods work on; they act as the app's bot user."""

    actions: WorkspaceActions
    workspace: Workspace
    views: AppViews
    issue_url: Callable[[], str]

    def require_scope(self, *scopes: str) -> None:
        """Refuse the call unless one of ``scopes`` is granted, or none is given."""
        if scopes and not self.actions.scopes.intersection(scopes):
            provided = ",".join(sorted(self.actions.scopes))
            raise RefusedError("missing_scope", needed=",".join(scopes), provided=provided)

    def channel(self, channel_id: str, *, as_member: bool = True) -> Channel:
        """Return a channel that the bot can see and, by default, is a member of; RefusedError otherwise."""
        try:
            channel = self.workspace.channel(channel_id)
        except KeyError:
            raise RefusedError("channel_not_found") from None
        if self.workspace.bot.id not in channel.members:
            if channel.kind != "channel":
                raise RefusedError("channel_not_found")
            if as_member:
                raise RefusedError("not_in_channel")
        return channel

    def message(self, channel: str, ts: str, error: str = "message_not_found") -> Message:
        """Return a message; RefusedError with this ``error`` if it does not exist."""
        try:
            return self.workspace.message(channel, ts)
        except KeyError:
            raise RefusedError(error) from None


@dataclass(frozen=True, slots=True)
class Method:
    """A method: ``scopes`` of which one must be granted, the token it takes, and whether it reads a JSON body."""

    call: Callable[[MethodContext, Arguments], Json]
    scopes: tuple[str, ...] = ()
    token: Literal["bot", "app"] = "bot"
    reads_json: bool = True


# chat.*


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
class _Content:
    text: str
    blocks: tuple[Json, ...]
    metadata: Json | None
    warnings: Json


def _content(arguments: Arguments) -> _Content:
    given = arguments.structure("blocks")
    blocks = () if given is None else validate_blocks(given)
    text = arguments.text("text")
    if not text.strip() and not blocks:
        raise RefusedError("no_text")
    metadata = arguments.structure("metadata")
    warnings: Json = {}
    if len(text) > limits.MESSAGE_TEXT:
        text = text[: limits.MESSAGE_TEXT]
        warnings = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return _Content(text, blocks, None if metadata is None else validate_metadata(metadata), warnings)


def _thread_ts(context: MethodContext, channel: str, arguments: Arguments) -> str | None:
    """The root that ``thread_ts`` names; a reply is refused, because Slack asks for the parent's timestamp."""
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    if not _TIMESTAMP.fullmatch(thread_ts):
        raise RefusedError("invalid_thread_ts", f"{thread_ts} is not a valid thread_ts")
    root = context.message(channel, thread_ts, "thread_not_found")
    if root.thread_ts not in (None, root.ts):
        raise RefusedError("thread_not_found")
    return thread_ts


def _own_message(context: MethodContext, arguments: Arguments, error: str) -> Message:
    channel = context.channel(arguments.required("channel")).id
    message = context.message(channel, arguments.required("ts"))
    if message.user != context.workspace.bot.id:
        raise RefusedError(error)
    return message


def post_message(context: MethodContext, arguments: Arguments) -> Json:
    """chat.postMessage; a user id as the channel means the direct message with that person."""
    channel = arguments.required("channel")
    if channel.startswith("U"):
        try:
            channel = context.workspace.direct_message(channel).id
        except KeyError:
            raise RefusedError("channel_not_found") from None
    context.channel(channel)
    content = _content(arguments)
    message = context.actions.post(
        channel,
        context.workspace.bot.id,
        content.text,
        thread_ts=_thread_ts(context, channel, arguments),
        blocks=content.blocks,
        metadata=content.metadata,
    )
    return {"channel": channel, "ts": message.ts, "message": context.workspace.to_json(message), **content.warnings}


def update(context: MethodContext, arguments: Arguments) -> Json:
    """chat.update; what is not given does not change."""
    message = _own_message(context, arguments, "cant_update_message")
    content = _content(arguments)
    if len(content.text) > limits.UPDATE_TEXT:
        raise RefusedError("msg_too_long")
    after = context.actions.update(
        message,
        text=content.text if "text" in arguments.given else None,
        blocks=content.blocks if "blocks" in arguments.given else None,
        metadata=content.metadata,
    )
    shown = context.workspace.to_json(after)
    return {"channel": message.channel, "ts": message.ts, "text": after.text, "message": shown}


def delete(context: MethodContext, arguments: Arguments) -> Json:
    """chat.delete"""
    message = _own_message(context, arguments, "cant_delete_message")
    context.actions.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(context: MethodContext, arguments: Arguments) -> Json:
    """chat.postEphemeral"""
    channel = context.channel(arguments.required("channel"))
    user = arguments.required("user")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(arguments)
    message = context.workspace.post_ephemeral(
        channel.id, user, content.text, thread_ts=_thread_ts(context, channel.id, arguments), blocks=content.blocks
    )
    return {"message_ts": message.ts, **content.warnings}


def get_permalink(context: MethodContext, arguments: Arguments) -> Json:
    """chat.getPermalink"""
    channel = context.channel(arguments.required("channel"), as_member=False).id
    message = context.message(channel, arguments.required("message_ts"))
    return {"channel": channel, "permalink": context.workspace.permalink(message)}


# auth.*, apps.*, conversations.* and users.*


def auth_test(context: MethodContext, arguments: Arguments) -> Json:
    """auth.test"""
    team, bot = context.workspace.team, context.workspace.bot
    url = f"https://{team.domain}.slack.com/"
    identity = {"user": bot.name.lower(), "team_id": team.id, "user_id": bot.id, "bot_id": bot.bot_id}
    return {"url": url, "team": team.name, **identity, "is_enterprise_install": False}


def open_connection(context: MethodContext, arguments: Arguments) -> Json:
    """apps.connections.open"""
    return {"url": context.issue_url()}


def _readable_channel(context: MethodContext, arguments: Arguments, permission: str, *, as_member: bool) -> Channel:
    channel = context.channel(arguments.required("channel"), as_member=as_member)
    context.require_scope(f"{_SCOPES[channel.kind]}:{permission}")
    return channel


def history(context: MethodContext, arguments: Arguments) -> Json:
    """conversations.history: newest first, without replies."""
    channel = _readable_channel(context, arguments, "history", as_member=True)
    roots = [one for one in context.workspace.messages(channel.id) if one.thread_ts in (None, one.ts)]
    return _page(context, arguments, _within_time(arguments, roots)[::-1])


def replies(context: MethodContext, arguments: Arguments) -> Json:
    """conversations.replies: oldest first; ``ts`` is the root's or any reply's."""
    channel = _readable_channel(context, arguments, "history", as_member=True)
    message = context.message(channel.id, arguments.required("ts"), "thread_not_found")
    root, *others = context.workspace.thread(channel.id, message.thread_ts or message.ts)
    return _page(context, arguments, [root, *_within_time(arguments, others)])


def info(context: MethodContext, arguments: Arguments) -> Json:
    """conversations.info"""
    channel = _readable_channel(context, arguments, "read", as_member=False)
    return {"channel": channel.to_json(context.workspace.bot.id)}


def members(context: MethodContext, arguments: Arguments) -> Json:
    """conversations.members"""
    channel = _readable_channel(context, arguments, "read", as_member=False)
    return {"members": list(channel.members), "response_metadata": {"next_cursor": ""}}


def user_info(context: MethodContext, arguments: Arguments) -> Json:
    """users.info"""
    user = arguments.required("user")
    try:
        if is_workflow(user):
            raise KeyError(user)
        return {"user": context.workspace.user(user).to_json(context.workspace.team)}
    except KeyError:
        raise RefusedError("user_not_found") from None


def _within_time(arguments: Arguments, messages: Sequence[Message]) -> list[Message]:
    """The messages between ``oldest`` and ``latest``, including these if ``inclusive``."""
    oldest, latest = _time(arguments, "oldest"), _time(arguments, "latest")
    included = (oldest, latest) if arguments.flag("inclusive") else ()
    found = []
    for message in messages:
        at = Decimal(message.ts)
        if at in included or ((oldest is None or at > oldest) and (latest is None or at < latest)):
            found.append(message)
    return found


def _time(arguments: Arguments, name: str) -> Decimal | None:
    try:
        return Decimal(arguments.text(name)) if arguments.text(name) else None
    except InvalidOperation:
        raise RefusedError(f"invalid_ts_{name}") from None


def _page(context: MethodContext, arguments: Arguments, messages: Sequence[Message]) -> Json:
    """The page at ``cursor``, the base64 of ``next:`` and the position of its first message."""
    cursor = arguments.text("cursor")
    try:
        start = int(base64.b64decode(cursor).decode().removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise RefusedError("invalid_cursor") from None
    limit = min(arguments.number("limit", limits.PAGE), limits.LARGEST_PAGE)
    if limit < 1:
        raise RefusedError("invalid_limit")
    end = start + limit
    with_metadata = arguments.flag("include_all_metadata")
    shown = [context.workspace.to_json(message, with_metadata=with_metadata) for message in messages[start:end]]
    page: Json = {"messages": shown, "has_more": end < len(messages)}
    if page["has_more"]:
        page["response_metadata"] = {"next_cursor": base64.b64encode(f"next:{end}".encode()).decode()}
    return page


# views.* and assistant.threads.*


def open_view(context: MethodContext, arguments: Arguments) -> Json:
    """views.open"""
    trigger = arguments.required("trigger_id")
    return {"view": context.views.open(trigger, validate_view(arguments.structure("view"), "modal"))}


def update_view(context: MethodContext, arguments: Arguments) -> Json:
    """views.update"""
    view_id = arguments.required("view_id")
    view = validate_view(arguments.structure("view"), "modal")
    return {"view": context.views.update(view_id, arguments.text("hash"), view)}


def publish_view(context: MethodContext, arguments: Arguments) -> Json:
    """views.publish"""
    user = arguments.required("user_id")
    try:
        context.workspace.user(user)
    except KeyError:
        raise RefusedError("invalid_arguments", "user not found [json-pointer:/user_id]") from None
    view = validate_view(arguments.structure("view"), "home")
    return {"view": context.views.publish(user, arguments.text("hash"), view)}


def validate_layout(_context: MethodContext, arguments: Arguments) -> Json:
    """blocks.validate"""
    blocks, view = arguments.structure("blocks"), arguments.structure("view")
    if (blocks is None) == (view is None):
        raise RefusedError(
            "invalid_arguments", "must have exactly one of blocks, message and view [json-pointer:/blocks]"
        )
    if blocks is not None:
        validate_blocks(blocks)
    else:
        validate_view(view, str(view.get("type")) if isinstance(view, dict) else "")
    return {}


def set_suggested_prompts(context: MethodContext, arguments: Arguments) -> Json:
    """assistant.threads.setSuggestedPrompts"""
    channel = context.channel(arguments.required("channel_id")).id
    prompts = arguments.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= limits.SUGGESTED_PROMPTS:
        raise RefusedError("invalid_arguments", "must have 1 to 4 items [json-pointer:/prompts]")
    if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
        raise RefusedError("invalid_arguments", "must have a title and a message each [json-pointer:/prompts]")
    context.views.set_prompts(channel, {"title": arguments.text("title"), "prompts": prompts})
    return {}


_HISTORY, _READ = (tuple(f"{kind}:{permission}" for kind in _SCOPES.values()) for permission in ("history", "read"))

METHODS = {
    "apps.connections.open": Method(open_connection, token="app"),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, ("assistant:write",)),
    "auth.test": Method(auth_test),
    "blocks.validate": Method(validate_layout),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, reads_json=False),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "conversations.history": Method(history, _HISTORY, reads_json=False),
    "conversations.info": Method(info, _READ, reads_json=False),
    "conversations.members": Method(members, _READ, reads_json=False),
    "conversations.replies": Method(replies, _HISTORY, reads_json=False),
    "users.info": Method(user_info, ("users:read",), reads_json=False),
    "views.open": Method(open_view),
    "views.publish": Method(publish_view),
    "views.update": Method(update_view),
}
