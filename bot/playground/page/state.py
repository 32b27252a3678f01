"""What one person sees of the workspace: a flat mapping from keys to values, and the changes between two of them.

The values are the workspace's own objects. They are replaced, never changed in place: an identical object has not
changed, and only what has changed is turned into JSON.
"""

from __future__ import annotations

from itertools import islice

from bot.models import Json
from bot.playground.interactivity import Interaction
from bot.playground.journal import ApiCall, EventDelivery
from bot.playground.models import Channel, Message, User
from bot.playground.server import FakeSlack

ViewState = dict[str, object]

# Entries of each kind in the inspector's log
_LOG = 200


def view_state(slack: FakeSlack, viewer: str) -> ViewState:
    """Return all that ``viewer`` (a user's id) may see, and the inspector's log."""
    workspace, views = slack.workspace, slack.views
    state: ViewState = {f"user/{user.id}": user for user in workspace.users()}
    for channel in workspace.channels():
        if viewer in channel.members:
            state[f"channel/{channel.id}"] = channel
            state |= {f"message/{one.channel}/{one.ts}": one for one in workspace.messages(channel.id)}
            state[f"prompts/{channel.id}"] = views.prompts(channel.id)
    state |= {f"message/{one.channel}/{one.ts}": one for one in workspace.ephemerals(viewer)}
    state["modals"] = views.open_modals(viewer)
    state["home"] = views.home(viewer)
    state["connections"] = slack.connections
    logs: dict[str, tuple[object, ...]] = {
        "delivery": slack.deliveries,
        "call": slack.calls,
        "interaction": slack.interactivity.interactions(),
    }
    for kind, entries in logs.items():
        start = max(0, len(entries) - _LOG)
        state |= {f"{kind}/{start + at}": entry for at, entry in enumerate(islice(entries, start, None))}
    return state


def changes_between(before: ViewState, after: ViewState) -> Json:
    """Return the new and changed values as JSON (``set``), and the keys that no longer exist (``removed``)."""
    changed = {
        key: _to_json(value)
        for key, value in after.items()
        if key not in before or (before[key] is not value and before[key] != value)
    }
    return {"set": changed, "removed": [key for key in before if key not in after]}


def _to_json(value: object) -> object:
    match value:
        case Message():
            return _message(value)
        case User():
            return {"id": value.id, "name": value.name, "is_bot": value.bot_id is not None}
        case Channel():
            return {"id": value.id, "name": value.name, "kind": value.kind, "members": sorted(value.members)}
        case ApiCall() | Interaction() | EventDelivery():
            return _log_entry(value)
    return value


def _log_entry(entry: ApiCall | Interaction | EventDelivery) -> Json:
    """An entry of the inspector's log."""
    if isinstance(entry, EventDelivery):
        attempts = [
            {"number": one.number, "at": one.at, "took_ms": (one.ended_at - one.at) * 1000, "failure": one.failure}
            for one in entry.attempts
        ]
        return {"id": entry.id, "payload": entry.payload, "attempts": attempts, "is_settled": entry.is_settled}
    time = {"at": entry.at, "took_ms": entry.took_ms}
    if isinstance(entry, ApiCall):
        call = {"method": entry.method, "arguments": entry.arguments, "status": entry.status}
        return call | {"answer": entry.answer} | time
    result = {"failure": entry.reply.failure, "answer": entry.reply.body}
    return {"kind": entry.kind, "payload": entry.payload} | time | result


def _message(message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "thread_ts": message.thread_ts,
        "blocks": list(message.blocks),
        "files": [{"name": one.name, "mimetype": one.mimetype, "size": one.size} for one in message.files],
        "attachments": list(message.attachments),
        "subtype": message.subtype,
        "is_edited": message.edited_ts is not None,
        "reactions": [{"name": name, "users": list(users)} for name, users in message.reactions],
        "is_ephemeral": message.seen_by is not None,
    }
