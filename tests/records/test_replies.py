"""What is kept of a question that was searched: in whose words, for how long, and for whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.models import AnswerRecord, Feedback, MessageRef, Outcome, answer_id, hash_user_id, normalize_answer_id
from bot.store.store import Store
from records.ledgers import FIRST, OTHER, PLACE, SECOND, THIRD, Clock, delivery, taken

from .test_forgetting import everything

COLLEAGUE = "U2"


def kept(place: MessageRef = PLACE, version: str = FIRST, **said: str) -> AnswerRecord:
    """What is kept of a question that "U1" asked in a channel, and of an answer."""
    plain = AnswerRecord(
        answer_id(place, version),
        place,
        place.ts,
        hash_user_id(place.team, "U1"),
        "mention",
        "who leads",
        "answer",
        "{}",
    )
    return replace(plain, **said)  # type: ignore[arg-type]


def ask(records: Store, one: AnswerRecord) -> None:
    """The question is asked, and ends as ``one`` says."""
    claim = records.claim(delivery(one.id, place=one.place))
    assert claim
    assert records.settle(claim, one.outcome, "2.0", one) is None


def test_what_is_kept_is_found_by_the_answers_id(records: Store, other: Store, clock: Clock) -> None:
    """Another process finds what is kept by its id, with the time when it was asked; by another id it finds nothing."""
    ask(records, kept())
    assert other.kept(kept().id) == replace(kept(), asked_at=clock.now)
    assert other.kept(answer_id(OTHER, FIRST)) is None


def test_where_nothing_was_searched_nothing_is_kept(records: Store) -> None:
    """A question that ended without a search (a how-to, an apology) leaves no words behind."""
    records.settle(taken(records), "how-to", "2.0")
    assert (records.kept(kept().id), records.recent("T1", "U1", 5)) == (None, ())


def test_a_newer_version_takes_the_place_of_the_older(records: Store) -> None:
    """Of a question that was edited, what is kept is the newest version alone, under its own id."""
    records.settle(taken(records), "answer", "2.0", kept())
    records.settle(taken(records, "Ev2", SECOND), "answer", "2.0", kept(version=SECOND, words="who left"))
    assert records.kept(kept().id) is None
    assert [one.words for one in records.recent("T1", "U1", 5)] == ["who left"]


def test_an_edit_that_asks_nothing_leaves_nothing(records: Store) -> None:
    """A question that is edited to ask nothing any more is not kept in its old words either."""
    records.settle(taken(records), "answer", "2.0", kept())
    records.settle(taken(records, "Ev2", SECOND), "how-to", "2.0")
    assert records.recent("T1", "U1", 5) == ()


def test_an_older_version_that_ends_late_replaces_nothing(records: Store, other: Store, clock: Clock) -> None:
    """What was overtaken by a newer version changes nothing that is kept of it."""
    old = taken(records)
    clock.now += 3_000
    new = taken(other, "Ev2", SECOND)
    other.settle(new, "answer", "2.0", kept(version=SECOND))
    records.settle(old, "answer", "2.0", kept())
    assert records.kept(kept(version=SECOND).id) is not None
    assert records.kept(kept().id) is None


def test_a_version_that_came_meanwhile_replaces_what_was_kept_before(records: Store) -> None:
    """An edit that comes while the question is held is kept in its turn, in place of the older."""
    claim = taken(records)
    assert records.claim(delivery("Ev2", THIRD)) is None
    more = records.settle(claim, "answer", "2.0", kept())
    assert more and records.kept(kept().id) is not None
    records.settle(more, "answer", "2.0", kept(version=THIRD))
    assert [one.id for one in records.recent("T1", "U1", 5)] == [answer_id(PLACE, THIRD)]


def test_a_withdrawn_question_is_not_kept(records: Store, other: Store) -> None:
    """What a person deletes is deleted here at once: after its answer, while it is held, and by whomever."""
    ask(records, kept())
    other.withdraw(PLACE)
    assert records.kept(kept().id) is None
    held = records.claim(delivery("Ev2", place=OTHER))
    assert held
    other.withdraw(OTHER)
    records.settle(held, "answer", "2.0", kept(OTHER))
    assert records.recent("T1", "U1", 5) == ()


def test_what_is_kept_is_forgotten_with_its_question(records: Store, tmp_path: Path) -> None:
    """After forgetting, the words of a question and how it was answered stand in no file."""
    ask(records, kept(words="an embarrassing question", receipt='{"of":"an embarrassing answer"}'))
    assert b"an embarrassing question" in everything(tmp_path)
    assert records.forget(None) == 1
    assert records.kept(kept().id) is None
    assert b"an embarrassing" not in everything(tmp_path)


def test_who_asked_is_not_kept_by_name(records: Store, tmp_path: Path) -> None:
    """A person's id stands in no file; their own questions are found by it all the same."""
    ask(records, kept(person=hash_user_id("T1", "UWHOASKED")))
    assert len(records.recent("T1", "UWHOASKED", 5)) == 1
    assert b"UWHOASKED" not in everything(tmp_path)


