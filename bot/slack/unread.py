"""What a message asks in plain words, and what of it was left aside: said to whoever asked, on every surface.

Keeps secret how files, forwarded messages, links and layout are told from one another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.models import joined
from bot.slack.markup import cut
from bot.slack.messages import Message, Part
from bot.slack.phrases import is_small_talk, without_courtesies
from bot.slack.words import plain_words

# A question is words a person typed; what is longer is a pasted text, whose every further word costs search time and
# precision. 2,000 characters are some 330 words, four times the longest quote.
QUESTION_LIMIT = 2_000

_ADDRESS = re.compile(r"(?<!\S)https?://\S+")
_LINK = re.compile(r"<https?://[^<>]*>|(?<![\w<|])https?://\S")
# Images and recordings are told from other files by the first half of their media type.
_KINDS = {"image": "images", "audio": "recordings", "video": "recordings"}
# What Slack makes of the text that somebody types; other blocks are an app's, and their words stand in no text.
_TYPED = frozenset({"rich_text", None})


def read_words(said: Message, bot_user: str | None) -> tuple[str | None, tuple[str, ...]]:
    """What is asked in plain words (None: nothing), and what of the message was not read."""
    notes = left_aside(said)
    # An address is no words of the question: an archive that does not hold it may answer all the same.
    words = without_courtesies(" ".join(_ADDRESS.sub(" ", plain_words(said.text, bot_user=bot_user)).split()))
    if is_small_talk(words):
        return None, notes
    if len(words) > QUESTION_LIMIT:
        words = cut(words, QUESTION_LIMIT)
        notes = (f"The question is long: only its first {QUESTION_LIMIT:,} characters were searched.", *notes)
    return words, notes


def left_aside(said: Message) -> tuple[str, ...]:
    """What ``said`` holds beside words, as at most one sentence."""
    found = list(dict.fromkeys(_kinds(said)))
    if not found:
        return ()
    return (f"Not read: {joined(found)}.",)


def _kinds(said: Message) -> Iterator[str]:
    for file in said.files:
        kind = "audio" if file.subtype == "slack_audio" else (file.mimetype or "").partition("/")[0]
        yield f"attached {_KINDS.get(kind, 'files')}"
    if any(_is_forwarded(one) for one in said.attachments):
        yield "forwarded messages"
    if _LINK.search(said.text) or any(one.from_url and not _is_forwarded(one) for one in said.attachments):
        yield "linked pages"
    is_laid_out = not said.text and bool(said.blocks)
    if is_laid_out or any(block.type not in _TYPED for block in said.blocks):
        yield "blocks beside the text"


def _is_forwarded(attachment: Part) -> bool:
    return bool(attachment.is_share or attachment.is_msg_unfurl)
