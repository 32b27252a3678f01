"""Which of the messages in a thread go on with a question that the bot has answered there, without speaking to it.

Keeps secret by what a question to the archive is told from what people say to one another. It would rather miss a
question, which a mention asks all the same, than take part in a conversation that is not its own.

What an event is: a question, a revision of one, the withdrawal of one, or nothing.

Keeps secret which events Slack tells of messages, of edits and of deletions by. Facts about them that its reference
does not state are marked "seen": what people reported of live workspaces.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from bot.slack.payloads import Envelope, SlackEvent, SlackMessage
from bot.slack.plain_text import extract_question, to_plain_text
from bot.slack.strings import is_small_talk
from bot.store.models import MessageRef, QuestionEvent

# Somebody is spoken to, by name or by "you", or speaks of themselves; somebody else's words are shown.
_ADDRESSED = re.compile(r"<[@!]")
_BETWEEN_PEOPLE = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours|you|your|yours|let['’]?s|y['’]?all)\b", re.I)
_SHOWN = re.compile(r"^\s*(?:&gt;|>|```)", re.M)
_ASKED = re.compile(r"\?[\s)\]\"'”’!?.]*$")
_LEAD = r"\W*(?:and |but |so |then |or )?"
_VERB = r"(?:is|are|was|were|am|do|does|did|has|have|had|will|would|can|could|should|shall|may|might)"
# Without a question mark "what a mess" and "when it rains" are none.
_ASKING = re.compile(
    rf"{_LEAD}(?:who\b|whose\b|(?:what|how) about\b|how (?:many|much|long|often|old|far|big|large)\b"
    rf"|(?:what|when|where|why|how|which(?: \w+)?)(?:['’]s| {_VERB})\b)"
    r"|\W*and (?:on|in|for|about|of|with|by|from|at) \S+(?: \S+){0,2}$",
    re.I,
)


def is_follow_up(said: SlackMessage, words: str) -> bool:
    """Whether ``said``, whose plain words are ``words``, is a question that may be meant for the bot."""
    if not said.is_in_thread or is_small_talk(words) or _ADDRESSED.search(said.text) or _SHOWN.search(said.text):
        return False
    if _BETWEEN_PEOPLE.search(words.replace("US", "")):  # which is a country
        return False
    return _ASKED.search(words) is not None or _ASKING.match(words) is not None


log = logging.getLogger(__name__)

# No subtype is an ordinary message; these two are one with a file, and one in a thread shown in the channel too.
_ORDINARY = frozenset({None, "file_share", "thread_broadcast"})
# Where threads are; in a direct message of several people the bot takes part only when it is mentioned.
_CHANNELS = frozenset({"channel", "group"})
_SLACKBOT = "USLACKBOT"

EntryPoint = Literal["mention", "dm", "follow-up", "command", "shortcut", "share", "join"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a question comes from.

    ``user_team`` is the workspace or organisation of the person, None if Slack did not say; ``own_teams`` are the ids
    of the bot's workspace and organisation; ``is_external_channel``: the channel is shared with another organisation;
    ``is_public``: everyone in the workspace can read the channel, None if Slack did not say.
    """

    user_team: str | None
    own_teams: frozenset[str]
    is_external_channel: bool
    is_public: bool | None = None


@dataclass(frozen=True, slots=True)
class IncomingQuestion:
    """A message to the bot, which is owed exactly one visible reply; a follow-up, which is to nobody, one at most.

    ``thread`` is the thread to reply in, None for a flat direct message; ``text`` is in plain words, and None when the
    message asks nothing (a greeting, thanks, an emoji, nothing at all); ``notes`` say what of the message was not read.
    ``response_url`` is where the asker alone is told something of what was no message.
    ``is_unaddressed_edit``: an edit of a message that does not address the bot and did not before; it is ignored
    unless the store knows the message.
    """

    event: QuestionEvent
    entry_point: EntryPoint
    user: str
    thread: str | None
    text: str | None
    notes: tuple[str, ...]
    sender: Sender
    is_unaddressed_edit: bool
    response_url: str | None = None

    @property
    def ref(self) -> MessageRef:
        return self.event.ref


@dataclass(frozen=True, slots=True)
class DeletedQuestion:
    """A person deleted a message; ``is_addressed`` when it spoke to the bot, or may have before it was edited."""

    ref: MessageRef
    is_addressed: bool


def parse_event(body: dict[str, Any], *, bot_user: str | None) -> IncomingQuestion | DeletedQuestion | None:
    """What this delivery asks of the bot, or None when it is nothing that concerns it.

    An edit that keeps or brings the mention comes as a new mention with the message's own timestamp, and as a change of
    the message too where the app is subscribed to messages; both are the same version of the same question.
    """
    try:
        envelope = Envelope.model_validate(body)
    except ValidationError as error:
        log.warning("ignored an event of an unknown shape: %d fields are not as expected", error.error_count())
        return None
    event = envelope.event
    if event.type == "message" and event.subtype == "message_changed":
        return _changed(envelope, bot_user)
    if event.type == "message" and event.subtype == "message_deleted":
        gone = event.previous_message
        return _withdrawn(envelope, event.deleted_ts or (gone.ts if gone else None), bot_user)
    return _said(envelope, event, bot_user) if _is_by_person(event, bot_user) else None


