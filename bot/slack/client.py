"""Credentials, the Slack client, how a call of it can fail, and the calls that check a connection."""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import SettingsError, SlackError, SlackUnavailableError
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
TIMEOUT = 10.0
# Seconds in which a connection is opened or not at all.
CONNECT_TIMEOUT = 5.0
# Seconds after which an idle connection is closed: routers forget one after 30 or more, without telling either side.
IDLE_TIMEOUT = 15.0
# Seconds of silence until a connection is probed, and between two probes; the third unanswered one ends it.
PROBE_AFTER, PROBE_EVERY, PROBES = 5, 2, 3
# Seconds to wait if Slack limits the rate and does not say for how long.
_DEFAULT_RETRY_AFTER = 1.0

# Slack's error codes; any other text comes from a proxy or load balancer on the way.
_CODE = re.compile(r"[a-z_]+")
# Errors after which part of the call may have taken effect.
_UNCONFIRMED_CODES = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# Errors about a message's content, not about its channel or the bot's rights.
_CONTENT_CODES = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    }
)
# Errors about the token: no call succeeds until an administrator acts.
_TOKEN_CODES = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked", "team_access_not_granted"}
)
# Errors that no later attempt in the same channel would get around.
_CHANNEL_CODES = frozenset({"cannot_reply_to_message", "channel_is_limited_access", "is_archived", "is_inactive"})


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


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call had no effect; ``code`` is Slack's error code, empty if Slack was not reached."""

    reason: str
    code: str = ""

    @property
    def is_final(self) -> bool:
        """Whether Slack would refuse the same call again, also with the token of another installation."""
        return bool(self.code) and self.code not in _TOKEN_CODES

    @property
    def is_content_error(self) -> bool:
        """Whether a message with other content could be posted."""
        return self.code in _CONTENT_CODES

    @property
    def is_gone(self) -> bool:
        """Whether the message to change, or its thread, does not exist."""
        return self.code in {"message_not_found", "thread_not_found"}

    @property
    def is_not_member(self) -> bool:
        """Whether the bot is not in the channel."""
        return self.code in {"not_in_channel", "channel_not_found"}

    @property
    def is_never_allowed(self) -> bool:
        """Whether the bot can never post in this channel, as it is set up now."""
        return self.is_not_member or self.code in _CHANNEL_CODES or self.code.startswith("restricted_action")


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The call had no effect; Slack asks to wait ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The call may or may not have taken effect: posting again could show a message twice."""

    reason: str


CallFailure = NotSent | RateLimited | Unconfirmed


class SlackClient(AsyncWebClient):
    """``AsyncWebClient`` that never retries: its default handlers post twice if a connection breaks after sending.

    ``is_refused`` is whether Slack refused the token at the last call.
    """

    def __init__(self, token: str, api_url: str, session: ClientSession | None = None) -> None:
        super().__init__(token, base_url=api_url, timeout=int(TIMEOUT), session=session, retry_handlers=[])
        self.is_refused = False
        if is_loopback(api_url):
            self.proxy = None  # slack_sdk ignores NO_PROXY

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        response = await super()._request(http_verb=http_verb, api_url=api_url, req_args=req_args)
        body = response["data"]
        if not isinstance(body, dict):  # from a proxy; slack_sdk expects JSON
            response["data"] = body = {"ok": False, "error": f"not JSON: {str(body)[:200]!r}"}
        if not api_url.endswith("apps.connections.open"):  # which has a token of its own
            self.is_refused = body.get("error") in _TOKEN_CODES
        return response

    def create_response_client(self, response_url: str) -> AsyncWebhookClient:
        """Create a client for the ``response_url`` of an interaction; it never retries."""
        client = AsyncWebhookClient(response_url, timeout=int(TIMEOUT), session=self.session, retry_handlers=[])
        if is_loopback(response_url):
            client.proxy = None
        return client


def create_session(*, timeout: float = TIMEOUT, idle_timeout: float = IDLE_TIMEOUT) -> ClientSession:
    """Create a pool of kept-alive connections, for use on the running event loop; to be closed."""
    connector = TCPConnector(keepalive_timeout=idle_timeout, socket_factory=_create_socket)
    limits = ClientTimeout(total=timeout, connect=CONNECT_TIMEOUT, sock_connect=CONNECT_TIMEOUT)
    return ClientSession(connector=connector, timeout=limits)


def _create_socket(address: AddrInfoType) -> socket.socket:
    """Create a socket that notices within seconds that the other side is gone."""
    family, kind, protocol, _, _ = address
    created = socket.socket(family, kind, protocol)
    created.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", PROBE_AFTER), ("TCP_KEEPINTVL", PROBE_EVERY), ("TCP_KEEPCNT", PROBES)):
        if hasattr(socket, name):  # not on every system
            created.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return created


async def call_slack(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse | CallFailure:
    """Await ``call`` and return Slack's response, or how it failed."""
    try:
        return await call
    except SlackApiError as error:
        return _api_failure(error)
    except (ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        return network_failure(error)


def network_failure(error: Exception) -> CallFailure:
    """Say whether a call that failed on its way may have taken effect."""
    if isinstance(error, (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)):
        return NotSent(f"Slack could not be reached: {error}")
    return Unconfirmed(f"the connection broke before Slack replied: {error!r}")


def _api_failure(error: SlackApiError) -> CallFailure:
    response = error.response
    if not isinstance(response, AsyncSlackResponse):  # aiohttp's own, with a body that is not JSON
        return Unconfirmed(f"Slack failed with status {response.status}")
    code = str(response.get("error"))
    return status_failure(response.status_code, code, response.headers.get("Retry-After"))


def status_failure(status: int, code: str, retry_after: str | None) -> CallFailure:
    """How a call failed, from the status and headers of the response and Slack's error code."""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return RateLimited(_seconds(retry_after))
    if status >= 500 or code in _UNCONFIRMED_CODES or not _CODE.fullmatch(code):
        return Unconfirmed(f"Slack failed with status {status} ({code})")
    return NotSent(f"Slack refused the call: {code}", code)


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or _DEFAULT_RETRY_AFTER))
    except ValueError:
        return _DEFAULT_RETRY_AFTER


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def fetch_identity(client: SlackClient) -> BotIdentity:
    """Ask Slack for the identity and scopes of the client's token.

    SlackUnavailableError if Slack cannot be reached or does not answer, SlackError if it refuses the token.
    """
    response = _checked(await call_slack(client.auth_test()), BOT_TOKEN)
    granted = response.headers.get("X-OAuth-Scopes")
    given = None if granted is None else frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return BotIdentity(team=str(response.get("team")), bot_user=str(response["user_id"]), scopes=given)


