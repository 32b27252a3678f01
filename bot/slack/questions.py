"""What Slack's markup looks like: an event becomes a question in plain words, small talk, or nothing.

The rest of the house never sees an escaped character, a mention or a link in angle brackets.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from bot.records import Delivery
from bot.slack.markup import cut, unescape
from bot.slack.phrases import is_small_talk, without_courtesies

log = logging.getLogger(__name__)

# A question is words a person typed; what is longer is a pasted text, whose every further word costs search time and
# precision. 2,000 characters are some 330 words, four times the longest quote.
QUESTION_LIMIT = 2_000

# No subtype is an ordinary message; these two are one with a file, and one in a thread shown in the channel too.
_ORDINARY = frozenset({None, "file_share", "thread_broadcast"})
_SLACKBOT = "USLACKBOT"

_ANGLED = re.compile(r"<([^<>]*)>")
_EMOJI_CODE = re.compile(r"(?<!\w):(?:[+-]1|100|1234|(?=[^:]*[a-z])[a-z0-9_'+-]+):(?::skin-tone-[2-6]:)?(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


class Event(BaseModel):
    """The fields of a message or a mention that are read; Slack sends many more."""

    type: str
    channel: str
    ts: str
    text: str = ""
    user: str | None = None
    thread_ts: str | None = None
    channel_type: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    files: list[Any] = Field(default_factory=list)


class Envelope(BaseModel):
    """What an event is delivered in."""

    event_id: str
    team_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Asked:
    """A message to the bot, which is owed exactly one visible reply.

    ``thread`` is the thread to reply in, None for a flat direct message; ``text`` is in plain words, and None when the
    message asks nothing (a greeting, thanks, an emoji, nothing at all); ``notes`` say what of the message was not read.
    """

    delivery: Delivery
    thread: str | None
    text: str | None
    notes: tuple[str, ...] = ()


def read_event(body: dict[str, Any], *, bot_user: str | None) -> Asked | None:
    """What was asked of the bot by this delivery, or None when it is nothing that calls for a reply.

    An edit of an answered mention comes as a new event with the message's own timestamp: it is accepted here and stops
    at the claim, so that a message into which the mention was edited later still gets its answer.
    """
    try:
        envelope = Envelope.model_validate(body)
    except ValidationError as error:
        log.warning("ignored an event of an unknown shape: %d fields are not as expected", error.error_count())
        return None
    event = envelope.event
    if not _is_for_us(event, bot_user):
        return None
    delivery = Delivery(envelope.event_id, envelope.team_id, event.channel, event.ts)
    thread = event.thread_ts or (None if event.channel_type == "im" else event.ts)
    notes = ("Attached files were not read.",) if event.files else ()
    words = without_courtesies(plain_words(event.text, bot_user=bot_user))
    if is_small_talk(words):
        return Asked(delivery, thread, None, notes)
    if len(words) > QUESTION_LIMIT:
        words = cut(words, QUESTION_LIMIT)
        notes = (f"The question is long: only its first {QUESTION_LIMIT:,} characters were searched.", *notes)
    return Asked(delivery, thread, words, notes)


def _is_for_us(event: Event, bot_user: str | None) -> bool:
    by_person = event.user is not None and event.user not in {bot_user, _SLACKBOT} and event.bot_id is None
    if not by_person or event.subtype not in _ORDINARY:
        return False
    return event.type == "app_mention" or (event.type == "message" and event.channel_type == "im")


def plain_words(text: str, *, bot_user: str | None) -> str:
    """The words of a message's ``text`` as its writer saw them, without the bot's own mention and without emoji codes.

    ``<url|label>`` and ``<#C…|name>`` give their label, a link without one its address; a person or channel whose name
    Slack did not send gives nothing, since an id is no word. ``&lt;``, ``&gt;`` and ``&amp;`` are turned back last,
    so that brackets which a person typed are never taken for markup.
    """
    own = {f"@{bot_user}"} if bot_user else set()

    def shown(match: re.Match[str]) -> str:
        target, _, label = match[1].partition("|")
        if target in own:
            return " "
        if label:
            return label
        return "" if target[:1] in {"@", "#", "!"} else target

    words = _KEYCAP.sub(" ", _EMOJI_CODE.sub(" ", _ANGLED.sub(shown, text)))
    words = unescape(words)
    # Control characters and halves of surrogate pairs are no words, and Slack takes neither back.
    words = "".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in words)
    return " ".join(words.split())
