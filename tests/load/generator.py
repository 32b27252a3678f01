"""Says the questions, signed, as Slack would; keeps secret how it keeps to its schedule."""

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
from bot.playground.events import EventPublisher
from bot.playground.server import FakeSlack, WorkspaceActions
from bot.playground.workspace import ChangeNotifier, default_workspace
from bot.slack import features
from tests.chaos.archive import NAMES, question_about

from .town import settle

# As many requests at once as Slack may have under way
CONNECTIONS = 64
# Later than this an acknowledgement counts as none
ACK_SECONDS = 3.0
# A connection that nobody used for longer is not used again; the bot closes one after five seconds
IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A question: its place, when it was due, when it was acknowledged, and with which status (0: not at all)."""

    channel: str
    ts: str
    due: float
    acked_at: float
    status: int


class Sender:
    """Posts signed events over connections that stay open, one a thread."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._kept = local()

    def send(self, payload: Json, due: float) -> Sent:
        """Post an event now; how it went."""
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
            del self._kept.connection
        event = payload["event"]
        return Sent(event["channel"], event["ts"], due, time.time(), status)

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's connection; a new one where the other end may just be closing an idle one."""
        if not hasattr(self._kept, "connection") or time.monotonic() - self._kept.used_at > IDLE_SECONDS:
            host, port = str(self._url.hostname), self._url.port
            self._kept.connection = http.client.HTTPConnection(host, port, timeout=ACK_SECONDS)
        self._kept.used_at = time.monotonic()
        connection: http.client.HTTPConnection = self._kept.connection
        return connection


def run(url: str, rate: float, seconds: float, people: int, parent: Connection) -> None:
    """Ask ``rate`` questions a second for ``seconds``, each person in turn; sends what was ``Sent``."""
    workspace = default_workspace(ChangeNotifier())
    payloads: list[Json] = []
    # Events are made by the stand-in's own rules, and taken from its hand
    granted = frozenset(features.scopes("base"))
    announcer = EventPublisher(workspace, subscriptions=["message.im"], scopes=granted, send=payloads.append)
    town = WorkspaceActions(workspace, announcer)
    askers = settle(town, people)
    draw, sender = random.Random(1), Sender(url)
    began = time.time() + 0.5
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        sendings = []
        for number in range(round(rate * seconds)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.time()))
            person, channel = askers[number % people]
            town.say(channel, question_about(draw.choice(NAMES)), user=person)
            sendings.append(pool.submit(sender.send, payloads.pop(), due))
        parent.send([sending.result() for sending in sendings])
