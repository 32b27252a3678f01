"""The nouns of the ledger, frozen. Keeps nothing secret: they are what the ledger and whoever uses it speak in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

FILE_NAME = "records.sqlite3"

# Seconds for which a claim is its claimant's alone unless it is renewed: a process that was killed keeps its questions
# for no longer. Five renewals, one every three seconds, can fail before a living process loses what it holds.
LEASE = 15.0

# Seconds for which a claim that is found held right before posting stays so: a call to Slack is given up after ten.
# What is renewed every three seconds has as much of its lease left at any time.
POSTING = 12.0

# Seconds after which an abandoned question is given up: whoever asked has long since asked again, or somebody else.
GIVE_UP = 3_600.0

Outcome = Literal[
    "answer", "abstention", "how-to", "apology", "notice", "refusal", "silence", "unknown", "lost", "withdrawn"
]  # silence: nobody had spoken to the bot, and it had no answer; unknown: a reply may or may not stand; lost: given up;
# withdrawn: deleted by the person who asked

LeaseState = Literal["held", "withdrawn", "overtaken"]
"""How a claim stands: its holder's still; that too, but the question was deleted; or no longer its holder's."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """What identifies a question for ever: where its message stands."""

    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class QuestionEvent:
    """One event, as it came.

    ``version`` tells one text of the message from a later one: empty as first said, else the timestamp of the edit.
    ``body`` is all that is needed to read the question again, and is erased when the question is settled.
    """

    event_id: str
    place: MessageRef
    version: str
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A question that is its holder's to bring to an end, which ``Records.settle`` records.

    ``version`` and ``body`` are the newest known, which may be newer than the delivery that was claimed. An ``attempt``
    above 1 means that somebody before may have posted already, perhaps for an older version: look before posting.
    ``reply_ts`` is the reply that stands already: an edit updates it in place. ``withdrawn`` means that the person
    deleted the question: remove the reply (``reply_ts``, or what is found when ``attempt`` is above 1) and settle it as
    "withdrawn"; ``body`` may then be empty.
    """

    place: MessageRef
    version: str
    body: str
    attempt: int
    reply_ts: str | None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one person thinks of the reply to a question; ``note`` is what they said was wrong, empty for nothing."""

    useful: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A question that was searched, and what came of it.

    ``id`` is the answer's (``short_id``); ``thread`` the timestamp of the message that begins the thread, empty for
    none; ``person`` the mark of whoever asked (``mark_of``), empty where that is not told; ``surface`` where it was
    asked; ``words`` the question in plain words; ``receipt`` how the reply came about, as JSON. ``asked_at`` is the
    ledger's to say: when this version of the question was first taken, in seconds since 1970. ``follows`` are the
    questions before it in its thread, in plain words, the latest first. ``is_public``: everybody in the workspace may
    read it where it was asked; not where nobody knows.
    """

    id: str
    place: MessageRef
    thread: str
    person: str
    surface: str
    words: str
    outcome: Outcome
    receipt: str
    asked_at: float = 0.0
    follows: tuple[str, ...] = ()
    is_public: bool = False


# Crockford's base 32: no letter that is taken for a digit, nor for another.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKALIKES = str.maketrans("oil", "011")
# Of five bits each: among a million answers, of which one is looked up, one in a million times it is taken for another.
_CHARACTERS = 8
# Hexadecimal digits of a person's mark.
_DIGITS = 16


def answer_id(place: MessageRef, version: str) -> str:
    """The id of the answer to this version of a question: the same whenever, and by whomever, it is answered."""
    digest = hashlib.sha256(f"{place.team} {place.channel} {place.ts} {version}".encode()).digest()
    number = int.from_bytes(digest[:5])
    return "".join(_ALPHABET[number >> 5 * at & 31] for at in reversed(range(_CHARACTERS)))


def normalize_answer_id(typed: str) -> str:
    """The id that somebody typed, in capitals perhaps, and with letters for the digits that they look like."""
    return typed.strip().casefold().translate(_LOOKALIKES)


def hash_user_id(team: str, user: str) -> str:
    """Tells what one person asked from what others did, without their name."""
    return hashlib.sha256(f"{team} {user}".encode()).hexdigest()[:_DIGITS]


def is_newer(version: str, than: str) -> bool:
    """Whether one version of a message was written after another.

    Timestamps have a fixed number of decimals, so that the longer is the later, and of equal length the greater.
    """
    return (len(version), version) > (len(than), than)
