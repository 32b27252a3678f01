"""What of a message is not read is said, wherever it was asked: (said, answered)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.cast import COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.playground.interactivity import Outcome
from bot.playground.nouns import Json
from bot.slack.admission import Rules
from bot.slack.commands import read_shortcut, recall
from bot.slack.features import SHORTCUT_ID
from bot.slack.questions import Asked

from .articles import APPROVED, BRIDGE, QUOTED, answer
from .conftest import Room, shown
from .surfaces import full_room, told
from .test_matrix import SURFACES, ask, seen, to_the_point

LINKED = f"{BRIDGE} https://example.org/plan?"
PARTS: Json = {
    "files": [{"id": "F1", "mimetype": "image/png"}, {"id": "F2", "mimetype": "text/plain"}],
    "attachments": [{"is_share": True, "text": "what somebody else said"}],
}
NOT_READ = "Not read: attached images, attached files and forwarded messages."


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Room]:
    """A room with everything granted, in which nobody need mention the bot to go on."""
    with full_room(tmp_path) as room:
        room.librarian.replies |= {text: to_the_point(answer(APPROVED)) for text in (BRIDGE, BRIDGE + "?", LINKED)}
        with room.bot(rules=Rules(follow_ups=frozenset({room.slack.team}))):
            yield room


@pytest.mark.parametrize("surface", SURFACES)
def test_a_linked_page_is_not_read(full: Room, surface: str) -> None:
    """(A question with an address in it, the answer below a line that says so), on every surface."""
    before = 1 if surface == "direct message in a thread" else 0
    ask(full, surface, LINKED)
    full.slack.wait_until(lambda: len(seen(full)) > before)
    full.slack.quiet()
    assert shown(seen(full)[-1]).startswith(f"Not read: linked pages.\n{QUOTED}")


@pytest.mark.parametrize("kind", ["channel", "group", "mpim", "im"])
def test_what_is_attached_is_not_read(full: Room, kind: str) -> None:
    """(A question with pictures, files and a forwarded message, the answer below a line that names them.)"""
    channel = DM_YOU if kind == "im" else full.slack.add_channel(kind="mpim") if kind == "mpim" else GENERAL
    is_mention = kind in ("channel", "group")
    event = {"type": "app_mention" if is_mention else "message", "channel": channel, "channel_type": kind, "user": YOU}
    ts = "99.000100" if kind == "im" else full.slack.say(channel, "hello").ts
    full.slack.deliver(event | PARTS | {"ts": ts, "text": f"{full.slack.mention} {BRIDGE}"})
    full.slack.wait_until(lambda: any(NOT_READ in shown(one) for one in seen(full)))
    full.slack.quiet()
    assert sum(shown(one).startswith(f"{NOT_READ}\n{QUOTED}") for one in seen(full)) == 1


def test_what_is_attached_to_a_follow_up_is_not_read(full: Room) -> None:
    """(A question that goes on, with pictures: answered, below the same line.)"""
    root = full.ask(BRIDGE)
    full.reply_to(root)
    said = full.slack.say(GENERAL, "look", thread=root.ts)
    event = {"type": "message", "channel": GENERAL, "channel_type": "channel", "user": YOU, "subtype": "file_share"}
    full.slack.deliver(event | PARTS | {"ts": said.ts, "thread_ts": root.ts, "text": BRIDGE + "?"})
    full.slack.wait_until(lambda: len(full.slack.replies(GENERAL, root.ts)) == 2)
    assert shown(full.slack.replies(GENERAL, root.ts)[-1]).startswith(f"{NOT_READ}\n{QUOTED}")


def test_a_message_of_pictures_alone_asks_nothing(full: Room) -> None:
    """(A mention with a picture and no words, the how-to, below a line that says what was not read.)"""
    event = {"type": "app_mention", "channel": GENERAL, "user": YOU, "text": full.slack.mention}
    full.slack.deliver(event | PARTS | {"ts": full.slack.say(GENERAL, "hello").ts})
    full.slack.wait_until(lambda: bool(seen(full)))
    assert shown(seen(full)[-1]).startswith(f"{NOT_READ}\nAsk a question in plain words.")


def test_a_shortcut_says_so_of_its_message(full: Room) -> None:
    """("Find quotes for this" on a message whose link Slack has previewed: the page was not read.)"""
    message = full.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
    full.slack.unfurl(message)
    message = full.slack.workspace.message(GENERAL, message.ts)
    assert full.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message) == Outcome()
    (private,) = told(full)
    assert shown(private).startswith(f"Not read: linked pages.\n{QUOTED}")


def test_what_a_shortcut_did_not_read_is_known_to_the_next_process() -> None:
    """What is kept of a shortcut until it is answered names the same parts again."""
    ids = {"team": {"id": "T1"}, "user": {"id": "U1"}, "channel": {"id": "C1"}}
    message = {"ts": "1.0", "text": BRIDGE} | PARTS
    asked = read_shortcut(ids | {"action_ts": "2.0", "response_url": "https://example.org/", "message": message})
    assert asked.notes == (NOT_READ,)
    again = recall(asked.delivery.body, bot_user="U0")
    assert isinstance(again, Asked)
    assert again == asked
