"""Every surface × all that can come of a question: one visible outcome each, where it belongs and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from bot.models import Article
from bot.playground.cast import COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.playground.interactivity import Outcome
from bot.playground.nouns import Message
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.limits import Limits

from .articles import BRIDGE, QUOTED, answer, quote_all
from .conftest import Room, shown
from .surfaces import full_room

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
    "error": Ending("fail", "Sorry, this question could not be answered"),
    "rate-limited": Ending(BRIDGE, "One person's limit is 0 a minute", True, Limits(per_person=0)),
    "a channel's rate": Ending(BRIDGE, "A channel's limit is 0 a minute", True, Limits(per_channel=0)),
    "over-long question": Ending("bridge " * 1_700, "The question is long: only its first 2,000 characters"),
    "over-long answer": Ending("everything", "more quotes were left out to keep this message short."),
}


def ask_privately(room: Room, surface: str, words: str) -> str:
    """Ask on this surface; the channel in which its outcome belongs."""
    channel = DM_YOU if surface.endswith("direct message") else GENERAL
    if surface == "shortcut":
        message = room.slack.say(channel, words, user=COLLEAGUE)
        done = room.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
    else:
        done = room.slack.interactivity.run_command(channel, f"{COMMAND.name} {words}", user=YOU)
    assert done == Outcome()
    return channel


def ask(room: Room, surface: str, words: str) -> tuple[str, str | None]:
    """Ask on this surface; the channel and the thread in which its outcome belongs."""
    if surface in PRIVATE:
        return ask_privately(room, surface, words), None
    channel = DM_YOU if surface.startswith("direct") else GENERAL
    root = room.slack.say(channel, "hello").ts if surface.endswith("thread") else None
    if channel == DM_YOU and root:
        room.slack.wait_for_replies(DM_YOU)
        room.slack.quiet()
    if channel == DM_YOU:
        room.slack.say(channel, words, thread=root)
        return channel, root
    if surface == "mention in a group":
        channel = room.slack.add_channel(kind="mpim")
    asked = room.ask(words, channel=channel, thread=root)
    return channel, root or asked.ts


def seen(room: Room) -> list[Message]:
    """All that the bot has said, to everybody or to the asker alone, in order."""
    everywhere = [message for one in room.slack.workspace.channels() for message in room.slack.replies(one.id)]
    return sorted([*everywhere, *room.slack.workspace.ephemerals(YOU)], key=lambda message: message.ts)


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[Room]:
    """A room in which the full variant is installed."""
    with full_room(tmp_path) as room:
        yield room


@pytest.mark.parametrize(("surface", "ending"), list(product(SURFACES, ENDINGS)))
def test_one_visible_outcome(everything: Room, surface: str, ending: str) -> None:
    """The outcome stands in the conversation and thread of its question, once; what is private, one person sees."""
    expected = ENDINGS[ending]
    long = [quote_all(Article(str(number), "A title", "a.txt", "bridge " * 200)) for number in range(9)]
    everything.librarian.replies |= {"fail": RuntimeError("secret"), "everything": answer(*long)}
    with everything.bot(limits=expected.limits):
        channel, thread = ask(everything, surface, expected.question)
        before = 1 if surface == "direct message in a thread" else 0
        everything.slack.wait_until(lambda: len(seen(everything)) > before)
        everything.slack.quiet()
        *greeted, outcome = seen(everything)
    assert len(greeted) == before
    if expected.is_private and surface in ("mention", "mention in a group"):
        thread = None  # Slack shows what one person alone is told in no thread that has not begun
    assert (outcome.channel, outcome.thread_ts) == (channel, thread)
    assert expected.read in shown(outcome)
    assert "secret" not in shown(outcome) + outcome.text
    is_private = surface in PRIVATE or (expected.is_private and channel != DM_YOU)
    assert outcome.seen_by == (YOU if is_private else None)
