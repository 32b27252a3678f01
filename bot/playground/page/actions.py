"""What a person can do on the page: one pydantic model for each action, by the name that the page sends."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class ActionRefusedError(Exception):
    """The action is not possible; ``str(error)`` is a sentence that says why."""


class PageAction(BaseModel):
    """An action of ``viewer``, a user's id."""

    model_config = ConfigDict(extra="forbid")

    viewer: str

    def run(self, slack: FakeSlack) -> Json:
        """Run the action and return the response; raises ActionRefusedError, or KeyError if something is gone."""
        raise NotImplementedError

    def check_member(self, slack: FakeSlack, channel: str) -> str:
        """Return ``channel`` if the viewer is a member."""
        if self.viewer not in slack.workspace.channel(channel).members:
            raise ActionRefusedError("You are not in this conversation.")
        return channel


class MessageAction(PageAction):
    """An action on a message."""

    channel: str
    ts: str

    def message(self, slack: FakeSlack) -> Message:
        self.check_member(slack, self.channel)
        for message in slack.workspace.ephemerals(self.viewer):
            if (message.channel, message.ts) == (self.channel, self.ts):
                return message
        return slack.workspace.message(self.channel, self.ts)

    def own_message(self, slack: FakeSlack) -> Message:
        message = self.message(slack)
        if message.user != self.viewer or message.subtype is not None:
            raise ActionRefusedError("Only your own messages can be changed.")
        return message


# Messages


class Say(PageAction):
    channel: str
    text: NonEmptyText
    thread: str | None = None

    def run(self, slack: FakeSlack) -> Json:
        channel = self.check_member(slack, self.channel)
        text = insert_mentions(slack, self.text)
        return {"ts": slack.say(channel, text, user=self.viewer, thread=self.thread).ts}