async def verify_credentials(client: SlackClient, credentials: Credentials, mode: Mode) -> BotIdentity:
    """Ask Slack whether it accepts ``credentials``, without connecting. Raises like ``fetch_identity``."""
    identity = await fetch_identity(client)
    if mode == "socket":
        await fetch_socket_url(client, credentials.app_token)
    return identity


async def fetch_socket_url(client: SlackClient, app_token: str) -> str:
    """Ask Slack for a websocket URL, valid for half a minute. Raises like ``fetch_identity``."""
    response = _checked(await call_slack(client.apps_connections_open(app_token=app_token)), APP_TOKEN)
    return str(response["url"])


def _checked(result: AsyncSlackResponse | CallFailure, token: str) -> AsyncSlackResponse:
    """Raise an error that says what to do, unless the call succeeded."""
    if isinstance(result, AsyncSlackResponse):
        return result
    if isinstance(result, NotSent) and result.code:
        raise SlackError(
            f"Slack refuses {token} ({result.code}); set it to {_WHERE[token]}, and check that the app is installed in "
            f"the workspace."
        )
    if isinstance(result, NotSent):
        raise SlackUnavailableError(f"{result.reason}; check the network, the proxy and SLACK_API_URL.")
    raise SlackUnavailableError("Slack cannot take calls at the moment; try again in a few minutes.")


def missing_scopes(identity: BotIdentity) -> tuple[str, ...]:
    """Return the scopes of the base variant that the bot's token lacks."""
    if identity.scopes is None:
        return ()
    return tuple(scope for scope in scopes("base") if scope not in identity.scopes)
