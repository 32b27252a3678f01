"""What ranking features, the choice of quotes and the confidence take from a passage."""

from __future__ import annotations

import pytest

from bot.models import Abstention, Answer, Hit, Question
from bot.search.confidence import compute_improbability
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.occurrences import to_bitmask
from bot.search.ranking import compute_features
from tests.factories import answerer, article, build_answerer, build_index


def cover(question: str, *texts: str, title: str = "") -> tuple[Coverage, list[Hit]]:
    """The coverage of the question, and a hit for each text, all with the same title."""
    index = build_index([article(text, id=f"{number}.txt", title=title) for number, text in enumerate(texts)])
    coverage = Coverage(expand(index.lexicon, Question(question)), index.lexicon.idf, index.tokens)
    return coverage, [Hit(passage, 1.0) for passage in index.archive.passages]


def feature(name: str, question: str, *texts: str, title: str = "") -> list[float]:
    """One feature of a passage of each text."""
    coverage, hits = cover(question, *texts, title=title)
    values: list[float] = compute_features(coverage, hits)[name].tolist()
    return values


def test_words_apart_or_in_reverse_order_are_not_adjacent() -> None:
    """Neighbouring words of the question count where they follow each other in the same order, and nowhere else."""
    found = feature(
        "adjacent",
        "trade treaty",
        "Nothing of that was said.",
        "A treaty on trade was signed.",
        "The treaty trade thrived on.",
        "A trade treaty was signed.",
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
def test_a_passage_without_the_name_in_the_question_ranks_lower(question: str, found: list[float]) -> None:
    """The feature is the share of the question's names in the passage; both may capitalise one."""
    assert feature("names", question, "They had signed it in the morning.", "Then Ankara had signed it too.") == found


def test_a_title_may_hold_the_name() -> None:
    """A name in the title counts as a name in the passage."""
    text = "They had signed it in the morning."
    assert feature("names", "what did Ankara sign", text, title="Ankara signs") == [1.0]


def test_a_word_that_only_asks_counts_less_than_one_that_names() -> None:
    """In "what percentage of wheat", the passage about wheat matches most of the question."""
    coverage, _ = cover("percentage wheat", "Of wheat, a third.", "A percentage of barley.")
    asking, naming = coverage.shares
    assert asking < naming


def test_a_sentence_that_adds_to_the_title_is_quoted_before_one_that_repeats_it() -> None:
    """If the title names the subject, the quote is the sentence with what was asked about it."""
    text = "The Lunar Gate is a station. It is a station of many. Its crew sleeps in hammocks."
    reply = build_answerer([article(text, title="Lunar Gate")]).answer(
        Question("where does the crew of Lunar Gate sleep")
    )
    shown = reply.shown_quotes
    assert "hammocks" in shown[0].text


def test_a_rare_word_is_less_likely_by_chance_than_a_common_one() -> None:
    """The rarer the words in one text, the greater their improbability."""
    coverage, _ = cover("wheat harvest", *["The harvest was good."] * 5, "The wheat harvest was poor.")
    wheat, harvest = (compute_improbability(coverage, to_bitmask((word,)), 6) for word in (0, 1))
    assert compute_improbability(coverage, 0, 6) == 0.0
    assert harvest < wheat < compute_improbability(coverage, to_bitmask((0, 1)), 6)


def test_a_name_that_the_archive_lacks_is_reported() -> None:
    """A passage with all words but the name does not answer, or the quote says which word it lacks."""
    text = "Ankara signed the trade treaty on Monday. The treaty opens ports to wheat."
    reply = build_answerer([article(text)]).answer(Question("when did Caracas sign the trade treaty"))
    assert isinstance(reply, Abstention) or "Caracas" in reply.quotes[0].unmatched_terms


def first_quote(question: str, *texts: str) -> str:
    reply = answerer(*[article(text, id=f"{number}.txt") for number, text in enumerate(texts)]).answer(
        Question(question)
    )
    assert isinstance(reply, Answer)
    return reply.quotes[0].text


def test_a_definition_has_what_is_asked_for_as_its_subject() -> None:
    """Asked what something is, the sentence that says so comes before one that says what something else is of it."""
    texts = ("The Tarn relay is an archive of old Orre.", "Orre is a port in the north.", "Boats leave Orre at noon.")
    assert first_quote("what is Orre", *texts) == texts[1]


def test_a_number_stands_beside_what_it_counts() -> None:
    """Asked how many, a sentence with the number of just that comes before one with another number."""
    texts = (
        "In 2019 all of the old and wooden ferries left Tarn.",
        "Tarn has eleven large ferries.",
        "Ferries sail to Tarn.",
    )
    assert first_quote("how many ferries are in Tarn", *texts) == texts[1]


def test_a_question_that_is_a_heading_is_answered_below_it() -> None:
    """What stands below a heading that is the question comes first, though other passages have more of its words."""
    marked = article(
        "Rowers give the keeper a ticket to hold at the pier.",
        "3.2. How do I hold a ticket?",
        "There are three ways, of which the keeper knows two.",
        headings=["3.2. How do I hold a ticket?"],
    )
    reply = answerer(marked, article("A ticket is for those who may not hold the rail.", id="b.txt")).answer(
        Question("how do I hold a ticket")
    )
    assert isinstance(reply, Answer)
    assert reply.quotes[0].text == "There are three ways, of which the keeper knows two."
