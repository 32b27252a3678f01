"""Bolt's listeners: every event is handed over and acknowledged. Keeps secret how Bolt is told to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App, BoltResponse
from slack_bolt.error import BoltError
from slack_sdk import WebClient

from bot.errors import SlackError
from bot.slack.actions import Presses


def build_app(client: WebClient, take: Callable[[dict[str, Any]], bool]) -> App:
    """The Bolt app that hands the body of every message and mention to ``take``. SlackError when Slack refuses it.

    An event is acknowledged once ``take`` has returned true; any other, Slack delivers again.
    """
    try:
        app = App(client=client, process_before_response=True)
    except BoltError as error:
        raise SlackError(f"Slack does not accept the bot's token ({error}); check SLACK_BOT_TOKEN.") from error

    def take_event(body: dict[str, Any]) -> BoltResponse | None:
        return None if take(body) else BoltResponse(status=503)

    app.event("app_mention")(take_event)
    app.event("message")(take_event)
    return app


def acknowledge_the_rest(app: App) -> None:
    """Acknowledge every event that has no listener yet: what is not, Slack delivers again and again."""
    app.event(re.compile(""))(lambda: None)


def listen_to_presses(app: App, presses: Presses) -> None:
    """Hand every press that ``presses`` knows to it; one that it does not take is not acknowledged."""

    def take(ack: Ack, body: dict[str, Any]) -> None:
        if presses.take(body):
            ack()

    for name in presses.actions:
        app.action(name)(take)
    for name in presses.views:
        app.view(name)(take)
