"""What people asked and did in a run."""

from __future__ import annotations

import time
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


@dataclass
class PrivateRequest:
    """A command, a click or a refused question, whose outcome only ``person`` sees, who does nothing else.

    ``expected``: text that the outcome must contain. ``is_stored``: the bot goes on with it after a restart.
    ``failure``: what Slack showed because the bot did not acknowledge it. ``replaced_view``: the hash of the modal
    that another one has to replace.
    """

    person: str
    kind: str
    expected: str = ""
    is_stored: bool = False
    failure: str | None = None
    replaced_view: str | None = None
    at: float = field(default_factory=time.time)
