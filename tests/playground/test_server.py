"""Starting and stopping the fake Slack."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import ExitStack

import pytest
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("fake-slack")]


def test_stopping_releases_everything() -> None:
    """It ends its threads and closes its port and websockets, even during a delivery."""
    with ExitStack() as websockets:
        with FakeSlack() as slack:
            address = WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]
            websocket = websockets.enter_context(connect(address, proxy=None))
            slack.wait_until_connected()
            slack.say(DM_YOU, "never acknowledged")
            port = int(slack.api_url.split(":")[2].split("/")[0])
        assert threads() == []
        with pytest.raises(ConnectionClosed):
            while True:
                websocket.recv(timeout=10)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_an_exception_stops_it() -> None:
    """An exception in the with block is not caught, and everything is released."""
    with pytest.raises(ZeroDivisionError), FakeSlack():
        _ = 1 / 0
    assert threads() == []


def test_two_workspaces_are_independent() -> None:
    """Each fake Slack has its own port and messages."""
    with FakeSlack() as one, FakeSlack() as other:
        WebClient(token=one.bot_token, base_url=one.api_url).chat_postMessage(channel=GENERAL, text="here")
        assert one.environment()["SLACK_API_URL"] != other.environment()["SLACK_API_URL"]
        assert (len(one.replies(GENERAL)), len(other.replies(GENERAL))) == (1, 0)


def test_the_environment_is_all_that_an_app_needs() -> None:
    """A client with the values of the environment can call the Web API."""
    with FakeSlack() as slack:
        environment = slack.environment()
        client = WebClient(token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"])
        assert client.auth_test()["user_id"] == slack.bot_user
        assert client.apps_connections_open(app_token=environment["SLACK_APP_TOKEN"])["url"].startswith(
            "ws://127.0.0.1:"
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "rebound.example:80"}, 403),
        ({"Host": "127.0.0.1.example"}, 403),
        ({"Origin": "https://example.org"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_pages_in_a_browser_cannot_call_it(headers: dict[str, str], status: int) -> None:
    """Its tokens are known, so a page that reaches the port, by any name, must be refused; websockets too."""
    with FakeSlack() as slack:
        port = int(slack.api_url.split(":")[2].split("/")[0])
        address = WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/api/auth.test", f"token={slack.bot_token}", headers)
        assert connection.getresponse().status == status
        connection.close()
        if "Origin" in headers:
            with pytest.raises(InvalidStatus):
                connect(address, proxy=None, additional_headers=headers)
