"""Socket Mode over real websockets, with a plain client and with slack_bolt's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from bot.models import Json
from bot.playground import limits
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL

Connect = Callable[[App], SocketModeHandler]


def connection_url(slack: FakeSlack) -> str:
    client = WebClient(base_url=slack.api_url)
    return str(client.apps_connections_open(app_token=slack.app_token)["url"])


@contextmanager
def websocket(slack: FakeSlack) -> Iterator[ClientConnection]:
    """Open a websocket and read its hello."""
    with open_websocket(connection_url(slack), proxy=None) as connection:
        assert read(connection)["type"] == "hello"
        yield connection


def read(connection: ClientConnection) -> Json:
    envelope: Json = json.loads(connection.recv(timeout=10))
    return envelope


def acknowledge(connection: ClientConnection, envelope: Json) -> None:
    connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))


def test_an_acknowledged_event_is_sent_once(slack: FakeSlack) -> None:
    """An acknowledged event is settled after one attempt."""
    with websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        envelope = read(connection)
        assert (envelope["type"], envelope["retry_attempt"], envelope["retry_reason"]) == ("events_api", 0, "")
        assert envelope["payload"]["event"]["text"] == "hello"
        acknowledge(connection, envelope)
        slack.wait_until_idle(grace=0)
    (delivery,) = slack.deliveries
    assert [attempt.failure for attempt in delivery.attempts] == [None]
    assert delivery.acked_at is not None


def test_an_event_that_is_not_acknowledged_is_retried() -> None:
    """It is sent three more times with the same event id and the number of the retry."""
    with FakeSlack(retry_after_seconds=(0, 0, 0), ack_seconds=0.05) as slack, websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        envelopes = [read(connection) for _ in range(4)]
        slack.wait_until_idle(grace=0)
        assert [one["retry_attempt"] for one in envelopes] == [0, 1, 2, 3]
        assert [one["retry_reason"] for one in envelopes] == ["", "timeout", "timeout", "timeout"]
        assert len({one["payload"]["event_id"] for one in envelopes}) == 1
        (delivery,) = slack.deliveries
        assert delivery.acked_at is None
        assert [attempt.failure for attempt in delivery.attempts] == ["timeout"] * 4


def test_an_acknowledged_retry_is_the_last() -> None:
    """After an acknowledged retry there are no more."""
    with FakeSlack(retry_after_seconds=(0, 0, 0), ack_seconds=1.0) as slack, websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        read(connection)
        acknowledge(connection, read(connection))
        slack.wait_until_idle(grace=0)
        assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["timeout", None]


def test_an_attempt_fails_without_a_connection() -> None:
    """Without a connection an attempt fails immediately; a later one reaches an app that has connected since."""
    with FakeSlack(retry_after_seconds=(0, 600)) as slack:
        slack.say(DM_YOU, "lost for now")
        slack.wait_until(lambda: [one.failure for one in slack.deliveries[0].attempts] == ["connection_failed"] * 2)
        with pytest.raises(TimeoutError, match="lost for now"):
            slack.wait_until_idle(timeout=0)
        with websocket(slack) as connection:
            slack.deliver(slack.deliveries[0].event, event_id=slack.deliveries[0].event_id, retry=2)
            assert read(connection)["retry_attempt"] == 2


def test_an_event_is_sent_over_one_connection(slack: FakeSlack) -> None:
    """Two connections get different events, and either may acknowledge them."""
    with websocket(slack) as one, websocket(slack) as other:
        slack.wait_until_connected(connections=2)
        slack.say(DM_YOU, "first")
        slack.say(DM_YOU, "second")
        first, second = read(one), read(other)
        assert {envelope["payload"]["event"]["text"] for envelope in (first, second)} == {"first", "second"}
        acknowledge(one, second)
        acknowledge(one, first)
        slack.wait_until_idle(grace=0)
    assert all(delivery.acked_at for delivery in slack.deliveries)


def test_each_connection_can_get_every_event() -> None:
    """With two copies, both connections get each event with the same event id."""
    with FakeSlack(copies=2) as slack, websocket(slack) as one, websocket(slack) as other:
        slack.wait_until_connected(connections=2)
        for text in ("first", "second", "third"):
            slack.say(DM_YOU, text)
            envelopes = [read(connection) for connection in (one, other)]
            assert [envelope["payload"]["event"]["text"] for envelope in envelopes] == [text, text]
            assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1
            for envelope in envelopes:
                acknowledge(one, envelope)
        slack.wait_until_idle(grace=0)
    assert [len(delivery.attempts) for delivery in slack.deliveries] == [1, 1, 1]


def test_invalid_messages_are_not_acknowledgements(slack: FakeSlack) -> None:
    """Invalid JSON and unknown envelope ids are ignored."""
    with websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        envelope = read(connection)
        for text in ("hello", "[]", "{}", '{"envelope_id": "x"}', '{"envelope_id": []}'):
            connection.send(text)
        acknowledge(connection, envelope)
        slack.wait_until_idle(grace=0)
    assert len(slack.deliveries[0].attempts) == 1


def test_a_url_opens_one_websocket(slack: FakeSlack) -> None:
    """A URL that was used or never issued is refused."""
    used = connection_url(slack)
    with open_websocket(used, proxy=None):
        pass
    for refused in (used, used.replace("ticket=", "ticket=x")):
        with pytest.raises(InvalidStatus), open_websocket(refused, proxy=None):
            pass


def test_an_app_has_ten_connections_at_most(slack: FakeSlack) -> None:
    """The eleventh websocket gets a disconnect message and is closed."""
    with ExitStack() as connections:
        for _ in range(limits.SOCKET_CONNECTIONS):
            connections.enter_context(open_websocket(connection_url(slack), proxy=None))
        slack.wait_until_connected(connections=limits.SOCKET_CONNECTIONS)
        eleventh = connections.enter_context(open_websocket(connection_url(slack), proxy=None))
        assert read(eleventh)["reason"] == "too_many_websockets"
        with pytest.raises(ConnectionClosed):
            read(eleventh)


def add_answers(app: App) -> list[Json]:
    """Let ``app`` answer mentions in their thread and direct messages in the channel; returns its list of events."""
    events: list[Json] = []

    @app.event("app_mention")
    def mentioned(event: Json, client: WebClient) -> None:
        events.append(event)
        thread = event.get("thread_ts") or event["ts"]
        client.chat_postMessage(channel=event["channel"], text=f"re: {event['text']}", thread_ts=thread)

    @app.event("message")
    def written(event: Json, client: WebClient) -> None:
        events.append(event)
        if event["channel_type"] == "im" and "subtype" not in event:
            client.chat_postMessage(channel=event["channel"], text=f"re: {event['text']}")

    return events


def test_a_conversation_with_a_bolt_app(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A mention is answered in its thread, a direct message in the channel, and the app ignores its own messages."""
    add_answers(app)
    connect(app)
    question = slack.say(GENERAL, f"{slack.mention} what was agreed?")
    (answer,) = slack.wait_for_replies(GENERAL, thread=question.ts)
    assert answer.text == f"re: {slack.mention} what was agreed?"
    slack.say(DM_YOU, "hello")
    (greeting,) = slack.wait_for_replies(DM_YOU)
    assert (greeting.text, greeting.thread_ts) == ("re: hello", None)
    slack.wait_until_idle()
    assert len(slack.replies(GENERAL)) == len(slack.replies(DM_YOU)) == 1
    assert all(delivery.acked_at for delivery in slack.deliveries)


