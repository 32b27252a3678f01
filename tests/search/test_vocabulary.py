"""The archive's own vocabulary: what an editor lists in ``vocabulary.toml`` is searched, shown and guarded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.models import Abstention, Answer, Question, Reply
from bot.search.corpus import Corpus
from bot.wiring import open_corpus

ARTICLE = (
    "Acts of piracy off Tarn doubled last year.\n\n"
    "Crews of the Tarn Coastal Rescue Forces trained with neighbors from Orre.\n\n"
    "The Tarn coast guard and the Orre coast guard met."
)


def open_with(folder: Path, vocabulary: str) -> Corpus:
    """An archive of one article with this ``vocabulary.toml``."""
    articles = folder / "articles"
    articles.mkdir(exist_ok=True)
    (articles / "news.txt").write_text(ARTICLE)
    (articles / "vocabulary.toml").write_text(vocabulary)
    return open_corpus([articles], folder / "state")


def ask(corpus: Corpus, question: str) -> Reply:
    return corpus.with_current(lambda answerer: answerer.answer(Question(question)))


@pytest.mark.parametrize(
    ("vocabulary", "question", "found"),
    [
        ('buccaneers = ["piracy"]', "buccaneers", ("piracy", "buccaneers")),
        ('buccaneers = "piracy"', "buccaneers off Tarn", ("piracy", "buccaneers")),
        (
            'TCRF = ["Tarn Coastal Rescue Forces"]',
            "who trained with the TCRF",
            ("Tarn Coastal Rescue Forces", "TCRF"),
        ),
        ('"sea robbers" = ["piracy"]', "sea robbers off Tarn", ("piracy", "sea robbers")),
    ],
)
def test_an_entry_is_searched(tmp_path: Path, vocabulary: str, question: str, found: tuple[str, str]) -> None:
    """A question in the words of the vocabulary finds the articles' words, and the quote says what it was found as."""
    assert isinstance(ask(open_with(tmp_path, ""), question), Abstention)
    reply = ask(open_with(tmp_path, vocabulary), question)
    assert isinstance(reply, Answer)
    assert found in reply.quotes[0].matched_expansions
    assert reply.quotes[0].unmatched_terms == ()


def test_an_entry_weighs_less_than_what_was_typed(tmp_path: Path) -> None:
    """A passage with the typed word comes before one with another of the vocabulary."""
    reply = ask(open_with(tmp_path, 'neighbors = ["guard"]'), "neighbors of Orre")
    assert isinstance(reply, Answer)
    assert "neighbors from Orre" in reply.quotes[0].text
    assert {one.weight < 1 for one in reply.trace.query.expansions if one.origin == "vocabulary"} == {True}


def test_a_change_is_noticed(tmp_path: Path) -> None:
    """A vocabulary that is added or removed while the archive is open takes effect at the next refresh."""
    corpus = open_with(tmp_path, "")
    (tmp_path / "articles" / "vocabulary.toml").write_text('buccaneers = ["piracy"]')
    assert corpus.refresh()
    assert isinstance(ask(corpus, "buccaneers"), Answer)
    (tmp_path / "articles" / "vocabulary.toml").unlink()
    assert corpus.refresh()
    assert isinstance(ask(corpus, "buccaneers"), Abstention)


def test_a_vocabulary_beside_a_single_file(tmp_path: Path) -> None:
    """For an archive of one file, the vocabulary stands beside it."""
    open_with(tmp_path, 'buccaneers = ["piracy"]')
    assert isinstance(ask(open_corpus([tmp_path / "articles" / "news.txt"], None), "buccaneers"), Answer)


@pytest.mark.parametrize(
    ("vocabulary", "warning"),
    [
        ("= broken", "vocabulary.toml is ignored because it cannot be read: Invalid"),
        ("x = " + "[" * 5000, "vocabulary.toml is ignored because it cannot be read"),
        ("pirates = 7", '"pirates" is ignored: write a list of words after it, as in pirates = ["piracy"].'),
        ("[pirates]\nof = 7", '"pirates" is ignored: write a list of words'),
        ('pirates = ["the"]', '"pirates": "the" is left out, because it has no word that can be searched for.'),
        ('"of the" = ["piracy"]', '"of the": "of the" is left out'),
        (
            'Tarn = ["Orre"]',
            '"Tarn": "Orre" is left out, because both are names in the archive and may be two things.',
        ),
    ],
)
def test_a_mistake_gives_a_warning(tmp_path: Path, vocabulary: str, warning: str) -> None:
    """A mistake gives one warning, and what is right is used; two names of the archive are not joined."""
    corpus = open_with(tmp_path, vocabulary)
    (found,) = corpus.notes.warnings
    assert warning in found
    assert isinstance(ask(corpus, "piracy off Tarn"), Answer)
    assert [one for one in ask(corpus, "Tarn").trace.query.expansions if one.origin == "vocabulary"] == []
