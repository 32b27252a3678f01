"""Parse Slack's message events into new, edited and deleted questions, in plain words.

"(observed)" marks facts that Slack's reference does not state and that others reported of live workspaces.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from bot.models import join_words
from bot.search.mentions import strip_markup
from bot.slack.blocks import truncate, unescape
from bot.store.models import MessageRef, QuestionEvent

log = logging.getLogger(__name__)

# A longer text was pasted, and each further word costs search time and precision. 2,000 characters are about 330 words,
# four times the longest quote.
QUESTION_LIMIT = 2_000

# These patterns meet the whole text of a message, of up to 40,000 characters, before its sender is admitted: none may
# read the same characters again from each of many positions.
_ANGLE_BRACKETS = re.compile(r"<([^<>|]*+)\|?([^<>]*+)>")
_EMOJI_CODE = re.compile(r"(?<!\w):(?:[+-]1|100|1234|(?=[^:]*[a-z])[a-z0-9_'+-]+):(?::skin-tone-[2-6]:)?(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_URL = re.compile(r"(?<!\S)https?://\S+")
_LINK = re.compile(r"<https?://[^<>]*>|(?<![\w<|])https?://\S")
# Images and recordings are recognised by the first part of their media type.
_FILE_KINDS = {"image": "images", "audio": "recordings", "video": "recordings"}
_SMALL_TALK = frozenset(
    """
hi, hey, hello, hi there, hey there, hello there, hi all, hello all, hiya, howdy, yo, greetings, good day
good morning, good afternoon, good evening, morning, evening
thanks, thank you, thanks a lot, many thanks, thanks so much, thank you very much, thank you so much, thx, ty, cheers
ok thanks, okay thanks, great thanks, perfect thanks, nice thanks, cool thanks, ok thank you, great thank you
ok, okay, great, nice, cool, perfect, awesome, got it, well done, good bot, nice one, bye, goodbye, see you, lol
never mind, nevermind, nvm, forget it, forget that, ignore this, ignore that, ignore me, scratch that, disregard
sorry, oops, my bad, no worries, all good, found it, i found it, got it now, solved, resolved, wrong channel, nothing
help, help me, help please, how does this work, how do you work, what can you do, who are you, what are you
test, testing, ping
""".replace("\n", ", ").split(", ")
)
_GREETING = re.compile(
    r"^(?:hi|hey|hello|good (?:morning|afternoon|evening))(?: there| all| team)?\s*[,!.:–—-]\s*", re.I
)
_WORD = re.compile(r"[^\W_]+")
_PAUSE = re.compile(r"[.,;:!?…–—-]+")
_THANKS = re.compile(r"(?<=[?.!,])\s*(?:thanks|thank you|many thanks|thx|cheers|please)(?: in advance)?\s*[.!]*$", re.I)
# Slack makes these of typed text; blocks of other types are an app's, and their text is in no message text.
_TYPED_BLOCKS = frozenset({"rich_text", None})

# No subtype is an ordinary message; these are one with a file, a thread reply also shown in the channel, and "/me …".
_ORDINARY_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})
# Where follow-ups are answered; in a direct message of several people the bot answers mentions only.
_CHANNEL_TYPES = frozenset({"channel", "group"})
_SLACKBOT = "USLACKBOT"

# Signs that people talk to one another: a mention, "I", "we" or "you", a quotation.
_MENTION = re.compile(r"<[@!]")
_PRONOUN = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours|you|your|yours|let['’]?s|y['’]?all)\b", re.I)
_QUOTATION = re.compile(r"^[^\S\n]*(?:&gt;|>|```)", re.M)
_AFTER_QUESTION = " )]\"'”’!?."
_LEAD = r"\W*(?:and |but |so |then |or )?"
_VERB = r"(?:is|are|was|were|am|do|does|did|has|have|had|will|would|can|could|should|shall|may|might)"
# Without a question mark, "what a mess" and "when it rains" are not questions.
_QUESTION_START = re.compile(
    rf"{_LEAD}(?:who\b|whose\b|(?:what|how) about\b|how (?:many|much|long|often|old|far|big|large)\b"
    rf"|(?:what|when|where|why|how|which(?: \w+)?)(?:['’]s| {_VERB})\b)"
    r"|\W*and (?:on|in|for|about|of|with|by|from|at) \S+(?: \S+){0,2}$",
    re.I,
)


class Edited(BaseModel):
    """Time of a message's last edit."""

    ts: str


class MessagePart(BaseModel):
    """A file, attachment or block of a message."""

    type: str | None = None
    subtype: str | None = None
    mimetype: str | None = None
    from_url: str | None = None
    is_share: bool | None = None
    is_msg_unfurl: bool | None = None


class BotProfile(BaseModel):
    """The app or workflow that posted a message."""

    team_id: str | None = None
    is_workflow_bot: bool = False


class MessageWords(BaseModel):
    """What a message says and holds."""

    text: str = ""
    files: list[MessagePart] = Field(default_factory=list)
    attachments: list[MessagePart] = Field(default_factory=list)
    blocks: list[MessagePart] = Field(default_factory=list)


