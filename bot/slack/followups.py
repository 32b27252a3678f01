"""Which of the messages in a thread go on with a question that the bot has answered there, without speaking to it.

Keeps secret by what a question to the archive is told from what people say to one another. It would rather miss a
question, which a mention asks all the same, than take part in a conversation that is not its own.
"""

from __future__ import annotations

import re

from bot.slack.messages import Message
from bot.slack.phrases import is_small_talk

# Somebody is spoken to, by name or by "you", or speaks of themselves; somebody else's words are shown.
_ADDRESSED = re.compile(r"<[@!]")
_BETWEEN_PEOPLE = re.compile(r"\b(?:i|me|my|mine|we|us|our|ours|you|your|yours|let['’]?s|y['’]?all)\b", re.I)
_SHOWN = re.compile(r"^\s*(?:&gt;|>|```)", re.M)
_ASKED = re.compile(r"\?[\s)\]\"'”’!?.]*$")
_LEAD = r"\W*(?:and |but |so |then |or )?"
_VERB = r"(?:is|are|was|were|am|do|does|did|has|have|had|will|would|can|could|should|shall|may|might)"
# Without a question mark "what a mess" and "when it rains" are none.
_ASKING = re.compile(
    rf"{_LEAD}(?:who\b|whose\b|(?:what|how) about\b|how (?:many|much|long|often|old|far|big|large)\b"
    rf"|(?:what|when|where|why|how|which(?: \w+)?)(?:['’]s| {_VERB})\b)"
    r"|\W*and (?:on|in|for|about|of|with|by|from|at) \S+(?: \S+){0,2}$",
    re.I,
)


def goes_on(said: Message, words: str) -> bool:
    """Whether ``said``, whose plain words are ``words``, is a question that may be meant for the bot."""
    if not said.is_in_thread or is_small_talk(words) or _ADDRESSED.search(said.text) or _SHOWN.search(said.text):
        return False
    if _BETWEEN_PEOPLE.search(words.replace("US", "")):  # which is a country
        return False
    return _ASKED.search(words) is not None or _ASKING.match(words) is not None
