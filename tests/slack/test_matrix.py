"""Every surface × all that can come of a question: one visible outcome each, where it belongs and nowhere else."""

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
from bot.slack.buttons import SHARE
from bot.slack.dispatcher import Limits
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.plain_text import QUESTION_LIMIT

from .harness import Harness, full_harness, run_command, share, shown
from .samples import APPROVED, BRIDGE, QUOTED, answer, quote_all

PUBLIC = ("mention", "mention in a group", "mention in a thread", "direct message", "direct message in a thread")
PRIVATE = ("command", "command in a direct message", "shortcut")
SURFACES = (*PUBLIC, *PRIVATE)


@dataclass(frozen=True)
class Ending:
    """What is asked, what is then to be read, and whether by the asker alone; ``limits`` under which it is asked."""

    question: str
    read: str
    is_private: bool = False
    limits: Limits | None = None


ENDINGS = {
    "answer": Ending(BRIDGE, QUOTED),
    "abstention": Ending("why submarines", 'Not in the archive: "submarines".'),
    "how-to": Ending("thanks", "Ask a question in plain words."),
    "error": Ending("fail", "An error occurred and this question could not be answered"),
    "rate-limited": Ending(
        BRIDGE, "You've asked 0 questions in a minute, which is the limit.", True, Limits(per_person=0)
    ),
    "a channel's rate": Ending(
        BRIDGE, "This channel has reached its limit of 0 questions in a minute.", True, Limits(per_channel=0)
    ),
    "over-long question": Ending("bridge " * 1_700, "The question is long: only its first 2,000 characters"),
    "over-long answer": Ending("everything", "more quotes were left out to keep this message short."),
}


LONG = [quote_all(Article(str(number), "A title", "a.txt", "bridge " * 200)) for number in range(9)]


def ask_privately(harness: Harness, surface: str, words: str) -> str:
    """Ask on this surface; the channel in which its outcome belongs."""
    channel = DM_YOU if surface.endswith("direct message") else GENERAL
    if surface == "shortcut":
        message = harness.slack.say(channel, words, user=COLLEAGUE)
        done = harness.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
    else:
        done = harness.slack.interactivity.run_command(channel, f"{COMMAND.name} {words}", user=YOU)
    assert done == InteractionResult()
    return channel


def ask(harness: Harness, surface: str, words: str) -> tuple[str, str | None]:
    """Ask on this surface; the channel and the thread in which its outcome belongs."""
    if surface in PRIVATE:
        return ask_privately(harness, surface, words), None
    channel = DM_YOU if surface.startswith("direct") else GENERAL
    root = harness.slack.say(channel, "hello").ts if surface.endswith("thread") else None
    if channel == DM_YOU and root:
        harness.slack.wait_for_replies(DM_YOU)
        harness.slack.wait_until_idle()
    if channel == DM_YOU:
        harness.slack.say(channel, words, thread=root)
        return channel, root
    if surface == "mention in a group":
        channel = harness.slack.add_channel(kind="mpim")
    asked = harness.ask(words, channel=channel, thread=root)
    return channel, root or asked.ts


def seen(harness: Harness) -> list[Message]:
    """All that the bot has said, to everybody or to the asker alone, in order."""
    everywhere = [message for one in harness.slack.workspace.channels() for message in harness.slack.replies(one.id)]
    return sorted([*everywhere, *harness.slack.workspace.ephemerals(YOU)], key=lambda message: message.ts)


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Harness]:
    """A harness in which the full variant is installed."""
    with full_harness(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize(("surface", "ending"), list(product(SURFACES, ENDINGS)))
def test_one_visible_outcome(everything: Harness, surface: str, ending: str) -> None:
    """The outcome stands in the conversation and thread of its question, once; what is private, one person sees."""
    expected = ENDINGS[ending]
    everything.answerer.replies |= {"fail": RuntimeError("secret"), "everything": answer(*LONG)}
    with everything.bot(limits=expected.limits):
        channel, thread = ask(everything, surface, expected.question)
        before = 1 if surface == "direct message in a thread" else 0
        everything.slack.wait_until(lambda: len(seen(everything)) > before)
        everything.slack.wait_until_idle()
        *greeted, outcome = seen(everything)
    assert len(greeted) == before
    if expected.is_private and surface in ("mention", "mention in a group"):
        thread = None  # Slack shows what one person alone is told in no thread that has not begun
    assert (outcome.channel, outcome.thread_ts) == (channel, thread)
    assert expected.read in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    is_private = surface in PRIVATE or (expected.is_private and channel != DM_YOU)
    assert outcome.seen_by == (YOU if is_private else None)


def to_the_point(reply: Answer) -> Answer:
    """``reply`` to a question that has a word of its own, which the first quote holds."""
    query = Query(Question("approved"), (Word("approved", "approv"),), ())
    return replace(reply, trace=replace(reply.trace, query=query))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_follow_up_is_answered_or_left_alone(everything: Harness, ending: str) -> None:
    """Without a mention, an answer stands in the thread, as long as it may be; of all else not a word is said."""
    expected = ENDINGS[ending]
    long_words = " ".join(["bridge"] * (QUESTION_LIMIT // 7))
    with everything.bot():
        root = everything.ask(BRIDGE)
        everything.reply_to(root)
    everything.answerer.replies |= {
        "fail?": RuntimeError("secret"),
        "everything?": to_the_point(answer(*LONG)),
        BRIDGE + "?": to_the_point(answer(APPROVED)),
        long_words: to_the_point(answer(APPROVED)),
    }
    with everything.bot(rules=AccessRules(follow_ups=frozenset({everything.slack.team})), limits=expected.limits):
        everything.slack.say(GENERAL, expected.question.strip() + "?", thread=root.ts)
        everything.slack.wait_until_idle()
        _, *said = seen(everything)
    assert all((one.thread_ts, one.seen_by) == (root.ts, None) for one in said)
    is_answered = ending in ("answer", "over-long question", "over-long answer")
    assert [expected.read in shown(one) for one in said] == ([True] if is_answered else [])


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_visible_outcome_of_sharing(everything: Harness, ending: str) -> None:
    """What is shared all may read, and why it is not shared who pressed alone; what cannot be has no button."""
    expected = ENDINGS[ending]
    everything.answerer.replies |= {"fail": answer(APPROVED), "everything": answer(*LONG)}
    with everything.bot():
        private = run_command(everything, GENERAL, expected.question)
    if ending in ("how-to", "over-long question"):
        assert SHARE not in str(private.blocks)
        return
    everything.answerer.replies |= {"fail": RuntimeError("secret")}
    with everything.bot(limits=expected.limits):
        share(everything, private)
        _, *said = seen(everything)
    (outcome,) = said
    assert expected.read in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    assert (outcome.channel, outcome.thread_ts) == (GENERAL, None)
    assert outcome.seen_by == (YOU if expected.is_private or ending == "error" else None)
