"""Values that the store takes and returns: claims, answers and feedback."""

import hashlib
from dataclasses import dataclass
from typing import Literal

FILE_NAME = "records.sqlite3"
SHARED_KEY_NAME = "shared.key"  # a copy of the key in a database that several hosts share
KEY_NAME = "hash.key"  # of the key in the state folder with which people's ids are hashed

# Times in seconds. After a process is killed, its questions wait no longer than LEASE. Claims are renewed every three
# seconds, so five renewals can fail before a living process loses one.
LEASE = 15.0
# A claim found held right before posting stays held for at least POSTING: a call to Slack times out after ten.
POSTING = 12.0
# Seconds after which an unfinished question is given up; by then its answer is of no use to the person who asked.
GIVE_UP = 3_600.0

Outcome = Literal[
    "answer", "abstention", "how-to", "apology", "notice", "refusal", "silence", "unknown", "expired", "deleted"
]
"""How a question ended. "silence": no answer, and not addressed to the bot; "unknown": it could not be confirmed
whether a reply was posted; "expired": not completed within GIVE_UP seconds; "deleted": by its author."""
LeaseState = Literal["held", "deleted", "superseded"]
"""State of a claim: still held; still held, but the question was deleted; or no longer held by the caller."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Permanent identity of a message in Slack."""

    team: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class QuestionEvent:
    """An event that asks or edits a question.

    ``version`` is empty for the original text, else the timestamp of the edit. ``body`` holds all that is needed to
    parse the question again; it is erased when the question is completed.
    """

    event_id: str
    ref: MessageRef
    version: str
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The exclusive right to reply to a question, until ``Store.complete``.

    ``version`` and ``body`` are the newest known, possibly newer than the event that was claimed. If ``attempt`` is
    above 1, an earlier holder may have posted a reply, perhaps to an older version: look for it before posting.
    ``reply_ts`` is the existing reply, which an edit updates in place. If ``is_deleted``, the author deleted the
    question: delete the reply (``reply_ts``, or one found when ``attempt`` is above 1) and complete the claim as
    "deleted"; ``body`` may be empty.
    """

    ref: MessageRef
    version: str
    body: str
    attempt: int
    reply_ts: str | None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """One person's rating of a reply; ``note`` says what was wrong, empty if nothing was written."""

    useful: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A question that was searched, and its result.

    ``id`` is the answer id; ``thread`` the timestamp of the thread's first message, empty outside a thread;
    ``user_hash`` who asked (``Store.hash_user``), empty where the store withholds it; ``question`` its plain text;
    ``receipt`` JSON that explains the reply. The store sets ``asked_at``: when this version was first claimed, in Unix
    seconds. ``earlier_questions`` are those before it in its thread, newest first. ``is_public``: everyone in the
    workspace can read the channel; false if unknown.
    """

    id: str
    ref: MessageRef
    thread: str
    user_hash: str
    entry_point: str
    question: str
    outcome: Outcome
    receipt: str
    asked_at: float = 0.0
    earlier_questions: tuple[str, ...] = ()
    is_public: bool = False


# Crockford's base 32, which leaves out letters that look like digits.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKALIKES = str.maketrans("oil", "011")


def answer_id(ref: MessageRef, version: str) -> str:
    """Id of the answer to one version of a question; the same each time it is answered.

    It has 40 bits: among a million answers, a look-up finds the wrong one once in a million times.
    """
    digest = hashlib.sha256(f"{ref.team} {ref.channel} {ref.ts} {version}".encode()).digest()
    number = int.from_bytes(digest[:5])
    return "".join(_ALPHABET[number >> at & 31] for at in range(35, -1, -5))


def normalize_answer_id(typed: str) -> str:
    """Answer id as typed by a person: lower case, with letters that look like digits replaced."""
    return typed.strip().casefold().translate(_LOOKALIKES)


def is_newer(version: str, than: str) -> bool:
    """Whether one version of a message is newer than another.

    Slack's timestamps have a fixed number of decimals, so a longer one is later, and equally long ones sort as text.
    """
    return (len(version), version) > (len(than), than)
