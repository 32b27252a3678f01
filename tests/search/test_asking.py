"""Words that only ask are not searched; a comparison has two sides; the archive answers for itself."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import Abstention, Answer, Question
from bot.search.asking import find_sides, parse_archive_question
from bot.search.expansion import expand
from bot.search.messages import header_lines
from tests.factories import answerer, article, lexicon

ARCHIVE = lexicon("The quarry was closed by the council.")


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("the quarry", ["quarry"]),
        ("quarry articles", ["quarry", "articles"]),
        ("an archive of the quarry", ["archive", "quarry"]),
        ("quote for the quarry roof", ["quote", "quarry", "roof"]),
        ("list price of the quarry", ["list", "price", "quarry"]),
        ("did the long list help the quarry", ["long", "list", "help", "quarry"]),
        ("give me a quote about the quarry", ["quarry"]),
        ("Can you show me some articles on the quarry?", ["quarry"]),
        ("please find passages about the quarry", ["quarry"]),
        ("any information on the quarry", ["quarry"]),
        ("are there any stories about the quarry", ["quarry"]),
        ("does your archive have anything on the quarry", ["quarry"]),
        ("what do you know about the quarry", ["quarry"]),
        ("what is known about the quarry", ["quarry"]),
        ("tell me everything about the quarry please", ["quarry"]),
        ("I'm looking for reports about the quarry", ["quarry"]),
        ("summarize the quarry", ["quarry"]),
        ("explain why the quarry closed", ["quarry", "closed"]),
        ("list all quarries", ["quarries"]),
        ("give me a summary of the quarry", ["quarry"]),
        ("definition of quarry", ["quarry"]),
        ("what does QRY stand for", ["QRY"]),
        ("what is QRY short for", ["QRY"]),
        ("QRY meaning", ["QRY"]),
        ("how deep is the quarry", ["quarry"]),
        ("how long did the quarry stay open", ["quarry", "stay", "open"]),
        ("quarry vs shaft", ["quarry", "shaft"]),
        ("difference between quarry and shaft", ["quarry", "shaft"]),
        ("who closed the quarry according to the articles", ["closed", "quarry"]),
        ("who closed the quarry in one sentence", ["closed", "quarry"]),
        ("what is the name of the quarry", ["quarry"]),
        ("under what name did the quarry close", ["quarry", "close"]),
        ("name the quarry", ["quarry"]),
        ("when did the quarry treaty enter into force", ["quarry", "treaty", "force"]),
        ("who put the quarry into the lake", ["put", "quarry", "lake"]),
        ("where does the name of the quarry come from", ["name", "quarry", "come"]),
        ("who changed the quarry's name", ["changed", "quarry's", "name"]),
        # nothing else is left to search for
        ("summarise", ["summarise"]),
        ("quote", ["quote"]),
    ],
)
def test_words_about_the_asking(question: str, content: list[str]) -> None:
    """Words that say what is to be done are left out where they do so, if others remain."""
    assert [word.typed for word in expand(ARCHIVE, Question(question)).words] == content


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("quarry", None),
        ("between the quarry and the mine", None),
        ("who compared the mines", None),
        ("quarry vs. mine", ("quarry", "mine")),
        ("the quarry versus the mine?", ("quarry", "mine")),
        ("compare the quarry and the mine", ("quarry", "mine")),
        ("what's the difference between a quarry and a mine", ("a quarry", "a mine")),
        ("how does the quarry compare to the mine", ("quarry", "mine")),
    ],
)
def test_sides(question: str, sides: tuple[str, str] | None) -> None:
    """A comparison has two sides; other questions have none."""
    assert find_sides(question) == sides


def test_a_comparison() -> None:
    """A comparison gets a quote for each side, neither of which is said to lack the word that joins them."""
    archive = answerer(
        article("The quarry of Orre was closed by the council in May.", id="quarry.txt"),
        article("The shaft of Lund yields copper and is deep.", id="shaft.txt"),
        article("A choir sang in the chapel on the moor.", id="choir.txt"),
    )
    reply = archive.answer(Question("quarry vs shaft"))
    assert isinstance(reply, Answer)
    assert [(quote.article.id, quote.unmatched_terms) for quote in reply.quotes] == [
        ("quarry.txt", ("shaft",)),
        ("shaft.txt", ("quarry",)),
    ]


def test_did_it_happen() -> None:
    """What is asked of two names is answered by the passage on both, rather than by the verb."""
    archive = answerer(
        article("Lund has made no promise about the Harbour League.", id="league.txt"),
        article("Lund joined a chess club, and joined a choir.", id="club.txt"),
    )
    quote = archive.answer(Question("did Lund join the Harbour League?")).shown_quotes[0]
    assert quote.article.id == "league.txt"


NEWS = answerer(
    article("The quarry was closed.", id="a.txt", title="Quarry closed", published=date(2021, 5, 3)),
    article("The mine was opened.", id="b.txt", title="Mine opened", published=date(2023, 2, 1)),
    article("The mine was flooded.", id="c.txt", title="Mine flooded", published=date(2023, 6, 9)),
    article("The choir sang.", id="d.txt", title="Songs"),
)


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ("how many articles do you have", []),
        ("What can you do?", []),
        ("what's new", ["Mine flooded", "Mine opened", "Quarry closed"]),
        ("most recent article", ["Mine flooded", "Mine opened", "Quarry closed"]),
        ("the oldest article", ["Quarry closed", "Mine opened", "Mine flooded"]),
        ("show me articles from 2023", ["Mine flooded", "Mine opened"]),
        ("articles from June 2023", ["Mine flooded"]),
        ("articles from 1999", []),
    ],
)
def test_questions_about_the_archive(question: str, listed: list[str]) -> None:
    """A question about the archive itself is answered with facts about it, without a quote."""
    reply = NEWS.answer(Question(question))
    assert isinstance(reply, Answer) and reply.archive
    assert reply.quotes == ()
    assert [article.title for article in reply.archive.listed] == listed
    first, *lines = header_lines(reply)
    assert "4 articles" in first
    assert len(lines) == len(listed)


@pytest.mark.parametrize("question", ["what's new in the mine", "articles about the mine", "the newest mine", "2023"])
def test_questions_about_the_articles(question: str) -> None:
    """A question that names something is about what the articles say."""
    assert parse_archive_question(question) is None


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("wann wurde der Steinbruch geschlossen", ["Steinbruch", "geschlossen"]),
        ("quand est-ce que la carrière est fermée", ["est-ce", "carrière", "fermée"]),
        ("the war of the quarry", ["war", "quarry"]),
        ("did he die in the war", ["die", "war"]),
    ],
)
def test_words_that_build_a_sentence_elsewhere(question: str, content: list[str]) -> None:
    """Words that only build a sentence in another language are left out, unless the question is English."""
    words = [word.typed for word in expand(ARCHIVE, Question(question)).words]
    assert words[-2:] == content[-2:]
    assert not {"wann", "wurde", "der", "que", "la"} & set(words)


def test_a_language_that_the_archive_has_not() -> None:
    """A question of which the archive has no word gets one sentence about its language, not a list of words."""
    reply = NEWS.answer(Question("wann wurde der Steinbruch geschlossen"))
    assert isinstance(reply, Abstention)
    assert "German" in reply.reason
    assert "Steinbruch" not in reply.reason
