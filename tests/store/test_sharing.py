"""Several threads and several processes on one ledger, some of which are killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from processes import SPAWN, process

from bot.store.store import Store
from store.ledgers import (
    begin_each,
    claim_all,
    hold_until_killed,
    later,
    numbered,
    question_event,
    settle_until_killed,
)


def test_many_threads_get_one_claim(tmp_path: Path) -> None:
    """Of forty simultaneous claims, through two connections to one folder, exactly one succeeds."""
    both = (Store(tmp_path), Store(tmp_path))
    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(lambda number: both[number % 2].claim(question_event(f"Ev{number}")), range(40)))
    assert len([claim for claim in claims if claim]) == 1


def test_all_who_begin_the_ledger_at_one_moment_can_use_it(tmp_path: Path) -> None:
    """Of eight processes that open a folder at once, where there is no ledger yet, none is told that it is locked."""
    rounds, start = 40, SPAWN.Barrier(8, timeout=60)
    with ExitStack() as stack:
        all_hear = [stack.enter_context(process(begin_each, tmp_path, rounds, start))[1] for _ in range(8)]
        assert [hears.recv() for hears in all_hear] == [rounds] * 8


def test_processes_that_start_and_race_share_every_question(tmp_path: Path) -> None:
    """Four processes begin the ledger at one moment and claim the same questions: each is claimed once in all."""
    count, start = 100, SPAWN.Barrier(4, timeout=60)
    with (
        process(claim_all, tmp_path, count, start) as (_, first),
        process(claim_all, tmp_path, count, start) as (_, second),
        process(claim_all, tmp_path, count, start) as (_, third),
        process(claim_all, tmp_path, count, start) as (_, fourth),
    ):
        got = [number for hears in (first, second, third, fourth) for number in hears.recv()]
    assert sorted(got) == list(range(count))


def test_what_a_killed_process_held_is_taken_over_whole(tmp_path: Path) -> None:
    """A question whose process was killed after the claim is another's when the lease is over, with its body."""
    with process(hold_until_killed, tmp_path) as (child, hears):
        assert hears.recv() is True
        child.kill()
        child.join()
    assert Store(tmp_path).claim_expired(10) == ()
    (claim,) = Store(tmp_path, clock=later).claim_expired(10)
    assert (claim.body, claim.attempt) == ("body of Ev1", 2)


def test_a_killed_process_loses_nothing_that_it_settled(tmp_path: Path) -> None:
    """Killed at any moment, a process leaves behind what it settled and at most the one question that it held."""
    with process(settle_until_killed, tmp_path) as (child, hears):
        while hears.recv() < 50:
            pass
        child.kill()
        child.join()
        settled = 50
        while hears.poll():
            try:
                settled = hears.recv()
            except EOFError:
                break
    store = Store(tmp_path, clock=later)
    left = store.claim_expired(10)
    assert [(claim.ref, claim.attempt) for claim in left] in (
        [],
        [(numbered(settled + 1).ref, 2)],
        [(numbered(settled + 2).ref, 2)],  # it settled one more, and was killed before it could say so
    )
    assert not any(store.claim(numbered(number)) for number in range(settled + 1))
