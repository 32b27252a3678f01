"""The store of a bot, in a state folder or in a Postgres database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from bot.errors import StoreError
from bot.store.answers import Answers
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.models import FILE_NAME, KEY_NAME
from bot.store.sqlite import Sqlite


class Store(Claims, Answers):
    """Claims, answers and feedback. Safe to share between threads; processes on one host can share a folder.

    Every method raises StoreError if it cannot do what it says, and has then changed nothing.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        url: str | None = None,
        clock: Callable[[], float] | None = None,
        holder: str | None = None,
    ) -> None:
        """Open the database in ``folder``, which is created if missing; in memory only if that is None.

        ``url`` names a Postgres database to use in place of a file; ``clock`` replaces the database's clock in tests.
        """
        self.holder = holder or uuid4().hex
        self.database = _open(folder, url)
        self.clock = (lambda _: clock()) if clock else self.database.now
        try:
            self.database.run(lambda _: None, is_write=False)
            self.key = _load_key(folder) if folder else secrets.token_bytes(32)
        except OSError as error:
            self.close()
            why = error.strerror or error
            raise StoreError(f"The state folder {folder} cannot be used ({why}); {Sqlite.advice}.") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the database; further calls raise StoreError."""
        self.database.close()


def _open(folder: Path | None, url: str | None) -> Database:
    if url is None:
        return Sqlite(folder / FILE_NAME if folder else None)
    # Its driver is installed only where Postgres is used.
    from bot.store.postgres import Postgres

    return Postgres(url)


def _load_key(folder: Path) -> bytes:
    """Read the key of a state folder; create it if there is none. Several processes may do so at once."""
    path = folder / KEY_NAME
    if not path.exists():
        new = folder / f"{KEY_NAME}.{uuid4().hex}"
        new.touch(mode=0o600)
        new.write_bytes(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_bytes()
