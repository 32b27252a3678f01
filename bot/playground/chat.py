"""The methods that write: ``chat.*`` and ``reactions.*``; keeps secret which rules of Slack's each of them follows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.playground import limits
from bot.playground.methods import Arguments, Context, Method
from bot.playground.nouns import Json, Message
from bot.playground.validation import RefusedError, checked_blocks, checked_metadata

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


def _thread(context: Context, channel: str, arguments: Arguments) -> str | None:
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


def _message(context: Context, channel: str, ts: str, error: str = "message_not_found") -> Message:
    try:
        return context.workspace.message(channel, ts)
    except KeyError:
        raise RefusedError(error) from None


def _own_message(context: Context, arguments: Arguments, error: str) -> Message:
    channel = context.channel(arguments.required("channel")).id
    message = _message(context, channel, arguments.required("ts"))
    if message.user != context.workspace.bot.id:
        raise RefusedError(error)
    return message


def post_message(context: Context, arguments: Arguments) -> Json:
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
    context.announcer.posted(message)
    return {"channel": channel, "ts": message.ts, "message": context.workspace.shown(message), **content.notes}


def _direct_message(context: Context, user: str) -> str:
    try:
        return context.workspace.direct_message(user).id
    except KeyError:
        raise RefusedError("channel_not_found") from None


def update(context: Context, arguments: Arguments) -> Json:
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
    context.announcer.edited(before, after)
    shown = context.workspace.shown(after)
    return {"channel": message.channel, "ts": message.ts, "text": after.text, "message": shown}


def delete(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.delete."""
    message = _own_message(context, arguments, "cant_delete_message")
    context.announcer.deleted(*context.workspace.remove(message.channel, message.ts))
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.postEphemeral."""
    channel = context.channel(arguments.required("channel"))
    user = arguments.required("user")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(arguments)
    thread_ts = _thread(context, channel.id, arguments)
    shown = context.workspace.whisper(channel.id, user, content.text, thread_ts=thread_ts, blocks=content.blocks)
    return {"message_ts": shown.ts, **content.notes}


def get_permalink(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.getPermalink."""
    channel = context.channel(arguments.required("channel"), as_member=False).id
    message = _message(context, channel, arguments.required("message_ts"))
    return {"channel": channel, "permalink": context.workspace.permalink(message)}


def _react(context: Context, arguments: Arguments, *, stands: bool) -> Json:
    channel = context.channel(arguments.required("channel")).id
    message = _message(context, channel, arguments.required("timestamp"))
    name, user = arguments.required("name").strip(":"), context.workspace.bot.id
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise RefusedError("invalid_name")
    if not context.workspace.react(channel, message.ts, name, user, stands=stands):
        raise RefusedError("already_reacted" if stands else "no_reaction")
    context.announcer.reacted(message, name, user, stands=stands)
    return {}


def add_reaction(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/reactions.add."""
    return _react(context, arguments, stands=True)


def remove_reaction(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/reactions.remove."""
    return _react(context, arguments, stands=False)


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",)),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, reads_json=False),
    "reactions.add": Method(add_reaction, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, ("reactions:write",)),
}
