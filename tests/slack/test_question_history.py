"""Recent questions in the Home tab: a person's own, and the gaps for editors."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bot.models import Json
from bot.playground.block_kit import validate_view
from bot.playground.models import ChannelKind
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack import strings
from bot.slack.access import UserDirectory
from bot.slack.blocks import texts_in
from bot.slack.client import SlackClient
from bot.slack.features import events, scopes
from bot.slack.home import GAP_DAYS, MAX_GAPS, MAX_OWN_QUESTIONS, SECONDS_PER_DAY, Editors, QuestionHistory
from bot.slack.layout import RATE
from bot.slack.modals import NOTE
from bot.slack.resilient_store import StoreThread
from bot.store.models import FILE_NAME, AnswerRecord, Feedback, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

from .harness import Harness, full_harness, run_command, share
from .hostile import MIXTURES
from .loop import run_async
from .samples import BRIDGE, ScriptedAnswerer
from .test_home import open_home
from .test_interactions import click, rating_value, wait_for_modal

OWN_HEADING, GAPS_HEADING = "Your recent questions", "Gaps in the archive"
EDITORS = Editors(frozenset({COLLEAGUE}))
# Not called: questions asked by command have no link.
UNREACHABLE = SlackClient("xoxb-none", "http://127.0.0.1:9/")
EDITORS_SEE_PRIVATE = replace(EDITORS, see_private=True)


@pytest.fixture
def mentions_only(tmp_path: Path) -> Iterator[Harness]:
    """A harness that receives mentions and direct messages, but no other messages; the bot is not started."""
    with full_harness(tmp_path, without=["channels:history", "groups:history", "mpim:history"]) as harness:
        yield harness


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Harness]:
    """A harness with all scopes; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


def home_lines(harness: Harness, user: str = YOU) -> list[str]:
    """The Home tab of ``user``: a line for each block and each list item."""
    open_home(harness, user)
    view: Json = harness.slack.views.home(user) or {}
    found: list[str] = []
    for block in view["blocks"]:
        items = block["elements"][0]["elements"] if block["type"] == "rich_text" else [block]
        found += ["".join(text for text in texts_in(item) if not text.startswith("https://")) for item in items]
    return found


def between(read: list[str], start: str, *ends: str) -> list[str]:
    """The lines after the heading ``start``, up to the next of ``ends``."""
    begin = read.index(start) + 1
    return read[begin : next((at for at in range(begin, len(read)) if read[at] in ends), None)]


def own_questions(harness: Harness, user: str = YOU) -> list[str]:
    """The person's own questions without their dates; empty without such a heading."""
    read = home_lines(harness, user)
    return (
        [line.rpartition(" · ")[0] for line in between(read, OWN_HEADING, GAPS_HEADING)] if OWN_HEADING in read else []
    )


def gaps_text(harness: Harness, user: str = COLLEAGUE) -> str:
    """All text that an editor sees below the heading of the gaps."""
    return "\n".join(between(home_lines(harness, user), GAPS_HEADING))


def test_own_questions_are_listed(offline: Harness) -> None:
    """Home lists a person's questions with their outcome, newest first; nobody else sees them."""
    with offline.bot():
        assert own_questions(offline) == []
        offline.reply_to(offline.ask(BRIDGE))
        offline.reply_to(offline.ask("why submarines"))
        assert own_questions(offline) == ["why submarines · not in the archive", f"{BRIDGE} · answered"]
        assert own_questions(offline, COLLEAGUE) == []
        assert "submarines" not in "".join(home_lines(offline, COLLEAGUE))


def test_a_question_links_to_its_message(offline: Harness) -> None:
    """A question in a channel links to its message; a command has no message to link to."""
    with offline.bot():
        asked = offline.ask(BRIDGE)
        offline.reply_to(asked)
        run_command(offline, GENERAL, "why submarines")
        addresses = [text for text in open_home(offline) if text.startswith("https://")]
        assert own_questions(offline) == ["why submarines · not in the archive", f"{BRIDGE} · answered"]
    assert addresses == [f"https://fake-slack.slack.com/archives/{GENERAL}/p{asked.ts.replace('.', '')}"]


