"""A web server in a thread, whose connections can be broken as a network breaks them."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Literal, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

Breakage = Literal["reset", "end", "silence", "close"]
"""How a connection breaks: TCP's reset or end, no sign of life any more, or a websocket's close frame."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")

_STOP_SECONDS = 5
T = TypeVar("T")


class LoopbackOnly:
    """Refuses requests that a page in a browser on this machine may have sent, also by a name that leads here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if (host.rpartition(":")[0] or host) in LOOPBACK_HOSTS and "origin" not in headers:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await PlainTextResponse("Only programs on this machine may call this.", 403)(scope, receive, send)


class LoopbackServer:
    """A web server in a thread, on a loopback port; ``port`` 0 picks a free one. OSError if the port is in use."""

    def __init__(self, port: int = 0) -> None:
        # Listening from now on: the address is known before ``start``, and early connections wait
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]

    def start(self, app: Starlette) -> None:
        """Start serving ``app``."""
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="fake-slack", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the server, cancel its tasks, and wait for its thread."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def run_soon(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work`` on the server's event loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._server.loop.result())

    def break_connection(self, client: HTTPConnection, how: Breakage = "reset") -> None:
        """Break the connection of a request or a websocket; call it on the event loop."""
        for connection in tuple(self._server.server_state.connections):
            transport = connection.transport
            if transport is None or transport.get_extra_info("peername") != client.client:
                continue
            if how == "silence":
                transport.pause_reading()
            elif how == "end":
                transport.close()
            else:
                # With a linger time of 0, closing sends a reset
                linger = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.loop: Future[asyncio.AbstractEventLoop] = Future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop.set_result(asyncio.get_running_loop())
        await super().startup(sockets)
