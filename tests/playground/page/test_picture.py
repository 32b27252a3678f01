"""What one person sees of the workspace, as data: what is private to another is not in it, and changes are small."""

from __future__ import annotations

from bot.playground.page.state import as_tree, changes_between, view_state
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_COLLEAGUE, DM_YOU, GENERAL, YOU


def test_a_picture_holds_nothing_that_is_private_to_another() -> None:
    """Another's direct message, ephemeral messages, modals and Home tab are not sent to the browser at all."""
    with FakeSlack() as slack:
        slack.say(DM_COLLEAGUE, "for the bot alone", user=COLLEAGUE)
        slack.workspace.post_ephemeral(GENERAL, COLLEAGUE, "for the colleague alone")
        slack.views.publish(COLLEAGUE, "", {"type": "home", "blocks": []})
        mine, theirs = view_state(slack, YOU), view_state(slack, COLLEAGUE)
    assert [key for key in mine if key.startswith("message/")] == []
    assert len([key for key in theirs if key.startswith("message/")]) == 2
    assert (f"channel/{DM_COLLEAGUE}" in mine, f"channel/{DM_YOU}" in mine) == (False, True)
    assert (mine["home"], theirs["home"] is not None) == (None, True)


def test_only_what_changed_is_told() -> None:
    """A new message, a changed one and one that is gone are told, and nothing else is repeated."""
    with FakeSlack() as slack:
        first, second = slack.say(GENERAL, "first"), slack.say(GENERAL, "second")
        before = view_state(slack, YOU)
        assert changes_between(before, view_state(slack, YOU)) == {"set": {}, "gone": []}
        slack.edit(first, "changed")
        slack.delete(second)
        told = changes_between(before, view_state(slack, YOU))
    assert list(told["set"]) == [f"message/{GENERAL}/{first.ts}"]
    assert told["set"][f"message/{GENERAL}/{first.ts}"]["text"] == "changed"
    assert told["gone"] == [f"message/{GENERAL}/{second.ts}"]


MARKDOWN = [
    ("", []),
    ("plain", [{"tag": "p", "children": ["plain"]}]),
    ("a\nb", [{"tag": "p", "children": ["a", "\n", "b"]}]),
    ("<b>raw</b>", [{"tag": "p", "children": ["<b>raw</b>"]}]),
    ("`x<y`", [{"tag": "p", "children": [{"tag": "code", "children": ["x<y"]}]}]),
    ("![map](http://a/b.png)", [{"tag": "p", "children": ["map"]}]),
    ("[two](https://a/)", [{"tag": "p", "children": [{"tag": "a", "href": "https://a/", "children": ["two"]}]}]),
    ("```\nx = 1\n```", [{"tag": "pre", "children": ["x = 1\n"]}]),
    ("---", [{"tag": "hr", "children": []}]),
]


def test_markdown_becomes_a_tree_without_markup() -> None:
    """Each construct is an element with children; raw HTML is text, and no picture is asked for."""
    assert [(text, as_tree(text)) for text, _ in MARKDOWN] == MARKDOWN
