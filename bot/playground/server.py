"""The stand-in as tests and the playground use it: say, then wait for the reply; keeps secret all that runs below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from bot.playground import cast, limits
from bot.playground.changes import Changes
from bot.playground.courier import Courier
from bot.playground.events import Announcer
from bot.playground.faults import Fault, Faults
from bot.playground.hosting import Host
from bot.playground.httpevents import RequestUrl
from bot.playground.journal import Call, Delivery, Journal
from bot.playground.methods import Context
from bot.playground.nouns import Json, Message, as_typed
from bot.playground.socketmode import Sockets
from bot.playground.surfaces import Surfaces
from bot.playground.webapi import Tokens, WebApi

# The least with which the bot does its work
SCOPES = ("app_mentions:read", "chat:write", "im:history", "im:read", "im:write")
SUBSCRIPTIONS = ("app_mention", "app_home_opened", "message.im")


class StandIn:
    """A Slack of one's own on a free loopback port, from ``with`` to its end.

    ``scopes`` are those granted to the bot token, ``subscriptions`` the events it is to get (see ``events.SCOPES``),
    ``retry_after_seconds`` the waits before each further delivery of an event that was not acknowledged within
    ``ack_seconds``. Tokens and secret are made up, and hold for this stand-in only.
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
    ) -> None:
        changes, granted = Changes(), frozenset(scopes)
        self._changes, self._ack_seconds = changes, ack_seconds
        self._host = Host()
        self._faults = Faults(changes)
        self._journal = Journal(changes)
        self.workspace = cast.opening_workspace(changes)
        self.surfaces = Surfaces(changes)
        self._sockets = Sockets(
            changes,
            app_id=str(self.workspace.bot.app_id),
            ack_seconds=ack_seconds,
            sever=self._host.sever,
            base=f"ws://127.0.0.1:{self._host.port}",
        )
        self._request_url: RequestUrl | None = None
        self._courier = Courier(self._journal, self._sockets, retry_after_seconds)
        self._announcer = Announcer(
            self.workspace, subscriptions=subscriptions, scopes=granted, send=self._courier.deliver
        )
        context = Context(self.workspace, self.surfaces, self._announcer, granted, self._sockets.issue_address)
        tokens = Tokens(self.bot_token, self.app_token)
        self._api = WebApi(context, tokens, self._faults, self._journal, self._host.sever)

    def __enter__(self) -> Self:
        routes = [
            Route("/api/{method}", self._api.serve, methods=["GET", "POST"]),
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

    # What people do

    def say(self, channel: str, text: str, *, user: str = cast.YOU, thread: str | None = None) -> Message:
        """Post as ``user``, typed in the composer: ``& < >`` are escaped, mentions are kept."""
        message = self.workspace.post(channel, user, as_typed(text), thread_ts=thread)
        self._announcer.posted(message)
        return message

    def edit(self, message: Message, text: str) -> Message:
        """Change what was said; returns it as it now stands."""
        before, after = self.workspace.edit(message.channel, message.ts, text=as_typed(text))
        self._announcer.edited(before, after)
        return after

    def delete(self, message: Message) -> None:
        self._announcer.deleted(*self.workspace.remove(message.channel, message.ts))

    def join(self, channel: str, user: str) -> Message:
        """Become a member; returns the notice in the channel."""
        notice = self.workspace.join(channel, user)
        self._announcer.joined(notice)
        return notice

    def react(self, message: Message, name: str, *, user: str = cast.YOU) -> None:
        if self.workspace.react(message.channel, message.ts, name, user, stands=True):
            self._announcer.reacted(message, name, user, stands=True)

    def open_home(self, *, user: str = cast.YOU, tab: str = "home") -> None:
        """Open the app's ``home`` or ``messages`` tab."""
        self._announcer.home_opened(user, tab)

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
        times: int = 1,
    ) -> None:
        """Let the next ``times`` calls of ``method`` go wrong; see ``Fault``."""
        self._faults.add(method, Fault(status, error, retry_after, kept, drop), times)

    # What is there to see

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every Web API call that was answered, or cut off, so far."""
        return self._journal.calls()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Every event that was sent to the app, in order."""
        return self._journal.deliveries()

    def replies(self, channel: str, thread: str | None = None) -> list[Message]:
        """The bot's messages, oldest first: those of ``thread``, or all of the channel and its threads."""
        messages = self.workspace.messages(channel)
        return [one for one in messages if one.user == cast.BOT and thread in (None, one.thread_ts)]

    def wait_until_connected(self, timeout: float = 10.0, *, connections: int = 1) -> None:
        """Wait for that many websockets; ``TimeoutError`` if they do not come."""
        if not self._changes.wait_for(lambda: self._sockets.count() >= connections, timeout):
            raise TimeoutError(f"{self._sockets.count()} of {connections} connections after {timeout} s")

    def wait_for_replies(
        self, channel: str, count: int = 1, *, thread: str | None = None, timeout: float = 10.0
    ) -> list[Message]:
        """Wait for ``count`` or more of the bot's messages; ``TimeoutError`` tells what was there instead."""
        if not self._changes.wait_for(lambda: len(self.replies(channel, thread)) >= count, timeout):
            there = [message.text for message in self.replies(channel, thread)]
            raise TimeoutError(f"{len(there)} of {count} replies in {thread or channel} after {timeout} s: {there}")
        return self.replies(channel, thread)

    def quiet(self, *, grace: float = 0.3, timeout: float = 10.0) -> None:
        """Wait until all is delivered and answered, and nothing has happened for ``grace`` seconds more."""
        if not self._changes.wait_for_calm(self._journal.is_calm, grace, timeout):
            waiting = [delivery.event for delivery in self.deliveries if not delivery.is_settled]
            raise TimeoutError(f"not quiet after {timeout} s; not yet settled: {waiting}")