@pytest.mark.parametrize("slack", [0.2], indirect=True)
def test_an_event_without_a_listener_is_not_acknowledged(slack: FakeSlack, app: App, connect: Connect) -> None:
    """Bolt does not acknowledge an event without a listener, and gets it three more times."""
    connect(app)
    slack.deliver({"type": "team_join", "user": {"id": "U0NEW"}})
    slack.wait_until_idle(grace=0)
    assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["timeout"] * 4


def test_retries_have_headers_in_bolt(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A Bolt listener sees the number and reason of a retry."""
    headers: dict[str, Any] = {}
    done = threading.Event()

    @app.event("app_mention")
    def mentioned(request: Any) -> None:
        headers.update(request.headers)
        done.set()

    connect(app)
    slack.deliver({"type": "app_mention", "user": "U0YOU", "text": "x", "ts": "1.2", "channel": GENERAL}, retry=2)
    assert done.wait(10)
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == (["2"], ["timeout"])


@pytest.mark.parametrize("how", ["refreshed", "dropped"])
def test_an_app_reconnects(slack: FakeSlack, app: App, connect: Connect, how: str) -> None:
    """Bolt's client reconnects when it is asked to and when its connection is reset, and gets later events."""
    add_answers(app)
    handler = connect(app)
    before = handler.client.session_id()
    if how == "refreshed":
        slack.refresh_connections()
    else:
        slack.drop_connections()
    slack.wait_until_connected()
    slack.say(DM_YOU, "are you back?")
    (answer,) = slack.wait_for_replies(DM_YOU)
    assert answer.text == "re: are you back?"
    assert handler.client.session_id() != before


def test_a_timeout_says_what_is_missing(slack: FakeSlack, client: WebClient) -> None:
    """The error of a timeout names what was there instead."""
    client.chat_postMessage(channel=GENERAL, text="only this")
    with pytest.raises(TimeoutError, match=r"1 of 2 replies in C0GENERAL .*only this"):
        slack.wait_for_replies(GENERAL, 2, timeout=0)
    with pytest.raises(TimeoutError, match="0 of 1 connections"):
        slack.wait_until_connected(timeout=0)
