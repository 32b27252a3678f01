"""The stand-in as tests and the playground use it: say, then wait for the reply; keeps secret all that runs below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from bot.playground import cast, limits
from bot.playground.changes import Changes
from bot.playground.courier import Courier, Reply, RequestKind
from bot.playground.events import Announcer
from bot.playground.faults import Fault, Faults, Source
from bot.playground.hosting import Host
from bot.playground.httpevents import RequestUrl
from bot.playground.interactivity import Command, Interactivity, Shortcut
from bot.playground.journal import Call, Delivery, Journal
from bot.playground.methods import Context
from bot.playground.nouns import Json, Message
from bot.playground.people import People
from bot.playground.responses import Responses
from bot.playground.socketmode import Sockets
from bot.playground.surfaces import Surfaces
from bot.playground.webapi import Tokens, WebApi

# The least with which the bot does its work
SCOPES = ("app_mentions:read", "chat:write", "im:history", "im:read", "im:write")
SUBSCRIPTIONS = ("app_mention", "app_home_opened", "message.im")
_RESPONSES = "/responses/"


class StandIn(People):
    """A Slack of one's own on a free loopback port, from ``with`` to its end.

    ``scopes`` are those granted to the bot token, ``subscriptions`` the events it is to get (see ``events.SCOPES``),
    ``retry_after_seconds`` the waits before each further delivery of an event that was not acknowledged within
    ``ack_seconds``, ``faults`` where calls go wrong that no test scripted (see ``mishaps``), ``copies`` how many times
    each event is delivered at once, to an app with as many connections, ``commands`` and ``shortcuts`` what the app
    offers. Tokens and secret are made up, and hold for this stand-in only.
    """

    bot_token = "xoxb-stand-in"
    app_token = "xapp-1-A0PULLQUOTE-stand-in"
    signing_secret = "stand-in-signing-secret"

    def __init__(
        self,
        *,
        scopes: Iterable[str] = SCOPES,
        subscriptions: Iterable[str] = SUBSCRIPTIONS,
        retry_after_seconds: Sequence[float] = limits.RETRY_AFTER_SECONDS,
        ack_seconds: float = limits.ACK_SECONDS,
        faults: Iterable[Source] = (),
        copies: int = 1,
        commands: Iterable[Command] = (),
        shortcuts: Iterable[Shortcut] = (),
    ) -> None:
        changes, granted = Changes(), frozenset(scopes)
        self._changes, self._ack_seconds = changes, ack_seconds
        self._host = Host()
        self._faults = Faults(changes, faults)
        self.journal = Journal(changes)
        workspace = cast.opening_workspace(changes)
        self.surfaces = Surfaces(changes)
        self._sockets = Sockets(
            changes,
            app_id=str(workspace.bot.app_id),
            ack_seconds=ack_seconds,
            sever=self._host.sever,
            base=f"ws://127.0.0.1:{self._host.port}",
        )
        self._request_url: RequestUrl | None = None
        self._courier = Courier(self.journal, self._sockets, retry_after_seconds, copies)
        announcer = Announcer(workspace, subscriptions=subscriptions, scopes=granted, send=self._courier.deliver)
        super().__init__(workspace, announcer)
        self._responses = Responses(changes, workspace, announcer, f"http://127.0.0.1:{self._host.port}{_RESPONSES}")
        self.interactivity = Interactivity(
            changes, workspace, self.surfaces, self._responses, self._ask, commands, shortcuts, granted
        )
        context = Context(workspace, self.surfaces, announcer, granted, self._sockets.issue_address)
        tokens = Tokens(self.bot_token, self.app_token)
        self._api = WebApi(context, tokens, self._faults, self.journal, self._host.sever)

    def __enter__(self) -> Self:
        routes = [
            Route("/api/{method}", self._api.serve, methods=["GET", "POST"]),
            Route(_RESPONSES + "{name}", self._responses.serve, methods=["POST"]),
            WebSocketRoute("/link/", self._sockets.serve),
        ]
        self._host.start(Starlette(routes=routes), self._courier.start, self._courier.stop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._host.stop()
        if self._request_url is not None:
            self._request_url.stop()

    # What the app needs to know

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._host.port}/api/"

    @property
    def bot_user(self) -> str:
        return self.workspace.bot.id

    @property
    def team(self) -> str:
        return self.workspace.team.id

    @property
    def mention(self) -> str:
        """The bot's mention, to be put into a text."""
        return f"<@{self.bot_user}>"

    def environment(self) -> dict[str, str]:
        """What a process must find in its environment to talk to this Slack."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }

    # What Slack does

    def deliver(self, event: Json, *, event_id: str | None = None, retry: int = 0) -> Delivery:
        """Deliver ``event`` as it is, again if need be: with the ``event_id`` of before, as that ``retry``."""
        return self._courier.deliver(self._announcer.callback(event, event_id), retry)

    def use_request_url(self, url: str) -> None:
        """Send events to ``url`` from now on, signed, instead of over Socket Mode; the app there must be running."""
        request_url = RequestUrl(url, self.signing_secret, self._ack_seconds)
        request_url.verify()
        self._courier.carrier = self._request_url = request_url

    def refresh_connections(self) -> None:
        """Ask the app to reconnect, and close its websockets in order."""
        self._host.run(self._sockets.refresh)

    def drop_connections(self) -> None:
        """Cut the app's websockets without a word."""
        self._host.run(self._sockets.drop)

    def fail_next(
        self,
        method: str,
        *,
        status: int = 500,
        error: str | None = None,
        retry_after: int | None = None,
        kept: bool = False,
        drop: bool = False,
        silence: float = 0.0,
        times: int = 1,
    ) -> None:
        """Let the next ``times`` calls of ``method`` go wrong; see ``Fault``."""
        self._faults.add(method, Fault(status, error, retry_after, kept, drop, silence), times)

    def _ask(self, kind: RequestKind, payload: Json) -> Reply:
        return self._host.run(lambda: self._courier.ask(kind, payload))

    # What is there to see

    def watching(self, tell: Callable[[], object]) -> AbstractContextManager[None]:
        """Have ``tell`` called, by any thread, whenever something changes; it must not wait."""
        return self._changes.watching(tell)

    @property
    def connections(self) -> int:
        """How many websockets the app has open."""
        return self._sockets.count()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every Web API call that was answered, or cut off, so far."""
        return self.journal.calls()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every event that was sent to the app, in order."""
        return self.journal.deliveries()

    def replies(self, channel: str, thread: str | None = None) -> list[Message]:
        """The bot's messages, oldest first: those of ``thread``, or all of the channel and its threads."""
        messages = self.workspace.messages(channel)
        return [one for one in messages if one.user == cast.BOT and thread in (None, one.thread_ts)]

    def wait_until_connected(self, timeout: float = 30.0, *, connections: int = 1) -> None:
        """Wait for that many websockets; ``TimeoutError`` if they do not come."""
        if not self._changes.wait_for(lambda: self._sockets.count() >= connections, timeout):
            raise TimeoutError(f"{self._sockets.count()} of {connections} connections after {timeout} s")

    def wait_for_replies(
        self, channel: str, count: int = 1, *, thread: str | None = None, timeout: float = 30.0
    ) -> list[Message]:
        """Wait for ``count`` or more of the bot's messages; ``TimeoutError`` tells what was there instead."""
        if not self._changes.wait_for(lambda: len(self.replies(channel, thread)) >= count, timeout):
            there = [message.text for message in self.replies(channel, thread)]
            raise TimeoutError(f"{len(there)} of {count} replies in {thread or channel} after {timeout} s: {there}")
        return self.replies(channel, thread)

    def wait_until(self, holds: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until ``holds()``, which is asked again whenever something happens; ``TimeoutError`` if it does not."""
        if not self._changes.wait_for(holds, timeout):
            raise TimeoutError(f"what was waited for did not come within {timeout} s")

    def quiet(self, *, grace: float = 0.3, timeout: float = 30.0) -> None:
        """Wait until all is delivered and answered, and nothing has happened for ``grace`` seconds more."""
        if not self._changes.wait_for_calm(self.journal.is_calm, grace, timeout):
            waiting = [delivery.event for delivery in self.deliveries if not delivery.is_settled]
            raise TimeoutError(f"not quiet after {timeout} s; not yet settled: {waiting}")
