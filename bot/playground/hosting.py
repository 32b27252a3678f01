"""Serves an application on a loopback port from a thread of its own; keeps secret which server does it."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import uvicorn
from starlette.applications import Starlette

_STOP_SECONDS = 5
_Done = TypeVar("_Done")


class LoopbackServer:
    """A running server: ready when the constructor's ``start`` returns, gone with its thread when ``stop`` does.

    ``port`` 0 is a free one. ``on_start`` and ``on_stop`` run on the server's event loop, before its first request and
    before its end.
    """

    def __init__(self, port: int = 0) -> None:
        # Bound before anything is served, so that the address is known, and listening, so that no caller can be early
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: Starlette, on_start: Callable[[], None], on_stop: Callable[[], Awaitable[None]]) -> None:
        """Serve ``app``; returns when it is served."""
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        self._server = _Server(config, on_start, on_stop)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="stand-in-slack", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()

    def stop(self) -> None:
        """End it and wait for its end."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()

    def run(self, work: Callable[[], Awaitable[_Done]]) -> _Done:
        """Run ``work`` on the server's event loop and wait for what it returns; not to be called from there."""
        if self._server is None:
            raise RuntimeError("the stand-in has not started")
        return asyncio.run_coroutine_threadsafe(_awaited(work), self._server.loop).result()

    def sever(self, peer: tuple[str, int]) -> None:
        """Cut a client's connection with a reset, as a broken network does; on the server's event loop."""
        if self._server is None:
            return
        for connection in tuple(self._server.server_state.connections):
            transport = connection.transport
            if transport is not None and transport.get_extra_info("peername") == peer:
                # With no time to linger, closing resets the connection instead of ending it in order
                linger = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()


async def _awaited(work: Callable[[], Awaitable[_Done]]) -> _Done:
    return await work()


class _Server(uvicorn.Server):
    loop: asyncio.AbstractEventLoop

    def __init__(
        self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self._on_start()
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._on_stop()
        await super().shutdown(sockets)
