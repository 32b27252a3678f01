"""What Slack sends: pydantic models of messages, events and interactions, and what a message asks in plain words."""

from __future__ import annotations

import re
import unicodedata

from pydantic import BaseModel, Field

from bot.models import join_words
from bot.search.mentions import strip_markup
from bot.slack.markup import truncate, unescape

# A longer text was pasted, and each further word costs search time and precision. 2,000 characters are about 330 words,
# four times the longest quote.
QUESTION_LIMIT = 2_000

_ANGLE_BRACKETS = re.compile(r"<([^<>|]*)\|?([^<>]*)>")
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


class SlackMessage(BaseModel):
    """A message.

    A step of Workflow Builder posts without ``user``, with ``bot_id`` and the subtype "bot_message", as some apps do.
    Undocumented: only a workflow's message has ``workflow_id`` (slack-go/slack#1537) or, in earlier years, the mark in
    ``bot_profile``. Its ``bot_id`` may differ from one run to the next.
    """

    ts: str
    text: str = ""
    user: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    bot_profile: BotProfile | None = None
    workflow_id: str | None = None
    edited: Edited | None = None
    files: list[MessagePart] = Field(default_factory=list)
    attachments: list[MessagePart] = Field(default_factory=list)
    blocks: list[MessagePart] = Field(default_factory=list)
    user_team: str | None = None
    source_team: str | None = None
    team: str | None = None

    @property
    def workflow(self) -> str | None:
        """The id of the workflow that posted it, else None."""
        is_marked = self.bot_profile is not None and self.bot_profile.is_workflow_bot
        return self.workflow_id or self.bot_id if self.workflow_id or is_marked else None

    @property
    def author_team(self) -> str | None:
        """The workspace or organisation of its author, None if Slack did not say."""
        profile_team = self.bot_profile.team_id if self.bot_profile else None
        return self.user_team or self.source_team or self.team or profile_team

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

    @property
    def enterprise(self) -> str | None:
        return next((one.enterprise_id for one in self.authorizations), None)


class MessageEnvelope(EventEnvelope):
    """A message event as delivered; also how a question is stored until it is completed."""

    event: SlackEvent


class PayloadId(BaseModel):
    """An object of which only the id is read."""

    id: str


class PayloadUser(PayloadId):
    """The person who interacted."""

    team_id: str | None = None


class PayloadOption(BaseModel):
    """A selected menu option."""

    value: str


class PayloadAction(BaseModel):
    """A button click or a menu selection."""

    action_id: str
    value: str = ""
    selected_option: PayloadOption | None = None

    @property
    def chosen_value(self) -> str:
        """Value of the selected option, empty if none."""
        return self.selected_option.value if self.selected_option else ""


class PayloadInput(BaseModel):
    """Text of one input."""

    value: str | None = None


class PayloadState(BaseModel):
    """Inputs of a view, by block id and action id."""

    values: dict[str, dict[str, PayloadInput]] = Field(default_factory=dict)


class PayloadView(PayloadId):
    """The modal that was interacted with."""

    callback_id: str = ""
    private_metadata: str = ""
    state: PayloadState = Field(default_factory=PayloadState)


class PayloadContainer(BaseModel):
    """Where the interaction happened: a message's timestamp, empty in a modal."""

    message_ts: str = ""


class InteractionPayload(BaseModel):
    """An interaction with a button, menu or modal."""

    trigger_id: str
    response_url: str = ""
    user: PayloadUser
    enterprise: PayloadId | None = None
    container: PayloadContainer = Field(default_factory=PayloadContainer)
    view: PayloadView | None = None
    actions: list[PayloadAction] = Field(default_factory=list)


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


def extract_question(message: SlackMessage) -> tuple[str | None, tuple[str, ...]]:
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


def describe_attachments(message: SlackMessage) -> tuple[str, ...]:
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