def test_a_question_without_a_link(offline: Harness) -> None:
    """If Slack returns no link, the question is listed without one."""
    with offline.bot():
        offline.reply_to(offline.ask(BRIDGE))
        offline.slack.fail_next("chat.getPermalink", error="internal_error")
        assert own_questions(offline) == [f"{BRIDGE} · answered"]


def test_only_the_newest_questions_are_listed(offline: Harness) -> None:
    """At most five questions are listed, the newest."""
    with offline.bot():
        for number in range(MAX_OWN_QUESTIONS + 2):
            offline.reply_to(offline.ask(f"why {number} submarines"))
        assert own_questions(offline) == [
            f"why {number} submarines · not in the archive" for number in reversed(range(2, MAX_OWN_QUESTIONS + 2))
        ]


def test_a_deleted_question_is_not_listed(offline: Harness) -> None:
    """A deleted question is listed neither for its author nor for editors."""
    with offline.bot(editors=EDITORS_SEE_PRIVATE):
        asked = offline.slack.say(DM_YOU, "why submarines")
        offline.slack.wait_for_replies(DM_YOU)
        offline.slack.wait_until_idle()
        assert own_questions(offline) == ["why submarines · not in the archive"]
        offline.slack.delete(asked)
        offline.slack.wait_until_idle()
        assert own_questions(offline) == []
        assert "submarines" not in gaps_text(offline)


def test_an_editor_sees_unanswered_questions(offline: Harness) -> None:
    """The same question in other words is one line with a count; only editors see the list."""
    with offline.bot(editors=EDITORS):
        for words in ("why the tunnel", "why submarines", "Why are there submarines?", "WHY SUBMARINES"):
            offline.reply_to(offline.ask(words))
        offline.reply_to(offline.ask(BRIDGE))
        found = gaps_text(offline).splitlines()
        assert GAPS_HEADING not in home_lines(offline)
    assert [line.rpartition(" · ")[0] for line in found[2:4]] == ["WHY SUBMARINES · 3 times", "why the tunnel"]
    assert found[1] == "Questions without an answer:"
    assert found[-2:] == ["Answers rated as not helpful: none.", strings.VOCABULARY_HINT]
    assert BRIDGE not in "".join(found)


def test_an_editor_sees_notes_without_names(offline: Harness) -> None:
    """An editor sees a question rated as not helpful and the note, but not who wrote it."""
    with offline.bot(editors=EDITORS):
        reply = offline.reply_to(offline.ask(BRIDGE))
        click(offline, reply, RATE, rating_value(reply, useful=False))
        view = wait_for_modal(offline)
        entered = {view["blocks"][0]["block_id"]: {NOTE: "that is the old bridge"}}
        assert offline.slack.interactivity.submit(view["id"], entered).failure is None
        offline.slack.wait_until_idle()
        found = gaps_text(offline)
    assert "Questions without an answer: none." in found
    assert found.splitlines()[-1].startswith(f"{BRIDGE} · ")
    assert found.endswith(" · note: that is the old bridge")
    assert YOU not in found


