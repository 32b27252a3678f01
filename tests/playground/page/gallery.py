"""A small Bolt app that shows every block, element, modal and Home view; keeps secret nothing.

It stands for all that the bot itself does not do yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.events import SCOPES
from bot.playground.interactivity import Command, Shortcut
from bot.playground.server import FakeSlack
from tests.playground.closing import close

from .showcase import DETAILS, EVERYTHING, HOME, MODAL, RICH

SCOPES_HELD = (
    *{scope for scopes in SCOPES.values() for scope in scopes},
    "chat:write",
    "commands",
    "users:read",
    "reactions:write",
)
# Longer than Slack's three: what is tested here is the page, on whatever machine
ACK_SECONDS = 10.0
COMMANDS = (Command("/quote", "Look something up, for your eyes only", "what was agreed"),)
SHORTCUTS = (Shortcut("find_quotes", "Find quotes for this"), Shortcut("ask_anything", "Ask the archive", "global"))


class Gallery:
    """The app, and what it was told: ``told`` holds each interaction's payload, in order."""

    def __init__(self, slack: FakeSlack) -> None:
        self.told: list[Json] = []
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        self.app = App(client=self.client, signing_secret=slack.signing_secret)
        self._listen_to_messages()
        self._listen_to_elements()
        self._listen_to_the_rest()

    @contextmanager
    def connected(self, slack: FakeSlack) -> Iterator[Gallery]:
        handler = SocketModeHandler(self.app, slack.app_token, ping_interval=0.1)
        handler.connect()  # type: ignore[no-untyped-call]
        try:
            slack.wait_until_connected()
            yield self
        finally:
            close(handler)

    def _listen_to_messages(self) -> None:
        @self.app.event("app_mention")
        def answer(event: Json) -> None:
            where = {"channel": event["channel"], "thread_ts": event.get("thread_ts", event["ts"])}
            if "secret" in event["text"]:
                self.client.chat_postEphemeral(user=event["user"], channel=event["channel"], text="For your eyes only.")
            elif "everything" in event["text"]:
                self.client.chat_postMessage(**where, text="Every block there is", blocks=EVERYTHING)
            else:
                self.client.chat_postMessage(**where, text="“The ministers agreed” — The Gazette", blocks=[RICH])

        @self.app.event("message")
        def answer_directly(event: Json) -> None:
            if event.get("channel_type") == "im" and "subtype" not in event:
                self.client.chat_postMessage(channel=event["channel"], text="Answered directly.")

        @self.app.event("app_home_opened")
        def publish(event: Json) -> None:
            if event["tab"] == "home":
                self.client.views_publish(user_id=event["user"], view=HOME)

        for other in ("reaction_added", "reaction_removed", "member_joined_channel"):
            self.app.event(other)(lambda: None)

    def _listen_to_elements(self) -> None:
        @self.app.action("open_modal")
        def open_modal(ack: Ack, body: Json) -> None:
            ack()
            self.told.append(body)
            self.client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        @self.app.action("push_another")
        def push(ack: Ack, body: Json) -> None:
            ack()
            self.client.views_push(trigger_id=body["trigger_id"], view=DETAILS)

        def note(ack: Ack, body: Json) -> None:
            ack()
            self.told.append(body)

        for name in ("feedback", "bin", "more", "kind", "include", "order", "since", "ask_first", "refresh"):
            self.app.action(name)(note)

    def _listen_to_the_rest(self) -> None:
        @self.app.view("search")
        def search(ack: Ack, body: Json) -> None:
            self.told.append(body)
            words = body["view"]["state"]["values"]["words"]["words"]["value"]
            if words == "nothing":
                ack(response_action="errors", errors={"words": "Nothing is not enough."})
            else:
                ack()

        @self.app.view_closed("search")
        def closed(ack: Ack, body: Json) -> None:
            ack()
            self.told.append(body)

        @self.app.command("/quote")
        def look_up(ack: Ack, body: Json) -> None:
            self.told.append(body)
            ack(f"Looked up: {body['text']}")

        @self.app.shortcut("find_quotes")
        @self.app.shortcut("ask_anything")
        def shortcut(ack: Ack, body: Json) -> None:
            ack()
            self.told.append(body)
            self.client.views_open(trigger_id=body["trigger_id"], view=MODAL)


def gallery_slack() -> FakeSlack:
    """A stand-in that grants the gallery all it needs, and the time."""
    return FakeSlack(
        scopes=SCOPES_HELD, subscriptions=SCOPES, commands=COMMANDS, shortcuts=SHORTCUTS, ack_seconds=ACK_SECONDS
    )
