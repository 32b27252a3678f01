"""Answer records: what is stored of a question that was searched, for how long, and who can find it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.models import KEY_NAME, AnswerRecord, Feedback, MessageRef, Outcome, answer_id, normalize_answer_id
from bot.store.store import Store
from store.helpers import FIRST, OTHER, REF, SECOND, THIRD, Clock, claim_question, question_event
from tests.factories import find_feedback

from .test_retention import everything

COLLEAGUE = "U2"


def make_record(ref: MessageRef = REF, version: str = FIRST, **said: str) -> AnswerRecord:
    """An answered question of user "U1" in a channel."""
    plain = AnswerRecord(
        answer_id(ref, version),
        ref,
        ref.ts,
        "U1",
        "mention",
        "who leads",
        "answer",
        "{}",
    )
    return replace(plain, **said)  # type: ignore[arg-type]


def save(store: Store, one: AnswerRecord) -> AnswerRecord:
    """Claim the question, and complete it as ``one`` says, with its user's id hashed; the record that is stored."""
    claim = store.claim(question_event(one.id, ref=one.ref))
    assert claim
    record = hashed(store, one)
    assert store.complete(claim, one.outcome, "2.0", record) is None
    return record


def hashed(store: Store, one: AnswerRecord) -> AnswerRecord:
    """The same with the hash of its user's id."""
    return replace(one, user_hash=store.hash_user(one.ref.team, one.user_hash))


def test_a_record_is_found_by_its_answer_id(store: Store, other: Store, clock: Clock) -> None:
    """Another process finds the record by its id, with the time of the question; an unknown id finds nothing."""
    stored = save(store, make_record())
    assert other.find_answer(stored.id) == replace(stored, asked_at=clock.now)
    assert other.find_answer(answer_id(OTHER, FIRST)) is None


def test_without_a_search_there_is_no_record(store: Store) -> None:
    """A question that was not searched (a how-to, an apology) leaves no record."""
    store.complete(claim_question(store), "how-to", "2.0")
    assert (store.find_answer(make_record().id), store.find_recent("T1", "U1", 5)) == (None, ())


def test_a_newer_version_replaces_the_older(store: Store) -> None:
    """Of an edited question, only the newest version is stored, under its own id."""
    store.complete(claim_question(store), "answer", "2.0", hashed(store, make_record()))
    newer = hashed(store, make_record(version=SECOND, question="who left"))
    store.complete(claim_question(store, "Ev2", SECOND), "answer", "2.0", newer)
    assert store.find_answer(make_record().id) is None
    assert [one.question for one in store.find_recent("T1", "U1", 5)] == ["who left"]


def test_an_edit_without_a_question_deletes_the_record(store: Store) -> None:
    """If the edited message asks nothing, the record of the older version is deleted."""
    store.complete(claim_question(store), "answer", "2.0", hashed(store, make_record()))
    store.complete(claim_question(store, "Ev2", SECOND), "how-to", "2.0")
    assert store.find_recent("T1", "U1", 5) == ()


def test_a_late_older_version_replaces_nothing(store: Store, other: Store, clock: Clock) -> None:
    """Completing an older version late does not change the record of the newer one."""
    old = claim_question(store)
    clock.now += 3_000
    new = claim_question(other, "Ev2", SECOND)
    other.complete(new, "answer", "2.0", hashed(store, make_record(version=SECOND)))
    store.complete(old, "answer", "2.0", hashed(store, make_record()))
    assert store.find_answer(make_record(version=SECOND).id) is not None
    assert store.find_answer(make_record().id) is None


def test_an_edit_that_waited_replaces_the_record(store: Store) -> None:
    """An edit that arrived while the question was held replaces the record in its turn."""
    claim = claim_question(store)
    assert store.claim(question_event("Ev2", THIRD)) is None
    more = store.complete(claim, "answer", "2.0", hashed(store, make_record()))
    assert more and store.find_answer(make_record().id) is not None
    store.complete(more, "answer", "2.0", hashed(store, make_record(version=THIRD)))
    assert [one.id for one in store.find_recent("T1", "U1", 5)] == [answer_id(REF, THIRD)]


