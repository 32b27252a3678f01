"""What a Web API method is: its arguments, its scopes and what it works on; keeps secret how structures are coded.

The methods that write: ``chat.*`` and ``reactions.*``; keeps secret which rules of Slack's each of them follows.

The methods that read: ``auth.test``, ``conversations.*`` and ``….info``; keeps secret how pages are cut.

The methods that show things besides messages: ``views.*`` and ``assistant.threads.*``; keeps secret their rules.
"""

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
from bot.playground.events import EventPublisher
from bot.playground.models import Channel, Message
from bot.playground.validation import RefusedError, checked_blocks, checked_metadata, checked_view, invalid_arguments
from bot.playground.views import AppViews
from bot.playground.workspace import Workspace


class Arguments:
    """A call's arguments; a form's structures come as JSON in a string."""

    def __init__(self, given: Json) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """A string, empty when it is not given."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not value.isdecimal():
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]")
        return int(value) if value else default

    def structure(self, name: str) -> Any:
        """A list or an object; None when it is not given."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError as error:
            raise invalid_arguments(f"must be JSON [json-pointer:/{name}]") from error


@dataclass(frozen=True, slots=True)
class MethodContext:
    """What a method works on, on behalf of the app's bot user."""

    workspace: Workspace
    views: AppViews
    publisher: EventPublisher
    scopes: frozenset[str]
    issue_address: Callable[[], str]

    def need(self, *scopes: str) -> None:
        """Refuse the call unless one of ``scopes`` is granted."""
        if scopes and not self.scopes.intersection(scopes):
            provided = ",".join(sorted(self.scopes))
            raise RefusedError("missing_scope", needed=",".join(scopes), provided=provided)

    def channel(self, channel_id: str, *, as_member: bool = True) -> Channel:
        """A channel that the app may see and, unless told otherwise, is a member of."""
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


