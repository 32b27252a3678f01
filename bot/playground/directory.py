"""Who and what there is in a workspace: people, apps and conversations; keeps secret how they are stored and locked."""

from __future__ import annotations

from collections.abc import Iterable

from bot.playground.changes import Changes
from bot.playground.nouns import Channel, Team, User


class Directory:
    """The people and conversations of one team with one installed app, ``bot``; safe to use from any thread.

    ``KeyError`` where a channel or user that is named does not exist.
    """

    def __init__(
        self, changes: Changes, *, team: Team, bot: User, users: Iterable[User], channels: Iterable[Channel]
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
        with self._changes.making():
            self._channels[channel.id] = channel

    def add_user(self, user: User) -> None:
        with self._changes.making():
            self._users[user.id] = user

    def direct_message(self, user: str) -> Channel:
        """The direct message between the bot and ``user``, opened where there is none yet."""
        with self._changes.making():
            person = self._users[user]
            members = frozenset({person.id, self.bot.id})
            named = f"D{person.id[1:]}"
            if named not in self._channels:
                shared_with = frozenset({person.team}) if person.team else frozenset()
                self._channels[named] = Channel(named, "", "im", members, shared_with)
            return self._channels[named]
