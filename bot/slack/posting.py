"""Post, update and delete messages: where each goes, and whether a failed call may still have taken effect.

Nothing here waits or retries; the caller does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.client import CallFailure, NotSent, SlackClient, call_slack, network_failure, status_failure
from bot.slack.events import IncomingQuestion
from bot.slack.layout import MessageContent
from bot.store.models import MessageRef, Outcome

METADATA_EVENT = "pullquote_answer"
# Shown to the asker only.
PRIVATE: frozenset[Outcome] = frozenset({"notice", "refusal", "unknown"})
# From the archive, and may be shared.
SHARED: frozenset[Outcome] = frozenset({"answer", "abstention"})
# The code of a failure if Slack does not take any more messages for a response_url.
RESPONSE_REFUSED = "response_refused"

# Messages per page, and pages, that are searched for a reply. The search starts at the question and usually happens
# within a minute, within several after a restart; no thread grows by 1,000 messages in that time.
PAGE_SIZE = 200
MAX_PAGES = 5


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
class FoundReply:
    """A reply in Slack at ``ts``, to ``version`` of its question."""

    ts: str
    version: str


MessageMetadata = dict[str, Any]
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


async def post_message(
    client: SlackClient, destination: Destination, message: MessageContent, metadata: MessageMetadata
) -> Result:
    """Post ``message`` at ``destination``."""
    if destination.response_url is not None:
        return await respond(client, destination.response_url, message)
    if destination.user is not None:
        call = client.chat_postEphemeral(
            channel=destination.channel,
            user=destination.user,
            thread_ts=destination.thread,
            text=message.text,
            blocks=message.blocks,
        )
    else:
        call = client.chat_postMessage(
            channel=destination.channel,
            thread_ts=destination.thread,
            text=message.text,
            blocks=message.blocks,
            metadata=metadata,
            mrkdwn=False,  # the notification text is literal too
            unfurl_links=False,
            unfurl_media=False,
        )
    result = await call_slack(call)
    if not isinstance(result, AsyncSlackResponse):
        return result
    return Posted(None if destination.user is not None else str(result["ts"]))


async def respond(client: SlackClient, response_url: str, message: MessageContent) -> Result:
    """Send a private message to the person behind ``response_url``."""
    try:
        response = await client.create_response_client(response_url).send(
            text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
        )
    except (ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        return network_failure(error)
    if response.status_code == 200:
        return Posted(None)
    # The URL expires after half an hour or five uses.
    return status_failure(response.status_code, RESPONSE_REFUSED, response.headers.get("Retry-After"))


async def update_message(
    client: SlackClient, channel: str, ts: str, message: MessageContent, metadata: MessageMetadata
) -> Result:
    """Replace the message at ``ts``; safe to repeat."""
    result = await call_slack(
        client.chat_update(
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=message.blocks,
            metadata=metadata,
            parse="none",  # by default, text is parsed in an update but not in a new message
        )
    )
    return Posted(ts) if isinstance(result, AsyncSlackResponse) else result


async def delete_message(client: SlackClient, channel: str, ts: str) -> CallFailure | None:
    """Delete the message at ``ts``; None if it no longer exists."""
    result = await call_slack(client.chat_delete(channel=channel, ts=ts))
    if isinstance(result, AsyncSlackResponse) or (isinstance(result, NotSent) and result.is_gone):
        return None
    return result


async def find_reply(
    client: SlackClient, ref: MessageRef, thread: str | None, *, bot_user: str
) -> FoundReply | CallFailure | None:
    """Search Slack for the bot's reply to the question ``ref``: in ``thread``, or in the direct message if None.

    None if there is no reply; a failure if Slack did not say.
    """
    # Slack returns messages later than ``oldest``, and a reply is always later than its question.
    arguments: dict[str, Any] = {"oldest": ref.ts, "limit": PAGE_SIZE, "include_all_metadata": True}
    for _ in range(MAX_PAGES):
        if thread is None:
            result = await call_slack(client.conversations_history(channel=ref.channel, **arguments))
        else:
            result = await call_slack(client.conversations_replies(channel=ref.channel, ts=thread, **arguments))
        if isinstance(result, NotSent) and result.is_gone:
            return None  # the whole thread was deleted
        if not isinstance(result, AsyncSlackResponse):
            return result
        for message in result["messages"]:
            if message.get("user") == bot_user and (found := _match_reply(message, ref)) is not None:
                return found
        arguments["cursor"] = (result.get("response_metadata") or {}).get("next_cursor", "")
        if not arguments["cursor"]:
            break
    return None


def _match_reply(message: dict[str, Any], ref: MessageRef) -> FoundReply | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA_EVENT or payload.get("question_ts") != ref.ts:
        return None
    return FoundReply(str(message["ts"]), str(payload.get("question_edited", "")))
