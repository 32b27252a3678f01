"""Whatever two processes do with one question, in whatever order, it ends as it should.

The processes keep to the protocol that the ledger is made for: claim, ask whether the claim is held, look for an own
reply when somebody may have posted before, post or update or remove, settle; they are killed at any moment on the way.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.store.models import LEASE, Claim, Outcome, QuestionEvent, is_newer
from bot.store.store import Store
from store.ledgers import REF, Clock

processes = st.integers(0, 1)


@dataclass
class Work:
    """A claim in the hands of a process, and where it got to."""

    claim: Claim
    leased_until: float
    reply_ts: str | None
    is_over: bool = False  # the question was deleted
    is_posted: bool = False


def version(number: int) -> str:
    return f"{number}.000100" if number else ""


class Interleavings(RuleBasedStateMachine):
    """Two processes, one question, one ledger; and what stands in Slack."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.ledgers = [self.ledger(), self.ledger()]
        self.work: list[Work | None] = [None, None]
        self.orphans: list[Work] = []  # what killed processes held
        self.events = 0
        self.written = 0  # the newest version that was written
        self.delivered = -1  # the newest version that was delivered
        self.is_deleted = False
        self.replies: dict[str, str] = {}  # what stands in Slack: timestamp → the version that it answers
        self.posted = 0
        self.private: str | None = None  # the version that got a private word in place of a reply
        self.is_unconfirmed = False  # a reply may stand of which the ledger was never told
        self.settled: set[str] = set()  # versions of which it is certain how they ended

    def ledger(self) -> Store:
        return Store(Path(self.folder.name), clock=self.clock)

    def got(self, process: int, claim: Claim | None) -> None:
        """A process was given this claim: nobody may have the question now."""
        if claim is not None:
            now = self.clock.now
            assert all(work is None or work.leased_until <= now for work in (*self.work, *self.orphans))
            assert claim.is_deleted or claim.version not in self.settled
            self.work[process] = Work(claim, now + LEASE, claim.reply_ts)

    def holds(self, process: int) -> Work | None:
        """What a process is about to work on, if it is its own still, with the reply that it finds."""
        work = self.work[process]
        if work is None or work.is_posted:
            return None
        standing = self.ledgers[process].lease_state(work.claim)
        if standing == "superseded":
            self.work[process] = None
            return None
        work.is_over = work.claim.is_deleted or standing == "deleted"
        work.leased_until = self.clock.now + LEASE
        if work.reply_ts is None and work.claim.attempt > 1:
            work.reply_ts = next(iter(self.replies), None)
        return work

    def end(self, process: int, outcome: Outcome) -> None:
        """A process settles its claim, and goes on with what the ledger gives it."""
        work, self.work[process] = self.work[process], None
        assert work
        reply_ts = None if outcome in {"unknown", "deleted"} else work.reply_ts
        if reply_ts or work.claim.reply_ts is None:
            self.is_unconfirmed = outcome == "unknown"
        if outcome in {"answer", "refusal"}:
            self.settled.add(work.claim.version)
        following = self.ledgers[process].complete(work.claim, outcome, reply_ts)
        for other in (*self.work, *self.orphans):
            # Who knows what stands settles the question for whoever took it over too, unless that is about newer words.
            is_about_newer = other is not None and is_newer(other.claim.version, work.claim.version)
            if other is not None and (following or (outcome != "unknown" and not is_about_newer)):
                other.leased_until = self.clock.now
        self.got(process, following)

    @rule(process=processes, edits=st.integers(0, 1), back=st.integers(0, 1))
    def deliver(self, process: int, edits: int, back: int) -> None:
        """The person says something, or says it better; Slack delivers it, or what it was before."""
        if not self.is_deleted and self.delivered >= 0:
            self.written += edits
        said = max(self.written - back, 0)
        self.delivered = max(self.delivered, said)
        self.events += 1
        claim = self.ledgers[process].claim(QuestionEvent(f"Ev{self.events}", REF, version(said), "body"))
        assert claim is None or not self.is_deleted
        self.got(process, claim)

    @rule(process=processes)
    def post(self, process: int) -> None:
        """A process posts its reply, updates it, or removes it."""
        work = self.holds(process)
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
        """A process settles what it posted; sometimes Slack did not say whether it was posted."""
        work = self.work[process]
        if work is not None and work.is_posted:
            self.end(process, "answer" if is_clear else "unknown")

    @rule(process=processes)
    def answer(self, process: int) -> None:
        """A process posts and settles, with nothing in between."""
        self.post(process)
        self.complete(process, True)

    @rule(process=processes, with_a_word=st.booleans())
    def turn_away(self, process: int, with_a_word: bool) -> None:
        """A process answers with a private word, or gives back what it has not begun."""
        work = self.holds(process)
        if work is None:
            return
        if with_a_word and not work.claim.is_deleted:
            self.private = work.claim.version
            self.end(process, "refusal")
        else:
            self.ledgers[process].release(work.claim)
            self.work[process] = None

    @precondition(lambda self: self.events > 2)
    @rule(process=processes)
    def delete(self, process: int) -> None:
        """The person deletes the question, and a process is told."""
        self.is_deleted = True
        self.got(process, self.ledgers[process].delete_question(REF))

    @rule(process=processes)
    def kill(self, process: int) -> None:
        """A process is killed, and another begins in its place."""
        work, self.work[process] = self.work[process], None
        if work is not None:
            self.orphans.append(work)
        self.ledgers[process].close()
        self.ledgers[process] = self.ledger()

    @rule(process=processes, after=st.sampled_from([0.0, LEASE / 2, LEASE]))
    def sweep(self, process: int, after: float) -> None:
        """Time passes, and a process takes over what was abandoned."""
        self.clock.now += after
        for claim in self.ledgers[process].claim_expired(10):
            self.got(process, claim)

    @rule(process=processes)
    def renew(self, process: int) -> None:
        """A process extends its leases, as far as they are its own still."""
        self.ledgers[process].renew_leases()
        work = self.work[process]
        if work is not None and self.ledgers[process].lease_state(work.claim) != "superseded":
            work.leased_until = self.clock.now + LEASE

    @invariant()
    def there_is_never_a_second_reply(self) -> None:
        """At no moment do two replies stand."""
        assert len(self.replies) <= 1

    def teardown(self) -> None:
        """In the end one process is killed, and the other brings everything to its end."""
        self.kill(1)
        for _ in range(4):
            self.answer(0)
            self.sweep(0, LEASE)
        assert self.work[0] is None
        assert self.ledgers[0].expired_count == 0
        if self.is_deleted:
            assert not self.replies or self.is_unconfirmed
        elif self.delivered >= 0:
            newest = version(self.delivered)
            assert list(self.replies.values()) == [newest] or self.private == newest
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=100, stateful_step_count=30)
