"""Credentials of the bot: whether they are set, whether Slack accepts them, and what they may do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import SettingsError, SlackError, SlackUnavailableError
from bot.slack.client import CallFailure, NotSent, SlackClient, call_slack
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
    """The bot in its workspace, and the id of the ``organisation`` to which that belongs in Enterprise Grid.

    ``scopes`` is None if Slack did not say.
    """

    team: str
    bot_user: str
    scopes: frozenset[str] | None
    organisation: str | None = None


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
    if not re.fullmatch("[!-~]+", token):
        raise SettingsError(f"{name} contains a blank, a line end or another character that no token has; remove it.")
    if not token.startswith(_PREFIX[name]):
        raise SettingsError(f"{name} does not start with {_PREFIX[name]}; set it to {_WHERE[name]}.")


async def fetch_identity(client: SlackClient) -> BotIdentity:
    """Ask Slack for the identity and scopes of the client's token.

    SlackUnavailableError if Slack cannot be reached or does not answer, SlackError if it refuses the token.
    """
    response = _checked(await call_slack(client.auth_test()), BOT_TOKEN)
    granted = response.headers.get("X-OAuth-Scopes")
    given = None if granted is None else frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return BotIdentity(str(response.get("team")), str(response["user_id"]), given, response.get("enterprise_id"))


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
