"""The web server of the page: access checks, and what one person sees of the workspace, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SettingsError
from bot.models import Json
from bot.playground.block_kit import ElementNotFoundError
from bot.playground.loopback import LOOPBACK_HOSTS, LoopbackServer
from bot.playground.methods import METHODS
from bot.playground.models import UploadedFile
from bot.playground.page.actions import ACTIONS, ActionRefusedError, PageActions
from bot.playground.server import FakeSlack

TOKEN_HEADER = "x-playground-token"
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No script can turn a string into markup
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
# Seconds between keep-alive comments: without them, a browser's stream to a machine that slept stays open
_KEEP_ALIVE = 15.0
_FIELDS = TypeAdapter(dict[str, Any])
# Entries of each kind in the inspector's log
_LOG = 200
_STATIC = Path(__file__).parent / "static"


ViewState = dict[str, object]
"""What one person sees: the workspace's own objects by a key for each.

They are replaced, never changed in place: an identical object has not changed, and only what has changed is turned
into JSON.
"""


class AccessMiddleware:
    """Refuses requests that do not come from the page, and adds security headers to all responses.

    Another site that is open in the same browser can send requests to this machine. It cannot choose their Host, hide
    their Origin, or read the token that a POST must carry.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        error = self._error(scope)
        if error is not None:
            await JSONResponse({"error": error}, 403)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _error(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in LOOPBACK_HOSTS and host not in LOOPBACK_HOSTS:
            return "The playground is available at 127.0.0.1 and localhost only."
        is_cross_origin = headers.get("origin", f"http://{host}") != f"http://{host}"
        is_cross_site = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if is_cross_origin or (is_cross_site and headers.get("sec-fetch-mode") != "navigate"):
            return "The playground takes no requests from other pages."
        if scope["method"] not in ("GET", "HEAD"):
            token = headers.get(TOKEN_HEADER, "")
            if not secrets.compare_digest(token.encode(), self._token.encode()):
                return "This page belongs to an earlier run of the playground. Reload it."
        return None


def view_state(slack: FakeSlack, viewer: str) -> ViewState:
    """Return all that ``viewer`` (a user's id) may see, and the inspector's log."""
    workspace, views = slack.workspace, slack.views
    state: ViewState = {f"user/{user.id}": user for user in workspace.users.values()}
    for channel in workspace.channels.values():
        if viewer in channel.members:
            state[f"channel/{channel.id}"] = channel
            state |= {f"message/{one.channel}/{one.ts}": one for one in workspace.messages(channel.id)}
            state[f"prompts/{channel.id}"] = views.prompts(channel.id)
    state |= {f"message/{one.channel}/{one.ts}": one for one in workspace.ephemerals(viewer)}
    state |= {"modals": views.open_modals(viewer), "home": views.home(viewer), "connections": slack.connections}
    interactions = slack.interactivity.interactions()
    logs = {"delivery": slack.deliveries, "call": slack.calls, "interaction": interactions}
    for kind, entries in logs.items():
        start = max(0, len(entries) - _LOG)
        state |= {f"{kind}/{start + at}": entry for at, entry in enumerate(entries[start:])}
    return state


def changes_between(before: ViewState, after: ViewState) -> Json:
    """Return the new and changed values as JSON (``set``), and the keys that no longer exist (``removed``)."""
    changed = {
        key: to_jsonable_python(value)
        for key, value in after.items()
        if key not in before or (before[key] is not value and before[key] != value)
    }
    return {"set": changed, "removed": [key for key in before if key not in after]}


class PlaygroundPage:
    """A context manager that serves the page of a running fake Slack on a loopback port.

    ``examples`` are questions that a visitor can ask with a click; ``port`` 0 picks a free one. SettingsError if the
    port is in use.
    """

    def __init__(self, slack: FakeSlack, *, examples: Iterable[str] = (), port: int = 0) -> None:
        self._slack = slack
        self._examples = list(examples)
        self._token = secrets.token_urlsafe(16)
        # An event for each open stream, set when the workspace has changed
        self._streams: set[asyncio.Event] = set()
        self._is_stopping = False
        try:
            self._host = LoopbackServer(port)
        except OSError as error:
            raise SettingsError(f"Port {port} cannot be used ({error}); choose another with --port.") from error
        self.address = f"http://127.0.0.1:{self._host.port}/"

    def __enter__(self) -> Self:
        routes = [
            Route("/", lambda _: FileResponse(_STATIC / "index.html")),
            Route("/stream", self._open_stream),
            Route("/actions/{name}", self._run, methods=["POST"]),
            Route("/files/{id}", self._send_file),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]
        self._host.start(Starlette(routes=routes, middleware=[Middleware(AccessMiddleware, token=self._token)]))
        return self

    def __exit__(self, *_: object) -> None:
        self._host.run_soon(self._end_streams()).result()
        self._host.stop()

    async def _run(self, request: Request) -> Response:
        action = ACTIONS.get(request.path_params["name"])
        if action is None:
            return JSONResponse({"error": "There is no such action."}, 404)
        try:
            fields = _FIELDS.validate_json(await request.body())
            # An action may wait for the app: in a thread, it does not block the page's event loop
            actions = PageActions(self._slack, fields.pop("viewer"))
            body = await run_in_threadpool(lambda: action(actions, **fields))
        except ValidationError as error:
            return JSONResponse({"error": error.errors(include_url=False)[0]["msg"]}, 422)
        except (ActionRefusedError, ElementNotFoundError) as error:
            return JSONResponse({"error": str(error)}, 409)
        except KeyError:
            return JSONResponse({"error": "That does not exist any more."}, 404)
        return JSONResponse(body or {})

    async def _send_file(self, request: Request) -> Response:
        """Send an uploaded file to the person in the query parameter ``as``, if they are in a conversation with it."""
        viewer, wanted = request.query_params.get("as", ""), request.path_params["id"]
        workspace = self._slack.workspace
        for channel in workspace.channels.values():
            for message in workspace.messages(channel.id) if viewer in channel.members else ():
                for file in message.files:
                    content = self._slack.uploads.content(wanted)
                    if isinstance(file, UploadedFile) and file.id == wanted and content is not None:
                        return Response(content, media_type=file.mimetype)
        return JSONResponse({"error": "There is no such file."}, 404)

    async def _open_stream(self, request: Request) -> Response:
        """Open a stream for the person in the query parameter ``as``."""
        viewer = request.query_params.get("as", "")
        if viewer not in {user.id for user in self._slack.workspace.users.values() if user.bot_id is None}:
            return JSONResponse({"error": f"There is no person {viewer}."}, 404)
        return StreamingResponse(self._stream(viewer), media_type="text/event-stream")

    async def _stream(self, viewer: str) -> AsyncIterator[str]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        self._streams.add(changed)
        try:
            with self._slack.changes.watching(lambda: loop.call_soon_threadsafe(changed.set)):
                known: ViewState = {}
                constants = self._constants(viewer)
                while not self._is_stopping:
                    changed.clear()
                    state = view_state(self._slack, viewer)
                    update = constants | changes_between(known, state)
                    if constants or update["set"] or update["removed"]:
                        yield f"data: {json.dumps(update)}\n\n"
                    known, constants = state, {}
                    try:
                        async with asyncio.timeout(_KEEP_ALIVE):
                            await changed.wait()
                    except TimeoutError:
                        yield ": keep-alive\n\n"
        finally:
            self._streams.discard(changed)

    async def _end_streams(self) -> None:
        self._is_stopping = True
        for changed in self._streams:
            changed.set()

    def _constants(self, viewer: str) -> Json:
        """What a stream begins with: it does not change."""
        workspace, interactivity = self._slack.workspace, self._slack.interactivity
        return {
            "viewer": viewer,
            "token": self._token,
            "team": workspace.team.name,
            "bot": workspace.bot.id,
            "examples": self._examples,
            "methods": sorted(METHODS),
            "commands": to_jsonable_python([*interactivity.commands.values()]),
            "shortcuts": to_jsonable_python([*interactivity.shortcuts.values()]),
        }
