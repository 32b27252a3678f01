"""Clicks, modals, shortcuts and slash commands: the payloads that Slack sends, and how the app may respond to them.

Slack sends each of them once. An app that does not acknowledge in time gets no second request; the person sees that it
did not respond.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import (
    ElementNotFoundError,
    InputValues,
    action_of,
    find_element,
    input_errors,
    input_state,
    validate_blocks,
    validate_view,
)
from bot.playground.event_delivery import AppReply, RequestKind
from bot.playground.events import EventPublisher
from bot.playground.models import Message, RefusedError
from bot.playground.views import AppViews, OpenView
from bot.playground.web_api import CallHandler, CallResult
from bot.playground.workspace import ChangeNotifier, Workspace


@dataclass(frozen=True, slots=True)
class ResponseTarget:
    """Where something was clicked or run: the person, the channel, and the message if there is one."""

    user: str
    channel: str
    ts: str | None = None
    is_ephemeral: bool = False


RESPONSE_URL = "response_url"
"""The name under which a use of a response URL is logged, and can be made to fail."""


class ResponseUrls:
    """The response URLs that were issued, below ``base``.

    Slack documents five uses within 30 minutes; the status 404 after that is observed, not documented.
    """

    def __init__(
        self, changes: ChangeNotifier, workspace: Workspace, publisher: EventPublisher, calls: CallHandler, base: str
    ) -> None:
        self._changes = changes
        self._workspace = workspace
        self._publisher = publisher
        self._calls = calls
        self._base = base
        # By the last part of the URL: target, uses left, expiry on the monotonic clock
        self._issued: dict[str, tuple[ResponseTarget, int, float]] = {}

    def issue(self, target: ResponseTarget) -> str:
        """Return a new URL at which the app may respond."""
        with self._changes.writing():
            name = secrets.token_hex(12)
            self._issued[name] = (target, limits.RESPONSES, time.monotonic() + limits.RESPONSE_SECONDS)
            return self._base + name

    async def serve(self, request: Request) -> Response:
        """Handle one use of a response URL; it is logged with the body's fields and the URL as its arguments."""
        name = request.path_params["name"]

        def read(raw: bytes) -> tuple[Json, Callable[[], CallResult]]:
            try:
                body = json.loads(raw)
            except ValueError:
                body = None
            arguments = {RESPONSE_URL: self._base + name} | (body if isinstance(body, dict) else {})
            return arguments, lambda: self._answer(name, body)

        response = await self._calls.handle(request, RESPONSE_URL, read)
        return PlainTextResponse("ok") if response.status_code == 200 else response

    def _answer(self, name: str, body: object) -> CallResult:
        try:
            if not isinstance(body, dict):
                raise RefusedError("invalid_payload")
            self.respond(self._use(name), body)
        except RefusedError as refused:
            return 404 if refused.error in ("used_url", "expired_url") else 400, refused.answer, {}
        return 200, {"ok": True}, {}

    def respond(self, target: ResponseTarget, body: Json) -> None:
        """Post, replace or delete a message as ``body`` says; RefusedError where Slack refuses it."""
        with self._changes.writing():
            if target.ts is not None and body.get("delete_original"):
                if target.is_ephemeral:
                    self._workspace.delete_ephemeral(target.ts)
                else:
                    self._publisher.deleted(*self._workspace.delete(target.channel, target.ts))
                return
            blocks = validate_blocks(body["blocks"]) if body.get("blocks") else ()
            text: Any = body.get("text")
            if not blocks and not (isinstance(text, str) and text.strip()):
                raise RefusedError("no_text")
            self._show(target, body, str(text or ""), blocks)

    def _show(self, target: ResponseTarget, body: Json, text: str, blocks: tuple[Json, ...]) -> None:
        thread_ts = body.get("thread_ts")
        if target.ts is not None and body.get("replace_original"):
            if target.is_ephemeral:
                self._workspace.edit_ephemeral(target.ts, text, blocks)
            else:
                self._publisher.edited(*self._workspace.edit(target.channel, target.ts, text=text, blocks=blocks))
        elif body.get("response_type") == "in_channel":
            bot = self._workspace.bot.id
            message = self._workspace.post(target.channel, bot, text, thread_ts=thread_ts, blocks=blocks)
            self._publisher.posted(message)
        else:
            self._workspace.post_ephemeral(target.channel, target.user, text, thread_ts=thread_ts, blocks=blocks)

    def _use(self, name: str) -> ResponseTarget:
        with self._changes.writing():
            target, uses, expiry = self._issued.get(name, (None, 0, 0.0))
            if target is None or expiry <= time.monotonic():
                raise RefusedError("expired_url")
            if uses == 0:
                raise RefusedError("used_url")
            self._issued[name] = (target, uses - 1, expiry)
            return target


