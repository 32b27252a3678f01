"""The state of the fake workspace: people, channels, messages and reactions, behind one lock; and the default one."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bot.models import Json
from bot.playground.block_kit import add_ids
from bot.playground.models import Channel, File, Message, Team, User

# The ids of the default workspace
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
    """A reentrant lock for the whole state, and a way to wait until the state changes."""

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
    def reading(self) -> Iterator[None]:
        """Hold the lock to read the state."""
        with self._condition:
            yield

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
    """One team with one installed app, ``bot``; thread-safe.

    Methods raise KeyError for a channel, user or message that does not exist.
    """

    def __init__(
        self, changes: ChangeNotifier, *, team: Team, bot: User, users: Iterable[User], channels: Iterable[Channel]
    ) -> None:
        self._changes = changes
        self.team = team
        self.bot = bot
        self._users = {user.id: user for user in (bot, *users)}
        self._channels = {channel.id: channel for channel in channels}
        # Of each channel by timestamp, oldest first: timestamps are minted in order, and an edit keeps the position
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._ephemerals: dict[str, Message] = {}
        self._last_ts = 0

    # People and channels

    def user(self, user: str) -> User:
        with self._changes.reading():
            return self._users[user]

    def users(self) -> tuple[User, ...]:
        with self._changes.reading():
            return tuple(self._users.values())

    def add_user(self, user: User) -> None:
        with self._changes.writing():
            self._users[user.id] = user

    def channel(self, channel: str) -> Channel:
        with self._changes.reading():
            return self._channels[channel]

    def channels(self) -> tuple[Channel, ...]:
        with self._changes.reading():
            return tuple(self._channels.values())

    def add_channel(self, channel: Channel) -> None:
        with self._changes.writing():
            self._channels[channel.id] = channel

    def direct_message(self, user: str) -> Channel:
        """Return the direct message between the bot and ``user``, created if necessary."""
        with self._changes.writing():
            person = self._users[user]
            channel_id = f"D{person.id[1:]}"
            if channel_id not in self._channels:
                members = frozenset({person.id, self.bot.id})
                shared_with = frozenset({person.team}) if person.team else frozenset()
                self._channels[channel_id] = Channel(channel_id, "", "im", members, shared_with)
            return self._channels[channel_id]

    def join(self, channel: str, user: str) -> Message:
        """Make ``user`` a member; returns the channel_join message."""
        with self._changes.writing():
            joined = self._channels[channel]
            self._channels[channel] = replace(joined, members=joined.members | {self._users[user].id})
            return self.post(channel, user, f"<@{user}> has joined the channel", subtype="channel_join")

    # Messages

    def mint_ts(self) -> str:
        """Return a new timestamp, later than all before it."""
        with self._changes.writing():
            self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        thread_ts: str | None = None,
        blocks: Iterable[Json] = (),
        metadata: Json | None = None,
        subtype: str | None = None,
        files: Iterable[File] = (),
        attachments: Iterable[Json] = (),
    ) -> Message:
        """Store and return a new message; its blocks get ids, as in Slack."""
        with self._changes.writing():
            message = replace(
                self._new_message(channel, user, text, thread_ts, blocks),
                metadata=metadata,
                subtype=subtype,
                files=tuple(files),
                attachments=tuple(attachments),
            )
            self._messages[channel][message.ts] = message
            return message

    def post_ephemeral(
        self, channel: str, to: str, text: str, *, thread_ts: str | None = None, blocks: Iterable[Json] = ()
    ) -> Message:
        """Store and return a message of the bot that only ``to`` sees."""
        with self._changes.writing():
            message = replace(self._new_message(channel, self.bot.id, text, thread_ts, blocks), seen_by=to)
            self._ephemerals[message.ts] = message
            return message

    def edit_ephemeral(self, ts: str, text: str, blocks: Iterable[Json]) -> None:
        with self._changes.writing():
            self._ephemerals[ts] = replace(self._ephemerals[ts], text=text, blocks=add_ids(blocks, ts))

    def delete_ephemeral(self, ts: str) -> None:
        with self._changes.writing():
            del self._ephemerals[ts]

    def edit(
        self,
        channel: str,
        ts: str,
        *,
        text: str | None = None,
        blocks: Iterable[Json] | None = None,
        metadata: Json | None = None,
    ) -> tuple[Message, Message]:
        """Change what is given and leave the rest; returns the message before and after."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            after = replace(
                before,
                text=before.text if text is None else text,
                blocks=before.blocks if blocks is None else add_ids(blocks, ts),
                metadata=metadata or before.metadata,
                edited_ts=self.mint_ts(),
            )
            self._messages[channel][ts] = after
            return before, after

    def annotate(
        self, channel: str, ts: str, *, attachments: Iterable[Json] = (), language: str | None = None
    ) -> tuple[Message, Message]:
        """Add previews or a language, as Slack does by itself; returns the message before and after."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            after = replace(
                before, attachments=(*before.attachments, *attachments), language=language or before.language
            )
            self._messages[channel][ts] = after
            return before, after

    def delete(self, channel: str, ts: str) -> tuple[Message, Message | None]:
        """Delete a message; returns it and, if it is a root with replies, the tombstone in its place."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            if self.thread(channel, ts) == (before,):
                del self._messages[channel][ts]
                return before, None
            text = "This message was deleted."
            tombstone = Message(channel, ts, "USLACKBOT", text, thread_ts=ts, subtype="tombstone")
            self._messages[channel][ts] = tombstone
            return before, tombstone

    def react(self, channel: str, ts: str, name: str, user: str, *, is_added: bool) -> bool:
        """Add or remove a reaction; returns whether anything changed."""
        with self._changes.writing():
            message = self._messages[channel][ts]
            reactions = {known: list(users) for known, users in message.reactions}
            users = reactions.setdefault(name, [])
            if (user in users) == is_added:
                return False
            if is_added:
                users.append(user)
            else:
                users.remove(user)
            remaining = tuple((known, tuple(users)) for known, users in reactions.items() if users)
            self._messages[channel][ts] = replace(message, reactions=remaining)
            return True

    def message(self, channel: str, ts: str) -> Message:
        with self._changes.reading():
            return self._messages[channel][ts]

    def messages(self, channel: str) -> tuple[Message, ...]:
        """Return all messages of a channel and its threads, oldest first."""
        with self._changes.reading():
            return tuple(self._messages[channel].values())

    def thread(self, channel: str, root: str) -> tuple[Message, ...]:
        """Return a thread's root, if it exists, and its replies, oldest first."""
        return tuple(one for one in self.messages(channel) if root in (one.ts, one.thread_ts))

    def ephemerals(self, user: str) -> tuple[Message, ...]:
        """Return the messages that only ``user`` sees, oldest first."""
        with self._changes.reading():
            return tuple(message for message in self._ephemerals.values() if message.seen_by == user)

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

    def _new_message(
        self, channel: str, user: str, text: str, thread_ts: str | None, blocks: Iterable[Json]
    ) -> Message:
        author, where, ts = self._users[user], self._channels[channel], self.mint_ts()
        return Message(
            where.id,
            ts,
            author.id,
            text,
            bot_id=author.bot_id,
            app_id=author.app_id,
            thread_ts=thread_ts,
            blocks=add_ids(blocks, ts),
            user_team=(author.team or self.team.id) if where.shared_with else author.team,
        )


def default_workspace(changes: ChangeNotifier) -> Workspace:
    """Return a team of two people and two bots, with two channels and three direct messages."""
    everyone = frozenset({BOT, YOU, COLLEAGUE, OTHER_BOT})
    return Workspace(
        changes,
        team=Team("T0FAKE", "Fake Slack", "fake-slack"),
        bot=User(BOT, "Pullquote", bot_id="B0PULLQUOTE", app_id="A0PULLQUOTE"),
        users=(
            User(YOU, "You"),
            User(COLLEAGUE, "Colleague"),
            User(OTHER_BOT, "Other bot", bot_id="B0OTHERBOT", app_id="A0OTHERBOT"),
        ),
        channels=(
            Channel(GENERAL, "general", "channel", everyone),
            Channel(RESEARCH, "research", "channel", everyone),
            Channel(DM_YOU, "", "im", frozenset({BOT, YOU})),
            Channel(DM_COLLEAGUE, "", "im", frozenset({BOT, COLLEAGUE})),
            Channel(GROUP, "mpdm-you--colleague--pullquote-1", "mpim", frozenset({BOT, YOU, COLLEAGUE})),
        ),
    )