class AttachedFile(BaseModel):
    """A file's name, type and size; its content stays in the browser."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    mimetype: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=0)]


class Attach(PageAction):
    """Post files, with or without a text."""

    channel: str
    files: Annotated[list[AttachedFile], Field(min_length=1, max_length=_MAX_FILES)]
    text: OptionalText = ""
    thread: str | None = None

    def run(self, slack: FakeSlack) -> Json:
        channel = self.check_member(slack, self.channel)
        text = insert_mentions(slack, self.text)
        files = [File(one.name, one.mimetype, one.size) for one in self.files]
        return {"ts": slack.say(channel, text, user=self.viewer, thread=self.thread, files=files).ts}


class Forward(MessageAction):
    to: str
    text: OptionalText = ""

    def run(self, slack: FakeSlack) -> Json:
        message, channel = self.message(slack), self.check_member(slack, self.to)
        if message.seen_by is not None or message.subtype is not None:
            raise ActionRefusedError("This message cannot be forwarded.")
        return {"ts": slack.forward(message, channel, insert_mentions(slack, self.text), user=self.viewer).ts}


class Edit(MessageAction):
    text: NonEmptyText

    def run(self, slack: FakeSlack) -> Json:
        slack.edit(self.own_message(slack), insert_mentions(slack, self.text))
        return {}


class Delete(MessageAction):
    def run(self, slack: FakeSlack) -> Json:
        slack.delete(self.own_message(slack))
        return {}


class Dismiss(MessageAction):
    def run(self, slack: FakeSlack) -> Json:
        if self.message(slack).seen_by != self.viewer:
            raise ActionRefusedError("Only messages that are visible to you alone can be dismissed.")
        slack.workspace.delete_ephemeral(self.ts)
        return {}


class React(MessageAction):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_+'-]+$")]
    is_added: bool

    def run(self, slack: FakeSlack) -> Json:
        slack.react(self.message(slack), self.name, user=self.viewer, is_added=self.is_added)
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


class Click(MessageAction):
    block_id: str
    action_id: str
    value: str | None = None

    def run(self, slack: FakeSlack) -> Json:
        message = self.message(slack)
        result = slack.interactivity.click(
            message, self.action_id, self.value, user=self.viewer, block_id=self.block_id
        )
        return _response(slack, result)


class ClickInView(PageAction):
    view_id: str
    block_id: str
    action_id: str
    value: str | None = None
    inputs: Inputs = Field(default_factory=dict)

    def run(self, slack: FakeSlack) -> Json:
        views = (*slack.views.open_modals(self.viewer), slack.views.home(self.viewer))
        view = next((view for view in views if view and view["id"] == self.view_id), None)
        if view is None:
            raise ActionRefusedError("This view is closed.")
        result = slack.interactivity.click_in_view(
            view, self.action_id, self.value, user=self.viewer, block_id=self.block_id, inputs=self.inputs
        )
        return _response(slack, result)


class Submit(PageAction):
    view_id: str
    inputs: Inputs = Field(default_factory=dict)

    def run(self, slack: FakeSlack) -> Json:
        return _response(slack, slack.interactivity.submit(self.view_id, self.inputs))


class Close(PageAction):
    view_id: str
    is_cleared: bool = False

    def run(self, slack: FakeSlack) -> Json:
        slack.interactivity.close(self.view_id, is_cleared=self.is_cleared)
        return {}


class UseShortcut(MessageAction):
    callback_id: str

    def run(self, slack: FakeSlack) -> Json:
        message = self.message(slack)
        result = slack.interactivity.use_shortcut(self.callback_id, user=self.viewer, message=message)
        return _response(slack, result)


class UseGlobalShortcut(PageAction):
    callback_id: str

    def run(self, slack: FakeSlack) -> Json:
        return _response(slack, slack.interactivity.use_shortcut(self.callback_id, user=self.viewer))


class RunCommand(PageAction):
    """Run a command of the app, or Slack's own ``/invite``."""

    channel: str
    line: NonEmptyText

    def run(self, slack: FakeSlack) -> Json:
        channel = self.check_member(slack, self.channel)
        if invited := _INVITE.fullmatch(self.line.strip()):
            return self._invite(slack, channel, invited[1])
        return _response(slack, slack.interactivity.run_command(channel, self.line, user=self.viewer))

    def _invite(self, slack: FakeSlack, channel: str, name: str) -> Json:
        user = next((user for user in slack.workspace.users() if user.name.casefold() == name.casefold()), None)
        if user is None:
            return {"failure": f"There is nobody called {name}.", "errors": {}}
        if user.id in slack.workspace.channel(channel).members:
            return {"failure": f"{user.name} is already in this channel.", "errors": {}}
        slack.join(channel, user.id, inviter=self.viewer)
        return {"errors": {}}


class OpenTab(PageAction):
    tab: Literal["home", "messages"]

    def run(self, slack: FakeSlack) -> Json:
        slack.open_home(user=self.viewer, tab=self.tab)
        return {}


# The inspector


class DeliverAgain(PageAction):
    """Deliver an event again, as Slack's first retry."""

    delivery: int

    def run(self, slack: FakeSlack) -> Json:
        if not 0 <= self.delivery < len(slack.deliveries):
            raise ActionRefusedError("There is no such event.")
        delivery = slack.deliveries[self.delivery]
        slack.deliver(delivery.event, event_id=delivery.event_id, retry=1)
        return {}


class DropConnections(PageAction):
    def run(self, slack: FakeSlack) -> Json:
        slack.drop_connections()
        return {}


class FailNext(PageAction):
    """Rate-limit the next call of ``method``."""

    method: Annotated[str, Field(pattern=r"^[A-Za-z.]+$")]
    retry_after: Annotated[int, Field(ge=1, le=60)] = 2

    def run(self, slack: FakeSlack) -> Json:
        slack.fail_next(self.method, status=429, retry_after=self.retry_after)
        return {}


ACTIONS: dict[str, type[PageAction]] = {
    "say": Say,
    "attach": Attach,
    "forward": Forward,
    "edit": Edit,
    "delete": Delete,
    "dismiss": Dismiss,
    "react": React,
    "click": Click,
    "click-in-view": ClickInView,
    "submit": Submit,
    "close": Close,
    "use-shortcut": UseShortcut,
    "use-global-shortcut": UseGlobalShortcut,
    "run-command": RunCommand,
    "open-tab": OpenTab,
    "deliver-again": DeliverAgain,
    "drop-connections": DropConnections,
    "fail-next": FailNext,
}
