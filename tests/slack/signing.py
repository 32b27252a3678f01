"""Requests as Slack signs them, and forged ones."""

from __future__ import annotations

import json
import time

from slack_sdk.signature import SignatureVerifier

from bot.playground.server import FakeSlack

SECRET = FakeSlack.signing_secret
BODY = json.dumps({"type": "event_callback", "event": {"type": "app_mention", "text": "naïve — “quoted”"}}).encode()


def signed(body: bytes = BODY, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Slack's headers for ``body``, sent now or at ``at``."""
    timestamp = str(int(time.time() if at is None else at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body.decode(errors="replace"))
    assert signature is not None
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature,
    }


def forged() -> dict[str, dict[str, str]]:
    """Wrong headers for BODY, by what is wrong with them."""
    valid = signed()
    return {
        "signed with another secret": signed(secret="another"),
        "signed for another body": signed(b"{}"),
        "six minutes old": signed(at=time.time() - 360),
        "six minutes ahead": signed(at=time.time() + 360),
        "without a signature": {name: value for name, value in valid.items() if name != "X-Slack-Signature"},
        "without a time": {name: value for name, value in valid.items() if name != "X-Slack-Request-Timestamp"},
        "without either": {"Content-Type": "application/json"},
        "at no number": valid | {"X-Slack-Request-Timestamp": "yesterday"},
        "at digits that are no number": valid | {"X-Slack-Request-Timestamp": "²³"},
        "at a negative number": valid | {"X-Slack-Request-Timestamp": "-1"},
        "at a number of 5,000 digits": valid | {"X-Slack-Request-Timestamp": "9" * 5_000},
        "at infinity": valid | {"X-Slack-Request-Timestamp": "inf"},
        "with an empty signature": valid | {"X-Slack-Signature": ""},
        "with a signature that is not ASCII": valid | {"X-Slack-Signature": "v0=ü"},
    }
