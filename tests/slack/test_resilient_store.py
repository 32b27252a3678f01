"""The resilient store: claims and completions while the database cannot be used, and after it can be again."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.playground.workspace import GENERAL
from bot.slack import resilient_store
from bot.slack.resilient_store import ResilientStore
from bot.store.models import FILE_NAME, AnswerRecord, Claim, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

from .harness import Harness, shown
from .samples import BRIDGE, QUOTED

REF = MessageRef("T1", "C1", "10.0")


def question_event(version: str = "", event_id: str = "Ev1") -> QuestionEvent:
    return QuestionEvent(event_id, REF, version, "{}")


@dataclass
class StateFolder:
    """A state folder whose database can be broken and repaired."""

    path: Path

    def break_database(self) -> None:
        self._run("ALTER TABLE questions RENAME TO elsewhere")

    def repair_database(self) -> None:
        self._run("ALTER TABLE elsewhere RENAME TO questions")

    def reject(self, condition: str) -> None:
        """Let changes that meet a condition fail."""
        self._run(
            f"CREATE TRIGGER rejecting BEFORE UPDATE ON elsewhere WHEN {condition}"
            " BEGIN SELECT RAISE(ABORT, 'rejected'); END"
        )

    def _run(self, statement: str) -> None:
        connection = sqlite3.connect(self.path / FILE_NAME)
        connection.execute(statement)
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path)


@pytest.fixture
def store(folder: StateFolder) -> Iterator[ResilientStore]:
    database = Store(folder.path)
    yield ResilientStore(database)
    database.close()


def claimed(claim: Claim | None) -> Claim:
    assert claim is not None
    return claim


def other_process(folder: StateFolder) -> ResilientStore:
    """The resilient store of another process with the same folder."""
    return ResilientStore(Store(folder.path))


def test_a_working_database_is_used(folder: StateFolder, store: ResilientStore) -> None:
    """Another process sees the claim and the completion."""
    claim = claimed(store.claim(question_event()))
    assert (store.lease_state(claim), store.is_known(REF), other_process(folder).claim(question_event())) == (
        "held",
        True,
        None,
    )
    assert store.complete(claim, "answer", "11.0") is None
    assert claimed(other_process(folder).claim(question_event("12.0", "Ev2"))).reply_ts == "11.0"


def test_an_answer_record_is_written_later(folder: StateFolder, store: ResilientStore) -> None:
    """The record of a question completed during the failure is saved once the database can be used."""
    record = AnswerRecord(answer_id(REF, ""), REF, "", "", "mention", "who leads", "answer", "{}")
    claim = claimed(store.claim(question_event()))
    folder.break_database()
    assert store.complete(claim, "answer", "11.0", record) is None
    folder.repair_database()
    database = Store(folder.path)
    assert database.find_answer(record.id) is None
    assert store.sync() == ()
    found = database.find_answer(record.id)
    assert found and found.question == "who leads"
    database.close()


def test_during_the_failure_a_question_is_claimed_once(folder: StateFolder, store: ResilientStore) -> None:
    """A question is claimed and completed; the same event again is not, before or after completion."""
    folder.break_database()
    claim = claimed(store.claim(question_event()))
    assert (store.lease_state(claim), store.is_known(REF)) == ("held", True)
    assert store.claim(question_event()) is None
    assert store.complete(claim, "answer", "11.0") is None
    assert store.claim(question_event(event_id="Ev2")) is None
    assert claimed(store.claim(question_event("12.0", "Ev3"))).reply_ts == "11.0"


def test_a_completion_is_written_later(folder: StateFolder, store: ResilientStore) -> None:
    """Once the database can be used, it has the outcome of the question and its reply."""
    folder.break_database()
    store.complete(claimed(store.claim(question_event())), "answer", "11.0")
    assert store.sync() == ()
    folder.repair_database()
    assert store.sync() == ()
    assert other_process(folder).claim(question_event(event_id="Ev2")) is None
    assert claimed(other_process(folder).claim(question_event("12.0", "Ev3"))).reply_ts == "11.0"


def test_a_claim_from_before_the_failure_is_held(folder: StateFolder, store: ResilientStore) -> None:
    """A question in progress at the failure is neither claimed twice nor lost afterwards."""
    claim = claimed(store.claim(question_event()))
    folder.break_database()
    assert store.claim(question_event(event_id="Ev2")) is None
    assert store.lease_state(claim) == "held"
    assert store.complete(claim, "answer", "11.0") is None
    assert store.claim(question_event(event_id="Ev3")) is None
    folder.repair_database()
    store.sync()
    assert other_process(folder).claim(question_event(event_id="Ev4")) is None


def test_an_edit_from_before_the_failure_is_answered_afterwards(folder: StateFolder, store: ResilientStore) -> None:
    """A newer version that only the database knows is returned by ``sync``."""
    claim = claimed(store.claim(question_event()))
    assert store.claim(question_event("12.0", "Ev2")) is None
    folder.break_database()
    assert store.complete(claim, "answer", "11.0") is None
    folder.repair_database()
    (newer,) = store.sync()
    assert (newer.version, newer.reply_ts) == ("12.0", "11.0")


def test_an_edit_during_progress_goes_to_the_holder(folder: StateFolder, store: ResilientStore) -> None:
    """A newer version of a question claimed during the failure updates its reply, also after the repair."""
    folder.break_database()
    claim = claimed(store.claim(question_event()))
    folder.repair_database()
    assert store.claim(question_event("12.0", "Ev2")) is None
    newer = claimed(store.complete(claim, "answer", "11.0"))
    assert (newer.version, newer.reply_ts) == ("12.0", "11.0")
    store.complete(newer, "answer", "11.0")
    store.sync()
    assert other_process(folder).claim(question_event("12.0", "Ev3")) is None


def test_an_edit_of_an_unknown_question_may_have_a_reply(folder: StateFolder, store: ResilientStore) -> None:
    """It was probably answered before the failure, so its reply is searched for first."""
    folder.break_database()
    assert claimed(store.claim(question_event("12.0"))).attempt == 2


def test_a_deletion_during_the_failure_is_known(folder: StateFolder, store: ResilientStore) -> None:
    """A question claimed and deleted during the failure is not answered."""
    folder.break_database()
    claim = claimed(store.claim(question_event()))
    assert store.delete_question(REF) is None
    assert store.lease_state(claim) == "deleted"
    assert store.complete(claim, "deleted", None) is None


def test_a_deletion_that_the_database_missed_is_known(folder: StateFolder, store: ResilientStore) -> None:
    """A question deleted during the failure is not answered after the repair."""
    claim = claimed(store.claim(question_event()))
    folder.break_database()
    store.delete_question(REF)
    folder.repair_database()
    assert store.lease_state(claim) == "deleted"
    assert store.complete(claim, "deleted", None) is None


def test_a_released_question_can_be_claimed(folder: StateFolder, store: ResilientStore) -> None:
    """A released question is free, with and without the database."""
    store.release(claimed(store.claim(question_event())))
    store.release(claimed(other_process(folder).claim(question_event())))
    folder.break_database()
    store.release(claimed(store.claim(question_event())))
    assert claimed(store.claim(question_event()))


def test_a_claim_is_held_in_the_database_after_the_failure(folder: StateFolder, store: ResilientStore) -> None:
    """A question in progress when the database can be used again is not claimed by another process."""
    folder.break_database()
    claim = claimed(store.claim(question_event()))
    folder.repair_database()
    assert store.sync() == ()
    assert other_process(folder).claim(question_event(event_id="Ev2")) is None
    assert store.lease_state(claim) == "held"
    assert store.complete(claim, "answer", "11.0") is None
    assert claimed(other_process(folder).claim(question_event("12.0", "Ev3"))).reply_ts == "11.0"


def test_a_question_that_another_process_answered_is_left_to_it(folder: StateFolder, store: ResilientStore) -> None:
    """A claim made in memory does not hold against one that the database knows."""
    other = other_process(folder)
    theirs = claimed(other.claim(question_event()))
    folder.break_database()
    claim = claimed(store.claim(question_event(event_id="Ev2")))
    folder.repair_database()
    assert store.sync() == ()
    assert (store.lease_state(claim), other.lease_state(theirs)) == ("superseded", "held")


def test_an_edit_is_claimed_with_the_reply_that_the_database_knows(folder: StateFolder, store: ResilientStore) -> None:
    """An edit that was claimed in memory is claimed again, with the reply to update, and the first claim ends."""
    assert store.complete(claimed(store.claim(question_event())), "answer", "11.0") is None
    folder.break_database()
    claim = claimed(store.claim(question_event("12.0", "Ev2")))
    folder.repair_database()
    (again,) = store.sync()
    assert (again.version, again.reply_ts) == ("12.0", "11.0")
    assert (store.lease_state(claim), store.lease_state(again)) == ("superseded", "held")


def test_a_deletion_during_the_failure_deletes_the_reply_afterwards(folder: StateFolder, store: ResilientStore) -> None:
    """A reply that only the database knows is deleted once the database can be used."""
    assert store.complete(claimed(store.claim(question_event())), "answer", "11.0") is None
    folder.break_database()
    assert store.delete_question(REF) is None
    folder.repair_database()
    (removal,) = store.sync()
    assert (removal.reply_ts, removal.is_deleted) == ("11.0", True)


def test_a_change_that_cannot_be_recorded_stops_no_other(
    folder: StateFolder, store: ResilientStore, caplog: pytest.LogCaptureFixture
) -> None:
    """A change that the database rejects is logged and dropped; those after it are written."""
    folder.break_database()
    store.complete(claimed(store.claim(question_event())), "silence", "11.0")
    store.complete(claimed(store.claim(question_event("12.0", "Ev2"))), "answer", "11.0")
    folder.reject("NEW.outcome = 'silence'")
    folder.repair_database()
    assert store.sync() == ()
    assert "A change could not be recorded." in caplog.text
    assert other_process(folder).claim(question_event("12.0", "Ev3")) is None


def test_a_failure_is_logged_once(folder: StateFolder, store: ResilientStore, caplog: pytest.LogCaptureFixture) -> None:
    """The log has one line when the database fails, and one when it can be used again."""
    caplog.set_level(logging.INFO)
    folder.break_database()
    for number in range(3):
        store.claim(question_event(event_id=f"Ev{number}"))
        store.sync()
    folder.repair_database()
    store.sync()
    messages = [record.getMessage() for record in caplog.records if record.name == "bot.slack.resilient_store"]
    assert [sentence.count("still answered") for sentence in messages] == [1, 0]
    assert messages[1] == "The database can be used again."


def test_questions_are_answered_without_a_database(offline_harness: Harness) -> None:
    """If the database never works, each question still gets one answer."""
    broken = Store(offline_harness.state)
    broken.close()
    with offline_harness.bot(store=broken):
        asked = offline_harness.ask(BRIDGE)
        assert QUOTED in shown(offline_harness.reply_to(asked))
        event = asked.to_json(offline_harness.slack.workspace.team) | {"type": "app_mention", "channel": GENERAL}
        offline_harness.slack.deliver(event, event_id=offline_harness.slack.deliveries[-1].event_id, retry=1)
        assert QUOTED in shown(offline_harness.reply_to(asked))


def test_new_questions_wait_for_a_shared_database(
    folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host's bot may get them too: they are refused, so that Slack delivers them again, and claimed later."""
    monkeypatch.setattr(Store, "is_shared", True)
    held, new = claimed(store.claim(question_event())), MessageRef("T1", "C1", "11.0")
    folder.break_database()
    for change in (
        lambda: store.claim(QuestionEvent("Ev2", new, "", "{}")),
        lambda: store.delete_question(MessageRef("T1", "C1", "12.0")),
        lambda: store.is_known(REF),
    ):
        with pytest.raises(StoreError):
            change()
    assert store.sync() == ()
    assert store.lease_state(held) == "held"
    assert store.complete(held, "answer", "10.5") is None
    folder.repair_database()
    assert [claim.ref for claim in store.sync()] == [new]
    assert (store.sync(), store.is_known(REF), other_process(folder).claim(question_event())) == ((), True, None)
    assert other_process(folder).claim(QuestionEvent("Ev3", MessageRef("T1", "C1", "12.0"), "", "{}")) is None


