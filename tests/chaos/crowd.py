"""What people and Slack do while the bot is tried: ask, edit, delete, deliver again; keeps secret when each happens."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable

from bot.playground.journal import EventDelivery
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE
from bot.slack.strings import HOW_TO

from .archive import NAMES, question_about
from .asked import Asked

Action = Callable[[], None]
CHANNELS, PEOPLE = 20, 60
# Of a question's chances, how often each of these is done to it
EDITED, DELETED, REPEATED, CHANGED_BY_SLACK, TALKED_BESIDE = 0.2, 0.1, 0.2, 0.1, 0.1
SMALL_TALK, LATE_MENTION, IN_A_THREAD = 0.05, 0.05, 0.3
RECONNECTS = 0.01  # a question


class Crowd:
    """Asks ``count`` questions, ``rate`` a second, in random mixtures; ``asked`` is what it remembers of them."""

    def __init__(self, slack: FakeSlack, *, seed: int, count: int, rate: float) -> None:
        self._slack = slack
        self._random = random.Random(seed)
        self._count, self._rate = count, rate
        self._due: list[tuple[float, int, Action]] = []
        self._number = itertools.count()
        self.asked: list[Asked] = []
        self.did: Counter[str] = Counter()
        self._channels = [slack.add_channel() for _ in range(CHANNELS)]
        self._people = [slack.add_person(channels=self._channels) for _ in range(PEOPLE)]
        self._threads = {
            channel: slack.say(channel, "News from there?", user=COLLEAGUE).ts for channel in self._channels
        }
        self._flat: dict[str, Asked] = {}

    def run(self, tell: Callable[[str], None]) -> None:
        """Do it all, in real time; ``tell`` is told of each tenth."""
        began = time.monotonic()
        for number in range(self._count):
            self._at(number / self._rate, self._ask)
            if self._random.random() < RECONNECTS:
                self._at(self._random.random() * self._count / self._rate, self._reconnect)
        while self._due:
            due, _, action = heapq.heappop(self._due)
            time.sleep(max(0.0, began + due - time.monotonic()))
            self._now = due
            action()
            if action == self._ask and len(self.asked) % max(1, self._count // 10) == 0:
                tell(f"{len(self.asked)} asked")

    def _at(self, due: float, action: Action) -> None:
        heapq.heappush(self._due, (due, next(self._number), action))

    def _soon(self, action: Action, within: float = 4.0) -> None:
        # Often at once, while the question is still in hand
        delay = self._random.random() * (0.2 if self._random.random() < 0.4 else within)
        self._at(self._now + delay, action)

    def _note(self, asked: Asked, what: str) -> None:
        self.did[what] += 1
        asked.done.append((time.time(), f"{what}: {asked.message.text}"))

    # Asking

    def _ask(self) -> None:
        person = self._random.choice(self._people)
        text, wanted = self._words()
        if self._random.random() < 0.5:
            asked = self._ask_directly(person, text, wanted)
        else:
            asked = self._ask_in_channel(person, text, wanted)
        self.asked.append(asked)
        self._schedule(asked)

    def _words(self) -> tuple[str, str]:
        if self._random.random() < SMALL_TALK:
            return "thanks a lot", HOW_TO
        name = self._random.choice(NAMES)
        return question_about(name), name

    def _ask_directly(self, person: str, text: str, wanted: str) -> Asked:
        channel = self._slack.open_dm(person)
        root = self._flat.get(person) if self._random.random() < IN_A_THREAD else None
        thread = root.message.ts if root else None
        asked = Asked(self._slack.say(channel, text, user=person, thread=thread), thread, wanted)
        self._note(asked, "asked in a thread of a direct message" if root else "asked in a direct message")
        if root is None:
            self._flat.setdefault(person, asked)
        return asked

    def _ask_in_channel(self, person: str, text: str, wanted: str) -> Asked:
        channel = self._random.choice(self._channels)
        root = self._threads[channel] if self._random.random() < IN_A_THREAD else None
        is_late = self._random.random() < LATE_MENTION
        said = text if is_late else f"{self._slack.mention} {text}"
        message = self._slack.say(channel, said, user=person, thread=root)
        asked = Asked(message, root or message.ts, wanted)
        self._note(asked, "mentioned in a thread" if root else "mentioned in a channel")
        if is_late:
            self._edit_to(asked, f"{self._slack.mention} {text}", wanted, "edited a mention in")
        return asked

    # What then happens to a question

    def _schedule(self, asked: Asked) -> None:
        is_root = self._flat.get(asked.message.user) is asked  # others reply in its thread: it stays
        for share, action in (
            (EDITED, self._edit),
            (EDITED / 4, self._edit),
            (0.0 if is_root else DELETED, self._delete),
            (REPEATED, self._repeat),
            (CHANGED_BY_SLACK, self._change_by_slack),
            (TALKED_BESIDE, self._talk_beside),
        ):
            if self._random.random() < share:
                self._soon(lambda action=action: None if asked.deleted else action(asked))  # type: ignore[misc]

    def _edit(self, asked: Asked) -> None:
        text, wanted = self._words()
        in_channel = asked.message.channel in self._channels
        loses_mention = in_channel and self._random.random() < 0.2
        said = text if loses_mention or not in_channel else f"{self._slack.mention} {text}"
        self._edit_to(asked, said, wanted, "edited, the mention taken out" if loses_mention else "edited")

    def _edit_to(self, asked: Asked, text: str, wanted: str, what: str) -> None:
        asked.message, asked.wanted = self._slack.edit(asked.message, text), wanted
        self._note(asked, what)

    def _delete(self, asked: Asked) -> None:
        asked.deleted = True
        self._slack.delete(asked.message)
        self._note(asked, "deleted")

    def _repeat(self, asked: Asked) -> None:
        delivery = self._random.choice(self._deliveries_of(asked))
        retry = self._random.randint(0, 3)
        self._slack.deliver(delivery.event, event_id=delivery.event_id, retry=retry)
        self._note(asked, "delivered again")

    def _deliveries_of(self, asked: Asked) -> list[EventDelivery]:
        return [one for one in self._slack.deliveries if ts_of(one) == asked.place]

    def _change_by_slack(self, asked: Asked) -> None:
        change = self._random.choice((self._slack.unfurl, self._slack.detect_language, self._slack.count_replies))
        change(asked.message)
        self._note(asked, "changed by Slack itself")

    def _talk_beside(self, asked: Asked) -> None:
        if asked.message.channel in self._channels:
            self._slack.say(asked.message.channel, "Good question.", user=COLLEAGUE, thread=asked.thread)
            self._note(asked, "talked beside")

    def _reconnect(self) -> None:
        if self._random.random() < 0.5:
            self._slack.refresh_connections()
            self.did["connections refreshed"] += 1
        else:
            self._slack.drop_connections()
            self.did["connections cut"] += 1


def ts_of(delivery: EventDelivery) -> tuple[str, str]:
    """The channel and timestamp of the message that a delivery is about."""
    event = delivery.event
    about = event.get("message") or event.get("previous_message") or event
    return str(event.get("channel")), str(about.get("ts"))
