"""When two articles give different figures of one thing, and when they only seem to."""

from __future__ import annotations

from datetime import date

import pytest
from making import article, chosen, librarian

from bot.models import Answer, Question
from bot.quoting.figures import different_figures

QUESTION = "Skarvik pier ferry treaty islands budget cost"

AGREE = [
    # one figure, written in two ways
    ("The pier at Skarvik cost 1,200 crowns.", "The pier at Skarvik cost 1200 crowns."),
    ("The ferry to Skarvik has 6 cabins.", "The ferry to Skarvik has six cabins."),
    ("The pier at Skarvik cost 2 million crowns.", "The pier at Skarvik cost 2,000,000 crowns."),
    ("The pier at Skarvik cost two million crowns.", "The pier at Skarvik cost 2m crowns."),
    ("The pier at Skarvik cost $14 million.", "The pier at Skarvik cost 14 million dollars."),
    ("The pier at Skarvik cost $1.2bn.", "The pier at Skarvik cost US$1.2 billion."),
    ("The budget of Skarvik rose 6%.", "The budget of Skarvik rose six per cent."),
    ("The ferry to Skarvik has twenty-one cabins.", "The ferry to Skarvik has 21 cabins."),
    ("The ferry to Skarvik has two dozen cabins.", "The ferry to Skarvik has 24 cabins."),
    ("The treaty of Skarvik was signed on 3 May 2023.", "The treaty of Skarvik was signed on May 3, 2023."),
    ("The treaty of Skarvik was signed in May 2023.", "The treaty of Skarvik was signed on 3 May 2023."),
    ("The treaty of Skarvik was signed in 2023.", "The treaty of Skarvik was signed on 3 May."),
    # as near as they are written
    ("The pier at Skarvik cost 14 million crowns.", "The pier at Skarvik cost 14.3 million crowns."),
    ("The ferry to Skarvik carried 12,000 cars.", "The ferry to Skarvik carried 12,318 cars."),
    ("The ferry to Skarvik carried about 300 cars.", "The ferry to Skarvik carried 312 cars."),
    ("The ferry to Skarvik carried more than 300 cars.", "The ferry to Skarvik carried 355 cars."),
    ("The ferry to Skarvik carried up to 400 cars.", "The ferry to Skarvik carried 355 cars."),
    ("The ferry to Skarvik carried 300 or more cars.", "The ferry to Skarvik carried 355 cars."),
    ("The ferry to Skarvik carries 10 to 15 cars.", "The ferry to Skarvik carries 12 cars."),
    ("The ferry to Skarvik carries 10-15 cars.", "The ferry to Skarvik carries 20 cars."),
    ("The ferry to Skarvik carries between 10 and 15 cars.", "The ferry to Skarvik carries 20 cars."),
    # of different things
    ("The pier at Skarvik is 12 miles off.", "The pier at Skarvik is 19 kilometres off."),
    ("The pier at Skarvik cost 14 crowns.", "The pier at Skarvik cost 9 dollars."),
    ("The pier at Skarvik cost A$14 million.", "The pier at Skarvik cost US$9 million."),
    ("The pier at Skarvik cost 14 million crowns.", "The pier at Orre cost 16 million crowns."),
    ("The northern pier at Skarvik cost 14 crowns.", "The southern pier at Skarvik cost 16 crowns."),
    ("At Orre, the pier and the ferry cost 14 crowns.", "At Lund, the pier and the ferry cost 16 crowns."),
    ("The pier at Skarvik cost 14 million crowns.", "The café on the pier at Skarvik cost 2 million crowns."),
    ("The pier at Skarvik cost 14 million crowns.", "The pier at Skarvik earned 16 million crowns."),
    ("The ferry to Skarvik has 6 cabins.", "The ferry to Skarvik has 4 lifeboats."),
    ("At Skarvik it cost 14 million crowns.", "At Skarvik it cost 16 million crowns."),
    ("The ferry to Skarvik won 3-1.", "The ferry to Skarvik won 2-1."),
    ("The ferry to Skarvik leaves at 10:30.", "The ferry to Skarvik leaves at 11:30."),
    ("The treaty of Skarvik cites Article 5.", "The treaty of Skarvik cites Article 9."),
    ("The ferry to Skarvik is a F-35.", "The ferry to Skarvik is a F-15."),
    ("The sixth pier at Skarvik cost a crown.", "The fifth pier at Skarvik cost a crown."),
    ("The 6th pier at Skarvik cost money.", "The 5th pier at Skarvik cost money."),
    ("A two-day treaty talk at Skarvik failed.", "A three-day treaty talk at Skarvik failed."),
    ("One of the piers at Skarvik cost money.", "Two of the piers at Skarvik cost money."),
    # of different times
    ("The pier at Skarvik cost 14 crowns in 2023.", "The pier at Skarvik cost 16 crowns in 2024."),
    ("The pier at Skarvik cost 14 crowns last year.", "The pier at Skarvik cost 16 crowns last year."),
    ("In May 2023, the pier at Skarvik cost 14 crowns.", "In May 2024, the pier at Skarvik cost 16 crowns."),
    ("The 2023 budget of Skarvik was approved.", "The 2024 budget of Skarvik was approved."),
    ("The budget of Skarvik for fiscal 2024 grew 6 percent.", "The budget of Skarvik for fiscal 2025 grew 9 percent."),
    # different occasions
    ("The treaty of Skarvik was signed in 2022.", "The treaty of Skarvik was ratified in 2023."),
    ("The treaty talks at Skarvik were held in 2022.", "The treaty talks at Skarvik were held in 2023."),
    ("The ministers met at Skarvik on 5 May 2025.", "The ministers met at Skarvik on 20 May 2024."),
    ("The treaty of Skarvik was signed by 2022.", "The treaty of Skarvik was signed after 2023."),
    # nothing of the question beside it
    ("Skarvik is a town; old Tveit paid Berg 14 crowns.", "Skarvik is a town; old Tveit paid Berg 16 crowns."),
    # the same among others
    ("The pier cost 14 crowns. The pier cost 16 crowns.", "The pier cost 16 crowns."),
]
DIFFER = [
    ("The pier at Skarvik cost 14 million crowns.", "The pier at Skarvik cost 16 million crowns.", "14 million crowns"),
    ("The pier at Skarvik cost 1,200 crowns.", "The pier at Skarvik cost 1,900 crowns.", "1,200 crowns"),
    ("The pier at Skarvik cost $14m.", "The pier at Skarvik cost 16 million dollars.", "$14m"),
    ("The ferry to Skarvik has six cabins.", "The ferry to Skarvik has 8 cabins.", "six cabins"),
    ("The budget of Skarvik rose 6%.", "The budget of Skarvik rose by nine per cent.", "6%"),
    ("The pier at Skarvik cost 6.81 lakh crore rupees.", "The pier at Skarvik cost 6.21 lakh crore rupees.", "6.81"),
    ("The ferry to Skarvik carried about 300 cars.", "The ferry to Skarvik carried about 400 cars.", "300 cars"),
    (
        "Ships lay off the islands on 355 days of 2024.",
        "Ships lay off the islands on 334 days of 2024, Tokyo said.",
        "355 days",
    ),
    (
        "The pier at Skarvik cost 14 million crowns, the harbour board said on Monday.",
        "On Tuesday the mayor, Jonas Tveit, said: The pier at Skarvik cost 16 million crowns.",
        "14 million crowns",
    ),
    (
        "The treaty of Skarvik was signed on 3 May 2023.",
        "The treaty of Skarvik was signed on May 4, 2023.",
        "3 May 2023",
    ),
    ("The pier at Skarvik was built in 1871.", "The pier at Skarvik was built in 1874.", "1871"),
    (
        "The ferry to Skarvik will sail by 2035.",
        "The ferry to Skarvik will sail by 2040.",
        "2035",
    ),
]


