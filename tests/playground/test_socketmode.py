"""Socket Mode over real websockets: a plain one, where each envelope is looked at, and Bolt's, as the bot uses it."""

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


def address(slack: FakeSlack) -> str:
    client = WebClient(base_url=slack.api_url)
    return str(client.apps_connections_open(app_token=slack.app_token)["url"])


@contextmanager
def websocket(slack: FakeSlack) -> Iterator[ClientConnection]:
    """A greeted websocket."""
    with open_websocket(address(slack), proxy=None) as connection:
        assert read(connection)["type"] == "hello"
        yield connection


def read(connection: ClientConnection) -> Json:
    envelope: Json = json.loads(connection.recv(timeout=10))
    return envelope


def acknowledge(connection: ClientConnection, envelope: Json) -> None:
    connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))


def test_an_acknowledged_event_comes_once(slack: FakeSlack) -> None:
    """An envelope that is acknowledged is settled by its first attempt."""
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


def test_an_event_that_is_not_acknowledged_comes_again() -> None:
    """Three more times, each in an envelope that counts the retry, with one event id; then never again."""
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


def test_a_retry_that_is_acknowledged_is_the_last() -> None:
    """Whoever acknowledges the first retry gets no second."""
    with FakeSlack(retry_after_seconds=(0, 0, 0), ack_seconds=1.0) as slack, websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        read(connection)
        acknowledge(connection, read(connection))
        slack.wait_until_idle(grace=0)
        assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["timeout", None]


def test_an_event_waits_for_nobody_to_connect() -> None:
    """Without a connection an attempt fails at once; a later one finds the app that has connected since."""
    with FakeSlack(retry_after_seconds=(0, 600)) as slack:
        slack.say(DM_YOU, "lost for now")
        slack.wait_until(lambda: [one.failure for one in slack.deliveries[0].attempts] == ["connection_failed"] * 2)
        with pytest.raises(TimeoutError, match="lost for now"):
            slack.wait_until_idle(timeout=0)
        with websocket(slack) as connection:
            slack.deliver(slack.deliveries[0].event, event_id=slack.deliveries[0].event_id, retry=2)
            assert read(connection)["retry_attempt"] == 2


def test_a_payload_goes_to_one_connection(slack: FakeSlack) -> None:
    """Two connections share the events between them, and either may acknowledge."""
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


def test_each_connection_may_get_every_event() -> None:
    """Where events are delivered in two copies, each of two connections gets every one, with one event id."""
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


def test_noise_is_no_acknowledgement(slack: FakeSlack) -> None:
    """What is not JSON, or names no envelope that waits, settles nothing and breaks nothing."""
    with websocket(slack) as connection:
        slack.say(DM_YOU, "hello")
        envelope = read(connection)
        for noise in ("hello", "[]", "{}", '{"envelope_id": "x"}', '{"envelope_id": []}'):
            connection.send(noise)
        acknowledge(connection, envelope)
        slack.wait_until_idle(grace=0)
    assert len(slack.deliveries[0].attempts) == 1


def test_an_address_opens_one_websocket(slack: FakeSlack) -> None:
    """An address that was used, or was never given out, is refused."""
    used = address(slack)
    with open_websocket(used, proxy=None):
        pass
    for refused in (used, used.replace("ticket=", "ticket=x")):
        with pytest.raises(InvalidStatus), open_websocket(refused, proxy=None):
            pass


def test_an_app_has_ten_connections_at_most(slack: FakeSlack) -> None:
    """The eleventh websocket is told so and closed."""
    with ExitStack() as connections:
        for _ in range(limits.SOCKET_CONNECTIONS):
            connections.enter_context(open_websocket(address(slack), proxy=None))
        slack.wait_until_connected(connections=limits.SOCKET_CONNECTIONS)
        eleventh = connections.enter_context(open_websocket(address(slack), proxy=None))
        assert read(eleventh)["reason"] == "too_many_websockets"
        with pytest.raises(ConnectionClosed):
            read(eleventh)


def answering(app: App) -> list[Json]:
    """Lets ``app`` answer mentions in their thread and direct messages flat; returns what it will have got."""
    got: list[Json] = []

    @app.event("app_mention")
    def mentioned(event: Json, client: WebClient) -> None:
        got.append(event)
        thread = event.get("thread_ts") or event["ts"]
        client.chat_postMessage(channel=event["channel"], text=f"re: {event['text']}", thread_ts=thread)

    @app.event("message")
    def written(event: Json, client: WebClient) -> None:
        got.append(event)
        if event["channel_type"] == "im" and "subtype" not in event:
            client.chat_postMessage(channel=event["channel"], text=f"re: {event['text']}")

    return got


def test_a_conversation_with_a_bolt_app(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A mention is answered in its thread, a direct message flat, and the app's own messages end nothing in a loop."""
    answering(app)
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
def test_an_event_that_no_listener_takes_is_not_acknowledged(slack: FakeSlack, app: App, connect: Connect) -> None:
    """Bolt answers an unmatched event with nothing, and so gets it three times more."""
    connect(app)
    slack.deliver({"type": "team_join", "user": {"id": "U0NEW"}})
    slack.wait_until_idle(grace=0)
    assert [attempt.failure for attempt in slack.deliveries[0].attempts] == ["timeout"] * 4


def test_retries_reach_bolt_as_headers(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A redelivered event tells a Bolt listener which retry it is."""
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
def test_an_app_that_lost_its_connection_comes_back(slack: FakeSlack, app: App, connect: Connect, how: str) -> None:
    """Asked to reconnect, or cut off without a word, Bolt's client connects anew and gets what is said afterwards."""
    answering(app)
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


def test_what_did_not_come_is_told(slack: FakeSlack, client: WebClient) -> None:
    """Waiting in vain says what was there instead."""
    client.chat_postMessage(channel=GENERAL, text="only this")
    with pytest.raises(TimeoutError, match=r"1 of 2 replies in C0GENERAL .*only this"):
        slack.wait_for_replies(GENERAL, 2, timeout=0)
    with pytest.raises(TimeoutError, match="0 of 1 connections"):
        slack.wait_until_connected(timeout=0)
