"""Socket Mode: one-time addresses, websockets, envelopes and acknowledgements; keeps secret which socket gets what."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import uuid
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.models import Json
from bot.playground import limits
from bot.playground.event_delivery import AppReply, RequestKind
from bot.playground.workspace import ChangeNotifier

logger = logging.getLogger(__name__)

Peer = tuple[str, int]
Sever = Callable[[Peer], None]


class SocketModeServer:
    """The app's websockets. A payload goes to one of them, in turn; an acknowledgement may come through any."""

    def __init__(self, changes: ChangeNotifier, *, app_id: str, ack_seconds: float, sever: Sever, base: str) -> None:
        self._changes = changes
        self._app_id = app_id
        self._ack_seconds = ack_seconds
        self._sever = sever
        self._base = base
        self._tickets: set[str] = set()
        self._open: list[WebSocket] = []
        self._unacked: dict[str, asyncio.Future[Json | None]] = {}

    def count(self) -> int:
        """How many websockets have been greeted and are open."""
        with self._changes.reading():
            return len(self._open)

    def issue_address(self) -> str:
        """An address that opens one websocket, once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"{self._base}/link/?ticket={ticket}&app_id={self._app_id}"

    async def serve(self, websocket: WebSocket) -> None:
        """One websocket, from its greeting to its end."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if self.count() >= limits.SOCKET_CONNECTIONS:
            await self._say_goodbye(websocket, "too_many_websockets")
            return
        try:
            await self._converse(websocket)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either where the end came in the middle: the app was killed, or we closed it ourselves
            logger.debug("a websocket ended in the middle of a conversation")
        finally:
            self._forget(websocket)

    async def _converse(self, websocket: WebSocket) -> None:
        await websocket.send_json(self._greeting())
        with self._changes.writing():
            self._open.append(websocket)
        async for text in websocket.iter_text():
            self._read(text)

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        """See ``Carrier``."""
        retry = {"retry_attempt": attempt, "retry_reason": reason}
        envelope = {"type": "events_api", "payload": payload, "accepts_response_payload": False, **retry}
        return (await self._exchange(envelope)).failure

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """See ``Carrier``."""
        return await self._exchange({"type": kind, "payload": payload, "accepts_response_payload": True})

    async def _exchange(self, envelope: Json) -> AppReply:
        websocket = self._next()
        if websocket is None:
            return AppReply("connection_failed")
        envelope_id = str(uuid.uuid4())
        acked = asyncio.get_running_loop().create_future()
        self._unacked[envelope_id] = acked
        try:
            await websocket.send_json({"envelope_id": envelope_id, **envelope})
            return AppReply(None, await asyncio.wait_for(acked, self._ack_seconds))
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either, depending on which side noticed first that the websocket is gone
            self._forget(websocket)
            return AppReply("connection_failed")
        except TimeoutError:
            return AppReply("timeout")
        finally:
            del self._unacked[envelope_id]

    async def refresh(self) -> None:
        """Ask the app to reconnect and close the websockets, as Slack does every few hours."""
        for websocket in tuple(self._open):
            self._forget(websocket)
            await self._say_goodbye(websocket, "refresh_requested")

    async def drop(self) -> None:
        """Cut the connections without a word, as a broken network does."""
        for websocket in tuple(self._open):
            self._forget(websocket)
            if websocket.client is not None:
                self._sever((websocket.client.host, websocket.client.port))

    async def _say_goodbye(self, websocket: WebSocket, reason: str) -> None:
        try:
            await websocket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}})
            await websocket.close()
        except (WebSocketDisconnect, RuntimeError):
            logger.debug("a websocket was gone before it could be closed")

    def _greeting(self) -> Json:
        debug = {"host": "stand-in", "build_number": 1, "approximate_connection_time": 18060}
        info = {"app_id": self._app_id}
        return {"type": "hello", "num_connections": self.count() + 1, "debug_info": debug, "connection_info": info}

    def _next(self) -> WebSocket | None:
        if not self._open:
            return None
        websocket = self._open.pop(0)
        self._open.append(websocket)
        return websocket

    def _forget(self, websocket: WebSocket) -> None:
        with self._changes.writing():
            if websocket in self._open:
                self._open.remove(websocket)

    def _read(self, text: str) -> None:
        try:
            given = json.loads(text)
            envelope_id, body = given["envelope_id"], given.get("payload")
        except (ValueError, KeyError, TypeError):
            logger.warning("the app sent something that is no acknowledgement: %.200s", text)
            return
        acked = self._unacked.get(str(envelope_id))
        if acked is not None and not acked.done():
            acked.set_result(body or None)
