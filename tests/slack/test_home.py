"""The Home tab and the tab Messages, as somebody who opens them finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, YOU
from bot.slack.features import FEATURES, events, scopes
from bot.slack.layout import texts_in
from tests.factories import archive_of

from .harness import Harness, full_harness
from .samples import TARN, ScriptedAnswerer


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted, without the bot."""
    with full_harness(tmp_path) as harness:
        yield harness


def home(harness: Harness, user: str = YOU) -> list[str]:
    """All that ``user`` reads in the Home tab, once it is opened and all is quiet."""
    harness.slack.open_home(user=user)
    harness.slack.wait_until(lambda: harness.slack.views.home(user) is not None)
    harness.slack.wait_until_idle()
    view: Json = harness.slack.views.home(user) or {}
    return list(texts_in(view["blocks"]))


def test_home_says_what_the_archive_holds(idle: Harness) -> None:
    """(opens Home, how much the archive holds, from when, what is newest, how to ask, and examples)."""
    later = replace(TARN, id="later.txt", title="Trains for Tarn", published=date(2025, 11, 12))
    nobody = replace(TARN, id="notes/plain.txt", title="Plain", source="plain.txt", published=None)
    idle.answerer.archive = archive_of([TARN, later, nobody])
    with idle.bot():
        read = home(idle)
    assert read[1].startswith("3 articles · 1 source · 7 May 2025 to 12 November 2025. Loaded on ")
    at = read.index("Latest articles:")
    assert read[at + 1 : at + 3] == ["Trains for Tarn · 12 November 2025", "A bridge for Tarn · 7 May 2025"]
    assert any("/pullquote" in line for line in read)
    assert set(idle.answerer.examples) <= set(read)
    assert "Features that are turned off" not in read


def test_home_names_what_is_not_switched_on(tmp_path: Path) -> None:
    """(opens Home of the base variant, each feature of the full one that is off, and the scopes that it takes)."""
    with FakeSlack(scopes=scopes("base"), subscriptions=events("base")) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            read = home(harness)
    for feature in FEATURES:
        named = any(line.startswith(f"{feature.name} (") for line in read)
        assert named is (feature.variant == "full"), feature.name
    assert not any(line.startswith("Anywhere: type") for line in read)


def test_home_before_the_archive_is_read_says_so(idle: Harness) -> None:
    """(opens Home while the archive is being read, that it is; opens it again then, what it holds)."""
    with idle.bot(is_loaded=False) as bot:
        assert "The archive is still loading. Open this tab again in a moment." in home(idle)
        idle.start_answering(bot)
        assert any(line.startswith("1 article · 1 source · 7 May 2025. Loaded on") for line in home(idle))


def test_home_shows_a_guest_nothing_of_the_archive(idle: Harness) -> None:
    """(a guest opens Home, that questions are for members only, and no title; opens Messages, nothing)."""
    guest = idle.slack.add_person(guest="multi-channel")
    idle.slack.open_dm(guest)
    with idle.bot():
        assert home(idle, guest) == ["Questions are answered only for full members of this workspace, not for guests."]
        idle.slack.open_home(user=guest, tab="messages")
        idle.slack.wait_until_idle()
        assert idle.slack.views.prompts(idle.slack.open_dm(guest)) is None


def test_titles_are_shown_as_they_are_and_no_longer_than_fits(idle: Harness) -> None:
    """Titles that look like markup, or are as long as a book, leave a tab that Slack takes."""
    titles = ("<!channel> *b* :smile:", "x" * 5_000, "\u202egnorts")
    idle.answerer.archive = archive_of([replace(TARN, id=f"{title[:9]}.txt", title=title) for title in titles])
    with idle.bot():
        read = home(idle)
    assert "<!channel> *b* :smile: · 7 May 2025" in read
    assert max(map(len, read)) < 500


def test_the_tab_messages_suggests_the_examples(idle: Harness) -> None:
    """(opens Messages, the examples as prompts, without a thread); the Home tab is none of its business."""
    with idle.bot():
        idle.slack.open_home(tab="messages")
        idle.slack.wait_until(lambda: idle.slack.views.prompts(DM_YOU) is not None)
        idle.slack.wait_until_idle()
    prompts: Json = idle.slack.views.prompts(DM_YOU) or {}
    assert [one["message"] for one in prompts["prompts"]] == list(idle.answerer.examples)
    (call,) = [call for call in idle.slack.calls if call.method == "assistant.threads.setSuggestedPrompts"]
    assert "thread_ts" not in str(call)
    assert idle.slack.views.home(YOU) is None


def test_nothing_is_suggested_without_the_scope(tmp_path: Path) -> None:
    """Without assistant:write, opening Messages calls nothing."""
    with full_harness(tmp_path, without=("assistant:write",)) as harness, harness.bot():
        harness.slack.open_home(tab="messages")
        harness.slack.wait_until_idle()
        assert not [call for call in harness.slack.calls if call.method.startswith("assistant.")]


def test_a_tab_is_shown_once_slack_has_time(idle: Harness) -> None:
    """Where Slack asks for patience, the tab comes after it."""
    with idle.bot():
        idle.slack.fail_next("views.publish", status=429, retry_after=0)
        assert any("1 article" in line for line in home(idle))
