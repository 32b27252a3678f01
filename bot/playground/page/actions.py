"""What a person can do on the page: a function for each action, whose arguments are the fields that the page sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, validate_call

from bot.models import Json
from bot.playground.interactivity import InteractionResult
from bot.playground.models import File, Message
from bot.playground.server import FakeSlack

_FAILURES = {
    "invalid_command": "is not a command of this app.",
    "timeout": "did not respond within 3 seconds.",
    "http_timeout": "did not respond within 3 seconds.",
    "connection_failed": "is not connected.",
    "invalid_errors": "reported an error for something that is not an input.",
    "push_limit_reached": "tried to open a fourth modal.",
}
# The length that Slack's own input takes
_MAX_TEXT = 12_000
# The number of files that Slack takes with one message
_MAX_FILES = 10
_INVITE = re.compile(r"/invite\s+@?(\S.*)")

NonEmptyText = Annotated[str, Field(min_length=1, max_length=_MAX_TEXT, pattern=r"\S")]
OptionalText = Annotated[str, Field(max_length=_MAX_TEXT)]
Inputs = dict[str, dict[str, str | None]]
Action = Callable[..., Json]

ACTIONS: dict[str, Action] = {}
"""By the name in the URL. An action takes the fake Slack, the id of the person (``viewer``), and its own fields.

It returns the response, and raises ValidationError, ActionRefusedError, or KeyError if something is gone.
"""


class ActionRefusedError(Exception):
    """The action is not possible; ``str(error)`` is a sentence that says why."""


def _action(run: Action) -> Action:
    """Register ``run`` under its name, with hyphens, as a function that validates its arguments."""
    validated = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(run)
    ACTIONS[run.__name__.replace("_", "-")] = validated
    return run


def _check_member(slack: FakeSlack, viewer: str, channel: str) -> None:
    if viewer not in slack.workspace.channel(channel).members:
        raise ActionRefusedError("You are not in this conversation.")


def _message(slack: FakeSlack, viewer: str, channel: str, ts: str) -> Message:
    _check_member(slack, viewer, channel)
    for message in slack.workspace.ephemerals(viewer):
        if (message.channel, message.ts) == (channel, ts):
            return message
    return slack.workspace.message(channel, ts)


def _own_message(slack: FakeSlack, viewer: str, channel: str, ts: str) -> Message:
    message = _message(slack, viewer, channel, ts)
    if message.user != viewer or message.subtype is not None:
        raise ActionRefusedError("Only your own messages can be changed.")
    return message


# Messages


class AttachedFile(BaseModel):
    """A file's name, type and size; its content stays in the browser."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    mimetype: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=0)]


AttachedFiles = Annotated[list[AttachedFile], Field(min_length=1, max_length=_MAX_FILES)]


def _say(
    slack: FakeSlack, viewer: str, channel: str, text: str, thread: str | None, files: Iterable[AttachedFile]
) -> Json:
    _check_member(slack, viewer, channel)
    given = [File(one.name, one.mimetype, one.size) for one in files]
    return {"ts": slack.say(channel, insert_mentions(slack, text), user=viewer, thread=thread, files=given).ts}


@_action
def say(slack: FakeSlack, viewer: str, channel: str, text: NonEmptyText, thread: str | None = None) -> Json:
    return _say(slack, viewer, channel, text, thread, ())


@_action
def attach(
    slack: FakeSlack,
    viewer: str,
    channel: str,
    files: AttachedFiles,
    text: OptionalText = "",
    thread: str | None = None,
) -> Json:
    """Post files, with or without a text."""
    return _say(slack, viewer, channel, text, thread, files)


@_action
def forward(slack: FakeSlack, viewer: str, channel: str, ts: str, to: str, text: OptionalText = "") -> Json:
    message = _message(slack, viewer, channel, ts)
    _check_member(slack, viewer, to)
    if message.seen_by is not None or message.subtype is not None:
        raise ActionRefusedError("This message cannot be forwarded.")
    return {"ts": slack.forward(message, to, insert_mentions(slack, text), user=viewer).ts}


@_action
def edit(slack: FakeSlack, viewer: str, channel: str, ts: str, text: NonEmptyText) -> Json:
    slack.edit(_own_message(slack, viewer, channel, ts), insert_mentions(slack, text))
    return {}


@_action
def delete(slack: FakeSlack, viewer: str, channel: str, ts: str) -> Json:
    slack.delete(_own_message(slack, viewer, channel, ts))
    return {}


@_action
def dismiss(slack: FakeSlack, viewer: str, channel: str, ts: str) -> Json:
    if _message(slack, viewer, channel, ts).seen_by != viewer:
        raise ActionRefusedError("Only messages that are visible to you alone can be dismissed.")
    slack.workspace.delete(channel, ts)
    return {}


Emoji = Annotated[str, Field(pattern=r"^[a-z0-9_+'-]+$")]


