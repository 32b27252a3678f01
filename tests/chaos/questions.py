"""Questions as the test asked them, with what it did to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.playground.models import Message


@dataclass
class SentQuestion:
    """A question that needs one visible reply, or none once it is deleted or taken back by an edit.

    ``thread``: where the reply belongs, None outside a thread. ``expected``: text that the reply to the newest version
    must contain, None if that asks nothing. ``actions``: what was done to the question, with times.
    """

    message: Message
    thread: str | None
    expected: str | None
    is_deleted: bool = False
    actions: list[tuple[float, str]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.message.channel, self.message.ts
