"""What was asked lately, as people find it in their Home tab: their own questions, and to editors what is missing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from slack_sdk import WebClient

from bot.models import Json
from bot.playground.models import ChannelKind
from bot.playground.server import FakeSlack
from bot.playground.validation import validate_view
from bot.playground.workspace import COLLEAGUE, DM_COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import UserDirectory
from bot.slack.buttons import RATE
from bot.slack.client import create_client
from bot.slack.features import events, scopes
from bot.slack.home import GAP_DAYS, MAX_GAPS, MAX_OWN_QUESTIONS, SECONDS_PER_DAY, Editors, QuestionHistory
from bot.slack.layout import texts_in
from bot.slack.modals import NOTE
from bot.store.models import FILE_NAME, AnswerRecord, Feedback, MessageRef, QuestionEvent, answer_id, hash_user_id
from bot.store.store import Store

from .harness import Harness, full_harness, run_command, share
from .hostile import MIXTURES, untimed
from .samples import BRIDGE, ScriptedAnswerer
from .test_actions import press, rating_of, window
from .test_home import home

MINE, LACKS = "Your recent questions", "Gaps in the archive"
EDITORS = Editors(frozenset({COLLEAGUE}))
# Nothing is asked of Slack where no question has a link.
NOBODY = WebClient(token="xoxb-none", base_url="http://127.0.0.1:9/")
SEEING_ALL = replace(EDITORS, see_private=True)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted, without the bot."""
    with full_harness(tmp_path) as harness:
        yield harness


def lines(harness: Harness, user: str = YOU) -> list[str]:
    """What ``user`` reads in the Home tab: a line for each block, and for each item of a list."""
    home(harness, user)
    view: Json = harness.slack.views.home(user) or {}
    found: list[str] = []
    for block in view["blocks"]:
        items = block["elements"][0]["elements"] if block["type"] == "rich_text" else [block]
        found += ["".join(text for text in texts_in(item) if not text.startswith("https://")) for item in items]
    return found


def between(read: list[str], start: str, *ends: str) -> list[str]:
    """The lines below the heading ``start``, up to the next of ``ends``."""
    begin = read.index(start) + 1
    return read[begin : next((at for at in range(begin, len(read)) if read[at] in ends), None)]


def own(harness: Harness, user: str = YOU) -> list[str]:
    """A person's own questions, each without its day; none where there is no such heading."""
    read = lines(harness, user)
    return [line.rpartition(" · ")[0] for line in between(read, MINE, LACKS)] if MINE in read else []


def lacks(harness: Harness, user: str = COLLEAGUE) -> str:
    """All that an editor reads below the heading."""
    return "\n".join(between(lines(harness, user), LACKS))


def test_a_person_finds_their_own_questions(idle: Harness) -> None:
    """(asks twice and opens Home, both questions, the newest first, and how each ended); nobody else sees them."""
    with idle.bot():
        assert own(idle) == []
        idle.reply_to(idle.ask(BRIDGE))
        idle.reply_to(idle.ask("why submarines"))
        assert own(idle) == ["why submarines · not in the archive", f"{BRIDGE} · answered"]
        assert own(idle, COLLEAGUE) == []
        assert "submarines" not in "".join(lines(idle, COLLEAGUE))


def test_a_question_links_to_where_it_stands(idle: Harness) -> None:
    """A question in a channel is a link to it; one that was asked by command has no place to link to."""
    with idle.bot():
        asked = idle.ask(BRIDGE)
        idle.reply_to(asked)
        run_command(idle, GENERAL, "why submarines")
        addresses = [text for text in home(idle) if text.startswith("https://")]
        assert own(idle) == ["why submarines · not in the archive", f"{BRIDGE} · answered"]
    assert addresses == [f"https://fake-slack.slack.com/archives/{GENERAL}/p{asked.ts.replace('.', '')}"]


def test_where_slack_gives_no_link_the_question_is_shown(idle: Harness) -> None:
    """Where Slack does not say where the question stands, its words are there all the same."""
    with idle.bot():
        idle.reply_to(idle.ask(BRIDGE))
        idle.slack.fail_next("chat.getPermalink", error="internal_error")
        assert own(idle) == [f"{BRIDGE} · answered"]


def test_only_the_newest_are_shown(idle: Harness) -> None:
    """Of many questions, the newest five are listed."""
    with idle.bot():
        for number in range(MAX_OWN_QUESTIONS + 2):
            idle.reply_to(idle.ask(f"why {number} submarines"))
        assert own(idle) == [
            f"why {number} submarines · not in the archive" for number in reversed(range(2, MAX_OWN_QUESTIONS + 2))
        ]


