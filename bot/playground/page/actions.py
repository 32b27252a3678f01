"""What a person does on the page: the models' common ground; keeps secret nothing but how an outcome is worded.

Talking on the page: saying, attaching, forwarding, changing, taking back, reacting.

Keeps secret how a typed name becomes a mention.

Using the app on the page: its elements, modals, shortcuts and commands; keeps secret how a view is found again.

The inspector's buttons: the hard cases of Slack at one's fingertips; keeps secret what the stand-in is told.

Everything that can be done on the page, by the name under which the page asks for it; keeps nothing secret.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.models import Json
from bot.playground.elements import ElementState
from bot.playground.interactivity import InteractionResult
from bot.playground.models import File, Message
from bot.playground.server import FakeSlack

_SAID = {
    "invalid_command": "is not a command of the app’s.",
    "timeout": "did not answer within 3 seconds.",
    "http_timeout": "did not answer within 3 seconds.",
    "connection_failed": "is not connected.",
    "invalid_errors": "complained about something that is no input.",
    "push_limit_reached": "tried to stack more than three modals.",
}

# As long as a message that Slack's own composer takes
_LONGEST = 12_000
ActionText = Annotated[str, Field(min_length=1, max_length=_LONGEST, pattern=r"\S")]
TextOrNone = Annotated[str, Field(max_length=_LONGEST)]


class ActionRefusedError(Exception):
    """What a person tried is not possible; ``str(error)`` is a sentence that says why."""


class PageAction(BaseModel):
    """Something that ``viewer``, a user's id, does."""

    model_config = ConfigDict(extra="forbid")

    viewer: str

    def do(self, slack: FakeSlack) -> Json:
        """Do it; returns what the page should know, or raises RefusalError or KeyError."""
        raise NotImplementedError

    def place(self, slack: FakeSlack, channel: str) -> str:
        if self.viewer not in slack.workspace.channel(channel).members:
            raise ActionRefusedError("You are not in this conversation.")
        return channel


class MessageAction(PageAction):
    channel: str
    ts: str

    def message(self, slack: FakeSlack) -> Message:
        self.place(slack, self.channel)
        for message in slack.workspace.ephemerals(self.viewer):
            if (message.channel, message.ts) == (self.channel, self.ts):
                return message
        return slack.workspace.message(self.channel, self.ts)


def check_result(slack: FakeSlack, outcome: InteractionResult) -> Json:
    """What the page shows of an outcome: a sentence when the app did not do its part, and what is wrong with inputs."""
    if outcome.failure is None:
        return {"errors": outcome.errors}
    name = "This" if outcome.failure == "invalid_command" else slack.workspace.bot.name
    said = _SAID.get(outcome.failure, f"answered with something that Slack refuses ({outcome.failure}).")
    return {"failure": f"{name} {said}", "errors": {}}


# As many as Slack takes with one message
_MOST_FILES = 10
# A direct message is called after the people in it, and cannot be picked by a name
_NAMED = frozenset({"channel", "group"})


class OwnMessageAction(MessageAction):
    def own(self, slack: FakeSlack) -> Message:
        message = self.message(slack)
        if message.user != self.viewer or message.subtype is not None:
            raise ActionRefusedError("Only your own messages can be changed.")
        return message


class Say(PageAction):
    channel: str
    text: ActionText
    thread: str | None = None

    def do(self, slack: FakeSlack) -> Json:
        where = self.place(slack, self.channel)
        said = slack.say(where, with_mentions(slack, self.text), user=self.viewer, thread=self.thread)
        return {"ts": said.ts}


class Attached(BaseModel):
    """What the page tells of a file; what is in it never leaves the browser."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=255)]
    mimetype: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Field(ge=0)]


class Attach(PageAction):
    """Say something with files, or post the files alone."""

    channel: str
    files: Annotated[list[Attached], Field(min_length=1, max_length=_MOST_FILES)]
    text: TextOrNone = ""
    thread: str | None = None

    def do(self, slack: FakeSlack) -> Json:
        where, text = self.place(slack, self.channel), with_mentions(slack, self.text)
        files = [File(one.name, one.mimetype, one.size) for one in self.files]
        said = slack.say(where, text, user=self.viewer, thread=self.thread, files=files)
        return {"ts": said.ts}


class Forward(MessageAction):
    to: str
    text: TextOrNone = ""

    def do(self, slack: FakeSlack) -> Json:
        message, where = self.message(slack), self.place(slack, self.to)
        if message.seen_by is not None or message.subtype is not None:
            raise ActionRefusedError("This message cannot be forwarded.")
        return {"ts": slack.forward(message, where, with_mentions(slack, self.text), user=self.viewer).ts}


class Edit(OwnMessageAction):
    text: ActionText

    def do(self, slack: FakeSlack) -> Json:
        slack.edit(self.own(slack), with_mentions(slack, self.text))
        return {}


class Delete(OwnMessageAction):
    def do(self, slack: FakeSlack) -> Json:
        slack.delete(self.own(slack))
        return {}


class Dismiss(MessageAction):
    def do(self, slack: FakeSlack) -> Json:
        if self.message(slack).seen_by != self.viewer:
            raise ActionRefusedError("Only what you alone see can be dismissed.")
        slack.workspace.delete_ephemeral(self.ts)
        return {}


class React(MessageAction):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_+'-]+$")]
    is_added: bool

    def do(self, slack: FakeSlack) -> Json:
        slack.react(self.message(slack), self.name, user=self.viewer, is_added=self.is_added)
        return {}


def with_mentions(slack: FakeSlack, text: str) -> str:
    """``text`` with each ``@name`` and ``#name`` that the workspace knows as Slack's composer would pick it."""
    names = {f"@{user.name}": f"<@{user.id}>" for user in slack.workspace.users()}
    names |= {f"#{one.name}": f"<#{one.id}|{one.name}>" for one in slack.workspace.channels() if one.kind in _NAMED}
    picked = {name.casefold(): code for name, code in names.items()}
    longest_first = "|".join(re.escape(name) for name in sorted(picked, key=len, reverse=True))
    return re.sub(
        rf"(?<![\w<])(?:{longest_first})(?!\w)",
        lambda found: picked[found[0].casefold()],
        text,
        flags=re.IGNORECASE,
    )


