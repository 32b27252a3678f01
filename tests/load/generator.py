"""Load generator: sends signed events as Slack would, on a fixed schedule."""

from __future__ import annotations

import http.client
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import local
from urllib.parse import urlsplit

from bot.models import Json
from bot.playground.event_delivery import sign_request
from bot.playground.events import WorkspaceActions
from bot.playground.server import FakeSlack
from bot.playground.workspace import ChangeNotifier, Workspace
from bot.slack import features
from tests.chaos.archive import NAMES, question_about

from .people import add_people

# Concurrent requests.
CONNECTIONS = 64
# A later acknowledgement does not count.
ACK_SECONDS = 3.0
# A connection idle for longer is not reused, because the bot closes one after five seconds.
IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SentQuestion:
    """A question; times in Unix seconds. ``status`` is the HTTP status of its acknowledgement, 0 if none."""

    channel: str
    ts: str
    due: float
    acked_at: float
    status: int


class EventSender:
    """Sends signed events with keep-alive, one connection per thread."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._local = local()

    def send(self, payload: Json, due: float) -> SentQuestion:
        """Send an event now."""
        body = json.dumps(payload).encode()
        headers = sign_request(FakeSlack.signing_secret, body, int(time.time()))
        status = 0
        try:
            connection = self._connection()
            connection.request("POST", self._url.path, body, headers | {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            del self._local.connection
        event = payload["event"]
        return SentQuestion(event["channel"], event["ts"], due, time.time(), status)

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's connection; a new one if the bot may be closing the old one."""
        if not hasattr(self._local, "connection") or time.monotonic() - self._local.used_at > IDLE_SECONDS:
            host, port = str(self._url.hostname), self._url.port
            self._local.connection = http.client.HTTPConnection(host, port, timeout=ACK_SECONDS)
        self._local.used_at = time.monotonic()
        connection: http.client.HTTPConnection = self._local.connection
        return connection


def run(url: str, rate: float, seconds: float, people: int, parent: Connection) -> None:
    """Ask ``rate`` questions per second for ``seconds``, each person in turn; report them to ``parent``."""
    workspace = Workspace(ChangeNotifier())
    payloads: list[Json] = []
    # The fake Slack makes the events, which are collected instead of delivered.
    granted = frozenset(features.scopes("base"))
    actions = WorkspaceActions(workspace, subscriptions=["message.im"], scopes=granted, send=payloads.append)
    askers = add_people(actions, people)
    rng, sender = random.Random(1), EventSender(url)
    started_at = time.time() + 0.5
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        futures = []
        for number in range(round(rate * seconds)):
            due = started_at + number / rate
            time.sleep(max(0.0, due - time.time()))
            person, channel = askers[number % people]
            actions.say(channel, question_about(rng.choice(NAMES)), user=person)
            futures.append(pool.submit(sender.send, payloads.pop(), due))
        parent.send([future.result() for future in futures])