def test_a_deleted_question_is_gone(idle: Harness) -> None:
    """(deletes the question and opens Home, nothing of it; nor does an editor find it)."""
    with idle.bot(editors=SEEING_ALL):
        asked = idle.slack.say(DM_YOU, "why submarines")
        idle.slack.wait_for_replies(DM_YOU)
        idle.slack.wait_until_idle()
        assert own(idle) == ["why submarines · not in the archive"]
        idle.slack.delete(asked)
        idle.slack.wait_until_idle()
        assert own(idle) == []
        assert "submarines" not in lacks(idle)


def test_an_editor_finds_what_the_archive_lacks(idle: Harness) -> None:
    """(three ask the same in other words, an editor opens Home, one line that says so; others see no such list)."""
    with idle.bot(editors=EDITORS):
        for words in ("why the tunnel", "why submarines", "Why are there submarines?", "WHY SUBMARINES"):
            idle.reply_to(idle.ask(words))
        idle.reply_to(idle.ask(BRIDGE))
        found = lacks(idle).splitlines()
        assert LACKS not in lines(idle)
    assert [line.rpartition(" · ")[0] for line in found[2:4]] == ["WHY SUBMARINES · 3 times", "why the tunnel"]
    assert (found[1], found[-1]) == ("No answer found:", "Answers rated as not helpful: none.")
    assert BRIDGE not in "".join(found)


def test_an_editor_finds_what_was_wrong_and_not_who_said_so(idle: Harness) -> None:
    """(👎 with a note, an editor opens Home, the question and the note, without a name)."""
    with idle.bot(editors=EDITORS):
        reply = idle.reply_to(idle.ask(BRIDGE))
        press(idle, reply, RATE, rating_of(reply, useful=False))
        view = window(idle)
        entered = {view["blocks"][0]["block_id"]: {NOTE: "that is the old bridge"}}
        assert idle.slack.interactivity.submit(view["id"], entered).failure is None
        idle.slack.wait_until_idle()
        found = lacks(idle)
    assert "No answer found: none." in found
    assert found.splitlines()[-1].startswith(f"{BRIDGE} · ")
    assert found.endswith(" · note: that is the old bridge")
    assert YOU not in found


def test_private_questions_are_told_only_where_that_is_set(idle: Harness) -> None:
    """(asks in a direct message and by command, an editor sees neither, and it says so; with the setting, both)."""
    with idle.bot(editors=EDITORS):
        idle.slack.say(DM_YOU, "why submarines")
        idle.slack.wait_for_replies(DM_YOU)
        run_command(idle, GENERAL, "why the tunnel")
        told = lacks(idle)
    assert "No answer found: none." in told
    assert "in channels that are known to be public" in told
    with idle.bot(editors=SEEING_ALL):
        told = lacks(idle)
    assert "why submarines · " in told
    assert "why the tunnel · " in told
    assert "From all questions" in told


@pytest.mark.parametrize(
    ("kind", "fault", "seen"),
    [
        ("mpim", None, False),
        ("group", None, False),
        ("channel", {"status": 500}, False),
        ("channel", {"error": "missing_scope"}, False),
        ("channel", None, True),
    ],
)
def test_a_mention_is_public_only_where_slack_says_that_the_channel_is(
    idle: Harness, kind: ChannelKind, fault: dict[str, Any] | None, *, seen: bool
) -> None:
    """(is asked in a group, a private or a public channel, an editor sees it of a channel that is known as public)."""
    channel = idle.slack.add_channel(kind=kind)
    with idle.bot(editors=EDITORS):
        if fault:
            idle.slack.fail_next("conversations.info", **fault)
        idle.reply_to(idle.ask("why submarines", channel=channel))
        assert ("why submarines · " in lacks(idle)) is seen


@pytest.mark.parametrize(("kind", "seen"), [("group", False), ("channel", True)])
def test_what_is_shared_is_as_public_as_its_channel(idle: Harness, kind: ChannelKind, *, seen: bool) -> None:
    """(/pullquote, Share in channel: an editor sees it once it is there for everybody to read)."""
    channel = idle.slack.add_channel(kind=kind)
    with idle.bot(editors=EDITORS):
        private = run_command(idle, channel, "why submarines")
        assert "submarines" not in lacks(idle)
        share(idle, private)
        assert ("why submarines · " in lacks(idle)) is seen


def test_slack_is_asked_once_whether_a_channel_is_public(idle: Harness) -> None:
    """(asks three times in a channel, one look at what it is; in a direct message there is nothing to look at)."""
    with idle.bot(editors=EDITORS):
        for words in ("why submarines", "why the tunnel", BRIDGE):
            idle.reply_to(idle.ask(words))
        idle.slack.say(DM_YOU, BRIDGE)
        idle.slack.wait_for_replies(DM_YOU)
        idle.slack.wait_until_idle()
    assert sum(call.method == "conversations.info" for call in idle.slack.calls) == 1


