"""What is kept of a question that was searched: in whose words, for how long, and for whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.models import AnswerRecord, Feedback, MessageRef, Outcome, answer_id, hash_user_id, normalize_answer_id
from bot.store.store import Store
from store.ledgers import FIRST, OTHER, REF, SECOND, THIRD, Clock, question_event, taken

from .test_forgetting import everything

COLLEAGUE = "U2"


def kept(ref: MessageRef = REF, version: str = FIRST, **said: str) -> AnswerRecord:
    """What is kept of a question that "U1" asked in a channel, and of an answer."""
    plain = AnswerRecord(
        answer_id(ref, version),
        ref,
        ref.ts,
        hash_user_id(ref.team, "U1"),
        "mention",
        "who leads",
        "answer",
        "{}",
    )
    return replace(plain, **said)  # type: ignore[arg-type]


def ask(store: Store, one: AnswerRecord) -> None:
    """The question is asked, and ends as ``one`` says."""
    claim = store.claim(question_event(one.id, ref=one.ref))
    assert claim
    assert store.complete(claim, one.outcome, "2.0", one) is None


def test_what_is_kept_is_found_by_the_answers_id(store: Store, other: Store, clock: Clock) -> None:
    """Another process finds what is kept by its id, with the time when it was asked; by another id it finds nothing."""
    ask(store, kept())
    assert other.find_answer(kept().id) == replace(kept(), asked_at=clock.now)
    assert other.find_answer(answer_id(OTHER, FIRST)) is None


def test_where_nothing_was_searched_nothing_is_kept(store: Store) -> None:
    """A question that ended without a search (a how-to, an apology) leaves no words behind."""
    store.complete(taken(store), "how-to", "2.0")
    assert (store.find_answer(kept().id), store.find_recent("T1", "U1", 5)) == (None, ())


def test_a_newer_version_takes_the_place_of_the_older(store: Store) -> None:
    """Of a question that was edited, what is kept is the newest version alone, under its own id."""
    store.complete(taken(store), "answer", "2.0", kept())
    store.complete(taken(store, "Ev2", SECOND), "answer", "2.0", kept(version=SECOND, question="who left"))
    assert store.find_answer(kept().id) is None
    assert [one.question for one in store.find_recent("T1", "U1", 5)] == ["who left"]


def test_an_edit_that_asks_nothing_leaves_nothing(store: Store) -> None:
    """A question that is edited to ask nothing any more is not kept in its old words either."""
    store.complete(taken(store), "answer", "2.0", kept())
    store.complete(taken(store, "Ev2", SECOND), "how-to", "2.0")
    assert store.find_recent("T1", "U1", 5) == ()


def test_an_older_version_that_ends_late_replaces_nothing(store: Store, other: Store, clock: Clock) -> None:
    """What was overtaken by a newer version changes nothing that is kept of it."""
    old = taken(store)
    clock.now += 3_000
    new = taken(other, "Ev2", SECOND)
    other.complete(new, "answer", "2.0", kept(version=SECOND))
    store.complete(old, "answer", "2.0", kept())
    assert store.find_answer(kept(version=SECOND).id) is not None
    assert store.find_answer(kept().id) is None


def test_a_version_that_came_meanwhile_replaces_what_was_kept_before(store: Store) -> None:
    """An edit that comes while the question is held is kept in its turn, in place of the older."""
    claim = taken(store)
    assert store.claim(question_event("Ev2", THIRD)) is None
    more = store.complete(claim, "answer", "2.0", kept())
    assert more and store.find_answer(kept().id) is not None
    store.complete(more, "answer", "2.0", kept(version=THIRD))
    assert [one.id for one in store.find_recent("T1", "U1", 5)] == [answer_id(REF, THIRD)]


def test_a_withdrawn_question_is_not_kept(store: Store, other: Store) -> None:
    """What a person deletes is deleted here at once: after its answer, while it is held, and by whomever."""
    ask(store, kept())
    other.delete_question(REF)
    assert store.find_answer(kept().id) is None
    held = store.claim(question_event("Ev2", ref=OTHER))
    assert held
    other.delete_question(OTHER)
    store.complete(held, "answer", "2.0", kept(OTHER))
    assert store.find_recent("T1", "U1", 5) == ()


def test_what_is_kept_is_forgotten_with_its_question(store: Store, tmp_path: Path) -> None:
    """After forgetting, the words of a question and how it was answered stand in no file."""
    ask(store, kept(question="an embarrassing question", receipt='{"of":"an embarrassing answer"}'))
    assert b"an embarrassing question" in everything(tmp_path)
    assert store.delete_completed(None) == 1
    assert store.find_answer(kept().id) is None
    assert b"an embarrassing" not in everything(tmp_path)


def test_who_asked_is_not_kept_by_name(store: Store, tmp_path: Path) -> None:
    """A person's id stands in no file; their own questions are found by it all the same."""
    ask(store, kept(user_hash=hash_user_id("T1", "UWHOASKED")))
    assert len(store.find_recent("T1", "UWHOASKED", 5)) == 1
    assert b"UWHOASKED" not in everything(tmp_path)


