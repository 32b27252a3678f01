"""Damage the file of a database at random, and use it: ``python -m tests.store.damage [--count 1000] [--seed N]``.

Whatever the damage, the store opens, claims and completes questions; a file that cannot be used is renamed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from bot.store.models import FILE_NAME, AnswerRecord, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store

QUESTIONS = 200


def event(number: int) -> QuestionEvent:
    """The event that asks question ``number``."""
    return QuestionEvent(f"Ev{number}", MessageRef("T1", "C1", f"{number}.000100"), "", "body " * 30)


def fill(folder: Path) -> None:
    """Create a database with claimed and completed questions, all in its file."""
    store = Store(folder)
    for number in range(QUESTIONS):
        claim = store.claim(event(number))
        assert claim
        if number % 3:
            user = store.hash_user("T1", "U1")
            record = AnswerRecord(answer_id(claim.ref, ""), claim.ref, "", user, "mention", "who leads", "answer", "{}")
            store.complete(claim, "answer", f"{number}.000200", replace(record, receipt="{}" * 50))
    store.delete_completed(1.0)  # which empties the journal
    store.close()


def damage(path: Path, chance: random.Random) -> None:
    """Overwrite bytes, runs of bytes or blocks of zeros, or cut the file short."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 3, 20])):
        at = chance.randrange(len(data))
        length = min(chance.choice([1, chance.randrange(1, 400), 200]), len(data) - at)
        data[at : at + length] = chance.choice([chance.randbytes(length), bytes(length)])
    if chance.random() < 0.1:
        data = data[: chance.randrange(len(data))]
    path.write_bytes(bytes(data))


def use(folder: Path) -> None:
    """Everything that a bot does with a store; raises where that fails."""
    store = Store(folder)
    new = store.claim(event(QUESTIONS))
    assert new is not None
    assert store.complete(new, "answer", "1.0") is None
    for number in range(0, QUESTIONS, 7):
        store.claim(event(number))
    store.claim_expired(500)
    store.renew_leases()
    store.find_recent("T1", "U1", 5)
    store.find_unanswered(0, private=True)
    store.find_latest_answer("T1", "C1", "1", "9999.0")
    store.find_answer("abc")
    store.delete_completed(None)
    store.close()


def run_damages(count: int, seed: int) -> Counter[str]:
    """Damage ``count`` copies of one database and use them; how many were replaced, and how many used as they were."""
    chance, results = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as original:
        fill(Path(original))
        for _ in range(count):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                shutil.copytree(original, folder, dirs_exist_ok=True)
                damage(folder / FILE_NAME, chance)
                use(folder)
                results["replaced" if list(folder.glob("*damaged*")) else "used"] += 1
    return results


def main() -> int:
    """Print the results."""
    parser = argparse.ArgumentParser(prog="python -m tests.store.damage", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    chosen = parser.parse_args()
    results = run_damages(chosen.count, chosen.seed)
    sys.stdout.write(f"seed {chosen.seed}: {results['replaced']} replaced, {results['used']} used as they were\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
