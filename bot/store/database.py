"""A connection to a database, on which threads run work in transactions, one after the other: Postgres or SQLite."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import wraps
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, NullPool
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.store import schema

log = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")


class Database:
    """Runs work in transactions. Safe to share between threads; the subclasses are the backends.

    Every call raises StoreError if the database cannot be used; the sentence says what to do.
    """

    engine: sa.Engine
    clock: sa.ColumnElement[float]  # its time in Unix seconds
    name: str  # what messages call it
    advice: str  # what to do if it cannot be used

    def __init__(self) -> None:
        self.on_open: Callable[[Connection], None] = lambda _: None
        self._connection: Connection | None = None
        self.open_files = ExitStack()  # closed with the connection
        self._lock = Lock()
        self._is_closed = False

    def prepare(self, connection: Connection) -> None:
        """Create or update the tables, in the first transaction of a connection."""
        schema.migrate(connection)

    def replace(self, error: Exception) -> bool:
        """Rename the database if ``error`` says that it is damaged, so that the next connection creates a new one."""
        return False

    def erase(self) -> None:
        """Overwrite copies of deleted rows."""

    def disconnect(self) -> None:
        """Close the connection; the next work opens it again."""
        self.open_files.close()
        self._connection = None

    def close(self) -> None:
        """Close the database; further calls raise StoreError."""
        with self._lock:
            self._is_closed = True
            self.disconnect()

    def run(self, work: Callable[[Connection], T], *, repairs: bool = True) -> T:
        """Return what ``work`` returns. It is done wholly or not at all, and may run twice.

        Unless ``repairs``, a damaged database is an error; else it is replaced by an empty one.
        """
        with self._lock:
            try:
                try:
                    return self._transact(work)
                except Exception as error:
                    if not (repairs and self.replace(error)):
                        raise
                    return self._transact(work)
            except (DBAPIError, OSError) as error:
                why = error.orig if isinstance(error, DBAPIError) else error.strerror or error
                raise StoreError(f"{self.name} cannot be used ({str(why).strip()}); {self.advice}.") from error

    def _transact(self, work: Callable[[Connection], T]) -> T:
        if self._is_closed:
            raise StoreError("The store was closed; start Pullquote again.")
        if self._connection is None:
            try:
                self._connection = self.open_files.enter_context(self.engine.connect())
                with self._connection.begin():
                    self.prepare(self._connection)
                    self.on_open(self._connection)
            except BaseException:
                self.disconnect()
                raise
        with self._connection.begin():
            return work(self._connection)


def transaction(method: Callable[Concatenate[Any, Connection, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Run a method of an object with a ``database`` in a transaction; callers do not pass the connection."""

    @wraps(method)
    def run(self: Any, /, *arguments: P.args, **named: P.kwargs) -> T:
        database: Database = self.database
        return database.run(lambda connection: method(self, connection, *arguments, **named))

    return run


# Until a server that has gone without a word is noticed.
_LIMITS: dict[str, Any] = {
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 5_000,  # milliseconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
# The same of the server: until it releases the locks of a bot that has gone without a word.
_SERVER_LIMITS = (
    "-c lock_timeout=5s -c idle_in_transaction_session_timeout=10s "
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
)


class Postgres(Database):
    """A database on a Postgres server, named by a URL; several hosts can share it."""

    clock = sa.literal_column("CAST(extract(epoch FROM clock_timestamp()) AS double precision)", sa.Double)
    advice = "check that the server is running and that the address is right"

    def __init__(self, url: str) -> None:
        super().__init__()
        address = sa.make_url(url).set(drivername="postgresql+psycopg")
        self.name = f"The database {address.database} on {address.host}"
        limits = {name: value for name, value in _LIMITS.items() if name not in address.query}
        limits["prepare_threshold"] = None  # a pool between may give each transaction another connection of the server
        limits["options"] = f"{_SERVER_LIMITS} {address.query.get('options', '')}".strip()
        self.engine = sa.create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=limits)

    def prepare(self, connection: Connection) -> None:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x70756C6C)))  # one process at a time
        super().prepare(connection)


