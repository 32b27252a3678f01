"""The fake Slack in its own process."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bot.playground.server import FakeSlack
from bot.slack import features
from bot.slack.strings import BUSY

from .people import add_people

MessageKey = tuple[str, str]
# After this long without any call, nothing is in progress.
IDLE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PostedReply:
    """A reply posted ``at`` Unix seconds; ``is_busy``: it only says that the bot is busy."""

    at: float
    is_busy: bool


@dataclass(frozen=True, slots=True)
class ObservedReplies:
    """The replies by channel and timestamp of their question, and the number of private notices."""

    replies: dict[MessageKey, list[PostedReply]]
    notices: int


def run(people: int, parent: Connection) -> None:
    """Send the environment, receive the bot's URL, then a timeout; send the replies once nothing is in progress."""
    with FakeSlack(scopes=features.scopes("base"), subscriptions=features.events("base")) as slack:
        add_people(slack, people)
        parent.send(slack.environment())
        slack.use_request_url(parent.recv())
        parent.send("listening")
        timeout = parent.recv()
        with suppress(TimeoutError):  # replies missing after that count as lost
            slack.wait_until_idle(grace=IDLE_SECONDS, timeout=timeout)
        parent.send(_observe(slack))


def _observe(slack: FakeSlack) -> ObservedReplies:
    replies: dict[MessageKey, list[PostedReply]] = {}
    notices = sum(len(slack.workspace.ephemerals(user)) for user in slack.workspace.users)
    for call in slack.calls:
        if call.method != "chat.postMessage" or not (call.answer or {}).get("ok"):
            continue
        message = slack.workspace.message(call.arguments["channel"], (call.answer or {})["ts"])
        ts = (message.metadata or {}).get("event_payload", {}).get("question_ts", "")
        replies.setdefault((message.channel, ts), []).append(PostedReply(call.at, BUSY in message.text))
    return ObservedReplies(replies, notices)
