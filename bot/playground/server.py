"""A fake Slack on a loopback port: tests and the playground post messages and wait for the bot's replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from bot.models import Json
from bot.playground import limits
from bot.playground.event_delivery import EventDelivery, EventSender, HttpEventTransport, SocketModeServer
from bot.playground.events import WorkspaceActions
from bot.playground.interactivity import Command, Interactivity, ResponseUrls, Shortcut
from bot.playground.loopback import Breakage, LoopbackOnly, LoopbackServer
from bot.playground.methods import Call
from bot.playground.models import Message
from bot.playground.uploads import FileUploads
from bot.playground.web_api import ApiCall, CallHandler, Fault, FaultSource, UploadEndpoint, WebApi
from bot.playground.workspace import BOT, AppViews, ChangeNotifier, Workspace

# The least that the bot needs
SCOPES = ("app_mentions:read", "chat:write", "im:history", "im:read", "im:write")
SUBSCRIPTIONS = ("app_mention", "app_home_opened", "message.im")
_RESPONSES = "/responses/"
_UPLOADS = "/upload/v1/"


class FakeSlack(WorkspaceActions):
    """A context manager that runs a fake Slack on a loopback port; ``port`` 0 picks a free one.

    ``scopes`` are granted to the bot token, ``subscriptions`` are names of ``events.SCOPES``. An event that is not
    acknowledged within ``ack_seconds`` is sent again after each of ``retry_after_seconds``. ``faults`` inject failures,
    ``copies`` is how often each event is sent at once, over as many connections. Tokens and secret are made up.
    ``mention`` is the bot's mention, for use in a text.
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
        commands: Sequence[Command] = (),
        shortcuts: Sequence[Shortcut] = (),
        port: int = 0,
        organisation: str | None = None,
    ) -> None:
        changes = ChangeNotifier()
        self.changes, self._ack_seconds = changes, ack_seconds
        self._host = host = LoopbackServer(port)
        self.api_url = f"http://127.0.0.1:{host.port}/api/"
        self.handler = CallHandler(host, changes, faults)
        workspace = Workspace(changes, organisation)
        self.team, self.bot_user = workspace.team.id, workspace.bot.id
        self.mention = f"<@{self.bot_user}>"
        self.views = AppViews(changes)
        self._sockets = SocketModeServer(host, changes, app_id=str(workspace.bot.app_id), ack_seconds=ack_seconds)
        self.sender = EventSender(host, changes, self._sockets, retry_after_seconds, copies)
        super().__init__(workspace, subscriptions=subscriptions, scopes=scopes, send=self.sender.deliver)
        if (commands or shortcuts) and "commands" not in self.scopes:
            raise ValueError("an app with commands or shortcuts needs the scope commands")
        self._responses = ResponseUrls(self, self.handler, f"http://127.0.0.1:{host.port}{_RESPONSES}")
        self.interactivity = Interactivity(
            changes, workspace, self.views, self._responses, self.sender.send_interaction, commands, shortcuts
        )
        self.uploads = FileUploads(f"http://127.0.0.1:{host.port}{_UPLOADS}")
        new_call = partial(Call, self, self.views, self.uploads, self._sockets.issue_url)
        self._api = WebApi(new_call, bot_token=self.bot_token, app_token=self.app_token, calls=self.handler)

    def __enter__(self) -> Self:
        routes = [
            Route("/api/{method}", self._api.serve, methods=["GET", "POST"]),
            Route(_RESPONSES + "{name}", self._responses.serve, methods=["POST"]),
            Route(_UPLOADS + "{key}", UploadEndpoint(self.uploads, self.handler).serve, methods=["POST"]),
            WebSocketRoute("/link/", self._sockets.serve),
        ]
        self._host.start(Starlette(routes=routes, middleware=[Middleware(LoopbackOnly)]))
        return self

    def __exit__(self, *_: object) -> None:
        self._host.stop()

    # What the app needs to know

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
        return self.sender.deliver(self.envelope(event, event_id), retry)

    def use_request_url(self, url: str) -> None:
        """Send signed events to ``url`` from now on instead of over Socket Mode; the app must be running there."""
        transport = HttpEventTransport(url, self.signing_secret, self._ack_seconds)
        self._host.run_soon(transport.verify()).result()
        self.sender.transport = transport

    @property
    def socket_count(self) -> int:
        """How many websockets the app has opened so far."""
        return self._sockets.opened

    def refresh_connections(self) -> None:
        """Ask the app to reconnect, then close its websockets."""
        self._host.run_soon(self._sockets.refresh()).result()

    def drop_connections(self, how: Breakage = "reset", count: int | None = None) -> None:
        """Break the first ``count`` of the app's websockets, by default all of them."""
        self._host.run_soon(self._sockets.drop(how, count)).result()

    def revoke_token(self) -> None:
        """Revoke the bot token, as an administrator does who uninstalls the app, and tell the app."""
        self._api.bot_token = ""
        if "tokens_revoked" in self._subscriptions:
            self.deliver({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.bot_user]}})

    def install_again(self, token: str) -> None:
        """Accept ``token`` as the bot token."""
        self._api.bot_token = self.bot_token = token

    def fail_next(self, method: str, *, times: int = 1, **fault: Any) -> None:
        """Make the next ``times`` calls of ``method`` fail; ``fault`` are the fields of a ``Fault``."""
        self.handler.add_fault(method, Fault(**fault), times)

    # State

    @property
    def connections(self) -> int:
        """The number of the app's open websockets."""
        return len(self._sockets.open)

    @property
    def calls(self) -> tuple[ApiCall, ...]:
        """The Web API calls that ended so far."""
        return tuple(self.handler.calls)

    @property
    def deliveries(self) -> tuple[EventDelivery, ...]:
        """The events that were sent to the app, in order."""
        return tuple(self.sender.deliveries)

    def replies(self, channel: str, thread: str | None = None) -> list[Message]:
        """Return the bot's messages, oldest first, in ``thread`` or in the channel and all its threads."""
        messages = self.workspace.messages(channel)
        return [one for one in messages if one.user == BOT and thread in (None, one.thread_ts)]

    def wait_until_connected(self, timeout: float = 30.0, *, connections: int = 1) -> None:
        """Wait until the app has this many websockets open; raises TimeoutError."""
        if not self.changes.wait_for(lambda: self.connections >= connections, timeout):
            raise TimeoutError(f"{self.connections} of {connections} connections after {timeout} s")

    def wait_for_replies(
        self, channel: str, count: int = 1, *, thread: str | None = None, timeout: float = 30.0
    ) -> list[Message]:
        """Wait for at least ``count`` of the bot's messages and return them; raises TimeoutError."""
        if not self.changes.wait_for(lambda: len(self.replies(channel, thread)) >= count, timeout):
            texts = [message.text for message in self.replies(channel, thread)]
            raise TimeoutError(f"{len(texts)} of {count} replies in {thread or channel} after {timeout} s: {texts}")
        return self.replies(channel, thread)

    def wait_until(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Wait until ``condition()`` is true, which is checked at each change; raises TimeoutError."""
        if not self.changes.wait_for(condition, timeout):
            raise TimeoutError(f"the condition was not true within {timeout} s")

    def wait_until_idle(self, *, grace: float = 0.3, timeout: float = 30.0) -> None:
        """Wait until all deliveries and calls have ended and nothing changes for ``grace`` s; raises TimeoutError."""
        if not self.changes.wait_until_idle(
            lambda: not self.handler.active_calls and not self.sender.unsettled, grace, timeout
        ):
            waiting = [delivery.event for delivery in self.deliveries if not delivery.is_settled]
            raise TimeoutError(f"not idle after {timeout} s; not yet settled: {waiting}")
