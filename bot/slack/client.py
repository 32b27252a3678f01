"""Credentials, the Slack client with keep-alive, and the calls that check a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from http.client import HTTPException
from ipaddress import ip_address
from json import JSONDecodeError, dumps, loads
from ssl import create_default_context
from typing import Any, Literal
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import RetryHandler
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient
from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError
from urllib3.util import make_headers, parse_url

from bot.errors import SettingsError, SlackError
from bot.slack.features import scopes

Mode = Literal["socket", "http"]
"""How Slack's events arrive: over a websocket that the bot opens, or as HTTP requests to the bot."""

BOT_TOKEN = "SLACK_BOT_TOKEN"
APP_TOKEN = "SLACK_APP_TOKEN"
SIGNING_SECRET = "SLACK_SIGNING_SECRET"

_WHERE = {
    BOT_TOKEN: 'the "Bot User OAuth Token" (xoxb-…) from the app\'s page "OAuth & Permissions"',
    APP_TOKEN: 'an app-level token (xapp-…) with the scope connections:write, from the app\'s page "Basic Information"',
    SIGNING_SECRET: 'the "Signing Secret" from the app\'s page "Basic Information"',
}
_PREFIX = {BOT_TOKEN: "xoxb-", APP_TOKEN: "xapp-"}
# Seconds. Slack answers a call within one; a call that takes ten is unlikely to be answered at all.
TIMEOUT = 10
# One for each thread that answers questions; further calls open a connection that is closed afterwards.
CONNECTIONS = 16
# Errors before anything of a call is sent; a TLS error may come later.
_NOT_SENT = (NewConnectionError, ConnectTimeoutError, ProxyError)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Tokens and secrets as set, without surrounding blanks; empty if not set."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str
    signing_secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("bot_token", "app_token", "signing_secret"):
            object.__setattr__(self, name, getattr(self, name).strip())


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The bot in its workspace; ``scopes`` is None if Slack did not say."""

    team: str
    bot_user: str
    scopes: frozenset[str] | None


def check_credentials(credentials: Credentials, mode: Mode) -> None:
    """Raise SettingsError if something that ``mode`` needs is missing or of the wrong kind. Makes no call."""
    bot, app, secret = credentials.bot_token, credentials.app_token, credentials.signing_secret
    if mode == "socket" and bot.startswith(_PREFIX[APP_TOKEN]) and app.startswith(_PREFIX[BOT_TOKEN]):
        raise SettingsError(
            f"{BOT_TOKEN} and {APP_TOKEN} are swapped; put xoxb-… into the first and xapp-… into the second."
        )
    _check_token(BOT_TOKEN, bot)
    if mode == "socket":
        _check_token(APP_TOKEN, app)
    elif not secret:
        raise SettingsError(f"{SIGNING_SECRET} is not set; set it to {_WHERE[SIGNING_SECRET]}.")
    elif secret.startswith(tuple(_PREFIX.values())):
        raise SettingsError(f"{SIGNING_SECRET} holds a token; set it to {_WHERE[SIGNING_SECRET]}.")


def _check_token(name: str, token: str) -> None:
    if not token:
        raise SettingsError(f"{name} is not set; set it to {_WHERE[name]}.")
    if not token.startswith(_PREFIX[name]):
        raise SettingsError(f"{name} does not start with {_PREFIX[name]}; set it to {_WHERE[name]}.")


def verify_credentials(credentials: Credentials, mode: Mode = "socket") -> None:
    """Ask Slack whether it accepts ``credentials``, without connecting. Raises SettingsError or SlackError if not."""
    check_credentials(credentials, mode)
    client = create_client(credentials.bot_token, credentials.api_url)
    fetch_identity(client)
    if mode == "socket":
        fetch_socket_url(client, credentials.app_token)


class KeepAliveClient(WebClient):
    """``WebClient`` with keep-alive; slack_sdk opens a TLS connection per call.

    It never retries. It raises URLError if nothing of a call was sent, and OSError if that is not known.
    """

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
        """See ``WebClient.api_call``. Always a POST, which Slack takes for any method; no ``files`` and ``auth``."""
        if files or auth:
            raise ValueError(f"{api_method}: this client sends no files and no basic authentication")
        url = self.base_url + api_method
        if json is not None:
            content_type, body = "application/json;charset=utf-8", dumps(_without_none(json))
        else:
            fields = _without_none(data) | _without_none(params)
            # Slack expects true and false as 1 and 0 in a form.
            form = {name: int(value) if isinstance(value, bool) else value for name, value in fields.items()}
            content_type, body = "application/x-www-form-urlencoded", urlencode(form)
        sent_headers = {
            **self.headers,
            **(headers or {}),
            "Authorization": f"Bearer {self.token}",
            "Content-Type": content_type,
        }
        try:
            received = self._pool.request("POST", url, body=body.encode(), headers=sent_headers)
        except _NOT_SENT as error:
            raise URLError(str(error)) from error
        except HTTPError as error:
            raise ConnectionError(str(error)) from error
        response = SlackResponse(
            client=self,
            http_verb=http_verb,
            api_url=url,
            req_args={},
            data=_parse_body(received.data),
            headers=dict(received.headers),
            status_code=received.status,
        )
        response.validate()  # type: ignore[no-untyped-call]
        return response

    @cached_property
    def _pool(self) -> PoolManager:
        create: Callable[..., PoolManager] = PoolManager
        if self.proxy:
            proxy_headers = make_headers(proxy_basic_auth=parse_url(self.proxy).auth)
            create = partial(ProxyManager, self.proxy, proxy_headers=proxy_headers)
        return create(maxsize=CONNECTIONS, timeout=Timeout(self.timeout), retries=False, ssl_context=self.ssl)


def _without_none(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (fields or {}).items() if value is not None}


def _parse_body(body: bytes) -> dict[str, Any]:
    """Parse Slack's JSON; anything else, say from a proxy, becomes an error as slack_sdk words it."""
    try:
        parsed = loads(body)
    except (JSONDecodeError, UnicodeDecodeError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    return {"ok": False, "error": f"Received a response in a non-JSON format: {body[:200]!r}"}


def create_client(bot_token: str, api_url: str, *, retries: bool = True) -> WebClient:
    """Create a client for the Slack API at ``api_url``.

    With ``retries``, calls are repeated after a 429 (up to seven times, after the time Slack asks for) and if the
    request could not be sent; never after a 500 or a lost response, because the message may have been posted. Without,
    no call is repeated, and connections are kept alive.
    """
    # Created once: otherwise slack_sdk reads this machine's certificates for each connection.
    certificates = create_default_context() if urlsplit(api_url).scheme == "https" else None
    kind: type[WebClient] = KeepAliveClient
    retry_handlers: list[RetryHandler] = []
    if retries:
        kind = WebClient
        retry_handlers = [
            RateLimitErrorRetryHandler(max_retry_count=7),
            ConnectionErrorRetryHandler(max_retry_count=2, error_types=[URLError]),
        ]
    client = kind(token=bot_token, base_url=api_url, timeout=TIMEOUT, ssl=certificates, retry_handlers=retry_handlers)
    if is_loopback(api_url):
        client.proxy = None  # slack_sdk ignores NO_PROXY
    return client


def create_response_client(response_url: str) -> WebhookClient:
    """Create a client for the ``response_url`` of an interaction; it never retries."""
    client = WebhookClient(response_url, timeout=TIMEOUT, retry_handlers=[])
    if is_loopback(response_url):
        client.proxy = None
    return client


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fetch_identity(client: WebClient) -> BotIdentity:
    """Ask Slack for the identity and scopes of the client's token. SlackError if that fails."""
    with _slack_errors(BOT_TOKEN):
        response = client.auth_test()
    headers = {name.lower(): value for name, value in response.headers.items()}
    granted = headers.get("x-oauth-scopes")
    given = None if granted is None else frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return BotIdentity(team=str(response.get("team")), bot_user=str(response["user_id"]), scopes=given)


def fetch_socket_url(client: WebClient, app_token: str) -> str:
    """Ask Slack for a websocket URL, valid for half a minute. SlackError if that fails."""
    with _slack_errors(APP_TOKEN):
        return str(client.apps_connections_open(app_token=app_token)["url"])


def missing_scopes(identity: BotIdentity) -> tuple[str, ...]:
    """Return the scopes of the base variant that the bot's token lacks."""
    if identity.scopes is None:
        return ()
    return tuple(scope for scope in scopes("base") if scope not in identity.scopes)


@contextmanager
def _slack_errors(token: str) -> Iterator[None]:
    """Turn errors of Slack and the network into a SlackError that says what to do."""
    try:
        yield
    except SlackApiError as error:
        if error.response.status_code >= 500 or error.response.get("error") == "ratelimited":
            raise SlackError("Slack cannot take calls at the moment; try again in a few minutes.") from error
        raise SlackError(
            f"Slack refuses {token} ({error.response.get('error')}); set it to {_WHERE[token]}, and check that the app "
            f"is installed in the workspace."
        ) from error
    except (OSError, HTTPException) as error:
        why = error.reason if isinstance(error, URLError) else error
        raise SlackError(f"Slack cannot be reached ({why}); check the network, the proxy and SLACK_API_URL.") from error
