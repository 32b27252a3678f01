"""The real bot in the workspace behind the page; keeps secret how it is started, and on which archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from bot.playground.models import Channel
from bot.playground.page.server import PlaygroundPage
from bot.playground.workspace import COLLEAGUE, YOU
from bot.search.answerer import Answerer
from bot.slack.access import AccessRules
from bot.slack.home import Editors
from tests.slack.harness import full_harness
from tests.slack.samples import FixedCorpus

from .conftest import Building, Visit

TEAM = "T0STANDIN"
ELSEWHERE = "elsewhere"
"""A channel in which people are and the bot is not."""
TOGETHER = "Colleague, Pullquote"
"""What you see as the name of the direct message of three."""


@dataclass
class Desk:
    """A person's tab in a workspace with the bot in it."""

    visit: Visit

    @property
    def conversation(self) -> Locator:
        return self.visit.tab.locator("#conversation")

    def go(self, name: str) -> None:
        """Press what the sidebar calls ``name``."""
        tab = self.visit.tab
        opener = tab.get_by_role("button", name="Open the sidebar")
        if opener.is_visible() and not tab.locator("body.in-sidebar").count():
            opener.click()
        tab.locator("#sidebar").get_by_role("button", name=name, exact=True).click()

    def close_thread(self) -> None:
        self.visit.thread.get_by_role("button", name="Close the thread").click()

    def ask(self, question: str) -> Locator:
        """Mention the bot in the channel; the answer in the thread that opens by itself."""
        self.visit.say(f"@Pullquote {question}")
        return self.answer(self.visit.thread)

    def answer(self, where: Locator) -> Locator:
        """The newest of the bot's messages there, once it is whole."""
        answer = where.get_by_role("article", name="Pullquote at").last
        expect(answer.get_by_role("group", name="Feedback")).to_be_visible()
        return answer


@contextmanager
def asking(browser: Browser, state: Path, answers: Answerer) -> Iterator[Building]:
    """The page of a workspace in which the bot answers from ``answers``, with all that can be granted and chosen.

    The colleague is an editor.
    """
    rules, editors = AccessRules(follow_ups=frozenset({TEAM})), Editors(frozenset({COLLEAGUE}))
    with full_harness(state) as room, room.bot(is_loaded=False, rules=rules, editors=editors) as bot:
        bot.open(FixedCorpus(answers))
        members = frozenset({YOU, COLLEAGUE})
        room.slack.workspace.add_channel(Channel("C0ELSEWHERE", ELSEWHERE, "channel", members))
        with PlaygroundPage(room.slack, examples=answers.examples) as page:
            yield Building(browser, page.address, room.slack)
