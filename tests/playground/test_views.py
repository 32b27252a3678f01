"""Views and metadata at the border of Slack's limits: the most that is taken, and one more, which is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bot.models import Json
from bot.playground import limits
from bot.playground.validation import RefusedError, checked_metadata, checked_view


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain(1), "blocks": [{"type": "divider"}], **more}


VIEW_BORDERS: dict[str, tuple[int, Any]] = {
    "blocks": (limits.VIEW_BLOCKS, lambda n: modal(blocks=[{"type": "divider"}] * n)),
    "title": (limits.VIEW_TITLE, lambda n: modal(title=plain(n))),
    "private metadata": (limits.VIEW_METADATA, lambda n: modal(private_metadata="x" * n)),
    "callback id": (limits.CALLBACK_ID, lambda n: modal(callback_id="x" * n)),
}


@pytest.mark.parametrize(("most", "view"), VIEW_BORDERS.values(), ids=VIEW_BORDERS)
def test_a_view_has_limits(most: int, view: Any) -> None:
    """Each limit of a view holds to the unit: its value passes, one past it is invalid_arguments."""
    checked_view(view(most), "modal")
    with pytest.raises(RefusedError, match=r"^invalid_arguments$"):
        checked_view(view(most + 1), "modal")


ENTRY = {"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}}


@pytest.mark.parametrize(
    "view",
    [None, modal(title=None), modal(type="home"), modal(blocks=[ENTRY])],
    ids=["none", "no title", "another kind", "an input without a submit button"],
)
def test_a_view_has_what_its_kind_needs(view: Any) -> None:
    """A modal without what Slack asks of it is invalid_arguments."""
    checked_view(modal(blocks=[ENTRY], submit=plain(1)), "modal")
    with pytest.raises(RefusedError, match=r"^invalid_arguments$"):
        checked_view(view, "modal")


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ("x", "invalid_metadata_format"),
        ({"event_type": "answer"}, "invalid_metadata_format"),
        ({"event_type": 1, "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "answer", "event_payload": {}, "more": 1}, "invalid_metadata_format"),
        ({"event_type": "answer", "event_payload": {"x": "x" * limits.METADATA_BYTES}}, "metadata_too_large"),
    ],
)
def test_metadata_has_a_type_and_a_payload(metadata: Any, error: str) -> None:
    """Metadata of another shape, or too much of it, is refused."""
    with pytest.raises(RefusedError, match=f"^{error}$"):
        checked_metadata(metadata)