_INVITE = re.compile(r"/invite\s+@?(\S.*)")


class ClickElement(MessageAction):
    block_id: str
    action_id: str
    entry: ElementState = None
    entries: dict[str, dict[str, ElementState]] = Field(default_factory=dict)

    def do(self, slack: FakeSlack) -> Json:
        outcome = slack.interactivity.click(
            self.message(slack),
            self.action_id,
            self.entry,
            user=self.viewer,
            block_id=self.block_id,
            entries=self.entries,
        )
        return check_result(slack, outcome)


class ClickInView(PageAction):
    view_id: str
    block_id: str
    action_id: str
    entry: ElementState = None
    entries: dict[str, dict[str, ElementState]] = Field(default_factory=dict)

    def do(self, slack: FakeSlack) -> Json:
        shown = (*slack.views.open_modals(self.viewer), slack.views.home(self.viewer))
        view = next((view for view in shown if view and view["id"] == self.view_id), None)
        if view is None:
            raise ActionRefusedError("This view is closed.")
        outcome = slack.interactivity.click_in_view(
            view, self.action_id, self.entry, user=self.viewer, block_id=self.block_id, entries=self.entries
        )
        return check_result(slack, outcome)


class Submit(PageAction):
    view_id: str
    entries: dict[str, dict[str, ElementState]] = Field(default_factory=dict)

    def do(self, slack: FakeSlack) -> Json:
        return check_result(slack, slack.interactivity.submit(self.view_id, self.entries))


class Close(PageAction):
    view_id: str
    is_cleared: bool = False

    def do(self, slack: FakeSlack) -> Json:
        slack.interactivity.close(self.view_id, is_cleared=self.is_cleared)
        return {}


class UseShortcut(MessageAction):
    callback_id: str

    def do(self, slack: FakeSlack) -> Json:
        message = self.message(slack)
        return check_result(
            slack, slack.interactivity.use_shortcut(self.callback_id, user=self.viewer, message=message)
        )


class UseGlobalShortcut(PageAction):
    callback_id: str

    def do(self, slack: FakeSlack) -> Json:
        return check_result(slack, slack.interactivity.use_shortcut(self.callback_id, user=self.viewer))


class RunCommand(PageAction):
    """A command of the app's, or Slack's own that brings somebody into a channel."""

    channel: str
    line: ActionText

    def do(self, slack: FakeSlack) -> Json:
        where = self.place(slack, self.channel)
        if invited := _INVITE.fullmatch(self.line.strip()):
            return self._invite(slack, where, invited[1])
        return check_result(slack, slack.interactivity.run_command(where, self.line, user=self.viewer))

    def _invite(self, slack: FakeSlack, where: str, name: str) -> Json:
        found = next((user for user in slack.workspace.users() if user.name.casefold() == name.casefold()), None)
        if found is None:
            return {"failure": f"Nobody here is called {name}.", "errors": {}}
        if found.id in slack.workspace.channel(where).members:
            return {"failure": f"Already in this channel: {found.name}.", "errors": {}}
        slack.join(where, found.id, inviter=self.viewer)
        return {"errors": {}}


class OpenTab(PageAction):
    tab: Literal["home", "messages"]

    def do(self, slack: FakeSlack) -> Json:
        slack.open_home(user=self.viewer, tab=self.tab)
        return {}


class DeliverAgain(PageAction):
    """An event once more, as Slack's first retry of it."""

    delivery: int

    def do(self, slack: FakeSlack) -> Json:
        if not 0 <= self.delivery < len(slack.deliveries):
            raise ActionRefusedError("There was no such delivery.")
        delivery = slack.deliveries[self.delivery]
        slack.deliver(delivery.event, event_id=delivery.event_id, retry=1)
        return {}


class DropConnections(PageAction):
    """Cut the app's websockets, which it must notice and mend."""

    def do(self, slack: FakeSlack) -> Json:
        slack.drop_connections()
        return {}


class FailNext(PageAction):
    """Refuse the next call of ``method`` as Slack does when there are too many."""

    method: Annotated[str, Field(pattern=r"^[A-Za-z.]+$")]
    retry_after: Annotated[int, Field(ge=1, le=60)] = 2

    def do(self, slack: FakeSlack) -> Json:
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
    "press": ClickElement,
    "press-in-view": ClickInView,
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