def test_deleting_a_question_deletes_its_record(store: Store, other: Store) -> None:
    """The record is deleted at once: after the answer, while held, and by any process."""
    save(store, make_record())
    other.delete_question(REF)
    assert store.find_answer(make_record().id) is None
    held = store.claim(question_event("Ev2", ref=OTHER))
    assert held
    other.delete_question(OTHER)
    store.complete(held, "answer", "2.0", hashed(store, make_record(OTHER)))
    assert store.find_recent("T1", "U1", 5) == ()


def test_a_record_is_deleted_with_its_question(file_store: Store, tmp_path: Path) -> None:
    """After deletion, no file contains the question or its receipt."""
    save(file_store, make_record(question="an embarrassing question", receipt='{"of":"an embarrassing answer"}'))
    assert b"an embarrassing question" in everything(tmp_path)
    assert file_store.delete_completed(None) == 1
    assert file_store.find_answer(make_record().id) is None
    assert b"an embarrassing" not in everything(tmp_path)


def test_user_ids_are_not_stored(file_store: Store, tmp_path: Path) -> None:
    """No file contains the user's id, yet their own questions are found by it."""
    save(file_store, make_record(user_hash="UWHOASKED"))
    assert len(file_store.find_recent("T1", "UWHOASKED", 5)) == 1
    assert b"UWHOASKED" not in everything(tmp_path)


def test_users_find_their_own_questions(store: Store, clock: Clock) -> None:
    """A user finds their own newest questions, up to the limit, and no one else's."""
    for number in range(4):
        clock.now += 1
        own = number != 2
        ref = MessageRef("T1", "C1", f"{number}.0")
        save(store, make_record(ref, question=str(number), user_hash="U1" if own else COLLEAGUE))
    assert [one.question for one in store.find_recent("T1", "U1", 2)] == ["3", "1"]
    assert [one.question for one in store.find_recent("T1", COLLEAGUE, 5)] == ["2"]
    assert store.find_recent("T2", "U1", 5) == ()


def test_the_latest_record_in_a_thread(store: Store, clock: Clock) -> None:
    """The last question in a thread before a message; neither itself nor an older one that was edited since."""
    places = [replace(REF, ts=f"{number}.000100") for number in (8, 9, 10)]
    assert store.find_latest_answer("T1", "C1", "8.000100", "99.000100") is None
    for ref in places:
        clock.now += 1
        save(store, make_record(ref, thread="8.000100", question=ref.ts))
    clock.now += 1
    edited = make_record(places[0], SECOND, thread="8.000100", question="edited")
    claim = store.claim(question_event("Ev9", SECOND, places[0]))
    assert claim and store.complete(claim, "answer", "7.000100", edited) is None
    before = [
        store.find_latest_answer("T1", "C1", "8.000100", ts)
        for ts in ("8.000100", "9.000100", "10.000100", "99.000100")
    ]
    assert [one and one.question for one in before] == [None, "edited", "9.000100", "10.000100"]
    for other in (("T1", "C2", "8.000100"), ("T2", "C1", "8.000100"), ("T1", "C1", "")):
        assert store.find_latest_answer(*other, "99.000100") is None


def test_a_thread_under_a_reply_starts_with_its_question(store: Store) -> None:
    """A reply outside a thread gives its question, until the thread has a later one."""
    save(store, make_record(thread=""))
    found = store.find_latest_answer("T1", "C1", "2.0", "3.0")
    assert found and found.ref == REF
    inside = replace(REF, ts="3.0")
    save(store, make_record(inside, thread="2.0"))
    assert [one and one.ref for one in (store.find_latest_answer("T1", "C1", "2.0", ts) for ts in ("3.0", "4.0"))] == [
        REF,
        inside,
    ]


def test_earlier_questions_are_stored(store: Store, other: Store) -> None:
    """Earlier questions come back in their order, in another process too."""
    save(store, replace(make_record(), earlier_questions=("and who pays?", "who leads")))
    found = other.find_answer(make_record().id)
    assert found and found.earlier_questions == ("and who pays?", "who leads")


