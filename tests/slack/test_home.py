"""The Home tab and the Messages tab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.errors import ArchiveGoneError
from bot.models import Json
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, YOU
from bot.slack.blocks import texts_in
from bot.slack.features import FEATURES, events, scopes
from tests.factories import archive_of

from .harness import Harness, full_harness
from .samples import TARN, FixedCorpus, ScriptedAnswerer


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Harness]:
    """A harness with all scopes; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


def open_home(harness: Harness, user: str = YOU) -> list[str]:
    """All texts of the Home tab of ``user``, once nothing is in progress."""
    harness.slack.open_home(user=user)
    harness.slack.wait_until(lambda: harness.slack.views.home(user) is not None)
    harness.slack.wait_until_idle()
    view: Json = harness.slack.views.home(user) or {}
    return list(texts_in(view["blocks"]))


def test_home_describes_the_archive(offline: Harness) -> None:
    """Home has the size of the archive, its dates, the latest articles, how to ask, and examples."""
    later = replace(TARN, id="later.txt", title="Trains for Tarn", published=date(2025, 11, 12))
    nobody = replace(TARN, id="notes/plain.txt", title="Plain", source="plain.txt", published=None)
    offline.answerer.archive = archive_of([TARN, later, nobody])
    with offline.bot():
        read = open_home(offline)
    assert read[1].startswith("3 articles · 1 source · 7 May 2025 to 12 November 2025. Loaded on ")
    at = read.index("Latest articles:")
    assert read[at + 1 : at + 3] == ["Trains for Tarn · 12 November 2025", "A bridge for Tarn · 7 May 2025"]
    assert any("/pullquote" in line for line in read)
    assert set(offline.answerer.examples) <= set(read)
    assert "Features that are turned off" not in read


def test_home_lists_disabled_features(tmp_path: Path) -> None:
    """With the base variant, Home lists each feature of the full variant and its scopes."""
    with FakeSlack(scopes=scopes("base"), subscriptions=events("base")) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            read = open_home(harness)
    for feature in FEATURES:
        named = any(line.startswith(f"{feature.name} (") for line in read)
        assert named is (feature.variant == "full"), feature.name
    assert not any(line.startswith("Anywhere: type") for line in read)


def test_home_of_an_archive_that_is_gone(offline: Harness) -> None:
    """Home says so instead of describing it."""
    with offline.bot(is_loaded=False) as bot:
        bot.start_answering(FixedCorpus(offline.answerer, is_gone=True))
        read = open_home(offline)
    assert read[:2] == ["The archive", str(ArchiveGoneError())]


def test_home_while_the_archive_is_loading(offline: Harness) -> None:
    """Home says that the archive is loading; opened again later, it describes the archive."""
    with offline.bot(is_loaded=False) as bot:
        assert "The archive is still loading. Open this tab again in a moment." in open_home(offline)
        offline.start_answering(bot)
        assert any(line.startswith("1 article · 1 source · 7 May 2025. Loaded on") for line in open_home(offline))


def test_home_shows_a_guest_nothing_of_the_archive(offline: Harness) -> None:
    """A guest sees only why questions are not answered, and no suggestions in Messages."""
    guest = offline.slack.add_person(guest="multi-channel")
    offline.slack.open_dm(guest)
    with offline.bot():
        assert open_home(offline, guest) == [
            "Questions are answered only for full members of this workspace, not for guests."
        ]
        offline.slack.open_home(user=guest, tab="messages")
        offline.slack.wait_until_idle()
        assert offline.slack.views.prompts(offline.slack.open_dm(guest)) is None


def test_titles_are_literal_and_shortened(offline: Harness) -> None:
    """Slack accepts the tab with titles that look like markup or are very long."""
    titles = ("<!channel> *b* :smile:", "x" * 5_000, "\u202egnorts")
    offline.answerer.archive = archive_of([replace(TARN, id=f"{title[:9]}.txt", title=title) for title in titles])
    with offline.bot():
        read = open_home(offline)
    assert "<!channel> *b* :smile: · 7 May 2025" in read
    assert max(map(len, read)) < 500


def test_the_messages_tab_suggests_examples(offline: Harness) -> None:
    """Opening Messages sets the examples as prompts, without a thread, and publishes no Home tab."""
    with offline.bot():
        offline.slack.open_home(tab="messages")
        offline.slack.wait_until(lambda: offline.slack.views.prompts(DM_YOU) is not None)
        offline.slack.wait_until_idle()
    prompts: Json = offline.slack.views.prompts(DM_YOU) or {}
    assert [one["message"] for one in prompts["prompts"]] == list(offline.answerer.examples)
    (call,) = [call for call in offline.slack.calls if call.method == "assistant.threads.setSuggestedPrompts"]
    assert "thread_ts" not in str(call)
    assert offline.slack.views.home(YOU) is None


def test_no_suggestions_without_the_scope(tmp_path: Path) -> None:
    """Without assistant:write, opening Messages calls no method."""
    with full_harness(tmp_path, without=("assistant:write",)) as harness, harness.bot():
        harness.slack.open_home(tab="messages")
        harness.slack.wait_until_idle()
        assert not [call for call in harness.slack.calls if call.method.startswith("assistant.")]


def test_a_rate_limited_tab_is_published_later(offline: Harness) -> None:
    """After a rate limit, the tab is published again."""
    with offline.bot():
        offline.slack.fail_next("views.publish", status=429, retry_after=0)
        assert any("1 article" in line for line in open_home(offline))


def test_home_is_published_again_after_failures(offline: Harness) -> None:
    """If Slack fails or limits the rate, the tab is published a moment later."""
    with offline.bot():
        offline.slack.fail_next("views.publish", status=500)
        offline.slack.fail_next("views.publish", status=429, retry_after=1)
        assert "The archive" in open_home(offline)
