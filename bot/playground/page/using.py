"""Using the app on the page: its elements, modals, shortcuts and commands; keeps secret how a view is found again."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from bot.playground.entries import Entry
from bot.playground.nouns import Json
from bot.playground.page.act import Act, OnMessage, RefusalError, Text, told
from bot.playground.server import StandIn

_INVITE = re.compile(r"/invite\s+@?(\S.*)")


class Press(OnMessage):
    block_id: str
    action_id: str
    entry: Entry = None
    entries: dict[str, dict[str, Entry]] = Field(default_factory=dict)

    def do(self, slack: StandIn) -> Json:
        outcome = slack.interactivity.press(
            self.message(slack),
            self.action_id,
            self.entry,
            user=self.viewer,
            block_id=self.block_id,
            entries=self.entries,
        )
        return told(slack, outcome)


class PressInView(Act):
    view_id: str
    block_id: str
    action_id: str
    entry: Entry = None
    entries: dict[str, dict[str, Entry]] = Field(default_factory=dict)

    def do(self, slack: StandIn) -> Json:
        shown = (*slack.surfaces.stack(self.viewer), slack.surfaces.home(self.viewer))
        view = next((view for view in shown if view and view["id"] == self.view_id), None)
        if view is None:
            raise RefusalError("This view is closed.")
        outcome = slack.interactivity.press_in_view(
            view, self.action_id, self.entry, user=self.viewer, block_id=self.block_id, entries=self.entries
        )
        return told(slack, outcome)


class Submit(Act):
    view_id: str
    entries: dict[str, dict[str, Entry]] = Field(default_factory=dict)

    def do(self, slack: StandIn) -> Json:
        return told(slack, slack.interactivity.submit(self.view_id, self.entries))


class Close(Act):
    view_id: str
    is_cleared: bool = False

    def do(self, slack: StandIn) -> Json:
        slack.interactivity.close(self.view_id, is_cleared=self.is_cleared)
        return {}


class UseShortcut(OnMessage):
    callback_id: str

    def do(self, slack: StandIn) -> Json:
        message = self.message(slack)
        return told(slack, slack.interactivity.use_shortcut(self.callback_id, user=self.viewer, message=message))


class UseGlobalShortcut(Act):
    callback_id: str

    def do(self, slack: StandIn) -> Json:
        return told(slack, slack.interactivity.use_shortcut(self.callback_id, user=self.viewer))


class RunCommand(Act):
    """A command of the app's, or Slack's own that brings somebody into a channel."""

    channel: str
    line: Text

    def do(self, slack: StandIn) -> Json:
        where = self.place(slack, self.channel)
        if invited := _INVITE.fullmatch(self.line.strip()):
            return self._invite(slack, where, invited[1])
        return told(slack, slack.interactivity.run_command(where, self.line, user=self.viewer))

    def _invite(self, slack: StandIn, where: str, name: str) -> Json:
        found = next((user for user in slack.workspace.users() if user.name.casefold() == name.casefold()), None)
        if found is None:
            return {"failure": f"Nobody here is called {name}.", "errors": {}}
        if found.id in slack.workspace.channel(where).members:
            return {"failure": f"Already in this channel: {found.name}.", "errors": {}}
        slack.join(where, found.id, inviter=self.viewer)
        return {"errors": {}}


class OpenTab(Act):
    tab: Literal["home", "messages"]

    def do(self, slack: StandIn) -> Json:
        slack.open_home(user=self.viewer, tab=self.tab)
        return {}
