"""A workspace in which the full variant is installed, and what one person alone is told there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.playground.interactivity import Command, InteractionResult, Shortcut
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import YOU
from bot.slack.buttons import SHARE
from bot.slack.features import COMMAND, SHORTCUT, SHORTCUT_ID, events, scopes

from .articles import Scripted
from .conftest import Room


@contextmanager
def full_room(state: Path, *, without: Iterable[str] = ()) -> Iterator[Room]:
    """A room in which all is granted but the scopes ``without``, and the bot has not been started."""
    granted = [scope for scope in scopes("full") if scope not in set(without)]
    with FakeSlack(
        scopes=granted,
        subscriptions=events("full"),
        retry_after_seconds=(0.0, 0.0, 0.0),
        commands=[Command(COMMAND.name, COMMAND.description)],
        shortcuts=[Shortcut(SHORTCUT_ID, SHORTCUT.name)],
    ) as slack:
        yield Room(slack, Scripted(), state)


def told(room: Room, count: int = 1, *, user: str = YOU) -> list[Message]:
    """What ``user`` alone was told, once it is ``count`` messages and all is quiet."""
    room.slack.wait_until(lambda: len(room.slack.workspace.ephemerals(user)) >= count)
    room.slack.wait_until_idle()
    return list(room.slack.workspace.ephemerals(user))


def command(room: Room, channel: str, words: str, *, user: str = YOU) -> Message:
    """The one thing that ``user`` is told to ``/pullquote words``."""
    before = len(room.slack.workspace.ephemerals(user))
    assert room.slack.interactivity.run_command(channel, f"{COMMAND.name} {words}", user=user) == InteractionResult()
    *_, last = told(room, before + 1, user=user)
    assert len(room.slack.workspace.ephemerals(user)) == before + 1
    return last


def share(room: Room, message: Message, *, user: str = YOU) -> None:
    """Press the button that shares a private answer, and wait until all is done."""
    assert room.slack.interactivity.click(message, SHARE, user=user) == InteractionResult()
    room.slack.wait_until_idle()
