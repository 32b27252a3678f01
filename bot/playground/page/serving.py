"""The page from its start to its end, and its routes; keeps secret on which server and thread it runs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.errors import SettingsError
from bot.playground.entries import NotThereError
from bot.playground.hosting import Host
from bot.playground.nouns import Json
from bot.playground.page.act import RefusalError
from bot.playground.page.acts import ACTS
from bot.playground.page.guard import Guard
from bot.playground.page.streams import Streams
from bot.playground.server import StandIn
from bot.playground.webapi import METHODS

_HERE = Path(__file__).parent


class Page:
    """The page of a running stand-in, on a loopback port, from ``with`` to its end.

    ``examples`` are questions that a first visitor can ask with a click; ``port`` 0 is a free one. ``SettingsError``
    when another program has the port.
    """

    def __init__(self, slack: StandIn, *, examples: Iterable[str] = (), port: int = 0) -> None:
        self._slack = slack
        self._token = secrets.token_urlsafe(16)
        try:
            self._host = Host(port)
        except OSError as error:
            raise SettingsError(f"The port {port} cannot be used ({error}); choose another with --port.") from error
        self._streams = Streams(slack, self._opening(tuple(examples)))

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
        act = ACTS.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"error": "The page asked for something that there is not."}, 404)
        try:
            # What a person does may wait for the app, and so must not hold the loop that serves the page
            done = await run_in_threadpool(act.model_validate_json(await request.body()).do, self._slack)
        except ValidationError as error:
            return JSONResponse({"error": error.errors(include_url=False)[0]["msg"]}, 422)
        except (RefusalError, NotThereError) as error:
            return JSONResponse({"error": str(error)}, 409)
        except KeyError:
            return JSONResponse({"error": "That is no longer there."}, 404)
        return JSONResponse(done)
