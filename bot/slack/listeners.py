"""Bolt's listeners: every event is handed over and acknowledged. Keeps secret how Bolt is told to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.error import BoltError
from slack_sdk import WebClient

from bot.errors import SlackError


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
    # Every other event is acknowledged too: what is not, Slack delivers again and again.
    app.event(re.compile(""))(lambda: None)
    return app
