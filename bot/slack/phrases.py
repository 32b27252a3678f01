"""What the bot says in its own words (the how-to, the apologies), and which messages ask it nothing.

Every sentence here is shown beside an archive's words, so none of them claims anything about the archive.
"""

from __future__ import annotations

import re
from uuid import uuid4

_SMALL_TALK = frozenset(
    """
hi, hey, hello, hi there, hey there, hello there, hi all, hello all, hiya, howdy, yo, greetings, good day
good morning, good afternoon, good evening, morning, evening
thanks, thank you, thanks a lot, many thanks, thanks so much, thank you very much, thank you so much, thx, ty, cheers
ok thanks, okay thanks, great thanks, perfect thanks, nice thanks, cool thanks, ok thank you, great thank you
ok, okay, great, nice, cool, perfect, awesome, got it, well done, good bot, nice one, bye, goodbye, see you, lol
help, help me, help please, how does this work, how do you work, what can you do, who are you, what are you
test, testing, ping
""".replace("\n", ", ").split(", ")
)

_GREETING = re.compile(
    r"^(?:hi|hey|hello|good (?:morning|afternoon|evening))(?: there| all| team)?\s*[,!.:–—-]\s*", re.I
)
_THANKS = re.compile(r"(?<=[?.!,])\s*(?:thanks|thank you|many thanks|thx|cheers|please)(?: in advance)?\s*[.!]*$", re.I)

HOW_TO = "Ask a question in plain words. The answer is the archive's own words, quoted with their source."
EXAMPLES = "For example:"

# One sentence each; {reference} finds the exception in the log.
APOLOGY = "Sorry, this question could not be answered because of a fault in the bot; the log has it as {reference}."
UNVERIFIED = (
    "Sorry, a quote for this question no longer matches the article it cites, so it is not shown; "
    "the log has it as {reference}."
)


def reference() -> str:
    """A short reference by which a line of the log is found."""
    return uuid4().hex[:8]


def is_small_talk(words: str) -> bool:
    """Whether ``words`` (as plain words) greet, thank, ask for help, or hold no letter and no digit at all."""
    spoken = "".join(char if char.isalnum() else " " for char in words.replace("'", "").replace("’", ""))
    return " ".join(spoken.casefold().split()) in _SMALL_TALK


def without_courtesies(words: str) -> str:
    """``words`` without a greeting before the question and thanks after it, which no article need hold.

    Only where punctuation sets them apart: "Hello Kitty" and "who said please" are questions.
    """
    return _THANKS.sub("", _GREETING.sub("", words))
