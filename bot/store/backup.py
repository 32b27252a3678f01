"""Backups of the store, in a file from which a database of either kind can be restored.

The file is JSON Lines, compressed with gzip: a header, a line for each row, and a line with the number of rows and the
SHA-256 of all lines before it, without which the file is incomplete.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from bot.errors import StoreError
from bot.store import schema
from bot.store.store import Store

TABLES = {table.name: table for table in (schema.questions, schema.feedback, schema.files)}
"""In an order in which rows refer only to earlier ones."""
_BATCH = 500  # rows
_COMPRESSION = 3  # fast, since the bot waits for the database meanwhile
_QUESTION = b'["questions",'  # how the line of a question begins

StoredRow = tuple[str, dict[str, Any]]


class BackupHeader(BaseModel):
    """The first line: the revision of the tables, when (UTC) they were read, and the key of ``Store.hash_user``."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["pullquote backup 1"] = "pullquote backup 1"
    revision: str
    created_at: datetime
    key: str = Field(pattern=r"^(?:[0-9a-f]{2})+$")


def write_backup(store: Store, path: Path) -> int:
    """Write the whole store, as of one moment, to the file, which only its owner can read; return how many questions.

    A file that is there is replaced when the new one is complete. StoreError if either cannot be used.
    """
    if not path.name or path.is_dir():
        raise StoreError(f"{path} is a folder; name a file in it.")

    with _writing_to(path), NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:

        def write(connection: Connection) -> int:
            with _writing_to(path):
                return _write(connection, store, file)

        try:
            questions = store.database.run(write, repairs=False)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise
    return questions


@contextmanager
def _writing_to(path: Path) -> Iterator[None]:
    """Turn an OSError into a StoreError that names the file."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); choose another file or folder.") from error


def _write(connection: Connection, store: Store, file: IO[bytes]) -> int:
    """Write everything; return how many questions."""
    digest, rows, questions = hashlib.sha256(), -1, 0  # the header is no row
    with gzip.open(file, "wb", compresslevel=_COMPRESSION) as stream:
        for line in _lines(connection, store):
            rows += 1
            digest.update(line)
            stream.write(line)
            questions += line.startswith(_QUESTION)
        stream.write(_encode({"rows": rows, "sha256": digest.hexdigest()}))
    return questions


def _lines(connection: Connection, store: Store) -> Iterator[bytes]:
    """The header, and a line for each row, as of the beginning of the transaction."""
    if store.is_shared:
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    header = BackupHeader(revision=schema.HEAD, created_at=datetime.now(UTC), key=store.key.hex())
    yield header.model_dump_json().encode() + b"\n"
    for name, table in TABLES.items():
        ordered = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=_BATCH)
        for row in connection.execute(ordered):
            yield _encode([name, row._asdict()])


def _encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def read_backup(path: Path) -> tuple[BackupHeader, Iterator[StoredRow]]:
    """Return the header, and the rows, each with the name of its table.

    StoreError if the file cannot be read, or is of another version of Pullquote; while the rows are read, if it is
    damaged or incomplete.
    """
    lines = _read_lines(path)
    try:
        header = BackupHeader.model_validate_json(next(lines, b""))
    except ValidationError as error:
        raise StoreError(f"{path} is no backup that this version of Pullquote made; choose another file.") from error
    if header.revision != schema.HEAD:
        raise StoreError(
            f"{path} was made by another version of Pullquote; restore it with that version, then upgrade."
        )
    return header, _read_rows(path, lines)


def _read_lines(path: Path) -> Iterator[bytes]:
    """Yield all lines but the last; StoreError if that does not state their number and digest."""
    digest, rows, last = hashlib.sha256(), -1, b""
    try:
        with gzip.open(path, "rb") as stream:
            for line in stream:
                if last:
                    digest.update(last)
                    rows += 1
                    yield last
                last = line
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or incomplete"
        raise StoreError(f"{path} cannot be read ({reason}); choose another file.") from error
    if last != _encode({"rows": rows, "sha256": digest.hexdigest()}):
        raise StoreError(f"{path} is damaged or incomplete; choose another file.")


def _read_rows(path: Path, lines: Iterator[bytes]) -> Iterator[StoredRow]:
    for line in lines:
        try:
            name, row = json.loads(line)
            yield TABLES[name].name, dict(row)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path} is damaged; choose another file.") from error


def restore_backup(store: Store, path: Path) -> int:
    """Fill an empty store from the file, wholly or not at all; return how many questions it has.

    StoreError if it holds anything, and as ``read_backup``.
    """

    def restore(connection: Connection) -> int:
        if store.is_shared:
            connection.execute(sa.text(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE"))  # no bot writes meanwhile
        for name, table in TABLES.items():
            if count := connection.scalar(sa.select(sa.func.count()).select_from(table)):
                raise StoreError(f"The database already holds {count:,} {name}; restore into an empty one.")
        header, rows = read_backup(path)
        questions = 0
        for name, own in groupby(rows, key=lambda row: row[0]):
            while batch := [row for _, row in islice(own, _BATCH)]:
                try:
                    connection.execute(sa.insert(TABLES[name]), batch)
                except (sa.exc.OperationalError, sa.exc.InterfaceError):  # the database cannot be used
                    raise
                except sa.exc.SQLAlchemyError as error:
                    raise StoreError(f"{path} has rows that do not fit the tables; choose another file.") from error
                questions += len(batch) * (name == schema.questions.name)
        if store.is_shared and questions:  # the numbers of later rows follow those that were given
            sequence = sa.func.pg_get_serial_sequence(schema.questions.name, "id")
            connection.execute(
                sa.select(sa.func.setval(sequence, sa.select(sa.func.max(schema.questions.c.id)).scalar_subquery()))
            )
        store.replace_key(connection, bytes.fromhex(header.key))
        return questions

    return store.database.run(restore)
