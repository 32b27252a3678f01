"""Socket Mode: one-time URLs, websockets, envelopes and acknowledgements."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import uuid
from typing import Literal, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.models import Json
from bot.playground import limits
from bot.playground.event_delivery import AppReply, RequestKind
from bot.playground.workspace import ChangeNotifier

logger = logging.getLogger(__name__)

Breakage = Literal["reset", "end", "silence", "close"]
"""How a connection breaks: TCP's reset or end, no sign of life any more, or a websocket's close frame."""


class BreakConnection(Protocol):
    """Breaks the connection of a client (host, port)."""

    def __call__(self, client: tuple[str, int], how: Breakage = "reset") -> None: ...


class SocketModeServer:
    """The app's websockets, used in turn; an acknowledgement may arrive on any of them.

    ``opened`` counts those that have got their hello, also if they are closed.
    """

    def __init__(
        self, changes: ChangeNotifier, *, app_id: str, ack_seconds: float, break_connection: BreakConnection, base: str
    ) -> None:
        self._changes = changes
        self._app_id = app_id
        self._ack_seconds = ack_seconds
        self._break_connection = break_connection
        self._silent: set[WebSocket] = set()
        self._base = base
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self.opened = 0
        self._unacked: dict[str, asyncio.Future[Json | None]] = {}

    def count(self) -> int:
        """Return the number of open websockets that have got their hello."""
        with self._changes.reading():
            return len(self._open)

    def issue_url(self) -> str:
        """Return a URL that opens one websocket, once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"{self._base}/link/?ticket={ticket}&app_id={self._app_id}"

    async def serve(self, websocket: WebSocket) -> None:
        """Handle one websocket until it closes."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if self.count() >= limits.SOCKET_CONNECTIONS:
            await self._disconnect(websocket, "too_many_websockets")
            return
        try:
            debug = {"host": "fake-slack", "build_number": 1, "approximate_connection_time": 18060}
            info = {"app_id": self._app_id}
            hello = {"type": "hello", "num_connections": self.count() + 1, "debug_info": debug, "connection_info": info}
            await websocket.send_json(hello)
            with self._changes.writing():
                self._open.append(websocket)
                self.opened += 1
            async for text in websocket.iter_text():
                self._receive(text)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either if the app was killed or we closed the websocket ourselves
            logger.debug("a websocket was closed")
        finally:
            self._remove(websocket)

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        retry = {"retry_attempt": attempt, "retry_reason": reason}
        envelope = {"type": "events_api", "payload": payload, "accepts_response_payload": False, **retry}
        return (await self._send(envelope)).failure

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        return await self._send({"type": kind, "payload": payload, "accepts_response_payload": True})

    async def refresh(self) -> None:
        """Ask the app to reconnect and close the websockets, as Slack does every few hours."""
        for websocket in tuple(self._open):
            self._remove(websocket)
            await self._disconnect(websocket, "refresh_requested")

    async def drop(self, how: Breakage, count: int | None) -> None:
        """Break the first ``count`` connections. Of a silent one Slack learns nothing, and goes on to send events."""
        for websocket in tuple(self._open)[:count]:
            if how == "silence":
                self._silent.add(websocket)
            else:
                self._remove(websocket)
            if how == "close":
                await websocket.close(code=1001)
            elif websocket.client is not None:
                self._break_connection((websocket.client.host, websocket.client.port), how)

    async def _send(self, envelope: Json) -> AppReply:
        if not self._open:
            return AppReply("connection_failed")
        websocket = self._open.pop(0)
        self._open.append(websocket)
        envelope_id = str(uuid.uuid4())
        acked = asyncio.get_running_loop().create_future()
        self._unacked[envelope_id] = acked
        try:
            if websocket not in self._silent:
                await websocket.send_json({"envelope_id": envelope_id, **envelope})
            return AppReply(None, await asyncio.wait_for(acked, self._ack_seconds))
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either, depending on which side noticed first that the websocket is gone
            self._remove(websocket)
            return AppReply("connection_failed")
        except TimeoutError:
            return AppReply("timeout")
        finally:
            del self._unacked[envelope_id]

    async def _disconnect(self, websocket: WebSocket, reason: str) -> None:
        try:
            await websocket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake-slack"}})
            await websocket.close()
        except (WebSocketDisconnect, RuntimeError):
            logger.debug("a websocket was closed already")

    def _remove(self, websocket: WebSocket) -> None:
        with self._changes.writing():
            self._silent.discard(websocket)
            if websocket in self._open:
                self._open.remove(websocket)

    def _receive(self, text: str) -> None:
        try:
            message = json.loads(text)
            envelope_id, body = message["envelope_id"], message.get("payload")
        except (ValueError, KeyError, TypeError):
            logger.warning("the app sent something that is not an acknowledgement: %.200s", text)
            return
        acked = self._unacked.get(str(envelope_id))
        if acked is not None and not acked.done():
            acked.set_result(body or None)
