"""The lease of whoever writes an archive's index in a cluster, so that only one does at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from uuid import uuid4

from bot.errors import ClusterError, ClusterUnavailableError, PullquoteError
from bot.index.cluster.connection import Connection
from bot.models import Json

BEAT_SECONDS = 3.0
"""How often the holder renews the lease."""
EXPIRES_AFTER = 20.0
"""Seconds without a renewal after which another may take the lease, by the clock of whoever waits."""


class Lease:
    """A lease that is held. ``check`` raises ``ClusterError`` once it is lost."""

    def __init__(self, connection: Connection, index: str, version: Json) -> None:
        self._connection, self._index, self._version = connection, index, version
        self._renewed_at = time.monotonic()
        self._stop = Event()
        self._thread = Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise ``ClusterError`` if another may hold the lease by now."""
        if time.monotonic() - self._renewed_at > EXPIRES_AFTER / 2:
            raise ClusterError("Another process has begun to index this archive, or the cluster did not answer.")

    def _renew(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._version = _put(self._connection, self._index, self._version)
                self._renewed_at = time.monotonic()
            except ClusterUnavailableError:
                pass  # tried again at the next beat; ``check`` says if it took too long
            except PullquoteError:
                return

    def stop_renewing(self) -> None:
        """Let the lease expire."""
        self._stop.set()
        self._thread.join()

    def release(self) -> None:
        """Let another process have the lease at once."""
        self.stop_renewing()
        with suppress(PullquoteError):  # else it expires
            self._connection.request("DELETE", f"{self._index}/_doc/lease", **self._version)


@contextmanager
def hold_lease(connection: Connection, *, waits: bool = False) -> Iterator[Lease]:
    """Hold the lease of the archive's index; a holder that has died is waited for.

    If another process holds it and renews it, wait for that too if ``waits``, or else raise ``ClusterError``.
    """
    index = f"{connection.alias}-lease"
    _create_index(connection, index)
    lease = Lease(connection, index, _acquire(connection, index, waits=waits))
    try:
        yield lease
    finally:
        lease.release()


def _create_index(connection: Connection, index: str) -> None:
    if connection.request("GET", index):
        return
    settings = {"number_of_shards": 1, "auto_expand_replicas": "0-2"}
    try:
        connection.request("PUT", index, {"settings": settings, "mappings": {"dynamic": False}})
    except ClusterError:
        if not connection.request("GET", index):  # else another process has created it meanwhile
            raise


def _acquire(connection: Connection, index: str, *, waits: bool) -> Json:
    first, seen_at = _read(connection, index), time.monotonic()
    while first is not None:
        time.sleep(BEAT_SECONDS / 3)
        now = _read(connection, index)
        if now is None:
            break
        if now != first and not waits:
            raise ClusterError("Another process is indexing this archive in the search cluster; wait until it is done.")
        if now != first:
            first, seen_at = now, time.monotonic()
        elif time.monotonic() - seen_at > EXPIRES_AFTER:
            return _put(connection, index, first)
    return _put(connection, index, None)


def _read(connection: Connection, index: str) -> Json | None:
    found = connection.request("GET", f"{index}/_doc/lease")
    return _version_of(found) if found.get("found") else None


def _put(connection: Connection, index: str, version: Json | None) -> Json:
    """Write the lease if it is still of this version, or missing if that is None; return the new version."""
    condition = version or {"op_type": "create"}
    return _version_of(connection.request("PUT", f"{index}/_doc/lease", {"beat": uuid4().hex}, **condition))


def _version_of(found: Json) -> Json:
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
