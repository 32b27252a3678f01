"""Fixtures: a fake Slack that retries without waiting, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.playground import limits
from bot.playground.events import SCOPES
from bot.playground.server import FakeSlack

from .helpers import close_handler

ALL_SCOPES = (
    *{scope for scopes in SCOPES.values() for scope in scopes},
    *("chat:write", "users:read", "assistant:write", "im:write", "im:read", "mpim:read", "files:write"),
)


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> Iterator[FakeSlack]:
    """A fake Slack with all scopes; the optional parameter is the time for acknowledgements in seconds."""
    ack_seconds: float = getattr(request, "param", limits.ACK_SECONDS)
    with FakeSlack(
        scopes=ALL_SCOPES, subscriptions=SCOPES, retry_after_seconds=(0, 0, 0), ack_seconds=ack_seconds
    ) as slack:
        yield slack


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def connect(slack: FakeSlack) -> Iterator[Callable[[App], SocketModeHandler]]:
    """Connect a Bolt app over Socket Mode until the test ends."""
    handlers: list[SocketModeHandler] = []

    def connect_app(app: App) -> SocketModeHandler:
        # The interval at which the client checks its connection; a test would wait for Bolt's default of 10 s
        handlers.append(SocketModeHandler(app, slack.app_token, ping_interval=0.1))
        handlers[-1].connect()  # type: ignore[no-untyped-call]
        slack.wait_until_connected()
        return handlers[-1]

    yield connect_app
    for handler in handlers:
        close_handler(handler)


@pytest.fixture
def app(slack: FakeSlack) -> App:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    return App(client=client, signing_secret=slack.signing_secret)
