"""Gets an event to the app: tries, waits and tries again as the Events API does; keeps secret when it gives up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.playground.journal import Attempt, Delivery, Journal
from bot.playground.nouns import Json

RequestKind = Literal["interactive", "slash_commands"]
NO_RETRY = "no_retry"  # the app refused further tries


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app made of a request: ``failure`` is None when it acknowledged, ``body`` what it said with that."""

    failure: str | None
    body: Json | None = None


class Carrier(Protocol):
    """One way to the app: a websocket, or its own web server."""

    async def carry(self, payload: Json, attempt: int, reason: str) -> str | None:
        """Hand ``payload`` over; returns None once it is acknowledged, else the reason for the next try.

        ``attempt`` is 0 for the first try, and ``reason`` is why the one before it failed.
        """

    async def ask(self, kind: RequestKind, payload: Json) -> Reply:
        """Hand over, once, what a person did; the app may answer in its acknowledgement."""


class Courier:
    """Carries payloads on an event loop; ``retry_after`` are the seconds to wait before each further try.

    Each try is made ``copies`` times at once: with as many connections, once through each of them.
    """

    def __init__(self, journal: Journal, carrier: Carrier, retry_after: Sequence[float], copies: int = 1) -> None:
        self.carrier = carrier
        self._journal = journal
        self._retry_after = tuple(retry_after)
        self._copies = copies
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Take the running event loop for all that follows."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = tuple(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def deliver(self, payload: Json, attempt: int = 0) -> Delivery:
        """Begin to deliver; from any thread. With ``attempt`` above 0 it begins as that retry."""
        if self._loop is None:
            raise RuntimeError("nothing can be delivered before the stand-in has started")
        delivery = self._journal.delivery_begins(payload)
        self._loop.call_soon_threadsafe(self._begin, delivery, attempt)
        return delivery

    async def ask(self, kind: RequestKind, payload: Json) -> Reply:
        """Hand over what a person did, the one time that Slack does."""
        return await self.carrier.ask(kind, payload)

    def _begin(self, delivery: Delivery, attempt: int) -> None:
        task = asyncio.create_task(self._see_through(delivery, attempt))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _see_through(self, delivery: Delivery, first: int) -> None:
        failure: str | None = "timeout" if first else ""
        try:
            for number in range(first, len(self._retry_after) + 1):
                if number > first:
                    await asyncio.sleep(self._retry_after[number - 1])
                began = time.time()
                tries = (self.carrier.carry(delivery.payload, number, failure or "") for _ in range(self._copies))
                failures = await asyncio.gather(*tries)
                failure = None if None in failures else failures[0]
                self._journal.attempted(delivery, Attempt(number, began, time.time(), failure))
                if failure is None or failure == NO_RETRY:
                    return
        finally:
            self._journal.settled(delivery)