def test_private_questions_need_a_setting(offline: Harness) -> None:
    """An editor sees questions from direct messages and commands only if the setting allows it."""
    with offline.bot(editors=EDITORS):
        offline.slack.say(DM_YOU, "why submarines")
        offline.slack.wait_for_replies(DM_YOU)
        run_command(offline, GENERAL, "why the tunnel")
        text = gaps_text(offline)
    assert "Questions without an answer: none." in text
    assert "in channels that are known to be public" in text
    with offline.bot(editors=EDITORS_SEE_PRIVATE):
        text = gaps_text(offline)
    assert "why submarines · " in text
    assert "why the tunnel · " in text
    assert "From all questions" in text


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
def test_a_mention_is_public_only_in_a_public_channel(
    mentions_only: Harness, kind: ChannelKind, fault: dict[str, Any] | None, *, seen: bool
) -> None:
    """An editor sees a mention only if Slack confirms that its channel is public."""
    channel = mentions_only.slack.add_channel(kind=kind)
    with mentions_only.bot(editors=EDITORS):
        if fault:
            mentions_only.slack.fail_next("conversations.info", **fault)
        mentions_only.reply_to(mentions_only.ask("why submarines", channel=channel))
        assert ("why submarines · " in gaps_text(mentions_only)) is seen


def test_a_message_event_says_whether_its_channel_is_public(offline: Harness) -> None:
    """An editor sees a mention that arrives as a message of a public channel, without a look-up."""
    with offline.bot(editors=EDITORS):
        said = offline.slack.workspace.post(GENERAL, YOU, f"{offline.slack.mention} why submarines")
        event = said.to_json(offline.slack.workspace.team)
        offline.slack.deliver(event | {"channel": GENERAL, "channel_type": "channel", "event_ts": said.ts})
        offline.reply_to(said)
        assert "why submarines · " in gaps_text(offline)
    assert "conversations.info" not in {call.method for call in offline.slack.calls}


@pytest.mark.parametrize(("kind", "seen"), [("group", False), ("channel", True)])
def test_a_shared_question_is_as_public_as_its_channel(offline: Harness, kind: ChannelKind, *, seen: bool) -> None:
    """An editor sees the question of a private answer after it was shared in a public channel."""
    channel = offline.slack.add_channel(kind=kind)
    with offline.bot(editors=EDITORS):
        private = run_command(offline, channel, "why submarines")
        assert "submarines" not in gaps_text(offline)
        share(offline, private)
        assert ("why submarines · " in gaps_text(offline)) is seen


def test_channel_visibility_is_cached(mentions_only: Harness) -> None:
    """Three questions in a channel need one conversations.info call; a direct message needs none."""
    slack = mentions_only.slack
    with mentions_only.bot(editors=EDITORS):
        for words in ("why submarines", "why the tunnel", BRIDGE):
            mentions_only.reply_to(mentions_only.ask(words))
        slack.say(DM_YOU, BRIDGE)
        slack.wait_for_replies(DM_YOU)
        slack.wait_until_idle()
    assert sum(call.method == "conversations.info" for call in slack.calls) == 1


def test_cached_channel_visibility_expires(offline: Harness) -> None:
    """A channel that became private is treated as private after a minute."""
    now = 0.0
    slack, channel = offline.slack, offline.slack.add_channel(kind="channel")

    async def look_up() -> None:
        nonlocal now
        directory = UserDirectory(SlackClient(slack.bot_token, slack.api_url), clock=lambda: now)
        assert await directory.is_public(channel)
        count = len(slack.calls)
        now = 59.0
        assert await directory.is_public(channel)
        assert len(slack.calls) == count
        now = 61.0
        slack.fail_next("conversations.info", error="channel_not_found")
        assert not await directory.is_public(channel)

    run_async(look_up())


def test_the_store_cannot_be_read(offline: Harness) -> None:
    """If the store cannot be read, Home describes the archive and has one sentence in place of the lists."""
    with offline.bot(editors=Editors(frozenset({YOU}))):
        offline.reply_to(offline.ask(BRIDGE))
        connection = sqlite3.connect(offline.state / FILE_NAME)
        connection.execute("ALTER TABLE questions RENAME TO elsewhere")
        connection.close()
        read = home_lines(offline)
    assert "The archive" in read
    assert read[-1] == "Earlier questions cannot be read at the moment. Open this tab again later."
    assert GAPS_HEADING not in read


