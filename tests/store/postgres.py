"""A private Postgres server on loopback, started by the tests that need one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import skip_missing

_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}


@dataclass(frozen=True)
class Server:
    """A server at ``url`` with the database "postgres"; it can be stopped, as if by a crash, and started again."""

    url: str
    start: Callable[[], None]
    stop: Callable[[], None]


@contextmanager
def running_server(*, fsync: bool = False) -> Iterator[Server]:
    """A new server, which is stopped and deleted in the end; skips the test where Postgres is missing.

    Without ``fsync`` it does not survive a power failure, which only a measurement needs.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        skip_missing("Postgres (/usr/lib/postgresql)")
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pullquote-postgres-"))
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    if user:
        shutil.chown(folder, user, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        with (folder.with_suffix(".log")).open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, user=user, group=user, cwd=folder)

    try:
        run("initdb", "-U", "pullquote", "--auth=trust", "-E", "UTF8", "--no-locale")
        settings = {**_SETTINGS, "fsync": "on" if fsync else "off"}
        options = [f"-p {port}", *(f"-c {name}='{value}'" for name, value in settings.items())]
        log_file = str(folder / "server.log")
        server = Server(
            f"postgresql://pullquote@127.0.0.1:{port}/postgres",
            lambda: run("pg_ctl", "-w", "-t", "60", "-l", log_file, "-o", " ".join(options), "start"),
            lambda: run("pg_ctl", "-m", "immediate", "-w", "stop"),
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)