def test_silence_leaves_no_reply(store: Store) -> None:
    """After a reply was deleted because the newer version asks nothing, the record is gone."""
    store.complete(claim_question(store), "answer", "2.0", hashed(store, make_record()))
    store.complete(claim_question(store, "Ev2", SECOND), "silence", None)
    assert store.find_answer(make_record().id) is None
    assert claim_question(store, "Ev3", THIRD).reply_ts is None


def test_unanswered_questions_are_anonymous(store: Store, clock: Clock) -> None:
    """Unanswered questions since a time, in public or everywhere, newest first, without who asked."""
    cases: list[tuple[str, Outcome, bool]] = [
        ("too old", "abstention", True),
        ("answered", "answer", True),
        ("private", "abstention", False),
        ("public", "abstention", True),
    ]
    for number, (question, outcome, is_public) in enumerate(cases):
        clock.now += 1
        one = make_record(MessageRef("T1", "C1", f"{number}.0"), question=question, outcome=outcome)
        save(store, replace(one, is_public=is_public))
    since = clock.now - 2.5
    found = {private: store.find_unanswered(since, private=private) for private in (False, True)}
    assert [(one.question, one.user_hash) for one in found[False]] == [("public", "")]
    assert [(one.question, one.user_hash) for one in found[True]] == [("public", ""), ("private", "")]


def test_unhelpful_answers_are_anonymous(store: Store, clock: Clock) -> None:
    """Each unhelpful rating comes with its note and question, without who asked or rated."""
    save(store, replace(make_record(), is_public=True))
    clock.now += 1
    save(store, replace(make_record(OTHER, question="who left"), is_public=True))
    private = make_record(MessageRef("T1", "D1", "3.0"), question="quietly")
    save(store, private)
    store.save_feedback(private.ref, "U1", Feedback(False))
    store.save_feedback(REF, "U1", Feedback(False, "no figures"))
    store.save_feedback(REF, COLLEAGUE, Feedback(True))
    store.save_feedback(OTHER, COLLEAGUE, Feedback(False))
    found = store.find_unhelpful(0.0, private=False)
    assert [(one.question, one.user_hash, rated) for one, rated in found] == [
        ("who left", "", Feedback(False)),
        ("who leads", "", Feedback(False, "no figures")),
    ]
    assert store.find_unhelpful(clock.now, private=False) == found[:1]
    assert {one.question for one, _ in store.find_unhelpful(0.0, private=True)} == {"who left", "who leads", "quietly"}


@given(st.from_regex(r"[A-Z0-9]{1,9}", fullmatch=True), st.from_regex(r"[0-9]{1,10}\.[0-9]{6}", fullmatch=True))
def test_an_answer_id_is_short_and_unambiguous(channel: str, ts: str) -> None:
    """An id has eight characters that cannot be confused; each version has its own."""
    ref = MessageRef("T1", channel, ts)
    ids = {answer_id(ref, version) for version in (FIRST, SECOND, THIRD)}
    assert len(ids) == 3
    assert all(len(one) == 8 and set(one) <= set("0123456789abcdefghjkmnpqrstvwxyz") for one in ids)


READ = [
    ("", ""),
    ("k3v9x0qa", "k3v9x0qa"),
    (" K3V9X0QA\n", "k3v9x0qa"),
    ("k3v9xoqa", "k3v9x0qa"),
    ("IL1o0xyz", "11100xyz"),
]


@pytest.mark.parametrize(("typed", "meant"), READ)
def test_an_answer_id_is_normalized(typed: str, meant: str) -> None:
    """Capitals count as small letters, and letters that look like digits as digits."""
    assert normalize_answer_id(typed) == meant