def test_that_a_channel_is_public_is_soon_asked_again(idle: Harness) -> None:
    """A channel that was closed after it was public is known as private a minute later."""
    now = 0.0
    channel = idle.slack.add_channel(kind="channel")
    client = create_client(idle.slack.bot_token, idle.slack.api_url)
    directory = UserDirectory(client, clock=lambda: now)
    assert directory.is_public(channel)
    looks = len(idle.slack.calls)
    now = 59.0
    assert directory.is_public(channel)
    assert len(idle.slack.calls) == looks
    now = 61.0
    idle.slack.fail_next("conversations.info", error="channel_not_found")
    assert not directory.is_public(channel)


def test_records_that_cannot_be_used_are_told_of_in_one_sentence(idle: Harness) -> None:
    """(opens Home while the records cannot be used, what the archive holds, and one sentence in place of the lists)."""
    with idle.bot(editors=Editors(frozenset({YOU}))):
        idle.reply_to(idle.ask(BRIDGE))
        connection = sqlite3.connect(idle.state / FILE_NAME)
        connection.execute("ALTER TABLE replies RENAME TO elsewhere")
        connection.close()
        read = lines(idle)
    assert "The archive" in read
    assert read[-1] == "Earlier questions cannot be read at the moment. Open this tab again later."
    assert LACKS not in read


def test_the_base_variant_has_both_lists(tmp_path: Path) -> None:
    """Neither list takes more than the base variant has; what it lacks stands below them."""
    with FakeSlack(scopes=scopes("base"), subscriptions=events("base")) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot(editors=EDITORS):
            harness.reply_to(harness.slack.say(GENERAL, f"{slack.mention} why submarines", user=COLLEAGUE))
            read = lines(harness, COLLEAGUE)
    assert read.index(MINE) < read.index(LACKS) < read.index("Features that are turned off")


HOSTILE = "<!channel> *why* <https://evil.example|submarines> :smile: `x` &amp;"


def test_hostile_words_are_shown_as_they_are(idle: Harness) -> None:
    """A question that looks like markup is listed letter for letter, to its asker and to an editor."""
    with idle.bot(editors=SEEING_ALL):
        idle.slack.say(DM_COLLEAGUE, HOSTILE, user=COLLEAGUE)
        idle.slack.wait_for_replies(DM_COLLEAGUE)
        idle.slack.wait_until_idle()  # a question is written down once its reply stands
        (mine,) = own(idle, COLLEAGUE)
        told = lacks(idle)
    assert mine == "*why* <submarines> `x` &amp; · not in the archive"
    assert "*why* <submarines> `x` &amp; · " in told


def keep(store: Store, number: int, words: str, note: str) -> None:
    """Question ``number`` found no answer, and somebody noted something to it."""
    ref = MessageRef("T1", "D1", f"{number}.0")
    claim = store.claim(QuestionEvent(f"Ev{number}", ref, "", "{}"))
    assert claim
    mark = hash_user_id("T1", "U1")
    kept = AnswerRecord(answer_id(ref, ""), ref, "", mark, "command", words, "abstention", "{}")
    assert store.complete(claim, "abstention", None, kept) is None
    store.save_feedback(ref, "U1", Feedback(False, note))


@untimed
@given(MIXTURES, MIXTURES)
def test_whatever_was_asked_fits_the_tab(words: str, note: str) -> None:
    """A question and a note of any words and length leave a tab that Slack takes, in which nothing acts."""
    store = Store(None)
    keep(store, 1, words, note)
    shown = history(store)
    types = {part["type"] for block in shown if block["type"] == "rich_text" for part in parts(block)}
    assert types <= {"text"}


def test_what_was_asked_long_ago_is_no_gap_any_more() -> None:
    """What was asked more than thirty days ago is its asker's still, and not among the gaps."""
    store = Store(None, clock=lambda: time.time() - (GAP_DAYS + 1) * SECONDS_PER_DAY)
    keep(store, 1, "why submarines", "too old")
    texts = list(texts_in(history(store)))
    assert texts[0] == MINE
    assert texts.count("why submarines") == 1
    assert texts[-2:] == ["No answer found: none.", "Answers rated as not helpful: none."]


def test_many_gaps_are_cut_and_counted() -> None:
    """Of more gaps than are shown the rest is counted, in each list."""
    store = Store(None)
    for number in range(MAX_GAPS + 7):
        keep(store, number, f"why {number} submarines " + "x" * 2_000, "n" * 3_000)
    texts = list(texts_in(history(store)))
    assert texts.count("and 7 more") == 2
    assert sum(map(len, texts)) < 20_000


def history(store: Store) -> list[Json]:
    """What an editor who asked all of it is shown, checked by Slack's rules for a tab."""
    blocks = QuestionHistory(NOBODY, store, Editors(frozenset({"U1"}), see_private=True)).blocks("T1", "U1")
    validate_view({"type": "home", "blocks": blocks}, "home")
    store.close()
    return blocks


def parts(block: Json) -> list[Json]:
    return [part for item in block["elements"][0]["elements"] for part in item["elements"]]
