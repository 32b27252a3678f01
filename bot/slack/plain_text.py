"""Plain text of incoming Slack messages: the question, and which parts of a message were not read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.models import join_words
from bot.search.mentions import strip_markup
from bot.slack.markup import truncate, unescape
from bot.slack.payloads import SlackMessage
from bot.slack.strings import is_small_talk, strip_courtesies

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
# Slack makes these of typed text; blocks of other types are an app's, and their text is in no message text.
_TYPED_BLOCKS = frozenset({"rich_text", None})


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


def extract_question(message: SlackMessage, _bot_user: str | None = None) -> tuple[str | None, tuple[str, ...]]:
    """Return the question in plain words (None if nothing is asked) and notes on what was not read."""
    notes = describe_attachments(message)
    # A URL is not searched: an article that does not contain it may still answer.
    words = strip_courtesies(" ".join(_URL.sub(" ", to_plain_text(message.text)).split()))
    if is_small_talk(words):
        return None, notes
    if len(words) > QUESTION_LIMIT:
        words = truncate(words, QUESTION_LIMIT)
        notes = (f"The question is long: only its first {QUESTION_LIMIT:,} characters were searched.", *notes)
    return words, notes


def describe_attachments(message: SlackMessage) -> tuple[str, ...]:
    """Name the parts of ``message`` that are not read, in at most one sentence."""
    found = list(dict.fromkeys(_unread_parts(message)))
    return (f"Not read: {join_words(found)}.",) if found else ()


def _unread_parts(message: SlackMessage) -> Iterator[str]:
    for file in message.files:
        kind = "audio" if file.subtype == "slack_audio" else (file.mimetype or "").partition("/")[0]
        yield f"attached {_FILE_KINDS.get(kind, 'files')}"
    if any(one.is_share or one.is_msg_unfurl for one in message.attachments):
        yield "forwarded messages"
    is_unfurled = any(one.from_url and not (one.is_share or one.is_msg_unfurl) for one in message.attachments)
    if is_unfurled or _LINK.search(message.text):
        yield "linked pages"
    has_only_blocks = not message.text and bool(message.blocks)
    if has_only_blocks or any(block.type not in _TYPED_BLOCKS for block in message.blocks):
        yield "blocks beside the text"
