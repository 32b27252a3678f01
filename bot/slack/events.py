"""Parse Slack's message events into new, edited and deleted questions.

"(observed)" marks facts that Slack's reference does not state and that others reported of live workspaces.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from bot.slack.payloads import MessageEnvelope, SlackEvent, SlackMessage, extract_question, is_small_talk, to_plain_text
from bot.store.models import MessageRef, QuestionEvent

log = logging.getLogger(__name__)

# No subtype is an ordinary message; these are one with a file, a thread reply also shown in the channel, and "/me …".
_ORDINARY_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})
# Where follow-ups are answered; in a direct message of several people the bot answers mentions only.
_CHANNEL_TYPES = frozenset({"channel", "group"})
_SLACKBOT = "USLACKBOT"

# Signs that people talk to one another: a mention, "I", "we" or "you", a quotation.
_MENTION = re.compile(r"<[@!]")
_PRONOUN = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours|you|your|yours|let['’]?s|y['’]?all)\b", re.I)
_QUOTATION = re.compile(r"^\s*(?:&gt;|>|```)", re.M)
_QUESTION_MARK = re.compile(r"\?[\s)\]\"'”’!?.]*$")
_LEAD = r"\W*(?:and |but |so |then |or )?"
_VERB = r"(?:is|are|was|were|am|do|does|did|has|have|had|will|would|can|could|should|shall|may|might)"
# Without a question mark, "what a mess" and "when it rains" are not questions.
_QUESTION_START = re.compile(
    rf"{_LEAD}(?:who\b|whose\b|(?:what|how) about\b|how (?:many|much|long|often|old|far|big|large)\b"
    rf"|(?:what|when|where|why|how|which(?: \w+)?)(?:['’]s| {_VERB})\b)"
    r"|\W*and (?:on|in|for|about|of|with|by|from|at) \S+(?: \S+){0,2}$",
    re.I,
)

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
    """A question that needs exactly one visible reply; a follow-up, or one by a workflow, needs at most one.

    ``user``: the id of the person, or of the workflow if ``is_by_workflow``; nothing can be said to a workflow in
    private. ``thread``: the thread to reply in, None outside a thread of a direct message. ``text``: the question in
    plain words, None if the message asks nothing (a greeting, thanks, "never mind", an emoji, nothing at all).
    ``notes``: which parts of the message were not read. ``is_unaddressed_edit``: an edit of a message that does not
    address the bot and did not before; it is ignored unless the store knows the message. ``response_url``: where to
    reply privately to a command, shortcut or button.
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
    is_by_workflow: bool = False

    @property
    def ref(self) -> MessageRef:
        return self.event.ref


@dataclass(frozen=True, slots=True)
class DeletedQuestion:
    """A message that was deleted; ``is_addressed``: it addressed the bot, or may have before it was edited."""

    ref: MessageRef
    is_addressed: bool


def parse_event(
    body: dict[str, Any], *, bot_user: str | None, workflows: bool = True
) -> IncomingQuestion | DeletedQuestion | None:
    """Parse the body of an event delivery; None if it does not concern the bot.

    ``workflows``: whether Workflow Builder may ask. No other app may, so that two bots cannot answer each other.

    An edit that keeps or adds the mention arrives as a new mention with the message's own timestamp and, where the app
    is subscribed to messages, also as a change of the message. Both give the same version of the same question.
    """
    try:
        envelope = MessageEnvelope.model_validate(body)
    except ValidationError as error:
        log.warning("ignored an event: %d fields are not as expected", error.error_count())
        return None
    event = envelope.event
    if not workflows and any(one.workflow for one in (event, event.message, event.previous_message) if one):
        return None
    if event.type == "message" and event.subtype == "message_changed":
        return _parse_change(envelope, bot_user)
    if event.type == "message" and event.subtype == "message_deleted":
        before = event.previous_message
        return _parse_deletion(envelope, event.deleted_ts or (before.ts if before else None), bot_user)
    return _parse_message(envelope, bot_user) if _may_ask(event, bot_user) else None


def _parse_message(envelope: MessageEnvelope, bot_user: str | None) -> IncomingQuestion | None:
    event = envelope.event
    if event.type == "app_mention":
        return _question(envelope, event, bot_user, "mention")
    # A mention may arrive as a message only, or as both: in a direct message of several people, and after "/me".
    if event.type == "message" and _is_addressed(event, event, bot_user):
        return _question(envelope, event, bot_user, _entry_point(event))
    if _is_in_channel_thread(event, event) and not event.workflow and _is_follow_up(event):
        return _question(envelope, event, bot_user, "follow-up")
    return None


