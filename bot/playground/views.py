"""What an app shows besides messages: modals, Home tabs and suggested prompts."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import add_ids
from bot.playground.models import RefusedError
from bot.playground.workspace import ChangeNotifier

# Expiry of a trigger that has opened a modal.
USED = 0.0


@dataclass(frozen=True, slots=True)
class OpenView:
    """A modal that ``user`` has open."""

    user: str
    view: Json


class AppViews:
    """The views and prompts of one workspace; ``trigger_seconds`` is the lifetime of a trigger id.

    Thread-safe.
    """

    def __init__(self, changes: ChangeNotifier, *, trigger_seconds: float = limits.TRIGGER_SECONDS) -> None:
        self._changes = changes
        self._trigger_seconds = trigger_seconds
        # By trigger id: user, and expiry on the monotonic clock
        self._triggers: dict[str, tuple[str, float]] = {}
        self._modals: dict[str, OpenView] = {}
        self._homes: dict[str, Json] = {}
        self._prompts: dict[str, Json] = {}

    # Modals

    def issue_trigger(self, user: str) -> str:
        """Return a ``trigger_id`` of an interaction of ``user``, with which one modal can be opened."""
        with self._changes.writing():
            trigger = f"{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
            self._triggers[trigger] = (user, time.monotonic() + self._trigger_seconds)
            return trigger

    def open(self, trigger: str, view: Json) -> Json:
        """Open a modal instead of the person's open ones; returns the view with its ids."""
        with self._changes.writing():
            user = self._use_trigger(trigger)
            self.close_all(user)
            return self.push_modal(user, view)

    def push_modal(self, user: str, view: Json) -> Json:
        """Open a modal on top of those of ``user``; returns the view with its ids. RefusedError if there are three."""
        with self._changes.writing():
            stack = self.open_modals(user)
            if len(stack) >= limits.MODALS:
                raise RefusedError("push_limit_reached")
            view_id = _new_id()
            root, previous = (stack[0]["id"], stack[-1]["id"]) if stack else (view_id, None)
            stored = _with_ids(view, view_id, root, previous)
            self._modals[view_id] = OpenView(user, stored)
            return stored

    def open_modals(self, user: str) -> tuple[Json, ...]:
        """Return the modals that ``user`` has open, the top one last."""
        with self._changes.reading():
            return tuple(modal.view for modal in self._modals.values() if modal.user == user)

    def modal(self, view_id: str) -> OpenView:
        """Return an open modal; KeyError if it is closed."""
        with self._changes.reading():
            return self._modals[view_id]

    def close(self, view_id: str) -> None:
        """Close a modal if it is open; the one below it shows again."""
        with self._changes.writing():
            self._modals.pop(view_id, None)

    def close_all(self, user: str) -> None:
        """Close all modals of ``user``."""
        with self._changes.writing():
            self._modals = {name: modal for name, modal in self._modals.items() if modal.user != user}

    def update(self, view_id: str, known_hash: str, view: Json) -> Json:
        """Replace an open modal; RefusedError if ``known_hash`` is given and not its hash."""
        with self._changes.writing():
            modal = self._modals.get(view_id)
            if modal is None:
                raise RefusedError("not_found")
            if known_hash and known_hash != modal.view["hash"]:
                raise RefusedError("hash_conflict")
            stored = _with_ids(view, view_id, modal.view["root_view_id"], modal.view["previous_view_id"])
            self._modals[view_id] = OpenView(modal.user, stored)
            return stored

    def _use_trigger(self, trigger: str) -> str:
        """The user to whom the trigger was issued; it expires."""
        if trigger not in self._triggers:
            raise RefusedError("invalid_trigger_id")
        user, expiry = self._triggers[trigger]
        if expiry == USED:
            raise RefusedError("exchanged_trigger_id")
        if expiry <= time.monotonic():
            raise RefusedError("expired_trigger_id")
        self._triggers[trigger] = (user, USED)
        return user

    # Home tabs and prompts

    def publish(self, user: str, known_hash: str, view: Json) -> Json:
        """Show a Home tab to ``user``; RefusedError if ``known_hash`` is given and not the current hash."""
        with self._changes.writing():
            known = self._homes.get(user)
            if known_hash and (known is None or known["hash"] != known_hash):
                raise RefusedError("hash_conflict")
            view_id = known["id"] if known else _new_id()
            self._homes[user] = _with_ids(view, view_id, view_id, None)
            return self._homes[user]

    def home(self, user: str) -> Json | None:
        """Return the Home tab of ``user``, if one was published."""
        with self._changes.reading():
            return self._homes.get(user)

    def set_prompts(self, channel: str, prompts: Json) -> None:
        with self._changes.writing():
            self._prompts[channel] = prompts

    def prompts(self, channel: str) -> Json | None:
        """Return the title and the suggested prompts of a direct message."""
        with self._changes.reading():
            return self._prompts.get(channel)


def _new_id() -> str:
    return f"V{secrets.token_hex(5).upper()}"


def _with_ids(view: Json, view_id: str, root: str, previous: str | None) -> Json:
    digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:8]
    given = {name: view.get(name) or "" for name in ("private_metadata", "callback_id")}
    # New ids at each change, as in Slack: what was typed is only preserved in blocks whose id the app gave
    blocks = list(add_ids(view["blocks"], secrets.token_hex(2)))
    ids = {"id": view_id, "hash": f"{time.time():.0f}.{digest}", "root_view_id": root, "previous_view_id": previous}
    return view | given | {"blocks": blocks} | ids
