"""Whether a text has the words of a quote, and in which words similar quotes differ."""

from __future__ import annotations

import random
from datetime import date

import pytest

from bot.models import Answer, Article, Difference, Question
from bot.search.messages import describe_differences
from bot.search.wording import Wording
from tests.factories import answerer, article, build_answerer

ROAD = "The road board told the farmers of the ridge that the repair of the old road will cost 30 million crowns."


@pytest.mark.parametrize(
    ("text", "is_contained"),
    [
        ("The ferry left at noon.", True),
        ("THE FERRY\n left  at noon, in fog.", True),
        ("He said: “The ‘ferry’ left at noon”, and went.", True),
        ("The ferry left the pier at noon.", False),
        ("The ferry left at noon-tide.", True),
        ("Lathe ferry left at noon.", False),
        ("The ferry leaves at noon.", False),
        ("The ferry, left at noon.", False),
        ("", False),
    ],
)
def test_contained_wording(text: str, is_contained: bool) -> None:
    """Case, quotation marks, blanks and punctuation at the ends do not count; other words and punctuation do."""
    assert Wording("The ferry left at noon.").is_in(text) is is_contained


@pytest.mark.parametrize(
    ("quote", "text", "is_contained"),
    [
        ("the colour of the harbour", "the color of the harbor", True),
        ("prices rose", "prices rise", False),
        ("prices rose", "Prices Rose", True),
        ("Ada's boat", "Ada boat", False),
        ("…", "…", False),
    ],
)
def test_spelling_and_tense(quote: str, text: str, is_contained: bool) -> None:
    """Regional spelling is the same wording; tense and possession are not. A text without a word is nowhere."""
    assert Wording(quote).is_in(text) is is_contained


def differences(*texts: str, days: tuple[date | None, ...] = (None, None)) -> tuple[Difference, ...]:
    articles = [article(text, id=f"{i}", published=day) for i, (text, day) in enumerate(zip(texts, days, strict=True))]
    reply = answerer(*articles).answer(Question("repair of the old road"))
    assert isinstance(reply, Answer)
    return tuple(Difference((0, 1), tuple(sorted(one.words))) for one in reply.differences)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("was", "now", "shown"),
    [
        ("", "", None),
        ("30 million", "30 billion", ("30 billion", "30 million")),
        ("30 million", "90 million", ("30", "90")),
        ("will cost", "will not cost", ("cost", "not cost")),
        ("farmers", "shepherds", ("farmers", "shepherds")),
        ("will cost", "will have cost", None),
        ("told", "tells", None),
        ("that the", "the", None),
        ("crowns.", "crowns, and the clerk of the board said so too.", None),
    ],
)
def test_differences(was: str, now: str, shown: tuple[str, str] | None) -> None:
    """Two quotes that are nearly equal: the words in which they differ, with the number before or the word after; but
    no words that turn no statement into another, and no other end."""
    assert differences(ROAD, ROAD.replace(was, now)) == (
        (Difference((0, 1), ((shown[0],), (shown[1],))),) if shown else ()
    )


@pytest.mark.parametrize(
    ("days", "is_shown"),
    [
        ((date(2021, 3, 1), date(2022, 3, 1)), False),
        ((date(2022, 1, 9), date(2023, 1, 9)), False),
        ((date(2022, 3, 1), date(2022, 3, 8)), True),
        ((None, date(2022, 3, 1)), True),
    ],
)
def test_own_periods(days: tuple[date | None, ...], is_shown: bool) -> None:
    """Years that lie alike to the dates of publication are no difference."""
    texts = [f"The repair of the old road was the greatest work of the board in {year}." for year in (2021, 2022)]
    assert bool(differences(*texts, days=days)) is is_shown


def test_quotes_of_one_article_are_not_compared() -> None:
    """A list with one sentence for each of several things contradicts nothing."""
    filler = "It is a plain sign on a plain wall. " * 22
    one = article(
        f"The north gate of Skarn has room for two carts. {filler}", f"The south gate of Skarn has none. {filler}"
    )
    reply = answerer(one, article("The mill turns.", id="b"), article("The well is deep.", id="c")).answer(
        Question("gate of Skarn room")
    )
    assert isinstance(reply, Answer)
    assert reply.differences == ()


def test_the_line() -> None:
    """Each pair of words is named once, the first three."""
    found = [Difference((0, 1), (("a", "b"), ("c", "d"))), Difference((0, 2), (("a", "e", "f"), ("c", "g", "h")))]
    assert describe_differences(found) == 'These differ: "a" / "c"; "b" / "d"; "e" / "g"'


def _squeezed(text: str) -> str:
    return "".join(character for character in text.casefold() if not character.isspace() and character not in '"“”‘’')


def _archive(chance: random.Random) -> list[Article]:
    """Articles that print one another's sentences, some of them with other words, capitals, marks and blanks."""
    people, verbs = ("mayor", "keeper", "pilot", "clerk"), ("opened", "shut", "sold", "praised")
    things, ends = ("ferry", "bridge", "lamp", "mill"), ("on Monday", "for 40 crowns", "for 90 crowns", "not once")
    articles = []
    for number in range(12):
        sentences = []
        for _ in range(chance.randint(1, 4)):
            words = [chance.choice(each) for each in (people, verbs, things, ends)]
            text = f"The {words[0]} of Skarn {words[1]} the old {words[2]} {words[3]}."
            text = chance.choice((text, text, text.upper(), f"“{text}”", text.replace(" ", "  ")))
            sentences.append(text)
        articles.append(article(" ".join(sentences), id=str(number)))
    return articles


def test_also_in_is_true() -> None:
    """In 3,000 replies, each article that is named has the quoted words, and none that is searched and has them is
    left out."""
    chance = random.Random(1)
    named = 0
    for _ in range(100):
        articles = _archive(chance)
        asked = build_answerer(articles)
        for _ in range(30):
            text = " ".join(chance.choice(chance.choice(articles).text.split()) for _ in range(3))
            for quote in asked.answer(Question(text)).shown_quotes:
                wording = _squeezed(quote.text).rstrip(".")
                have_it = {one.id for one in articles if wording in _squeezed(one.text)} - {quote.article.id}
                assert {paragraph.article.id for paragraph in quote.also_in} == have_it
                named += len(have_it)
    assert named > 400
