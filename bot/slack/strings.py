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
BY_MENTION = "In a channel that Pullquote is in: mention it. The answer stands in the thread, for everybody."
BY_MESSAGE = "To yourself: write in the tab Messages; no mention is needed."
BY_COMMAND = "Anywhere, for your eyes only: {command} and your question. One button shares the answer."
STILL_LOADING = "The archive is still being read; open this tab again in a moment."
NO_HISTORY = "What was asked before cannot be looked up at the moment; open this tab again in a while."
# To editors; {days} is how far back it goes.
GAPS = "From the questions of the last {days} days, wherever they were asked. Who asked is not shown."
PUBLIC_GAPS = (
    "From the questions of the last {days} days that were asked in public channels, as far as the bot may know which "
    "are. Who asked is not shown."
)
UNANSWERED = "Found no answer:"
UNHELPFUL = "Answers that somebody found not helpful:"
NONE = "{title} none."
LACKING = "Whoever looks after the app can grant it the scopes named here, and install it again:"

# One sentence each; {reference} finds the exception in the log.
APOLOGY = "Sorry, this question could not be answered because of a fault in the bot; the log has it as {reference}."
UNVERIFIED = (
    "Sorry, a quote for this question no longer matches the article it cites, so it is not shown; "
    "the log has it as {reference}."
)

# To the one who asked and nobody else. Each says what to do, and none says anything of the archive.
OTHER_CHANNEL = "Questions are not answered in this channel; please ask in one that this bot was set up for."
SHARED_CHANNEL = (
    "Questions are not answered in this channel, because it is shared with another organisation; please ask in another."
)
OTHER_ORGANISATION = "Questions are answered for people of this bot's own organisation only."
OTHER_WORKSPACE = "Questions are answered only for people of the workspaces that this bot was set up for."
NOT_A_MEMBER = "Pullquote is not in this channel; invite it with /invite @Pullquote, then press the button again."
NOT_SHARED = "Pullquote may not post in this channel, so nothing was shared; please ask in another."
NOT_TOLD = (
    "Nothing was shared, because Slack does not tell the bot whether another organisation is in this channel; "
    "whoever looks after it must grant it the scopes that its Home tab names."
)
GUEST = "Questions are answered for full members of this workspace only, not for guests."
PERSON_LIMIT = "One person's limit is {count} a minute, and this question was one more; please ask it again in a while."
CHANNEL_LIMIT = "A channel's limit is {count} a minute, and this question was one more; please ask it again in a while."
BUSY = "Too many questions are waiting at the moment, so this one was not taken; please ask it again in a minute."
UNCONFIRMED = (
    "Slack did not confirm that the answer to your question was posted; if you do not see it, please ask again."
)

# In the windows that buttons open.
WHAT_WAS_WRONG = "What was wrong, or what did you look for?"
LOADING = "The archive is still being read; please press again in a moment."
NO_MORE = "There are no further passages that hold enough of the question."
NOT_TURNED = "Slack did not take the further passages; please press again in a moment."
NOT_ASKED_NOW = "The question is not there any more; please ask it again."
NOT_REREAD = "Slack did not show the bot the question again; please ask it again."
UNKNOWN_BUTTON = "This button is from another version of the bot; please ask your question again."
NOT_KEPT = "How this answer came about is not kept any more; ask again to see how it is answered now."
NO_RECORDS = "What was answered cannot be looked up at the moment; please press again in a while."
UNREACHED = "Slack did not say who you are; please press again in a moment."


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
