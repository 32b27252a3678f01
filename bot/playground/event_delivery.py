"""Delivery of events to the app: retries as in the Events API, and signed requests to an app's request URL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.errors import SlackError
from bot.models import Json
from bot.playground.journal import DeliveryAttempt, EventDelivery, Journal

RequestKind = Literal["interactive", "slash_commands"]
NO_RETRY = "no_retry"  # the app asked for no more retries


@dataclass(frozen=True, slots=True)
class AppReply:
    """The app's reply: ``failure`` is None if it acknowledged, ``body`` is the JSON in its acknowledgement."""

    failure: str | None
    body: Json | None = None


class EventTransport(Protocol):
    """A connection to the app: Socket Mode, or HTTP."""

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        """Send an event; returns None if it is acknowledged, else why not.

        ``attempt`` counts from 0, and ``reason`` is why the previous attempt failed.
        """

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Send an interaction or a command."""


class EventSender:
    """Delivers events on an event loop; ``retry_after`` are the seconds to wait before each retry.

    Each attempt is sent ``copies`` times at once: through each connection once, if there are that many.
    """

    def __init__(
        self, journal: Journal, transport: EventTransport, retry_after: Sequence[float], copies: int = 1
    ) -> None:
        self.transport = transport
        self._journal = journal
        self._retry_after = tuple(retry_after)
        self._copies = copies
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Use the running event loop from now on."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Cancel the deliveries that are not settled."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def deliver(self, payload: Json, attempt: int = 0) -> EventDelivery:
        """Start a delivery, from any thread, at this ``attempt``."""
        if self._loop is None:
            raise RuntimeError("the fake Slack has not started")
        delivery = self._journal.delivery_started(payload)
        self._loop.call_soon_threadsafe(self._start_task, delivery, attempt)
        return delivery

    def _start_task(self, delivery: EventDelivery, attempt: int) -> None:
        task = asyncio.create_task(self._deliver(delivery, attempt))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
                failures = await asyncio.gather(*copies)
                failure = None if None in failures else failures[0]
                self._journal.add_attempt(delivery, DeliveryAttempt(number, start, time.time(), failure))
                if failure is None or failure == NO_RETRY:
                    return
        finally:
            self._journal.settle(delivery)


# The app runs on this machine: ignore any HTTP proxy
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


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
        self._ack_seconds = ack_seconds
        # Slack sends many requests at once; the event loop's default executor has few threads
        self._threads = ThreadPoolExecutor(32, thread_name_prefix="fake-slack-events")

    def verify(self) -> None:
        """Send the url_verification challenge; SlackError if the app does not return it."""
        challenge = secrets.token_hex(16)
        body = {"token": "fake-slack", "challenge": challenge, "type": "url_verification"}
        request = self._request(json.dumps(body).encode(), "json", {})
        try:
            with _direct.open(request, timeout=self._ack_seconds) as response:
                text = response.read().decode()
        except (urllib.error.URLError, TimeoutError) as error:
            raise SlackError(f"{self._url} did not answer the challenge; start the app there first: {error}") from error
        if challenge not in text:
            raise SlackError(f"{self._url} did not return the challenge; is it the app's events URL?")

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        return (await self._send(self._request(json.dumps(payload).encode(), "json", retry))).failure

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Send a command as a form, anything else as JSON in the form's field ``payload``."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._send(self._request(urllib.parse.urlencode(form).encode(), "x-www-form-urlencoded", {}))

    def stop(self) -> None:
        """Wait for running requests and end the threads."""
        self._threads.shutdown(wait=True)

    async def _send(self, request: urllib.request.Request) -> AppReply:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post, request)

    def _request(self, body: bytes, content_type: str, headers: dict[str, str]) -> urllib.request.Request:
        headers = {
            "Content-Type": f"application/{content_type}",
            "User-Agent": "Slackbot 1.0 (fake)",
            **sign_request(self._secret, body, int(time.time())),
            **headers,
        }
        return urllib.request.Request(self._url, data=body, headers=headers)

    def _post(self, request: urllib.request.Request) -> AppReply:
        try:
            with _direct.open(request, timeout=self._ack_seconds) as response:
                return AppReply(None, _read_body(response.read())) if response.status == 200 else AppReply("http_error")
        except urllib.error.HTTPError as error:
            return AppReply(NO_RETRY if error.headers.get("X-Slack-No-Retry") == "1" else "http_error")
        except TimeoutError:
            return AppReply("http_timeout")
        except urllib.error.URLError as error:
            return AppReply("http_timeout" if isinstance(error.reason, TimeoutError) else "connection_failed")
        except OSError:
            return AppReply("connection_failed")


def _read_body(raw: bytes) -> Json | None:
    """Parse a JSON object; any other text is a message's text."""
    text = raw.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else None
    return body if isinstance(body, dict) else None
