"""The lease of the process that writes an archive's index in a cluster, so that only one does at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from uuid import uuid4

from bot.errors import ClusterConflictError, ClusterUnavailableError, PullquoteError
from bot.index.cluster.connection import Connection, Version, version_of

RENEW_SECONDS = 3.0
"""How often the holder renews the lease."""
EXPIRES_AFTER = 20.0
"""Seconds without a renewal after which a process that waits may take the lease, by its own clock."""


class Lease:
    """A lease that is held until another process takes it."""

    def __init__(self, connection: Connection, index: str, holder: str, version: Version) -> None:
        self._connection, self._index, self._holder, self._version = connection, index, holder, version
        self._renewed_at = time.monotonic()
        self._is_lost = False
        self._lock, self._stop = Lock(), Event()
        self._thread = Thread(target=self._renew_always, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Renew the lease, before something is changed.

        Raises ``ClusterConflictError`` if another process holds it, for example because this one was suspended, and
        ``ClusterUnavailableError`` if it could not be renewed for half of the time after which it expires.
        """
        try:
            if not self._is_lost:
                self._renew()
        except ClusterUnavailableError:
            if time.monotonic() - self._renewed_at > EXPIRES_AFTER / 2:
                raise
        if self._is_lost:
            raise ClusterConflictError

    def _renew_always(self) -> None:
        while not self._is_lost and not self._stop.wait(RENEW_SECONDS):
            with suppress(ClusterUnavailableError):  # tried again soon
                self._renew()

    def _renew(self) -> None:
        with self._lock:
            try:
                self._version = _write(self._connection, self._index, self._holder, self._version)
                self._renewed_at = time.monotonic()
            except ClusterUnavailableError:
                raise
            except PullquoteError:
                self._is_lost = True

    def stop_renewing(self) -> None:
        """Let the lease expire."""
        self._stop.set()
        self._thread.join()

    def release(self) -> None:
        """Let another process have the lease at once."""
        self.stop_renewing()
        with suppress(PullquoteError):  # else it expires
            self._connection.delete(f"{self._index}/_doc/lease", **self._version)


@contextmanager
def hold_lease(connection: Connection, *, waits: bool = False) -> Iterator[Lease]:
    """Hold the lease of the archive's index; if its holder was killed, wait until it expires.

    If another process holds it and renews it, wait for that too if ``waits``, or else raise ``ClusterConflictError``.
    """
    index = f"{connection.alias}-lease"
    if not connection.get(index):
        settings = {"number_of_shards": 1, "auto_expand_replicas": "0-2"}
        connection.create_index(index, {"settings": settings, "mappings": {"dynamic": False}})
    holder = uuid4().hex
    lease = Lease(connection, index, holder, _acquire(connection, index, holder, waits=waits))
    try:
        yield lease
    finally:
        lease.release()


def _acquire(connection: Connection, index: str, holder: str, *, waits: bool) -> Version:
    """Wait until the lease is free or has expired, and take it; return its version."""
    seen, seen_at = _read(connection, index), time.monotonic()
    while True:
        if seen is None or time.monotonic() - seen_at > EXPIRES_AFTER:
            try:
                return _write(connection, index, holder, seen)
            except ClusterConflictError:  # another process was faster
                if not waits:
                    raise
        time.sleep(RENEW_SECONDS / 3)
        now = _read(connection, index)
        if now != seen:
            if now is not None and not waits:
                raise ClusterConflictError
            seen, seen_at = now, time.monotonic()


def _read(connection: Connection, index: str) -> Version | None:
    found = connection.get(f"{index}/_doc/lease")
    return version_of(found) if found.get("found") else None


def _write(connection: Connection, index: str, holder: str, version: Version | None) -> Version:
    """Write the lease if it is still of this version, or missing if that is None; return the new version.

    A request that the cluster carried out after its sender had given up is no conflict: it wrote the same.
    """
    return connection.replace(f"{index}/_doc/lease", {"holder": holder}, version)
