"""Slack's client over connections that stay open: the SDK opens one for each call, and greets Slack anew each time.

Keeps secret which library keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from json import JSONDecodeError, dumps, loads
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError
from urllib3.util import make_headers, parse_url

# As many calls may be under way as there are threads for questions; more open a connection that does not stay.
CONNECTIONS = 16
# What fails before anything of a call is sent; a fault of TLS may come after
_UNSENT = (NewConnectionError, ConnectTimeoutError, ProxyError)


class LastingClient(WebClient):
    """Repeats no call. ``URLError`` where nothing of one was sent, ``OSError`` where nobody knows what came of it."""

    def api_call(
        self,
        api_method: str,
        *,
        http_verb: str = "POST",
        files: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        json: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        auth: dict[str, Any] | None = None,
    ) -> SlackResponse:
        """See ``WebClient.api_call``; without ``files`` and ``auth``, for which there is the SDK's own client.

        Always a POST, which Slack takes for any method.
        """
        if files or auth:
            raise ValueError(f"{api_method} is not to be called by this client: it sends neither files nor names")
        url = self.base_url + api_method
        if json is not None:
            kind, body = "application/json;charset=utf-8", dumps(_given(json))
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode(_form(_given(data) | _given(params)))
        own = {**self.headers, **(headers or {}), "Authorization": f"Bearer {self.token}", "Content-Type": kind}
        status, received, text = self._post(url, body.encode(), own)
        response = SlackResponse(
            client=self,
            http_verb=http_verb,
            api_url=url,
            req_args={},
            data=_read(text),
            headers=dict(received),
            status_code=status,
        )
        response.validate()  # type: ignore[no-untyped-call]
        return response

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, HTTPHeaderDict, bytes]:
        try:
            response = self._connections.request("POST", url, body=body, headers=headers)
        except _UNSENT as error:
            raise URLError(str(error)) from error
        except HTTPError as error:
            raise ConnectionError(str(error)) from error
        return response.status, response.headers, response.data

    @cached_property
    def _connections(self) -> PoolManager:
        kind: Callable[..., PoolManager] = PoolManager
        if self.proxy:
            name = parse_url(self.proxy).auth
            kind = partial(ProxyManager, self.proxy, proxy_headers=make_headers(proxy_basic_auth=name))
        return kind(maxsize=CONNECTIONS, timeout=Timeout(self.timeout), retries=False, ssl_context=self.ssl)


def _given(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (fields or {}).items() if value is not None}


def _form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What Slack takes for true and false in a form is 1 and 0."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in fields.items()}


def _read(text: bytes) -> dict[str, Any]:
    """What Slack said; what something on the way to it said is put as Slack's SDK puts it, for ``posting`` to tell."""
    try:
        said = loads(text)
    except (JSONDecodeError, UnicodeDecodeError):
        said = None
    return (
        said
        if isinstance(said, dict)
        else {"ok": False, "error": f"Received a response in a non-JSON format: {text[:200]!r}"}
    )
