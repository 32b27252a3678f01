"""Delivery to the app: events with the retries of the Events API, over websockets or as signed requests."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
import time
import urllib.parse
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import aiohttp
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.errors import SlackError
from bot.models import Json
from bot.playground import limits
from bot.playground.loopback import Breakage, LoopbackServer
from bot.playground.workspace import ChangeNotifier

logger = logging.getLogger(__name__)

RequestKind = Literal["interactive", "slash_commands"]
NO_RETRY = "no_retry"  # the app asked for no more retries


@dataclass(frozen=True, slots=True)
class AppReply:
    """The app's reply: ``failure`` is None if it acknowledged, ``body`` is the JSON in its acknowledgement."""

    failure: str | None
    body: Json | None = None


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt, from ``at`` to ``ended_at`` (seconds since 1970); ``failure`` is None if acknowledged."""

    number: int
    at: float
    ended_at: float
    failure: str | None


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """The delivery of an event; settled once it is acknowledged or the last attempt has failed."""

    id: int
    payload: Json
    attempts: tuple[DeliveryAttempt, ...] = ()
    is_settled: bool = False

    @property
    def event_id(self) -> str:
        return str(self.payload["event_id"])

    @property
    def event(self) -> Json:
        event: Json = self.payload["event"]
        return event

    @property
    def acked_at(self) -> float | None:
        """When the app acknowledged it, in seconds since 1970; None if it did not."""
        return next((attempt.ended_at for attempt in self.attempts if attempt.failure is None), None)


class EventSender:
    """Delivers events on the server's event loop; ``retry_after`` are the seconds to wait before each retry.

    Each attempt is sent ``copies`` times at once: through each connection once, if there are that many.
    ``deliveries`` are in the order in which they began; ``acknowledged`` and ``unsettled`` count them.
    """

    def __init__(
        self,
        host: LoopbackServer,
        changes: ChangeNotifier,
        transport: SocketModeServer | HttpEventTransport,
        retry_after: Sequence[float],
        copies: int,
    ) -> None:
        self.transport = transport
        self.deliveries: list[EventDelivery] = []
        self.acknowledged = 0
        self.unsettled = 0
        self._host = host
        self._changes = changes
        self._retry_after = tuple(retry_after)
        self._copies = copies

    def deliver(self, payload: Json, attempt: int = 0) -> EventDelivery:
        """Start a delivery, from any thread, at this ``attempt``."""
        with self._changes.writing():
            delivery = EventDelivery(len(self.deliveries), payload)
            self.deliveries.append(delivery)
            self.unsettled += 1
        self._host.run_soon(self._deliver(delivery, attempt))
        return delivery

    def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Send an interaction or a command, from another thread, and return the app's reply."""
        return self._host.run_soon(self.transport.send_interaction(kind, payload)).result()

    async def _deliver(self, delivery: EventDelivery, first: int) -> None:
        failure: str | None = "timeout" if first else ""
        try:
            for number in range(first, len(self._retry_after) + 1):
                if number > first:
                    await asyncio.sleep(self._retry_after[number - 1])
                start = time.time()
                copies = (
                    self.transport.send_event(delivery.payload, number, failure or "") for _ in range(self._copies)
                )
                failures = [reply.failure for reply in await asyncio.gather(*copies)]
                failure = None if None in failures else failures[0]
                attempt = DeliveryAttempt(number, start, time.time(), failure)
                with self._changes.writing():
                    delivery = replace(delivery, attempts=(*delivery.attempts, attempt))
                    self.deliveries[delivery.id] = delivery
                    self.acknowledged += failure is None
                if failure is None or failure == NO_RETRY:
                    return
        finally:
            with self._changes.writing():
                self.deliveries[delivery.id] = replace(delivery, is_settled=True)
                self.unsettled -= 1


