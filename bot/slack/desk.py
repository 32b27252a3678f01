"""Where what is asked comes in: it is claimed before Slack is told that it has come, and put into its channel's lane.

Keeps secret who waits for whom, and what is said to somebody for whom there is no room.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from slack_sdk import WebClient

from bot.errors import PullquoteError
from bot.records import Claim
from bot.slack import phrases
from bot.slack.admission import Admission
from bot.slack.composer import Composer
from bot.slack.composing import Composed, Shelf, apologise, say
from bot.slack.errands import Errand, Means
from bot.slack.lanes import ClosedError, FullError, Lanes, Task
from bot.slack.ledger import Ledger
from bot.slack.limits import Allowance
from bot.slack.questions import Asked, Withdrawn, read_event
from bot.slack.threads import is_awaited, questions_before
from bot.telemetry import Telemetry

log = logging.getLogger(__name__)

# Questions taken over at a time from a process that ended with them; more wait for the next few seconds.
TAKEN_OVER = 200
# Threads for private notices: they must not wait behind the answers that are the reason for them.
NOTICE_THREADS = 2


class Desk:
    """Takes what is asked and sees that each question ends in one visible outcome; collects until it is opened."""

    def __init__(
        self,
        client: WebClient,
        *,
        bot_user: str,
        ledger: Ledger,
        admission: Admission,
        allowance: Allowance,
        telemetry: Telemetry,
        lanes: Lanes | None = None,
        scopes: frozenset[str] | None = None,
    ) -> None:
        self._scopes = scopes
        self._ledger, self._allowance, self._bot_user = ledger, allowance, bot_user
        self._means = Means(client, bot_user, ledger, admission, telemetry, self._compose)
        self._shelf: Shelf | None = None
        self._composer = Composer()
        self._lanes = lanes or Lanes()
        self._lanes.hold()
        self._notices = Lanes(threads=NOTICE_THREADS)

    @property
    def waiting(self) -> int:
        """How many questions are not yet settled."""
        return self._lanes.unfinished + self._notices.unfinished

    @property
    def is_open(self) -> bool:
        """Whether questions are answered, and not only collected."""
        return self._shelf is not None

    def open(self, shelf: Shelf) -> None:
        """Answer from now on."""
        self._shelf = shelf
        self._lanes.open()

    def _compose(self, asked: Asked) -> Composed:
        if self._shelf is None:
            raise RuntimeError("the lanes were opened before the archive")
        try:
            return self._composer.compose(asked, self._shelf, self._scopes, questions_before(asked, self._ledger))
        except PullquoteError as error:  # a damaged snapshot, and nothing left to make it anew of
            return apologise(str(error))

    def take(self, body: dict[str, Any]) -> bool:
        """Take what this delivery asks, if anything, once and for all; False where Slack must deliver it again."""
        read = read_event(body, bot_user=self._bot_user)
        if isinstance(read, Withdrawn):
            return self._take_back(read)
        return read is None or self.take_question(read)

    def take_question(self, asked: Asked) -> bool:
        """Take this question; False where whoever brought it must be told that it was not taken."""
        if asked.surface == "follow-up":
            is_ours = is_awaited(asked, self._ledger, self._means.admission.rules)
        else:
            is_ours = not asked.only_if_known or self._ledger.known(asked.place)
        if not is_ours:
            return True
        claim = self._ledger.claim(asked.delivery)
        if claim is None:
            log.info("already taken: %s", asked.place)
            return True
        sentence = self._allowance.refusal(asked.user, asked.place.channel)
        try:
            if sentence is None:
                self._work_on(claim, asked)
            else:
                self._notify(claim, sentence)
        except (FullError, ClosedError):
            self._ledger.release(claim)
            return False
        return True

    def _work_on(self, claim: Claim, asked: Asked) -> None:
        try:
            self._lanes.add(claim.place.channel, claim.place.ts, Errand(self._means, claim, asked=asked))
        except FullError:
            log.warning("no room for %s", claim.place)
            self._notify(claim, phrases.BUSY)

    def _notify(self, claim: Claim, sentence: str) -> None:
        errand = Errand(self._means, claim, said=say("notice", sentence))
        self._notices.add(claim.place.channel, claim.place.ts, errand)

    def _take_back(self, withdrawn: Withdrawn) -> bool:
        # Deletions are told of every message; only what was said to the bot, or answered by it, is written down.
        if not (withdrawn.is_addressed or self._ledger.known(withdrawn.place)):
            return True
        claim = self._ledger.withdraw(withdrawn.place)
        return claim is None or self._resume(claim)

    def keep(self) -> None:
        """Keep hold of what was claimed, and take over what others left behind; to be called every few seconds."""
        for claim in (*self._ledger.keep(), *self._ledger.abandoned(TAKEN_OVER)):
            self._resume(claim)

    def _resume(self, claim: Claim) -> bool:
        try:
            self._lanes.add(claim.place.channel, claim.place.ts, Errand(self._means, claim), is_bounded=False)
        except ClosedError:
            self._ledger.release(claim)
            return False
        return True

    def finish(self, within: float) -> int:
        """Take nothing more and end what can be ended ``within`` seconds; how many questions are left to others."""
        deadline = monotonic() + within
        left: list[Task] = [*self._lanes.finish(within)]
        left += self._notices.finish(max(0.0, deadline - monotonic()))
        for task in left:
            if isinstance(task, Errand):
                task.release()
        self._composer.end()
        return self.waiting
