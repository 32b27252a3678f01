"""The words of a Slack message as its writer saw them: mentions, links, entities and emoji codes undone.

Keeps secret what Slack's markup looks like on its way in; nobody else sees a link in angle brackets.

What a message asks in plain words, and what of it was left aside: said to whoever asked, on every surface.

Keeps secret how files, forwarded messages, links and layout are told from one another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.models import join_words
from bot.slack.markup import cut, unescape
from bot.slack.payloads import MessagePart, SlackMessage
from bot.slack.strings import is_small_talk, without_courtesies

_ANGLED = re.compile(r"<([^<>]*)>")
_EMOJI_CODE = re.compile(r"(?<!\w):(?:[+-]1|100|1234|(?=[^:]*[a-z])[a-z0-9_'+-]+):(?::skin-tone-[2-6]:)?(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


def to_plain_text(text: str, *, bot_user: str | None) -> str:
    """The words of a message's ``text``, without the bot's own mention and without emoji codes.

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


# A question is words a person typed; what is longer is a pasted text, whose every further word costs search time and
# precision. 2,000 characters are some 330 words, four times the longest quote.
QUESTION_LIMIT = 2_000

_ADDRESS = re.compile(r"(?<!\S)https?://\S+")
_LINK = re.compile(r"<https?://[^<>]*>|(?<![\w<|])https?://\S")
# Images and recordings are told from other files by the first half of their media type.
_KINDS = {"image": "images", "audio": "recordings", "video": "recordings"}
# What Slack makes of the text that somebody types; other blocks are an app's, and their words stand in no text.
_TYPED = frozenset({"rich_text", None})


def extract_question(said: SlackMessage, bot_user: str | None) -> tuple[str | None, tuple[str, ...]]:
    """What is asked in plain words (None: nothing), and what of the message was not read."""
    notes = describe_attachments(said)
    # An address is no words of the question: an archive that does not hold it may answer all the same.
    words = without_courtesies(" ".join(_ADDRESS.sub(" ", to_plain_text(said.text, bot_user=bot_user)).split()))
    if is_small_talk(words):
        return None, notes
    if len(words) > QUESTION_LIMIT:
        words = cut(words, QUESTION_LIMIT)
        notes = (f"The question is long: only its first {QUESTION_LIMIT:,} characters were searched.", *notes)
    return words, notes


def describe_attachments(said: SlackMessage) -> tuple[str, ...]:
    """What ``said`` holds beside words, as at most one sentence."""
    found = list(dict.fromkeys(_kinds(said)))
    if not found:
        return ()
    return (f"Not read: {join_words(found)}.",)


def _kinds(said: SlackMessage) -> Iterator[str]:
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


def _is_forwarded(attachment: MessagePart) -> bool:
    return bool(attachment.is_share or attachment.is_msg_unfurl)
