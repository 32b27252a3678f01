"""The one place from which a message goes out, and what is known of it then: it stands, it does not, or perhaps.

Keeps secret which of Slack's and the network's failures leave a message behind.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.metadata import Metadata

from bot.slack.blocks import Message
from bot.slack.questions import Asked

log = logging.getLogger(__name__)

METADATA_EVENT = "pullquote_answer"

# Slack's words for a failure are codes; anything else was said by something on the way to it.
_CODE = re.compile(r"[a-z_]+")
# Its codes for failures after which part of the call may have happened.
_UNCLEAR = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# What Slack says of a message's content, as against its place or the bot's rights.
_CONTENT = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    }
)


@dataclass(frozen=True, slots=True)
class Posted:
    """The message stands in Slack, at ``ts``."""

    ts: str


@dataclass(frozen=True, slots=True)
class NotPosted:
    """The message does not stand in Slack; ``for_content`` when another message in its place could."""

    why: str
    for_content: bool


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether the message stands in Slack: posting it again could show it twice."""

    why: str


def post(client: WebClient, asked: Asked, message: Message) -> Posted | NotPosted | Unclear:
    """Post ``message`` in reply to ``asked``: in its thread, or flat in a direct message.

    The metadata name the question, so that the reply can be found again by it. Waits as long as Slack asks when it is
    told to slow down (see ``connection.connect``); never tries again where the message may have been kept.
    """
    try:
        response = client.chat_postMessage(
            channel=asked.delivery.channel,
            thread_ts=asked.thread,
            text=message.text,
            blocks=message.blocks,
            metadata=Metadata(METADATA_EVENT, {"question_ts": asked.delivery.ts}),
            unfurl_links=False,
            unfurl_media=False,
        )
    except SlackApiError as error:
        return _refused(error)
    except URLError as error:
        # Raised only until the request is wholly sent; what fails after that comes as it is.
        return NotPosted(f"Slack could not be reached: {error.reason}", for_content=False)
    except (OSError, HTTPException) as error:
        return Unclear(f"the connection broke before Slack replied: {error!r}")
    return Posted(str(response["ts"]))


def _refused(error: SlackApiError) -> NotPosted | Unclear:
    code = str(error.response.get("error"))
    if error.response.status_code >= 500 or code in _UNCLEAR or not _CODE.fullmatch(code):
        return Unclear(f"Slack failed with status {error.response.status_code} ({code})")
    return NotPosted(f"Slack refused the message: {code}", for_content=code in _CONTENT)
