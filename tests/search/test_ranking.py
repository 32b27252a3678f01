"""What single parts of the ranking, of the choice of quotes and of the confidence see in a passage."""

from __future__ import annotations

import pytest

from bot.models import Abstention, Hit, Question
from bot.search.confidence import improbability
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.occurrences import mask_of
from bot.search.ranking import RankingContext, adjacent, names
from bot.wiring import answerer_over, build_index
from tests.factories import article


def ground(question: str, *texts: str, title: str = "") -> RankingContext:
    """The question held against one passage of each text, all with the same title."""
    found = build_index([article(text, id=f"{number}.txt", title=title) for number, text in enumerate(texts)])
    coverage = Coverage(expand(found.lexicon, Question(question)), found.lexicon.idf, found.tokens)
    hits = [Hit(passage, 1.0) for passage in found.archive.passages]
    return RankingContext(coverage, hits, [0.0] * len(hits))


def test_words_that_stand_apart_or_turned_are_not_adjacent() -> None:
    """Neighbouring words of the question count where they follow each other in the same order, and nowhere else."""
    found = adjacent(
        ground(
            "trade treaty",
            "Nothing of that was said.",
            "A treaty on trade was signed.",
            "The treaty trade thrived on.",
            "A trade treaty was signed.",
        )
    )
    assert found == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("what was signed", [1.0, 1.0]),  # names nobody
        ("what did Ankara sign", [0.0, 1.0]),
        ("what did ankara sign", [0.0, 1.0]),  # the archive writes it with a capital
    ],
)
def test_a_passage_without_the_name_that_was_asked_for_is_told_apart(question: str, found: list[float]) -> None:
    """The share of the question's names that a passage holds; a name is what the archive or the person capitalises."""
    assert names(ground(question, "They had signed it in the morning.", "Then Ankara had signed it too.")) == found


def test_a_title_may_hold_the_name() -> None:
    """A name that the title holds is not missed in the passage."""
    assert names(ground("what did Ankara sign", "They had signed it in the morning.", title="Ankara signs")) == [1.0]


def test_a_word_that_only_asks_counts_less_than_one_that_names() -> None:
    """In "what percentage of wheat", the passage about wheat covers most of the question."""
    coverage = ground("percentage wheat", "Of wheat, a third.", "A percentage of barley.").coverage
    asking, naming = coverage.weights
    assert asking < naming


def test_a_sentence_that_adds_to_the_title_is_quoted_before_one_that_repeats_it() -> None:
    """Where the title names the subject, the sentence with what was asked of it is the quote."""
    text = "The Lunar Gate is a station. It is a station of many. Its crew sleeps in hammocks."
    reply = answerer_over([article(text, title="Lunar Gate")]).answer(
        Question("where does the crew of Lunar Gate sleep")
    )
    shown = reply.shown_quotes
    assert "hammocks" in shown[0].text


def test_chance_explains_a_common_word_sooner_than_a_rare_one() -> None:
    """The rarer the words that one text holds, the less is chance an explanation."""
    coverage = ground("wheat harvest", *["The harvest was good."] * 5, "The wheat harvest was poor.").coverage
    wheat, harvest = (improbability(coverage, mask_of((word,)), 6) for word in (0, 1))
    assert improbability(coverage, 0, 6) == 0.0
    assert harvest < wheat < improbability(coverage, mask_of((0, 1)), 6)


def test_a_name_that_nobody_speaks_of_is_not_answered_about_another() -> None:
    """All words but the name: the archive does not answer, and says which word it lacks."""
    text = "Ankara signed the trade treaty on Monday. The treaty opens ports to wheat."
    reply = answerer_over([article(text)]).answer(Question("when did Caracas sign the trade treaty"))
    assert isinstance(reply, Abstention) or "Caracas" in reply.quotes[0].unmatched_terms
