"""Property test: two processes work on one question in any order, and it ends correctly."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from bot.store.models import LEASE, Claim, Outcome, QuestionEvent, is_newer
from bot.store.schema import questions
from bot.store.store import Store
from store.helpers import REF, Clock

processes = st.integers(0, 1)


@dataclass
class Work:
    """A claim of a process, and its progress."""

    claim: Claim
    leased_until: float
    reply_ts: str | None
    is_over: bool = False  # the question was deleted
    is_posted: bool = False


def version(number: int) -> str:
    return f"{number}.000100" if number else ""


class Interleavings(RuleBasedStateMachine):
    """Two processes, one question, one database, and the replies in Slack."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.stores = [self.open_store(), self.open_store()]
        self.work: list[Work | None] = [None, None]
        self.orphans: list[Work] = []  # what killed processes held
        self.events = 0
        self.written = 0  # the newest version that was written
        self.delivered = -1  # the newest version that was delivered
        self.is_deleted = False
        self.replies: dict[str, str] = {}  # replies in Slack: timestamp → the version that it answers
        self.posted = 0
        self.private: str | None = None  # the version that got a private notice instead of a reply
        self.is_unconfirmed = False  # an unrecorded reply may exist
        self.completed: set[str] = set()  # versions with a certain outcome

    def open_store(self) -> Store:
        return Store(Path(self.folder.name), clock=self.clock)

    def accept(self, process: int, claim: Claim | None) -> None:
        """A process got this claim, so no one else may hold the question now."""
        if claim is not None:
            now = self.clock.now
            assert all(work is None or work.leased_until <= now for work in (*self.work, *self.orphans))
            assert claim.is_deleted or claim.version not in self.completed
            self.work[process] = Work(claim, now + LEASE, claim.reply_ts)

    def get_work(self, process: int) -> Work | None:
        """The work of a process, if its claim is still held, with the reply that it finds."""
        work = self.work[process]
        if work is None or work.is_posted:
            return None
        state = self.stores[process].lease_state(work.claim)
        if state == "superseded":
            self.work[process] = None
            return None
        work.is_over = work.claim.is_deleted or state == "deleted"
        work.leased_until = self.clock.now + LEASE
        if work.reply_ts is None and work.claim.attempt > 1:
            work.reply_ts = next(iter(self.replies), None)
        return work

    def end(self, process: int, outcome: Outcome) -> None:
        """A process completes its claim, and continues with the claim it gets."""
        work, self.work[process] = self.work[process], None
        assert work
        reply_ts = None if outcome in {"unknown", "deleted"} else work.reply_ts
        if reply_ts or work.claim.reply_ts is None:
            self.is_unconfirmed = outcome == "unknown"
        if outcome in {"answer", "refusal"}:
            self.completed.add(work.claim.version)
        following = self.stores[process].complete(work.claim, outcome, reply_ts)
        for other in (*self.work, *self.orphans):
            # A certain outcome also ends the claim of a new holder, unless that one is about a newer version.
            is_about_newer = other is not None and is_newer(other.claim.version, work.claim.version)
            if other is not None and (following or (outcome != "unknown" and not is_about_newer)):
                other.leased_until = self.clock.now
        self.accept(process, following)

    @rule(process=processes, edits=st.integers(0, 1), back=st.integers(0, 1))
    def deliver(self, process: int, edits: int, back: int) -> None:
        """The author posts or edits the question; Slack delivers that version or an older one."""
        if not self.is_deleted and self.delivered >= 0:
            self.written += edits
        said = max(self.written - back, 0)
        self.delivered = max(self.delivered, said)
        self.events += 1
        claim = self.stores[process].claim(QuestionEvent(f"Ev{self.events}", REF, version(said), "body"))
        assert claim is None or not self.is_deleted
        self.accept(process, claim)

    @rule(process=processes)
    def post(self, process: int) -> None:
        """A process posts, updates or deletes its reply."""
        work = self.get_work(process)
        if work is None:
            return
        if work.is_over:
            self.replies.pop(work.reply_ts or "", None)
            self.end(process, "deleted")
            return
        if work.reply_ts is None:
            self.posted += 1
            work.reply_ts = f"{self.posted}.000200"
        self.replies[work.reply_ts] = work.claim.version
        work.is_posted = True

    @rule(process=processes, is_clear=st.booleans())
    def complete(self, process: int, is_clear: bool) -> None:
        """A process completes its claim after posting; sometimes Slack did not confirm the post."""
        work = self.work[process]
        if work is not None and work.is_posted:
            self.end(process, "answer" if is_clear else "unknown")

    @rule(process=processes)
    def answer(self, process: int) -> None:
        """A process posts and completes, with nothing in between."""
        self.post(process)
        self.complete(process, True)

    @rule(process=processes, with_notice=st.booleans())
    def refuse_or_release(self, process: int, with_notice: bool) -> None:
        """A process replies privately, or releases a claim without posting."""
        work = self.get_work(process)
        if work is None:
            return
        if with_notice and not work.claim.is_deleted:
            self.private = work.claim.version
            self.end(process, "refusal")
        else:
            self.stores[process].release(work.claim)
            self.work[process] = None

    @precondition(lambda self: self.events > 2)
    @rule(process=processes)
    def delete(self, process: int) -> None:
        """The author deletes the question, and a process learns of it."""
        self.is_deleted = True
        self.accept(process, self.stores[process].delete_question(REF))

    @rule(process=processes)
    def kill(self, process: int) -> None:
        """A process is killed, and another starts."""
        work, self.work[process] = self.work[process], None
        if work is not None:
            self.orphans.append(work)
        self.stores[process].close()
        self.stores[process] = self.open_store()

    @rule(process=processes, after=st.sampled_from([0.0, LEASE / 2, LEASE]))
    def sweep(self, process: int, after: float) -> None:
        """Time passes, and a process claims expired questions."""
        self.clock.now += after
        for claim in self.stores[process].claim_expired(10):
            self.accept(process, claim)

    @rule(process=processes)
    def renew(self, process: int) -> None:
        """A process renews its leases, if it still holds them."""
        self.stores[process].renew_leases()
        work = self.work[process]
        if work is not None and self.stores[process].lease_state(work.claim) != "superseded":
            work.leased_until = self.clock.now + LEASE

    @invariant()
    def there_is_never_a_second_reply(self) -> None:
        """There are never two replies."""
        assert len(self.replies) <= 1

    def teardown(self) -> None:
        """One process is killed, and the other completes everything."""
        self.kill(1)
        for _ in range(4):
            self.answer(0)
            self.sweep(0, LEASE)
        assert self.work[0] is None
        outcomes = self.stores[0].database.run(lambda db: db.scalars(select(questions.c.outcome)).all())
        assert "expired" not in outcomes
        if self.is_deleted:
            assert not self.replies or self.is_unconfirmed
        elif self.delivered >= 0:
            newest = version(self.delivered)
            assert list(self.replies.values()) == [newest] or self.private == newest
        for store in self.stores:
            store.close()
        self.folder.cleanup()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=100, stateful_step_count=30)
