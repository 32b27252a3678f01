"""Slack's client over connections that stay open: the SDK opens one for each call, and greets Slack anew each time.

Keeps secret which library keeps them.

Tokens and the one client that every call goes through: which tokens are right, and which calls are tried again.

Keeps secret where Slack is; a base URL on this machine is as good as Slack's own.
"""

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
from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError
from urllib3.util import make_headers, parse_url

from bot.errors import SettingsError, SlackError
from bot.slack.features import scopes

# As many calls may be under way as there are threads for questions; more open a connection that does not stay.
CONNECTIONS = 16
# What fails before anything of a call is sent; a fault of TLS may come after
_UNSENT = (NewConnectionError, ConnectTimeoutError, ProxyError)


class KeepAliveClient(WebClient):
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


Mode = Literal["socket", "http"]
"""How Slack's events come in: over a websocket that the bot opens, or as requests to an address of its own."""

BOT_TOKEN = "SLACK_BOT_TOKEN"
APP_TOKEN = "SLACK_APP_TOKEN"
SIGNING_SECRET = "SLACK_SIGNING_SECRET"

_WHERE = {
    BOT_TOKEN: 'the "Bot User OAuth Token" (xoxb-…) of the app\'s page "OAuth & Permissions"',
    APP_TOKEN: 'an app-level token (xapp-…) with the scope connections:write, from the app\'s page "Basic Information"',
    SIGNING_SECRET: 'the "Signing Secret" of the app\'s page "Basic Information"',
}
# Seconds. Slack answers a call within one, and one that takes ten will hardly be answered at all.
TIMEOUT = 10
_PREFIX = {BOT_TOKEN: "xoxb-", APP_TOKEN: "xapp-"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What it takes to connect, as it was set; None where a token or the secret is not."""

    bot_token: str | None = field(repr=False)
    app_token: str | None = field(repr=False)
    api_url: str
    signing_secret: str | None = field(default=None, repr=False)

    @property
    def bot(self) -> str:
        """The bot's token, without the blanks that copying it brings."""
        return (self.bot_token or "").strip()

    @property
    def app(self) -> str:
        """The app-level token."""
        return (self.app_token or "").strip()

    @property
    def secret(self) -> str:
        """The signing secret."""
        return (self.signing_secret or "").strip()


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the bot is in its workspace; ``scopes`` is None where Slack did not say."""

    team: str
    bot_user: str
    scopes: frozenset[str] | None


def check_tokens(bot_token: str | None, app_token: str | None) -> None:
    """Raise SettingsError when a token is missing, of the wrong kind, or swapped with the other; calls nobody."""
    given = {BOT_TOKEN: (bot_token or "").strip(), APP_TOKEN: (app_token or "").strip()}
    if given[BOT_TOKEN].startswith(_PREFIX[APP_TOKEN]) and given[APP_TOKEN].startswith(_PREFIX[BOT_TOKEN]):
        raise SettingsError(
            f"{BOT_TOKEN} and {APP_TOKEN} are swapped; put xoxb-… into the first and xapp-… into the second."
        )
    for name, token in given.items():
        _check_token(name, token)


def check_signing(bot_token: str | None, signing_secret: str | None) -> None:
    """As ``check_tokens``, for HTTP mode, where the app's signing secret takes the place of its app-level token."""
    _check_token(BOT_TOKEN, (bot_token or "").strip())
    secret = (signing_secret or "").strip()
    if not secret:
        raise SettingsError(f"{SIGNING_SECRET} is not set; set it to {_WHERE[SIGNING_SECRET]}.")
    if secret.startswith(tuple(_PREFIX.values())):
        raise SettingsError(f"{SIGNING_SECRET} holds a token; set it to {_WHERE[SIGNING_SECRET]}.")


def _check_token(name: str, token: str) -> None:
    if not token:
        raise SettingsError(f"{name} is not set; set it to {_WHERE[name]}.")
    if not token.startswith(_PREFIX[name]):
        raise SettingsError(f"{name} does not start with {_PREFIX[name]}; set it to {_WHERE[name]}.")


def create_client(bot_token: str, api_url: str, *, retries: bool = True) -> WebClient:
    """A client for the Slack at ``api_url``, which repeats a call only where Slack cannot have done it.

    That is after a 429 (up to seven times, as long as it says), and where the request could not be sent; not after a
    500 or a reply that never came, because the message may stand. One that is not ``retries`` repeats nothing, and
    keeps its connections open.
    """
    # Made once: without one, each connection reads this machine's certificates anew.
    certificates = create_default_context() if urlsplit(api_url).scheme == "https" else None
    kind: type[WebClient] = KeepAliveClient
    again: list[RetryHandler] = []
    if retries:
        kind = WebClient
        again = [
            RateLimitErrorRetryHandler(max_retry_count=7),
            ConnectionErrorRetryHandler(max_retry_count=2, error_types=[URLError]),
        ]
    client = kind(token=bot_token, base_url=api_url, timeout=TIMEOUT, ssl=certificates, retry_handlers=again)
    if is_loopback(api_url):
        # The SDK takes a proxy from the environment without asking for which hosts it is meant.
        client.proxy = None
    return client


def create_response_client(response_url: str) -> WebhookClient:
    """A client for the address at which one thing that a person did may be answered; it repeats nothing."""
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
    """Ask Slack whose token the client has. SlackError when the token is refused or Slack does not reply."""
    with _speaking(BOT_TOKEN):
        response = client.auth_test()
    headers = {name.lower(): value for name, value in response.headers.items()}
    granted = headers.get("x-oauth-scopes")
    given = None if granted is None else frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return BotIdentity(team=str(response.get("team")), bot_user=str(response["user_id"]), scopes=given)


def fetch_socket_url(client: WebClient, app_token: str) -> str:
    """The address of a websocket, good for half a minute. SlackError when Slack refuses or does not reply."""
    with _speaking(APP_TOKEN):
        return str(client.apps_connections_open(app_token=app_token)["url"])


def missing_scopes(identity: BotIdentity) -> tuple[str, ...]:
    """The scopes of the base variant that the bot's token lacks, in the features' order."""
    if identity.scopes is None:
        return ()
    return tuple(scope for scope in scopes("base") if scope not in identity.scopes)


def check_credentials(credentials: Credentials, mode: Mode) -> None:
    """Raise SettingsError where what ``mode`` takes is not set, or not of its kind; calls nobody."""
    if mode == "http":
        check_signing(credentials.bot_token, credentials.signing_secret)
    else:
        check_tokens(credentials.bot_token, credentials.app_token)


def verify_credentials(credentials: Credentials, mode: Mode = "socket") -> None:
    """Raise SettingsError or SlackError where ``access`` does not do; nothing is connected."""
    check_credentials(credentials, mode)
    client = create_client(credentials.bot, credentials.api_url)
    fetch_identity(client)
    if mode == "socket":
        fetch_socket_url(client, credentials.app)


@contextmanager
def _speaking(token: str) -> Iterator[None]:
    """Turn what Slack and the network say into one sentence."""
    try:
        yield
    except SlackApiError as error:
        if error.response.status_code >= 500 or error.response.get("error") == "ratelimited":
            raise SlackError("Slack cannot take calls at the moment; try again in some minutes.") from error
        raise SlackError(
            f"Slack refuses {token} ({error.response.get('error')}); set it to {_WHERE[token]}, and see that the app "
            f"is installed in the workspace."
        ) from error
    except (OSError, HTTPException) as error:
        why = error.reason if isinstance(error, URLError) else error
        raise SlackError(f"Slack cannot be reached ({why}); check the network, a proxy and SLACK_API_URL.") from error
