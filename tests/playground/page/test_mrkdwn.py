"""The HTML of mrkdwn on the page."""

from __future__ import annotations

import pytest

from .conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

_SHOW = """async ([texts, isVerbatim]) => {
  const { mrkdwn } = await import("/static/mrkdwn.js");
  const { h } = await import("/static/dom.js");
  return texts.map((text) => h("p", {}, mrkdwn(text, isVerbatim)).innerHTML);
}"""
LINK = 'target="_blank" rel="noreferrer noopener"'
CASES = [
    ("plain words", "plain words"),
    ("2 * 3 * 4, a_b_c and ~ 5", "2 * 3 * 4, a_b_c and ~ 5"),
    ("**, __ and ``", "**, __ and ``"),
    ("snake_case_name", "snake_case_name"),
    ("one\ntwo", "one\ntwo"),
    ("&lt;b&gt; &amp;lt; &amp;amp;", "&lt;b&gt; &amp;lt; &amp;amp;"),
    ("*bold* _italic_ ~struck~", "<strong>bold</strong> <em>italic</em> <s>struck</s>"),
    ("*bold _and italic_*", "<strong>bold <em>and italic</em></strong>"),
    ("`*code*`", "<code>*code*</code>"),
    ("```\n*code*\n``` after", '<pre tabindex="0">*code*\n</pre> after'),
    ("&gt; quoted\n&gt; twice\nafter", "<blockquote>quoted\ntwice</blockquote>after"),
    (
        "<https://a.example/?a=1&amp;b=2|a &lt;link&gt;>",
        f'<a href="https://a.example/?a=1&amp;b=2" {LINK}>a &lt;link&gt;</a>',
    ),
    ("<javascript:alert(1)|click>", "<span>click</span>"),
    ("see https://a.example/x.", f'see <a href="https://a.example/x" {LINK}>https://a.example/x</a>.'),
    ("<@U0YOU> and <@U0COLLEAGUE>", '<span class="mention me">@You</span> and <span class="mention">@Colleague</span>'),
    ("<#C0GENERAL|old-name>", '<span class="mention">#general</span>'),
    ("<!here>", '<span class="mention me">@here</span>'),
    (":+1: :no_such_thing:", "👍 :no_such_thing:"),
]


def test_mrkdwn_is_formatted(visit: Visit) -> None:
    """Marks, links, mentions, quotes and fences become elements; everything else is text."""
    shown = visit.tab.evaluate(_SHOW, [[text for text, _ in CASES], False])
    assert list(zip([text for text, _ in CASES], shown, strict=True)) == CASES


def test_a_verbatim_text_links_no_bare_urls(visit: Visit) -> None:
    """With verbatim, only URLs in angle brackets become links."""
    text = "https://a.example/ <https://b.example/|b>"
    (shown,) = visit.tab.evaluate(_SHOW, [[text], True])
    assert shown == f'https://a.example/ <a href="https://b.example/" {LINK}>b</a>'


PIECES = ["*a", "_a_ ", ":a:", "`", "```a```", "&gt;a\n", "<a", "<a>", "https://a "]


def test_a_long_text_is_shown(visit: Visit) -> None:
    """12,000 characters of any mark are shown."""
    shown = visit.tab.evaluate(_SHOW, [[piece * (12_000 // len(piece)) for piece in PIECES], False])
    assert all(len(one) > 1_000 for one in shown)
