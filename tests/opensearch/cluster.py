"""A private cluster of three OpenSearch nodes on loopback, each in a process that can be killed and started again."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import skip_missing

HERE = Path(__file__).parent
NODES = 3
HEAP = os.environ.get("PULLQUOTE_TESTS_OPENSEARCH_HEAP", "512m")
LEAST_JAVA = 21
STARTS_WITHIN = 240.0


class Cluster:
    """The nodes by number, from 0; ``urls`` are theirs, in this order."""

    def __init__(self, java: Path, jars: Path, folder: Path) -> None:
        self._java, self._jars, self._folder = java, jars, folder
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(2 * NODES)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            self._ports = [str(one.getsockname()[1]) for one in sockets]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all nodes, whether or not they run."""
        return tuple(f"http://127.0.0.1:{port}" for port in self._ports[::2])

    @property
    def missing(self) -> list[int]:
        """The nodes that were killed."""
        return [number for number in range(NODES) if number not in self._processes]

    def start(self, number: int) -> None:
        """Start a node; it joins the others by itself."""
        own = self._folder / f"node{number}"
        own.mkdir(exist_ok=True)
        options = [f"-Xms{HEAP}", f"-Xmx{HEAP}", "--add-modules=jdk.incubator.vector"]
        options += ["--enable-native-access=ALL-UNNAMED", "-cp", f"{self._jars}/*"]
        command = [str(self._java), *options, str(HERE / "TestNode.java"), str(own), str(number), *self._ports]
        with (self._folder / f"node{number}.log").open("ab") as log:
            # In a session of its own: a test that is interrupted must not interrupt the node before it is stopped.
            self._processes[number] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def kill(self, number: int) -> None:
        """Kill a node as a power failure would."""
        process = self._processes.pop(number)
        process.kill()
        process.wait()

    def wait(self, *, nodes: int = NODES, status: str = "green") -> None:
        """Wait until so many nodes have joined, and all copies of all shards are there."""
        deadline = time.monotonic() + STARTS_WITHIN
        path = f"/_cluster/health?wait_for_nodes={nodes}&wait_for_status={status}&timeout=2s"
        while time.monotonic() < deadline:
            for url in self.urls:
                try:
                    with urllib.request.urlopen(url + path, timeout=5) as response:
                        found = json.load(response)
                except (OSError, urllib.error.URLError):
                    continue
                if not found["timed_out"] and found["number_of_nodes"] == nodes:
                    return
            time.sleep(0.3)
        raise AssertionError(f"the cluster has not {nodes} nodes that are {status}: see {self._folder}")

    def stop(self) -> None:
        """End all nodes."""
        for number in list(self._processes):
            self.kill(number)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to the first node that answers, and return the JSON."""
        data = None if body is None else json.dumps(body).encode()
        for url in self.urls:
            request = urllib.request.Request(f"{url}/{path}", data, {"Content-Type": "application/json"}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                return json.load(error)
            except OSError:
                continue
        raise AssertionError("no node answers")


@cache
def shared_cluster() -> Cluster:
    """A cluster that runs until this process ends; tests that use it are in the xdist group "opensearch"."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(running_cluster())


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A new cluster, which is stopped and deleted in the end; skips the test where Java or Maven is missing."""
    java = find_java()
    if java is None:
        skip_missing(f"Java {LEAST_JAVA} (/usr/lib/jvm)")
    if shutil.which("mvn") is None:
        skip_missing("Maven (mvn)")
    assert java is not None
    jars = fetch_jars()
    folder = Path(tempfile.mkdtemp(prefix="pullquote-opensearch-"))
    cluster = Cluster(java, jars, folder)
    try:
        for number in range(NODES):
            cluster.start(number)
        cluster.wait()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def find_java() -> Path | None:
    """The newest Java that can run a node; None if there is none."""
    found: list[tuple[int, Path]] = []
    for java in Path("/usr/lib/jvm").glob("*/bin/java"):
        printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        if (version := re.search(r'"(\d+)', printed)) and int(version[1]) >= LEAST_JAVA:
            found.append((int(version[1]), java))
    return max(found)[1] if found else None


def fetch_jars() -> Path:
    """Fetch what a node needs with Maven, once for this user; return the folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pullquote-tests"
    cache.mkdir(parents=True, exist_ok=True)
    version = re.search(r"<version>(\d+\.\d+\.[\d.]+)<", (HERE / "pom.xml").read_text())
    assert version
    jars = cache / f"opensearch-{version[1]}"
    if not jars.exists():
        part = Path(tempfile.mkdtemp(dir=cache))
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={part}"]
        subprocess.run(["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), *goal], check=True)
        if jars.exists():
            shutil.rmtree(part)  # another process was faster
        else:
            part.rename(jars)
    return jars
