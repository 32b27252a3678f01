"""The page of a workspace with the real bot in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from bot.playground.models import Channel
from bot.playground.page.server import PlaygroundPage
from bot.playground.workspace import COLLEAGUE, YOU
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.slack.access import AccessRules
from bot.slack.home import Editors
from tests.slack.harness import full_harness
from tests.slack.samples import FixedCorpus

from .conftest import ServedPage, Visit

TEAM = "T0FAKE"
# A channel without the bot
ELSEWHERE = "elsewhere"
# The name of the group message of three
TOGETHER = "Colleague, Pullquote"


@dataclass
class SlackPage:
    """A person's tab in a workspace with the bot."""

    visit: Visit

    @property
    def conversation(self) -> Locator:
        return self.visit.tab.locator("#conversation")

    def go(self, name: str) -> None:
        """Click the item with this name in the sidebar."""
        tab = self.visit.tab
        opener = tab.get_by_role("button", name="Open the sidebar")
        if opener.is_visible() and not tab.locator("body.in-sidebar").count():
            opener.click()
        unread = re.compile(rf"^{re.escape(name)}( \d+ unread)?$")
        tab.locator("#sidebar").get_by_role("button", name=unread).click()

    def close_thread(self) -> None:
        self.visit.thread.get_by_role("button", name="Close the thread").click()

    def ask(self, question: str) -> Locator:
        """Mention the bot in the channel; returns the answer in the thread that opens."""
        self.visit.say(f"@Pullquote {question}")
        return self.answer(self.visit.thread)

    def answer(self, where: Locator) -> Locator:
        """Return the bot's newest message there, once it is complete."""
        answer = where.get_by_role("article", name="Pullquote at").last
        expect(answer.get_by_role("group", name="Feedback")).to_be_visible()
        return answer


@contextmanager
def served_bot(browser: Browser, state: Path, answers: Answerer, corpus: Corpus | None = None) -> Iterator[ServedPage]:
    """Serve the page of a workspace in which the bot answers from ``answers``, with all scopes and features.

    ``corpus`` gives the answerer if its files are needed. The colleague is an editor.
    """
    rules, editors = AccessRules(follow_ups=frozenset({TEAM})), Editors(frozenset({COLLEAGUE}))
    with full_harness(state) as harness, harness.bot(is_loaded=False, rules=rules, editors=editors) as bot:
        harness.start_answering(bot, corpus or FixedCorpus(answers))
        members = frozenset({YOU, COLLEAGUE})
        harness.slack.workspace.add_channel(Channel("C0ELSEWHERE", ELSEWHERE, "channel", members))
        with PlaygroundPage(harness.slack, examples=answers.examples) as page:
            yield ServedPage(browser, page.address, harness.slack)
