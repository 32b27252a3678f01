"""What people do with an app's buttons, menus, modals, shortcuts and commands, as the app is told of it.

Keeps secret the payloads, the trigger ids and what an acknowledgement may ask for. Slack delivers these once: an app
that is late is told nothing more, and the person sees that it did not answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from bot.playground.changes import Changes
from bot.playground.courier import Reply, RequestKind
from bot.playground.entries import Entries, Entry, NotThereError, action, complaints, find_element, state_of
from bot.playground.nouns import Json, Message
from bot.playground.payloads import Doing, Payloads
from bot.playground.responses import Origin, Responses
from bot.playground.surfaces import Shown, Surfaces
from bot.playground.validation import RefusedError, checked_view
from bot.playground.workspace import Workspace

Ask = Callable[[RequestKind, Json], Reply]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app's, with its slash."""

    name: str
    description: str
    usage_hint: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut of the app's: on a message, or from anywhere."""

    callback_id: str
    name: str
    kind: Literal["message", "global"] = "message"


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something a person did and what the app made of it; ``at`` is seconds since 1970."""

    id: int
    kind: RequestKind
    payload: Json
    reply: Reply
    at: float
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the person sees of it: ``failure`` when the app did not do its part, ``errors`` below inputs, by block."""

    failure: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


