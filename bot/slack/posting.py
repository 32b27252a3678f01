"""The one place from which a message goes out: where it goes, who sees it, and what is known of it then.

Keeps secret which of Slack's and the network's failures leave a message behind. Never waits and never tries again: that
is the lane's to do, so that no thread sleeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookResponse

from bot.slack.client import create_response_client
from bot.slack.events import IncomingQuestion
from bot.slack.layout import MessageContent
from bot.store.models import Outcome

METADATA_EVENT = "pullquote_answer"
# What concerns the one who asked and nobody else.
PRIVATE: frozenset[Outcome] = frozenset({"notice", "refusal", "unknown"})
# What the archive said, which may be shared.
SHARED: frozenset[Outcome] = frozenset({"answer", "abstention"})

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
_GONE = frozenset({"message_not_found", "thread_not_found"})
_ELSEWHERE = frozenset({"not_in_channel", "channel_not_found"})
# Seconds to wait where Slack says that there were too many calls, and not for how long.
_USUAL_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes: flat where ``thread`` is None; ``only`` is the one person who sees it, None for all.

    Through ``response_url`` that person is told even where the bot is not a member.
    """

    channel: str
    thread: str | None
    only: str | None
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The message stands in Slack, at ``ts``; None where nothing can be found or changed there any more."""

    ts: str | None


@dataclass(frozen=True, slots=True)
class NotPosted:
    """The call did nothing; ``code`` is Slack's reason, empty where Slack was not reached."""

    why: str
    code: str = ""

    @property
    def is_for_content(self) -> bool:
        """Whether another message in its place could be posted."""
        return self.code in _CONTENT

    @property
    def is_gone(self) -> bool:
        """Whether the message that was to be changed, or the thread it stood in, is not there."""
        return self.code in _GONE

    @property
    def is_elsewhere(self) -> bool:
        """Whether the bot is not in the channel."""
        return self.code in _ELSEWHERE


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Slack did nothing, and asks for this many seconds of patience."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Nobody knows whether the call did what it was to do: posting again could show a message twice."""

    why: str


MessageMetadata = dict[str, Any]
"""What a message bears for its app alone."""

CallFailure = NotPosted | RateLimited | Unconfirmed
Result = Posted | CallFailure


def destination_of(asked: IncomingQuestion, outcome: Outcome) -> Destination:
    """Where what ends ``asked`` goes: replies to everybody, beside the question; the rest to the asker alone.

    A reply to a mention goes into its thread, one to a direct message beside it, or into the thread it was asked in.
    In a direct message there is nobody else, so nothing need be hidden there. What one person alone is told in a
    channel Slack shows in a thread only where there is one already, so it begins none. What was no message is answered
    to the asker alone; of what is shared, all that the archive said is for everybody.
    """
    channel, thread = asked.ref.channel, asked.thread
    if asked.response_url and not (asked.entry_point == "share" and outcome in SHARED):
        return Destination(channel, None, asked.user, asked.response_url)
    if outcome not in PRIVATE or asked.entry_point == "dm":
        return Destination(channel, thread, None)
    return Destination(channel, None if thread == asked.ref.ts else thread, asked.user)


def make_metadata(asked: IncomingQuestion) -> MessageMetadata:
    """What a reply bears by which it is found again: its question, and which version of it."""
    version = asked.event.version
    mark = {"question_ts": asked.ref.ts} | ({"question_edited": version} if version else {})
    return {"event_type": METADATA_EVENT, "event_payload": mark}


def post(client: WebClient, destination: Destination, message: MessageContent, metadata: MessageMetadata) -> Result:
    """Post ``message`` where ``destination`` says."""
    if destination.response_url is not None:
        return _respond(destination.response_url, message)
    if destination.only is not None:
        result = call_slack(
            lambda: client.chat_postEphemeral(
                channel=destination.channel,
                user=str(destination.only),
                thread_ts=destination.thread,
                text=message.text,
                blocks=message.blocks,
            )
        )
        return Posted(None) if isinstance(result, SlackResponse) else result
    result = call_slack(
        lambda: client.chat_postMessage(
            channel=destination.channel,
            thread_ts=destination.thread,
            text=message.text,
            blocks=message.blocks,
            metadata=metadata,
            mrkdwn=False,  # the text of a notification is literal, as all that is shown
            unfurl_links=False,
            unfurl_media=False,
        )
    )
    return Posted(str(result["ts"])) if isinstance(result, SlackResponse) else result


def _respond(response_url: str, message: MessageContent) -> Result:
    try:
        response = create_response_client(response_url).send(
            text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
        )
    except URLError as error:
        return NotPosted(f"Slack could not be reached: {error.reason}")
    except (OSError, HTTPException) as error:
        return Unconfirmed(f"the connection broke before Slack replied: {error!r}")
    return Posted(None) if response.status_code == 200 else _unanswered(response)


def _unanswered(response: WebhookResponse) -> CallFailure:
    if response.status_code == 429:
        return RateLimited(_seconds(response.headers.get("retry-after")))
    if response.status_code >= 500:
        return Unconfirmed(f"Slack failed with status {response.status_code}")
    # After half an hour, or five uses, it leads nowhere.
    return NotPosted(f"Slack refused the response: {response.status_code} {response.body[:200]}", "response_refused")


def update(client: WebClient, channel: str, ts: str, message: MessageContent, metadata: MessageMetadata) -> Result:
    """Put ``message`` in place of the one at ``ts``; doing so twice shows nothing twice."""
    result = call_slack(
        lambda: client.chat_update(
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=message.blocks,
            metadata=metadata,
            parse="none",  # unlike a new message's, the text of a changed one is parsed unless this is said
        )
    )
    return Posted(ts) if isinstance(result, SlackResponse) else result


def remove(client: WebClient, channel: str, ts: str) -> CallFailure | None:
    """Delete the message at ``ts``, which may be gone already; None when it is not there any more."""
    result = call_slack(lambda: client.chat_delete(channel=channel, ts=ts))
    if isinstance(result, SlackResponse) or (isinstance(result, NotPosted) and result.is_gone):
        return None
    return result


def call_slack(call: Callable[[], SlackResponse]) -> SlackResponse | CallFailure:
    """Slack's answer to ``call``, or how it failed."""
    try:
        return call()
    except SlackApiError as error:
        return _refused(error)
    except URLError as error:
        # Raised only until the request is wholly sent; what fails after that comes as it is.
        return NotPosted(f"Slack could not be reached: {error.reason}")
    except (OSError, HTTPException) as error:
        return Unconfirmed(f"the connection broke before Slack replied: {error!r}")


def _refused(error: SlackApiError) -> CallFailure:
    status, code = error.response.status_code, str(error.response.get("error"))
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return RateLimited(_seconds(headers.get("retry-after")))
    if status >= 500 or code in _UNCLEAR or not _CODE.fullmatch(code):
        return Unconfirmed(f"Slack failed with status {status} ({code})")
    return NotPosted(f"Slack refused the call: {code}", code)


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or _USUAL_PATIENCE))
    except ValueError:
        return _USUAL_PATIENCE
