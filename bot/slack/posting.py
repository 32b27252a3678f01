"""Post, update and delete messages: where each goes, and whether a failed call may still have taken effect.

Nothing here waits or retries; the caller does.
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

from bot.slack.client import create_response_client
from bot.slack.events import IncomingQuestion
from bot.slack.layout import MessageContent
from bot.store.models import Outcome

METADATA_EVENT = "pullquote_answer"
# Shown to the asker only.
PRIVATE: frozenset[Outcome] = frozenset({"notice", "refusal", "unknown"})
# From the archive, and may be shared.
SHARED: frozenset[Outcome] = frozenset({"answer", "abstention"})

# Slack's error codes; any other text comes from a proxy or load balancer on the way.
_CODE = re.compile(r"[a-z_]+")
# Errors after which part of the call may have taken effect.
_UNCONFIRMED_CODES = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# Errors about a message's content, not about its channel or the bot's rights.
_CONTENT_CODES = frozenset(
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
# Seconds to wait if Slack limits the rate and does not say for how long.
_DEFAULT_RETRY_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes.

    ``thread``: None outside a thread. ``user``: the only person who sees it, None for everyone. ``response_url``:
    reaches that person even where the bot is not a member.
    """

    channel: str
    thread: str | None
    user: str | None
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The message is in Slack, at ``ts``; None for a private message, which cannot be found or changed later."""

    ts: str | None


@dataclass(frozen=True, slots=True)
class NotPosted:
    """The call had no effect; ``code`` is Slack's error code, empty if Slack was not reached."""

    reason: str
    code: str = ""

    @property
    def is_content_error(self) -> bool:
        """Whether a message with other content could be posted."""
        return self.code in _CONTENT_CODES

    @property
    def is_gone(self) -> bool:
        """Whether the message to change, or its thread, does not exist."""
        return self.code in {"message_not_found", "thread_not_found"}

    @property
    def is_not_member(self) -> bool:
        """Whether the bot is not in the channel."""
        return self.code in {"not_in_channel", "channel_not_found"}


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The call had no effect; Slack asks to wait ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The call may or may not have taken effect: posting again could show a message twice."""

    reason: str


MessageMetadata = dict[str, Any]
CallFailure = NotPosted | RateLimited | Unconfirmed
Result = Posted | CallFailure


def choose_destination(question: IncomingQuestion, outcome: Outcome) -> Destination:
    """Return where a reply with this outcome goes: answers to everyone, the rest to the asker only.

    A reply to a mention goes into its thread; one to a direct message goes beside it, or into its thread if it has one.
    A direct message needs no private replies. Slack shows a private message in a thread only if the thread exists, so
    the first one goes into the channel. A command, shortcut or button is answered privately, except for what is shared
    from the archive.
    """
    channel, thread = question.ref.channel, question.thread
    if question.response_url and not (question.entry_point == "share" and outcome in SHARED):
        return Destination(channel, None, question.user, question.response_url)
    if outcome not in PRIVATE or question.entry_point == "dm":
        return Destination(channel, thread, None)
    return Destination(channel, None if thread == question.ref.ts else thread, question.user)


def make_metadata(question: IncomingQuestion) -> MessageMetadata:
    """Make the metadata by which a reply is found again: its question's timestamp and version."""
    version = question.event.version
    payload = {"question_ts": question.ref.ts} | ({"question_edited": version} if version else {})
    return {"event_type": METADATA_EVENT, "event_payload": payload}


def post_message(
    client: WebClient, destination: Destination, message: MessageContent, metadata: MessageMetadata
) -> Result:
    """Post ``message`` at ``destination``."""
    if destination.response_url is not None:
        return _respond(destination.response_url, message)
    if destination.user is not None:
        user = destination.user
        result = call_slack(
            lambda: client.chat_postEphemeral(
                channel=destination.channel,
                user=user,
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
            mrkdwn=False,  # the notification text is literal too
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
    except (OSError, HTTPException) as error:
        return _network_failure(error)
    if response.status_code == 200:
        return Posted(None)
    if response.status_code == 429:
        return RateLimited(_seconds(response.headers.get("retry-after")))
    if response.status_code >= 500:
        return Unconfirmed(f"Slack failed with status {response.status_code}")
    # The URL expires after half an hour or five uses.
    return NotPosted(f"Slack refused the response: {response.status_code} {response.body[:200]}", "response_refused")


def update_message(
    client: WebClient, channel: str, ts: str, message: MessageContent, metadata: MessageMetadata
) -> Result:
    """Replace the message at ``ts``; safe to repeat."""
    result = call_slack(
        lambda: client.chat_update(
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=message.blocks,
            metadata=metadata,
            parse="none",  # by default, text is parsed in an update but not in a new message
        )
    )
    return Posted(ts) if isinstance(result, SlackResponse) else result


def delete_message(client: WebClient, channel: str, ts: str) -> CallFailure | None:
    """Delete the message at ``ts``; None if it no longer exists."""
    result = call_slack(lambda: client.chat_delete(channel=channel, ts=ts))
    if isinstance(result, SlackResponse) or (isinstance(result, NotPosted) and result.is_gone):
        return None
    return result


def call_slack(call: Callable[[], SlackResponse]) -> SlackResponse | CallFailure:
    """Run ``call`` and return Slack's response, or how it failed."""
    try:
        return call()
    except SlackApiError as error:
        return _api_failure(error)
    except (OSError, HTTPException) as error:
        return _network_failure(error)


def _network_failure(error: OSError | HTTPException) -> CallFailure:
    # The SDK raises URLError only before the request is sent completely; later errors come unwrapped.
    if isinstance(error, URLError):
        return NotPosted(f"Slack could not be reached: {error.reason}")
    return Unconfirmed(f"the connection broke before Slack replied: {error!r}")


def _api_failure(error: SlackApiError) -> CallFailure:
    status, code = error.response.status_code, str(error.response.get("error"))
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        return RateLimited(_seconds(headers.get("retry-after")))
    if status >= 500 or code in _UNCONFIRMED_CODES or not _CODE.fullmatch(code):
        return Unconfirmed(f"Slack failed with status {status} ({code})")
    return NotPosted(f"Slack refused the call: {code}", code)


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or _DEFAULT_RETRY_AFTER))
    except ValueError:
        return _DEFAULT_RETRY_AFTER
