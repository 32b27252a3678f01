"""Questions are taken, settled and told apart also while the state folder cannot be used; and recorded once it can."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.playground.workspace import GENERAL
from bot.slack.resilient_store import ResilientStore
from bot.store.models import FILE_NAME, AnswerRecord, Claim, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

from .harness import Harness, shown
from .samples import BRIDGE, QUOTED

REF = MessageRef("T1", "C1", "10.0")


def question_event(version: str = "", event_id: str = "Ev1") -> QuestionEvent:
    return QuestionEvent(event_id, REF, version, "{}")


@dataclass
class Folder:
    """A state folder of which the records can be taken away, and given back."""

    path: Path

    def take_away(self) -> None:
        self._run("ALTER TABLE questions RENAME TO elsewhere")

    def give_back(self) -> None:
        self._run("ALTER TABLE elsewhere RENAME TO questions")

    def _run(self, statement: str) -> None:
        connection = sqlite3.connect(self.path / FILE_NAME)
        connection.execute(statement)
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def ledger(folder: Folder) -> Iterator[ResilientStore]:
    store = Store(folder.path)
    yield ResilientStore(store)
    store.close()


def taken(claim: Claim | None) -> Claim:
    assert claim is not None
    return claim


def elsewhere(folder: Folder) -> ResilientStore:
    """The ledger of another process with the same folder."""
    return ResilientStore(Store(folder.path))


def test_it_is_the_records_while_they_can_be_used(folder: Folder, ledger: ResilientStore) -> None:
    """What is claimed here is held against another process, and what is settled is settled there too."""
    claim = taken(ledger.claim(question_event()))
    assert (ledger.lease_state(claim), ledger.is_known(REF), elsewhere(folder).claim(question_event())) == (
        "held",
        True,
        None,
    )
    assert ledger.complete(claim, "answer", "11.0") is None
    assert taken(elsewhere(folder).claim(question_event("12.0", "Ev2"))).reply_ts == "11.0"


def test_what_is_kept_waits_until_the_records_can_be_used(folder: Folder, ledger: ResilientStore) -> None:
    """Of a question that ends while the records cannot be used, what is kept is kept once they can."""
    kept = AnswerRecord(answer_id(REF, ""), REF, "", "", "mention", "who leads", "answer", "{}")
    claim = taken(ledger.claim(question_event()))
    folder.take_away()
    assert ledger.complete(claim, "answer", "11.0", kept) is None
    folder.give_back()
    store = Store(folder.path)
    assert store.find_answer(kept.id) is None
    assert ledger.sync() == ()
    found = store.find_answer(kept.id)
    assert found and found.question == "who leads"
    store.close()


def test_without_the_records_a_question_is_taken_once(folder: Folder, ledger: ResilientStore) -> None:
    """A question is taken and settled without them; the same event again is not, before and after it is settled."""
    folder.take_away()
    claim = taken(ledger.claim(question_event()))
    assert (ledger.lease_state(claim), ledger.is_known(REF)) == ("held", True)
    assert ledger.claim(question_event()) is None
    assert ledger.complete(claim, "answer", "11.0") is None
    assert ledger.claim(question_event(event_id="Ev2")) is None
    assert taken(ledger.claim(question_event("12.0", "Ev3"))).reply_ts == "11.0"


def test_what_was_not_recorded_is_recorded_later(folder: Folder, ledger: ResilientStore) -> None:
    """Once they can be used again, the records learn how the question ended, and know its reply."""
    folder.take_away()
    ledger.complete(taken(ledger.claim(question_event())), "answer", "11.0")
    assert ledger.sync() == ()
    folder.give_back()
    assert ledger.sync() == ()
    assert elsewhere(folder).claim(question_event(event_id="Ev2")) is None
    assert taken(elsewhere(folder).claim(question_event("12.0", "Ev3"))).reply_ts == "11.0"


def test_what_was_taken_before_they_went_is_not_taken_again(folder: Folder, ledger: ResilientStore) -> None:
    """A question in work when the records go is neither taken twice nor forgotten when they come back."""
    claim = taken(ledger.claim(question_event()))
    folder.take_away()
    assert ledger.claim(question_event(event_id="Ev2")) is None
    assert ledger.lease_state(claim) == "held"
    assert ledger.complete(claim, "answer", "11.0") is None
    assert ledger.claim(question_event(event_id="Ev3")) is None
    folder.give_back()
    ledger.sync()
    assert elsewhere(folder).claim(question_event(event_id="Ev4")) is None


def test_an_edit_that_came_before_they_went_is_done_when_they_are_back(folder: Folder, ledger: ResilientStore) -> None:
    """A newer version that only the records know of is given to the desk as soon as they tell of it."""
    claim = taken(ledger.claim(question_event()))
    assert ledger.claim(question_event("12.0", "Ev2")) is None
    folder.take_away()
    assert ledger.complete(claim, "answer", "11.0") is None
    folder.give_back()
    (newer,) = ledger.sync()
    assert (newer.version, newer.reply_ts) == ("12.0", "11.0")


def test_an_edit_in_work_without_records_goes_to_its_holder(folder: Folder, ledger: ResilientStore) -> None:
    """A newer version of a question that is in work without records updates the reply, also when they are back."""
    folder.take_away()
    claim = taken(ledger.claim(question_event()))
    folder.give_back()
    assert ledger.claim(question_event("12.0", "Ev2")) is None
    newer = taken(ledger.complete(claim, "answer", "11.0"))
    assert (newer.version, newer.reply_ts) == ("12.0", "11.0")
    ledger.complete(newer, "answer", "11.0")
    ledger.sync()
    assert elsewhere(folder).claim(question_event("12.0", "Ev3")) is None


def test_an_edit_of_something_unknown_is_looked_for(folder: Folder, ledger: ResilientStore) -> None:
    """An edited question has most likely been answered before the records went: its reply is looked for first."""
    folder.take_away()
    assert taken(ledger.claim(question_event("12.0"))).attempt == 2


def test_a_deletion_without_records_is_known(folder: Folder, ledger: ResilientStore) -> None:
    """A question deleted while the records cannot be used is not answered."""
    folder.take_away()
    claim = taken(ledger.claim(question_event()))
    assert ledger.delete_question(REF) is None
    assert ledger.lease_state(claim) == "deleted"
    assert ledger.complete(claim, "deleted", None) is None


def test_a_deletion_that_the_records_missed_is_known(folder: Folder, ledger: ResilientStore) -> None:
    """A question deleted while they were away is not answered when they are back."""
    claim = taken(ledger.claim(question_event()))
    folder.take_away()
    ledger.delete_question(REF)
    folder.give_back()
    assert ledger.lease_state(claim) == "deleted"
    assert ledger.complete(claim, "deleted", None) is None


def test_what_is_released_can_be_taken(folder: Folder, ledger: ResilientStore) -> None:
    """A question that was given back is free, with records and without."""
    ledger.release(taken(ledger.claim(question_event())))
    ledger.release(taken(elsewhere(folder).claim(question_event())))
    folder.take_away()
    ledger.release(taken(ledger.claim(question_event())))
    assert taken(ledger.claim(question_event()))


def test_it_is_said_once(folder: Folder, ledger: ResilientStore, caplog: pytest.LogCaptureFixture) -> None:
    """That the records cannot be used is one sentence in the log, and that they can again another."""
    caplog.set_level(logging.INFO)
    folder.take_away()
    for number in range(3):
        ledger.claim(question_event(event_id=f"Ev{number}"))
        ledger.sync()
    folder.give_back()
    ledger.sync()
    told = [record.getMessage() for record in caplog.records if record.name == "bot.slack.resilient_store"]
    assert [sentence.count("answered all the same") for sentence in told] == [1, 0]
    assert told[1] == "The records can be used again."


def test_without_records_people_are_answered(offline_harness: Harness) -> None:
    """With a ledger that cannot be used from the first, each question still gets its one answer."""
    broken = Store(offline_harness.state)
    broken.close()
    with offline_harness.bot(store=broken):
        asked = offline_harness.ask(BRIDGE)
        assert QUOTED in shown(offline_harness.reply_to(asked))
        event = asked.to_json(offline_harness.slack.workspace.team) | {"type": "app_mention", "channel": GENERAL}
        offline_harness.slack.deliver(event, event_id=offline_harness.slack.deliveries[-1].event_id, retry=1)
        assert QUOTED in shown(offline_harness.reply_to(asked))