class SlackMessage(MessageWords):
    """A message.

    A step of Workflow Builder posts without ``user``, with ``bot_id`` and the subtype "bot_message", as some apps do.
    Undocumented: only a workflow's message has ``workflow_id`` (slack-go/slack#1537) or, in earlier years, the mark in
    ``bot_profile``. Its ``bot_id`` may differ from one run to the next.
    """

    ts: str
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    bot_profile: BotProfile | None = None
    workflow_id: str | None = None
    edited: Edited | None = None
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None

    @property
    def workflow(self) -> str | None:
        """The id of the workflow that posted it, else None."""
        is_marked = self.bot_profile is not None and self.bot_profile.is_workflow_bot
        return self.workflow_id or self.bot_id if self.workflow_id or is_marked else None

    @property
    def is_in_thread(self) -> bool:
        """Whether it is a reply in a thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class SlackEvent(SlackMessage):
    """A message, a mention, or a change from ``previous_message`` to ``message``."""

    type: str
    channel: str
    channel_type: str | None = None
    message: SlackMessage | None = None
    previous_message: SlackMessage | None = None
    deleted_ts: str | None = None


class Authorization(BaseModel):
    """An installation that an event was delivered for."""

    team_id: str | None = None
    enterprise_id: str | None = None


class EventEnvelope(BaseModel):
    """The fields around every event."""

    event_id: str
    team_id: str
    context_team_id: str | None = None
    authorizations: list[Authorization] = Field(default_factory=list)
    is_ext_shared_channel: bool = False

    @property
    def own_team(self) -> str:
        """The workspace the bot is installed in; in a shared channel ``team_id`` may be the other one (observed)."""
        return next((one.team_id for one in self.authorizations if one.team_id), self.context_team_id or self.team_id)


class MessageEnvelope(EventEnvelope):
    """A message event as delivered; also how a question is stored until it is completed."""

    event: SlackEvent


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


def make_question(
    entry_point: EntryPoint,
    user: str,
    ref: MessageRef,
    own_teams: Set[str],
    user_team: str | None = None,
    version: str = "",
) -> IncomingQuestion:
    """Make a question without words, to check the access of ``user`` or to find the reply to it."""
    sender = Sender(user_team, frozenset(own_teams), is_external_channel=False)
    event = QuestionEvent("", ref, version, "")
    return IncomingQuestion(event, entry_point, user, None, None, (), sender, is_unaddressed_edit=False)


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
    end = text[len(text.rstrip(_AFTER_QUESTION)) :]
    return "?" in end or _QUESTION_START.match(text) is not None


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
    enterprises = (one.enterprise_id for one in envelope.authorizations[:1])
    profile_team = message.bot_profile.team_id if message.bot_profile else None
    sender = Sender(
        message.user_team
        or message.source_team
        or message.team
        or profile_team
        # No person can be looked up for a workflow; one of another organisation is marked as such.
        or (envelope.own_team if message.workflow else None),
        frozenset(filter(None, (envelope.own_team, *enterprises))),
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


def to_plain_text(text: str) -> str:
    """Return the words of a message's ``text``, without markup, emoji codes, and mentions of people and channels.

    ``<url|label>`` and a date become their label, a link without one its URL. ``&lt;``, ``&gt;`` and ``&amp;`` are
    unescaped last, so that typed brackets are not taken for markup.
    """
    labelled = _ANGLE_BRACKETS.sub(lambda match: match[2] or match[1], strip_markup(text))
    words = unescape(_KEYCAP.sub(" ", _EMOJI_CODE.sub(" ", labelled)))
    # Slack does not take control characters and lone surrogates back.
    words = "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in words)
    return " ".join(words.split())


def extract_question(message: MessageWords) -> tuple[str | None, tuple[str, ...]]:
    """Return the question in plain words (None if nothing is asked) and notes on what was not read."""
    notes = describe_attachments(message)
    # A URL is not searched: an article that does not contain it may still answer.
    words = " ".join(_URL.sub(" ", to_plain_text(message.text)).split())
    # Courtesies are separated by punctuation: "Hello Kitty" and "who said please" are questions.
    words = _THANKS.sub("", _GREETING.sub("", words))
    if is_small_talk(words):
        return None, notes
    if len(words) > QUESTION_LIMIT:
        words = truncate(words, QUESTION_LIMIT)
        notes = (f"The question is long: only its first {QUESTION_LIMIT:,} characters were searched.", *notes)
    return words, notes


def describe_attachments(message: MessageWords) -> tuple[str, ...]:
    """Name the parts of ``message`` that are not read, in at most one sentence."""
    parts: list[str] = []
    for file in message.files:
        kind = "audio" if file.subtype == "slack_audio" else (file.mimetype or "").partition("/")[0]
        parts.append(f"attached {_FILE_KINDS.get(kind, 'files')}")
    if any(one.is_share or one.is_msg_unfurl for one in message.attachments):
        parts.append("forwarded messages")
    is_unfurled = any(one.from_url and not (one.is_share or one.is_msg_unfurl) for one in message.attachments)
    if is_unfurled or _LINK.search(message.text):
        parts.append("linked pages")
    has_only_blocks = not message.text and bool(message.blocks)
    if has_only_blocks or any(block.type not in _TYPED_BLOCKS for block in message.blocks):
        parts.append("blocks beside the text")
    return (f"Not read: {join_words(list(dict.fromkeys(parts)))}.",) if parts else ()


def is_small_talk(words: str) -> bool:
    """Whether plain text only greets, thanks, withdraws a question or asks for help, or has no letter and no digit."""
    parts = (words, *_PAUSE.split(words))
    is_listed = [" ".join(_WORD.findall(re.sub("['’]", "", part.casefold()))) in _SMALL_TALK for part in parts]
    return is_listed[0] or all(is_listed[1:])
