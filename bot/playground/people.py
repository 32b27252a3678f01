"""What people do in the workspace, and what Slack does to their messages by itself; keeps secret whom it is told to."""

from __future__ import annotations

from collections.abc import Iterable

from bot.playground import cast
from bot.playground.events import Announcer
from bot.playground.forwarding import forwarded
from bot.playground.nouns import Channel, ChannelKind, File, Guest, Json, Message, User, as_typed
from bot.playground.workspace import Workspace


class People:
    """The hands in a workspace: each thing done is kept there and announced to the app."""

    def __init__(self, workspace: Workspace, announcer: Announcer) -> None:
        self.workspace = workspace
        self._announcer = announcer

    # Who is there

    def add_person(self, *, channels: Iterable[str] = (), team: str | None = None, guest: Guest | None = None) -> str:
        """A new person's id, already a member of ``channels``; of another organisation when ``team`` names one."""
        number = len(self.workspace.users()) + 1
        person = User(f"U0PERSON{number}", f"Person {number}", team=team, guest=guest)
        self.workspace.add_user(person)
        for channel in channels:
            self.workspace.join(channel, person.id)
        return person.id

    def add_channel(self, *, kind: ChannelKind = "channel", shared_with: Iterable[str] = ()) -> str:
        """A new channel's id, in which everyone is who is there now; ``shared_with`` are other organisations' teams."""
        number = len(self.workspace.channels()) + 1
        name = f"channel-{number}"
        members = frozenset(user.id for user in self.workspace.users())
        self.workspace.add_channel(Channel(f"C0CHANNEL{number}", name, kind, members, frozenset(shared_with)))
        return f"C0CHANNEL{number}"

    def open_dm(self, user: str) -> str:
        """The id of the direct message between ``user`` and the bot."""
        return self.workspace.direct_message(user).id

    # What people do

    def say(
        self,
        channel: str,
        text: str,
        *,
        user: str = cast.YOU,
        thread: str | None = None,
        files: Iterable[File] = (),
        attachments: Iterable[Json] = (),
    ) -> Message:
        """Post as ``user``, typed in the composer: ``& < >`` are escaped, mentions are kept."""
        message = self.workspace.post(
            channel, user, as_typed(text), thread_ts=thread, files=files, attachments=attachments
        )
        self._announcer.posted(message)
        return message

    def forward(self, message: Message, channel: str, text: str = "", *, user: str = cast.YOU) -> Message:
        """Share ``message`` in ``channel``, below what is typed with it, which may be nothing."""
        return self.say(channel, text, user=user, attachments=[forwarded(self.workspace, message)])

    def edit(self, message: Message, text: str) -> Message:
        """Change what was said; returns it as it now stands."""
        before, after = self.workspace.edit(message.channel, message.ts, text=as_typed(text))
        self._announcer.edited(before, after)
        return after

    def delete(self, message: Message) -> None:
        self._announcer.deleted(*self.workspace.remove(message.channel, message.ts))

    def join(self, channel: str, user: str, *, inviter: str | None = None) -> Message:
        """Become a member; returns the notice in the channel."""
        notice = self.workspace.join(channel, user)
        self._announcer.joined(notice, inviter)
        return notice

    def react(self, message: Message, name: str, *, user: str = cast.YOU, stands: bool = True) -> None:
        """Put a reaction on a message, or take it away."""
        if self.workspace.react(message.channel, message.ts, name, user, stands=stands):
            self._announcer.reacted(message, name, user, stands=stands)

    def open_home(self, *, user: str = cast.YOU, tab: str = "home") -> None:
        """Open the app's ``home`` or ``messages`` tab."""
        self._announcer.home_opened(user, tab)

    # What Slack does to a message by itself: message_changed, with the words as they were

    def unfurl(self, message: Message) -> None:
        """Show the preview of a link in it."""
        link = "https://example.org/"
        preview = {"id": 1, "from_url": link, "original_url": link, "title": "Example", "fallback": "Example"}
        self._announcer.annotated(*self.workspace.annotate(message.channel, message.ts, attachments=[preview]))

    def detect_language(self, message: Message, locale: str = "en") -> None:
        """Find out which language it is in."""
        self._announcer.annotated(*self.workspace.annotate(message.channel, message.ts, language=locale))

    def count_replies(self, message: Message) -> None:
        """Show under it how many replies its thread has."""
        root = self.workspace.message(message.channel, message.ts)
        self._announcer.annotated(root, root)