@_action
def react(slack: FakeSlack, viewer: str, channel: str, ts: str, name: Emoji, is_added: bool) -> Json:
    slack.react(_message(slack, viewer, channel, ts), name, user=viewer, is_added=is_added)
    return {}


def insert_mentions(slack: FakeSlack, text: str) -> str:
    """Return ``text`` with a mention for each known ``@name`` and ``#name``, as Slack's input does."""
    names = {f"@{user.name}": f"<@{user.id}>" for user in slack.workspace.users()}
    for channel in slack.workspace.channels():
        if channel.kind in ("channel", "group"):
            names[f"#{channel.name}"] = f"<#{channel.id}|{channel.name}>"
    mentions = {name.casefold(): mention for name, mention in names.items()}
    longest_first = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
    return re.sub(
        rf"(?<![\w<])(?:{longest_first})(?!\w)", lambda match: mentions[match[0].casefold()], text, flags=re.IGNORECASE
    )


# The app: clicks, modals, shortcuts and commands


def _response(slack: FakeSlack, result: InteractionResult) -> Json:
    """The errors of inputs, or a sentence about why the app did not respond properly."""
    if result.failure is None:
        return {"errors": result.errors}
    subject = "This" if result.failure == "invalid_command" else slack.workspace.bot.name
    failure = _FAILURES.get(result.failure, f"responded with something that Slack refuses ({result.failure}).")
    return {"failure": f"{subject} {failure}", "errors": {}}


@_action
def click(
    slack: FakeSlack, viewer: str, channel: str, ts: str, block_id: str, action_id: str, value: str | None = None
) -> Json:
    message = _message(slack, viewer, channel, ts)
    return _response(slack, slack.interactivity.click(message, action_id, value, user=viewer, block_id=block_id))


@_action
def click_in_view(
    slack: FakeSlack,
    viewer: str,
    view_id: str,
    block_id: str,
    action_id: str,
    value: str | None = None,
    inputs: Inputs | None = None,
) -> Json:
    views = (*slack.views.open_modals(viewer), slack.views.home(viewer))
    view = next((view for view in views if view and view["id"] == view_id), None)
    if view is None:
        raise ActionRefusedError("This view is closed.")
    result = slack.interactivity.click_in_view(view, action_id, value, user=viewer, block_id=block_id, inputs=inputs)
    return _response(slack, result)


@_action
def submit(slack: FakeSlack, viewer: str, view_id: str, inputs: Inputs | None = None) -> Json:
    return _response(slack, slack.interactivity.submit(view_id, inputs))


@_action
def close(slack: FakeSlack, viewer: str, view_id: str, is_cleared: bool = False) -> Json:
    slack.interactivity.close(view_id, is_cleared=is_cleared)
    return {}


@_action
def use_shortcut(slack: FakeSlack, viewer: str, channel: str, ts: str, callback_id: str) -> Json:
    message = _message(slack, viewer, channel, ts)
    return _response(slack, slack.interactivity.use_shortcut(callback_id, user=viewer, message=message))


@_action
def use_global_shortcut(slack: FakeSlack, viewer: str, callback_id: str) -> Json:
    return _response(slack, slack.interactivity.use_shortcut(callback_id, user=viewer))


@_action
def run_command(slack: FakeSlack, viewer: str, channel: str, line: NonEmptyText) -> Json:
    """Run a command of the app, or Slack's own ``/invite``."""
    _check_member(slack, viewer, channel)
    invited = _INVITE.fullmatch(line.strip())
    if invited is None:
        return _response(slack, slack.interactivity.run_command(channel, line, user=viewer))
    user = next((one for one in slack.workspace.users() if one.name.casefold() == invited[1].casefold()), None)
    if user is None:
        return {"failure": f"There is nobody called {invited[1]}.", "errors": {}}
    if user.id in slack.workspace.channel(channel).members:
        return {"failure": f"{user.name} is already in this channel.", "errors": {}}
    slack.join(channel, user.id, inviter=viewer)
    return {"errors": {}}


@_action
def open_tab(slack: FakeSlack, viewer: str, tab: Literal["home", "messages"]) -> Json:
    slack.open_home(user=viewer, tab=tab)
    return {}


# The inspector


@_action
def deliver_again(slack: FakeSlack, viewer: str, delivery: int) -> Json:
    """Deliver an event again, as Slack's first retry."""
    if not 0 <= delivery < len(slack.deliveries):
        raise ActionRefusedError("There is no such event.")
    known = slack.deliveries[delivery]
    slack.deliver(known.event, event_id=known.event_id, retry=1)
    return {}


@_action
def drop_connections(slack: FakeSlack, viewer: str) -> Json:
    slack.drop_connections()
    return {}


MethodName = Annotated[str, Field(pattern=r"^[A-Za-z.]+$")]
Seconds = Annotated[int, Field(ge=1, le=60)]


@_action
def fail_next(slack: FakeSlack, viewer: str, method: MethodName, retry_after: Seconds = 2) -> Json:
    """Rate-limit the next call of ``method``."""
    slack.fail_next(method, status=429, retry_after=retry_after)
    return {}
