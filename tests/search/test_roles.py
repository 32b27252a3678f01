"""Who leads, founded or won something: how articles say so."""

from __future__ import annotations

import pytest

from bot.models import Answer, Question
from tests.factories import answerer, article

OTHERS = [article(f"A plain sign hangs on wall {number} of Lund.", id=f"wall {number}") for number in range(20)]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("who leads Skarvik Shipping?", "Skarvik Shipping has two ships. Its managing director is Ada Berg, a pilot."),
        ("who runs the Orre mill", "The Orre mill grinds rye. The chief executive, said to be Ole Lund, lives there."),
        ("who's the boss of the Orre mill", "The Orre mill grinds rye. It was led by Ole Lund for years."),
        ("who founded Skarvik Shipping", "Skarvik Shipping sails to Orre. It was established by Ada Berg in 1950."),
        (
            "who won the Orre race",
            "The Orre race was rowed at noon. Late in the day the winner, as ever, was Ada Berg.",
        ),
    ],
)
def test_an_office_or_deed_answers(question: str, text: str) -> None:
    """The sentence that names the person is in the first quote, though it has no word of the question."""
    reply = answerer(article(text, "The Orre mill, Skarvik Shipping and the Orre race run well."), *OTHERS).answer(
        Question(question)
    )
    assert isinstance(reply, Answer)
    assert reply.quotes[0].text in text
    assert "Berg" in reply.quotes[0].text or "Lund" in reply.quotes[0].text


def test_who_may_win_did_not() -> None:
    """A sentence that predicts, or says who failed, is not quoted before one that tells who did."""
    said = [
        article("The Orre race: a pilot predicts that this year Ole Lund won the most hearts and will win.", id="may"),
        article("At noon on Sunday Ada Berg won the Orre race, before a small crowd of friends and pilots.", id="did"),
        article("For the third time the clerk Ina Moss failed to win the Orre race, which many had won.", id="not"),
    ]
    reply = answerer(*said, *OTHERS).answer(Question("who won the Orre race"))
    assert isinstance(reply, Answer)
    assert reply.quotes[0].article.id == "did"


def test_what_is_set_or_started_was_not_founded() -> None:
    """Only words that name the deed stand for it, not those that do so with another word."""
    reply = answerer(article("A stage was set at Skarvik for the pilot who started the race."), *OTHERS).answer(
        Question("who founded Skarvik")
    )
    assert {term.text for term in reply.trace.query.terms}.isdisjoint({"set", "start"})


def test_only_a_question_after_a_person_has_offices() -> None:
    """Without "who", "runs" is an ordinary word."""
    for question, found in (("who runs the ferry", True), ("what runs to the ferry", False)):
        reply = answerer(article("The director of the ferry is Ada Berg."), *OTHERS).answer(Question(question))
        assert ("role" in {term.origin for term in reply.trace.query.terms}) is found


def test_a_title_is_no_other_office() -> None:
    """Asked after by its title, an office is found as that title, not as whatever is led or managed."""
    reply = answerer(article("A commander runs the ferry."), *OTHERS).answer(Question("who is the ferry's CEO"))
    shown = {expansion.text for expansion in reply.trace.query.expansions if expansion.origin == "role"}
    assert shown == {"boss", "chief executive", "managing director"}
