"""The state of the fake workspace: people, channels, messages, and the views that the app shows."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import ElementNotFoundError, add_ids
from bot.playground.models import Channel, Message, RefusedError, Team, User

# The ids of those who are there from the beginning
BOT = "U0PULLQUOTE"
YOU = "U0YOU"
COLLEAGUE = "U0COLLEAGUE"
OTHER_BOT = "U0OTHERBOT"
GENERAL = "C0GENERAL"
RESEARCH = "C0RESEARCH"
DM_YOU = "D0YOU"
DM_COLLEAGUE = "D0COLLEAGUE"
# An id like a channel's: Slack has issued none that begin with G since 2021 (openclaw/openclaw#115463)
GROUP = "C0GROUP"


class ChangeNotifier:
    """A reentrant lock under which the state changes, and a way to wait until it does.

    Reading takes no lock: Python reads or copies a dict or list in one step.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.RLock())
        self._count = 0
        self._listeners: list[Callable[[], object]] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock to change the state, then notify all who wait."""
        with self._condition:
            yield
            self._count += 1
            self._condition.notify_all()
            for listener in self._listeners:
                listener()

    @contextmanager
    def watching(self, listener: Callable[[], object]) -> Iterator[None]:
        """Call ``listener`` at each change, in the thread that makes it and under the lock: it must not block."""
        with self._condition:
            self._listeners.append(listener)
        try:
            yield
        finally:
            with self._condition:
                self._listeners.remove(listener)

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``condition()`` is true, at most ``timeout`` seconds; return whether it is."""
        with self._condition:
            return self._condition.wait_for(condition, timeout)

    def wait_until_idle(self, is_idle: Callable[[], bool], grace: float, timeout: float) -> bool:
        """Wait until ``is_idle()`` is true and nothing has changed for ``grace`` seconds; return whether that came."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                if not self._condition.wait_for(is_idle, max(0.0, deadline - time.monotonic())):
                    return False
                count = self._count
                left = max(0.0, deadline - time.monotonic())
                if not self._condition.wait_for(lambda seen=count: self._count != seen, min(grace, left)):  # type: ignore[misc]
                    return left >= grace


class Workspace:
    """One team with one installed app, ``bot``; at first of two people and two bots. Thread-safe.

    ``users`` and ``channels`` are by id; these dicts are replaced, never changed in place.

    Methods raise KeyError for a channel, user or message that does not exist.
    """

    def __init__(self, changes: ChangeNotifier, organisation: str | None = None) -> None:
        self._changes = changes
        self.team = Team("T0FAKE", "Fake Slack", "fake-slack", organisation)
        self.bot = User(BOT, "Pullquote", bot_id="B0PULLQUOTE", app_id="A0PULLQUOTE")
        other_bot = User(OTHER_BOT, "Other bot", bot_id="B0OTHERBOT", app_id="A0OTHERBOT")
        users = (self.bot, User(YOU, "You"), User(COLLEAGUE, "Colleague"), other_bot)
        self.users = {user.id: user for user in users}
        channels = (
            Channel(GENERAL, "general", "channel", frozenset(self.users)),
            Channel(RESEARCH, "research", "channel", frozenset(self.users)),
            Channel(DM_YOU, "", "im", frozenset({BOT, YOU})),
            Channel(DM_COLLEAGUE, "", "im", frozenset({BOT, COLLEAGUE})),
            Channel(GROUP, "mpdm-you--colleague--pullquote-1", "mpim", frozenset({BOT, YOU, COLLEAGUE})),
        )
        self.channels = {channel.id: channel for channel in channels}
        # Of each channel by timestamp, oldest first: timestamps are minted in order, and an edit keeps the position
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._ephemerals: dict[str, Message] = {}
        self._last_ts = 0

    # People and channels

    def add_user(self, user: User) -> None:
        with self._changes.writing():
            self.users = self.users | {user.id: user}

    def add_channel(self, channel: Channel) -> None:
        """Add a channel, or replace the one with its id."""
        with self._changes.writing():
            self.channels = self.channels | {channel.id: channel}

    def direct_message(self, user: str) -> Channel:
        """Return the direct message between the bot and ``user``, created if necessary."""
        with self._changes.writing():
            person = self.users[user]
            channel_id = f"D{person.id[1:]}"
            if channel_id not in self.channels:
                members = frozenset({person.id, self.bot.id})
                shared_with = frozenset({person.team}) if person.team else frozenset()
                self.add_channel(Channel(channel_id, "", "im", members, shared_with))
            return self.channels[channel_id]

    def join(self, channel: str, user: str) -> Message:
        """Make ``user`` a member; returns the channel_join message."""
        with self._changes.writing():
            joined = self.channels[channel]
            self.add_channel(replace(joined, members=joined.members | {self.users[user].id}))
            return self.post(channel, user, f"<@{user}> has joined the channel", subtype="channel_join")

    # Messages

    def mint_ts(self) -> str:
        """Return a new timestamp, later than all before it."""
        with self._changes.writing():
            self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, channel: str, user: str, text: str, *, blocks: Iterable[Json] = (), **fields: Any) -> Message:
        """Store and return a new message; its blocks get ids, as in Slack. ``fields`` are others of ``Message``."""
        with self._changes.writing():
            author, where, ts = self.users[user], self.channels[channel], self.mint_ts()
            message = Message(
                where.id,
                ts,
                author.id,
                text,
                bot_id=author.bot_id,
                app_id=author.app_id,
                blocks=add_ids(blocks, ts),
                user_team=(author.team or self.team.id) if where.shared_with else author.team,
                **fields,
            )
            (self._ephemerals if message.seen_by else self._messages[channel])[ts] = message
            return message

    def post_ephemeral(self, channel: str, to: str, text: str, **fields: Any) -> Message:
        """Store and return a message of the bot that only ``to`` sees."""
        return self.post(channel, self.bot.id, text, seen_by=to, **fields)

    def update(self, channel: str, ts: str, **changes: Any) -> tuple[Message, Message]:
        """Change fields of a message, also of an ephemeral one; returns it before and after. New blocks get ids."""
        with self._changes.writing():
            stored = self._ephemerals if ts in self._ephemerals else self._messages[channel]
            before = stored[ts]
            if "blocks" in changes:
                changes["blocks"] = add_ids(changes["blocks"], ts)
            stored[ts] = replace(before, **changes)
            return before, stored[ts]

    def delete(self, channel: str, ts: str) -> tuple[Message, Message | None]:
        """Delete a message; returns it and, if it is a root with replies, the tombstone in its place."""
        with self._changes.writing():
            if ts in self._ephemerals:
                return self._ephemerals.pop(ts), None
            before = self._messages[channel][ts]
            if self.thread(channel, ts) == (before,):
                return self._messages[channel].pop(ts), None
            text = "This message was deleted."
            tombstone = Message(channel, ts, "USLACKBOT", text, thread_ts=ts, subtype="tombstone")
            self._messages[channel][ts] = tombstone
            return before, tombstone

    def message(self, channel: str, ts: str) -> Message:
        return self._messages[channel][ts]

    def messages(self, channel: str) -> tuple[Message, ...]:
        """Return all messages of a channel and its threads, oldest first."""
        return tuple(self._messages[channel].values())

    def thread(self, channel: str, root: str) -> tuple[Message, ...]:
        """Return a thread's root, if it exists, and its replies, oldest first."""
        return tuple(one for one in self.messages(channel) if root in (one.ts, one.thread_ts))

    def ephemerals(self, user: str) -> tuple[Message, ...]:
        """Return the messages that only ``user`` sees, oldest first."""
        return tuple(one for one in tuple(self._ephemerals.values()) if one.seen_by == user)

    def to_json(self, message: Message, *, with_metadata: bool = True) -> Json:
        """Return the message object; of a root, with what Slack adds about its thread."""
        shown = message.to_json(self.team, with_metadata=with_metadata)
        replies = [
            one for one in self.messages(message.channel) if one.thread_ts == message.ts and one.ts != message.ts
        ]
        if not replies:
            return shown
        users = list(dict.fromkeys(reply.user for reply in replies))
        about = {"reply_count": len(replies), "reply_users": users, "reply_users_count": len(users)}
        return shown | about | {"thread_ts": message.ts, "latest_reply": replies[-1].ts}

    def permalink(self, message: Message) -> str:
        """Return the URL of ``message`` in Slack; a reply's URL names its thread too."""
        link = f"https://{self.team.domain}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
        in_thread = message.thread_ts not in (None, message.ts)
        return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if in_thread else link


