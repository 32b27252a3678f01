"""Questions with operators: what is quoted, and whether the reasons given are true."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import Abstention, Answer, ArchiveSummary, Question, Reply
from bot.search.messages import header_lines
from tests.factories import answerer, article

COST = "The old pier at Skarvik cost 14 million crowns, the joint venture said."
VENTURE = "A venture of Lund and Orre will run the ferry to the old pier."
FERRY = "The ferry left the pier at Skarvik in a joint celebration."
UNDATED = "The pier at Skarvik was painted green."
ANSWERER = answerer(
    article(COST, "Nobody was hurt.", id="post/cost.txt", source="The Orre Post", published=date(2023, 5, 1)),
    article(VENTURE, id="post/venture.txt", source="The Orre Post", published=date(2024, 1, 1)),
    article(FERRY, id="wire.jsonl#1", source="Wire", published=date(2024, 6, 30)),
    article(UNDATED, id="green.txt"),
)


def ask(question: str, limit: int = 9) -> Reply:
    return ANSWERER.answer(Question(question, limit))


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("pier", {COST, VENTURE, FERRY, UNDATED}),
        ('"old pier"', {COST, VENTURE}),
        ('"the old pier" "Orre will"', {VENTURE}),
        ('"joint venture" pier', {COST}),
        ("pier -ferry", {COST, UNDATED}),
        ("pier -ferries -green", {COST}),
        ('pier -"old pier"', {FERRY, UNDATED}),
        ("pier source:wire", {FERRY}),
        ("pier source:post", {COST, VENTURE}),
        ('pier source:"orre post" source:green', {COST, VENTURE, UNDATED}),
        ("pier after:2024", {VENTURE, FERRY}),
        ("pier before:2024", {COST}),
        ("pier after:2024-01-02 before:2024-07", {FERRY}),
        ("pier source:post after:2024", {VENTURE}),
    ],
)
def test_quotes_meet_the_operators(said: str, answered: set[str]) -> None:
    """Every quote and nearest miss meets the operators; every passage that does is shown."""
    assert {quote.text for quote in ask(said).shown_quotes} == answered


def test_the_quote_itself_has_the_phrase() -> None:
    """Of a long paragraph the sentences with the phrase are quoted, even if others match more of the question."""
    text = (
        "A pier, a pier cost, the cost of a pier: all piers cost. " + "Signs stand here. " * 40 + "They said pier cost."
    )
    reply = answerer(article(text)).answer(Question('"they said pier" cost'))
    assert all("They said pier" in quote.text for quote in reply.shown_quotes)
    assert reply.shown_quotes


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            '"pier old"',
            'Not in the archive: "pier old" occurs in no paragraph of its 4 articles (latest 30 June 2024).',
        ),
        (
            '"pier old" source:wire',
            'Not in the archive: "pier old" occurs in no paragraph of its 1 article from source "wire"'
            " (latest 30 June 2024).",
        ),
        (
            '"joint venture" "painted green" pier',
            'Not in the archive: no passage with "joint venture" and "painted green" of its 4 articles'
            " (latest 30 June 2024) holds what was asked.",
        ),
        (
            '"joint venture" -pier cost',
            'Not in the archive: no passage with "joint venture" and without "pier" of its 4 articles'
            " (latest 30 June 2024) holds what was asked.",
        ),
        (
            "pier source:Reuters",
            'Not in the archive: no article from source "Reuters" is among its 4 articles (latest 30 June 2024).',
        ),
        (
            "pier source:post after:2025 before:2026",
            'Not in the archive: no article from source "post" published since 1 January 2025 and before 1 January 2026'
            " is among its 4 articles (latest 30 June 2024).",
        ),
        (
            "gilded after:2023",
            'Not in the archive: "gilded" occurs nowhere in its 3 articles published since 1 January 2023'
            " (latest 30 June 2024).",
        ),
        (
            "pier -pier",
            'Not in the archive: no passage without "pier" of its 4 articles (latest 30 June 2024)'
            " holds what was asked.",
        ),
        ("source:wire -pier", "The question has no word that can be searched for: ask with a name or a subject."),
    ],
)
def test_the_reason_for_an_abstention(said: str, reason: str) -> None:
    """The reason is true of what was searched, and says how much that is."""
    reply = ask(said)
    assert isinstance(reply, Abstention)
    assert reply.reason == reason


def test_a_warning_is_about_the_articles_in_scope() -> None:
    """Words that are together in other articles are not said to be together nowhere."""
    reply = ask("pier ferry source:post before:2024")
    sentence = reply.reason if isinstance(reply, Abstention) else reply.warning
    assert sentence is not None
    assert 'from source "post" published before 1 January 2024' in sentence


def test_an_absent_phrase_has_nearest_misses() -> None:
    """A passage with the words of a phrase in another order is a nearest miss, never an answer."""
    reply = ask('"pier old"')
    assert isinstance(reply, Abstention)
    assert {quote.text for quote in reply.nearest} == {COST, VENTURE}


def test_a_phrase_in_a_sentence_is_optional() -> None:
    """Beside three or more other words a phrase may be missing from a quote, and the reply says so."""
    asked = 'how many crowns did "the Orre Venture" say the pier at Skarvik cost'
    reply = ask(asked)
    assert isinstance(reply, Answer)
    assert reply.quotes[0].text == COST
    assert reply.warning == 'Not in all of these passages word for word: "the Orre Venture".'
    narrow = ask('"the Orre Venture" pier cost')
    assert isinstance(narrow, Abstention)


def test_an_optional_phrase_in_every_quote_needs_no_warning() -> None:
    """If each quote has the phrase, there is no warning."""
    reply = ask('how many crowns did "the old pier" at Skarvik cost the venture', 1)
    assert isinstance(reply, Answer)
    assert (reply.quotes[0].text, reply.warning) == (COST, None)


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("old pier", []),
        ('the "pier"', []),
        ('how many crowns did "the Orre Venture" say the pier at Skarvik cost', []),
        ('"old pier" cost', ['Searched: cost + "old pier"']),
        ("pier -ferry -green", ['Searched: pier · without "ferry" or "green"']),
        (
            'pier "joint venture" source:post after:2023 before:2024',
            [
                'Searched: pier + "joint venture" · from source "post" published since 1 January 2023'
                " and before 1 January 2024",
            ],
        ),
        ("pier after:2023", ["Searched: pier · published since 1 January 2023 · 1 undated article left out"]),
        (
            "pier Skarvik:green",
            [],
        ),
        (
            "pier author:Orre",
            [
                'Not an operator, so searched as plain words: "author:Orre". The operators are "exact phrase", -word, '
                "source:name, after:2024-01 and before:2025-06-01."
            ],
        ),
    ],
)
def test_what_was_searched_is_shown(said: str, lines: list[str]) -> None:
    """The reply to a question with operators begins with what was searched; any other has no such line."""
    assert [line for line in header_lines(ask(said)) if line.startswith(("Searched", "Not an operator"))] == lines


def test_what_was_searched_is_short() -> None:
    """However many operators there are, and however long, each line stays short."""
    said = " ".join(
        f'"phrase of {i} {"x" * 90}" -{"y" * 90}{i} source:{"z" * 90}{i} by:{"w" * 90}{i}' for i in range(40)
    )
    reply = ask(f"pier {said} after:2023")
    assert all(len(line) < 1500 for line in header_lines(reply))


def test_what_was_searched_is_counted() -> None:
    """A trace counts the articles and paragraphs in scope, and the undated articles left out."""
    trace = ask("pier after:2023-06").trace
    assert trace.searched == ArchiveSummary(2, 2, date(2024, 6, 30), undated=1)


def test_the_same_question_twice() -> None:
    """The same question with operators gets the same reply."""
    said = '"old pier" -ferry after:2022'
    assert ask(said) == ask(said)
    assert isinstance(ask(said), Answer)
