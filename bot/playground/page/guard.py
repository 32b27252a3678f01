"""Who may talk to the page: the browser of this machine, from the page itself; keeps secret which headers tell.

Another site that is open in the same browser can send requests to this machine too. It cannot choose the Host that a
request of its names, nor hide its own Origin, nor read the token that writes must carry.
"""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-playground-token"
_OURSELVES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_RULES = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No script can turn a string into markup, whatever the string
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_ADDED = {
    "content-security-policy": _RULES,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guard:
    """Refuses what does not come from the page itself, and tells the browser to load nothing from elsewhere."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_ADDED)
            await send(message)

        objection = self._objection(scope)
        if objection is not None:
            await JSONResponse({"error": objection}, 403)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _objection(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in _OURSELVES and host not in _OURSELVES:
            return "The playground answers at 127.0.0.1 and localhost only."
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return "The playground takes no requests from other pages."
        is_from_elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if is_from_elsewhere and headers.get("sec-fetch-mode") != "navigate":
            return "The playground takes no requests from other pages."
        if scope["method"] not in ("GET", "HEAD"):
            given = headers.get(TOKEN_HEADER, "")
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                return "The page is of an earlier run of the playground; reload it."
        return None
