"""Replies that are asked for again: found once, verified each time."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot.errors import VerificationError
from bot.models import Question, Quote, Reply
from bot.slack.remembering import MOST, Remembering

from .articles import BRIDGE, Scripted, verify
from .conftest import Room


@dataclass
class Counted(Scripted):
    """A librarian who remembers which questions were put."""

    put: list[Question] = field(default_factory=list)

    def answer(self, question: Question) -> Reply:
        self.put.append(question)
        return super().answer(question)


@pytest.mark.parametrize(
    ("asked", "put"),
    [
        ([], 0),
        ([Question("why")], 1),
        ([Question("why"), Question("why")], 1),
        ([Question("why"), Question("Why")], 2),
        ([Question("why"), Question("why", 9)], 2),
        ([Question("why"), Question("why", follows=("who",))], 2),
    ],
)
def test_the_same_question_is_found_once(asked: list[Question], put: int) -> None:
    """A question that is asked again has the reply that was found; any other is a question of its own."""
    counted = Counted()
    remembering = Remembering(counted)
    assert [remembering.answer(one) for one in asked] == [Scripted().answer(one) for one in asked]
    assert len(counted.put) == put


def test_only_the_latest_are_remembered() -> None:
    """What was not asked for long is found anew, so that memory is bounded."""
    counted = Counted()
    remembering = Remembering(counted)
    for number in range(MOST + 1):
        remembering.answer(Question(str(number)))
    remembering.answer(Question("0"))
    assert len(counted.put) == MOST + 2


def test_a_fault_is_not_remembered() -> None:
    """A question that failed is tried again."""
    counted = Counted()
    counted.replies["why"] = RuntimeError("of its own making")
    remembering = Remembering(counted)
    with pytest.raises(RuntimeError):
        remembering.answer(Question("why"))
    del counted.replies["why"]
    assert remembering.answer(Question("why")) == Scripted().answer(Question("why"))


def test_what_is_remembered_is_verified_again(offline: Room) -> None:
    """Once the source of an answer has changed, the next one who asks is told so, and shown no quote of it."""
    changed: list[str] = []

    def watchful(quote: Quote) -> None:
        if changed:
            raise VerificationError("The article has changed; read the archive again.")
        verify(quote)

    with offline.bot(is_loaded=False) as bot:
        bot.open(offline.librarian, watchful)
        first = offline.reply_to(offline.ask(BRIDGE))
        changed.append("yes")
        second = offline.reply_to(offline.ask(BRIDGE))
    assert "bridge" in first.text
    assert "bridge" not in second.text