@dataclass(frozen=True, slots=True)
class InteractionContext:
    """Who interacts and when, with the trigger id and the response URL of the payload."""

    user: str
    at: str
    trigger_id: str
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class PayloadBuilder:
    """Builds a workspace's interaction payloads: docs.slack.dev/reference/interaction-payloads."""

    workspace: Workspace

    def message_actions(self, context: InteractionContext, message: Message, action: Json) -> Json:
        """A click in a message; Slack leaves out the content of an ephemeral one."""
        is_ephemeral = message.seen_by is not None
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": is_ephemeral}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        shown = {} if is_ephemeral else {"message": self.workspace.to_json(message)}
        where = {"container": container, "channel": self._channel(message.channel), "state": {"values": {}}}
        return self._payload("block_actions", context) | where | shown | {"actions": [action]}

    def view_actions(self, context: InteractionContext, view: Json, action: Json, state: Json) -> Json:
        """A click in a modal or in the Home tab."""
        container = {"type": "view", "view_id": view["id"]}
        shown = {"container": container, "view": self._view(view, state), "actions": [action]}
        return self._payload("block_actions", context) | shown

    def submission(self, context: InteractionContext, view: Json, state: Json) -> Json:
        return self._payload("view_submission", context) | {"view": self._view(view, state), "response_urls": []}

    def view_closed(self, context: InteractionContext, view: Json, *, is_cleared: bool) -> Json:
        payload = self._payload("view_closed", context) | {"view": self._view(view, {}), "is_cleared": is_cleared}
        del payload["trigger_id"]
        return payload

    def message_shortcut(self, context: InteractionContext, callback_id: str, message: Message) -> Json:
        shown = {"message_ts": message.ts, "message": self.workspace.to_json(message)}
        where = {"channel": self._channel(message.channel), "callback_id": callback_id, "action_ts": context.at}
        return self._payload("message_action", context) | where | shown

    def global_shortcut(self, context: InteractionContext, callback_id: str) -> Json:
        return self._payload("shortcut", context) | {"callback_id": callback_id, "action_ts": context.at}

    def command(self, context: InteractionContext, channel: str, command: str, text: str) -> Json:
        """A slash command: a flat form, unlike the other payloads."""
        team, user = self.workspace.team, self.workspace.user(context.user)
        return {
            "token": "fake-slack",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": self._channel(channel)["name"],
            "user_id": user.id,
            "user_name": user.name.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.workspace.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": context.response_url,
            "trigger_id": context.trigger_id,
        }

    def _view(self, view: Json, state: Json) -> Json:
        app = {"app_id": self.workspace.bot.app_id, "bot_id": self.workspace.bot.bot_id}
        team = {"team_id": self.workspace.team.id, "app_installed_team_id": self.workspace.team.id}
        return view | app | team | {"state": {"values": state}}

    def _payload(self, kind: str, context: InteractionContext) -> Json:
        team, user = self.workspace.team, self.workspace.user(context.user)
        payload = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": team.id},
            "api_app_id": self.workspace.bot.app_id,
            "token": "fake-slack",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": context.trigger_id,
        }
        return payload | ({"response_url": context.response_url} if context.response_url else {})

    def _channel(self, channel: str) -> Json:
        where = self.workspace.channel(channel)
        return {"id": where.id, "name": "directmessage" if where.kind == "im" else where.name}


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app; ``name`` begins with the slash."""

    name: str
    description: str
    usage_hint: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut of the app: in a message's menu, or available everywhere."""

    callback_id: str
    name: str
    kind: Literal["message", "global"] = "message"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request to the app about something a person did, and its reply; ``at`` is seconds since 1970."""

    id: int
    kind: RequestKind
    payload: Json
    reply: AppReply
    at: float
    took_ms: float = field(compare=False)


@dataclass(frozen=True, slots=True)
class InteractionResult:
    """What the person sees: ``failure`` if the app did not respond properly, ``errors`` of inputs by block_id."""

    failure: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


class Interactivity:
    """Sends interactions to the app; each call returns when the app has acknowledged or is late. Thread-safe."""

    def __init__(
        self,
        changes: ChangeNotifier,
        workspace: Workspace,
        views: AppViews,
        responses: ResponseUrls,
        send: Callable[[RequestKind, Json], AppReply],
        commands: Iterable[Command],
        shortcuts: Iterable[Shortcut],
        scopes: frozenset[str],
    ) -> None:
        self.commands = {command.name: command for command in commands}
        self.shortcuts = {shortcut.callback_id: shortcut for shortcut in shortcuts}
        if (self.commands or self.shortcuts) and "commands" not in scopes:
            raise ValueError("an app with commands or shortcuts needs the scope commands")
        self._changes = changes
        self._workspace = workspace
        self._views = views
        self._responses = responses
        self._send_to_app = send
        self._payloads = PayloadBuilder(workspace)
        self._interactions: list[Interaction] = []

    def interactions(self) -> tuple[Interaction, ...]:
        """Return all interactions so far, in the order in which they ended."""
        with self._changes.reading():
            return tuple(self._interactions)

    # Messages and views

    def click(
        self, message: Message, action_id: str, value: str | None = None, *, user: str, block_id: str | None = None
    ) -> InteractionResult:
        """Click a button in ``message``, or choose the menu item with this ``value``."""
        block_id, element = find_element(message.blocks, action_id, block_id)
        target = ResponseTarget(user, message.channel, message.ts, is_ephemeral=message.seen_by is not None)
        context = self._context(user, target)
        action = action_of(block_id, element, value, context.at)
        return self._send("interactive", self._payloads.message_actions(context, message, action))

    def click_in_view(
        self,
        view: Json,
        action_id: str,
        value: str | None = None,
        *,
        user: str,
        block_id: str | None = None,
        inputs: InputValues | None = None,
    ) -> InteractionResult:
        """Click a button in a modal or the Home tab; ``inputs`` is what was typed into its inputs by then."""
        block_id, element = find_element(view["blocks"], action_id, block_id)
        context = self._context(user)
        action = action_of(block_id, element, value, context.at)
        state = input_state(view["blocks"], inputs or {})
        return self._send("interactive", self._payloads.view_actions(context, view, action, state))

    # Modals

    def submit(self, view_id: str, inputs: InputValues | None = None) -> InteractionResult:
        """Submit a modal. It closes unless an input is invalid, or the app reports errors or is late."""
        modal = self._modal(view_id)
        state = input_state(modal.view["blocks"], inputs or {})
        errors = input_errors(modal.view["blocks"], state)
        if errors:
            return InteractionResult(errors=errors)
        reply = self._request("interactive", self._payloads.submission(self._context(modal.user), modal.view, state))
        if reply.failure is not None:
            return InteractionResult(reply.failure)
        return self._apply_response_action(modal, reply.body or {})

    def close(self, view_id: str, *, is_cleared: bool = False) -> None:
        """Close a modal, or with ``is_cleared`` the whole stack; the app gets view_closed if it asked for it."""
        modal = self._modal(view_id)
        with self._changes.writing():
            if is_cleared or modal.view.get("clear_on_close"):
                self._views.close_all(modal.user)
            else:
                self._views.close(view_id)
        if modal.view.get("notify_on_close"):
            context = self._context(modal.user)
            self._request("interactive", self._payloads.view_closed(context, modal.view, is_cleared=is_cleared))

    # Shortcuts and commands

    def use_shortcut(self, callback_id: str, *, user: str, message: Message | None = None) -> InteractionResult:
        """Use a message shortcut on ``message``, or a global one; Slack offers none on ephemeral messages."""
        kind = "global" if message is None else "message"
        if self.shortcuts[callback_id].kind != kind or (message is not None and message.seen_by is not None):
            raise ElementNotFoundError(f"The shortcut {callback_id} is not available here.")
        if message is None:
            return self._send("interactive", self._payloads.global_shortcut(self._context(user), callback_id))
        context = self._context(user, ResponseTarget(user, message.channel, message.ts))
        return self._send("interactive", self._payloads.message_shortcut(context, callback_id, message))

    def run_command(self, channel: str, line: str, *, user: str) -> InteractionResult:
        """Run ``line``, a slash command with its text, and show the message in the app's acknowledgement, if any."""
        name, _, text = line.strip().partition(" ")
        if name not in self.commands:
            return InteractionResult("invalid_command")
        target = ResponseTarget(user, channel)
        payload = self._payloads.command(self._context(user, target), channel, name, text.strip())
        reply = self._request("slash_commands", payload)
        if reply.failure is None and reply.body:
            try:
                self._responses.respond(target, reply.body)
            except RefusedError as refused:
                return InteractionResult(refused.error)
        return InteractionResult(reply.failure)

    def _modal(self, view_id: str) -> OpenView:
        try:
            return self._views.modal(view_id)
        except KeyError:
            raise ElementNotFoundError(f"The modal {view_id} is closed.") from None

    def _apply_response_action(self, modal: OpenView, body: Json) -> InteractionResult:
        response_action = body.get("response_action")
        view_id: str = modal.view["id"]
        if response_action == "errors":
            return _app_errors(modal.view, body.get("errors"))
        try:
            with self._changes.writing():
                if response_action == "clear":
                    self._views.close_all(modal.user)
                elif response_action == "update":
                    self._views.update(view_id, "", validate_view(body.get("view"), "modal"))
                elif response_action == "push":
                    self._views.push_modal(modal.user, validate_view(body.get("view"), "modal"))
                else:
                    self._views.close(view_id)
        except RefusedError as refused:
            return InteractionResult(refused.error)
        return InteractionResult()

    def _context(self, user: str, target: ResponseTarget | None = None) -> InteractionContext:
        response_url = self._responses.issue(target) if target else None
        user_id = self._workspace.user(user).id
        return InteractionContext(user_id, self._workspace.mint_ts(), self._views.issue_trigger(user), response_url)

    def _send(self, kind: RequestKind, payload: Json) -> InteractionResult:
        return InteractionResult(self._request(kind, payload).failure)

    def _request(self, kind: RequestKind, payload: Json) -> AppReply:
        at, start = time.time(), time.perf_counter()
        reply = self._send_to_app(kind, payload)
        took_ms = (time.perf_counter() - start) * 1000
        with self._changes.writing():
            self._interactions.append(Interaction(len(self._interactions), kind, payload, reply, at, took_ms))
        return reply


def _app_errors(view: Json, errors: object) -> InteractionResult:
    """The app's errors of inputs; Slack refuses errors of any other block."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
        return InteractionResult("invalid_errors")
    return InteractionResult(errors={str(name): str(error) for name, error in errors.items()})
