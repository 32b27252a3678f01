"""Signed events over HTTP, for an app that has a request URL; keeps secret how a request is signed and sent."""

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
from concurrent.futures import ThreadPoolExecutor

from bot.errors import SlackError
from bot.playground.courier import NO_RETRY, Reply, RequestKind
from bot.playground.nouns import Json

# The app is on this machine: a proxy that is set for the outside must not be asked
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def signed_headers(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Slack's v0 signature: docs.slack.dev/authentication/verifying-requests-from-slack."""
    base = b"v0:%d:%b" % (timestamp, body)
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={signature}"}


class RequestUrl:
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

    async def carry(self, payload: Json, attempt: int, reason: str) -> str | None:
        """See ``Carrier``."""
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        return (await self._exchange(self._request(json.dumps(payload).encode(), "json", retry))).failure

    async def ask(self, kind: RequestKind, payload: Json) -> Reply:
        """See ``Carrier``; a command comes as a form, everything else as JSON in a form's one field."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._exchange(self._request(urllib.parse.urlencode(form).encode(), "x-www-form-urlencoded", {}))

    def stop(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=True)

    async def _exchange(self, request: urllib.request.Request) -> Reply:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post, request)

    def _request(self, raw: bytes, kind: str, headers: dict[str, str]) -> urllib.request.Request:
        signed = signed_headers(self._secret, raw, int(time.time()))
        told = {"Content-Type": f"application/{kind}", "User-Agent": "Slackbot 1.0 (stand-in)"}
        return urllib.request.Request(self._url, data=raw, headers={**told, **signed, **headers})

    def _post(self, request: urllib.request.Request) -> Reply:
        try:
            with _direct.open(request, timeout=self._ack_seconds) as response:
                return Reply(None, _body(response.read())) if response.status == 200 else Reply("http_error")
        except urllib.error.HTTPError as error:
            return Reply(NO_RETRY if error.headers.get("X-Slack-No-Retry") == "1" else "http_error")
        except TimeoutError:
            return Reply("http_timeout")
        except urllib.error.URLError as error:
            return Reply("http_timeout" if isinstance(error.reason, TimeoutError) else "connection_failed")
        except OSError:
            return Reply("connection_failed")


def _body(raw: bytes) -> Json | None:
    """What the app said; words that are no JSON object are a message's text."""
    text = raw.decode("utf-8", "replace")
    try:
        given = json.loads(text)
    except ValueError:
        return {"text": text} if text.strip() else None
    return given if isinstance(given, dict) else None
