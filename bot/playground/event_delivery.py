"""Gets an event to the app: tries, waits and tries again as the Events API does; keeps secret when it gives up.

Signed events over HTTP, for an app that has a request URL; keeps secret how a request is signed and sent.
"""

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
NO_RETRY = "no_retry"  # the app refused further tries


@dataclass(frozen=True, slots=True)
class AppReply:
    """What the app made of a request: ``failure`` is None when it acknowledged, ``body`` what it said with that."""

    failure: str | None
    body: Json | None = None


class EventTransport(Protocol):
    """One way to the app: a websocket, or its own web server."""

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        """Hand ``payload`` over; returns None once it is acknowledged, else the reason for the next try.

        ``attempt`` is 0 for the first try, and ``reason`` is why the one before it failed.
        """

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Hand over, once, what a person did; the app may answer in its acknowledgement."""


class EventSender:
    """Carries payloads on an event loop; ``retry_after`` are the seconds to wait before each further try.

    Each try is made ``copies`` times at once: with as many connections, once through each of them.
    """

    def __init__(
        self, journal: Journal, transport: EventTransport, retry_after: Sequence[float], copies: int = 1
    ) -> None:
        self.transport = transport
        self._journal = journal
        self._retry_after = tuple(retry_after)
        self._copies = copies
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Take the running event loop for all that follows."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = tuple(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def deliver(self, payload: Json, attempt: int = 0) -> EventDelivery:
        """Begin to deliver; from any thread. With ``attempt`` above 0 it begins as that retry."""
        if self._loop is None:
            raise RuntimeError("nothing can be delivered before the stand-in has started")
        delivery = self._journal.delivery_started(payload)
        self._loop.call_soon_threadsafe(self._begin, delivery, attempt)
        return delivery

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """Hand over what a person did, the one time that Slack does."""
        return await self.transport.send_interaction(kind, payload)

    def _begin(self, delivery: EventDelivery, attempt: int) -> None:
        task = asyncio.create_task(self._see_through(delivery, attempt))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _see_through(self, delivery: EventDelivery, first: int) -> None:
        failure: str | None = "timeout" if first else ""
        try:
            for number in range(first, len(self._retry_after) + 1):
                if number > first:
                    await asyncio.sleep(self._retry_after[number - 1])
                began = time.time()
                tries = (
                    self.transport.send_event(delivery.payload, number, failure or "") for _ in range(self._copies)
                )
                failures = await asyncio.gather(*tries)
                failure = None if None in failures else failures[0]
                self._journal.attempted(delivery, DeliveryAttempt(number, began, time.time(), failure))
                if failure is None or failure == NO_RETRY:
                    return
        finally:
            self._journal.settled(delivery)


# The app is on this machine: a proxy that is set for the outside must not be asked
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sign_request(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Slack's v0 signature: docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = b"v0:%d:%b" % (timestamp, body)
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={signature}"}


class HttpEventTransport:
    """An app's request URL; what is not answered with 200 in time was not delivered."""

    def __init__(self, url: str, secret: str, ack_seconds: float) -> None:
        self._url = url
        self._secret = secret
        self._ack_seconds = ack_seconds
        # As many requests at once as Slack might have under way; the loop's own threads would be a handful
        self._threads = ThreadPoolExecutor(32, thread_name_prefix="stand-in-events")

    def verify(self) -> None:
        """The handshake with which Slack accepts a URL; ``SlackError`` if the app does not answer the challenge."""
        challenge = secrets.token_hex(16)
        body = {"token": "stand-in", "challenge": challenge, "type": "url_verification"}
        try:
            with _direct.open(
                self._request(json.dumps(body).encode(), "json", {}), timeout=self._ack_seconds
            ) as response:
                answered = response.read().decode()
        except (urllib.error.URLError, TimeoutError) as error:
            raise SlackError(f"{self._url} did not answer the challenge; start the app there first: {error}") from error
        if challenge not in answered:
            raise SlackError(f"{self._url} did not give the challenge back; it must be the app's events address")

    async def send_event(self, payload: Json, attempt: int, reason: str) -> str | None:
        """See ``Carrier``."""
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        return (await self._exchange(self._request(json.dumps(payload).encode(), "json", retry))).failure

    async def send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        """See ``Carrier``; a command comes as a form, everything else as JSON in a form's one field."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._exchange(self._request(urllib.parse.urlencode(form).encode(), "x-www-form-urlencoded", {}))

    def stop(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=True)

    async def _exchange(self, request: urllib.request.Request) -> AppReply:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post, request)

    def _request(self, raw: bytes, kind: str, headers: dict[str, str]) -> urllib.request.Request:
        signed = sign_request(self._secret, raw, int(time.time()))
        told = {"Content-Type": f"application/{kind}", "User-Agent": "Slackbot 1.0 (stand-in)"}
        return urllib.request.Request(self._url, data=raw, headers={**told, **signed, **headers})

    def _post(self, request: urllib.request.Request) -> AppReply:
        try:
            with _direct.open(request, timeout=self._ack_seconds) as response:
                return AppReply(None, _body(response.read())) if response.status == 200 else AppReply("http_error")
        except urllib.error.HTTPError as error:
            return AppReply(NO_RETRY if error.headers.get("X-Slack-No-Retry") == "1" else "http_error")
        except TimeoutError:
            return AppReply("http_timeout")
        except urllib.error.URLError as error:
            return AppReply("http_timeout" if isinstance(error.reason, TimeoutError) else "connection_failed")
        except OSError:
            return AppReply("connection_failed")


def _body(raw: bytes) -> Json | None:
    """What the app said; words that are no JSON object are a message's text."""
    text = raw.decode("utf-8", "replace")
    try:
        given = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else None
    return given if isinstance(given, dict) else None
