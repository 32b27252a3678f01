""" "Why this answer?": the menu below a reply and the modal that it opens."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Article, Json
from bot.playground.models import Message
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.blocks import texts_in
from bot.slack.layout import WHY
from bot.store.models import MessageRef, answer_id
from bot.store.store import Store
from tests.factories import answerer, archive_of, article

from .harness import Harness, full_harness, run_command, share
from .test_interactions import modal_lines, wait_for_modal

ASKED = "who approved the Tarn bridge"
NOT_STORED = "The record of this answer is no longer stored. Ask again to see how it is answered now."
UNANSWERED = "why do submarines dive"
BRIDGE = article(
    "The valley waited for ten years.",
    "The council approved the Tarn bridge on Monday. Nobody spoke against it.",
    id="bridge.txt",
    title="A bridge for Tarn",
)
FERRY = article("The ferry at Tarn crosses at noon.", id="ferry.txt")


def answer_from(harness: Harness, *articles: Article) -> None:
    """Let the bot, once started, answer from these articles."""
    harness.answerer = answerer(*articles)  # type: ignore[assignment]


@pytest.fixture
def offline(offline_harness: Harness) -> Harness:
    """A harness whose bot, not yet started, answers from two articles."""
    answer_from(offline_harness, BRIDGE, FERRY)
    return offline_harness


@pytest.fixture
def online(offline: Harness) -> Iterator[Harness]:
    """The same harness with the bot started."""
    with offline.bot():
        yield offline


def why_value(reply: Message) -> str:
    """The value of "Why this answer?" in the menu below ``reply``."""
    menus = [part for block in reply.blocks for part in block.get("elements", []) if part["type"] == "overflow"]
    ((option,),) = [menu["options"] for menu in menus]
    assert option["text"]["text"] == "Why this answer?"
    value: str = option["value"]
    return value


def open_explanation(harness: Harness, reply: Message, *, user: str = YOU) -> Json:
    """The modal that opens when ``user`` selects "Why this answer?"."""
    assert harness.slack.interactivity.click(reply, WHY, why_value(reply), user=user).failure is None
    return wait_for_modal(harness, user)


def modal_text(view: Json) -> str:
    return "\n".join(modal_lines(view))


def test_why_shows_what_was_searched_found_and_verified(online: Harness) -> None:
    """The modal has the searched words with weight and origin, and the score, rank and verification of the quote."""
    reply = online.reply_to(online.ask(ASKED))
    view = open_explanation(online, reply)
    text = modal_text(view)
    assert view["title"]["text"] == "Why this answer?"
    assert f"Asked: {ASKED}" in text
    assert "Answered: the confidence is" in text
    assert all(f"{word} · weight 1.00 · typed" in text for word in ("approved", "Tarn", "bridge"))
    assert "Quote 1 of 1: verified now" in text
    assert "The council approved the Tarn bridge" in text
    assert "¶ 2 of 2" in text
    assert re.search(r"Found by its words: \d+\.\d\d = .*approved \d", text)
    assert re.search(r"Place 1 by the ranking: \d+\.\d\d = ", text)
    start = BRIDGE.text.index("The council")
    assert f"Characters {start}–" in text
    assert BRIDGE.sha256[:16] in text
    assert f"Archive {archive_of([BRIDGE, FERRY]).fingerprint[:16]}, unchanged since" in text


def test_the_modal_has_the_id_for_the_receipt_command(online: Harness) -> None:
    """The answer id is in the modal and not in the reply."""
    asked = online.ask(ASKED)
    reply = online.reply_to(asked)
    found = re.search(
        r"Answer (\w{8}); in the terminal: pullquote receipt (\w{8})", modal_text(open_explanation(online, reply))
    )
    ref = MessageRef(online.slack.team, asked.channel, asked.ts)
    assert found and found.groups() == (answer_id(ref, ""),) * 2
    assert answer_id(ref, "") not in " ".join([reply.text, *texts_in(list(reply.blocks))])


def test_an_abstention_shows_what_was_searched(online: Harness) -> None:
    """Below an abstention, the modal has the reason, the confidence and the searched words."""
    text = modal_text(open_explanation(online, online.reply_to(online.ask(UNANSWERED))))
    assert "Not answered: the confidence is 0.00" in text
    assert 'Not in the archive: "submarines" and "dive" occur nowhere' in text
    assert "submarines · weight 1.00 · typed" in text
    assert "Quote" not in text


def test_a_nearest_miss_is_called_one(online: Harness) -> None:
    """A quote shown with an abstention is called a nearest miss in the modal."""
    text = modal_text(
        open_explanation(online, online.reply_to(online.ask("which engineer painted the Tarn bridge in Paris")))
    )
    assert "Not answered" in text
    assert "Nearest passage 1 of 1: verified now" in text


def test_operators_are_shown(online: Harness) -> None:
    """The modal says which passages the operators of the question selected."""
    text = modal_text(open_explanation(online, online.reply_to(online.ask('"Tarn bridge" approved -ferry'))))
    assert 'Searched only passages with "Tarn bridge" and without "ferry".' in text


def test_everyone_who_sees_the_answer_can_ask_why(online: Harness) -> None:
    """A colleague sees the same modal as the person who asked."""
    reply = online.reply_to(online.ask(ASKED))
    assert modal_text(open_explanation(online, reply, user=COLLEAGUE)) == modal_text(open_explanation(online, reply))


def test_the_explanation_is_refused_where_questions_are_not_answered(offline: Harness) -> None:
    """In a channel that was closed to questions, the modal only says so."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        (sentence,) = modal_lines(open_explanation(offline, reply))
    assert sentence.startswith("Questions are not answered in this channel")


