"""Check that every question has exactly the reply it needs, as people see it in Slack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.playground.event_delivery import EventDelivery
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.web_api import ApiCall
from bot.slack.blocks import texts_in
from bot.slack.features import Variant
from bot.slack.strings import STARTING, UNCONFIRMED

from .questions import PrivateRequest, SentQuestion
from .traffic import message_key

MessageKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Violation:
    """A wrong outcome, with the history of its question."""

    message: str
    history: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n    ".join([self.message, *self.history])


@dataclass(frozen=True, slots=True)
class CheckResult:
    """``outcomes`` counts the questions by outcome."""

    outcomes: Counter[str]
    violations: tuple[Violation, ...]


def question_of(message: Message) -> str | None:
    """Timestamp of the question that a bot message answers, from its metadata."""
    ts = (message.metadata or {}).get("event_payload", {}).get("question_ts")
    return None if ts is None else str(ts)


def find_replies(slack: FakeSlack) -> dict[MessageKey, list[Message]]:
    """The bot's messages by the question they answer; those that answer none have an empty timestamp."""
    replies: dict[MessageKey, list[Message]] = defaultdict(list)
    for channel in slack.workspace.channels:
        for message in slack.replies(channel):
            replies[channel, question_of(message) or ""].append(message)
    return replies


def check_replies(
    slack: FakeSlack,
    questions: Sequence[SentQuestion],
    requests: Sequence[PrivateRequest] = (),
    manifest: Variant = "full",
) -> CheckResult:
    """Count the outcomes of ``questions``, and report each wrong one.

    What the people of ``requests`` see privately is left out. With the base manifest the bot cannot look for a reply in
    a channel, so its asker may be told that Slack did not confirm it.
    """
    private = {request.person for request in requests}
    private_channels = {slack.open_dm(person) for person in private}
    replies = {key: messages for key, messages in find_replies(slack).items() if key[0] not in private_channels}
    unexpected = [one for user in slack.workspace.users if user not in private for one in notices(slack, user)]
    unconfirmed: Counter[tuple[str, str]] = Counter()
    if manifest == "base":
        unconfirmed = Counter((one.channel, str(one.seen_by)) for one in unexpected if one.text == UNCONFIRMED)
        unexpected = [one for one in unexpected if one.text != UNCONFIRMED]
    outcomes: Counter[str] = Counter()
    violations: list[Violation] = []
    for question in questions:
        found = replies.pop(question.key, [])
        outcome = _outcome(question, found)
        if unconfirmed[question.message.channel, question.message.user] and len(found) <= 1:
            outcome = "not confirmed, asker told"
        outcomes[outcome] += 1
        if outcome not in _EXPECTED:
            violations.append(
                Violation(
                    f"{outcome}: {question.message.text!r} in {question.message.channel}", history(slack, question)
                )
            )
    strays = (message for messages in replies.values() for message in messages)
    violations += (Violation(f"answers no question: {_describe(message)}") for message in strays)
    violations += (Violation(f"an unexpected private notice: {_describe(notice)}") for notice in unexpected)
    return CheckResult(outcomes, tuple(violations))


def notices(slack: FakeSlack, person: str) -> list[Message]:
    """The private messages to ``person`` but for the one that the archive is loading."""
    return [message for message in slack.workspace.ephemerals(person) if message.text != STARTING]


_EXPECTED = frozenset({"answered", "deleted, no reply", "taken back, no reply", "not confirmed, asker told"})


def _outcome(question: SentQuestion, replies: Sequence[Message]) -> str:
    if question.is_deleted:
        return "deleted, but has a reply" if replies else "deleted, no reply"
    if question.expected is None:
        return "taken back, but has a reply" if replies else "taken back, no reply"
    if not replies:
        return "no reply"
    if len(replies) > 1:
        return f"answered {len(replies)} times"
    (reply,) = replies
    if reply.thread_ts != question.thread:
        return "answered in the wrong place"
    return "answered" if question.expected.casefold() in text_of(reply).casefold() else "answered an older text"


def text_of(message: Message) -> str:
    """The text of a message's blocks, or else its own."""
    return " ".join(text for block in message.blocks for text in texts_in(block)) or message.text


def _describe(message: Message) -> str:
    return f"{text_of(message)!r} in {message.channel}, {message.metadata}"


def history(slack: FakeSlack, question: SentQuestion) -> tuple[str, ...]:
    """Actions, deliveries and calls for a question, in order of time."""
    lines = list(question.actions)
    for delivery in slack.deliveries:
        if message_key(delivery) == question.key:
            lines += _delivery_lines(delivery)
    lines += _call_lines(question, slack.calls)
    return tuple(f"{datetime.fromtimestamp(at):%H:%M:%S.%f} {line}" for at, line in sorted(lines))


def _delivery_lines(delivery: EventDelivery) -> Iterator[tuple[float, str]]:
    kind = f"{delivery.event['type']} {delivery.event.get('subtype', '')} {delivery.event_id}"
    for attempt in delivery.attempts:
        yield attempt.ended_at, f"delivery of {kind}, attempt {attempt.number}: {attempt.failure or 'acknowledged'}"


def _call_lines(question: SentQuestion, calls: Iterable[ApiCall]) -> Iterator[tuple[float, str]]:
    channel, ts = question.key
    reply_timestamps: set[str] = set()
    for call in calls:
        arguments, answer = call.arguments, call.answer or {}
        if arguments.get("channel") != channel:
            continue
        if (
            ts in str(arguments.get("metadata", ""))
            or arguments.get("ts") in (*reply_timestamps, ts)
            or arguments.get("oldest") == ts
        ):
            reply_timestamps.add(str(answer.get("ts", "")))
            shown = {name: arguments[name] for name in ("ts", "thread_ts", "oldest") if name in arguments}
            status = "no answer" if call.answer is None else answer.get("error", "ok")
            yield call.at, f"{call.method} {shown} → {call.status} {status}, ts {answer.get('ts')}"
