"""How tests read a refusal; keeps secret where slack_sdk puts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError


def error_of(call: Callable[..., Any], *positional: Any, **arguments: Any) -> str:
    """The code with which Slack refuses a call, which it must."""
    with pytest.raises(SlackApiError) as refused:
        call(*positional, **arguments)
    return str(refused.value.response["error"])
