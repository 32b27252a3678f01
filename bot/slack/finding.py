"""The bot's own reply to a question, looked for in Slack where nobody knows whether it was posted.

Keeps secret where Slack lists the messages of a thread and of a direct message. A reply is known by its metadata.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.records import Place
from bot.slack.posting import METADATA_EVENT, Failure, NotPosted, attempt

# Messages after the question that are looked through, a page at a time. A reply of unknown fate is looked for within a
# minute, and a restarted bot's within some; busier threads than this there are not.
PAGE = 200
PAGES = 5


@dataclass(frozen=True, slots=True)
class Found:
    """The reply stands at ``ts``, to the question in this ``version``."""

    ts: str
    version: str


def find_reply(client: WebClient, place: Place, thread: str | None, *, bot_user: str) -> Found | Failure | None:
    """The reply to the question at ``place``, in ``thread`` or, where that is None, beside it in a direct message.

    None when there is none; a failure where Slack did not say.
    """
    cursor = ""
    for _ in range(PAGES):
        result = _page(client, place, thread, cursor)
        if isinstance(result, NotPosted) and result.is_gone:
            return None  # the whole thread was deleted
        if not isinstance(result, SlackResponse):
            return result
        for message in _own(result["messages"], bot_user):
            if (found := _reply(message, place)) is not None:
                return found
        cursor = (result.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            break
    return None


def _page(client: WebClient, place: Place, thread: str | None, cursor: str) -> SlackResponse | Failure:
    # Slack gives what is later than ``oldest``, and a reply always is later than its question.
    since: dict[str, Any] = {"oldest": place.ts, "limit": PAGE, "include_all_metadata": True}
    if cursor:
        since["cursor"] = cursor
    if thread is None:
        return attempt(lambda: client.conversations_history(channel=place.channel, **since))
    return attempt(lambda: client.conversations_replies(channel=place.channel, ts=thread, **since))


def _own(messages: Iterable[dict[str, Any]], bot_user: str) -> Iterable[dict[str, Any]]:
    return (message for message in messages if message.get("user") == bot_user)


def _reply(message: dict[str, Any], place: Place) -> Found | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") != METADATA_EVENT or payload.get("question_ts") != place.ts:
        return None
    return Found(str(message["ts"]), str(payload.get("question_edited", "")))