def test_each_person_finds_their_own(records: Store, clock: Clock) -> None:
    """A person finds their own newest questions first, no more than asked for, and nobody else's."""
    for number in range(4):
        clock.now += 1
        own = number != 2
        place = MessageRef("T1", "C1", f"{number}.0")
        ask(records, kept(place, words=str(number), person=hash_user_id("T1", "U1" if own else COLLEAGUE)))
    assert [one.words for one in records.recent("T1", "U1", 2)] == ["3", "1"]
    assert [one.words for one in records.recent("T1", COLLEAGUE, 5)] == ["2"]
    assert records.recent("T2", "U1", 5) == ()


def test_the_last_in_a_thread_before_a_message(records: Store, clock: Clock) -> None:
    """Of a thread's questions before a message, the one said last: neither itself, nor an older one edited since."""
    places = [replace(PLACE, ts=f"{number}.000100") for number in (8, 9, 10)]
    assert records.last_kept("T1", "C1", "8.000100", "99.000100") is None
    for place in places:
        clock.now += 1
        ask(records, kept(place, thread="8.000100", words=place.ts))
    clock.now += 1
    edited = kept(places[0], SECOND, thread="8.000100", words="edited")
    claim = records.claim(delivery("Ev9", SECOND, places[0]))
    assert claim and records.settle(claim, "answer", "7.000100", edited) is None
    before = [
        records.last_kept("T1", "C1", "8.000100", ts) for ts in ("8.000100", "9.000100", "10.000100", "99.000100")
    ]
    assert [one and one.words for one in before] == [None, "edited", "9.000100", "10.000100"]
    for other in (("T1", "C2", "8.000100"), ("T2", "C1", "8.000100"), ("T1", "C1", "")):
        assert records.last_kept(*other, "99.000100") is None


def test_a_thread_that_hangs_from_a_reply_begins_with_its_question(records: Store) -> None:
    """What was answered flat is found by the reply that stands, until there is a later question in the thread."""
    ask(records, kept(thread=""))
    found = records.last_kept("T1", "C1", "2.0", "3.0")
    assert found and found.place == PLACE
    inside = replace(PLACE, ts="3.0")
    ask(records, kept(inside, thread="2.0"))
    assert [one and one.place for one in (records.last_kept("T1", "C1", "2.0", ts) for ts in ("3.0", "4.0"))] == [
        PLACE,
        inside,
    ]


def test_what_a_question_goes_on_with_is_kept(records: Store, other: Store) -> None:
    """The questions before it come back in their order, to another process too."""
    ask(records, replace(kept(), follows=("and who pays?", "who leads")))
    found = other.kept(kept().id)
    assert found and found.follows == ("and who pays?", "who leads")


def test_silence_leaves_no_reply(records: Store) -> None:
    """A reply that was taken away, because the newer version asks nothing, is not changed by the one after it."""
    records.settle(taken(records), "answer", "2.0", kept())
    records.settle(taken(records, "Ev2", SECOND), "silence", None)
    assert records.kept(kept().id) is None
    assert taken(records, "Ev3", THIRD).reply_ts is None


