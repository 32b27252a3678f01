"""How long a lost connection to Slack goes unnoticed, and what happens to commands meanwhile.

    python -m tests.slack.reconnect

prints a line for each way in which a connection ends, for one of the bot's websockets and for all of them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bot.playground.interactivity import InteractionResult
from bot.playground.workspace import GENERAL, YOU
from bot.slack.features import COMMAND
from bot.slack.transports import WEBSOCKETS

from .harness import Harness, full_harness
from .samples import BRIDGE

WAYS: dict[str, Callable[[Harness, int | None], None]] = {
    "FIN": lambda harness, count: harness.slack.drop_connections("end", count),
    "RST": lambda harness, count: harness.slack.drop_connections("reset", count),
    "black hole": lambda harness, count: harness.slack.drop_connections("silence", count),
    "close frame": lambda harness, count: harness.slack.drop_connections("close", count),
    "refresh": lambda harness, count: harness.slack.refresh_connections(),
}
# Seconds between two commands, and for which they are typed.
EVERY, DURING = 0.1, 6.0


@dataclass(frozen=True, slots=True)
class Loss:
    """``seconds`` until as many websockets are open as before; how many of the commands typed meanwhile failed."""

    seconds: float
    commands: int
    failed: int


def measure(harness: Harness, lose: Callable[[Harness, int | None], None], count: int | None) -> Loss:
    """Lose ``count`` connections (None: all) of a running bot while commands are typed."""
    opened = harness.slack.socket_count
    started = time.monotonic()
    lose(harness, count)
    expected = WEBSOCKETS if count is None else count

    def wait_until_replaced() -> float:
        harness.slack.wait_until(lambda: harness.slack.socket_count >= opened + expected, timeout=30)
        return time.monotonic() - started

    def type_commands() -> list[InteractionResult]:
        results = []
        while time.monotonic() - started < DURING:
            results.append(harness.slack.interactivity.run_command(GENERAL, f"{COMMAND.name} {BRIDGE}", user=YOU))
            time.sleep(EVERY)
        return results

    with ThreadPoolExecutor(2) as executor:
        replaced, commands = executor.submit(wait_until_replaced), executor.submit(type_commands)
        typed = commands.result()
        return Loss(replaced.result(), len(typed), sum(result != InteractionResult() for result in typed))


def main() -> None:
    for count in (1, None):
        for name, lose in WAYS.items():
            if name == "refresh" and count == 1:
                continue
            with tempfile.TemporaryDirectory() as folder, full_harness(Path(folder)) as harness, harness.bot():
                loss = measure(harness, lose, count)
            which = "all websockets" if count is None else "one websocket"
            print(
                f"{name}, {which}: replaced after {loss.seconds:.1f} s; "
                f"{loss.failed} of {loss.commands} commands failed meanwhile"
            )


if __name__ == "__main__":
    main()
