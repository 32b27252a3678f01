"""Countries and their adjectives: either finds the other, where it is a name."""

from __future__ import annotations

import pytest

from bot.models import Abstention, Question
from tests.factories import answerer, article

OTHERS = [article(f"A plain sign hangs on wall {number} of Lund.", id=f"wall {number}") for number in range(20)]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("are gains on a house taxed in Germany", "German authorities tax the gains on a house."),
        ("who are the Dutch pilots", "The pilots of the Netherlands are Ada Holm and Ove Lind."),
        ("which colour are Japan's ferries", "The colour of Japanese ferries is white."),
    ],
)
def test_a_country_and_its_adjective(question: str, found: str) -> None:
    """A question with one is answered by a sentence with the other, and the quote says so."""
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
