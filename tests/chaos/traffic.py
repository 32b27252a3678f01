"""Random traffic: questions, edits, deletions, repeated deliveries, reconnects, and private requests."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable

from bot.playground.event_delivery import EventDelivery
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE
from bot.slack.features import Variant
from bot.slack.strings import HOW_TO

from .archive import NAMES, question_about
from .private_traffic import PrivateTraffic
from .questions import SentQuestion

Action = Callable[[], None]
CHANNELS, PEOPLE = 20, 60
# Probabilities, per question.
EDIT, DELETE, REDELIVER, SLACK_CHANGE, COMMENT = 0.2, 0.1, 0.2, 0.1, 0.1
SMALL_TALK, LATE_MENTION, IN_THREAD = 0.05, 0.05, 0.3
GUEST_QUESTION, RUN_COMMAND, USE_SHORTCUT, CLICK, OPEN_HOME = 0.05, 0.1, 0.05, 0.6, 0.05
RECONNECT = 0.01


class TrafficGenerator:
    """Asks ``count`` questions at ``rate`` per second; ``questions`` are those asked so far.

    Nothing is done that a bot with ``manifest`` learns nothing of: with the base manifest there are no commands, and
    no messages in channels but for mentions.
    """

    def __init__(self, slack: FakeSlack, *, seed: int, count: int, rate: float, manifest: Variant = "full") -> None:
        self._slack = slack
        self._manifest = manifest
        self._random = random.Random(seed)
        self._count, self._rate = count, rate
        self._due: list[tuple[float, int, Action]] = []
        self._number = itertools.count()
        self.questions: list[SentQuestion] = []
        self.actions: Counter[str] = Counter()
        self._channels = [slack.add_channel() for _ in range(CHANNELS)]
        self._people = [slack.add_person(channels=self._channels) for _ in range(PEOPLE)]
        self._threads = {
            channel: slack.say(channel, "News from there?", user=COLLEAGUE).ts for channel in self._channels
        }
        self._flat: dict[str, SentQuestion] = {}
        self.private = PrivateTraffic(slack, seed + 1)

    def run(self, log: Callable[[str], None]) -> None:
        """Run in real time; ``log`` is called after each tenth."""
        started_at = time.monotonic()
        for number in range(self._count):
            self._at(number / self._rate, self._ask)
            if self._random.random() < RECONNECT:
                self._at(self._random.random() * self._count / self._rate, self._reconnect)
        while self._due:
            due, _, action = heapq.heappop(self._due)
            time.sleep(max(0.0, started_at + due - time.monotonic()))
            self._now = due
            action()
            if action == self._ask and len(self.questions) % max(1, self._count // 10) == 0:
                log(f"{len(self.questions)} asked")
        self.private.finish()

    def _at(self, due: float, action: Action) -> None:
        heapq.heappush(self._due, (due, next(self._number), action))

    def _soon(self, action: Action, within: float = 4.0) -> None:
        # Often at once, while the question is still in progress.
        delay = self._random.random() * (0.2 if self._random.random() < 0.4 else within)
        self._at(self._now + delay, action)

    def _record(self, question: SentQuestion, action: str) -> None:
        self.actions[action] += 1
        question.actions.append((time.time(), f"{action}: {question.message.text}"))

    # Asking

    def _ask(self) -> None:
        text, expected = self._draw_question()
        if self._random.random() < 0.5:
            question = self._ask_directly(self._random.choice(self._people), text, expected)
        else:
            question = self._ask_in_channel(text, expected)
        self.questions.append(question)
        self._schedule(question)
        self._schedule_private(question)

    def _draw_question(self) -> tuple[str, str]:
        if self._random.random() < SMALL_TALK:
            return "thanks a lot", HOW_TO
        name = self._random.choice(NAMES)
        return question_about(name), name

    def _ask_directly(self, person: str, text: str, expected: str) -> SentQuestion:
        channel = self._slack.open_dm(person)
        root = self._flat.get(person) if self._random.random() < IN_THREAD else None
        thread = root.message.ts if root else None
        question = SentQuestion(self._slack.say(channel, text, user=person, thread=thread), thread, expected)
        self._record(question, "asked in a thread of a direct message" if root else "asked in a direct message")
        if root is None:
            self._flat.setdefault(person, question)
        return question

    def _ask_in_channel(self, text: str, expected: str) -> SentQuestion:
        channel = self._random.choice(self._channels)
        person = self._random.choice(self._people)
        if self._manifest == "base":  # the notice that a reply was not confirmed does not say to which question
            person = self._slack.add_person(channels=[channel])
        root = self._threads[channel] if self._random.random() < IN_THREAD else None
        is_late = self._random.random() < LATE_MENTION
        said = text if is_late else f"{self._slack.mention} {text}"
        message = self._slack.say(channel, said, user=person, thread=root)
        question = SentQuestion(message, root or message.ts, expected)
        self._record(question, "mentioned in a thread" if root else "mentioned in a channel")
        if is_late:
            self._edit_to(question, f"{self._slack.mention} {text}", expected, "edited, with a mention added")
        return question

    # Actions on a question

    def _schedule(self, question: SentQuestion) -> None:
        # Not deleted: a question in whose thread others reply, and one of whose deletion the bot learns nothing.
        is_permanent = self._flat.get(question.message.user) is question or self._is_unread(question)
        for share, action in (
            (EDIT, self._edit),
            (EDIT / 4, self._edit),
            (0.0 if is_permanent else DELETE, self._delete),
            (REDELIVER, self._redeliver),
            (SLACK_CHANGE, self._change_by_slack),
            (COMMENT, self._comment),
        ):
            if self._random.random() < share:
                self._soon(lambda action=action: None if question.is_deleted else action(question))  # type: ignore[misc]

    def _edit(self, question: SentQuestion) -> None:
        text, expected = self._draw_question()
        in_channel = question.message.channel in self._channels
        loses_mention = in_channel and not self._is_unread(question) and self._random.random() < 0.2
        said = text if loses_mention or not in_channel else f"{self._slack.mention} {text}"
        self._edit_to(question, said, expected, "edited, without the mention" if loses_mention else "edited")

    def _edit_to(self, question: SentQuestion, text: str, expected: str, what: str) -> None:
        if text != question.message.text:  # an edit that asks nothing takes the question back
            question.expected = None if expected == HOW_TO else expected
        question.message = self._slack.edit(question.message, text)
        self._record(question, what)

    def _is_unread(self, question: SentQuestion) -> bool:
        """Whether the bot learns of the question only by mentions."""
        return self._manifest == "base" and question.message.channel in self._channels

    def _delete(self, question: SentQuestion) -> None:
        question.is_deleted = True
        self._slack.delete(question.message)
        self._record(question, "deleted")

    def _redeliver(self, question: SentQuestion) -> None:
        delivery = self._random.choice(self._deliveries_of(question))
        retry = self._random.randint(0, 3)
        self._slack.deliver(delivery.event, event_id=delivery.event_id, retry=retry)
        self._record(question, "redelivered")

    def _deliveries_of(self, question: SentQuestion) -> list[EventDelivery]:
        return [one for one in self._slack.deliveries if message_key(one) == question.key]

    def _change_by_slack(self, question: SentQuestion) -> None:
        change = self._random.choice((self._slack.unfurl, self._slack.detect_language, self._slack.count_replies))
        change(question.message)
        self._record(question, "changed by Slack itself")

    def _comment(self, question: SentQuestion) -> None:
        if question.message.channel in self._channels:
            self._slack.say(question.message.channel, "Good question.", user=COLLEAGUE, thread=question.thread)
            self._record(question, "commented on")

    # Private requests

    def _schedule_private(self, question: SentQuestion) -> None:
        channel, private = self._random.choice(self._channels), self.private
        root = self._threads[channel] if self._random.random() < IN_THREAD else None
        actions: list[tuple[float, Action]] = [
            (GUEST_QUESTION, lambda: private.ask_as_guest(channel, root)),
            (OPEN_HOME, lambda: private.open_home(channel)),
            (CLICK, lambda: self._click(question)),
        ]
        if self._manifest == "full":
            actions += [
                (RUN_COMMAND, lambda: private.run_command(channel)),
                (USE_SHORTCUT, lambda: self._use_shortcut(question)),
            ]
        for share, action in actions:
            if self._random.random() < share:
                self._soon(action)

    def _click(self, question: SentQuestion) -> None:
        channel = question.message.channel
        if channel in self._channels and (request := self.private.click(channel, question.thread)) is not None:
            self._soon(lambda: self.private.show_next_quote(request))

    def _use_shortcut(self, question: SentQuestion) -> None:
        if question.expected and not question.is_deleted and question.message.channel in self._channels:
            self.private.use_shortcut(question.message, question.expected)

    def _reconnect(self) -> None:
        if self._random.random() < 0.5:
            self._slack.refresh_connections()
            self.actions["connections refreshed"] += 1
        else:
            self._slack.drop_connections()
            self.actions["connections cut"] += 1


def message_key(delivery: EventDelivery) -> tuple[str, str]:
    """Channel and timestamp of the message that a delivery is about."""
    event = delivery.event
    message = event.get("message") or event.get("previous_message") or event
    return str(event.get("channel")), str(message.get("ts"))