def test_a_change_that_was_not_confirmed_is_found_again(
    folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the connection is lost after a claim was made, the question is claimed again, and its reply looked for."""
    monkeypatch.setattr(Store, "is_shared", True)
    claim = Store.claim

    def lose_the_answer(self: Store, event: QuestionEvent) -> Claim | None:
        claim(self, event)
        raise StoreError("the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "claim", lose_the_answer)
        with pytest.raises(StoreError):
            store.claim(question_event())
    (found,) = store.sync()
    assert (found.ref, found.attempt, store.lease_state(found)) == (REF, 2, "held")
    assert store.sync() == ()
    assert store.complete(found, "answer", "10.5") is None


def test_a_command_does_not_wait(folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its person is told to try again, and is not answered later too."""
    monkeypatch.setattr(Store, "is_shared", True)
    folder.break_database()
    with pytest.raises(StoreError):
        store.claim(question_event(), may_wait=False)
    folder.repair_database()
    assert (store.sync(), store.is_known(REF)) == ((), False)


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_lease_of_a_shared_database_is_unknown_without_it(
    folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch, is_noticed: bool
) -> None:
    """Another bot may take the question then, so this one waits; when the database is back, it goes on if it can."""
    monkeypatch.setattr(Store, "is_shared", True)
    held = claimed(store.claim(question_event()))
    folder.break_database()
    if is_noticed:
        assert store.sync() == ()
    now = time.monotonic()
    with monkeypatch.context() as later:
        later.setattr(resilient_store, "monotonic", lambda: now + 10)
        with pytest.raises(StoreError):
            store.lease_state(held)
    folder.repair_database()
    assert (store.sync(), store.lease_state(held)) == ((), "held")


def test_no_claim_is_lost_if_the_database_fails_again(
    folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that resulted from one change is returned although the next one fails."""
    assert store.complete(claimed(store.claim(question_event())), "answer", "11.0") is None
    folder.break_database()
    store.claim(question_event("12.0", "Ev2"))
    folder.repair_database()

    def fail(self: Store, known: object) -> None:
        raise StoreError("the connection was lost")

    with monkeypatch.context() as failing:
        failing.setattr(Store, "reclaim", fail)
        (again,) = store.sync()
    assert (again.version, again.reply_ts) == ("12.0", "11.0")
    assert (store.sync(), store.lease_state(again)) == ((), "held")


def test_what_waits_for_too_long_is_not_asked_any_more(
    folder: StateFolder, store: ResilientStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an hour, nobody waits for the answer."""
    monkeypatch.setattr(Store, "is_shared", True)
    folder.break_database()
    with pytest.raises(StoreError):
        store.claim(question_event())
    folder.repair_database()
    now = time.monotonic()
    monkeypatch.setattr(resilient_store, "monotonic", lambda: now + 3_601)
    assert (store.sync(), store.is_known(REF)) == ((), False)
