"""What people think of replies. Keeps secret how one person's second word replaces the first without their name."""

from __future__ import annotations

import hashlib
import sqlite3

from bot.records.nouns import Place, Rated

# Hexadecimal digits of a person's mark.
_DIGITS = 16

_SAVE = """
    INSERT INTO ratings (question, person, useful, note)
    SELECT id, ?, ?, ? FROM questions WHERE (team, channel, ts) = (?, ?, ?)
    ON CONFLICT (question, person) DO UPDATE SET useful = excluded.useful, note = excluded.note
"""
_FIND = """
    SELECT useful, note FROM ratings JOIN questions ON id = question WHERE (team, channel, ts) = (?, ?, ?)
    ORDER BY useful, note
"""


def save(db: sqlite3.Connection, place: Place, person: str, rated: Rated) -> None:
    """Write what ``person`` thinks of the reply at ``place``, if the question is known."""
    db.execute(_SAVE, (_mark(place, person), rated.useful, rated.note, place.team, place.channel, place.ts))


def find(db: sqlite3.Connection, place: Place) -> tuple[Rated, ...]:
    """What is thought of the reply at ``place``."""
    found = db.execute(_FIND, (place.team, place.channel, place.ts)).fetchall()
    return tuple(Rated(bool(useful), note) for useful, note in found)


def _mark(place: Place, person: str) -> str:
    """Tells a person from others at this question alone: what they think of two replies cannot be put together."""
    return hashlib.sha256(f"{place.team} {place.channel} {place.ts} {person}".encode()).hexdigest()[:_DIGITS]