class _UnusableFileError(OSError):
    """The file is to be renamed; ``kind`` is part of its new name."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(" ".join(why.split()))
        self.kind = kind


class Sqlite(Database):
    """A database in one file, which is created if missing, or in memory if ``path`` is None.

    A damaged file is renamed, never deleted, unless another process has it open: renaming it then would separate the
    two for good. So everyone who has the file open holds a shared lock on an empty database beside it.
    """

    clock = sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)
    advice = "make it writable, free some space, or set PULLQUOTE_STATE_DIR to another folder"

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path, self._lock_path, self._inode = path, f"{path}.lock", 0
        self.name = f"The state folder {path.parent}" if path else "The database in memory"
        self.engine = sa.create_engine("sqlite://", creator=self._open, poolclass=NullPool, hide_parameters=True)
        # IMMEDIATE takes the write lock before anything is read: two processes cannot both find a question free.
        self.engine.dialect.do_begin = lambda db: db.cursor().execute("BEGIN IMMEDIATE")  # type: ignore[assignment]

    def _open(self) -> sqlite3.Connection:
        with ExitStack() as turn:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                for name in (self._path, self._lock_path):
                    Path(name).touch(mode=0o600)
                presence = self.open_files.enter_context(_connect(self._lock_path))
                presence.execute("BEGIN")
                presence.execute("SELECT count(*) FROM sqlite_schema").fetchall()
                self._inode = self._path.stat().st_ino
                # Of several processes that create a file at once, SQLite refuses all but one.
                turn.enter_context(_connect(self._lock_path)).execute("BEGIN IMMEDIATE")
            db = self.open_files.enter_context(_connect(self._path or ":memory:"))
            db.text_factory = lambda value: value.decode(errors="replace")  # a damaged text is no reason to stop
            if (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise _UnusableFileError("damaged", f"is damaged ({found})")
            # With a journal, a killed process loses nothing, and a power failure the last moments, never the file.
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                db.execute(f"PRAGMA {pragma}")
            return db

    def prepare(self, connection: Connection) -> None:
        try:
            if schema.revision(connection) is None and sa.inspect(connection).get_table_names():
                raise _UnusableFileError("old", "was written by an earlier version")
            super().prepare(connection)
            for table in schema.metadata.tables.values():
                connection.execute(sa.select(table).limit(0))
        except DBAPIError as error:
            if _code(error.orig) == sqlite3.SQLITE_ERROR:  # these statements are right, so the tables are not
                raise _UnusableFileError("damaged", f"is damaged ({error.orig})") from error
            raise

    def replace(self, error: Exception) -> bool:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if _code(cause) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or isinstance(cause, UnicodeDecodeError):
            cause = _UnusableFileError("damaged", f"is damaged ({cause})")
        if self._path is None or not isinstance(cause, _UnusableFileError):
            return False
        self.disconnect()
        try:
            with _connect(self._lock_path, timeout=0.1) as alone:
                alone.execute("BEGIN EXCLUSIVE")
                if self._has_file():  # else another process replaced it
                    self._rename(self._path, cause)
        except sqlite3.OperationalError as failed:
            if _code(failed) != sqlite3.SQLITE_BUSY:
                raise OSError(str(failed)) from error
            open_elsewhere = "another process has it open; stop every Pullquote that uses it, and start again"
            raise StoreError(f"{self.name} {cause} and {open_elsewhere}.") from error
        return True

    def _transact(self, work: Callable[[Connection], T]) -> T:
        if self._connection is not None and not self._has_file():
            log.warning("%s was deleted or replaced while it was in use; it is opened again", self.name)
            self.disconnect()  # SQLite would go on writing to the deleted file
        return super()._transact(work)

    def _has_file(self) -> bool:
        return self._path is None or (self._path.exists() and self._path.stat().st_ino == self._inode)

    def _rename(self, path: Path, why: _UnusableFileError) -> None:
        names = (path.with_name(f"{path.name}.{why.kind}-{number}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        # The journal first: beside a new file, an old journal would be taken for the new one's.
        for suffix in ("-wal", "-shm", ""):
            if (part := path.with_name(path.name + suffix)).exists():
                part.rename(aside.with_name(aside.name + suffix))
        log.warning("the database %s %s: it is now %s, and a new one was begun", path, why, aside.name)

    def erase(self) -> None:
        """Empty the journal, which may hold copies of deleted rows; in the file itself they are overwritten."""
        if self._path is not None:
            try:
                with _connect(self._path) as db:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self.name} cannot be used ({error}); {self.advice}.") from error


def _connect(path: Path | str, timeout: float = 10.0) -> closing[sqlite3.Connection]:
    """Open a SQLite file, and wait ``timeout`` seconds for other processes; their transactions take milliseconds."""
    return closing(sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False))


def _code(error: BaseException | None) -> int:
    """SQLite's primary result code; 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
