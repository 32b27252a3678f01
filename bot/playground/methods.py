"""What a Web API method is: its arguments, its scopes and what it works on; keeps secret how structures are coded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.playground.events import Announcer
from bot.playground.nouns import Channel, Json
from bot.playground.surfaces import Surfaces
from bot.playground.validation import RefusedError, invalid_arguments
from bot.playground.workspace import Workspace


class Arguments:
    """A call's arguments; a form's structures come as JSON in a string."""

    def __init__(self, given: Json) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """A string, empty when it is not given."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not value.isdecimal():
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]")
        return int(value) if value else default

    def structure(self, name: str) -> Any:
        """A list or an object; None when it is not given."""
        value = self.given.get(name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return json.loads(value)
        except ValueError as error:
            raise invalid_arguments(f"must be JSON [json-pointer:/{name}]") from error


@dataclass(frozen=True, slots=True)
class Context:
    """What a method works on, on behalf of the app's bot user."""

    workspace: Workspace
    surfaces: Surfaces
    announcer: Announcer
    scopes: frozenset[str]
    issue_address: Callable[[], str]

    def need(self, *scopes: str) -> None:
        """Refuse the call unless one of ``scopes`` is granted."""
        if scopes and not self.scopes.intersection(scopes):
            provided = ",".join(sorted(self.scopes))
            raise RefusedError("missing_scope", needed=",".join(scopes), provided=provided)

    def channel(self, channel_id: str, *, as_member: bool = True) -> Channel:
        """A channel that the app may see and, unless told otherwise, is a member of."""
        try:
            channel = self.workspace.channel(channel_id)
        except KeyError:
            raise RefusedError("channel_not_found") from None
        if self.workspace.bot.id not in channel.members:
            if channel.kind != "channel":
                raise RefusedError("channel_not_found")
            if as_member:
                raise RefusedError("not_in_channel")
        return channel


Handler = Callable[[Context, Arguments], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method: ``scopes`` of which one must be granted, the kind of token, and whether it reads a JSON body."""

    answer: Handler
    scopes: tuple[str, ...] = ()
    token: Literal["bot", "app"] = "bot"
    reads_json: bool = True
