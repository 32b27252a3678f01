"""Postgres, named by a URL; several hosts can share it."""

from __future__ import annotations

from sqlalchemy import Connection, Double, cast, create_engine, extract, func, make_url, select
from sqlalchemy.pool import NullPool

from bot.store.database import Database, migrate

_NOW = select(cast(extract("epoch", func.clock_timestamp()), Double))
_MIGRATION_LOCK = 0x70756C6C
"""Key of the advisory lock under which one process at a time creates or updates the tables."""


class Postgres(Database):
    """A database on a Postgres server."""

    advice = "check that the server is running and that the address is right"

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self.name = f"The database {self._url.render_as_string(hide_password=True)}"
        super().__init__()

    def connect(self) -> Connection:
        """See ``Database.connect``."""
        connection = create_engine(self._url, poolclass=NullPool).connect()
        try:
            with connection.begin():
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
                migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def now(self, connection: Connection) -> float:
        """See ``Database.now``."""
        return float(connection.execute(_NOW).scalar_one())
