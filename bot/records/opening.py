"""A connection to the ledger's file: sound, with its tables up to date, and telling others that the file is in use.

Keeps secret how a damaged file is told from a sound one, and that it is renamed, never deleted, unless another process
has it open: renaming it then would part the two for good. So everybody who has the file open holds a shared lock on an
empty file beside it.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

from bot.records.schema import migrate

log = logging.getLogger(__name__)

# Seconds for which another process's transaction is waited for; each takes some tenths of a millisecond.
_PATIENCE = 10.0
_PAUSE = 0.01

# Seconds for which a process that would rename the file waits for the others that have it open.
_TURN = 0.1


class DamagedError(sqlite3.DatabaseError):
    """SQLite's own check found the file damaged."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite said this because the file is damaged."""
    code = getattr(error, "sqlite_errorcode", None)  # absent from what Python's own module raises
    primary = code & 0xFF if code is not None else None
    return isinstance(error, DamagedError) or primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connected(path: Path | str, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def prepared(path: Path | str) -> sqlite3.Connection:
    """A connection to a sound file, its tables brought up to date."""
    db = _connected(path, _PATIENCE)
    try:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DamagedError(found)
        _write_ahead(db)
        # A killed process loses nothing; a power cut may lose the last moments, and never the file.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        # What is erased is overwritten, and no longer stands in the file.
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        migrate(db)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _write_ahead(db: sqlite3.Connection) -> None:
    """Have what is written stand in a journal first, so that readers and a writer do not wait for one another."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Where several begin a file at one moment, SQLite lets one of them and does not have the others wait.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def present(path: Path) -> sqlite3.Connection:
    """The sign that this process has the file open: a shared lock, which the system drops when the process dies."""
    sign = _connected(_beside(path, "lock"), _PATIENCE)
    try:
        sign.execute("BEGIN")
        sign.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except BaseException:
        sign.close()
        raise
    return sign


def set_aside(path: Path, why: sqlite3.Error) -> None:
    """Rename a damaged file, unless another process has it open or has replaced it meanwhile."""
    alone = _connected(_beside(path, "lock"), _TURN)
    try:
        alone.execute("BEGIN EXCLUSIVE")
        if not _is_damaged(path):
            return
        number = 1
        while (aside := _beside(path, f"damaged-{number}")).exists():
            number += 1
        # The journal first: beside a new file, an old journal would be taken for the new one's.
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        log.warning("the records in %s are damaged (%s): they are now %s, and new ones begun", path, why, aside.name)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
    finally:
        alone.close()


def _is_damaged(path: Path) -> bool:
    try:
        prepared(path).close()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return True
    return False


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")
