"""A markdown block's text as a tree of plain elements, for a page that never reads markup; keeps secret the parser.

What one person sees of the workspace, as a flat picture; keeps secret how its changes are found.

A picture maps a key to the very object that the stand-in keeps, which is never changed in place: what is still the same
object has not changed, and only what has is put into JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.models import Json
from bot.playground.interactivity import Interaction
from bot.playground.journal import ApiCall, EventDelivery
from bot.playground.models import Channel, Message, User
from bot.playground.server import FakeSlack

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_TAGS = {"code_inline": "code", "fence": "pre", "code_block": "pre", "hr": "hr"}


def as_tree(text: str) -> list[Json | str]:
    """Elements ``{"tag", "href"?, "children"}`` and texts, in order; pictures are shown by their descriptions."""
    return _children(_parser.parse(text))


def _children(tokens: Sequence[Token]) -> list[Json | str]:
    root: list[Json | str] = []
    open_lists = [root]
    for token in tokens:
        if token.nesting == 1 and not token.hidden:
            element: Json = {"tag": token.tag, "children": []}
            if "href" in token.attrs:
                element["href"] = str(token.attrs["href"])
            open_lists[-1].append(element)
            open_lists.append(element["children"])
        elif token.nesting == -1 and not token.hidden:
            open_lists.pop()
        elif token.nesting == 0:
            open_lists[-1].extend(_leaf(token))
    return root


def _leaf(token: Token) -> list[Json | str]:
    if token.type == "inline":
        return _children(token.children or ())
    if token.type in ("softbreak", "hardbreak"):
        return ["\n"]
    tag = _TAGS.get(token.type)
    return [{"tag": tag, "children": [token.content] if token.content else []}] if tag else [token.content]


ViewState = dict[str, object]

# The latest of each kind are kept in the inspector
_LOG = 200


def view_state(slack: FakeSlack, viewer: str) -> ViewState:
    """All that ``viewer`` (a user's id) may see, and the inspector's log."""
    workspace, views = slack.workspace, slack.views
    picture: ViewState = {f"user/{user.id}": user for user in workspace.users()}
    visible = [channel for channel in workspace.channels() if viewer in channel.members]
    for channel in visible:
        picture[f"channel/{channel.id}"] = channel
        picture |= {f"message/{one.channel}/{one.ts}": one for one in workspace.messages(channel.id)}
        picture[f"prompts/{channel.id}"] = views.prompts(channel.id)
    picture |= {f"message/{one.channel}/{one.ts}": one for one in workspace.ephemerals(viewer)}
    picture |= {f"status/{where}/{thread}": text for (where, thread), text in views.statuses().items()}
    picture["modals"] = views.open_modals(viewer)
    picture["home"] = views.home(viewer)
    picture["connections"] = slack.connections
    for kind, entries in (
        ("delivery", slack.deliveries),
        ("call", slack.calls),
        ("interaction", slack.interactivity.interactions()),
    ):
        start = max(0, len(entries) - _LOG)
        picture |= {f"{kind}/{start + at}": entry for at, entry in enumerate(islice(entries, start, None))}
    return picture


def changes_between(before: ViewState, after: ViewState) -> Json:
    """What is new or different (``set``, in JSON's terms) and what is no longer there (``gone``)."""
    changed = {key: in_json(value) for key, value in after.items() if _differs(before, key, value)}
    return {"set": changed, "gone": [key for key in before if key not in after]}


def _differs(before: ViewState, key: str, value: object) -> bool:
    return key not in before or (before[key] is not value and before[key] != value)


def in_json(value: object) -> object:
    """One entry of a picture as the page reads it."""
    match value:
        case Message():
            return _message(value)
        case User():
            return {"id": value.id, "name": value.name, "is_bot": value.bot_id is not None}
        case Channel():
            return {"id": value.id, "name": value.name, "kind": value.kind, "members": sorted(value.members)}
        case EventDelivery() | ApiCall() | Interaction():
            return _entry(value)
    return value


def _message(message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "thread_ts": message.thread_ts,
        "blocks": [_readable(block) for block in message.blocks],
        "files": [{"name": one.name, "mimetype": one.mimetype, "size": one.size} for one in message.files],
        "attachments": list(message.attachments),
        "subtype": message.subtype,
        "is_edited": message.edited_ts is not None,
        "reactions": [{"name": name, "users": list(users)} for name, users in message.reactions],
        "is_ephemeral": message.seen_by is not None,
    }


def _readable(block: Json) -> Json:
    return block | {"tree": as_tree(block["text"])} if block["type"] == "markdown" else block


def _entry(entry: EventDelivery | ApiCall | Interaction) -> Json:
    """An entry of the inspector's log."""
    if isinstance(entry, ApiCall):
        told = {"method": entry.method, "arguments": entry.arguments, "status": entry.status, "answer": entry.answer}
        return told | {"at": entry.at, "took_ms": entry.took_ms}
    if isinstance(entry, Interaction):
        told = {"kind": entry.kind, "payload": entry.payload, "at": entry.at, "took_ms": entry.took_ms}
        return told | {"failure": entry.reply.failure, "answer": entry.reply.body}
    attempts = [
        {"number": one.number, "at": one.at, "took_ms": (one.ended_at - one.at) * 1000, "failure": one.failure}
        for one in entry.attempts
    ]
    return {"id": entry.id, "payload": entry.payload, "attempts": attempts, "is_settled": entry.is_settled}
