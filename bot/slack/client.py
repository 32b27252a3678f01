"""The Slack client: how a call can fail, and messages that are posted, found, updated and deleted.

Nothing here retries by itself; the caller does, who knows whether a failed call may still have taken effect.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.events import IncomingQuestion
from bot.slack.layout import MessageContent
from bot.store.models import MessageRef, Outcome

R = TypeVar("R")

# Seconds. Slack answers a call within one; a call that takes ten is unlikely to be answered at all.
TIMEOUT = 10.0
# Seconds in which a connection is opened or not at all.
CONNECT_TIMEOUT = 5.0
# Seconds after which an idle connection is closed: routers forget one after 30 or more, without telling either side.
IDLE_TIMEOUT = 15.0
# Seconds of silence until a connection is probed, and between two probes; the third unanswered one ends it.
PROBE_AFTER, PROBE_EVERY, PROBES = 5, 2, 3
# Seconds to wait if Slack limits the rate and does not say for how long.
_DEFAULT_RETRY_AFTER = 1.0

METADATA_EVENT = "pullquote_answer"
# Shown to the asker only.
PRIVATE: frozenset[Outcome] = frozenset({"notice", "refusal", "unknown"})
# From the archive, and may be shared.
SHARED: frozenset[Outcome] = frozenset({"answer", "abstention"})
# The code of a failure if Slack does not take any more messages for a response_url.
RESPONSE_REFUSED = "response_refused"
# The same for an upload.
UPLOAD_REFUSED = "upload_refused"

# Messages per page, and pages, that are searched for a reply. The search starts at the question and usually happens
# within a minute, within several after a restart; no thread grows by 1,000 messages in that time.
PAGE_SIZE = 200
MAX_PAGES = 5

# Slack's error codes; any other text comes from a proxy or load balancer on the way.
_CODE = re.compile(r"[a-z_]+")
# Errors after which part of the call may have taken effect.
_UNCONFIRMED_CODES = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# Errors about a message's content, not about its channel or the bot's rights.
_CONTENT_CODES = frozenset(
    """
    invalid_arguments invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema
    metadata_must_be_sent_from_app metadata_too_large msg_blocks_too_long msg_too_long no_text
    """.split()
)
# Errors about the token: no call succeeds until an administrator acts.
_TOKEN_CODES = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked", "team_access_not_granted"}
)
# Errors that no later attempt in the same channel would get around.
_CHANNEL_CODES = frozenset({"cannot_reply_to_message", "channel_is_limited_access", "is_archived", "is_inactive"})


@dataclass(frozen=True, slots=True)
class NotSent:
    """The call had no effect; ``code`` is Slack's error code, empty if Slack was not reached."""

    reason: str
    code: str = ""

    @property
    def is_final(self) -> bool:
        """Whether Slack would refuse the same call again, also with the token of another installation."""
        return bool(self.code) and self.code not in _TOKEN_CODES

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

    @property
    def is_never_allowed(self) -> bool:
        """Whether the bot can never post in this channel, as it is set up now."""
        return self.is_not_member or self.code in _CHANNEL_CODES or self.code.startswith("restricted_action")


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The call had no effect; Slack asks to wait ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The call may or may not have taken effect: posting again could show a message twice."""

    reason: str


CallFailure = NotSent | RateLimited | Unconfirmed


class SlackClient(AsyncWebClient):
    """``AsyncWebClient`` that never retries: its default handlers post twice if a connection breaks after sending.

    ``is_refused`` is whether Slack refused the token at the last call.
    """

    def __init__(self, token: str, api_url: str, session: ClientSession | None = None) -> None:
        super().__init__(token, base_url=api_url, timeout=int(TIMEOUT), session=session, retry_handlers=[])
        self.is_refused = False
        if is_loopback(api_url):
            self.proxy = None  # slack_sdk ignores NO_PROXY

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        response = await super()._request(http_verb=http_verb, api_url=api_url, req_args=req_args)
        body = response["data"]
        if not isinstance(body, dict):  # from a proxy; slack_sdk expects JSON
            response["data"] = body = {"ok": False, "error": f"not JSON: {str(body)[:200]!r}"}
        if not api_url.endswith("apps.connections.open"):  # which has a token of its own
            self.is_refused = body.get("error") in _TOKEN_CODES
        return response


def create_session(*, timeout: float = TIMEOUT, idle_timeout: float = IDLE_TIMEOUT) -> ClientSession:
    """Create a pool of kept-alive connections, for use on the running event loop; to be closed."""
    connector = TCPConnector(keepalive_timeout=idle_timeout, socket_factory=_create_socket)
    limits = ClientTimeout(total=timeout, connect=CONNECT_TIMEOUT, sock_connect=CONNECT_TIMEOUT)
    return ClientSession(connector=connector, timeout=limits)


def _create_socket(address: AddrInfoType) -> socket.socket:
    """Create a socket that notices within seconds that the other side is gone."""
    family, kind, protocol, _, _ = address
    created = socket.socket(family, kind, protocol)
    created.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", PROBE_AFTER), ("TCP_KEEPINTVL", PROBE_EVERY), ("TCP_KEEPCNT", PROBES)):
        if hasattr(socket, name):  # not on every system
            created.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return created


async def call_slack(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse | CallFailure:
    """Await ``call`` and return Slack's response, or how it failed."""
    try:
        return await call
    except SlackApiError as error:
        response = error.response
        if not isinstance(response, AsyncSlackResponse):  # aiohttp's own, with a body that is not JSON
            return Unconfirmed(f"Slack failed with status {response.status}")
        return status_failure(response.status_code, str(response.get("error")), response.headers.get("Retry-After"))
    except (ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        return network_failure(error)


async def retry(waits: Sequence[float], call: Callable[[], Awaitable[R | CallFailure]]) -> R | CallFailure:
    """Await ``call``, again after each of ``waits``, in seconds, as long as it fails in a way that may pass."""
    for wait in waits:
        result = await call()
        if not isinstance(result, CallFailure) or (isinstance(result, NotSent) and result.code):
            return result
        await asyncio.sleep(result.seconds if isinstance(result, RateLimited) else wait)
    return await call()


def network_failure(error: Exception) -> CallFailure:
    """Say whether a call that failed on its way may have taken effect."""
    if isinstance(error, (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)):
        return NotSent(f"Slack could not be reached: {error}")
    return Unconfirmed(f"the connection broke before Slack replied: {error!r}")


def status_failure(status: int, code: str, retry_after: str | None) -> CallFailure:
    """How a call failed, from the status and headers of the response and Slack's error code."""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        try:
            return RateLimited(max(0.0, float(retry_after or _DEFAULT_RETRY_AFTER)))
        except ValueError:
            return RateLimited(_DEFAULT_RETRY_AFTER)
    if status >= 500 or code in _UNCONFIRMED_CODES or not _CODE.fullmatch(code):
        return Unconfirmed(f"Slack failed with status {status} ({code})")
    return NotSent(f"Slack refused the call: {code}", code)


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
        call = create_message(client, destination.channel, destination.thread, message, metadata)
    result = await call_slack(call)
    if not isinstance(result, AsyncSlackResponse):
        return result
    return Posted(None if destination.user is not None else str(result["ts"]))


async def create_message(
    client: SlackClient, channel: str, thread: str | None, message: MessageContent, metadata: MessageMetadata | None
) -> AsyncSlackResponse:
    """Call chat.postMessage. A person's id as the channel means the direct message with them, which Slack returns."""
    return await client.chat_postMessage(
        channel=channel,
        thread_ts=thread,
        text=message.text,
        blocks=message.blocks,
        metadata=metadata,
        mrkdwn=False,  # the notification text is literal too
        unfurl_links=False,
        unfurl_media=False,
    )


async def upload_file(client: SlackClient, url: str, content: bytes) -> CallFailure | None:
    """Send a file to the ``url`` that Slack returned for it; safe to repeat."""
    assert client.session is not None
    try:
        async with client.session.post(url, data=content, proxy=client.proxy) as response:
            if response.status == 200:
                return None
            return status_failure(response.status, UPLOAD_REFUSED, response.headers.get("Retry-After"))
    except (ClientError, OSError) as error:  # TimeoutError is an OSError
        return network_failure(error)


async def respond(client: SlackClient, response_url: str, message: MessageContent) -> Result:
    """Send a private message to the person behind ``response_url``."""
    webhook = AsyncWebhookClient(response_url, timeout=int(TIMEOUT), session=client.session, retry_handlers=[])
    if is_loopback(response_url):
        webhook.proxy = None  # as above
    try:
        response = await webhook.send(
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
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            is_reply = metadata.get("event_type") == METADATA_EVENT and payload.get("question_ts") == ref.ts
            if is_reply and message.get("user") == bot_user:
                return FoundReply(str(message["ts"]), str(payload.get("question_edited", "")))
        arguments["cursor"] = (result.get("response_metadata") or {}).get("next_cursor", "")
        if not arguments["cursor"]:
            break
    return None
