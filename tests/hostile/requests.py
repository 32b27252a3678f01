"""``python -m tests.hostile.requests``: forged requests, slow connections and endless headers sent to a running bot.

Status 0 if the targets are met: no forged request accepted, every question answered within 1 s meanwhile, memory at
most 100 MB above the start, no traceback.
"""

from __future__ import annotations

import argparse
import http.client
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.playground.server import FakeSlack
from bot.slack.features import events, scopes
from tests.chaos.archive import NAMES, write_archive
from tests.chaos.bots import START_SECONDS, LiveBot
from tests.slack.signing import BODY, forged

from .measurement import Asker, MemoryMeter

ANSWER_SECONDS, MEMORY = 1.0, 100_000_000
SENDERS = 4
"""How many connections send at the same time."""
HEADER = b"x-more: " + b"a" * 1_000 + b"\r\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """How many forged requests, slow connections, and bytes of headers."""

    forged: int = 10_000
    slow: int = 500
    header_bytes: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """``statuses`` of the forged requests; seconds from question to reply; bytes above the start, and as sent."""

    statuses: Counter[int]
    answer_seconds: tuple[float, ...]
    unanswered: int
    memory: int
    sent: int
    traceback: str

    @property
    def meets_targets(self) -> bool:
        is_refused = set(self.statuses) <= {401} and not self.unanswered and not self.traceback
        return is_refused and max(self.answer_seconds) <= ANSWER_SECONDS and self.memory <= MEMORY

    def __str__(self) -> str:
        return (
            f"forged requests by status: {dict(self.statuses)}; {self.sent / 1e6:.0f} MB of headers sent; "
            f"{len(self.answer_seconds)} questions, the slowest {max(self.answer_seconds):.2f} s, {self.unanswered} "
            f"without a reply; {self.memory / 1e6:.0f} MB above the start; {'a' if self.traceback else 'no'} traceback"
        )


def run(attack: Attack, folder: Path) -> Report:
    """Start a bot that takes events over HTTP, attack it, ask it questions meanwhile, and stop it."""
    write_archive(folder / "articles")
    with ExitStack() as stack:
        slack = stack.enter_context(FakeSlack(scopes=scopes("full"), subscriptions=events("full")))
        environment = slack.environment() | {
            "PULLQUOTE_STATE_DIR": str(folder / "state"),
            "PULLQUOTE_QUESTIONS_PER_PERSON": "100000",
        }
        arguments = ("--mode", "http", "--port", "0", "--corpus", str(folder / "articles"))
        bot = LiveBot(arguments, environment, folder / "bot.log")
        stack.callback(bot.stop)
        bot.start()
        _wait_until_ready(bot)
        slack.use_request_url(f"{bot.url}/slack/events")
        asker = Asker(slack)
        asker.wait_until_answered(NAMES[0])
        memory = stack.enter_context(MemoryMeter(bot.process_id))
        address = urlsplit(bot.url)
        attacker = _Attacker(str(address.hostname), address.port or 80)
        numbers = random.Random(1)
        for work in (
            lambda: attacker.send_forged(attack.forged),
            lambda: attacker.send_slowly(attack.slow),
            lambda: attacker.send_headers(attack.header_bytes),
        ):
            _ask_during(work, lambda: asker.ask_about(numbers.choice(NAMES[:300])))
        bot.stop()
        return Report(
            attacker.statuses,
            tuple(asker.seconds),
            asker.unanswered,
            memory.above_start,
            attacker.sent,
            "".join(bot.output.partition("Traceback")[1:])[:4_000],
        )


def _wait_until_ready(bot: LiveBot) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        bot.check()
        with suppress(ValueError, OSError):  # it has not logged its address yet
            if bot.page("/readyz")[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the bot is not ready: {bot.output[-2_000:]}")


def _ask_during(work: Callable[[], None], ask: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(work)
        while not working.done():
            ask()
            time.sleep(0.2)
        working.result()


class _Attacker:
    """Sends requests that no Slack sends; counts what comes of them."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.statuses: Counter[int] = Counter()
        self.sent = 0

    def send_forged(self, count: int) -> None:
        """Send ``count`` requests with wrong signatures of every kind."""
        with ThreadPoolExecutor(SENDERS) as threads:
            for statuses in threads.map(self._send_forged, [count // SENDERS] * SENDERS):
                self.statuses += statuses

    def _send_forged(self, count: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        kinds = list(forged().values())
        connection = http.client.HTTPConnection(self._host, self._port, timeout=10)
        for number in range(count):
            connection.request("POST", "/slack/events", BODY, kinds[number % len(kinds)])
            response = connection.getresponse()
            response.read()
            statuses[response.status] += 1
        connection.close()
        return statuses

    def send_slowly(self, count: int) -> None:
        """Hold ``count`` connections with half a request until the bot closes them."""
        connections = [self._connect() for _ in range(count)]
        for connection in connections:
            connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\n")
        for connection in connections:
            with suppress(ConnectionError):
                while connection.recv(1_000):
                    pass
            connection.close()

    def send_headers(self, count: int) -> None:
        """Send ``count`` bytes of headers, over as many connections as the bot closes."""
        with ThreadPoolExecutor(SENDERS) as threads:
            self.sent += sum(threads.map(self._send_headers, [count // SENDERS] * SENDERS))

    def _send_headers(self, count: int) -> int:
        sent = 0
        while sent < count:
            with self._connect() as connection, suppress(ConnectionError):
                connection.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\n")
                while sent < count:
                    connection.sendall(HEADER)
                    sent += len(HEADER)
        return sent

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), timeout=30)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.requests", description="Attack a running bot.")
    defaults = Attack()
    parser.add_argument("--forged", type=int, default=defaults.forged, help="forged requests")
    parser.add_argument("--slow", type=int, default=defaults.slow, help="connections that never send a whole request")
    parser.add_argument("--header-bytes", type=int, default=defaults.header_bytes, help="bytes of headers")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pullquote-requests-") as folder:
        report = run(Attack(chosen.forged, chosen.slow, chosen.header_bytes), Path(folder))
    sys.stdout.write(f"{report}\n{report.traceback}")
    return 0 if report.meets_targets else 1


if __name__ == "__main__":
    sys.exit(main())
