"""What is kept of a question, for how long, and what is then said of it."""

from __future__ import annotations

import logging

import pytest

from bot.playground.workspace import COLLEAGUE, DM_YOU
from bot.slack.buttons import WHY
from bot.store.models import MessageRef, answer_id
from bot.store.store import Store

from .harness import Harness
from .test_actions import lines, window
from .test_explaining import ASKED, answered, choice, read, shelved, why

__all__ = ["answered", "shelved"]  # fixtures

NOT_KEPT = "The record of this answer is no longer stored. Ask again to see how it is answered now."


def test_what_is_not_kept_any_more_is_told_in_a_sentence(shelved: Harness) -> None:
    """(Why this answer?, after its record was forgotten: one sentence)."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    store = Store(shelved.state)
    assert store.delete_completed(None) == 1
    store.close()
    with shelved.bot():
        assert lines(why(shelved, reply)) == [NOT_KEPT]


def test_an_edited_question_is_explained_as_it_is_now(answered: Harness) -> None:
    """(Why this answer?, after an edit: the new words; the answer has another id, and the old one is not kept)."""
    asked = answered.ask(ASKED)
    first = answered.reply_to(asked)
    before = choice(first)
    answered.slack.edit(asked, f"{answered.slack.mention} when does the Tarn ferry cross")
    answered.slack.wait_until(lambda: choice(answered.reply_to(asked)) != before)
    told = read(why(answered, answered.reply_to(asked)))
    assert "Asked: when does the Tarn ferry cross" in told
    assert answered.slack.interactivity.click(first, WHY, before, user=COLLEAGUE).failure is None
    assert lines(window(answered, COLLEAGUE)) == [NOT_KEPT]


def test_a_deleted_question_is_not_kept(answered: Harness) -> None:
    """A direct message that is deleted takes what is kept of it along."""
    asked = answered.slack.say(DM_YOU, ASKED)
    answered.slack.wait_for_replies(DM_YOU)
    answered.slack.wait_until_idle()
    ref = MessageRef(answered.slack.team, asked.channel, asked.ts)
    store = Store(answered.state)
    kept = store.find_answer(answer_id(ref, ""))
    assert kept and (kept.question, kept.entry_point, kept.thread) == (ASKED, "dm", "")
    answered.slack.delete(asked)
    answered.slack.wait_until(lambda: store.find_answer(answer_id(ref, "")) is None)
    store.close()


def test_the_log_names_the_answer(answered: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """The line of the log has the id of an answer, and none of what was not searched."""
    with caplog.at_level(logging.INFO, "bot.telemetry"):
        asked = answered.ask(ASKED)
        answered.reply_to(asked)
        answered.reply_to(answered.ask("hello"))
    told = "\n".join(record.getMessage() for record in caplog.records if record.name == "bot.telemetry")
    assert f'"answer": "{answer_id(MessageRef(answered.slack.team, asked.channel, asked.ts), "")}"' in told
    assert '"outcome": "how-to", "answer": null' in told
