"""What an app shows besides messages: modals, Home tabs, the assistant's status and prompts; keeps secret their ids."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass

from bot.models import Json
from bot.playground import limits
from bot.playground.elements import with_ids
from bot.playground.validation import RefusedError
from bot.playground.workspace import ChangeNotifier


@dataclass(frozen=True, slots=True)
class OpenView:
    """A view as it stands before ``user``."""

    user: str
    view: Json


class AppViews:
    """The views and statuses of one workspace, whose triggers live ``trigger_seconds``; safe to use from any thread."""

    def __init__(self, changes: ChangeNotifier, *, trigger_seconds: float = limits.TRIGGER_SECONDS) -> None:
        self._changes = changes
        self._trigger_seconds = trigger_seconds
        self._triggers: dict[str, tuple[str, float]] = {}
        self._modals: dict[str, OpenView] = {}
        self._homes: dict[str, Json] = {}
        self._statuses: dict[tuple[str, str], str] = {}
        self._prompts: dict[str, Json] = {}

    def issue_trigger(self, user: str) -> str:
        """A ``trigger_id``, as one comes with something that ``user`` did; it opens one modal, soon."""
        with self._changes.writing():
            trigger = f"{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
            self._triggers[trigger] = (user, time.monotonic() + self._trigger_seconds)
            return trigger

    def open(self, trigger: str, view: Json) -> Json:
        """Open a modal in place of all that the person has open; returns the view as kept."""
        with self._changes.writing():
            user = self._exchanged(trigger)
            self.close_all(user)
            return self.push_modal(user, view)

    def push(self, trigger: str, view: Json) -> Json:
        """Put a modal on those that the person has open; returns the view as kept."""
        with self._changes.writing():
            user = self._exchanged(trigger)
            if not self.open_modals(user):
                raise RefusedError("not_found")
            return self.push_modal(user, view)

    def push_modal(self, user: str, view: Json) -> Json:
        """Put a modal on those that ``user`` has open, of which there may be few."""
        with self._changes.writing():
            below = self.open_modals(user)
            if len(below) >= limits.MODALS:
                raise RefusedError("push_limit_reached")
            view_id = _new_id()
            root, previous = (below[0]["id"], below[-1]["id"]) if below else (view_id, None)
            kept = _kept(view, view_id, root, previous)
            self._modals[view_id] = OpenView(user, kept)
            return kept

    def open_modals(self, user: str) -> tuple[Json, ...]:
        """The modals that ``user`` has open, the one on top last."""
        with self._changes.reading():
            return tuple(shown.view for shown in self._modals.values() if shown.user == user)

    def modal(self, view_id: str) -> OpenView:
        """An open modal; ``KeyError`` when it is closed."""
        with self._changes.reading():
            return self._modals[view_id]

    def close(self, view_id: str) -> None:
        """Take a modal away, if it is still there; the one below it shows again."""
        with self._changes.writing():
            self._modals.pop(view_id, None)

    def close_all(self, user: str) -> None:
        """Take away every modal that ``user`` has open."""
        with self._changes.writing():
            self._modals = {name: shown for name, shown in self._modals.items() if shown.user != user}

    def _exchanged(self, trigger: str) -> str:
        """The person whose trigger this is, which is used up."""
        with self._changes.writing():
            if trigger not in self._triggers:
                raise RefusedError("invalid_trigger_id")
            user, until = self._triggers[trigger]
            if until <= time.monotonic():
                raise RefusedError("expired_trigger_id")
            self._triggers[trigger] = (user, 0.0)
            return user

    def update(self, view_id: str, external_id: str, known_hash: str, view: Json) -> Json:
        """Change an open modal, named by either id; ``known_hash``, where given, must be the hash it now has."""
        with self._changes.writing():
            for known_id, shown in self._modals.items():
                if known_id == view_id or (external_id and shown.view.get("external_id") == external_id):
                    if known_hash and known_hash != shown.view["hash"]:
                        raise RefusedError("hash_conflict")
                    known = shown.view
                    kept = _kept(view, known_id, known["root_view_id"], known["previous_view_id"])
                    self._modals[known_id] = OpenView(shown.user, kept)
                    return kept
            raise RefusedError("not_found")

    def publish(self, user: str, known_hash: str, view: Json) -> Json:
        """Show ``user`` a Home tab."""
        with self._changes.writing():
            known = self._homes.get(user)
            if known_hash and (known is None or known["hash"] != known_hash):
                raise RefusedError("hash_conflict")
            view_id = known["id"] if known else _new_id()
            kept = _kept(view, view_id, view_id, None)
            self._homes[user] = kept
            return kept

    def set_status(self, channel: str, thread_ts: str, status: str) -> None:
        """Show that the app is at work in a thread; an empty status takes it away."""
        with self._changes.writing():
            if status:
                self._statuses[channel, thread_ts] = status
            else:
                self._statuses.pop((channel, thread_ts), None)

    def set_prompts(self, channel: str, prompts: Json) -> None:
        with self._changes.writing():
            self._prompts[channel] = prompts

    def home(self, user: str) -> Json | None:
        with self._changes.reading():
            return self._homes.get(user)

    def status(self, channel: str, thread_ts: str) -> str:
        """What the app is said to be doing in a thread; empty when nothing."""
        with self._changes.reading():
            return self._statuses.get((channel, thread_ts), "")

    def statuses(self) -> dict[tuple[str, str], str]:
        """What the app is said to be doing, by channel and thread."""
        with self._changes.reading():
            return dict(self._statuses)

    def prompts(self, channel: str) -> Json | None:
        """The title and prompts suggested in a direct message."""
        with self._changes.reading():
            return self._prompts.get(channel)


def _new_id() -> str:
    return f"V{secrets.token_hex(5).upper()}"


def _kept(view: Json, view_id: str, root: str, previous: str | None) -> Json:
    digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:8]
    given = {name: view.get(name) or "" for name in ("private_metadata", "callback_id", "external_id")}
    # New at each change, as Slack's are: only an id that the app gave keeps what was typed there
    blocks = list(with_ids(view["blocks"], secrets.token_hex(2)))
    ids = {"id": view_id, "hash": f"{time.time():.0f}.{digest}", "root_view_id": root, "previous_view_id": previous}
    return view | given | {"blocks": blocks} | ids