def test_the_gaps_are_told_without_the_asker(records: Store, clock: Clock) -> None:
    """Of a time, in private too or not: the questions without an answer, newest first, and not whose they are."""
    cases: list[tuple[str, Outcome, bool]] = [
        ("too old", "abstention", True),
        ("answered", "answer", True),
        ("private", "abstention", False),
        ("public", "abstention", True),
    ]
    for number, (words, outcome, is_public) in enumerate(cases):
        clock.now += 1
        one = kept(MessageRef("T1", "C1", f"{number}.0"), words=words, outcome=outcome)
        ask(records, replace(one, is_public=is_public))
    since = clock.now - 2.5
    told = {private: records.unanswered(since, private=private) for private in (False, True)}
    assert [(one.words, one.person) for one in told[False]] == [("public", "")]
    assert [(one.words, one.person) for one in told[True]] == [("public", ""), ("private", "")]


def test_complaints_are_told_without_names(records: Store, clock: Clock) -> None:
    """Each "not helpful" is told with its note and its question, and neither who asked nor who complained."""
    ask(records, replace(kept(), is_public=True))
    clock.now += 1
    ask(records, replace(kept(OTHER, words="who left"), is_public=True))
    private = kept(MessageRef("T1", "D1", "3.0"), words="quietly")
    ask(records, private)
    records.rate(private.place, "U1", Feedback(False))
    records.rate(PLACE, "U1", Feedback(False, "no figures"))
    records.rate(PLACE, COLLEAGUE, Feedback(True))
    records.rate(OTHER, COLLEAGUE, Feedback(False))
    told = records.complaints(0.0, private=False)
    assert [(one.words, one.person, rated) for one, rated in told] == [
        ("who left", "", Feedback(False)),
        ("who leads", "", Feedback(False, "no figures")),
    ]
    assert records.complaints(clock.now, private=False) == told[:1]
    assert {one.words for one, _ in records.complaints(0.0, private=True)} == {"who left", "who leads", "quietly"}


@given(st.from_regex(r"[A-Z0-9]{1,9}", fullmatch=True), st.from_regex(r"[0-9]{1,10}\.[0-9]{6}", fullmatch=True))
def test_an_id_is_short_and_can_be_read_aloud(channel: str, ts: str) -> None:
    """An answer's id is eight characters, none of them taken for another; another version has another."""
    place = MessageRef("T1", channel, ts)
    ids = {answer_id(place, version) for version in (FIRST, SECOND, THIRD)}
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


@pytest.mark.parametrize("thread", [PLACE.ts, "2.0"])
def test_a_deleted_question_is_in_nobody_elses_words(records: Store, thread: str) -> None:
    """What went on with a question, in its thread or below its reply, keeps nothing of it once it is deleted."""
    later = MessageRef(PLACE.team, PLACE.channel, "9" * len(PLACE.ts))
    ask(records, kept(thread=PLACE.ts))
    ask(records, replace(kept(later, thread=thread), follows=("who leads",)))
    assert [one.follows for one in records.recent("T1", "U1", 5)] == [("who leads",), ()]
    records.withdraw(PLACE)
    assert [(one.words, one.follows) for one in records.recent("T1", "U1", 5)] == [("who leads", ())]


def test_what_an_edited_question_said_before_is_in_nobody_elses_words(records: Store) -> None:
    """Nor does it keep what the question said before it was edited; what came before it keeps its own."""
    earlier, later = (MessageRef(PLACE.team, PLACE.channel, ts) for ts in ("0" * len(PLACE.ts), "9" * len(PLACE.ts)))
    ask(records, replace(kept(earlier, thread=PLACE.ts), follows=("who else",)))
    records.settle(taken(records), "answer", "2.0", kept(thread=PLACE.ts))
    ask(records, replace(kept(later, thread=PLACE.ts), follows=("who leads",)))
    records.settle(
        taken(records, "Ev2", SECOND), "answer", "2.0", kept(version=SECOND, thread=PLACE.ts, words="who left")
    )
    found = {one.place.ts: one.follows for one in records.recent("T1", "U1", 5)}
    assert found == {earlier.ts: ("who else",), PLACE.ts: (), later.ts: ()}
