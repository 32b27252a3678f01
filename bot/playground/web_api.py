"""The Web API's endpoint: request bodies, tokens, scopes and faults, scripted or drawn from a source."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.models import Json
from bot.playground.loopback import LoopbackServer
from bot.playground.methods import METHODS, Call, Method
from bot.playground.models import RefusedError
from bot.playground.uploads import FileUploads
from bot.playground.workspace import ChangeNotifier

_DEFAULT_ERRORS = {429: "ratelimited", 500: "internal_error", 502: "service_unavailable", 503: "service_unavailable"}


@dataclass(frozen=True, slots=True)
class Fault:
    """How one call fails.

    ``is_applied``: the call takes effect before it fails. ``drop``: the connection is cut without an answer; status,
    error and retry_after (seconds) are not used. ``delay``: seconds without a sign of life before that.
    """

    status: int = 500
    error: str | None = None
    retry_after: int | None = None
    is_applied: bool = False
    drop: bool = False
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A Web API call at ``at`` (seconds since 1970); ``answer`` is None if the connection was dropped."""

    method: str
    arguments: Json
    status: int
    answer: Json | None
    at: float
    took_ms: float = field(compare=False)


FaultSource = Callable[[str, Json], Fault | None]
"""Returns how a call of this method with these arguments fails; None if it does not."""


CallResult = tuple[int, Json | None, dict[str, str]]
"""Status, answer and headers; the answer is None if the connection is cut instead."""


class CallHandler:
    """Handles the app's calls and logs them; a fault makes one fail before or after it takes effect.

    Scripted faults of a method are used in order, once each; a call without one gets the first fault of the sources.
    ``calls`` are in the order in which they ended, ``active_calls`` counts those being handled.
    """

    def __init__(self, host: LoopbackServer, changes: ChangeNotifier, sources: Iterable[FaultSource]) -> None:
        self.calls: list[ApiCall] = []
        self.active_calls = 0
        self._host = host
        self._changes = changes
        self._sources = tuple(sources)
        self._scripted: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add_fault(self, method: str, fault: Fault, times: int) -> None:
        """Let the next ``times`` calls of ``method`` fail."""
        self._scripted[method].extend([fault] * times)

    async def handle(
        self, request: Request, method: str, read: Callable[[bytes], tuple[Json, Callable[[], CallResult]]]
    ) -> Response:
        """Handle one call; ``read`` returns the arguments in a body, and a function that makes the call."""
        with self._changes.writing():
            self.active_calls += 1
        start = time.perf_counter()
        arguments: Json = {}
        result: CallResult = (200, None, {})
        try:
            arguments, call = read(await request.body())
            fault = self._next_fault(method, arguments)
            if fault is None or fault.is_applied:
                result = call()
            if fault is not None:
                error = {"ok": False, "error": fault.error or _DEFAULT_ERRORS.get(fault.status, "fatal_error")}
                retry = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                result = (fault.status, None if fault.drop else error, result[2] | retry)
                await asyncio.sleep(fault.delay)
            if result[1] is None:
                self._host.break_connection(request)
        except ClientDisconnect:
            # The app closed the connection before the end of its request: there is nobody to answer
            return Response(status_code=400)
        finally:
            status, answer, headers = result
            took_ms = (time.perf_counter() - start) * 1000
            with self._changes.writing():
                self.active_calls -= 1
                self.calls.append(ApiCall(method, arguments, status, answer, time.time(), took_ms))
        return JSONResponse(answer, status, headers)

    def _next_fault(self, method: str, arguments: Json) -> Fault | None:
        if scripted := self._scripted[method]:
            return scripted.popleft()
        return next((fault for source in self._sources if (fault := source(method, arguments))), None)


UPLOAD_URL = "upload_url"
"""The name under which an upload is logged, and can be made to fail."""


class UploadEndpoint:
    """Handles the files that the app sends to its upload URLs."""

    def __init__(self, uploads: FileUploads, calls: CallHandler) -> None:
        self._uploads, self._calls = uploads, calls

    async def serve(self, request: Request) -> Response:
        """Take a file; it is logged with its size and the URL as its arguments."""
        key = request.path_params["key"]

        def read(raw: bytes) -> tuple[Json, Callable[[], CallResult]]:
            return {UPLOAD_URL: self._uploads.base + key, "size": len(raw)}, lambda: self._take(key, raw)

        response = await self._calls.handle(request, UPLOAD_URL, read)
        return PlainTextResponse("OK") if response.status_code == 200 else response

    def _take(self, key: str, content: bytes) -> CallResult:
        try:
            self._uploads.take(key, content)
        except RefusedError as refused:
            return 400, refused.answer, {}
        return 200, {"ok": True}, {}


class WebApi:
    """Handles ``/api/{method}`` as Slack does: HTTP 200 with ``ok`` true or false, unless a fault is injected.

    ``bot_token`` may be changed; it is empty while the token is revoked.
    """

    def __init__(self, new_call: Callable[[Json], Call], *, bot_token: str, app_token: str, calls: CallHandler) -> None:
        self._new_call = new_call
        self.bot_token = bot_token
        self._app_token = app_token
        self._calls = calls

    async def serve(self, request: Request) -> Response:
        """Handle one call."""
        method = request.path_params["method"]

        def read(body: bytes) -> tuple[Json, Callable[[], CallResult]]:
            arguments, token, refusal = _read(request, body)
            return arguments, lambda: (200, *self._call(method, arguments, token, refusal))

        return await self._calls.handle(request, method, read)

    def _call(
        self, name: str, arguments: Json, token: str, refusal: RefusedError | None
    ) -> tuple[Json, dict[str, str]]:
        """Return the answer, and the headers about scopes."""
        headers: dict[str, str] = {}
        try:
            if name not in METHODS:
                raise RefusedError("unknown_method", req_method=name)
            method, call = METHODS[name], self._new_call(arguments)
            self._check_token(method, token)
            granted = call.actions.scopes if method.token == "bot" else {"connections:write"}
            headers["x-oauth-scopes"] = ",".join(sorted(granted))
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            if refusal is not None:
                raise refusal
            call.require_scope(*method.scopes)
            return {"ok": True, **method.run(call)}, headers
        except RefusedError as refused:
            return refused.answer, headers

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise RefusedError("not_authed")
        if token not in (self.bot_token, self._app_token):
            raise RefusedError("invalid_auth" if self.bot_token else "token_revoked")
        if token != (self._app_token if method.token == "app" else self.bot_token):
            raise RefusedError("not_allowed_token_type")


def _read(request: Request, body: bytes) -> tuple[Json, str, RefusedError | None]:
    """Return a call's arguments and token, and why it cannot be read; Slack reports that after it checked the token."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    arguments: Json = dict(request.query_params)
    refusal: RefusedError | None = None
    if kind == "application/json" and body:
        method = METHODS.get(request.path_params["method"])
        if method is None or method.reads_json:
            try:
                given = json.loads(body)
            except ValueError:
                refusal = RefusedError("invalid_json")
            else:
                refusal = None if isinstance(given, dict) else RefusedError("json_not_object")
                arguments |= given if isinstance(given, dict) else {}
    elif kind == "application/x-www-form-urlencoded" or not body:
        arguments |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        token = token or str(arguments.pop("token", ""))
    else:
        refusal = RefusedError("invalid_post_type")
    return arguments, token, refusal
