"""What of a message is not read is said, wherever it was asked: (said, answered)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.events import forwarded
from bot.playground.interactivity import InteractionResult
from bot.playground.models import ChannelKind, File
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, GROUP, RESEARCH, YOU
from bot.slack.access import AccessRules
from bot.slack.commands import parse_shortcut, restore_event
from bot.slack.events import IncomingQuestion
from bot.slack.features import SHORTCUT_ID

from .harness import Harness, full_harness, private_messages, shown
from .samples import APPROVED, BRIDGE, QUOTED, answer
from .test_matrix import SURFACES, ask, seen, to_the_point

LINKED = f"{BRIDGE} https://example.org/plan?"
PARTS: Json = {
    "files": [{"id": "F1", "mimetype": "image/png"}, {"id": "F2", "mimetype": "text/plain"}],
    "attachments": [{"is_share": True, "text": "what somebody else said"}],
}
FILES = [File("harbour.png", "image/png", 12), File("notes.txt", "text/plain", 3)]
NOT_READ = "Not read: attached images, attached files and forwarded messages."


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted, in which nobody need mention the bot to go on."""
    with full_harness(tmp_path) as harness:
        harness.answerer.replies |= {text: to_the_point(answer(APPROVED)) for text in (BRIDGE, BRIDGE + "?", LINKED)}
        with harness.bot(rules=AccessRules(follow_ups=frozenset({harness.slack.team}))):
            yield harness


@pytest.mark.parametrize("surface", SURFACES)
def test_a_linked_page_is_not_read(full: Harness, surface: str) -> None:
    """(A question with an address in it, the answer below a line that says so), on every surface."""
    before = 1 if surface == "direct message in a thread" else 0
    ask(full, surface, LINKED)
    full.slack.wait_until(lambda: len(seen(full)) > before)
    full.slack.wait_until_idle()
    assert shown(seen(full)[-1]).startswith(f"Not read: linked pages.\n{QUOTED}")


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", "im"])
def test_what_is_attached_is_not_read(full: Harness, kind: ChannelKind) -> None:
    """(A question with pictures, files and a forwarded message, the answer below a line that names them.)"""
    said = full.slack.say(RESEARCH, "what somebody else said", user=COLLEAGUE)
    channel = DM_YOU if kind == "im" else full.slack.add_channel(kind=kind)
    shared = [forwarded(full.slack.workspace, said)]
    full.slack.say(channel, f"{full.slack.mention} {BRIDGE}", files=FILES, attachments=shared)
    full.slack.wait_until(lambda: bool(seen(full)))
    full.slack.wait_until_idle()
    (answered,) = seen(full)
    assert shown(answered).startswith(f"{NOT_READ}\n{QUOTED}")


def test_what_is_attached_to_a_follow_up_is_not_read(full: Harness) -> None:
    """(A question that goes on, with pictures: answered, below the same line.)"""
    root = full.ask(BRIDGE)
    full.reply_to(root)
    full.slack.say(GENERAL, BRIDGE + "?", thread=root.ts, files=FILES)
    full.slack.wait_until(lambda: len(full.slack.replies(GENERAL, root.ts)) == 2)
    line = "Not read: attached images and attached files."
    assert shown(full.slack.replies(GENERAL, root.ts)[-1]).startswith(f"{line}\n{QUOTED}")


@pytest.mark.parametrize("channel", [GENERAL, GROUP, DM_YOU])
def test_a_message_of_files_alone_asks_nothing(full: Harness, channel: str) -> None:
    """(Files and no words but the mention, the how-to, below a line that says what was not read.)"""
    full.slack.say(channel, full.slack.mention, files=FILES)
    full.slack.wait_until(lambda: bool(seen(full)))
    line = "Not read: attached images and attached files."
    assert shown(seen(full)[-1]).startswith(f"{line}\nAsk a question in plain words.")


def test_files_to_nobody_draw_nothing(full: Harness) -> None:
    """(Files without a mention in a channel or a group, nothing.)"""
    for channel in (GENERAL, GROUP):
        full.slack.say(channel, BRIDGE, files=FILES)
    full.slack.wait_until_idle()
    assert seen(full) == []


def test_a_shortcut_says_so_of_its_message(full: Harness) -> None:
    """("Find quotes for this" on a message whose link Slack has previewed: the page was not read.)"""
    message = full.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
    full.slack.unfurl(message)
    message = full.slack.workspace.message(GENERAL, message.ts)
    assert full.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message) == InteractionResult()
    (private,) = private_messages(full)
    assert shown(private).startswith(f"Not read: linked pages.\n{QUOTED}")


def test_what_a_shortcut_did_not_read_is_known_to_the_next_process() -> None:
    """What is kept of a shortcut until it is answered names the same parts again."""
    ids = {"team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"}}
    message = {"ts": "1.0", "text": BRIDGE} | PARTS
    asked = parse_shortcut(ids | {"action_ts": "2.0", "response_url": "https://example.org/", "message": message})
    assert asked.notes == (NOT_READ,)
    again = restore_event(asked.event.body, bot_user="U0")
    assert isinstance(again, IncomingQuestion)
    assert again == asked
