"""The same people in each process, under the same ids."""

from __future__ import annotations

from bot.playground.events import WorkspaceActions


def add_people(actions: WorkspaceActions, count: int) -> list[tuple[str, str]]:
    """Add ``count`` people; return the ids of each and of their direct message with the bot."""
    people = [actions.add_person() for _ in range(count)]
    return [(person, actions.open_dm(person)) for person in people]
