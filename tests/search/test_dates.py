"""Words of time: what they ask for, which days they prefer, and which they require."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.models import Abstention, Answer, Article, Question, Scope
from bot.search.dates import MAX_AHEAD, find_time_words
from bot.search.expansion import DATE_WEIGHT, expand
from bot.search.messages import header_lines
from tests.factories import answerer, article, lexicon

TODAY = date(2025, 3, 12)  # a Wednesday


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("who runs the ferry", None),
        ("the ferry, now a museum, was sold", None),
        ("newer ferries", None),
        ("the latest on the ferry", "latest on"),
        ("What is the most recent news about the ferry?", "most recent news about"),
        ("who is the newest captain", "newest"),
        ("any updates on the ferry", "any updates on"),
        ("who runs the ferry now?", "now"),
        ("who runs the ferry right now, and why", "right now"),
    ],
)
def test_what_asks_for_the_newest(question: str, words: str | None) -> None:
    """A superlative of time, or a question about now."""
    found = find_time_words(question, None).newest
    assert (found.slice(question) if found else None) == words


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("what was sold yesterday", date(2025, 3, 11), TODAY),
        ("who spoke today", TODAY, TODAY),
        ("what did the board sell this week", date(2025, 3, 6), TODAY),
        ("what did the board sell last week", date(2025, 2, 28), date(2025, 3, 6)),
        ("what did the board sell last month", date(2025, 2, 1), date(2025, 2, 28)),
        ("what did the board sell this year", date(2025, 1, 1), TODAY),
        ("what did the board sell last year", date(2024, 1, 1), date(2024, 12, 31)),
        ("what did the board sell on Monday", date(2025, 3, 10), date(2025, 3, 11)),
        ("what did the board recently sell", date(2025, 3, 6), TODAY),
    ],
)
def test_preferred_days(question: str, first: date, last: date) -> None:
    """The days that a question means, seen from the day of asking; nothing without that day."""
    assert find_time_words(question, TODAY).preferred == (first, last)
    assert find_time_words(question, None).preferred is None


def test_no_preferred_days() -> None:
    """A question without words of time prefers no days."""
    assert find_time_words("what did the board sell to the ferry in 2024", TODAY).preferred is None


@pytest.mark.parametrize(
    ("question", "words", "since", "before"),
    [
        ("what was sold in 2024", "in 2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("what was sold in the year 2024?", "in the year 2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("sales since May 2023", "since May 2023", date(2023, 5, 1), None),
        ("sales before 3 May 2023", "before 3 May 2023", None, date(2023, 5, 3)),
        ("sales after May 3rd, 2023", "after May 3rd, 2023", date(2023, 5, 4), None),
        ("sales in December 2023", "in December 2023", date(2023, 12, 1), date(2024, 1, 1)),
        ("sales since 2023-05-03", "since 2023-05-03", date(2023, 5, 3), None),
        ("the sale of 2024", None, None, None),
        ("sales in the 1990s", None, None, None),
        ("sales in 1990s ships", None, None, None),
        ("winter sales in 2019-20", None, None, None),
        ("sales on 31 February 2023", None, None, None),
        ("sales since 31 February 2023", None, None, None),
        ("walks in 2000 words", None, None, None),
        ("before the 2024 sale", None, None, None),
    ],
)
def test_required_dates(question: str, words: str | None, since: date | None, before: date | None) -> None:
    """A named date or year after "in", "since", "before" or "after"; nothing else."""
    found = find_time_words(question, TODAY)
    assert ((found.required.slice(question) if found.required else None), found.since, found.before) == (
        words,
        since,
        before,
    )


def test_required_words_are_not_searched() -> None:
    """The words of a required date become a scope, unless they are to be searched."""
    known = lexicon("The ferry of May 2023.")
    asked = Question("ferry since May 2023")
    query = expand(known, asked)
    assert [word.typed for word in query.words] == ["ferry"]
    assert (query.filters.scope, query.has_named_dates) == (Scope(since=date(2023, 5, 1)), True)
    plain = expand(known, asked, requires_dates=False)
    assert [word.typed for word in plain.words] == ["ferry", "May", "2023"]
    assert (plain.filters.scope, plain.has_named_dates) == (Scope(), False)


def test_the_words_of_a_period_may_be_in_the_text() -> None:
    """A date after "in" narrows the search, and its words are searched with little weight."""
    query = expand(lexicon("The ferry of 2023."), Question("ferry in 2023"))
    assert [(word.typed, word.weight) for word in query.words] == [("ferry", 1.0), ("2023", DATE_WEIGHT)]
    assert query.filters.scope == Scope((), date(2023, 1, 1), date(2024, 1, 1))


def dated(year: int, month: int = 1) -> Article:
    text = f"The ferry of Skarvik was painted by {('Ada', 'Ole', 'Ina', 'Per')[year % 4]} Lund, and the pier was swept."
    return article(text, id=f"{year}", title="Town hall", published=date(year, month, 1))


ARCHIVE = (*(dated(year) for year in (2021, 2022, 2023, 2024)), article("The well of Skarvik is deep.", id="well"))


def ids(question: str, today: date | None = None, *articles: Article) -> list[str]:
    reply = answerer(*(articles or ARCHIVE)).answer(Question(question, 9, today=today))
    assert isinstance(reply, Answer)
    return [quote.article.id for quote in reply.quotes]


def test_required_dates_are_shown() -> None:
    """Only publications of that time are quoted, and the reply says so."""
    assert sorted(ids("who painted the ferry since 2023")) == ["2023", "2024"]
    assert ids("who painted the ferry in 2022") == ["2022"]
    reply = answerer(*ARCHIVE).answer(Question("who painted the ferry since May 2023"))
    assert "since 1 May 2023" in next(header_lines(reply))


def test_dates_that_nothing_was_published_in() -> None:
    """A year of which no article is, or of which all are, is searched as a word of the text."""
    old = article("In 1950 the ferry of Skarvik was sold.", id="old", published=date(2024, 1, 1))
    assert ids("who sold the ferry of Skarvik in 1950", None, old, *ARCHIVE)[0] == "old"
    reply = answerer(old, ARCHIVE[-1]).answer(Question("ferry of Skarvik sold in 2024"))
    assert reply.trace.query.filters.scope == Scope()


def test_a_year_of_the_text() -> None:
    """If nothing published in that year answers, "in" is about the text, but "since" is not."""
    past = article(
        "The lamp room burnt down in 2022, and was never built again.", id="past", published=date(2024, 2, 1)
    )
    asked = answerer(past, *ARCHIVE)
    found = asked.answer(Question("when in 2022 did the lamp room burn"))
    assert isinstance(found, Answer) and found.quotes[0].article.id == "past"
    assert isinstance(asked.answer(Question("lamp room burnt after February 2024")), Abstention)


def test_later_articles_are_left_out() -> None:
    """What was published more than two weeks after the day of asking is unknown; undated articles stay."""
    day = date(2022, 12, 20)
    assert dated(2023).published - day <= MAX_AHEAD  # type: ignore[operator]
    assert sorted(ids("who painted the ferry of Skarvik", day)) == ["2021", "2022", "2023"]
    assert sorted(ids("who painted the ferry of Skarvik", day - timedelta(days=9))) == ["2021", "2022"]
    assert ids("the well of Skarvik", day) == ["well"]


def test_preferred_days_are_a_preference() -> None:
    """Articles of the days that are meant come first, and others are shown too; without such words no date counts."""
    shown = ids("who painted the ferry of Skarvik last year", date(2024, 5, 1))
    assert (shown[0], len(shown)) == ("2023", 4)
    day = date(2024, 5, 1)
    assert ids("who painted the ferry of Skarvik", day) == ids("who painted the ferry of Skarvik")


def test_the_newest_of_many() -> None:
    """The newest is found behind any number of better hits."""
    many = [
        article(f"The ferry of Skarvik {'sailed ' * (n % 7)}.", id=f"{n}", published=date(2020, 1, 1))
        for n in range(70)
    ]
    new = article("Fog. " * 60 + "The ferry of Skarvik is lost.", id="new", published=date(2024, 1, 1))
    others = [article(f"A sign hangs on wall {n} of Lund.", id=f"wall {n}") for n in range(200)]
    assert ids("the latest on the ferry of Skarvik", None, *many, new, *others)[0] == "new"


def test_an_impossible_date_is_reported() -> None:
    """One sentence names the operator and says what to write; nothing else is said of it."""
    reply = answerer(*ARCHIVE).answer(Question("who painted the ferry after:2024-13"))
    assert isinstance(reply, Answer)
    line, *others = header_lines(reply)
    assert not any("2024-13" in other for other in others)
    assert line.startswith('No such date, so left out: "after:2024-13". Write it as in after:2024')
