"""Random traffic that only one person sees: commands, clicks, the Home tab, and questions of guests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from bot.models import Json
from bot.playground.block_kit import ElementNotFoundError, find_element
from bot.playground.interactivity import InteractionResult
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.layout import RATE, SHOW_CONTEXT, WHY
from bot.slack.modals import NEXT_QUOTE
from bot.slack.strings import GUEST

from .archive import NAMES, question_about
from .questions import PrivateRequest

# What is clicked, by its name in the report; WHY is in a menu, RATE has two sides.
CLICKS = {"show context": SHOW_CONTEXT, "why this answer": WHY, "not helpful": RATE}
# Requests that wait for the bot's acknowledgement at the same time.
THREADS = 16


class PrivateTraffic:
    """Makes requests, each by a new person; ``requests`` are those made so far."""

    def __init__(self, slack: FakeSlack, seed: int) -> None:
        self._slack = slack
        self._random = random.Random(seed)
        self._executor = ThreadPoolExecutor(THREADS)
        self.requests: list[PrivateRequest] = []

    def finish(self) -> None:
        """Wait until the requests are acknowledged, or Slack no longer waits for that."""
        self._executor.shutdown()

    def ask_as_guest(self, channel: str, thread: str | None) -> None:
        """Ask as a guest, who is refused."""
        guest = self._slack.add_person(channels=[channel], guest="single-channel")
        self._add(PrivateRequest(guest, "refused question", GUEST, is_stored=True))
        text = f"{self._slack.mention} {question_about(self._random.choice(NAMES))}"
        self._slack.say(channel, text, user=guest, thread=thread)

    def run_command(self, channel: str) -> None:
        """Ask with the slash command."""
        name = self._random.choice(NAMES)
        request = self._by_new_person(channel, "command", name, is_stored=True)
        line = f"{COMMAND.name} {question_about(name)}"
        self._start(request, partial(self._slack.interactivity.run_command, channel, line))

    def use_shortcut(self, message: Message, expected: str) -> None:
        """Use the shortcut on a message, about which the answer must contain ``expected``."""
        request = self._by_new_person(message.channel, "shortcut", expected, is_stored=True)
        self._start(request, partial(self._slack.interactivity.use_shortcut, SHORTCUT_ID, message=message))

    def open_home(self, channel: str) -> None:
        """Open the Home tab."""
        self._slack.open_home(user=self._by_new_person(channel, "home tab").person)

    def click(self, channel: str, thread: str | None) -> PrivateRequest | None:
        """Click a button below the last reply in ``thread`` that has it; None if there is none."""
        kind, action = self._random.choice(tuple(CLICKS.items()))
        for reply in reversed(self._slack.replies(channel, thread)):
            with suppress(ElementNotFoundError):
                value = _value(find_element(reply.blocks, action)[1])
                request = self._by_new_person(channel, kind)
                self._start(request, partial(self._slack.interactivity.click, reply, action, value))
                return request
        return None

    def show_next_quote(self, request: PrivateRequest) -> None:
        """Click "Next quote" in the modal that the person has open, if it has this button."""
        for view in self._slack.views.open_modals(request.person):
            with suppress(ElementNotFoundError):
                find_element(view["blocks"], NEXT_QUOTE)
                request.kind, request.replaced_view, request.at = "next quote", view["hash"], time.time()
                self._start(request, partial(self._slack.interactivity.click_in_view, view, NEXT_QUOTE))

    def _by_new_person(self, channel: str, kind: str, expected: str = "", *, is_stored: bool = False) -> PrivateRequest:
        person = self._slack.add_person(channels=[channel])
        return self._add(PrivateRequest(person, kind, expected, is_stored))

    def _add(self, request: PrivateRequest) -> PrivateRequest:
        self.requests.append(request)
        return request

    def _start(self, request: PrivateRequest, interact: Callable[..., InteractionResult]) -> None:
        def wait() -> None:
            request.failure = interact(user=request.person).failure

        self._executor.submit(wait)


def _value(element: Json) -> str | None:
    """The value to choose where an element has several."""
    if element["type"] == "overflow":
        return str(element["options"][0]["value"])
    return str(element["negative_button"]["value"]) if element["type"] == "feedback_buttons" else None
