"""What Slack makes of what a person types."""

from __future__ import annotations

import pytest

from bot.playground.models import escape_typed


@pytest.mark.parametrize(
    ("typed", "arrives"),
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
def test_typed_text_arrives_as_slack_sends_it(typed: str, arrives: str) -> None:
    """``& < >`` become entities, addresses are wrapped, and picked mentions stay."""
    assert escape_typed(typed) == arrives
