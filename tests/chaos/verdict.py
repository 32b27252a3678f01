"""Whether every question got what it is owed, seen from where people sit; keeps secret where each trace of it lies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.playground.journal import ApiCall, EventDelivery
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.slack.layout import texts_in

from .asked import Asked
from .crowd import ts_of

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Violation:
    """What a person would complain of, with all that is known of how it came about."""

    what: str
    history: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n    ".join([self.what, *self.history])


@dataclass(frozen=True, slots=True)
class Verdict:
    """``outcomes`` counts the questions by how they ended."""

    outcomes: Counter[str]
    violations: tuple[Violation, ...]


def question_of(message: Message) -> str | None:
    """The timestamp of the question that a message of the bot's answers, by its metadata."""
    asked = (message.metadata or {}).get("event_payload", {}).get("question_ts")
    return None if asked is None else str(asked)


def standing_replies(slack: FakeSlack) -> dict[Place, list[Message]]:
    """The bot's messages as they stand, by the question they answer; what answers none is under the empty timestamp."""
    replies: dict[Place, list[Message]] = defaultdict(list)
    for channel in slack.workspace.channels():
        for message in slack.replies(channel.id):
            replies[channel.id, question_of(message) or ""].append(message)
    return replies


def judge(slack: FakeSlack, asked: Sequence[Asked]) -> Verdict:
    """Count the outcomes of ``asked``, and tell of each question that is not as it should be."""
    replies = standing_replies(slack)
    outcomes: Counter[str] = Counter()
    violations: list[Violation] = []
    for one in asked:
        outcome = _outcome(one, replies.pop(one.place, []))
        outcomes[outcome] += 1
        if outcome not in _FINE:
            violations.append(
                Violation(f"{outcome}: {one.message.text!r} in {one.message.channel}", history(slack, one))
            )
    strays = (message for messages in replies.values() for message in messages)
    violations += (Violation(f"answers no question that was asked: {_told(message)}") for message in strays)
    notices = (notice for user in slack.workspace.users() for notice in slack.workspace.ephemerals(user.id))
    violations += (Violation(f"a private notice that nobody was owed: {_told(notice)}") for notice in notices)
    return Verdict(outcomes, tuple(violations))


_FINE = frozenset({"answered", "deleted, and no reply stands"})


def _outcome(asked: Asked, replies: Sequence[Message]) -> str:
    if asked.deleted:
        return "deleted, but a reply stands" if replies else "deleted, and no reply stands"
    if not replies:
        return "silence"
    if len(replies) > 1:
        return f"answered {len(replies)} times"
    (reply,) = replies
    if reply.thread_ts != asked.thread:
        return "answered in the wrong place"
    return "answered" if asked.wanted.casefold() in _seen(reply).casefold() else "answered to another text"


def _seen(message: Message) -> str:
    return " ".join(text for block in message.blocks for text in texts_in(block)) or message.text


def _told(message: Message) -> str:
    return f"{_seen(message)!r} in {message.channel}, {message.metadata}"


def history(slack: FakeSlack, asked: Asked) -> tuple[str, ...]:
    """What was done to a question, what was delivered of it and which calls were about it, in order of time."""
    lines = list(asked.done)
    for delivery in slack.deliveries:
        if ts_of(delivery) == asked.place:
            lines += _of_delivery(delivery)
    lines += _of_calls(asked, slack.calls)
    return tuple(f"{datetime.fromtimestamp(at):%H:%M:%S.%f} {said}" for at, said in sorted(lines))


def _of_delivery(delivery: EventDelivery) -> Iterator[tuple[float, str]]:
    kind = f"{delivery.event['type']} {delivery.event.get('subtype', '')} {delivery.event_id}"
    for attempt in delivery.attempts:
        yield attempt.ended_at, f"delivery of {kind}, try {attempt.number}: {attempt.failure or 'acknowledged'}"


def _of_calls(asked: Asked, calls: Iterable[ApiCall]) -> Iterator[tuple[float, str]]:
    channel, ts = asked.place
    own: set[str] = set()
    for call in calls:
        given, answer = call.arguments, call.answer or {}
        if given.get("channel") != channel:
            continue
        if ts in str(given.get("metadata", "")) or given.get("ts") in (*own, ts) or given.get("oldest") == ts:
            own.add(str(answer.get("ts", "")))
            told = {name: given[name] for name in ("ts", "thread_ts", "oldest") if name in given}
            said = "no answer" if call.answer is None else answer.get("error", "ok")
            yield call.at, f"{call.method} {told} → {call.status} {said}, ts {answer.get('ts')}"
