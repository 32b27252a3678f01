"""Several threads and processes that share one database, some of which are killed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from processes import SPAWN, process

from bot.store.store import Store
from store.helpers import (
    after_lease,
    claim_all,
    claim_with_wrong_clock,
    complete_until_killed,
    hold_until_killed,
    numbered_event,
    open_each,
    question_event,
)

from .conftest import create_database


def test_many_threads_get_one_claim(tmp_path: Path) -> None:
    """Of forty simultaneous claims through two connections, exactly one succeeds."""
    both = (Store(tmp_path), Store(tmp_path))
    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(lambda number: both[number % 2].claim(question_event(f"Ev{number}")), range(40)))
    assert len([claim for claim in claims if claim]) == 1


def test_processes_that_create_the_database_together_can_use_it(tmp_path: Path) -> None:
    """Of eight processes that create the database at once, none finds it locked."""
    rounds, start = 40, SPAWN.Barrier(8, timeout=60)
    with ExitStack() as stack:
        all_hear = [stack.enter_context(process(open_each, tmp_path, rounds, start))[1] for _ in range(8)]
        assert [hears.recv() for hears in all_hear] == [rounds] * 8


def test_processes_that_race_share_every_question(tmp_path: Path) -> None:
    """Four processes create the database and claim the same questions: each question is claimed once."""
    count, start = 100, SPAWN.Barrier(4, timeout=60)
    with (
        process(claim_all, tmp_path, count, start) as (_, first),
        process(claim_all, tmp_path, count, start) as (_, second),
        process(claim_all, tmp_path, count, start) as (_, third),
        process(claim_all, tmp_path, count, start) as (_, fourth),
    ):
        got = [number for hears in (first, second, third, fourth) for number in hears.recv()]
    assert sorted(got) == list(range(count))


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_holders_whose_clocks_differ_share_every_question(
    request: pytest.FixtureRequest, tmp_path: Path, backend: str
) -> None:
    """Eight processes, their clocks an hour apart, claim 400 questions: each is claimed once."""
    url = create_database(request.getfixturevalue("postgres")) if backend == "postgres" else None
    count, start = 400, SPAWN.Barrier(8, timeout=60)
    with ExitStack() as stack:
        holders = [
            stack.enter_context(process(claim_with_wrong_clock, tmp_path, url, 3_600.0 * ahead, count, start))[1]
            for ahead in range(-4, 4)
        ]
        claimed = [number for hears in holders for number in hears.recv()]
    assert sorted(claimed) == list(range(count))


def test_a_killed_process_s_question_is_claimed_with_its_body(tmp_path: Path) -> None:
    """After the lease, another process claims the question of a killed one, with its body."""
    with process(hold_until_killed, tmp_path) as (child, hears):
        assert hears.recv() is True
        child.kill()
        child.join()
    assert Store(tmp_path).claim_expired(10) == ()
    (claim,) = Store(tmp_path, clock=after_lease).claim_expired(10)
    assert (claim.body, claim.attempt) == ("body of Ev1", 2)


def test_a_killed_process_loses_no_completion(tmp_path: Path) -> None:
    """Killed at any moment, a process leaves its completed questions and at most one held question."""
    with process(complete_until_killed, tmp_path) as (child, hears):
        while hears.recv() < 50:
            pass
        child.kill()
        child.join()
        completed = 50
        while hears.poll():
            try:
                completed = hears.recv()
            except EOFError:
                break
    store = Store(tmp_path, clock=after_lease)
    left = store.claim_expired(10)
    assert [(claim.ref, claim.attempt) for claim in left] in (
        [],
        [(numbered_event(completed + 1).ref, 2)],
        [(numbered_event(completed + 2).ref, 2)],  # it completed one more, and was killed before it could send that
    )
    assert not any(store.claim(numbered_event(number)) for number in range(completed + 1))