def _said(envelope: Envelope, event: SlackEvent, bot_user: str | None) -> IncomingQuestion | None:
    if _is_for_us(event, bot_user):
        return _asked(envelope, event, bot_user, "mention" if event.type == "app_mention" else _surface(event))
    if _is_in_channel_thread(event, event) and is_follow_up(event, to_plain_text(event.text, bot_user=bot_user)):
        return _asked(envelope, event, bot_user, "follow-up")
    return None


def _is_for_us(event: SlackEvent, bot_user: str | None) -> bool:
    # In a direct message of several people a mention may come as a message alone, or as both.
    is_addressed = _surface(event) == "dm" or (event.channel_type == "mpim" and _is_addressed(event, event, bot_user))
    return event.type == "app_mention" or (event.type == "message" and is_addressed)


def _surface(event: SlackEvent) -> EntryPoint:
    is_direct = event.channel_type == "im" or (event.channel_type is None and event.channel.startswith("D"))
    return "dm" if is_direct else "mention"


def _is_in_channel_thread(event: SlackEvent, message: SlackMessage) -> bool:
    return event.type == "message" and event.channel_type in _CHANNELS and message.is_in_thread


def _is_by_person(message: SlackMessage, bot_user: str | None) -> bool:
    by_person = message.user is not None and message.user not in {bot_user, _SLACKBOT} and message.bot_id is None
    return by_person and message.subtype in _ORDINARY


def _changed(envelope: Envelope, bot_user: str | None) -> IncomingQuestion | DeletedQuestion | None:
    """Slack tells of unfurled links, replies and recognised languages as changes too: only other words count."""
    now, before = envelope.event.message, envelope.event.previous_message
    if now is None or before is None:
        return None
    if now.subtype == "tombstone":
        # What a deleted root with replies is changed into (seen), instead of an event of its deletion.
        return _withdrawn(envelope, now.ts, bot_user)
    if now.text == before.text or not _is_by_person(now, bot_user):
        return None
    # The mention itself may come later than its own edit, which may even have taken it away.
    event = envelope.event
    is_addressed = _is_addressed(event, now, bot_user) or _is_addressed(event, before, bot_user)
    if is_addressed or not _is_in_channel_thread(event, now):
        return _asked(envelope, now, bot_user, _surface(event), is_unaddressed_edit=not is_addressed)
    if is_follow_up(now, to_plain_text(now.text, bot_user=bot_user)):
        return _asked(envelope, now, bot_user, "follow-up")
    return replace(_asked(envelope, now, bot_user, "follow-up", is_unaddressed_edit=True), text=None)


def _is_addressed(event: SlackEvent, message: SlackMessage, bot_user: str | None) -> bool:
    return _surface(event) == "dm" or f"<@{bot_user}>" in message.text


def _withdrawn(envelope: Envelope, ts: str | None, bot_user: str | None) -> DeletedQuestion | None:
    event = envelope.event
    gone = event.previous_message
    if ts is None or (gone is not None and not _is_by_person(gone, bot_user)):
        return None
    # An edit may have taken the mention away, and the mention itself may come after its own deletion.
    is_addressed = gone is not None and (gone.edited is not None or _is_addressed(event, gone, bot_user))
    return DeletedQuestion(MessageRef(envelope.own_team, event.channel, ts), is_addressed)


def _asked(
    envelope: Envelope,
    said: SlackMessage,
    bot_user: str | None,
    surface: EntryPoint,
    *,
    is_unaddressed_edit: bool = False,
) -> IncomingQuestion:
    ref = MessageRef(envelope.own_team, envelope.event.channel, said.ts)
    # Bots' changes alone come without a time of edit; a person's never do (seen).
    version = said.edited.ts if said.edited else envelope.event.ts if said is not envelope.event else ""
    # Only what is read of an event is kept: what comes out reads back to the same question.
    body = json.dumps(envelope.model_dump(exclude_defaults=True))
    text, notes = extract_question(said, bot_user)
    return IncomingQuestion(
        QuestionEvent(envelope.event_id, ref, version, body),
        surface,
        str(said.user),
        _thread(said, surface),
        text,
        notes,
        _origin(envelope, said),
        is_unaddressed_edit,
    )


def _thread(said: SlackMessage, surface: EntryPoint) -> str | None:
    if surface != "dm":
        return said.thread_ts or said.ts
    # A direct message that got replies in a thread names itself as its root; its answer stands beside it all the same.
    return said.thread_ts if said.is_in_thread else None


def _origin(envelope: Envelope, said: SlackMessage) -> Sender:
    home = frozenset(one for one in (envelope.own_team, envelope.enterprise) if one)
    # A mention comes without the kind of its channel.
    kind = envelope.event.channel_type
    is_public = kind == "channel" if kind else None
    return Sender(said.user_team or said.source_team or said.team, home, envelope.is_ext_shared_channel, is_public)
