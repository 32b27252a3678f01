"""Every entry point with every outcome: one visible reply each, in the right place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest

from bot.models import Answer, Article, Query, Question, Word
from bot.playground.interactivity import InteractionResult
from bot.playground.models import Message
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.dispatcher import Limits
from bot.slack.events import QUESTION_LIMIT
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.layout import SHARE

from .harness import Harness, full_harness, run_command, share, shown
from .samples import APPROVED, BRIDGE, QUOTED, answer, quote_all

PUBLIC = ("mention", "mention in a group", "mention in a thread", "direct message", "direct message in a thread")
PRIVATE = ("command", "command in a direct message", "shortcut")
ENTRY_POINTS = (*PUBLIC, *PRIVATE)


@dataclass(frozen=True)
class Expected:
    """A question under ``limits``; the reply contains ``text`` and is private if ``is_private``."""

    question: str
    text: str
    is_private: bool = False
    limits: Limits | None = None


OUTCOMES = {
    "answer": Expected(BRIDGE, QUOTED),
    "abstention": Expected("why submarines", 'Not in the archive: "submarines".'),
    "how-to": Expected("thanks", "Ask a question in plain words."),
    "error": Expected("fail", "An error occurred and this question could not be answered"),
    "rate-limited": Expected(
        BRIDGE, "You've asked 0 questions in a minute, which is the limit.", True, Limits(per_person=0)
    ),
    "a channel's rate": Expected(
        BRIDGE, "This channel has reached its limit of 0 questions in a minute.", True, Limits(per_channel=0)
    ),
    "over-long question": Expected("bridge " * 1_700, "The question is long: only its first 2,000 characters"),
    "over-long answer": Expected("everything", "more quotes were left out to keep this message short."),
}


LONG = [quote_all(Article(str(number), "A title", "a.txt", "bridge " * 200)) for number in range(9)]


def ask_privately(harness: Harness, entry_point: str, text: str) -> str:
    """Ask at a private entry point; return the channel of the reply."""
    channel = DM_YOU if entry_point.endswith("direct message") else GENERAL
    if entry_point == "shortcut":
        message = harness.slack.say(channel, text, user=COLLEAGUE)
        done = harness.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
    else:
        done = harness.slack.interactivity.run_command(channel, f"{COMMAND.name} {text}", user=YOU)
    assert done == InteractionResult()
    return channel


def ask(harness: Harness, entry_point: str, text: str) -> tuple[str, str | None]:
    """Ask at an entry point; return the channel and thread of the reply."""
    if entry_point in PRIVATE:
        return ask_privately(harness, entry_point, text), None
    channel = DM_YOU if entry_point.startswith("direct") else GENERAL
    root = harness.slack.say(channel, "hello").ts if entry_point.endswith("thread") else None
    if channel == DM_YOU and root:
        harness.slack.wait_for_replies(DM_YOU)
        harness.slack.wait_until_idle()
    if channel == DM_YOU:
        harness.slack.say(channel, text, thread=root)
        return channel, root
    if entry_point == "mention in a group":
        channel = harness.slack.add_channel(kind="mpim")
    asked = harness.ask(text, channel=channel, thread=root)
    return channel, root or asked.ts


def bot_messages(harness: Harness) -> list[Message]:
    """All messages of the bot that the asker sees, public and private, in order."""
    everywhere = [message for one in harness.slack.workspace.channels for message in harness.slack.replies(one)]
    return sorted([*everywhere, *harness.slack.workspace.ephemerals(YOU)], key=lambda message: message.ts)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the full variant; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize(("entry_point", "outcome_name"), list(product(ENTRY_POINTS, OUTCOMES)))
def test_one_visible_outcome(full: Harness, entry_point: str, outcome_name: str) -> None:
    """The reply is in the channel and thread of its question, once; a private one is seen by the asker only."""
    expected = OUTCOMES[outcome_name]
    full.answerer.replies |= {"fail": RuntimeError("secret"), "everything": answer(*LONG)}
    with full.bot(limits=expected.limits):
        channel, thread = ask(full, entry_point, expected.question)
        before = 1 if entry_point == "direct message in a thread" else 0
        full.slack.wait_until(lambda: len(bot_messages(full)) > before)
        full.slack.wait_until_idle()
        *earlier, outcome = bot_messages(full)
    assert len(earlier) == before
    if expected.is_private and entry_point in ("mention", "mention in a group"):
        thread = None  # Slack shows private messages only in existing threads
    assert (outcome.channel, outcome.thread_ts) == (channel, thread)
    assert expected.text in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    is_private = entry_point in PRIVATE or (expected.is_private and channel != DM_YOU)
    assert outcome.seen_by == (YOU if is_private else None)


def on_topic(reply: Answer) -> Answer:
    """``reply`` to a question with a word of its own that the first quote contains."""
    query = Query(Question("approved"), (Word("approved", "approv"),), ())
    return replace(reply, trace=replace(reply.trace, query=query))


@pytest.mark.parametrize("outcome_name", OUTCOMES)
def test_a_follow_up_is_answered_or_ignored(full: Harness, outcome_name: str) -> None:
    """Without a mention, an answer is posted in the thread; any other outcome is silence."""
    expected = OUTCOMES[outcome_name]
    long_words = " ".join(["bridge"] * (QUESTION_LIMIT // 7))
    with full.bot():
        root = full.ask(BRIDGE)
        full.reply_to(root)
    full.answerer.replies |= {
        "fail?": RuntimeError("secret"),
        "everything?": on_topic(answer(*LONG)),
        BRIDGE + "?": on_topic(answer(APPROVED)),
        long_words: on_topic(answer(APPROVED)),
    }
    with full.bot(rules=AccessRules(follow_ups=frozenset({full.slack.team})), limits=expected.limits):
        full.slack.say(GENERAL, expected.question.strip() + "?", thread=root.ts)
        full.slack.wait_until_idle()
        _, *messages = bot_messages(full)
    assert all((one.thread_ts, one.seen_by) == (root.ts, None) for one in messages)
    is_answered = outcome_name in ("answer", "over-long question", "over-long answer")
    assert [expected.text in shown(one) for one in messages] == ([True] if is_answered else [])


@pytest.mark.parametrize("outcome_name", OUTCOMES)
def test_one_visible_outcome_of_sharing(full: Harness, outcome_name: str) -> None:
    """A shared answer is public, a refusal private; what cannot be shared has no button."""
    expected = OUTCOMES[outcome_name]
    full.answerer.replies |= {"fail": answer(APPROVED), "everything": answer(*LONG)}
    with full.bot():
        private = run_command(full, GENERAL, expected.question)
    if outcome_name in ("how-to", "over-long question"):
        assert SHARE not in str(private.blocks)
        return
    full.answerer.replies |= {"fail": RuntimeError("secret")}
    with full.bot(limits=expected.limits):
        share(full, private)
        _, *messages = bot_messages(full)
    (outcome,) = messages
    assert expected.text in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    assert (outcome.channel, outcome.thread_ts) == (GENERAL, None)
    assert outcome.seen_by == (YOU if expected.is_private or outcome_name == "error" else None)
