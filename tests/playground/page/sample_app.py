"""A small slack_bolt app that shows every block, element, modal and Home tab, whatever the bot does with them."""

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
from tests.playground.helpers import close_handler

from .sample_blocks import ALL_BLOCKS, DETAILS, HOME, MODAL, RICH

SCOPES_HELD = (
    *{scope for scopes in SCOPES.values() for scope in scopes},
    "chat:write",
    "commands",
    "files:write",
    "users:read",
)
# Longer than Slack's 3 seconds, for slow machines
ACK_SECONDS = 10.0
COMMANDS = (Command("/quote", "Look something up, for your eyes only", "what was agreed"),)
SHORTCUTS = (Shortcut("find_quotes", "Find quotes for this"), Shortcut("ask_anything", "Ask the archive", "global"))


class SampleApp:
    """The app; ``payloads`` are the interactions that it received, in order."""

    def __init__(self, slack: FakeSlack) -> None:
        self.payloads: list[Json] = []
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        self.app = App(client=self.client, signing_secret=slack.signing_secret)
        self._add_message_listeners()
        self._add_element_listeners()
        self._add_other_listeners()

    @contextmanager
    def connected(self, slack: FakeSlack) -> Iterator[SampleApp]:
        handler = SocketModeHandler(self.app, slack.app_token, ping_interval=0.1)
        handler.connect()  # type: ignore[no-untyped-call]
        try:
            slack.wait_until_connected()
            yield self
        finally:
            close_handler(handler)

    def _add_message_listeners(self) -> None:
        @self.app.event("app_mention")
        def answer(event: Json) -> None:
            where = {"channel": event["channel"], "thread_ts": event.get("thread_ts", event["ts"])}
            if "secret" in event["text"]:
                self.client.chat_postEphemeral(user=event["user"], channel=event["channel"], text="For your eyes only.")
            elif "everything" in event["text"]:
                self.client.chat_postMessage(**where, text="Every block", blocks=ALL_BLOCKS)
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

    def _add_element_listeners(self) -> None:
        @self.app.action("open_modal")
        def open_modal(ack: Ack, body: Json) -> None:
            ack()
            self.payloads.append(body)
            self.client.views_open(trigger_id=body["trigger_id"], view=MODAL)

        def store(ack: Ack, body: Json) -> None:
            ack()
            self.payloads.append(body)

        for name in ("feedback", "more", "refresh"):
            self.app.action(name)(store)

    def _add_other_listeners(self) -> None:
        @self.app.view("search")
        def search(ack: Ack, body: Json) -> None:
            self.payloads.append(body)
            words = body["view"]["state"]["values"]["words"]["words"]["value"]
            if words == "nothing":
                ack(response_action="errors", errors={"words": "Nothing is not enough."})
            elif words == "more":
                ack(response_action="push", view=DETAILS)
            else:
                ack()

        @self.app.view_closed("search")
        def closed(ack: Ack, body: Json) -> None:
            ack()
            self.payloads.append(body)

        @self.app.command("/quote")
        def look_up(ack: Ack, body: Json) -> None:
            self.payloads.append(body)
            ack(f"Looked up: {body['text']}")

        @self.app.shortcut("find_quotes")
        @self.app.shortcut("ask_anything")
        def shortcut(ack: Ack, body: Json) -> None:
            ack()
            self.payloads.append(body)
            self.client.views_open(trigger_id=body["trigger_id"], view=MODAL)


def sample_slack() -> FakeSlack:
    """Return a fake Slack with the scopes, commands and shortcuts of the sample app."""
    return FakeSlack(
        scopes=SCOPES_HELD, subscriptions=SCOPES, commands=COMMANDS, shortcuts=SHORTCUTS, ack_seconds=ACK_SECONDS
    )
