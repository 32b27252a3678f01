"""Clicks, modals, shortcuts and slash commands: the payloads that Slack sends, and how the app may respond to them.

Slack sends each of them once. An app that does not acknowledge in time gets no second request; the person sees that it
did not respond. The payloads are those of docs.slack.dev/reference/interaction-payloads.
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
    input_errors,
    input_state,
    validate_blocks,
    validate_view,
)
from bot.playground.event_delivery import AppReply, RequestKind
from bot.playground.events import WorkspaceActions
from bot.playground.models import Message, RefusedError
from bot.playground.web_api import CallHandler, CallResult
from bot.playground.workspace import AppViews, ChangeNotifier, Workspace


@dataclass(frozen=True, slots=True)
class ResponseTarget:
    """Where something was clicked or run: the person, the channel, and the message if there is one."""

    user: str
    channel: str
    message: Message | None = None


RESPONSE_URL = "response_url"
"""The name under which a use of a response URL is logged, and can be made to fail."""


class ResponseUrls:
    """The response URLs that were issued, below ``base``.

    Slack documents five uses within 30 minutes; the status 404 after that is observed, not documented.
    """

    def __init__(self, actions: WorkspaceActions, calls: CallHandler, base: str) -> None:
        self._actions = actions
        self._calls = calls
        self._base = base
        # By the last part of the URL: target, uses left, expiry on the monotonic clock
        self._issued: dict[str, tuple[ResponseTarget, int, float]] = {}

    def issue(self, target: ResponseTarget) -> str:
        """Return a new URL at which the app may respond."""
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
            target, uses, expiry = self._issued.get(name, (None, 0, 0.0))
            if target is None or expiry <= time.monotonic():
                raise RefusedError("expired_url")
            if uses == 0:
                raise RefusedError("used_url")
            self._issued[name] = (target, uses - 1, expiry)
            self.respond(target, body)
        except RefusedError as refused:
            return 404 if refused.error in ("used_url", "expired_url") else 400, refused.answer, {}
        return 200, {"ok": True}, {}

    def respond(self, target: ResponseTarget, body: Json) -> None:
        """Post, replace or delete a message as ``body`` says; RefusedError where Slack refuses it."""
        clicked = target.message
        if clicked is not None and body.get("delete_original"):
            self._actions.delete(clicked)
            return
        blocks = validate_blocks(body["blocks"]) if body.get("blocks") else ()
        given: Any = body.get("text")
        if not blocks and not (isinstance(given, str) and given.strip()):
            raise RefusedError("no_text")
        text, thread_ts = str(given or ""), body.get("thread_ts")
        if clicked is not None and body.get("replace_original"):
            self._actions.update(clicked, text=text, blocks=blocks)
        elif body.get("response_type") == "in_channel":
            bot = self._actions.workspace.bot.id
            self._actions.post(target.channel, bot, text, thread_ts=thread_ts, blocks=blocks)
        else:
            post = self._actions.workspace.post_ephemeral
            post(target.channel, target.user, text, thread_ts=thread_ts, blocks=blocks)


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
    ) -> None:
        self.commands = {command.name: command for command in commands}
        self.shortcuts = {shortcut.callback_id: shortcut for shortcut in shortcuts}
        self._changes = changes
        self._workspace = workspace
        self._views = views
        self._responses = responses
        self._send_to_app = send
        self._interactions: list[Interaction] = []

    def interactions(self) -> tuple[Interaction, ...]:
        """Return all interactions so far, in the order in which they ended."""
        return tuple(self._interactions)

    # Messages and views

    def click(
        self, message: Message, action_id: str, value: str | None = None, *, user: str, block_id: str | None = None
    ) -> InteractionResult:
        """Click a button in ``message``, or choose the menu item with this ``value``."""
        is_ephemeral = message.seen_by is not None
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": is_ephemeral} | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
        fields = {
            "container": container,
            "channel": self._channel(message.channel),
            "state": {"values": {}},
            "actions": [action_of(message.blocks, action_id, block_id, value, self._workspace.mint_ts())],
        }
        if not is_ephemeral:  # Slack leaves out the content of an ephemeral message
            fields["message"] = self._workspace.to_json(message)
        return self._act("block_actions", user, fields, ResponseTarget(user, message.channel, message))

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
        fields = {
            "container": {"type": "view", "view_id": view["id"]},
            "view": self._view(view, input_state(view["blocks"], inputs or {})),
            "actions": [action_of(view["blocks"], action_id, block_id, value, self._workspace.mint_ts())],
        }
        return self._act("block_actions", user, fields)

    # Modals

    def submit(self, view_id: str, inputs: InputValues | None = None) -> InteractionResult:
        """Submit a modal. It closes unless an input is invalid, or the app reports errors or is late."""
        user, view = self._views.modal(view_id)
        state = input_state(view["blocks"], inputs or {})
        if errors := input_errors(view["blocks"], state):
            return InteractionResult(errors=errors)
        payload = self._payload("view_submission", user, {"view": self._view(view, state)})
        reply = self._request("interactive", payload | {"response_urls": []})
        if reply.failure is not None:
            return InteractionResult(reply.failure)
        return self._apply_response_action(user, view, reply.body or {})

    def close(self, view_id: str, *, is_cleared: bool = False) -> None:
        """Close a modal, or with ``is_cleared`` the whole stack; the app gets view_closed if it asked for it."""
        user, view = self._views.modal(view_id)
        if is_cleared or view.get("clear_on_close"):
            self._views.close_all(user)
        else:
            self._views.close(view_id)
        if view.get("notify_on_close"):
            fields = {"view": self._view(view, {}), "is_cleared": is_cleared}
            payload = self._payload("view_closed", user, fields)
            del payload["trigger_id"]
            self._request("interactive", payload)

    # Shortcuts and commands

    def use_shortcut(self, callback_id: str, *, user: str, message: Message | None = None) -> InteractionResult:
        """Use a message shortcut on ``message``, or a global one; Slack offers none on ephemeral messages."""
        kind = "global" if message is None else "message"
        if self.shortcuts[callback_id].kind != kind or (message is not None and message.seen_by is not None):
            raise ElementNotFoundError(f"The shortcut {callback_id} is not available here.")
        fields: Json = {"callback_id": callback_id, "action_ts": self._workspace.mint_ts()}
        if message is None:
            return self._act("shortcut", user, fields)
        fields |= {"message_ts": message.ts, "message": self._workspace.to_json(message)}
        fields["channel"] = self._channel(message.channel)
        return self._act("message_action", user, fields, ResponseTarget(user, message.channel, message))

    def run_command(self, channel: str, line: str, *, user: str) -> InteractionResult:
        """Run ``line``, a slash command with its text, and show the message in the app's acknowledgement, if any."""
        name, _, text = line.strip().partition(" ")
        if name not in self.commands:
            return InteractionResult("invalid_command")
        team, target = self._workspace.team, ResponseTarget(user, channel)
        form = {
            "token": "fake-slack",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": self._channel(channel)["name"],
            "user_id": user,
            "user_name": self._workspace.users[user].name.lower(),
            "command": name,
            "text": text.strip(),
            "api_app_id": self._workspace.bot.app_id,
            **({"enterprise_id": team.organisation} if team.organisation else {}),
            "is_enterprise_install": "false",
            "response_url": self._responses.issue(target),
            "trigger_id": self._views.issue_trigger(user),
        }
        reply = self._request("slash_commands", form)
        if reply.failure is None and reply.body:
            try:
                self._responses.respond(target, reply.body)
            except RefusedError as refused:
                return InteractionResult(refused.error)
        return InteractionResult(reply.failure)

    def _apply_response_action(self, user: str, view: Json, body: Json) -> InteractionResult:
        view_id: str = view["id"]
        try:
            match body.get("response_action"):
                case "errors":
                    # Slack refuses errors of anything but an input
                    errors = body.get("errors")
                    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
                    if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
                        return InteractionResult("invalid_errors")
                    return InteractionResult(errors={str(name): str(error) for name, error in errors.items()})
                case "clear":
                    self._views.close_all(user)
                case "update":
                    self._views.update(view_id, "", validate_view(body.get("view"), "modal"))
                case "push":
                    self._views.push_modal(user, validate_view(body.get("view"), "modal"))
                case _:
                    self._views.close(view_id)
        except RefusedError as refused:
            return InteractionResult(refused.error)
        return InteractionResult()

    def _channel(self, channel: str) -> Json:
        where = self._workspace.channels[channel]
        return {"id": where.id, "name": "directmessage" if where.kind == "im" else where.name}

    def _view(self, view: Json, state: Json) -> Json:
        team, bot = self._workspace.team.id, self._workspace.bot
        ids = {"app_id": bot.app_id, "bot_id": bot.bot_id, "team_id": team, "app_installed_team_id": team}
        return view | ids | {"state": {"values": state}}

    def _payload(self, kind: str, user: str, fields: Json, target: ResponseTarget | None = None) -> Json:
        """Return a payload with these ``fields``, a new trigger id and, for a ``target``, a response URL."""
        team, person = self._workspace.team, self._workspace.users[user]
        name = person.name.lower()
        payload = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": person.id, "username": name, "name": name, "team_id": person.team or team.id},
            "api_app_id": self._workspace.bot.app_id,
            "token": "fake-slack",
            "enterprise": {"id": team.organisation, "name": team.name} if team.organisation else None,
            "is_enterprise_install": False,
            "trigger_id": self._views.issue_trigger(user),
        }
        return payload | fields | ({"response_url": self._responses.issue(target)} if target else {})

    def _act(self, kind: str, user: str, fields: Json, target: ResponseTarget | None = None) -> InteractionResult:
        return InteractionResult(self._request("interactive", self._payload(kind, user, fields, target)).failure)

    def _request(self, kind: RequestKind, payload: Json) -> AppReply:
        at, start = time.time(), time.perf_counter()
        reply = self._send_to_app(kind, payload)
        took_ms = (time.perf_counter() - start) * 1000
        with self._changes.writing():
            self._interactions.append(Interaction(kind, payload, reply, at, took_ms))
        return reply