def test_the_explanation_after_a_restart(offline: Harness) -> None:
    """A restarted bot, which never saw the question, explains the answer."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot():
        assert "Quote 1 of 1: verified now" in modal_text(open_explanation(offline, reply))


CHANGED = [
    ([replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday")), FERRY], "a word"),
    ([FERRY], "gone"),
]


@pytest.mark.parametrize(("articles", "what"), CHANGED)
def test_a_changed_source_is_reported_and_not_shown(offline: Harness, articles: list[Article], what: str) -> None:
    """If the archive no longer has the quoted text, the modal says so, names the article and shows no quote."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    answer_from(offline, *articles)
    with offline.bot():
        text = modal_text(open_explanation(offline, reply))
    assert "Quote 1 of 1: the source has changed since" in text, what
    assert "bridge.txt · ¶ 2 of 2" in text
    assert "The council approved" not in text
    assert "it has changed since, to" in text


def test_the_explanation_in_http_mode(offline: Harness) -> None:
    """In HTTP mode, the same modal opens."""
    with offline.http_bot():
        assert "verified now" in modal_text(open_explanation(offline, offline.reply_to(offline.ask(ASKED))))


def test_the_explanation_while_the_archive_is_loading(offline: Harness) -> None:
    """While the archive is loading, the modal only says so."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    with offline.bot(is_loaded=False):
        assert modal_lines(open_explanation(offline, reply)) == [
            "The archive is still loading. Click again in a moment."
        ]


def test_the_store_cannot_be_read(offline: Harness) -> None:
    """If the store cannot be read, the modal has one sentence without technical details."""
    store = Store(offline.state)
    with offline.bot(store=store):
        reply = offline.reply_to(offline.ask(ASKED))
        store.close()
        (sentence,) = modal_lines(open_explanation(offline, reply))
    assert sentence == "Stored answers cannot be read at the moment. Click again later."


def test_private_and_shared_answers_are_explained(tmp_path: Path) -> None:
    """The modals of a private answer and of the shared one both have the question."""
    with full_harness(tmp_path) as harness:
        answer_from(harness, BRIDGE, FERRY)
        with harness.bot():
            private = run_command(harness, GENERAL, ASKED)
            assert f"Asked: {ASKED}" in modal_text(open_explanation(harness, private))
            harness.slack.views.close_all(YOU)
            share(harness, private)
            harness.slack.wait_for_replies(GENERAL)
            (public,) = harness.slack.replies(GENERAL)
            assert f"Asked: {ASKED}" in modal_text(open_explanation(harness, public))


def test_a_deleted_record(offline: Harness) -> None:
    """If the record of the answer was deleted, the modal says that it is no longer stored."""
    with offline.bot():
        reply = offline.reply_to(offline.ask(ASKED))
    store = Store(offline.state)
    assert store.delete_completed(None) == 1
    store.close()
    with offline.bot():
        assert modal_lines(open_explanation(offline, reply)) == [NOT_STORED]


def test_an_edited_question_is_explained_in_its_new_version(online: Harness) -> None:
    """After an edit, the modal has the new question; the old answer id is no longer stored."""
    asked = online.ask(ASKED)
    first = online.reply_to(asked)
    before = why_value(first)
    online.slack.edit(asked, f"{online.slack.mention} when does the Tarn ferry cross")
    online.slack.wait_until(lambda: why_value(online.reply_to(asked)) != before)
    text = modal_text(open_explanation(online, online.reply_to(asked)))
    assert "Asked: when does the Tarn ferry cross" in text
    assert online.slack.interactivity.click(first, WHY, before, user=COLLEAGUE).failure is None
    assert modal_lines(wait_for_modal(online, COLLEAGUE)) == [NOT_STORED]


def test_a_deleted_question_is_not_stored(online: Harness) -> None:
    """Deleting a direct message deletes its stored answer."""
    asked = online.slack.say(DM_YOU, ASKED)
    online.slack.wait_for_replies(DM_YOU)
    online.slack.wait_until_idle()
    ref = MessageRef(online.slack.team, asked.channel, asked.ts)
    store = Store(online.state)
    record = store.find_answer(answer_id(ref, ""))
    assert record and (record.question, record.entry_point, record.thread) == (ASKED, "dm", "")
    online.slack.delete(asked)
    online.slack.wait_until(lambda: store.find_answer(answer_id(ref, "")) is None)
    store.close()


def test_the_log_has_the_answer_id(online: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """The log line of an answer has its id; that of a how-to has none."""
    with caplog.at_level(logging.INFO, "bot.telemetry"):
        asked = online.ask(ASKED)
        online.reply_to(asked)
        online.reply_to(online.ask("hello"))
    text = "\n".join(record.getMessage() for record in caplog.records if record.name == "bot.telemetry")
    assert f'"answer": "{answer_id(MessageRef(online.slack.team, asked.channel, asked.ts), "")}"' in text
    assert '"outcome": "how-to", "answer": null' in text
