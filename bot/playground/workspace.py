"""One lock for all that the stand-in holds, and how to wait for a change; keeps secret how threads wake one another.

Who and what there is in a workspace: people, apps and conversations; keeps secret how they are stored and locked.

A workspace's state: its messages and reactions, and who is there; keeps secret how they are stored and locked.

The people and channels that the stand-in opens with; keeps secret nothing: tests name them by these ids.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bot.models import Json
from bot.playground.elements import with_ids
from bot.playground.models import Channel, File, Message, Team, User


class ChangeNotifier:
    """Guards the stand-in's state and wakes whoever waits for it to change; safe to enter again by the same thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.RLock())
        self._count = 0
        self._watchers: list[Callable[[], object]] = []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the state alone while changing it; everyone who waits looks again afterwards."""
        with self._condition:
            yield
            self._count += 1
            self._condition.notify_all()
            for tell in self._watchers:
                tell()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the state still while reading it."""
        with self._condition:
            yield

    @contextmanager
    def watching(self, tell: Callable[[], object]) -> Iterator[None]:
        """Have ``tell`` called at each change, by whoever makes it, while the state is held: it must not wait."""
        with self._condition:
            self._watchers.append(tell)
        try:
            yield
        finally:
            with self._condition:
                self._watchers.remove(tell)

    def wait_for(self, holds: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``holds()``, at most ``timeout`` seconds; return whether it came to hold."""
        with self._condition:
            return self._condition.wait_for(holds, timeout)

    def wait_until_idle(self, is_idle: Callable[[], bool], grace: float, timeout: float) -> bool:
        """Wait until ``is_idle()`` and nothing has changed for ``grace`` seconds; return whether that came to be."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                if not self._condition.wait_for(is_idle, max(0.0, deadline - time.monotonic())):
                    return False
                count = self._count
                left = max(0.0, deadline - time.monotonic())
                if not self._condition.wait_for(lambda seen=count: self._count != seen, min(grace, left)):  # type: ignore[misc]
                    return left >= grace


class WorkspaceDirectory:
    """The people and conversations of one team with one installed app, ``bot``; safe to use from any thread.

    ``KeyError`` where a channel or user that is named does not exist.
    """

    def __init__(
        self, changes: ChangeNotifier, *, team: Team, bot: User, users: Iterable[User], channels: Iterable[Channel]
    ) -> None:
        self._changes = changes
        self.team = team
        self.bot = bot
        self._users = {user.id: user for user in (bot, *users)}
        self._channels = {channel.id: channel for channel in channels}

    def user(self, user: str) -> User:
        with self._changes.reading():
            return self._users[user]

    def users(self) -> tuple[User, ...]:
        with self._changes.reading():
            return tuple(self._users.values())

    def user_of_bot(self, bot_id: str) -> User:
        """The bot user whose ``bot_id`` this is."""
        with self._changes.reading():
            found = next((user for user in self._users.values() if user.bot_id == bot_id), None)
        if found is None:
            raise KeyError(bot_id)
        return found

    def channel(self, channel: str) -> Channel:
        with self._changes.reading():
            return self._channels[channel]

    def is_ext_shared(self, channel: str) -> bool:
        """Whether ``channel`` is shared with other organisations; a channel that is not known is not."""
        with self._changes.reading():
            return channel in self._channels and self._channels[channel].is_ext_shared

    def channels(self) -> tuple[Channel, ...]:
        with self._changes.reading():
            return tuple(self._channels.values())

    def add_channel(self, channel: Channel) -> None:
        with self._changes.writing():
            self._channels[channel.id] = channel

    def add_user(self, user: User) -> None:
        with self._changes.writing():
            self._users[user.id] = user

    def direct_message(self, user: str) -> Channel:
        """The direct message between the bot and ``user``, opened where there is none yet."""
        with self._changes.writing():
            person = self._users[user]
            members = frozenset({person.id, self.bot.id})
            named = f"D{person.id[1:]}"
            if named not in self._channels:
                shared_with = frozenset({person.team}) if person.team else frozenset()
                self._channels[named] = Channel(named, "", "im", members, shared_with)
            return self._channels[named]


TOMBSTONE_USER = "USLACKBOT"


class Workspace(WorkspaceDirectory):
    """One team with one installed app, ``bot``, and all that was said there; safe to use from any thread.

    ``KeyError`` where a channel, user or message that is named does not exist.
    """

    def __init__(
        self, changes: ChangeNotifier, *, team: Team, bot: User, users: Iterable[User], channels: Iterable[Channel]
    ) -> None:
        super().__init__(changes, team=team, bot=bot, users=users, channels=channels)
        # Of each channel, by timestamp and in its order: timestamps are minted in order, and a change keeps the place
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._ephemerals: list[Message] = []
        self._last_ts = 0

    def join(self, channel: str, user: str) -> Message:
        """Make ``user`` a member; returns the notice that Slack keeps in the channel."""
        with self._changes.writing():
            joined = self._channels[channel]
            self._channels[channel] = replace(joined, members=joined.members | {self._users[user].id})
            return self.post(channel, user, f"<@{user}> has joined the channel", subtype="channel_join")

    def mint_ts(self) -> str:
        """A new timestamp, later than every one before it."""
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
        """Keep a new message; its block ids are filled in, as Slack does."""
        with self._changes.writing():
            message = self._drawn_up(channel, user, text, thread_ts, blocks)
            message = replace(message, metadata=metadata, subtype=subtype)
            message = replace(message, files=tuple(files), attachments=tuple(attachments))
            self._messages[channel][message.ts] = message
            return message

    def post_ephemeral(
        self, channel: str, to: str, text: str, *, thread_ts: str | None = None, blocks: Iterable[Json] = ()
    ) -> Message:
        """Show a message of the bot's to one person only."""
        with self._changes.writing():
            message = replace(self._drawn_up(channel, self.bot.id, text, thread_ts, blocks), seen_by=to)
            self._ephemerals.append(message)
            return message

    def edit_ephemeral(self, ts: str, text: str, blocks: Iterable[Json]) -> None:
        """Replace what one person was shown."""
        with self._changes.writing():
            at = self._ephemeral_position(ts)
            self._ephemerals[at] = replace(self._ephemerals[at], text=text, blocks=with_ids(blocks, ts))

    def delete_ephemeral(self, ts: str) -> None:
        with self._changes.writing():
            del self._ephemerals[self._ephemeral_position(ts)]

    def edit(
        self,
        channel: str,
        ts: str,
        *,
        text: str | None = None,
        blocks: Iterable[Json] | None = None,
        metadata: Json | None = None,
    ) -> tuple[Message, Message]:
        """Change what is given and keep the rest; returns the message before and after."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            after = replace(
                before,
                text=before.text if text is None else text,
                blocks=before.blocks if blocks is None else with_ids(blocks, ts),
                metadata=metadata or before.metadata,
                edited_ts=self.mint_ts(),
            )
            self._messages[channel][ts] = after
            return before, after

    def annotate(
        self, channel: str, ts: str, *, attachments: Iterable[Json] = (), language: str | None = None
    ) -> tuple[Message, Message]:
        """Keep what Slack itself finds out about a message; returns it before and after, its text the same."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            after = replace(
                before,
                attachments=(*before.attachments, *attachments),
                language=language or before.language,
            )
            self._messages[channel][ts] = after
            return before, after

    def remove(self, channel: str, ts: str) -> tuple[Message, Message | None]:
        """Delete a message; returns it, and the tombstone that stands for a root which still has replies."""
        with self._changes.writing():
            before = self._messages[channel][ts]
            if self.thread(channel, ts) == (before,):
                del self._messages[channel][ts]
                return before, None
            text = "This message was deleted."
            tombstone = Message(channel, ts, TOMBSTONE_USER, text, thread_ts=ts, subtype="tombstone")
            self._messages[channel][ts] = tombstone
            return before, tombstone

    def react(self, channel: str, ts: str, name: str, user: str, *, is_added: bool) -> bool:
        """Add or take away a reaction; returns False when it was so already."""
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
            kept = tuple((known, tuple(users)) for known, users in reactions.items() if users)
            self._messages[channel][ts] = replace(message, reactions=kept)
            return True

    def message(self, channel: str, ts: str) -> Message:
        with self._changes.reading():
            return self._messages[channel][ts]

    def messages(self, channel: str) -> tuple[Message, ...]:
        """All messages of a channel and its threads, oldest first."""
        with self._changes.reading():
            return tuple(self._messages[channel].values())

    def thread(self, channel: str, root: str) -> tuple[Message, ...]:
        """A thread's root, if it still exists, and its replies, oldest first."""
        return tuple(one for one in self.messages(channel) if root in (one.ts, one.thread_ts))

    def ephemerals(self, user: str) -> tuple[Message, ...]:
        """What only ``user`` was shown, oldest first."""
        with self._changes.reading():
            return tuple(message for message in self._ephemerals if message.seen_by == user)

    def to_json(self, message: Message, *, with_metadata: bool = True) -> Json:
        """The message object, with what a root tells about its thread."""
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
        """The address under which Slack shows ``message``; a reply's names its thread too."""
        link = f"https://{self.team.domain}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
        in_thread = message.thread_ts not in (None, message.ts)
        return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if in_thread else link

    def _ephemeral_position(self, ts: str) -> int:
        for at, message in enumerate(self._ephemerals):
            if message.ts == ts:
                return at
        raise KeyError(ts)

    def _drawn_up(self, channel: str, user: str, text: str, thread_ts: str | None, blocks: Iterable[Json]) -> Message:
        author, where, ts = self._users[user], self._channels[channel], self.mint_ts()
        return Message(
            where.id,
            ts,
            author.id,
            text,
            bot_id=author.bot_id,
            app_id=author.app_id,
            thread_ts=thread_ts,
            blocks=with_ids(blocks, ts),
            user_team=(author.team or self.team.id) if where.is_ext_shared else author.team,
        )


BOT = "U0PULLQUOTE"
YOU = "U0YOU"
COLLEAGUE = "U0COLLEAGUE"
OTHER_BOT = "U0OTHERBOT"
GENERAL = "C0GENERAL"
RESEARCH = "C0RESEARCH"
DM_YOU = "D0YOU"
DM_COLLEAGUE = "D0COLLEAGUE"
# Like a channel's: Slack has given no more ids that begin with G since 2021, as openclaw/openclaw#115463 tells
GROUP = "C0GROUP"


def default_workspace(changes: ChangeNotifier) -> Workspace:
    """A team of two people, two channels, direct messages with the bot (each alone, both together), another bot."""
    everyone = frozenset({BOT, YOU, COLLEAGUE, OTHER_BOT})
    return Workspace(
        changes,
        team=Team("T0STANDIN", "Stand-in", "stand-in"),
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
