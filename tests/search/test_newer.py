"""When an answer names a newer article, and when it must not."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import Answer, Article, Question
from tests.factories import answerer, article

PIER = "The pier at Skarvik opened to the ferries of Orre."


def dated(text: str, year: int | None, id: str) -> Article:
    return article(text, id=id, title=f"Of {id}", published=date(year, 5, 1) if year else None)


def newer(question: str, *articles: Article, limit: int = 1) -> str | None:
    """The id of the newer article that the answer names."""
    reply = answerer(*articles).answer(Question(question, limit))
    assert isinstance(reply, Answer)
    return reply.newer_article.id if reply.newer_article else None


FIRST = dated(PIER, 2023, "first")
MORE = "Nobody at Skarvik had thought that the pier would ever open to ferries, or that it would stand in a storm."


@pytest.mark.parametrize(
    ("question", "articles"),
    [
        ("Skarvik pier", (FIRST,)),
        ("Skarvik pier", (FIRST, dated("A storm at Orre.", 2024, "storm"))),
        ("Skarvik pier", (FIRST, dated("A storm at Skarvik.", 2024, "no pier"))),
        ("Skarvik pier", (FIRST, dated(MORE, 2022, "earlier"))),
        ("Skarvik pier", (FIRST, dated(MORE, 2023, "same day"))),
        ("Skarvik pier", (FIRST, dated(MORE, None, "undated"))),
        ("Skarvik pier", (dated(PIER, None, "first"), dated(MORE, 2024, "later"))),
        ("Skarvik pier", (FIRST, dated(PIER, 2024, "print"), dated(MORE, 2024, "print’s day"))),
        ("Skarvik pier before:2024", (FIRST, dated(MORE, 2024, "out of scope"))),
        ("Skarvik pier -storm", (FIRST, dated(MORE, 2024, "excluded"))),
    ],
)
def test_no_newer_article(question: str, articles: tuple[Article, ...]) -> None:
    """None is named that is not newer, lacks a word that the quote has, or is out of scope."""
    assert newer(question, *articles) is None


def test_a_newer_article() -> None:
    """A newer article that matches what the first quote matches is named, if it is not quoted."""
    articles = FIRST, dated(MORE, 2024, "later")
    assert newer("Skarvik pier", *articles) == "later"
    assert newer("Skarvik pier", *articles, limit=3) is None


def test_a_quote_without_the_rarest_word_proves_nothing() -> None:
    """If the quote lacks the rarest word, a newer article with the others may be about anything."""
    articles = FIRST, dated(f"{MORE} The storm came from Orre.", 2024, "later")
    assert newer("Skarvik pier opened ferries Orre", *articles) == "later"
    assert newer("Skarvik pier opened ferries Orre tveit", *articles) is None


def test_newer_than_every_article_shown() -> None:
    """An article that is newer than the first quote only is not named."""
    second = dated("The pier at Skarvik fell.", 2025, "second")
    assert newer("Skarvik pier", FIRST, second, dated(MORE, 2024, "between"), limit=2) is None
    assert newer("Skarvik pier", FIRST, second, dated(MORE, 2026, "after"), limit=2) == "after"


def test_the_newest_of_several() -> None:
    """Of several newer articles that match as much, the newest is named, however many match better."""
    first = dated(f"{PIER} {PIER}", 2023, "first")
    better = [dated(f"{'Fog. ' * 9} Skarvik and its pier, sign {number}.", 2024, f"{number}") for number in range(60)]
    others = [dated(f"A plain sign hangs on wall {number} of Lund.", 2020, f"wall {number}") for number in range(99)]
    newest = dated(f"{'The wind blew over the sea. ' * 20} Skarvik kept the pier.", 2026, "newest")
    assert newer("Skarvik pier", first, *better, *others, newest) == "newest"


def test_a_newer_article_beyond_the_first_hits() -> None:
    """A newer article is found behind any number of better hits."""
    many = [dated(f"{PIER} {'Sign' * number}.", 2023, f"{number}") for number in range(1, 60)]
    far = dated(f"{'The wind blew over the sea. ' * 20} Skarvik kept the pier.", 2024, "far")
    others = [dated(f"A plain sign hangs on wall {number} of Lund.", 2020, f"wall {number}") for number in range(99)]
    assert newer("Skarvik pier", *many, *others) is None
    assert newer("Skarvik pier", *many, *others, far) == "far"


def test_a_quote_without_the_name_proves_nothing() -> None:
    """If the quote has none of the question's names, a newer article with as little is not named."""
    one = dated("The harbour fee for sailing boats was doubled.", 2023, "one")
    two = dated(
        "The harbour fee for sailing boats went up in all towns of that coast, the board of it said.", 2024, "two"
    )
    elsewhere = dated("Skarvik is a town. Skarvik has a mayor.", 2022, "elsewhere")
    assert newer("harbour fee for sailing boats", one, two, elsewhere) == "two"
    assert newer("harbour fee for sailing boats doubled at Skarvik", one, two, elsewhere) is None


@pytest.mark.parametrize(
    "text",
    [
        "The pier of Orre is closed.\n\nSkarvik has a mayor.",
        "Read more: Why the pier at Skarvik was closed",
        "Storm at sea:Why the pier at Skarvik was closed",
        "Was the pier at Skarvik ever closed?",
        "Skarvik has a mayor. He is old. He was born in 1950. He has two sons. One of them built a pier.",
    ],
)
def test_the_words_are_near_each_other_in_the_newer_article(text: str) -> None:
    """Words that are far apart, in a question or in a link to another article prove nothing."""
    assert newer("Skarvik pier", FIRST, dated(text, 2024, "later")) is None


def test_a_quote_that_matches_little_has_no_newer_article() -> None:
    """If the first quote lacks much of the question, nothing shows what a newer article would be about."""
    others = [
        dated(text.format(number), 2022, f"{text} {number}")
        for text in ("The captain of ship {} slept.", "The storm came to ship {}.")
        for number in range(4)
    ]
    long = "In the spring of that long and quiet year nobody at all who had ever heard of it went to see the sub."
    articles = (*others, dated("The sub sank.", 2023, "first"), dated(long, 2024, "later"))
    assert newer("sub", *articles) == "later"
    assert newer("was the sub the captain’s", *articles) is None