def test_the_base_variant_has_both_lists(tmp_path: Path) -> None:
    """Both lists work with the scopes of the base variant, above the disabled features."""
    with FakeSlack(scopes=scopes("base"), subscriptions=events("base")) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot(editors=EDITORS):
            harness.reply_to(harness.slack.say(GENERAL, f"{slack.mention} why submarines", user=COLLEAGUE))
            read = home_lines(harness, COLLEAGUE)
    assert read.index(OWN_HEADING) < read.index(GAPS_HEADING) < read.index("Features that are turned off")


HOSTILE = "<!channel> *why* <https://evil.example|submarines> :smile: `x` &amp;"


def test_markup_in_questions_is_literal(offline: Harness) -> None:
    """A question that looks like markup is listed literally, for its author and for an editor."""
    with offline.bot(editors=EDITORS_SEE_PRIVATE):
        offline.slack.say(DM_COLLEAGUE, HOSTILE, user=COLLEAGUE)
        offline.slack.wait_for_replies(DM_COLLEAGUE)
        offline.slack.wait_until_idle()  # a question is stored after its reply is posted
        (mine,) = own_questions(offline, COLLEAGUE)
        text = gaps_text(offline)
    assert mine == "*why* <submarines> `x` &amp; · not in the archive"
    assert "*why* <submarines> `x` &amp; · " in text


def store_unanswered(store: Store, number: int, words: str, note: str) -> None:
    """Store question ``number`` as unanswered and rated as not helpful with a note."""
    ref = MessageRef("T1", "D1", f"{number}.0")
    claim = store.claim(QuestionEvent(f"Ev{number}", ref, "", "{}"))
    assert claim
    person = store.hash_user("T1", "U1")
    record = AnswerRecord(answer_id(ref, ""), ref, "", person, "command", words, "abstention", "{}")
    assert store.complete(claim, "abstention", None, record) is None
    store.save_feedback(ref, "U1", Feedback(False, note))


@given(MIXTURES, MIXTURES)
def test_any_question_fits_the_tab(words: str, note: str) -> None:
    """For any question and note, Slack accepts the tab, and it contains nothing active."""
    store = Store(None)
    store_unanswered(store, 1, words, note)
    shown = history_blocks(store)
    types = {part["type"] for block in shown if block["type"] == "rich_text" for part in list_elements(block)}
    assert types <= {"text"}


def test_old_questions_are_not_gaps() -> None:
    """Questions older than thirty days are listed for their author, but not as gaps."""
    store = Store(None, clock=lambda: time.time() - (GAP_DAYS + 1) * SECONDS_PER_DAY)
    store_unanswered(store, 1, "why submarines", "too old")
    texts = list(texts_in(history_blocks(store)))
    assert texts[0] == OWN_HEADING
    assert texts.count("why submarines") == 1
    assert texts[-2:] == ["Questions without an answer: none.", "Answers rated as not helpful: none."]


def test_many_gaps_are_limited_and_counted() -> None:
    """Each list has a limit and says how many more gaps there are."""
    store = Store(None)
    for number in range(MAX_GAPS + 7):
        store_unanswered(store, number, f"why {number} submarines " + "x" * 2_000, "n" * 3_000)
    texts = list(texts_in(history_blocks(store)))
    assert texts.count("and 7 more") == 2
    assert sum(map(len, texts)) < 20_000


def history_blocks(store: Store) -> list[Json]:
    """The blocks for an editor who asked all questions, validated as part of a Home tab."""
    thread = StoreThread()
    history = QuestionHistory(UNREACHABLE, store, thread, Editors(frozenset({"U1"}), see_private=True))
    blocks = run_async(history.blocks("T1", "U1"))
    thread.stop()
    validate_view({"type": "home", "blocks": blocks}, "home")
    store.close()
    return blocks


def list_elements(block: Json) -> list[Json]:
    return [part for item in block["elements"][0]["elements"] for part in item["elements"]]
