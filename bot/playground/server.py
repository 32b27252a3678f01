"""What people do in the workspace, and what Slack does to their messages by itself; keeps secret whom it is told to.

The stand-in as tests and the playground use it: say, then wait for the reply; keeps secret all that runs below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from bot.models import Json
from bot.playground import limits
from bot.playground.event_delivery import AppReply, EventSender, HttpEventTransport, RequestKind
from bot.playground.events import EventPublisher, forwarded
from bot.playground.faults import Fault, Faults, FaultSource
from bot.playground.hosting import LoopbackServer
from bot.playground.interactivity import Command, Interactivity, Shortcut
from bot.playground.journal import ApiCall, EventDelivery, Journal
from bot.playground.methods import MethodContext
from bot.playground.models import Channel, ChannelKind, File, Guest, Message, User, escape_typed
from bot.playground.responses import ResponseUrls
from bot.playground.socketmode import SocketModeServer
from bot.playground.views import AppViews
from bot.playground.web_api import ApiTokens, WebApi
from bot.playground.workspace import BOT, YOU, ChangeNotifier, Workspace, default_workspace


class WorkspaceActions:
    """The hands in a workspace: each thing done is kept there and announced to the app."""

    def __init__(self, workspace: Workspace, publisher: EventPublisher) -> None:
        self.workspace = workspace
        self._publisher = publisher

    # Who is there

    def add_person(self, *, channels: Iterable[str] = (), team: str | None = None, guest: Guest | None = None) -> str:
        """A new person's id, already a member of ``channels``; of another organisation when ``team`` names one."""
        number = len(self.workspace.users()) + 1
        person = User(f"U0PERSON{number}", f"Person {number}", team=team, guest=guest)
        self.workspace.add_user(person)
        for channel in channels:
            self.workspace.join(channel, person.id)
        return person.id

    def add_channel(self, *, kind: ChannelKind = "channel", shared_with: Iterable[str] = ()) -> str:
        """A new channel's id, in which everyone is who is there now; ``shared_with`` are other organisations' teams."""
        number = len(self.workspace.channels()) + 1
        name = f"channel-{number}"
        members = frozenset(user.id for user in self.workspace.users())
        self.workspace.add_channel(Channel(f"C0CHANNEL{number}", name, kind, members, frozenset(shared_with)))
        return f"C0CHANNEL{number}"

    def open_dm(self, user: str) -> str:
        """The id of the direct message between ``user`` and the bot."""
        return self.workspace.direct_message(user).id

    # What people do

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str = YOU,
        thread: str | None = None,
        files: Iterable[File] = (),
        attachments: Iterable[Json] = (),
    ) -> Message:
        """Post as ``user``, typed in the composer: ``& < >`` are escaped, mentions are kept."""
        message = self.workspace.post(
            channel, user, escape_typed(text), thread_ts=thread, files=files, attachments=attachments
        )
        self._publisher.posted(message)
        return message

    def forward(self, message: Message, channel: str, text: str = "", *, user: str = YOU) -> Message:
        """Share ``message`` in ``channel``, below what is typed with it, which may be nothing."""
        return self.say(channel, text, user=user, attachments=[forwarded(self.workspace, message)])

    def edit(self, message: Message, text: str) -> Message:
        """Change what was said; returns it as it now stands."""
        before, after = self.workspace.edit(message.channel, message.ts, text=escape_typed(text))
        self._publisher.edited(before, after)
        return after

    def delete(self, message: Message) -> None:
        self._publisher.deleted(*self.workspace.remove(message.channel, message.ts))

    def join(self, channel: str, user: str, *, inviter: str | None = None) -> Message:
        """Become a member; returns the notice in the channel."""
        notice = self.workspace.join(channel, user)
        self._publisher.joined(notice, inviter)
        return notice

    def react(self, message: Message, name: str, *, user: str = YOU, is_added: bool = True) -> None:
        """Put a reaction on a message, or take it away."""
        if self.workspace.react(message.channel, message.ts, name, user, is_added=is_added):
            self._publisher.reacted(message, name, user, is_added=is_added)

    def open_home(self, *, user: str = YOU, tab: str = "home") -> None:
        """Open the app's ``home`` or ``messages`` tab."""
        self._publisher.home_opened(user, tab)

    # What Slack does to a message by itself: message_changed, with the words as they were

    def unfurl(self, message: Message) -> None:
        """Show the preview of a link in it."""
        link = "https://example.org/"
        preview = {"id": 1, "from_url": link, "original_url": link, "title": "Example", "fallback": "Example"}
        self._publisher.annotated(*self.workspace.annotate(message.channel, message.ts, attachments=[preview]))

    def detect_language(self, message: Message, locale: str = "en") -> None:
        """Find out which language it is in."""
        self._publisher.annotated(*self.workspace.annotate(message.channel, message.ts, language=locale))

    def count_replies(self, message: Message) -> None:
        """Show under it how many replies its thread has."""
        root = self.workspace.message(message.channel, message.ts)
        self._publisher.annotated(root, root)


