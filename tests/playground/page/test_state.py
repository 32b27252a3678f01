"""The view state of one person, and the changes between two states."""

from __future__ import annotations

from bot.playground.page.server import changes_between, view_state
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_COLLEAGUE, DM_YOU, GENERAL, YOU


def test_a_state_has_nothing_private_to_others() -> None:
    """Other people's direct messages, ephemeral messages, modals and Home tabs are not in the state."""
    with FakeSlack() as slack:
        slack.say(DM_COLLEAGUE, "for the bot alone", user=COLLEAGUE)
        slack.workspace.post_ephemeral(GENERAL, COLLEAGUE, "for the colleague alone")
        slack.views.publish(COLLEAGUE, "", {"type": "home", "blocks": []})
        mine, theirs = view_state(slack, YOU), view_state(slack, COLLEAGUE)
    assert [key for key in mine if key.startswith("message/")] == []
    assert len([key for key in theirs if key.startswith("message/")]) == 2
    assert (f"channel/{DM_COLLEAGUE}" in mine, f"channel/{DM_YOU}" in mine) == (False, True)
    assert (mine["home"], theirs["home"] is not None) == (None, True)


def test_only_changes_are_sent() -> None:
    """The changes contain edited and deleted messages, and nothing else."""
    with FakeSlack() as slack:
        first, second = slack.say(GENERAL, "first"), slack.say(GENERAL, "second")
        before = view_state(slack, YOU)
        assert changes_between(before, view_state(slack, YOU)) == {"set": {}, "removed": []}
        slack.edit(first, "changed")
        slack.delete(second)
        changes = changes_between(before, view_state(slack, YOU))
    assert list(changes["set"]) == [f"message/{GENERAL}/{first.ts}"]
    assert changes["set"][f"message/{GENERAL}/{first.ts}"]["text"] == "changed"
    assert changes["removed"] == [f"message/{GENERAL}/{second.ts}"]