class SocketModeServer:
    """The app's websockets, used in turn; an acknowledgement may arrive on any of them.

    ``open`` are those that have got their hello; ``opened`` counts them, also if they are closed.
    """

    def __init__(self, host: LoopbackServer, changes: ChangeNotifier, *, app_id: str, ack_seconds: float) -> None:
        self._host = host
        self._changes = changes
        self._app_id = app_id
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self.open: list[WebSocket] = []
        self._silent: set[WebSocket] = set()
        self._unacked: dict[str, asyncio.Future[Json | None]] = {}
        self.opened = 0

    def issue_url(self) -> str:
        """Return a URL that opens one websocket, once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._host.port}/link/?ticket={ticket}&app_id={self._app_id}"

    async def serve(self, websocket: WebSocket) -> None:
        """Handle one websocket until it closes."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        if len(self.open) >= limits.SOCKET_CONNECTIONS:
            await self._disconnect(websocket, "too_many_websockets")
            return
        try:
            debug = {"host": "fake-slack", "build_number": 1, "approximate_connection_time": 18060}
            hello = {"type": "hello", "num_connections": len(self.open) + 1, "debug_info": debug}
            await websocket.send_json(hello | {"connection_info": {"app_id": self._app_id}})
            with self._changes.writing():
                self.open.append(websocket)
                self.opened += 1
            async for text in websocket.iter_text():
                self._receive(text)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either if the app was killed or we closed the websocket ourselves
            logger.debug("a websocket was closed")
        finally:
            self._remove(websocket)

    async def send_event(self, payload: Json, attempt: int, reason: str) -> AppReply:
        """Send an event; ``attempt`` counts from 0, and ``reason`` is why the previous attempt failed."""
        retry = {"retry_attempt": attempt, "retry_reason": reason}
        return await self._send({"type": "events_api", "payload": payload, "accepts_response_payload": False, **retry})

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        return await self._send({"type": kind, "payload": payload, "accepts_response_payload": True})

    async def refresh(self) -> None:
        """Ask the app to reconnect and close the websockets, as Slack does every few hours."""
        for websocket in tuple(self.open):
            self._remove(websocket)
            await self._disconnect(websocket, "refresh_requested")

    async def drop(self, how: Breakage, count: int | None) -> None:
        """Break the first ``count`` connections. Of a silent one Slack learns nothing, and goes on to send events."""
        for websocket in tuple(self.open)[:count]:
            if how == "silence":
                self._silent.add(websocket)
            else:
                self._remove(websocket)
            if how == "close":
                await websocket.close(code=1001)
            else:
                self._host.break_connection(websocket, how)

    async def _send(self, envelope: Json) -> AppReply:
        if not self.open:
            return AppReply("connection_failed")
        websocket = self.open.pop(0)
        self.open.append(websocket)
        envelope_id = str(uuid.uuid4())
        acked = self._unacked[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            if websocket not in self._silent:
                await websocket.send_json({"envelope_id": envelope_id, **envelope})
            async with asyncio.timeout(self._ack_seconds):
                return AppReply(None, await acked)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises either, depending on which side noticed first that the websocket is gone
            self._remove(websocket)
            return AppReply("connection_failed")
        except TimeoutError:
            return AppReply("timeout")
        finally:
            del self._unacked[envelope_id]

    async def _disconnect(self, websocket: WebSocket, reason: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # either is raised if the app has closed it already
            await websocket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake-slack"}})
            await websocket.close()

    def _remove(self, websocket: WebSocket) -> None:
        with self._changes.writing():
            self._silent.discard(websocket)
            if websocket in self.open:
                self.open.remove(websocket)

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


def sign_request(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the headers of Slack's v0 signature: docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = b"v0:%d:%b" % (timestamp, body)
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={signature}"}


class HttpEventTransport:
    """An app's request URL; any response but 200 within ``ack_seconds`` is a failure."""

    def __init__(self, url: str, secret: str, ack_seconds: float) -> None:
        self._url = url
        self._secret = secret
        self._timeout = aiohttp.ClientTimeout(ack_seconds)

    async def verify(self) -> None:
        """Send the url_verification challenge; SlackError if the app does not return it."""
        challenge = secrets.token_hex(16)
        body = {"token": "fake-slack", "challenge": challenge, "type": "url_verification"}
        reply = await self._post(json.dumps(body), "json")
        if reply.failure is not None:
            raise SlackError(f"{self._url} did not answer the challenge ({reply.failure}); start the app there first")
        if challenge not in str(reply.body):
            raise SlackError(f"{self._url} did not return the challenge; is it the app's events URL?")

    async def send_event(self, payload: Json, attempt: int, reason: str) -> AppReply:
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        return await self._post(json.dumps(payload), "json", retry)

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Send a command as a form, anything else as JSON in the form's field ``payload``."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._post(urllib.parse.urlencode(form), "x-www-form-urlencoded")

    async def _post(self, text: str, content_type: str, more: dict[str, str] | None = None) -> AppReply:
        body = text.encode()
        headers = {"Content-Type": f"application/{content_type}", "User-Agent": "Slackbot 1.0 (fake)", **(more or {})}
        headers |= sign_request(self._secret, body, int(time.time()))
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, data=body, headers=headers) as response,
            ):
                if response.status != 200:
                    return AppReply(NO_RETRY if response.headers.get("X-Slack-No-Retry") == "1" else "http_error")
                return AppReply(None, _read_body(await response.text(errors="replace")))
        except TimeoutError:
            return AppReply("http_timeout")
        except (aiohttp.ClientError, OSError):
            return AppReply("connection_failed")


def _read_body(text: str) -> Json | None:
    """Parse a JSON object; any other text is a message's text."""
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else None
    return body if isinstance(body, dict) else None