def test_each_person_finds_their_own(store: Store, clock: Clock) -> None:
    """A person finds their own newest questions first, no more than asked for, and nobody else's."""
    for number in range(4):
        clock.now += 1
        own = number != 2
        ref = MessageRef("T1", "C1", f"{number}.0")
        ask(store, kept(ref, question=str(number), user_hash=hash_user_id("T1", "U1" if own else COLLEAGUE)))
    assert [one.question for one in store.find_recent("T1", "U1", 2)] == ["3", "1"]
    assert [one.question for one in store.find_recent("T1", COLLEAGUE, 5)] == ["2"]
    assert store.find_recent("T2", "U1", 5) == ()


def test_the_last_in_a_thread_before_a_message(store: Store, clock: Clock) -> None:
    """Of a thread's questions before a message, the one said last: neither itself, nor an older one edited since."""
    places = [replace(REF, ts=f"{number}.000100") for number in (8, 9, 10)]
    assert store.find_latest_answer("T1", "C1", "8.000100", "99.000100") is None
    for ref in places:
        clock.now += 1
        ask(store, kept(ref, thread="8.000100", question=ref.ts))
    clock.now += 1
    edited = kept(places[0], SECOND, thread="8.000100", question="edited")
    claim = store.claim(question_event("Ev9", SECOND, places[0]))
    assert claim and store.complete(claim, "answer", "7.000100", edited) is None
    before = [
        store.find_latest_answer("T1", "C1", "8.000100", ts)
        for ts in ("8.000100", "9.000100", "10.000100", "99.000100")
    ]
    assert [one and one.question for one in before] == [None, "edited", "9.000100", "10.000100"]
    for other in (("T1", "C2", "8.000100"), ("T2", "C1", "8.000100"), ("T1", "C1", "")):
        assert store.find_latest_answer(*other, "99.000100") is None


def test_a_thread_that_hangs_from_a_reply_begins_with_its_question(store: Store) -> None:
    """What was answered flat is found by the reply that stands, until there is a later question in the thread."""
    ask(store, kept(thread=""))
    found = store.find_latest_answer("T1", "C1", "2.0", "3.0")
    assert found and found.ref == REF
    inside = replace(REF, ts="3.0")
    ask(store, kept(inside, thread="2.0"))
    assert [one and one.ref for one in (store.find_latest_answer("T1", "C1", "2.0", ts) for ts in ("3.0", "4.0"))] == [
        REF,
        inside,
    ]


def test_what_a_question_goes_on_with_is_kept(store: Store, other: Store) -> None:
    """The questions before it come back in their order, to another process too."""
    ask(store, replace(kept(), earlier_questions=("and who pays?", "who leads")))
    found = other.find_answer(kept().id)
    assert found and found.earlier_questions == ("and who pays?", "who leads")


def test_silence_leaves_no_reply(store: Store) -> None:
    """A reply that was taken away, because the newer version asks nothing, is not changed by the one after it."""
    store.complete(taken(store), "answer", "2.0", kept())
    store.complete(taken(store, "Ev2", SECOND), "silence", None)
    assert store.find_answer(kept().id) is None
    assert taken(store, "Ev3", THIRD).reply_ts is None


