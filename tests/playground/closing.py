"""How a Socket Mode client of the SDK is closed without its three seconds' wait."""

from __future__ import annotations

from slack_bolt.adapter.socket_mode import SocketModeHandler


def close(handler: SocketModeHandler) -> None:
    """Close its websocket and end its threads."""
    client = handler.client
    if client.current_session is not None:
        # The client notices its end when its next receive returns; the reply to the ping of this check makes that soon
        client.current_session_state.terminated = True
        client.current_session.check_state()
    handler.close()  # type: ignore[no-untyped-call]