def told(one: str, other: str) -> str | None:
    """What is said of the figures in quotes of two articles of two years."""
    first = article(one, id="one.txt", published=date(2024, 3, 4))
    second = article(other, id="other.txt", published=date(2025, 6, 1))
    quotes = (*chosen(QUESTION, first), *chosen(QUESTION, second))
    assert [quote.text for quote in quotes] == [one, other]
    return different_figures(quotes)


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_figures_that_can_both_be_true(one: str, other: str) -> None:
    """Nothing is said where both figures can be true, or may be of two things."""
    assert told(one, other) is None
    assert told(other, one) is None


@pytest.mark.parametrize(("one", "other", "first"), DIFFER)
def test_figures_that_differ(one: str, other: str, first: str) -> None:
    """Figures of one thing that differ are named as they stand, with the days of their articles."""
    said = told(one, other)
    assert said is not None
    assert said.startswith("The sources give different figures: ")
    assert first in said
    assert "(4 March 2024)" in said
    assert "(1 June 2025)" in said
    assert told(other, one) is not None


def test_one_article_is_no_second_source() -> None:
    """An article that names two figures does not differ from itself."""
    quotes = [chosen("pier cost", article(f"The pier cost {count} crowns.", id="a"))[0] for count in (14, 16)]
    assert different_figures(quotes) is None


def test_an_answer_with_figures_that_differ() -> None:
    """An answer says before its quotes that its sources give different figures, and shows both."""
    old = article("The pier at Skarvik cost 14 million crowns.", id="old.txt", published=date(2024, 3, 4))
    new = article("The pier at Skarvik cost 16 million crowns.", id="new.txt", published=date(2025, 6, 1))
    reply = librarian(old, new).answer(Question("what did the pier at Skarvik cost"))
    assert isinstance(reply, Answer)
    assert len(reply.quotes) == 2
    assert reply.figures == (
        'The sources give different figures: "14 million crowns" (4 March 2024) and "16 million crowns" (1 June 2025).'
    )
