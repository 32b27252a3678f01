"""Typed text as Slack sends it."""

from __future__ import annotations

import pytest

from bot.playground.models import escape_typed


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("", ""),
        ("what was agreed?", "what was agreed?"),
        ("R&D <b> 3 > 2", "R&amp;D &lt;b&gt; 3 &gt; 2"),
        ("<@U0PULLQUOTE> a < b", "<@U0PULLQUOTE> a &lt; b"),
        ("<#C0GENERAL> <!here>", "<#C0GENERAL> <!here>"),
        ("<@nobody> <!subteam>", "&lt;@nobody&gt; &lt;!subteam&gt;"),
        ("&amp;", "&amp;amp;"),
        ("see https://x.example/a?b=1&c=2.", "see <https://x.example/a?b=1&amp;c=2>."),
    ],
)
def test_typed_text_is_escaped(typed: str, sent: str) -> None:
    """``& < >`` become entities, URLs are put in angle brackets, and mentions stay."""
    assert escape_typed(typed) == sent
