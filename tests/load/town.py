"""The same people in every process: whoever makes them finds them under the same ids. Keeps secret nothing."""

from __future__ import annotations

from bot.playground.server import WorkspaceActions


def settle(people: WorkspaceActions, count: int) -> list[tuple[str, str]]:
    """Add ``count`` people; each one's id and that of their direct message with the bot."""
    newcomers = [people.add_person() for _ in range(count)]
    return [(person, people.open_dm(person)) for person in newcomers]
