"""Who may talk to the page: the browser of this machine, from the page itself; keeps secret which headers tell.

Another site that is open in the same browser can send requests to this machine too. It cannot choose the Host that a
request of its names, nor hide its own Origin, nor read the token that writes must carry.

Live updates as server-sent events: first all that a person sees, then what changes; keeps secret how it is woken.

The page from its start to its end, and its routes; keeps secret on which server and thread it runs.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError
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
from bot.playground.elements import ElementNotFoundError
from bot.playground.hosting import LoopbackServer
from bot.playground.page.actions import ACTIONS, ActionRefusedError
from bot.playground.page.state import ViewState, changes_between, view_state
from bot.playground.server import FakeSlack
from bot.playground.web_api import METHODS

TOKEN_HEADER = "x-playground-token"
_OURSELVES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_RULES = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No script can turn a string into markup, whatever the string
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_ADDED = {
    "content-security-policy": _RULES,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guard:
    """Refuses what does not come from the page itself, and tells the browser to load nothing from elsewhere."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ADDED)
            await send(message)

        objection = self._objection(scope)
        if objection is not None:
            await JSONResponse({"error": objection}, 403)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in _OURSELVES and host not in _OURSELVES:
            return "The playground answers at 127.0.0.1 and localhost only."
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return "The playground takes no requests from other pages."
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if is_from_elsewhere and headers.get("sec-fetch-mode") != "navigate":
            return "The playground takes no requests from other pages."
        if scope["method"] not in ("GET", "HEAD"):
            given = headers.get(TOKEN_HEADER, "")
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                return "The page is of an earlier run of the playground; reload it."
        return None


# Seconds between two signs of life, without which a browser's connection to a computer that slept stays open
_SIGN_OF_LIFE = 15.0


class EventStreams:
    """The open streams, each of one person; ``opening`` is what does not change while the playground runs."""

    def __init__(self, slack: FakeSlack, opening: Json) -> None:
        self._slack = slack
        self._opening = opening
        self._wakers: set[asyncio.Event] = set()
        self._is_ending = False

    async def serve(self, request: Request) -> Response:
        """The stream of the person whom ``as`` names."""
        viewer = request.query_params.get("as", "")
        people = {user.id for user in self._slack.workspace.users() if user.bot_id is None}
        if viewer not in people:
            return JSONResponse({"error": f"There is no person {viewer}."}, 404)
        return StreamingResponse(self._told(viewer), media_type="text/event-stream")

    async def end(self) -> None:
        """Let every stream come to its end."""
        self._is_ending = True
        for waker in self._wakers:
            waker.set()

    async def _told(self, viewer: str) -> AsyncIterator[str]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        self._wakers.add(changed)
        try:
            with self._slack.watching(lambda: loop.call_soon_threadsafe(changed.set)):
                known: ViewState = {}
                opening = self._opening | {"viewer": viewer}
                while not self._is_ending:
                    changed.clear()
                    now = view_state(self._slack, viewer)
                    told = opening | changes_between(known, now)
                    if opening or told["set"] or told["gone"]:
                        yield f"data: {json.dumps(told)}\n\n"
                    known, opening = now, {}
                    if not await _within(changed, _SIGN_OF_LIFE):
                        yield ": still here\n\n"
        finally:
            self._wakers.discard(changed)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


_HERE = Path(__file__).parent


class PlaygroundPage:
    """The page of a running stand-in, on a loopback port, from ``with`` to its end.

    ``examples`` are questions that a first visitor can ask with a click; ``port`` 0 is a free one. ``SettingsError``
    when another program has the port.
    """

    def __init__(self, slack: FakeSlack, *, examples: Iterable[str] = (), port: int = 0) -> None:
        self._slack = slack
        self._token = secrets.token_urlsafe(16)
        try:
            self._host = LoopbackServer(port)
        except OSError as error:
            raise SettingsError(f"The port {port} cannot be used ({error}); choose another with --port.") from error
        self._streams = EventStreams(slack, self._opening(tuple(examples)))

    def __enter__(self) -> Self:
        routes = [
            Route("/", self._show),
            Route("/stream", self._streams.serve),
            Route("/do/{act}", self._do, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]
        app = Starlette(routes=routes, middleware=[Middleware(Guard, token=self._token)])
        self._host.start(app, lambda: None, self._streams.end)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._host.stop()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._host.port}/"

    def _opening(self, examples: tuple[str, ...]) -> Json:
        interactivity, workspace = self._slack.interactivity, self._slack.workspace
        commands = interactivity.commands.values()
        shortcuts = interactivity.shortcuts.values()
        return {
            "token": self._token,
            "team": workspace.team.name,
            "bot": workspace.bot.id,
            "examples": list(examples),
            "methods": sorted(METHODS),
            "commands": [
                {"name": one.name, "description": one.description, "hint": one.usage_hint} for one in commands
            ],
            "shortcuts": [{"id": one.callback_id, "name": one.name, "kind": one.kind} for one in shortcuts],
        }

    async def _show(self, request: Request) -> Response:
        return FileResponse(_HERE / "static" / "index.html")

    async def _do(self, request: Request) -> Response:
        act = ACTIONS.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"error": "The page asked for something that there is not."}, 404)
        try:
            # What a person does may wait for the app, and so must not hold the loop that serves the page
            done = await run_in_threadpool(act.model_validate_json(await request.body()).do, self._slack)
        except ValidationError as error:
            return JSONResponse({"error": error.errors(include_url=False)[0]["msg"]}, 422)
        except (ActionRefusedError, ElementNotFoundError) as error:
            return JSONResponse({"error": str(error)}, 409)
        except KeyError:
            return JSONResponse({"error": "That is no longer there."}, 404)
        return JSONResponse(done)