class Interactivity:
    """Acts as people do, each time until the app has acknowledged or is late; safe to use from any thread."""

    def __init__(
        self,
        changes: Changes,
        workspace: Workspace,
        surfaces: Surfaces,
        responses: Responses,
        ask: Ask,
        commands: Iterable[Command],
        shortcuts: Iterable[Shortcut],
        scopes: frozenset[str],
    ) -> None:
        self.commands = {command.name: command for command in commands}
        self.shortcuts = {shortcut.callback_id: shortcut for shortcut in shortcuts}
        if (self.commands or self.shortcuts) and "commands" not in scopes:
            raise ValueError("Slack takes no app that has commands or shortcuts without the scope commands")
        self._changes = changes
        self._workspace = workspace
        self._surfaces = surfaces
        self._responses = responses
        self._ask = ask
        self._payloads = Payloads(workspace)
        self._interactions: list[Interaction] = []

    def interactions(self) -> tuple[Interaction, ...]:
        """Everything that was done, in the order in which it ended."""
        with self._changes.reading():
            return tuple(self._interactions)

    # On messages and views

    def press(
        self,
        message: Message,
        action_id: str,
        entry: Entry = None,
        *,
        user: str,
        block_id: str | None = None,
        entries: Entries | None = None,
    ) -> Outcome:
        """Press, choose or enter ``entry`` in a message; ``entries`` is what its other elements hold by now."""
        block_id, element = find_element(message.blocks, action_id, block_id)
        origin = Origin(user, message.channel, message.ts, is_ephemeral=message.seen_by is not None)
        doing = self._doing(user, origin)
        values = state_of(message.blocks, _with(entries, block_id, action_id, entry))
        actions = [action(block_id, element, entry, doing.at)]
        return self._told("interactive", self._payloads.message_actions(doing, message, actions, values))

    def press_in_view(
        self,
        view: Json,
        action_id: str,
        entry: Entry = None,
        *,
        user: str,
        block_id: str | None = None,
        entries: Entries | None = None,
    ) -> Outcome:
        """Press, choose or enter ``entry`` in a modal or in the Home tab."""
        block_id, element = find_element(view["blocks"], action_id, block_id)
        doing = self._doing(user)
        values = state_of(view["blocks"], _with(entries, block_id, action_id, entry))
        actions = [action(block_id, element, entry, doing.at)]
        return self._told("interactive", self._payloads.view_actions(doing, view, actions, values))

    # Modals

    def submit(self, view_id: str, entries: Entries | None = None) -> Outcome:
        """Submit a modal: closed, unless Slack or the app finds fault with what was entered, or the app is late."""
        shown = self._modal(view_id)
        values = state_of(shown.view["blocks"], entries or {})
        found = complaints(shown.view["blocks"], values)
        if found:
            return Outcome(errors=found)
        reply = self._send("interactive", self._payloads.submission(self._doing(shown.user), shown.view, values))
        if reply.failure is not None:
            return Outcome(reply.failure)
        return self._followed(shown, reply.body or {})

    def close(self, view_id: str, *, is_cleared: bool = False) -> None:
        """Close a modal, or with ``is_cleared`` all of them; the app is told where it asked to be."""
        shown = self._modal(view_id)
        with self._changes.making():
            if is_cleared or shown.view.get("clear_on_close"):
                self._surfaces.clear(shown.user)
            else:
                self._surfaces.close(view_id)
        if shown.view.get("notify_on_close"):
            self._send(
                "interactive",
                self._payloads.closing(self._doing(shown.user), shown.view, is_cleared=is_cleared),
            )

    # Shortcuts and commands

    def use_shortcut(self, callback_id: str, *, user: str, message: Message | None = None) -> Outcome:
        """Use a shortcut on ``message``, or one that is everywhere; Slack offers none on ephemeral messages."""
        kind = "global" if message is None else "message"
        if self.shortcuts[callback_id].kind != kind or (message is not None and message.seen_by is not None):
            raise NotThereError(f"the shortcut {callback_id} is not offered here")
        if message is None:
            return self._told("interactive", self._payloads.global_shortcut(self._doing(user), callback_id))
        doing = self._doing(user, Origin(user, message.channel, message.ts))
        return self._told("interactive", self._payloads.message_shortcut(doing, callback_id, message))

    def run_command(self, channel: str, line: str, *, user: str) -> Outcome:
        """Send ``line``, a slash command with its text; what the app acknowledges it with is shown."""
        name, _, text = line.strip().partition(" ")
        if name not in self.commands:
            return Outcome("invalid_command")
        origin = Origin(user, channel)
        doing = self._doing(user, origin)
        reply = self._send("slash_commands", self._payloads.command(doing, channel, name, text.strip()))
        if reply.failure is None and reply.body:
            try:
                self._responses.say(origin, reply.body)
            except RefusedError as refused:
                return Outcome(refused.error)
        return Outcome(reply.failure)

    def _modal(self, view_id: str) -> Shown:
        try:
            return self._surfaces.modal(view_id)
        except KeyError:
            raise NotThereError(f"the modal {view_id} is closed") from None

    def _followed(self, shown: Shown, answer: Json) -> Outcome:
        """Do what the app asked for when it acknowledged a submission."""
        wish = answer.get("response_action")
        view_id: str = shown.view["id"]
        if wish == "errors":
            return _refused(shown.view, answer.get("errors"))
        try:
            with self._changes.making():
                if wish == "clear":
                    self._surfaces.clear(shown.user)
                elif wish == "update":
                    self._surfaces.update(view_id, "", "", checked_view(answer.get("view"), "modal"))
                elif wish == "push":
                    self._surfaces.stack_up(shown.user, checked_view(answer.get("view"), "modal"))
                else:
                    self._surfaces.close(view_id)
        except RefusedError as refused:
            return Outcome(refused.error)
        return Outcome()

    def _doing(self, user: str, origin: Origin | None = None) -> Doing:
        response_url = self._responses.issue(origin) if origin else None
        return Doing(
            self._workspace.user(user).id, self._workspace.mint_ts(), self._surfaces.trigger(user), response_url
        )

    def _told(self, kind: RequestKind, payload: Json) -> Outcome:
        return Outcome(self._send(kind, payload).failure)

    def _send(self, kind: RequestKind, payload: Json) -> Reply:
        at, began = time.time(), time.perf_counter()
        reply = self._ask(kind, payload)
        took_ms = (time.perf_counter() - began) * 1000
        with self._changes.making():
            self._interactions.append(Interaction(len(self._interactions), kind, payload, reply, at, took_ms))
        return reply


def _with(entries: Entries | None, block_id: str, action_id: str, entry: Entry) -> Entries:
    known = dict(entries or {})
    return known | {block_id: {**known.get(block_id, {}), action_id: entry}}


def _refused(view: Json, errors: object) -> Outcome:
    """The app's complaints; Slack takes them for inputs only, and for nothing else of the view."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        return Outcome("invalid_errors")
    return Outcome(errors={str(name): str(told) for name, told in errors.items()})
