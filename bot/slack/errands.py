"""One question on its way to its one visible outcome: a step at a time, so that whatever must wait waits in the lane.

Keeps secret what is tried again, when, and what is looked for first. A reply of unknown fate is never posted again
before it was looked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from slack_sdk import WebClient

from bot.records import GIVE_UP, Claim, Outcome
from bot.slack import phrases
from bot.slack.admission import Admission
from bot.slack.commands import recall
from bot.slack.composing import Composed, apologise, fitting, say
from bot.slack.ending import kept_of, line_of
from bot.slack.finding import Found, find_reply
from bot.slack.lanes import Again
from bot.slack.ledger import Ledger
from bot.slack.posting import (
    Failure,
    NotPosted,
    Posted,
    Result,
    TooMany,
    Unclear,
    destination_of,
    metadata_of,
    post,
    remove,
    update,
)
from bot.slack.questions import Asked
from bot.telemetry import Telemetry

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0  # seconds between two tries
# Tries after which a question no longer holds up those behind it: what ails it may be its own.
PATIENT_TRIES = 3
# A private sentence leaves no trace to look for: two of unknown fate do less harm than none, and more help nobody.
PRIVATE_TRIES = 2


@dataclass(frozen=True, slots=True)
class Means:
    """What every errand works with. ``compose`` gives what is said to a question; ``clock`` counts seconds."""

    client: WebClient
    bot_user: str
    ledger: Ledger
    admission: Admission
    telemetry: Telemetry
    compose: Callable[[Asked], Composed]
    clock: Callable[[], float] = monotonic


class Errand:
    """A task for a lane: brings ``claim``, and whatever comes of it meanwhile, to an end.

    ``asked`` is the question where it has been read already; ``said`` is what to say where that is known beforehand,
    without asking who may ask.
    """

    def __init__(self, means: Means, claim: Claim, *, asked: Asked | None = None, said: Composed | None = None) -> None:
        self._means = means
        self._take(claim, asked, said)

    def _take(self, claim: Claim, asked: Asked | None = None, said: Composed | None = None) -> None:
        self._claim = claim
        self._said = said
        # A claim may be for a newer version than the one that was read.
        is_read = asked is not None and asked.delivery.body == claim.body
        self._asked = asked if is_read else _asked(claim, self._means.bot_user)
        self._reply_ts = claim.reply_ts
        self._must_look = claim.attempt > 1 and claim.reply_ts is None
        self._tries = 0
        self._began = self._means.clock()

    def __call__(self) -> Again | None:
        """The next step; None when nothing is left to do."""
        try:
            return self._step()
        except Exception:  # the edge of the thread: no question is lost for a fault on its way
            log.exception("a fault on the way of %s; it is tried again", self._claim.place)
            return self._later()

    def release(self) -> None:
        """Leave the question to another process: at once, where nothing of it can stand in Slack."""
        if not self._must_look and not self._claim.withdrawn:
            self._means.ledger.release(self._claim)

    def _step(self) -> Again | None:
        claim, asked = self._claim, self._asked
        if self._means.clock() - self._began > GIVE_UP:
            log.error("%s is given up after an hour", claim.place)
            return self._settle("lost", self._reply_ts)
        if claim.withdrawn:
            return self._take_back("withdrawn")
        if asked is None:
            log.error("%s is given up, because its event cannot be read", claim.place)
            return self._settle("lost", self._reply_ts)
        said = self._said or self._decide(asked)
        if not isinstance(said, Composed):
            return self._after(said)
        self._said = said = fitting(asked, said)
        return self._speak_unless_overtaken(asked, said)

    def _speak_unless_overtaken(self, asked: Asked, said: Composed) -> Again | None:
        # Asked as late as can be: what is posted cannot be unseen.
        standing = self._means.ledger.standing(self._claim)
        if standing == "withdrawn":
            return self._take_back("withdrawn")
        if standing == "held":
            return self._speak(asked, said)
        log.warning("another process has taken over %s", asked.place)
        self._means.ledger.drop(self._claim)
        return None

    def _decide(self, asked: Asked) -> Composed | Failure:
        refusal = self._means.admission.refusal(asked)
        if refusal is None:
            return self._means.compose(asked)
        return say("refusal", refusal) if isinstance(refusal, str) else refusal

    def _speak(self, asked: Asked, said: Composed) -> Again | None:
        if said.outcome == "silence":
            return self._take_back("silence")
        client, destination = self._means.client, destination_of(asked, said.outcome)
        if destination.only is not None:
            return self._after_private(said, post(client, destination, said.message, metadata_of(asked)))
        if self._must_look:
            return self._look(asked, said)
        if self._reply_ts is not None:
            result = update(client, destination.channel, self._reply_ts, said.message, metadata_of(asked))
        else:
            result = post(client, destination, said.message, metadata_of(asked))
        return self._after_public(said, result)

    def _look(self, asked: Asked, said: Composed) -> Again | None:
        found = find_reply(self._means.client, asked.place, asked.thread, bot_user=self._means.bot_user)
        if isinstance(found, NotPosted) and found.code:
            log.error("whether %s has its reply is not known, and may not be looked for: %s", asked.place, found.why)
            self._said = said = say("unknown", phrases.UNCONFIRMED)
        elif isinstance(found, Failure):
            return self._after(found)
        elif found is not None and found.version == self._claim.version:
            return self._settle(said.outcome, found.ts)
        elif found is not None:
            self._reply_ts = found.ts
        self._must_look = False
        return self._speak(asked, said)

    def _after_public(self, said: Composed, result: Result) -> Again | None:
        if isinstance(result, Posted):
            self._reply_ts = result.ts  # from here on a step that is taken again changes this one
            return self._settle(said.outcome, result.ts)
        if isinstance(result, Unclear):
            # A change that is made twice shows once; a message does not.
            self._must_look = self._reply_ts is None
        elif isinstance(result, NotPosted) and result.is_gone:
            if self._reply_ts is None:
                return self._settle("withdrawn", None)
            self._reply_ts = None
            return Again(0.0)
        elif isinstance(result, NotPosted) and result.is_for_content and said.outcome != "apology":
            self._said = apologise(f"in place of the reply to {self._claim.place}: {result.why}")
            return Again(0.0)
        elif isinstance(result, NotPosted) and result.code and self._is_shared:
            # Whoever shares chose the channel, and is there to choose again.
            self._said = say("refusal", phrases.NOT_A_MEMBER if result.is_elsewhere else phrases.NOT_SHARED)
            return Again(0.0)
        return self._after(result)

    @property
    def _is_shared(self) -> bool:
        return self._asked is not None and self._asked.surface == "share"

    def _after_private(self, said: Composed, result: Result) -> Again | None:
        is_hopeless = isinstance(result, NotPosted) and result.code
        if is_hopeless or (isinstance(result, Unclear) and self._tries + 1 >= PRIVATE_TRIES):
            log.error("%s was not told %s: %s", self._claim.place, said.outcome, result)
        elif not isinstance(result, Posted):
            return self._after(result)
        return self._settle(said.outcome, self._reply_ts)

    def _take_back(self, outcome: Outcome) -> Again | None:
        """End with nothing: take back what stands, or may stand, in reply to what is a question no longer."""
        client, place = self._means.client, self._claim.place
        if self._must_look:
            thread = self._asked.thread if self._asked else None if place.channel.startswith("D") else place.ts
            found = find_reply(client, place, thread, bot_user=self._means.bot_user)
            if isinstance(found, Failure) and not (isinstance(found, NotPosted) and found.code):
                return self._after(found)
            self._must_look = False
            self._reply_ts = found.ts if isinstance(found, Found) else None
        if self._reply_ts is not None:
            result = remove(client, place.channel, self._reply_ts)
            if isinstance(result, NotPosted) and result.code:
                log.error("the reply to %s, which asks nothing any more, cannot be removed: %s", place, result.why)
            elif result is not None:
                return self._after(result)
        return self._settle(outcome, None)

    def _after(self, failure: Failure) -> Again:
        if isinstance(failure, TooMany):
            return Again(failure.seconds)
        log.warning("%s is tried again: %s", self._claim.place, failure.why)
        return self._later()

    def _later(self) -> Again:
        wait = min(LONGEST_WAIT, 2.0**self._tries)
        self._tries += 1
        return Again(wait, aside=self._tries > PATIENT_TRIES)

    def _settle(self, outcome: Outcome, reply_ts: str | None) -> Again | None:
        waited = self._means.clock() - self._began
        kept = kept_of(self._asked, self._said, outcome, self._means.admission.directory.is_public)
        more = self._means.ledger.settle(self._claim, outcome, reply_ts, kept)
        if self._asked is not None and not self._claim.withdrawn:
            self._means.telemetry.question(
                line_of(self._asked, self._said, outcome, kept, attempt=self._claim.attempt, waited=waited)
            )
        if more is None:
            return None
        self._take(more)
        return Again(0.0)


def _asked(claim: Claim, bot_user: str) -> Asked | None:
    """The question as it was kept; None where it is not there any more, or was written by something else."""
    try:
        asked = recall(claim.body, bot_user=bot_user) if claim.body else None
    except ValueError:
        return None
    return asked if isinstance(asked, Asked) else None
