"""Mentions by workflows of Workflow Builder: answered in their thread, and never told anything in private."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.models import Message
from bot.playground.workspace import GENERAL, OTHER_BOT, RESEARCH
from bot.slack.access import AccessRules
from bot.slack.dispatcher import Limits

from .harness import Harness, full_harness, shown
from .samples import BRIDGE, QUOTED, WHOLE

ELSEWHERE = "T0ELSEWHERE"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the full variant of the app; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


def say(harness: Harness, text: str = BRIDGE, *, channel: str = GENERAL, workflow: str | None = None) -> Message:
    """Mention the bot as a workflow."""
    return harness.slack.say(channel, f"{harness.slack.mention} {text}", user=workflow or harness.slack.add_workflow())


@pytest.mark.parametrize("fixture_name", ["offline_harness", "full"])
def test_a_workflow_is_answered(request: pytest.FixtureRequest, fixture_name: str) -> None:
    """(A workflow's mention; one answer in its thread, which follows its edits and its deletion.)"""
    harness: Harness = request.getfixturevalue(fixture_name)
    with harness.bot():
        asked = say(harness)
        assert "user" not in harness.slack.deliveries[-1].event
        assert QUOTED in shown(harness.reply_to(asked))
        harness.slack.edit(asked, f"{harness.slack.mention} what does it cost")
        harness.slack.wait_until(lambda: WHOLE.text in shown(harness.slack.replies(GENERAL)[0]))
        if fixture_name == "full":
            harness.slack.delete(asked)
            harness.slack.wait_until(lambda: harness.slack.replies(GENERAL) == [])


def test_a_workflow_that_asks_nothing_gets_the_how_to(offline_harness: Harness) -> None:
    """(A workflow's mention without a question; the how-to, which whoever made the workflow can read.)"""
    with offline_harness.bot():
        reply = offline_harness.reply_to(say(offline_harness, ""))
        assert shown(reply).startswith("Ask a question in plain words.")


@pytest.mark.parametrize(
    ("rules", "limits", "team"),
    [
        (AccessRules(channels=frozenset({RESEARCH})), Limits(), None),
        (AccessRules(workspaces=frozenset({"T0THIRD"})), Limits(), None),
        (AccessRules(), Limits(), ELSEWHERE),
        (AccessRules(), Limits(per_channel=0), None),
    ],
)
def test_a_workflow_that_may_not_ask_gets_nothing(
    offline_harness: Harness, rules: AccessRules, limits: Limits, team: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """(A workflow's mention where it is refused, or over a limit; nothing, and the log says why.)"""
    caplog.set_level(logging.INFO)
    with offline_harness.bot(rules=rules, limits=limits):
        workflow = offline_harness.slack.add_workflow(team=team)
        say(offline_harness, workflow=workflow)
        offline_harness.slack.wait_until(lambda: "not said to the workflow" in caplog.text)
        offline_harness.slack.wait_until_idle()
        assert offline_harness.slack.replies(GENERAL) == []
        assert not [call for call in offline_harness.slack.calls if call.method.startswith("chat.")]


def test_a_workflow_of_another_organisation_is_admitted_like_a_person(offline_harness: Harness) -> None:
    """(A mention by another organisation's workflow, where they may ask; one answer.)"""
    channel = offline_harness.slack.add_channel(shared_with=[ELSEWHERE])
    workflow = offline_harness.slack.add_workflow(team=ELSEWHERE)
    with offline_harness.bot(rules=AccessRules(external=True)):
        assert QUOTED in shown(offline_harness.reply_to(say(offline_harness, channel=channel, workflow=workflow)))


def test_messages_of_workflows_and_apps_to_others_are_ignored(full: Harness) -> None:
    """A workflow's message without a mention is no follow-up, and another app's mention is never answered."""
    with full.bot(rules=AccessRules(follow_ups=frozenset({full.slack.team}))):
        asked = full.ask(BRIDGE)
        full.reply_to(asked)
        full.slack.say(GENERAL, f"{BRIDGE}?", user=full.slack.add_workflow(), thread=asked.ts)
        full.slack.say(GENERAL, f"{full.slack.mention} {BRIDGE}", user=OTHER_BOT)
        full.slack.wait_until_idle()
        assert len(full.slack.replies(GENERAL)) == 1
