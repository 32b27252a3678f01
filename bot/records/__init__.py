"""The delivery ledger: which question was taken, by whom, how it ended, and which reply stands.

Keeps secret that this is SQLite in one file of the state folder, how a claim is held, and what a migration does.
"""

from __future__ import annotations

from bot.records.ledger import Records
from bot.records.nouns import (
    FILE_NAME,
    GIVE_UP,
    LEASE,
    POSTING,
    Claim,
    Delivery,
    Kept,
    Outcome,
    Place,
    Rated,
    Standing,
    mark_of,
    short_id,
)

__all__ = [
    "FILE_NAME",
    "GIVE_UP",
    "LEASE",
    "POSTING",
    "Claim",
    "Delivery",
    "Kept",
    "Outcome",
    "Place",
    "Rated",
    "Records",
    "Standing",
    "mark_of",
    "short_id",
]
