"""The team's own question, and others, over two real articles on one event. Their words are not in this file: expected
quotes are given by article, offsets and digest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.models import Abstention, Answer, Question, Quote, Span
from bot.search.answerer import Answerer
from bot.wiring import open_corpus

FIRST, SECOND = "000_9bfdd210c1d62a51.txt", "002_bb5f7ff2da2870a9.txt"
DIGESTS = {
    FIRST: "93cf5112e39b469244b39973197cb6eb8d0c3d0ce1c0d0ae87e20333d00ad9b0",
    SECOND: "75c19352a4474b645e987681448908c9c1836227a835957ff9f016bc5333371e",
}
INVITED, APPROACHED = (FIRST, Span(2428, 2497)), (SECOND, Span(3553, 3632))
Expected = tuple[str, Span]


@pytest.fixture(scope="session")
def answerer(real_articles: Path, state_folder: Path) -> Answerer:
    corpus = open_corpus([real_articles], state_folder)
    found, reading = corpus.with_current(lambda one: one), corpus.notes
    assert not reading.skipped
    assert {article.id: article.sha256 for article in found.archive.articles.values()} == DIGESTS
    return found


def answer(answerer: Answerer, question: str) -> tuple[Quote, ...]:
    reply = answerer.answer(Question(question))
    assert isinstance(reply, Answer)
    return reply.quotes


def quoted(quotes: tuple[Quote, ...], expected: Expected) -> Quote:
    article, span = expected
    (quote,) = [quote for quote in quotes if quote.article.id == article and quote.span.contains(span)]
    return quote


def ask(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The whole command, as another program would call it."""
    command = [sys.executable, "-m", "bot", "ask", "--json", "--corpus", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_what_was_agreed_on_gcap(real_articles: Path) -> None:
    """Both articles are quoted, letter for letter, and it is said that neither quote holds "agreed"."""
    status, out = ask(real_articles, "what was agreed on GCAP")
    assert (status, out["outcome"]) == (0, "answer")
    quotes = {quote["article_id"]: quote for quote in reversed(out["quotes"][:3])}
    for article, span in (INVITED, APPROACHED):
        quote = quotes[article]
        assert quote["start"] <= span.start < span.end <= quote["end"]
        assert quote["text"] in (real_articles / article).read_text(encoding="utf-8")
        assert quote["sha256"] == DIGESTS[article]
        assert quote["missing"] == ["agreed"]
    assert quotes[FIRST]["heading"] == "Defence Dimension"
    assert (quotes[FIRST]["paragraph"], quotes[FIRST]["paragraphs"]) == (5, 7)
    assert (quotes[SECOND]["paragraph"], quotes[SECOND]["paragraphs"]) == (8, 17)
    assert quotes[FIRST]["published"] == "2025-05-07"
    assert quotes[SECOND]["published"] is None


def test_the_answer_warns_that_no_passage_holds_both_words(answerer: Answerer) -> None:
    """The warning says what can be proved, and no more."""
    reply = answerer.answer(Question("what was agreed on GCAP"))
    assert isinstance(reply, Answer)
    assert reply.warning == 'No passage holds both "agreed" and "GCAP".'


@pytest.mark.parametrize("question", ["GCAP", "global combat air programme"])
def test_an_acronym_and_its_long_form_find_both_articles(answerer: Answerer, question: str) -> None:
    """One article gives the acronym, the other only spells it out."""
    quotes = answer(answerer, question)
    assert quoted(quotes, INVITED).unmatched_terms == quoted(quotes, APPROACHED).unmatched_terms == ()


def test_a_name_misspelt_throughout_one_article(answerer: Answerer) -> None:
    """Both articles are quoted on the islands, though one spells the minister's name otherwise."""
    quotes = answer(answerer, "What did Nakatani say about the Senkaku Islands?")
    quoted(quotes, (FIRST, Span(652, 694)))
    quoted(quotes, (SECOND, Span(7198, 7257)))


def test_a_name_misspelt_in_the_question(answerer: Answerer) -> None:
    """A slip in lower case still finds the day of the visit."""
    quoted(answer(answerer, "when did nakatini visit india"), (SECOND, Span(128, 162)))


def test_who_is_in_the_quad(answerer: Answerer) -> None:
    """The four members are in the first quote."""
    quotes = answer(answerer, "who is in the Quad")
    assert quotes[0] == quoted(quotes, (FIRST, Span(1004, 1049)))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which submarines will Japan sell to India?", ['"submarines"']),
        ("What did Modi say at the meeting?", []),
    ],
)
def test_what_the_articles_do_not_say(real_articles: Path, question: str, words: list[str]) -> None:
    """It abstains with status 1, names a word that it knows to occur nowhere, and shows near misses as such."""
    status, out = ask(real_articles, question)
    assert (status, out["outcome"], out["quotes"]) == (1, "abstention", [])
    assert all(word in out["reason"] for word in words)
    assert ("nowhere" in out["reason"]) == bool(words)
    assert len(out["nearest"]) <= 2


QUESTIONS = [
    "defence dimension",
    "the china challenge",
    "Gen. Natakani’s Visit To India: Scaling Up India-Japan Defence Ties – Analysis",
    "balancing acts",
    "2025-05-07",
    "date",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_title_heading_or_date_line_is_quoted(answerer: Answerer, question: str) -> None:
    """What is metadata is never an article's words, even when it is asked for."""
    reply = answerer.answer(Question(question, limit=20))
    for quote in reply.nearest if isinstance(reply, Abstention) else reply.quotes:
        assert not any(mark.span.contains(quote.span) or quote.span.contains(mark.span) for mark in quote.article.marks)
        assert "date 2025-05-07" not in quote.text
