"""What a person can do on the page: a method for each action, whose arguments are the fields that the page sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, validate_call

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
Emoji = Annotated[str, Field(pattern=r"^[a-z0-9_+'-]+$")]
MethodName = Annotated[str, Field(pattern=r"^[A-Za-z.]+$")]
Seconds = Annotated[int, Field(ge=1, le=60)]
# Their content stays in the browser
Files = Annotated[tuple[File, ...], Field(min_length=1, max_length=_MAX_FILES)]


class ActionRefusedError(Exception):
    """The action is not possible; ``str(error)`` is a sentence that says why."""


class PageActions:
    """What ``viewer``, a user's id, can do. Each public method is an action, and returns the response, if any.

    Methods raise ActionRefusedError, or KeyError if something is gone.
    """

    def __init__(self, slack: FakeSlack, viewer: str) -> None:
        self._slack = slack
        self._viewer = viewer

    # Messages

    def say(self, channel: str, text: NonEmptyText, thread: str | None = None) -> Json:
        return self._say(channel, text, thread)

    def attach(self, channel: str, files: Files, text: OptionalText = "", thread: str | None = None) -> Json:
        """Post files, with or without a text."""
        return self._say(channel, text, thread, files)

    def forward(self, channel: str, ts: str, to: str, text: OptionalText = "") -> Json:
        message = self._message(channel, ts)
        self._check_member(to)
        if message.seen_by is not None or message.subtype is not None:
            raise ActionRefusedError("This message cannot be forwarded.")
        return {"ts": self._slack.forward(message, to, insert_mentions(self._slack, text), user=self._viewer).ts}

    def edit(self, channel: str, ts: str, text: NonEmptyText) -> None:
        self._slack.edit(self._own_message(channel, ts), insert_mentions(self._slack, text))

    def delete(self, channel: str, ts: str) -> None:
        self._slack.delete(self._own_message(channel, ts))

    def dismiss(self, channel: str, ts: str) -> None:
        message = self._message(channel, ts)
        if message.seen_by != self._viewer:
            raise ActionRefusedError("Only messages that are visible to you alone can be dismissed.")
        self._slack.delete(message)

    def react(self, channel: str, ts: str, name: Emoji, is_added: bool) -> None:
        self._slack.react(self._message(channel, ts), name, user=self._viewer, is_added=is_added)

    # The app: clicks, modals, shortcuts and commands

    def click(self, channel: str, ts: str, block_id: str, action_id: str, value: str | None = None) -> Json:
        click = self._slack.interactivity.click
        return self._response(click(self._message(channel, ts), action_id, value, user=self._viewer, block_id=block_id))

    def click_in_view(
        self, view_id: str, block_id: str, action_id: str, value: str | None = None, inputs: Inputs | None = None
    ) -> Json:
        views = (*self._slack.views.open_modals(self._viewer), self._slack.views.home(self._viewer))
        view = next((view for view in views if view and view["id"] == view_id), None)
        if view is None:
            raise ActionRefusedError("This view is closed.")
        click = self._slack.interactivity.click_in_view
        return self._response(click(view, action_id, value, user=self._viewer, block_id=block_id, inputs=inputs))

    def submit(self, view_id: str, inputs: Inputs | None = None) -> Json:
        return self._response(self._slack.interactivity.submit(view_id, inputs))

    def close(self, view_id: str, is_cleared: bool = False) -> None:
        self._slack.interactivity.close(view_id, is_cleared=is_cleared)

    def use_shortcut(self, channel: str, ts: str, callback_id: str) -> Json:
        use = self._slack.interactivity.use_shortcut
        return self._response(use(callback_id, user=self._viewer, message=self._message(channel, ts)))

    def use_global_shortcut(self, callback_id: str) -> Json:
        return self._response(self._slack.interactivity.use_shortcut(callback_id, user=self._viewer))

    def run_command(self, channel: str, line: NonEmptyText) -> Json:
        """Run a command of the app, or Slack's own ``/invite``."""
        self._check_member(channel)
        invited = _INVITE.fullmatch(line.strip())
        if invited is None:
            return self._response(self._slack.interactivity.run_command(channel, line, user=self._viewer))
        name, workspace = invited[1], self._slack.workspace
        user = next((one for one in workspace.users.values() if one.name.casefold() == name.casefold()), None)
        if user is None:
            return {"failure": f"There is nobody called {name}.", "errors": {}}
        if user.id in workspace.channels[channel].members:
            return {"failure": f"{user.name} is already in this channel.", "errors": {}}
        self._slack.join(channel, user.id, inviter=self._viewer)
        return {"errors": {}}

    def open_tab(self, tab: Literal["home", "messages"]) -> None:
        self._slack.open_home(user=self._viewer, tab=tab)

    # The inspector

    def deliver_again(self, delivery: int) -> None:
        """Deliver an event again, as Slack's first retry."""
        if not 0 <= delivery < len(self._slack.deliveries):
            raise ActionRefusedError("There is no such event.")
        known = self._slack.deliveries[delivery]
        self._slack.deliver(known.event, event_id=known.event_id, retry=1)

    def drop_connections(self) -> None:
        self._slack.drop_connections()

    def fail_next(self, method: MethodName, retry_after: Seconds = 2) -> None:
        """Rate-limit the next call of ``method``."""
        self._slack.fail_next(method, status=429, retry_after=retry_after)

    def _check_member(self, channel: str) -> None:
        if self._viewer not in self._slack.workspace.channels[channel].members:
            raise ActionRefusedError("You are not in this conversation.")

    def _message(self, channel: str, ts: str) -> Message:
        self._check_member(channel)
        for message in self._slack.workspace.ephemerals(self._viewer):
            if (message.channel, message.ts) == (channel, ts):
                return message
        return self._slack.workspace.message(channel, ts)

    def _own_message(self, channel: str, ts: str) -> Message:
        message = self._message(channel, ts)
        if message.user != self._viewer or message.subtype is not None:
            raise ActionRefusedError("Only your own messages can be changed.")
        return message

    def _say(self, channel: str, text: str, thread: str | None, files: tuple[File, ...] = ()) -> Json:
        self._check_member(channel)
        text = insert_mentions(self._slack, text)
        return {"ts": self._slack.say(channel, text, user=self._viewer, thread=thread, files=files).ts}

    def _response(self, result: InteractionResult) -> Json:
        """The errors of inputs, or a sentence about why the app did not respond properly."""
        if result.failure is None:
            return {"errors": result.errors}
        subject = "This" if result.failure == "invalid_command" else self._slack.workspace.bot.name
        failure = _FAILURES.get(result.failure, f"responded with something that Slack refuses ({result.failure}).")
        return {"failure": f"{subject} {failure}", "errors": {}}


def insert_mentions(slack: FakeSlack, text: str) -> str:
    """Return ``text`` with a mention for each known ``@name`` and ``#name``, as Slack's input does."""
    names = {f"@{user.name}": f"<@{user.id}>" for user in slack.workspace.users.values()}
    for channel in slack.workspace.channels.values():
        if channel.kind in ("channel", "group"):
            names[f"#{channel.name}"] = f"<#{channel.id}|{channel.name}>"
    mentions = {name.casefold(): mention for name, mention in names.items()}
    longest_first = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
    return re.sub(
        rf"(?<![\w<])(?:{longest_first})(?!\w)", lambda match: mentions[match[0].casefold()], text, flags=re.IGNORECASE
    )


# By the name in the URL; the arguments are validated
ACTIONS: dict[str, Callable[..., Json | None]] = {
    name.replace("_", "-"): validate_call(method)
    for name, method in vars(PageActions).items()
    if not name.startswith("_")
}
