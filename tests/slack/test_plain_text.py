"""Notes on unread parts of messages, at every entry point: (message, reply)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.events import forwarded_message
from bot.playground.interactivity import InteractionResult
from bot.playground.models import ChannelKind, File
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, RESEARCH, YOU
from bot.slack.access import AccessRules
from bot.slack.commands import parse_shortcut, restore_event
from bot.slack.events import IncomingQuestion
from bot.slack.features import SHORTCUT_ID

from .harness import Harness, full_harness, private_messages, shown
from .samples import APPROVED, BRIDGE, QUOTED, answer
from .test_matrix import ENTRY_POINTS, ask, bot_messages, on_topic

LINKED = f"{BRIDGE} https://example.org/plan?"
PARTS: Json = {
    "files": [{"id": "F1", "mimetype": "image/png"}, {"id": "F2", "mimetype": "text/plain"}],
    "attachments": [{"is_share": True, "text": "what somebody else said"}],
}
FILES = [File("harbour.png", "image/png", 12), File("notes.txt", "text/plain", 3)]
NOT_READ = "Not read: attached images, attached files and forwarded messages."


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness with the bot running, in which follow-ups need no mention."""
    with full_harness(tmp_path) as harness:
        harness.answerer.replies |= {text: on_topic(answer(APPROVED)) for text in (BRIDGE, BRIDGE + "?", LINKED)}
        with harness.bot(rules=AccessRules(follow_ups=frozenset({harness.slack.team}))):
            yield harness


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_a_linked_page_is_not_read(full: Harness, entry_point: str) -> None:
    """(A question with a URL; the answer with a note above it), at every entry point."""
    before = 1 if entry_point == "direct message in a thread" else 0
    ask(full, entry_point, LINKED)
    full.slack.wait_until(lambda: len(bot_messages(full)) > before)
    full.slack.wait_until_idle()
    assert shown(bot_messages(full)[-1]).startswith(f"Not read: linked pages.\n{QUOTED}")


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", "im"])
def test_attachments_are_not_read(full: Harness, kind: ChannelKind) -> None:
    """(A question with images, files and a forwarded message; the answer with a note that names them.)"""
    message = full.slack.say(RESEARCH, "what somebody else said", user=COLLEAGUE)
    channel = DM_YOU if kind == "im" else full.slack.add_channel(kind=kind)
    shared = [forwarded_message(full.slack.workspace, message)]
    full.slack.say(channel, f"{full.slack.mention} {BRIDGE}", files=FILES, attachments=shared)
    full.slack.wait_until(lambda: bool(bot_messages(full)))
    full.slack.wait_until_idle()
    (answered,) = bot_messages(full)
    assert shown(answered).startswith(f"{NOT_READ}\n{QUOTED}")


def test_attachments_of_a_follow_up_are_not_read(full: Harness) -> None:
    """(A follow-up with images; the answer with the same note.)"""
    root = full.ask(BRIDGE)
    full.reply_to(root)
    full.slack.say(GENERAL, BRIDGE + "?", thread=root.ts, files=FILES)
    full.slack.wait_until(lambda: len(full.slack.replies(GENERAL, root.ts)) == 2)
    line = "Not read: attached images and attached files."
    assert shown(full.slack.replies(GENERAL, root.ts)[-1]).startswith(f"{line}\n{QUOTED}")


@pytest.mark.parametrize("channel", [GENERAL, GROUP, DM_YOU])
def test_a_message_of_files_alone_asks_nothing(full: Harness, channel: str) -> None:
    """(Files without text; the how-to, with a note of what was not read.)"""
    full.slack.say(channel, full.slack.mention, files=FILES)
    full.slack.wait_until(lambda: bool(bot_messages(full)))
    line = "Not read: attached images and attached files."
    assert shown(bot_messages(full)[-1]).startswith(f"{line}\nAsk a question in plain words.")


def test_files_without_a_mention_are_ignored(full: Harness) -> None:
    """(Files without a mention in a channel or a group; nothing.)"""
    for channel in (GENERAL, GROUP):
        full.slack.say(channel, BRIDGE, files=FILES)
    full.slack.wait_until_idle()
    assert bot_messages(full) == []


def test_a_shortcut_notes_a_linked_page(full: Harness) -> None:
    """("Find quotes for this" on a message with a link preview; a note that the page was not read.)"""
    message = full.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
    full.slack.unfurl(message)
    message = full.slack.workspace.message(GENERAL, message.ts)
    assert full.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message) == InteractionResult()
    (private,) = private_messages(full)
    assert shown(private).startswith(f"Not read: linked pages.\n{QUOTED}")


def test_a_stored_shortcut_keeps_its_notes() -> None:
    """The stored body of a shortcut gives the same notes again."""
    ids = {"team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"}}
    message = {"ts": "1.0", "text": BRIDGE} | PARTS
    question = parse_shortcut(ids | {"action_ts": "2.0", "response_url": "https://example.org/", "message": message})
    assert question.notes == (NOT_READ,)
    restored = restore_event(question.event.body, bot_user="U0")
    assert isinstance(restored, IncomingQuestion)
    assert restored == question