class AppViews:
    """The views and prompts of one workspace; ``trigger_seconds`` is the lifetime of a trigger id.

    Thread-safe.
    """

    def __init__(self, changes: ChangeNotifier, *, trigger_seconds: float = limits.TRIGGER_SECONDS) -> None:
        self._changes = changes
        self._trigger_seconds = trigger_seconds
        # By trigger id: user, and expiry on the monotonic clock, None if it has opened a modal
        self._triggers: dict[str, tuple[str, float | None]] = {}
        # By view id, in the order in which they were opened: user, and view
        self._views: dict[str, tuple[str, Json]] = {}
        self._prompts: dict[str, Json] = {}

    # Modals

    def issue_trigger(self, user: str) -> str:
        """Return a ``trigger_id`` of an interaction of ``user``, with which one modal can be opened."""
        trigger = f"{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, time.monotonic() + self._trigger_seconds)
        return trigger

    def open(self, trigger: str, view: Json) -> Json:
        """Open a modal instead of the person's open ones; returns the view with its ids."""
        with self._changes.writing():
            if trigger not in self._triggers:
                raise RefusedError("invalid_trigger_id")
            user, expiry = self._triggers[trigger]
            if expiry is None:
                raise RefusedError("exchanged_trigger_id")
            if expiry <= time.monotonic():
                raise RefusedError("expired_trigger_id")
            self._triggers[trigger] = (user, None)
            self.close_all(user)
            return self.push_modal(user, view)

    def push_modal(self, user: str, view: Json) -> Json:
        """Open a modal on top of those of ``user``; returns the view with its ids. RefusedError if there are three."""
        with self._changes.writing():
            stack = self.open_modals(user)
            if len(stack) >= limits.MODALS:
                raise RefusedError("push_limit_reached")
            return self._store(user, view, stack)

    def open_modals(self, user: str) -> tuple[Json, ...]:
        """Return the modals that ``user`` has open, the top one last."""
        return tuple(view for owner, view in tuple(self._views.values()) if owner == user and view["type"] == "modal")

    def modal(self, view_id: str) -> tuple[str, Json]:
        """Return the user and the view of an open modal; ElementNotFoundError if it is closed."""
        user, view = self._views.get(view_id, ("", {}))
        if view.get("type") != "modal":
            raise ElementNotFoundError(f"The modal {view_id} is closed.")
        return user, view

    def close(self, view_id: str) -> None:
        """Close a modal if it is open; the one below it shows again."""
        with self._changes.writing():
            self._views.pop(view_id, None)

    def close_all(self, user: str) -> None:
        """Close all modals of ``user``."""
        with self._changes.writing():
            for view in self.open_modals(user):
                del self._views[view["id"]]

    def update(self, view_id: str, known_hash: str, view: Json) -> Json:
        """Replace a modal or a Home tab; RefusedError if ``known_hash`` is given and not its hash."""
        with self._changes.writing():
            user, known = self._views.get(view_id, ("", {}))
            if known.get("type") != view["type"]:
                raise RefusedError("not_found")
            if known_hash and known_hash != known["hash"]:
                raise RefusedError("hash_conflict")
            return self._store(user, view, known=known)

    # Home tabs and prompts

    def publish(self, user: str, known_hash: str, view: Json) -> Json:
        """Show a Home tab to ``user``; RefusedError if ``known_hash`` is given and not the current hash."""
        with self._changes.writing():
            known = self.home(user)
            if known is not None:
                return self.update(known["id"], known_hash, view)
            if known_hash:
                raise RefusedError("hash_conflict")
            return self._store(user, view)

    def home(self, user: str) -> Json | None:
        """Return the Home tab of ``user``, if one was published."""
        views = tuple(self._views.values())
        return next((view for owner, view in views if owner == user and view["type"] == "home"), None)

    def set_prompts(self, channel: str, prompts: Json) -> None:
        with self._changes.writing():
            self._prompts[channel] = prompts

    def prompts(self, channel: str) -> Json | None:
        """Return the title and the suggested prompts of a direct message."""
        return self._prompts.get(channel)

    def _store(self, user: str, view: Json, stack: Sequence[Json] = (), known: Json | None = None) -> Json:
        """Store a view on top of a ``stack`` of modals, or in place of a ``known`` one, and return it with its ids."""
        view_id = known["id"] if known else f"V{secrets.token_hex(5).upper()}"
        digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()[:8]
        stored = view | {
            "private_metadata": view.get("private_metadata") or "",
            "callback_id": view.get("callback_id") or "",
            # New ids at each change, as in Slack: what was typed is only preserved in blocks whose id the app gave
            "blocks": list(add_ids(view["blocks"], secrets.token_hex(2))),
            "id": view_id,
            "hash": f"{time.time():.0f}.{digest}",
            "root_view_id": stack[0]["id"] if stack else view_id,
            "previous_view_id": stack[-1]["id"] if stack else None,
        }
        if known:
            stored |= {name: known[name] for name in ("root_view_id", "previous_view_id")}
        self._views[view_id] = (user, stored)
        return stored
