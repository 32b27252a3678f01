"""The methods that read: ``auth.test``, ``conversations.*`` and ``….info``; keeps secret how pages are cut."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from bot.playground import limits
from bot.playground.methods import Arguments, Context, Method
from bot.playground.nouns import Channel, Json, Message
from bot.playground.validation import RefusedError

_FAMILY = {"channel": "channels", "group": "groups", "mpim": "mpim", "im": "im"}


def _family(verb: str) -> tuple[str, ...]:
    return tuple(f"{family}:{verb}" for family in _FAMILY.values())


def _readable(context: Context, arguments: Arguments, verb: str, *, as_member: bool) -> Channel:
    channel = context.channel(arguments.required("channel"), as_member=as_member)
    context.need(f"{_FAMILY[channel.kind]}:{verb}")
    return channel


def auth_test(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/auth.test."""
    team, bot = context.workspace.team, context.workspace.bot
    url = f"https://{team.domain}.slack.com/"
    who = {"user": bot.name.lower(), "team_id": team.id, "user_id": bot.id, "bot_id": bot.bot_id}
    return {"url": url, "team": team.name, **who, "is_enterprise_install": False}


def open_connection(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/apps.connections.open."""
    return {"url": context.issue_address()}


def history(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.history: newest first, without replies."""
    channel = _readable(context, arguments, "history", as_member=True)
    roots = [one for one in context.workspace.messages(channel.id) if one.thread_ts in (None, one.ts)]
    return _page(context, arguments, _between(arguments, roots)[::-1])


def replies(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.replies: oldest first; ``ts`` names the root or any reply."""
    channel = _readable(context, arguments, "history", as_member=True)
    try:
        named = context.workspace.message(channel.id, arguments.required("ts"))
    except KeyError:
        raise RefusedError("thread_not_found") from None
    root, *others = context.workspace.thread(channel.id, named.thread_ts or named.ts)
    return _page(context, arguments, [root, *_between(arguments, others)])


def info(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.info."""
    channel = _readable(context, arguments, "read", as_member=False)
    return {"channel": channel.shown(context.workspace.bot.id)}


def open_conversation(context: Context, arguments: Arguments) -> Json:
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
    return {"channel": opened.shown(context.workspace.bot.id) if arguments.flag("return_im") else {"id": opened.id}}


def user_info(context: Context, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/users.info."""
    try:
        return {"user": context.workspace.user(arguments.required("user")).shown(context.workspace.team)}
    except KeyError:
        raise RefusedError("user_not_found") from None


def bot_info(context: Context, arguments: Arguments) -> Json:
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


def _page(context: Context, arguments: Arguments, messages: Sequence[Message]) -> Json:
    start = _start(arguments.text("cursor"))
    limit = min(arguments.number("limit", limits.PAGE), limits.LARGEST_PAGE)
    if limit < 1:
        raise RefusedError("invalid_limit")
    end = start + limit
    with_metadata = arguments.flag("include_all_metadata")
    shown = [context.workspace.shown(message, with_metadata=with_metadata) for message in messages[start:end]]
    page: Json = {"messages": shown, "has_more": end < len(messages)}
    if page["has_more"]:
        page["response_metadata"] = {"next_cursor": base64.b64encode(f"next:{end}".encode()).decode()}
    return page


def _start(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise RefusedError("invalid_cursor") from None


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, token="app"),
    "conversations.history": Method(history, _family("history"), reads_json=False),
    "conversations.replies": Method(replies, _family("history"), reads_json=False),
    "conversations.info": Method(info, _family("read"), reads_json=False),
    "conversations.open": Method(open_conversation, ("im:write", "mpim:write", "channels:manage", "groups:write")),
    "users.info": Method(user_info, ("users:read",), reads_json=False),
    "bots.info": Method(bot_info, ("users:read",), reads_json=False),
}
