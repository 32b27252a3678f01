"""The endpoint of Socket Mode: whatever its websockets are doing, all are closed when it stops."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.server import FakeSlack
from bot.slack.client import SlackClient, create_session
from bot.slack.transports import WEBSOCKETS, SocketEndpoint

from .loop import run_async
from .test_client import serving


def problems_after(api_url: str, app_token: str, opened: Callable[[], Awaitable[object]]) -> list[str]:
    """What is left open by an endpoint that stops once ``opened`` is done, as the event loop reports it."""
    problems: list[str] = []

    async def run() -> None:
        def report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            problems.append(context["message"])

        asyncio.get_running_loop().set_exception_handler(report)
        async with create_session() as session:
            app = AsyncApp(client=AsyncWebClient(token="xoxb-1", base_url=api_url))
            endpoint = SocketEndpoint(app, SlackClient("xoxb-1", api_url, session), app_token=app_token)
            endpoint.start()
            await opened()
            await endpoint.stop()
        del endpoint
        gc.collect()

    run_async(run())
    return problems


def test_websockets_that_are_being_opened_are_closed() -> None:
    """A websocket whose other side does not answer yet is closed."""
    with serving() as server, socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        server.answer = json.dumps({"ok": True, "url": url}).encode()

        async def opened() -> None:
            for _ in range(WEBSOCKETS):
                connection, _ = await asyncio.to_thread(silent.accept)
                connection.detach()

        assert problems_after(server.url, "xapp-1", opened) == []


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_open_websockets_are_closed(*, is_refreshed: bool) -> None:
    """So is an open one, and one that Slack is about to close, which stays open for a moment."""
    with FakeSlack() as slack:

        def open_count() -> int:
            return sum(call.method == "apps.connections.open" for call in slack.calls)

        async def opened() -> None:
            await asyncio.to_thread(slack.wait_until_connected, connections=WEBSOCKETS)
            if is_refreshed:
                await asyncio.to_thread(slack.refresh_connections)
                await asyncio.to_thread(slack.wait_until, lambda: open_count() > WEBSOCKETS)

        assert problems_after(slack.api_url, slack.app_token, opened) == []