def _is_follow_up(message: SlackMessage) -> bool:
    """Whether a message in a thread asks the archive something, rather than somebody in the conversation.

    In doubt false: a mention still asks it.
    """
    text = to_plain_text(message.text)
    if is_small_talk(text) or _MENTION.search(message.text) or _QUOTATION.search(message.text):
        return False
    if _PRONOUN.search(text.replace("US", "")):  # "US" is a country
        return False
    return _QUESTION_MARK.search(text) is not None or _QUESTION_START.match(text) is not None


def _entry_point(event: SlackEvent) -> EntryPoint:
    is_direct = event.channel_type == "im" or (event.channel_type is None and event.channel.startswith("D"))
    return "dm" if is_direct else "mention"


def _is_in_channel_thread(event: SlackEvent, message: SlackMessage) -> bool:
    return event.type == "message" and event.channel_type in _CHANNEL_TYPES and message.is_in_thread


def _may_ask(message: SlackMessage, bot_user: str | None) -> bool:
    """Whether ``message`` is one that a person wrote, or a workflow."""
    if message.user in {bot_user, _SLACKBOT}:
        return False
    if message.workflow:
        return message.subtype in {*_ORDINARY_SUBTYPES, "bot_message"}
    return message.user is not None and message.bot_id is None and message.subtype in _ORDINARY_SUBTYPES


def _is_addressed(event: SlackEvent, message: SlackMessage, bot_user: str | None) -> bool:
    is_direct = _entry_point(event) == "dm" and not message.workflow
    return is_direct or f"<@{bot_user}>" in message.text or f"<@{bot_user}|" in message.text


def _parse_change(envelope: MessageEnvelope, bot_user: str | None) -> IncomingQuestion | DeletedQuestion | None:
    event = envelope.event
    now, before = event.message, event.previous_message
    if now is None or before is None:
        return None
    if now.subtype == "tombstone":  # a deleted message that has replies is changed into this (observed)
        return _parse_deletion(envelope, now.ts, bot_user)
    # Unfurled links, new replies and recognised languages are sent as changes too, with the same text.
    if now.text == before.text or not _may_ask(now, bot_user):
        return None
    # The mention itself may arrive after its own edit, which may have removed it.
    is_addressed = _is_addressed(event, now, bot_user) or _is_addressed(event, before, bot_user)
    if is_addressed or not _is_in_channel_thread(event, now):
        return _question(envelope, now, bot_user, _entry_point(event), is_unaddressed_edit=not is_addressed)
    if not now.workflow and _is_follow_up(now):
        return _question(envelope, now, bot_user, "follow-up")
    return replace(_question(envelope, now, bot_user, "follow-up", is_unaddressed_edit=True), text=None)


def _parse_deletion(envelope: MessageEnvelope, ts: str | None, bot_user: str | None) -> DeletedQuestion | None:
    event = envelope.event
    before = event.previous_message
    if ts is None or (before is not None and not _may_ask(before, bot_user)):
        return None
    # An edit may have removed the mention, and the mention itself may arrive after its own deletion.
    is_addressed = before is not None and (before.edited is not None or _is_addressed(event, before, bot_user))
    return DeletedQuestion(MessageRef(envelope.own_team, event.channel, ts), is_addressed)


def _question(
    envelope: MessageEnvelope,
    message: SlackMessage,
    bot_user: str | None,
    entry_point: EntryPoint,
    *,
    is_unaddressed_edit: bool = False,
) -> IncomingQuestion:
    event = envelope.event
    ref = MessageRef(envelope.own_team, event.channel, message.ts)
    # A person's edit always has a time of edit; a change without one is a bot's (observed).
    version = message.edited.ts if message.edited else event.ts if message is not event else ""
    # Only the fields that are read are stored; they parse to the same question again.
    body = json.dumps(envelope.model_dump(exclude_defaults=True))
    text, notes = extract_question(message)
    if entry_point != "dm":
        thread: str | None = message.thread_ts or message.ts
    else:  # a direct message with replies in a thread names itself as its root, but is answered beside it
        thread = message.thread_ts if message.is_in_thread else None
    sender = Sender(
        # No person can be looked up for a workflow; one of another organisation is marked as such.
        message.author_team or (envelope.own_team if message.workflow else None),
        frozenset(team for team in (envelope.own_team, envelope.enterprise) if team),
        envelope.is_ext_shared_channel,
        event.channel_type == "channel" if event.channel_type else None,  # a mention has no channel type
    )
    return IncomingQuestion(
        QuestionEvent(envelope.event_id, ref, version, body),
        entry_point,
        str(message.workflow or message.user),
        thread,
        text,
        notes,
        sender,
        is_unaddressed_edit,
        is_by_workflow=message.workflow is not None,
    )
