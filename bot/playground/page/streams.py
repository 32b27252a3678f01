"""Live updates as server-sent events: first all that a person sees, then what changes; keeps secret how it is woken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.playground.nouns import Json
from bot.playground.page.picture import Picture, changes_between, picture_of
from bot.playground.server import StandIn

# Seconds between two signs of life, without which a browser's connection to a computer that slept stays open
_SIGN_OF_LIFE = 15.0


class Streams:
    """The open streams, each of one person; ``opening`` is what does not change while the playground runs."""

    def __init__(self, slack: StandIn, opening: Json) -> None:
        self._slack = slack
        self._opening = opening
        self._wakers: set[asyncio.Event] = set()
        self._is_ending = False

    async def serve(self, request: Request) -> Response:
        """The stream of the person whom ``as`` names."""
        viewer = request.query_params.get("as", "")
        people = {user.id for user in self._slack.workspace.users() if user.bot_id is None}
        if viewer not in people:
            return JSONResponse({"error": f"There is no person {viewer}."}, 404)
        return StreamingResponse(self._told(viewer), media_type="text/event-stream")

    async def end(self) -> None:
        """Let every stream come to its end."""
        self._is_ending = True
        for waker in self._wakers:
            waker.set()

    async def _told(self, viewer: str) -> AsyncIterator[str]:
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        self._wakers.add(changed)
        try:
            with self._slack.watching(lambda: loop.call_soon_threadsafe(changed.set)):
                known: Picture = {}
                opening = self._opening | {"viewer": viewer}
                while not self._is_ending:
                    changed.clear()
                    now = picture_of(self._slack, viewer)
                    told = opening | changes_between(known, now)
                    if opening or told["set"] or told["gone"]:
                        yield f"data: {json.dumps(told)}\n\n"
                    known, opening = now, {}
                    if not await _within(changed, _SIGN_OF_LIFE):
                        yield ": still here\n\n"
        finally:
            self._wakers.discard(changed)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
