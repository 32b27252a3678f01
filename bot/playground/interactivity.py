"""What Slack sends when a person acts on something of the app's; keeps secret every field that only repeats another.

What people do with an app's buttons, menus, modals, shortcuts and commands, as the app is told of it.

Keeps secret the payloads, the trigger ids and what an acknowledgement may ask for. Slack delivers these once: an app
that is late is told nothing more, and the person sees that it did not answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from bot.models import Json
from bot.playground.elements import (
    ElementNotFoundError,
    ElementState,
    ElementStates,
    action,
    complaints,
    find_element,
    state_of,
)
from bot.playground.event_delivery import AppReply, RequestKind
from bot.playground.models import Channel, Message
from bot.playground.responses import ResponseTarget, ResponseUrls
from bot.playground.validation import RefusedError, checked_view
from bot.playground.views import AppViews, OpenView
from bot.playground.workspace import ChangeNotifier, Workspace


@dataclass(frozen=True, slots=True)
class InteractionContext:
    """Who does something, when, and the two ways in which the app may come back to it."""

    user: str
    at: str
    trigger_id: str
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Payloads:
    """Payloads of one workspace: docs.slack.dev/reference/interaction-payloads."""

    workspace: Workspace

    def message_actions(self, doing: InteractionContext, message: Message, actions: list[Json], values: Json) -> Json:
        """Something on a message was pressed; an ephemeral one is told by its place only."""
        is_ephemeral = message.seen_by is not None
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": is_ephemeral}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        shown = {} if is_ephemeral else {"message": self.workspace.to_json(message)}
        where = {"container": container, "channel": self._channel(message.channel), "state": {"values": values}}
        return self._of("block_actions", doing) | where | shown | {"actions": actions}

    def view_actions(self, doing: InteractionContext, view: Json, actions: list[Json], values: Json) -> Json:
        """Something in a modal or in the Home tab was pressed."""
        container = {"type": "view", "view_id": view["id"]}
        return self._of("block_actions", doing) | {
            "container": container,
            "view": self.view(view, values),
            "actions": actions,
        }

    def submission(self, doing: InteractionContext, view: Json, values: Json) -> Json:
        return self._of("view_submission", doing) | {"view": self.view(view, values), "response_urls": []}

    def closing(self, doing: InteractionContext, view: Json, *, is_cleared: bool) -> Json:
        payload = self._of("view_closed", doing) | {"view": self.view(view, {}), "is_cleared": is_cleared}
        del payload["trigger_id"]
        return payload

    def message_shortcut(self, doing: InteractionContext, callback_id: str, message: Message) -> Json:
        shown = {"message_ts": message.ts, "message": self.workspace.to_json(message)}
        where = {"channel": self._channel(message.channel), "callback_id": callback_id, "action_ts": doing.at}
        return self._of("message_action", doing) | where | shown

    def global_shortcut(self, doing: InteractionContext, callback_id: str) -> Json:
        return self._of("shortcut", doing) | {"callback_id": callback_id, "action_ts": doing.at}

    def command(self, doing: InteractionContext, channel: str, command: str, text: str) -> Json:
        """A slash command: a flat form, unlike the rest."""
        team, where = self.workspace.team, self._channel(channel)
        user = self.workspace.user(doing.user)
        return {
            "token": "stand-in",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": where["name"],
            "user_id": user.id,
            "user_name": user.name.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.workspace.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": doing.response_url,
            "trigger_id": doing.trigger_id,
        }

    def view(self, view: Json, values: Json) -> Json:
        """A view as payloads show it, with what was entered."""
        app = {"app_id": self.workspace.bot.app_id, "bot_id": self.workspace.bot.bot_id}
        team = {"team_id": self.workspace.team.id, "app_installed_team_id": self.workspace.team.id}
        return view | app | team | {"state": {"values": values}}

    def _of(self, kind: str, doing: InteractionContext) -> Json:
        team, user = self.workspace.team, self.workspace.user(doing.user)
        payload = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": team.id},
            "api_app_id": self.workspace.bot.app_id,
            "token": "stand-in",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": doing.trigger_id,
        }
        return payload | ({"response_url": doing.response_url} if doing.response_url else {})

    def _channel(self, channel: str) -> Json:
        where: Channel = self.workspace.channel(channel)
        return {"id": where.id, "name": "directmessage" if where.kind == "im" else where.name}


Ask = Callable[[RequestKind, Json], AppReply]


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
    reply: AppReply
    at: float
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class InteractionResult:
    """What the person sees of it: ``failure`` when the app did not do its part, ``errors`` below inputs, by block."""

    failure: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


class Interactivity:
    """Acts as people do, each time until the app has acknowledged or is late; safe to use from any thread."""

    def __init__(
        self,
        changes: ChangeNotifier,
        workspace: Workspace,
        views: AppViews,
        responses: ResponseUrls,
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
        self._views = views
        self._responses = responses
        self._ask = ask
        self._payloads = Payloads(workspace)
        self._interactions: list[Interaction] = []

    def interactions(self) -> tuple[Interaction, ...]:
        """Everything that was done, in the order in which it ended."""
        with self._changes.reading():
            return tuple(self._interactions)

    # On messages and views

    def click(
        self,
        message: Message,
        action_id: str,
        entry: ElementState = None,
        *,
        user: str,
        block_id: str | None = None,
        entries: ElementStates | None = None,
    ) -> InteractionResult:
        """Press, choose or enter ``entry`` in a message; ``entries`` is what its other elements hold by now."""
        block_id, element = find_element(message.blocks, action_id, block_id)
        origin = ResponseTarget(user, message.channel, message.ts, is_ephemeral=message.seen_by is not None)
        doing = self._doing(user, origin)
        values = state_of(message.blocks, _with(entries, block_id, action_id, entry))
        actions = [action(block_id, element, entry, doing.at)]
        return self._told("interactive", self._payloads.message_actions(doing, message, actions, values))

    def click_in_view(
        self,
        view: Json,
        action_id: str,
        entry: ElementState = None,
        *,
        user: str,
        block_id: str | None = None,
        entries: ElementStates | None = None,
    ) -> InteractionResult:
        """Press, choose or enter ``entry`` in a modal or in the Home tab."""
        block_id, element = find_element(view["blocks"], action_id, block_id)
        doing = self._doing(user)
        values = state_of(view["blocks"], _with(entries, block_id, action_id, entry))
        actions = [action(block_id, element, entry, doing.at)]
        return self._told("interactive", self._payloads.view_actions(doing, view, actions, values))

    # Modals

    def submit(self, view_id: str, entries: ElementStates | None = None) -> InteractionResult:
        """Submit a modal: closed, unless Slack or the app finds fault with what was entered, or the app is late."""
        shown = self._modal(view_id)
        values = state_of(shown.view["blocks"], entries or {})
        found = complaints(shown.view["blocks"], values)
        if found:
            return InteractionResult(errors=found)
        reply = self._send("interactive", self._payloads.submission(self._doing(shown.user), shown.view, values))
        if reply.failure is not None:
            return InteractionResult(reply.failure)
        return self._followed(shown, reply.body or {})

    def close(self, view_id: str, *, is_cleared: bool = False) -> None:
        """Close a modal, or with ``is_cleared`` all of them; the app is told where it asked to be."""
        shown = self._modal(view_id)
        with self._changes.writing():
            if is_cleared or shown.view.get("clear_on_close"):
                self._views.close_all(shown.user)
            else:
                self._views.close(view_id)
        if shown.view.get("notify_on_close"):
            self._send(
                "interactive",
                self._payloads.closing(self._doing(shown.user), shown.view, is_cleared=is_cleared),
            )

    # Shortcuts and commands

    def use_shortcut(self, callback_id: str, *, user: str, message: Message | None = None) -> InteractionResult:
        """Use a shortcut on ``message``, or one that is everywhere; Slack offers none on ephemeral messages."""
        kind = "global" if message is None else "message"
        if self.shortcuts[callback_id].kind != kind or (message is not None and message.seen_by is not None):
            raise ElementNotFoundError(f"the shortcut {callback_id} is not offered here")
        if message is None:
            return self._told("interactive", self._payloads.global_shortcut(self._doing(user), callback_id))
        doing = self._doing(user, ResponseTarget(user, message.channel, message.ts))
        return self._told("interactive", self._payloads.message_shortcut(doing, callback_id, message))

    def run_command(self, channel: str, line: str, *, user: str) -> InteractionResult:
        """Send ``line``, a slash command with its text; what the app acknowledges it with is shown."""
        name, _, text = line.strip().partition(" ")
        if name not in self.commands:
            return InteractionResult("invalid_command")
        origin = ResponseTarget(user, channel)
        doing = self._doing(user, origin)
        reply = self._send("slash_commands", self._payloads.command(doing, channel, name, text.strip()))
        if reply.failure is None and reply.body:
            try:
                self._responses.say(origin, reply.body)
            except RefusedError as refused:
                return InteractionResult(refused.error)
        return InteractionResult(reply.failure)

    def _modal(self, view_id: str) -> OpenView:
        try:
            return self._views.modal(view_id)
        except KeyError:
            raise ElementNotFoundError(f"the modal {view_id} is closed") from None

    def _followed(self, shown: OpenView, answer: Json) -> InteractionResult:
        """Do what the app asked for when it acknowledged a submission."""
        wish = answer.get("response_action")
        view_id: str = shown.view["id"]
        if wish == "errors":
            return _refused(shown.view, answer.get("errors"))
        try:
            with self._changes.writing():
                if wish == "clear":
                    self._views.close_all(shown.user)
                elif wish == "update":
                    self._views.update(view_id, "", "", checked_view(answer.get("view"), "modal"))
                elif wish == "push":
                    self._views.push_modal(shown.user, checked_view(answer.get("view"), "modal"))
                else:
                    self._views.close(view_id)
        except RefusedError as refused:
            return InteractionResult(refused.error)
        return InteractionResult()

    def _doing(self, user: str, origin: ResponseTarget | None = None) -> InteractionContext:
        response_url = self._responses.issue(origin) if origin else None
        return InteractionContext(
            self._workspace.user(user).id, self._workspace.mint_ts(), self._views.issue_trigger(user), response_url
        )

    def _told(self, kind: RequestKind, payload: Json) -> InteractionResult:
        return InteractionResult(self._send(kind, payload).failure)

    def _send(self, kind: RequestKind, payload: Json) -> AppReply:
        at, began = time.time(), time.perf_counter()
        reply = self._ask(kind, payload)
        took_ms = (time.perf_counter() - began) * 1000
        with self._changes.writing():
            self._interactions.append(Interaction(len(self._interactions), kind, payload, reply, at, took_ms))
        return reply


def _with(entries: ElementStates | None, block_id: str, action_id: str, entry: ElementState) -> ElementStates:
    known = dict(entries or {})
    return known | {block_id: {**known.get(block_id, {}), action_id: entry}}


def _refused(view: Json, errors: object) -> InteractionResult:
    """The app's complaints; Slack takes them for inputs only, and for nothing else of the view."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        return InteractionResult("invalid_errors")
    return InteractionResult(errors={str(name): str(told) for name, told in errors.items()})
