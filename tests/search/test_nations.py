"""The adjective of a country finds the country, where it is a name."""

from __future__ import annotations

import pytest

from bot.models import Abstention, Question
from tests.factories import answerer, article

OTHERS = [article(f"A plain sign hangs on wall {number} of Lund.", id=f"wall {number}") for number in range(20)]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("are the German gains on a house taxed", "The gains on a house are taxed in Germany."),
        ("who are the Dutch pilots", "The pilots of the Netherlands are Ada Holm and Ove Lind."),
    ],
)
def test_the_country_of_an_adjective(question: str, found: str) -> None:
    """A question with the adjective is answered by a sentence with the country, and the quote says so."""
    reply = answerer(article(f"The harbour opened in May. {found} Nobody knows why."), *OTHERS).answer(
        Question(question)
    )
    assert found in reply.shown_quotes[0].text
    assert not reply.shown_quotes[0].unmatched_terms
    assert reply.shown_quotes[0].matched_expansions


def test_a_word_that_only_looks_like_one() -> None:
    """A verb is no adjective of a country."""
    reply = answerer(article("Poland has many mirrors."), *OTHERS).answer(Question("how to polish mirrors"))
    assert isinstance(reply, Abstention) or "polish" in reply.quotes[0].unmatched_terms
