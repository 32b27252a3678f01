"""What was asked before in a conversation, which a question goes on with; and who may go on without a mention.

Keeps secret where that is looked up: in the ledger alone, so that any process knows it, and Slack is not asked.
"""

from __future__ import annotations

from bot.lexicon.following import carries_on
from bot.slack.admission import Rules
from bot.slack.ledger import Ledger
from bot.slack.questions import Asked

# Questions before it that one goes on with, each of which may itself lack a subject.
MOST = 3


def questions_before(asked: Asked, ledger: Ledger) -> tuple[str, ...]:
    """The questions that ``asked`` may go on with, in plain words, the latest first.

    What is asked in a thread goes on with its thread; a direct message outside one only where it says so, since
    whoever writes the next may have moved on. What is no message stands by itself.
    """
    place, thread = asked.place, asked.thread
    is_flat = thread is None
    if asked.surface not in ("mention", "dm", "follow-up") or thread == place.ts or asked.text is None:
        return ()
    if is_flat and not carries_on(asked.text):
        return ()
    before = ledger.last_kept(place.team, place.channel, thread or "", place.ts)
    return (before.words, *before.follows)[:MOST] if before else ()


def is_awaited(asked: Asked, ledger: Ledger, rules: Rules) -> bool:
    """Whether a follow-up is one that the bot looks into: it knows it, or has replied in its thread and may go on."""
    if ledger.known(asked.place):
        return True
    if asked.only_if_known or not asked.origin.home & rules.follow_ups:
        return False
    place = asked.place
    return ledger.last_kept(place.team, place.channel, asked.thread or "", place.ts) is not None
