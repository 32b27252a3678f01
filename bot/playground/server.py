"""A fake Slack on a loopback port: tests and the playground post messages and wait for the bot's replies."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from bot.models import Json
from bot.playground import limits
from bot.playground.event_delivery import AppReply, EventSender, HttpEventTransport, RequestKind
from bot.playground.events import EventPublisher, forwarded_message
from bot.playground.interactivity import Command, Interactivity, ResponseUrls, Shortcut
from bot.playground.journal import ApiCall, EventDelivery, Journal
from bot.playground.methods import MethodContext
from bot.playground.models import Channel, ChannelKind, File, Guest, Message, User, escape_typed
from bot.playground.socketmode import Breakage, SocketModeServer
from bot.playground.views import AppViews
from bot.playground.web_api import CallHandler, Fault, Faults, FaultSource, WebApi
from bot.playground.workspace import BOT, YOU, ChangeNotifier, Workspace, default_workspace

_STOP_SECONDS = 5
T = TypeVar("T")


class LoopbackServer:
    """A web server in a thread, on a loopback port; ``port`` 0 picks a free one. OSError if the port is in use."""

    def __init__(self, port: int = 0) -> None:
        # Listening from now on: the address is known before ``start``, and early connections wait
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: Starlette, on_start: Callable[[], None], on_stop: Callable[[], Awaitable[None]]) -> None:
        """Start serving ``app``.

        ``on_start`` and ``on_stop`` run on the event loop, before the first request and before the server stops.
        """
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        self._server = _Server(config, on_start, on_stop)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="fake-slack", daemon=True
        )
        self._thread.start()
        self._server.ready.wait()

    def stop(self) -> None:
        """Stop the server and wait for its thread."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the server's event loop from another thread, and return its result."""
        if self._server is None:
            raise RuntimeError("the server has not started")
        return asyncio.run_coroutine_threadsafe(work, self._server.loop).result()

    def break_connection(self, client: tuple[str, int], how: Breakage = "reset") -> None:
        """Break the connection of ``client`` (host, port), as a network does; call it on the event loop."""
        if self._server is None:
            return
        for connection in tuple(self._server.server_state.connections):
            transport = connection.transport
            if transport is None or transport.get_extra_info("peername") != client:
                continue
            if how == "silence":
                transport.pause_reading()
            elif how == "end":
                transport.close()
            else:
                # With a linger time of 0, closing sends a reset
                linger = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                transport.abort()


class _Server(uvicorn.Server):
    loop: asyncio.AbstractEventLoop

    def __init__(
        self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self._on_start()
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._on_stop()
        await super().shutdown(sockets)


class WorkspaceActions:
    """What people do in a workspace: each action changes its state and publishes the events."""

    def __init__(self, workspace: Workspace, publisher: EventPublisher) -> None:
        self.workspace = workspace
        self._publisher = publisher

    # People and channels

    def add_person(self, *, channels: Iterable[str] = (), team: str | None = None, guest: Guest | None = None) -> str:
        """Add a member of ``channels`` and return the id; ``team`` is another organisation's, if given."""
        number = len(self.workspace.users()) + 1
        person = User(f"U0PERSON{number}", f"Person {number}", team=team, guest=guest)
        self.workspace.add_user(person)
        for channel in channels:
            self.workspace.join(channel, person.id)
        return person.id

    def add_workflow(self, *, team: str | None = None) -> str:
        """Add a workflow of Workflow Builder and return its id, with which it can post."""
        number = len(self.workspace.users()) + 1
        workflow = User(f"Wf0FLOW{number}", f"Workflow {number}", f"B0FLOW{number}", f"A0FLOW{number}", team)
        self.workspace.add_user(workflow)
        return workflow.id

    def add_channel(self, *, kind: ChannelKind = "channel", shared_with: Iterable[str] = ()) -> str:
        """Add a channel with everyone in it and return its id; ``shared_with`` are other organisations' teams."""
        number = len(self.workspace.channels()) + 1
        name = f"channel-{number}"
        members = frozenset(user.id for user in self.workspace.users())
        self.workspace.add_channel(Channel(f"C0CHANNEL{number}", name, kind, members, frozenset(shared_with)))
        return f"C0CHANNEL{number}"

    def open_dm(self, user: str) -> str:
        """Return the id of the direct message between ``user`` and the bot."""
        return self.workspace.direct_message(user).id

    # Messages

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str = YOU,
        thread: str | None = None,
        subtype: str | None = None,
        files: Iterable[File] = (),
        attachments: Iterable[Json] = (),
    ) -> Message:
        """Post a message as ``user``; ``& < >`` are escaped, mentions are not. "/me" has the subtype "me_message"."""
        message = self.workspace.post(
            channel, user, escape_typed(text), thread_ts=thread, subtype=subtype, files=files, attachments=attachments
        )
        self._publisher.posted(message)
        return message

    def forward(self, message: Message, channel: str, text: str = "", *, user: str = YOU) -> Message:
        """Forward ``message`` to ``channel`` with an optional text."""
        return self.say(channel, text, user=user, attachments=[forwarded_message(self.workspace, message)])

    def edit(self, message: Message, text: str) -> Message:
        """Edit the text of a message; returns the edited message."""
        before, after = self.workspace.edit(message.channel, message.ts, text=escape_typed(text))
        self._publisher.edited(before, after)
        return after

    def delete(self, message: Message) -> None:
        self._publisher.deleted(*self.workspace.delete(message.channel, message.ts))

    def join(self, channel: str, user: str, *, inviter: str | None = None) -> Message:
        """Add ``user`` to a channel; returns the channel_join message."""
        notice = self.workspace.join(channel, user)
        self._publisher.joined(notice, inviter)
        return notice

    def react(self, message: Message, name: str, *, user: str = YOU, is_added: bool = True) -> None:
        """Add or remove a reaction."""
        if self.workspace.react(message.channel, message.ts, name, user, is_added=is_added):
            self._publisher.reacted(message, name, user, is_added=is_added)

    def open_home(self, *, user: str = YOU, tab: str = "home") -> None:
        """Open the app's ``home`` or ``messages`` tab."""
        self._publisher.home_opened(user, tab)

    # Changes that Slack makes by itself: message_changed with the same text

    def unfurl(self, message: Message) -> None:
        """Add a link preview."""
        link = "https://example.org/"
        preview = {"id": 1, "from_url": link, "original_url": link, "title": "Example", "fallback": "Example"}
        self._publisher.changed(*self.workspace.annotate(message.channel, message.ts, attachments=[preview]))

    def detect_language(self, message: Message, locale: str = "en") -> None:
        """Add the detected language."""
        self._publisher.changed(*self.workspace.annotate(message.channel, message.ts, language=locale))

    def count_replies(self, message: Message) -> None:
        """Update a root's number of replies."""
        root = self.workspace.message(message.channel, message.ts)
        self._publisher.changed(root, root)


