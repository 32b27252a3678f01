"""The stand-in in a process of its own: keeps secret how it is told to start, to listen to the bot, and to report."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bot.playground.server import FakeSlack
from bot.slack import features
from bot.slack.strings import BUSY

from .town import settle

Place = tuple[str, str]
# Nothing at all happens for so long only when nothing is in hand any more
QUIET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stood:
    """A reply: when it stood in Slack, in seconds since 1970, and whether it only says that the bot is busy."""

    at: float
    is_busy: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """The replies to each question, by its channel and timestamp, and how many private notices people were shown."""

    replies: dict[Place, list[Stood]]
    others: int


def run(people: int, parent: Connection) -> None:
    """Send the environment, wait for the bot's address, then for the word to report once all is calm."""
    with FakeSlack(scopes=features.scopes("base"), subscriptions=features.events("base")) as slack:
        settle(slack, people)
        parent.send(slack.environment())
        slack.use_request_url(parent.recv())
        parent.send("listening")
        patience = parent.recv()
        with suppress(TimeoutError):  # what is missing after that is counted as lost
            slack.wait_until_idle(grace=QUIET_SECONDS, timeout=patience)
        parent.send(_seen(slack))


def _seen(slack: FakeSlack) -> Seen:
    replies: dict[Place, list[Stood]] = {}
    others = sum(len(slack.workspace.ephemerals(user.id)) for user in slack.workspace.users())
    for call in slack.calls:
        if call.method != "chat.postMessage" or not (call.answer or {}).get("ok"):
            continue
        message = slack.workspace.message(call.arguments["channel"], (call.answer or {})["ts"])
        ts = (message.metadata or {}).get("event_payload", {}).get("question_ts", "")
        replies.setdefault((message.channel, ts), []).append(Stood(call.at, BUSY in message.text))
    return Seen(replies, others)
