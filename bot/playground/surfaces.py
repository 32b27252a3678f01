"""What an app shows besides messages: modals, Home tabs, the assistant's status and prompts; keeps secret their ids."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass

from bot.playground import limits
from bot.playground.changes import Changes
from bot.playground.nouns import Json
from bot.playground.validation import RefusedError


@dataclass(frozen=True, slots=True)
class Shown:
    """A view as it stands before ``user``."""

    user: str
    view: Json


class Surfaces:
    """The views and statuses of one workspace; safe to use from any thread."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._triggers: dict[str, tuple[str, float]] = {}
        self._modals: dict[str, Shown] = {}
        self._homes: dict[str, Json] = {}
        self._statuses: dict[tuple[str, str], str] = {}
        self._prompts: dict[str, Json] = {}

    def trigger(self, user: str) -> str:
        """A ``trigger_id``, as one comes with something that ``user`` did; it opens one modal, soon."""
        with self._changes.making():
            trigger = f"{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
            self._triggers[trigger] = (user, time.monotonic() + limits.TRIGGER_SECONDS)
            return trigger

    def open(self, trigger: str, view: Json) -> Json:
        """Open a modal; returns the view as kept."""
        with self._changes.making():
            if trigger not in self._triggers:
                raise RefusedError("invalid_trigger_id")
            user, until = self._triggers[trigger]
            if until <= time.monotonic():
                raise RefusedError("expired_trigger_id")
            self._triggers[trigger] = (user, 0.0)
            kept = _kept(view, f"V{secrets.token_hex(5).upper()}")
            self._modals[kept["id"]] = Shown(user, kept)
            return kept

    def update(self, view_id: str, external_id: str, known_hash: str, view: Json) -> Json:
        """Change an open modal, named by either id; ``known_hash``, where given, must be the hash it now has."""
        with self._changes.making():
            for known_id, shown in self._modals.items():
                if known_id == view_id or (external_id and shown.view.get("external_id") == external_id):
                    if known_hash and known_hash != shown.view["hash"]:
                        raise RefusedError("hash_conflict")
                    kept = _kept(view, known_id)
                    self._modals[known_id] = Shown(shown.user, kept)
                    return kept
            raise RefusedError("not_found")

    def publish(self, user: str, known_hash: str, view: Json) -> Json:
        """Show ``user`` a Home tab."""
        with self._changes.making():
            known = self._homes.get(user)
            if known_hash and (known is None or known["hash"] != known_hash):
                raise RefusedError("hash_conflict")
            kept = _kept(view, known["id"] if known else f"V{secrets.token_hex(5).upper()}")
            self._homes[user] = kept
            return kept

    def set_status(self, channel: str, thread_ts: str, status: str) -> None:
        """Show that the app is at work in a thread; an empty status takes it away."""
        with self._changes.making():
            if status:
                self._statuses[channel, thread_ts] = status
            else:
                self._statuses.pop((channel, thread_ts), None)

    def suggest(self, channel: str, prompts: Json) -> None:
        with self._changes.making():
            self._prompts[channel] = prompts

    def modals(self) -> tuple[Shown, ...]:
        with self._changes.reading():
            return tuple(self._modals.values())

    def home(self, user: str) -> Json | None:
        with self._changes.reading():
            return self._homes.get(user)

    def status(self, channel: str, thread_ts: str) -> str:
        """What the app is said to be doing in a thread; empty when nothing."""
        with self._changes.reading():
            return self._statuses.get((channel, thread_ts), "")

    def prompts(self, channel: str) -> Json | None:
        """The title and prompts suggested in a direct message."""
        with self._changes.reading():
            return self._prompts.get(channel)


def _kept(view: Json, view_id: str) -> Json:
    digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:8]
    return view | {"id": view_id, "hash": f"{time.time():.0f}.{digest}"}