# The least with which the bot does its work
SCOPES = ("app_mentions:read", "chat:write", "im:history", "im:read", "im:write")
SUBSCRIPTIONS = ("app_mention", "app_home_opened", "message.im")
_RESPONSES = "/responses/"


class FakeSlack(WorkspaceActions):
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
        faults: Iterable[FaultSource] = (),
        copies: int = 1,
        commands: Iterable[Command] = (),
        shortcuts: Iterable[Shortcut] = (),
    ) -> None:
        changes, granted = ChangeNotifier(), frozenset(scopes)
        self._changes, self._ack_seconds = changes, ack_seconds
        self._host = LoopbackServer()
        self._faults = Faults(changes, faults)
        self.journal = Journal(changes)
        workspace = default_workspace(changes)
        self.views = AppViews(changes)
        self._sockets = SocketModeServer(
            changes,
            app_id=str(workspace.bot.app_id),
            ack_seconds=ack_seconds,
            sever=self._host.sever,
            base=f"ws://127.0.0.1:{self._host.port}",
        )
        self._request_url: HttpEventTransport | None = None
        self._sender = EventSender(self.journal, self._sockets, retry_after_seconds, copies)
        publisher = EventPublisher(workspace, subscriptions=subscriptions, scopes=granted, send=self._sender.deliver)
        super().__init__(workspace, publisher)
        self._responses = ResponseUrls(changes, workspace, publisher, f"http://127.0.0.1:{self._host.port}{_RESPONSES}")
        self.interactivity = Interactivity(
            changes, workspace, self.views, self._responses, self._ask, commands, shortcuts, granted
        )
        context = MethodContext(workspace, self.views, publisher, granted, self._sockets.issue_address)
        tokens = ApiTokens(self.bot_token, self.app_token)
        self._api = WebApi(context, tokens, self._faults, self.journal, self._host.sever)

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

    def deliver(self, event: Json, *, event_id: str | None = None, retry: int = 0) -> EventDelivery:
        """Deliver ``event`` as it is, again if need be: with the ``event_id`` of before, as that ``retry``."""
        return self._sender.deliver(self._publisher.callback(event, event_id), retry)

    def use_request_url(self, url: str) -> None:
        """Send events to ``url`` from now on, signed, instead of over Socket Mode; the app there must be running."""
        request_url = HttpEventTransport(url, self.signing_secret, self._ack_seconds)
        request_url.verify()
        self._sender.transport = self._request_url = request_url

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
        is_applied: bool = False,
        drop: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> None:
        """Let the next ``times`` calls of ``method`` go wrong; see ``Fault``."""
        self._faults.add(method, Fault(status, error, retry_after, is_applied, drop, delay), times)

    def _ask(self, kind: RequestKind, payload: Json) -> AppReply:
        return self._host.run(lambda: self._sender.send_interaction(kind, payload))

    # What is there to see

    def watching(self, tell: Callable[[], object]) -> AbstractContextManager[None]:
        """Have ``tell`` called, by any thread, whenever something changes; it must not wait."""
        return self._changes.watching(tell)

    @property
    def connections(self) -> int:
        """How many websockets the app has open."""
        return self._sockets.count()

    @property
    def calls(self) -> tuple[ApiCall, ...]:
        """Every Web API call that was answered, or cut off, so far."""
        return self.journal.calls()

    @property
    def deliveries(self) -> tuple[EventDelivery, ...]:
        """Every event that was sent to the app, in order."""
        return self.journal.deliveries()

    def replies(self, channel: str, thread: str | None = None) -> list[Message]:
        """The bot's messages, oldest first: those of ``thread``, or all of the channel and its threads."""
        messages = self.workspace.messages(channel)
        return [one for one in messages if one.user == BOT and thread in (None, one.thread_ts)]

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

    def wait_until_idle(self, *, grace: float = 0.3, timeout: float = 30.0) -> None:
        """Wait until all is delivered and answered, and nothing has happened for ``grace`` seconds more."""
        if not self._changes.wait_until_idle(self.journal.is_idle, grace, timeout):
            waiting = [delivery.event for delivery in self.deliveries if not delivery.is_settled]
            raise TimeoutError(f"not quiet after {timeout} s; not yet settled: {waiting}")
