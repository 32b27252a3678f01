"""A stand-in that redelivers without waiting, and the clients that talk to it; keeps secret how they are cleaned up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.playground import limits
from bot.playground.events import SCOPES
from bot.playground.server import FakeSlack

from .closing import close

ALL_SCOPES = (
    *{scope for scopes in SCOPES.values() for scope in scopes},
    *("chat:write", "users:read", "reactions:write", "assistant:write", "im:write", "im:read", "mpim:read"),
)


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> Iterator[FakeSlack]:
    """A test that waits for missing acknowledgements gives a shorter time for them, as this fixture's parameter."""
    ack_seconds: float = getattr(request, "param", limits.ACK_SECONDS)
    with FakeSlack(
        scopes=ALL_SCOPES, subscriptions=SCOPES, retry_after_seconds=(0, 0, 0), ack_seconds=ack_seconds
    ) as standin:
        yield standin


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
def connect(slack: FakeSlack) -> Iterator[Callable[[App], SocketModeHandler]]:
    """Connects a Bolt app over Socket Mode, for as long as the test runs."""
    handlers: list[SocketModeHandler] = []

    def connected(app: App) -> SocketModeHandler:
        # How often the client looks whether its connection still stands; Bolt's own 10 s would be waited for
        handlers.append(SocketModeHandler(app, slack.app_token, ping_interval=0.1))
        handlers[-1].connect()  # type: ignore[no-untyped-call]
        slack.wait_until_connected()
        return handlers[-1]

    yield connected
    for handler in handlers:
        close(handler)


@pytest.fixture
def app(slack: FakeSlack) -> App:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    return App(client=client, signing_secret=slack.signing_secret)
