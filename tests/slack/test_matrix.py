"""Every surface × all that can come of a question: one visible outcome each, where it belongs and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from bot.models import Article
from bot.playground.cast import DM_YOU, GENERAL, YOU
from bot.playground.nouns import Message
from bot.slack.limits import Limits

from .articles import BRIDGE, QUOTED, answer, quote_all
from .conftest import Room, shown

SURFACES = ("mention", "mention in a thread", "direct message", "direct message in a thread")


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
    "error": Ending("fail", "Sorry, this question could not be answered"),
    "rate-limited": Ending(BRIDGE, "One person's limit is 0 a minute", True, Limits(per_person=0)),
    "a channel's rate": Ending(BRIDGE, "A channel's limit is 0 a minute", True, Limits(per_channel=0)),
    "over-long question": Ending("bridge " * 1_700, "The question is long: only its first 2,000 characters"),
    "over-long answer": Ending("everything", "more quotes were left out to keep this message short."),
}


def ask(room: Room, surface: str, words: str) -> tuple[Message, str | None]:
    """Ask on this surface; the question and the thread in which its outcome belongs."""
    channel = DM_YOU if surface.startswith("direct") else GENERAL
    root = room.slack.say(channel, "hello").ts if surface.endswith("thread") else None
    if channel == DM_YOU and root:
        room.slack.wait_for_replies(DM_YOU)
        room.slack.quiet()
    if channel == DM_YOU:
        return room.slack.say(channel, words, thread=root), root
    asked = room.ask(words, thread=root)
    return asked, root or asked.ts


def seen(room: Room) -> list[Message]:
    """All that the bot has said, to everybody or to the asker alone, in order."""
    everywhere = [message for channel in (GENERAL, DM_YOU) for message in room.slack.replies(channel)]
    return sorted([*everywhere, *room.slack.workspace.ephemerals(YOU)], key=lambda message: message.ts)


@pytest.mark.parametrize(("surface", "ending"), list(product(SURFACES, ENDINGS)))
def test_one_visible_outcome(offline: Room, surface: str, ending: str) -> None:
    """The outcome stands in the conversation and thread of its question, once; what is private, one person sees."""
    expected = ENDINGS[ending]
    long = [quote_all(Article(str(number), "A title", "a.txt", "bridge " * 200)) for number in range(9)]
    offline.librarian.replies |= {"fail": RuntimeError("secret"), "everything": answer(*long)}
    with offline.bot(limits=expected.limits):
        asked, thread = ask(offline, surface, expected.question)
        before = 1 if surface == "direct message in a thread" else 0
        offline.slack.wait_until(lambda: len(seen(offline)) > before)
        offline.slack.quiet()
        *greeted, outcome = seen(offline)
    assert len(greeted) == before
    if expected.is_private and surface == "mention":
        thread = None  # Slack shows what one person alone is told in no thread that has not begun
    assert (outcome.channel, outcome.thread_ts) == (asked.channel, thread)
    assert expected.read in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    assert outcome.seen_by == (YOU if expected.is_private and asked.channel == GENERAL else None)