# The least that the bot needs
SCOPES = ("app_mentions:read", "chat:write", "im:history", "im:read", "im:write")
SUBSCRIPTIONS = ("app_mention", "app_home_opened", "message.im")
_RESPONSES = "/responses/"


class FakeSlack(WorkspaceActions):
    """A context manager that runs a fake Slack on a loopback port; ``port`` 0 picks a free one.

    ``scopes`` are granted to the bot token, ``subscriptions`` are names of ``events.SCOPES``. An event that is not
    acknowledged within ``ack_seconds`` is sent again after each of ``retry_after_seconds``. ``faults`` inject failures,
    ``copies`` is how often each event is sent at once, over as many connections. Tokens and secret are made up.
    """

    bot_token = "xoxb-fake-slack"
    app_token = "xapp-1-A0PULLQUOTE-fake-slack"
    signing_secret = "fake-slack-signing-secret"

    def __init__(
        self,
        *,
        scopes: Iterable[str] = SCOPES,
        subscriptions: Iterable[str] = SUBSCRIPTIONS,
        retry_after_seconds: Sequence[float] = limits.RETRY_AFTER_SECONDS,
        ack_seconds: float = limits.ACK_SECONDS,
        faults: Iterable[FaultSource] = (),
        copies: int = 1,
        commands: Iterable[Command] = (),
        shortcuts: Iterable[Shortcut] = (),
        port: int = 0,
    ) -> None:
        changes, granted = ChangeNotifier(), frozenset(scopes)
        self._changes, self._ack_seconds = changes, ack_seconds
        self._host = LoopbackServer(port)
        self._faults = Faults(changes, faults)
        self.journal = Journal(changes)
        calls = CallHandler(self._faults, self.journal, self._host.break_connection)
        workspace = default_workspace(changes)
        self.views = AppViews(changes)
        self._sockets = SocketModeServer(
            changes,
            app_id=str(workspace.bot.app_id),
            ack_seconds=ack_seconds,
            break_connection=self._host.break_connection,
            base=f"ws://127.0.0.1:{self._host.port}",
        )
        self._request_url: HttpEventTransport | None = None
        self._sender = EventSender(self.journal, self._sockets, retry_after_seconds, copies)
        publisher = EventPublisher(workspace, subscriptions=subscriptions, scopes=granted, send=self._sender.deliver)
        super().__init__(workspace, publisher)
        self._responses = ResponseUrls(
            changes, workspace, publisher, calls, f"http://127.0.0.1:{self._host.port}{_RESPONSES}"
        )
        self.interactivity = Interactivity(
            changes, workspace, self.views, self._responses, self._send_interaction, commands, shortcuts, granted
        )
        context = MethodContext(workspace, self.views, publisher, granted, self._sockets.issue_url)
        self._api = WebApi(context, bot_token=self.bot_token, app_token=self.app_token, calls=calls)

    def __enter__(self) -> Self:
        routes = [
            Route("/api/{method}", self._api.serve, methods=["GET", "POST"]),
            Route(_RESPONSES + "{name}", self._responses.serve, methods=["POST"]),
            WebSocketRoute("/link/", self._sockets.serve),
        ]
        self._host.start(Starlette(routes=routes), self._sender.start, self._sender.stop)
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
        """The bot's mention, for use in a text."""
        return f"<@{self.bot_user}>"

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a process connects to this Slack."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }

    # Connections and faults

    def deliver(self, event: Json, *, event_id: str | None = None, retry: int = 0) -> EventDelivery:
        """Deliver any event; with its previous ``event_id`` and ``retry`` above 0 as Slack's retry of it."""
        return self._sender.deliver(self._publisher.envelope(event, event_id), retry)

    def use_request_url(self, url: str) -> None:
        """Send signed events to ``url`` from now on instead of over Socket Mode; the app must be running there."""
        request_url = HttpEventTransport(url, self.signing_secret, self._ack_seconds)
        request_url.verify()
        self._sender.transport = self._request_url = request_url

    @property
    def socket_count(self) -> int:
        """How many websockets the app has opened so far."""
        return self._sockets.opened

    def refresh_connections(self) -> None:
        """Ask the app to reconnect, then close its websockets."""
        self._host.run(self._sockets.refresh())

    def drop_connections(self, how: Breakage = "reset", count: int | None = None) -> None:
        """Break the first ``count`` of the app's websockets, by default all of them."""
        self._host.run(self._sockets.drop(how, count))

    def revoke_token(self) -> None:
        """Revoke the bot token, as an administrator does who uninstalls the app, and tell the app."""
        self._api.bot_token = ""
        self._publisher.publish_revocation()

    def install_again(self, token: str) -> None:
        """Accept ``token`` as the bot token."""
        self._api.bot_token = self.bot_token = token

    def fail_next(
        self,
        method: str,
        *,
        status: int = 500,
        error: str | None = None,
        retry_after: int | None = None,
        is_applied: bool = False,
        drop: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> None:
        """Make the next ``times`` calls of ``method`` fail; see ``Fault``."""
        self._faults.add(method, Fault(status, error, retry_after, is_applied, drop, delay), times)

    def _send_interaction(self, kind: RequestKind, payload: Json) -> AppReply:
        return self._host.run(self._sender.transport.send_interaction(kind, payload))

    # State

    def watching(self, listener: Callable[[], object]) -> AbstractContextManager[None]:
        """Call ``listener`` at each change, from any thread; it must not block."""
        return self._changes.watching(listener)

    @property
    def connections(self) -> int:
        """The number of the app's open websockets."""
        return self._sockets.count()

    @property
    def calls(self) -> tuple[ApiCall, ...]:
        """The Web API calls that ended so far."""
        return self.journal.calls()

    @property
    def deliveries(self) -> tuple[EventDelivery, ...]:
        """The events that were sent to the app, in order."""
        return self.journal.deliveries()

    def replies(self, channel: str, thread: str | None = None) -> list[Message]:
        """Return the bot's messages, oldest first, in ``thread`` or in the channel and all its threads."""
        messages = self.workspace.messages(channel)
        return [one for one in messages if one.user == BOT and thread in (None, one.thread_ts)]

    def wait_until_connected(self, timeout: float = 30.0, *, connections: int = 1) -> None:
        """Wait until the app has this many websockets open; raises TimeoutError."""
        if not self._changes.wait_for(lambda: self._sockets.count() >= connections, timeout):
            raise TimeoutError(f"{self._sockets.count()} of {connections} connections after {timeout} s")

    def wait_for_replies(
        self, channel: str, count: int = 1, *, thread: str | None = None, timeout: float = 30.0
    ) -> list[Message]:
        """Wait for at least ``count`` of the bot's messages and return them; raises TimeoutError."""
        if not self._changes.wait_for(lambda: len(self.replies(channel, thread)) >= count, timeout):
            texts = [message.text for message in self.replies(channel, thread)]
            raise TimeoutError(f"{len(texts)} of {count} replies in {thread or channel} after {timeout} s: {texts}")
        return self.replies(channel, thread)

    def wait_until(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until ``condition()`` is true, which is checked at each change; raises TimeoutError."""
        if not self._changes.wait_for(condition, timeout):
            raise TimeoutError(f"the condition was not true within {timeout} s")

    def wait_until_idle(self, *, grace: float = 0.3, timeout: float = 30.0) -> None:
        """Wait until all deliveries and calls have ended and nothing changes for ``grace`` s; raises TimeoutError."""
        if not self._changes.wait_until_idle(self.journal.is_idle, grace, timeout):
            waiting = [delivery.event for delivery in self.deliveries if not delivery.is_settled]
            raise TimeoutError(f"not idle after {timeout} s; not yet settled: {waiting}")
