"""What bots that share a database know of each other's questions in a channel: their order, and the pace of replies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.store.models import LEASE, MessageRef
from bot.store.store import Store
from store.helpers import REF, Clock, claim_question, question_event

EARLIER = replace(REF, ts="0.000100")
LATER = replace(REF, ts="2.000100")


def test_only_another_s_earlier_question_is_waited_for(store: Store, other: Store) -> None:
    """A question waits for earlier ones of its channel that another bot holds, not for its own bot's or later ones."""
    assert store.claim(question_event(ref=REF))
    for ref, waits in (
        (REF, False),
        (EARLIER, False),
        (LATER, True),
        (replace(LATER, channel="C2"), False),
        (replace(LATER, team="T2"), False),
        (replace(LATER, ts="10.000100"), True),
    ):
        assert other.has_earlier(ref, 10) is waits
        assert store.has_earlier(ref, 10) is False


def test_an_answered_question_is_not_waited_for(store: Store, other: Store) -> None:
    """A question that is completed or given back holds up no other."""
    claim = claim_question(store)
    assert other.has_earlier(LATER, 10)
    store.complete(claim, "answer", "2.0")
    assert not other.has_earlier(LATER, 10)
    again = store.claim(question_event("Ev5", ref=EARLIER))
    assert again
    assert other.has_earlier(LATER, 10)
    store.release(again)
    assert not other.has_earlier(LATER, 10)


def test_nothing_is_waited_for_long(store: Store, other: Store, clock: Clock) -> None:
    """Not a question that was claimed a while ago, nor one whose lease has ended."""
    claim_question(store)
    clock.now += 9
    assert other.has_earlier(LATER, 10)
    clock.now += 2
    assert not other.has_earlier(LATER, 10)
    clock.now += LEASE
    assert not other.has_earlier(LATER, 1_000_000)


def test_all_bots_keep_one_pace(store: Store, other: Store, clock: Clock) -> None:
    """A burst may be sent at once, by whichever bot; then one call a second, by all together."""
    waits = [one.reserve_call(REF, 3, 1.0) for one in (store, other, store, other, store)]
    assert waits == pytest.approx([0, 0, 0, 1, 2])
    clock.now += 2.5
    assert store.reserve_call(REF, 3, 1.0) == pytest.approx(0.5)
    clock.now += 60
    assert [other.reserve_call(REF, 3, 1.0) for _ in range(4)] == pytest.approx([0, 0, 0, 1])


def test_a_clock_that_was_set_back_delays_no_call(store: Store, clock: Clock) -> None:
    """The time at which a channel was at rest counts only if it can be right."""
    store.reserve_call(REF, 3, 1.0)
    clock.now -= 3_600
    assert [store.reserve_call(REF, 3, 1.0) for _ in range(4)] == pytest.approx([0, 0, 0, 1])


def test_channels_have_a_pace_of_their_own(store: Store) -> None:
    """A busy channel delays no other, nor the same one of another workspace."""
    for _ in range(9):
        store.reserve_call(REF, 3, 1.0)
    assert store.reserve_call(MessageRef(REF.team, "C999", REF.ts), 3, 1.0) == 0
    assert store.reserve_call(MessageRef("T999", REF.channel, REF.ts), 3, 1.0) == 0


def test_old_paces_are_deleted(store: Store, clock: Clock) -> None:
    """What is over is deleted with the old questions."""
    store.reserve_call(REF, 3, 1.0)
    clock.now += 5
    store.delete_completed(0.0)
    assert store.reserve_call(REF, 3, 1.0) == 0
