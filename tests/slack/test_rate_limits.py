"""Rate limits per person and per channel."""

from __future__ import annotations

from bot.playground.workspace import YOU
from bot.slack import strings
from bot.slack.dispatcher import WINDOW, Limits, RateLimiter

from .harness import Harness
from .samples import ScriptedAnswerer


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides() -> None:
    """One more question is admitted as soon as the oldest is a minute old; refused questions do not count."""
    clock = Clock()
    rate_limiter = RateLimiter(Limits(per_person=2, per_channel=100), clock=clock)

    def is_admitted(at: float) -> bool:
        clock.now = at
        return rate_limiter.check("U1", f"C{at}") is None

    assert [is_admitted(at) for at in (0.0, 30.0, 31.0, WINDOW - 1)] == [True, True, False, False]
    assert [is_admitted(at) for at in (WINDOW, WINDOW + 1, WINDOW + 30)] == [True, False, True]


def test_a_channel_has_one_limit_for_everyone() -> None:
    """Different people share the limit of their channel; a refused question does not count."""
    rate_limiter = RateLimiter(Limits(per_person=1, per_channel=2), clock=Clock())
    refused = [rate_limiter.check(user, "C1") for user in ("U1", "U1", "U2", "U3")]
    assert [sentence is None for sentence in refused] == [True, False, True, False]
    assert refused[1] == strings.PERSON_LIMIT.format(count=1)
    assert refused[3] == strings.CHANNEL_LIMIT.format(count=2)
    assert rate_limiter.check("U3", "C2") is None


def test_small_talk_neither_counts_nor_is_refused(offline_harness: Harness) -> None:
    """Thanks after the last question of a minute, and before it, are answered as ever."""
    harness = offline_harness
    harness.answerer = ScriptedAnswerer()
    with harness.bot(limits=Limits(per_person=1, per_channel=100)):
        for text in ("thanks!", "which bridge was built", "thanks!"):
            harness.reply_to(harness.ask(text))
    assert harness.slack.workspace.ephemerals(YOU) == ()
