"""A question as whoever asked it remembers it; keeps secret nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.playground.models import Message


@dataclass
class Asked:
    """A message that is owed one visible reply, or none once it is ``deleted``.

    ``thread`` is where the reply belongs (None: flat in a direct message), ``wanted`` what it must show: words of the
    answer to the newest text. ``done`` tells what was done to it, each with its time.
    """

    message: Message
    thread: str | None
    wanted: str
    deleted: bool = False
    done: list[tuple[float, str]] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, str]:
        return self.message.channel, self.message.ts