Handler = Callable[[MethodContext, Arguments], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: ``scopes`` of which one must be granted, the kind of token, and whether it reads a JSON body."""

    answer: Handler
    scopes: tuple[str, ...] = ()
    token: Literal["bot", "app"] = "bot"
    reads_json: bool = True


_TIMESTAMP = re.compile(r"\d{1,12}\.\d{6}")


@dataclass(frozen=True, slots=True)
class _Content:
    text: str
    blocks: tuple[Json, ...]
    metadata: Json | None
    notes: Json


def _content(arguments: Arguments) -> _Content:
    given = arguments.structure("blocks")
    blocks = () if given is None else checked_blocks(given)
    text = arguments.text("text")
    if not text.strip() and not blocks:
        raise RefusedError("no_text")
    metadata = arguments.structure("metadata")
    notes: Json = {}
    if len(text) > limits.MESSAGE_TEXT:
        text = text[: limits.MESSAGE_TEXT]
        notes = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return _Content(text, blocks, None if metadata is None else checked_metadata(metadata), notes)


def _thread(context: MethodContext, channel: str, arguments: Arguments) -> str | None:
    """The root that ``thread_ts`` names. A reply is no root: Slack's page says to give the parent's timestamp."""
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    if not _TIMESTAMP.fullmatch(thread_ts):
        told = {"messages": [f"[ERROR] {thread_ts} is not a valid thread_ts"]}
        raise RefusedError("invalid_thread_ts", response_metadata=told)
    root = _message(context, channel, thread_ts, "thread_not_found")
    if root.thread_ts not in (None, root.ts):
        raise RefusedError("thread_not_found")
    return thread_ts


def _message(context: MethodContext, channel: str, ts: str, error: str = "message_not_found") -> Message:
    try:
        return context.workspace.message(channel, ts)
    except KeyError:
        raise RefusedError(error) from None


def _own_message(context: MethodContext, arguments: Arguments, error: str) -> Message:
    channel = context.channel(arguments.required("channel")).id
    message = _message(context, channel, arguments.required("ts"))
    if message.user != context.workspace.bot.id:
        raise RefusedError(error)
    return message


def post_message(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.postMessage; a person's id stands for the direct message with them."""
    where = arguments.required("channel")
    if where.startswith("U"):
        where = _direct_message(context, where)
    channel = context.channel(where).id
    content = _content(arguments)
    message = context.workspace.post(
        channel,
        context.workspace.bot.id,
        content.text,
        thread_ts=_thread(context, channel, arguments),
        blocks=content.blocks,
        metadata=content.metadata,
    )
    context.publisher.posted(message)
    return {"channel": channel, "ts": message.ts, "message": context.workspace.to_json(message), **content.notes}


def _direct_message(context: MethodContext, user: str) -> str:
    try:
        return context.workspace.direct_message(user).id
    except KeyError:
        raise RefusedError("channel_not_found") from None


def update(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.update: what is not given stays."""
    message = _own_message(context, arguments, "cant_update_message")
    content = _content(arguments)
    if len(content.text) > limits.UPDATE_TEXT:
        raise RefusedError("msg_too_long")
    before, after = context.workspace.edit(
        message.channel,
        message.ts,
        text=content.text if "text" in arguments.given else None,
        blocks=content.blocks if "blocks" in arguments.given else None,
        metadata=content.metadata,
    )
    context.publisher.edited(before, after)
    shown = context.workspace.to_json(after)
    return {"channel": message.channel, "ts": message.ts, "text": after.text, "message": shown}


def delete(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.delete."""
    message = _own_message(context, arguments, "cant_delete_message")
    context.publisher.deleted(*context.workspace.remove(message.channel, message.ts))
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.postEphemeral."""
    channel = context.channel(arguments.required("channel"))
    user = arguments.required("user")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(arguments)
    thread_ts = _thread(context, channel.id, arguments)
    shown = context.workspace.post_ephemeral(channel.id, user, content.text, thread_ts=thread_ts, blocks=content.blocks)
    return {"message_ts": shown.ts, **content.notes}


def get_permalink(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.getPermalink."""
    channel = context.channel(arguments.required("channel"), as_member=False).id
    message = _message(context, channel, arguments.required("message_ts"))
    return {"channel": channel, "permalink": context.workspace.permalink(message)}


def _react(context: MethodContext, arguments: Arguments, *, is_added: bool) -> Json:
    channel = context.channel(arguments.required("channel")).id
    message = _message(context, channel, arguments.required("timestamp"))
    name, user = arguments.required("name").strip(":"), context.workspace.bot.id
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise RefusedError("invalid_name")
    if not context.workspace.react(channel, message.ts, name, user, is_added=is_added):
        raise RefusedError("already_reacted" if is_added else "no_reaction")
    context.publisher.reacted(message, name, user, is_added=is_added)
    return {}


def add_reaction(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/reactions.add."""
    return _react(context, arguments, is_added=True)


def remove_reaction(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/reactions.remove."""
    return _react(context, arguments, is_added=False)


CHAT_METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, reads_json=False),
    "reactions.add": Method(add_reaction, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, ("reactions:write",)),
}

_FAMILY = {"channel": "channels", "group": "groups", "mpim": "mpim", "im": "im"}


def _family(verb: str) -> tuple[str, ...]:
    return tuple(f"{family}:{verb}" for family in _FAMILY.values())


def _readable(context: MethodContext, arguments: Arguments, verb: str, *, as_member: bool) -> Channel:
    channel = context.channel(arguments.required("channel"), as_member=as_member)
    context.need(f"{_FAMILY[channel.kind]}:{verb}")
    return channel


def auth_test(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/auth.test."""
    team, bot = context.workspace.team, context.workspace.bot
    url = f"https://{team.domain}.slack.com/"
    who = {"user": bot.name.lower(), "team_id": team.id, "user_id": bot.id, "bot_id": bot.bot_id}
    return {"url": url, "team": team.name, **who, "is_enterprise_install": False}


def open_connection(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/apps.connections.open."""
    return {"url": context.issue_address()}


def history(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.history: newest first, without replies."""
    channel = _readable(context, arguments, "history", as_member=True)
    roots = [one for one in context.workspace.messages(channel.id) if one.thread_ts in (None, one.ts)]
    return _page(context, arguments, _between(arguments, roots)[::-1])


def replies(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.replies: oldest first; ``ts`` names the root or any reply."""
    channel = _readable(context, arguments, "history", as_member=True)
    try:
        named = context.workspace.message(channel.id, arguments.required("ts"))
    except KeyError:
        raise RefusedError("thread_not_found") from None
    root, *others = context.workspace.thread(channel.id, named.thread_ts or named.ts)
    return _page(context, arguments, [root, *_between(arguments, others)])


def info(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.info."""
    channel = _readable(context, arguments, "read", as_member=False)
    return {"channel": channel.to_json(context.workspace.bot.id)}


def open_conversation(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.open, for the direct message with one person."""
    channel, users = arguments.text("channel"), arguments.text("users").split(",")
    if channel:
        opened = context.channel(channel)
    elif len(users) == 1 and users[0]:
        try:
            opened = context.workspace.direct_message(users[0])
        except KeyError:
            raise RefusedError("user_not_found") from None
    else:
        raise RefusedError("users_list_not_supplied" if users == [""] else "not_enough_users")
    return {"channel": opened.to_json(context.workspace.bot.id) if arguments.flag("return_im") else {"id": opened.id}}


def user_info(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.info."""
    try:
        return {"user": context.workspace.user(arguments.required("user")).to_json(context.workspace.team)}
    except KeyError:
        raise RefusedError("user_not_found") from None


def bot_info(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/bots.info."""
    try:
        user = context.workspace.user_of_bot(arguments.required("bot"))
    except KeyError:
        raise RefusedError("bot_not_found") from None
    return {"bot": {"id": user.bot_id, "deleted": False, "name": user.name, "app_id": user.app_id, "user_id": user.id}}


def _between(arguments: Arguments, messages: Sequence[Message]) -> list[Message]:
    oldest, latest = _time(arguments, "oldest"), _time(arguments, "latest")
    borders = (oldest, latest) if arguments.flag("inclusive") else ()
    kept = []
    for message in messages:
        at = Decimal(message.ts)
        if at in borders or ((oldest is None or at > oldest) and (latest is None or at < latest)):
            kept.append(message)
    return kept


def _time(arguments: Arguments, name: str) -> Decimal | None:
    try:
        return Decimal(arguments.text(name)) if arguments.text(name) else None
    except InvalidOperation:
        raise RefusedError(f"invalid_ts_{name}") from None


def _page(context: MethodContext, arguments: Arguments, messages: Sequence[Message]) -> Json:
    start = _start(arguments.text("cursor"))
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


def _start(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise RefusedError("invalid_cursor") from None


CONVERSATION_METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, token="app"),
    "conversations.history": Method(history, _family("history"), reads_json=False),
    "conversations.replies": Method(replies, _family("history"), reads_json=False),
    "conversations.info": Method(info, _family("read"), reads_json=False),
    "conversations.open": Method(open_conversation, ("im:write", "mpim:write", "channels:manage", "groups:write")),
    "users.info": Method(user_info, ("users:read",), reads_json=False),
    "bots.info": Method(bot_info, ("users:read",), reads_json=False),
}


def open_view(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.open."""
    trigger = arguments.required("trigger_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.views.open(trigger, view)}


def push_view(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.push."""
    trigger = arguments.required("trigger_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.views.push(trigger, view)}


def update_view(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.update."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id")
    view = checked_view(arguments.structure("view"), "modal")
    return {"view": context.views.update(view_id, external_id, arguments.text("hash"), view)}


def publish_view(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/views.publish."""
    user = arguments.required("user_id")
    try:
        context.workspace.user(user)
    except KeyError:
        raise invalid_arguments("user not found [json-pointer:/user_id]") from None
    view = checked_view(arguments.structure("view"), "home")
    return {"view": context.views.publish(user, arguments.text("hash"), view)}


def set_status(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/assistant.threads.setStatus."""
    channel = context.channel(arguments.required("channel_id")).id
    thread_ts = arguments.required("thread_ts")
    if not context.workspace.thread(channel, thread_ts):
        raise RefusedError("thread_not_found")
    if len(arguments.structure("loading_messages") or []) > limits.LOADING_MESSAGES:
        raise invalid_arguments("no more than 10 items allowed [json-pointer:/loading_messages]")
    context.views.set_status(channel, thread_ts, arguments.text("status"))
    return {}


def set_suggested_prompts(context: MethodContext, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts."""
    channel = context.channel(arguments.required("channel_id")).id
    prompts = arguments.structure("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= limits.SUGGESTED_PROMPTS:
        raise invalid_arguments("must have 1 to 4 items [json-pointer:/prompts]")
    if not all(isinstance(one, dict) and one.get("title") and one.get("message") for one in prompts):
        raise invalid_arguments("must have a title and a message each [json-pointer:/prompts]")
    context.views.set_prompts(channel, {"title": arguments.text("title"), "prompts": prompts})
    return {}


VIEW_METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish_view),
    # chat:write has sufficed for the status since 2026-03; assistant:write is to stop working for it
    "assistant.threads.setStatus": Method(set_status, ("chat:write", "assistant:write")),
    "assistant.threads.setSuggestedPrompts": Method(set_suggested_prompts, ("assistant:write",)),
}