def test_the_gaps_are_told_without_the_asker(store: Store, clock: Clock) -> None:
    """Of a time, in private too or not: the questions without an answer, newest first, and not whose they are."""
    cases: list[tuple[str, Outcome, bool]] = [
        ("too old", "abstention", True),
        ("answered", "answer", True),
        ("private", "abstention", False),
        ("public", "abstention", True),
    ]
    for number, (question, outcome, is_public) in enumerate(cases):
        clock.now += 1
        one = kept(MessageRef("T1", "C1", f"{number}.0"), question=question, outcome=outcome)
        ask(store, replace(one, is_public=is_public))
    since = clock.now - 2.5
    told = {private: store.find_unanswered(since, private=private) for private in (False, True)}
    assert [(one.question, one.user_hash) for one in told[False]] == [("public", "")]
    assert [(one.question, one.user_hash) for one in told[True]] == [("public", ""), ("private", "")]


def test_complaints_are_told_without_names(store: Store, clock: Clock) -> None:
    """Each "not helpful" is told with its note and its question, and neither who asked nor who complained."""
    ask(store, replace(kept(), is_public=True))
    clock.now += 1
    ask(store, replace(kept(OTHER, question="who left"), is_public=True))
    private = kept(MessageRef("T1", "D1", "3.0"), question="quietly")
    ask(store, private)
    store.save_feedback(private.ref, "U1", Feedback(False))
    store.save_feedback(REF, "U1", Feedback(False, "no figures"))
    store.save_feedback(REF, COLLEAGUE, Feedback(True))
    store.save_feedback(OTHER, COLLEAGUE, Feedback(False))
    told = store.find_unhelpful(0.0, private=False)
    assert [(one.question, one.user_hash, rated) for one, rated in told] == [
        ("who left", "", Feedback(False)),
        ("who leads", "", Feedback(False, "no figures")),
    ]
    assert store.find_unhelpful(clock.now, private=False) == told[:1]
    assert {one.question for one, _ in store.find_unhelpful(0.0, private=True)} == {"who left", "who leads", "quietly"}


@given(st.from_regex(r"[A-Z0-9]{1,9}", fullmatch=True), st.from_regex(r"[0-9]{1,10}\.[0-9]{6}", fullmatch=True))
def test_an_id_is_short_and_can_be_read_aloud(channel: str, ts: str) -> None:
    """An answer's id is eight characters, none of them taken for another; another version has another."""
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
def test_an_id_is_read_as_people_type_it(typed: str, meant: str) -> None:
    """Capitals count as small letters, and letters that look like digits as those digits."""
    assert normalize_answer_id(typed) == meant


@pytest.mark.parametrize("thread", [REF.ts, "2.0"])
def test_a_deleted_question_is_in_nobody_elses_words(store: Store, thread: str) -> None:
    """What went on with a question, in its thread or below its reply, keeps nothing of it once it is deleted."""
    later = MessageRef(REF.team, REF.channel, "9" * len(REF.ts))
    ask(store, kept(thread=REF.ts))
    ask(store, replace(kept(later, thread=thread), earlier_questions=("who leads",)))
    assert [one.earlier_questions for one in store.find_recent("T1", "U1", 5)] == [("who leads",), ()]
    store.delete_question(REF)
    assert [(one.question, one.earlier_questions) for one in store.find_recent("T1", "U1", 5)] == [("who leads", ())]


def test_what_an_edited_question_said_before_is_in_nobody_elses_words(store: Store) -> None:
    """Nor does it keep what the question said before it was edited; what came before it keeps its own."""
    earlier, later = (MessageRef(REF.team, REF.channel, ts) for ts in ("0" * len(REF.ts), "9" * len(REF.ts)))
    ask(store, replace(kept(earlier, thread=REF.ts), earlier_questions=("who else",)))
    store.complete(taken(store), "answer", "2.0", kept(thread=REF.ts))
    ask(store, replace(kept(later, thread=REF.ts), earlier_questions=("who leads",)))
    edited = kept(version=SECOND, thread=REF.ts, question="who left")
    store.complete(taken(store, "Ev2", SECOND), "answer", "2.0", edited)
    found = {one.ref.ts: one.earlier_questions for one in store.find_recent("T1", "U1", 5)}
    assert found == {earlier.ts: ("who else",), REF.ts: (), later.ts: ()}
