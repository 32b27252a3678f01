"""Helpers of the tests of the fake Slack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError


def close_handler(handler: SocketModeHandler) -> None:
    """Close a Socket Mode client of the SDK without its wait of three seconds."""
    client = handler.client
    if client.current_session is not None:
        # Else its thread may begin to receive anew, as if the client had not been closed, and never end.
        client.current_session_runner.event.set()
        # The client notices its end when its next receive returns; the reply to the ping of this check makes that soon
        client.current_session_state.terminated = True
        client.current_session.check_state()
    handler.close()  # type: ignore[no-untyped-call]


def error_of(call: Callable[..., Any], *positional: Any, **arguments: Any) -> str:
    """Return the error code of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as refused:
        call(*positional, **arguments)
    return str(refused.value.response["error"])
