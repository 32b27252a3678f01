"""The words of a Slack message as its writer saw them: mentions, links, entities and emoji codes undone.

Keeps secret what Slack's markup looks like on its way in; nobody else sees a link in angle brackets.
"""

from __future__ import annotations

import re
import unicodedata

from bot.slack.markup import unescape

_ANGLED = re.compile(r"<([^<>]*)>")
_EMOJI_CODE = re.compile(r"(?<!\w):(?:[+-]1|100|1234|(?=[^:]*[a-z])[a-z0-9_'+-]+):(?::skin-tone-[2-6]:)?(?!\w)")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")


def plain_words(text: str, *, bot_user: str | None) -> str:
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