@pytest.mark.parametrize("thread", [REF.ts, "2.0"])
def test_follow_ups_lose_the_text_of_a_deleted_question(store: Store, thread: str) -> None:
    """Follow-ups in its thread or below its reply keep no copy of a deleted question."""
    later = MessageRef(REF.team, REF.channel, "9" * len(REF.ts))
    save(store, make_record(thread=REF.ts))
    save(store, replace(make_record(later, thread=thread), earlier_questions=("who leads",)))
    assert [one.earlier_questions for one in store.find_recent("T1", "U1", 5)] == [("who leads",), ()]
    store.delete_question(REF)
    assert [(one.question, one.earlier_questions) for one in store.find_recent("T1", "U1", 5)] == [("who leads", ())]


def test_follow_ups_lose_the_text_of_an_edited_question(store: Store) -> None:
    """Follow-ups keep no copy of the text before the edit; earlier questions keep theirs."""
    earlier, later = (MessageRef(REF.team, REF.channel, ts) for ts in ("0" * len(REF.ts), "9" * len(REF.ts)))
    save(store, replace(make_record(earlier, thread=REF.ts), earlier_questions=("who else",)))
    store.complete(claim_question(store), "answer", "2.0", hashed(store, make_record(thread=REF.ts)))
    save(store, replace(make_record(later, thread=REF.ts), earlier_questions=("who leads",)))
    edited = make_record(version=SECOND, thread=REF.ts, question="who left")
    store.complete(claim_question(store, "Ev2", SECOND), "answer", "2.0", hashed(store, edited))
    found = {one.ref.ts: one.earlier_questions for one in store.find_recent("T1", "U1", 5)}
    assert found == {earlier.ts: ("who else",), REF.ts: (), later.ts: ()}


@pytest.mark.parametrize("change", ["deleted", "edited", "nothing"])
def test_a_follow_up_that_was_read_before_the_change(store: Store, clock: Clock, change: str) -> None:
    """An answer that ends after the question before it was deleted or edited does not bring its words back."""
    later = MessageRef(REF.team, REF.channel, "9" * len(REF.ts))
    save(store, make_record(thread=REF.ts))
    claim = store.claim(question_event("Ev3", ref=later))
    clock.now += 1
    if change == "deleted":
        store.delete_question(REF)
    elif change == "edited":
        claim_question(store, "Ev2", SECOND)
    record = replace(make_record(later, thread=REF.ts), earlier_questions=("who leads",))
    assert claim and store.complete(claim, "answer", "3.0", hashed(store, record)) is None
    found = next(one for one in store.find_recent("T1", "U1", 5) if one.ref == later)
    assert found.earlier_questions == (("who leads",) if change == "nothing" else ())


def test_a_person_can_be_forgotten(store: Store, clock: Clock) -> None:
    """Their records and feedback are deleted, in every workspace; others keep theirs, and nothing is answered again."""
    theirs, another = MessageRef("T2", "C1", "5.0"), MessageRef("T1", "C1", "6.0")
    for ref, user in ((REF, "U1"), (theirs, "U1"), (another, COLLEAGUE)):
        save(store, make_record(ref, user_hash=user))
        store.save_feedback(ref, "U1", Feedback(False, "mine"))
        store.save_feedback(ref, COLLEAGUE, Feedback(True))
    assert store.delete_person("U1") == 2
    assert [len(store.find_recent(team, "U1", 5)) for team in ("T1", "T2")] == [0, 0]
    assert len(store.find_recent("T1", COLLEAGUE, 5)) == 1
    assert [find_feedback(store, ref) for ref in (REF, theirs, another)] == [(Feedback(True),)] * 3
    assert store.claim(question_event("Ev9")) is None
    assert store.delete_person("U1") == 0


def test_ids_are_hashed_with_the_key_of_the_state_folder(tmp_path: Path) -> None:
    """The same id has one hash in all stores of a folder, and another one in another folder."""
    here, again, elsewhere = Store(tmp_path / "a"), Store(tmp_path / "a"), Store(tmp_path / "b")
    hashes = {one.hash_user("T1", "U1") for one in (here, again)}
    assert len(hashes) == 1
    assert elsewhere.hash_user("T1", "U1") not in hashes
    assert here.hash_user("T1", "U2") not in hashes
    assert (tmp_path / "a" / KEY_NAME).stat().st_mode & 0o077 == 0
