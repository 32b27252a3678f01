"""A question that follows another: when it goes on with the other's subject, and what that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Answer, Expansion, Question
from bot.search.expansion import expand
from bot.search.followups import INHERITED_WEIGHT, MAX_INHERITED, is_continuation
from bot.search.messages import header_lines
from tests.factories import answerer, article, lexicon

LEARNT = lexicon(
    "The Global Combat Air Programme (GCAP) was agreed on in Rome, and Italy builds engines for it.",
    "The submarines cost much, said the council, and Tarn has a bridge that the council approved.",
    "The council met on Monday, and the bridge was dear to the council.",
)
AGREED = "what was agreed on GCAP"
APPROVED = "who approved the Tarn bridge"


def searched(question: str, *follows: str) -> str:
    """The words that are searched, as a reader is told them."""
    return " + ".join(word.typed for word in expand(LEARNT, Question(question, previous_questions=follows)).words)


BY_ITSELF = [
    "who leads NATO",
    "what is the Tarn bridge",
    "how many submarines were built in Italy",
    "what did the council pay for the submarines",
    "who runs IT in Rome",
    "what is GCAP",
    '"Tarn bridge" in Rome',
]


@pytest.mark.parametrize("question", BY_ITSELF)
def test_a_question_with_a_subject_stands_by_itself(question: str) -> None:
    """What names its subject, or holds enough words of its own, is searched as if nothing had been asked before."""
    before = expand(LEARNT, Question(question, previous_questions=(AGREED, APPROVED)))
    alone = expand(LEARNT, Question(question))
    assert (before.words, before.expansions) == (alone.words, alone.expansions)


GOES_ON: list[tuple[str, str, str]] = [
    ("and on engines?", AGREED, "engines + GCAP"),
    ("engines", AGREED, "engines + GCAP"),
    ("Italy?", AGREED, "Italy + GCAP"),
    ("what about Italy?", AGREED, "Italy + GCAP"),
    ("and Japan?", "what did Italy say on GCAP", "Japan + Italy + GCAP"),
    ("and the lighthouse of Orre?", APPROVED, "lighthouse + Orre + Tarn"),
    ("How about the engines", AGREED, "engines + GCAP"),
    ("when does it begin", AGREED, "begin + GCAP"),
    ("did they pay for Italian engines and wings", AGREED, "pay + Italian + engines + wings + GCAP"),
    ("why submarines", AGREED, "submarines + GCAP"),
    ("what does that cost", APPROVED, "cost + Tarn"),
    ("and the Global Combat Air Programme?", AGREED, "Global + Combat + Air + Programme + agreed"),
    ("and GCAP?", AGREED, "GCAP + agreed"),
    ("when?", AGREED, "agreed + GCAP"),
    ("tell me more", AGREED, "GCAP"),
    ("and the cost?", "what do submarines and the bridge mean to the council", "cost + submarines + bridge"),
    ("and the cost?", "what do unicorns eat", "cost + unicorns + eat"),
    ("and the cost?", "why?", "cost"),
    ("and the cost?", "-bridge GCAP source:Courier after:2024", "cost + GCAP"),
]


@pytest.mark.parametrize(("question", "before", "words"), GOES_ON)
def test_a_question_without_a_subject_takes_the_one_before(question: str, before: str, words: str) -> None:
    """Its names; else the rarest words that the archive holds; all of them where it has no word of its own."""
    assert searched(question, before) == words


def test_a_subject_is_handed_on() -> None:
    """What was asked twice before is the subject still where the question between had none; else it is not."""
    assert searched("and when?", "and on engines?", AGREED) == "engines + GCAP"
    assert searched("what does it cost?", "and on engines?", AGREED) == "cost + GCAP"
    assert searched("what does it cost?", APPROVED, AGREED) == "cost + Tarn"


def test_what_is_taken_counts_less_in_all_its_forms() -> None:
    """The subject and whatever stands for it weigh half of what was typed, and are told from it by their origin."""
    query = expand(LEARNT, Question("and on engines?", previous_questions=(AGREED,)))
    alone = expand(LEARNT, Question("GCAP")).expansions
    assert query.expansions[0] == Expansion(("engin",), (0,), 1.0, "typed", "engines")
    taken = [form for form in query.expansions if 1 in form.positions]
    assert [(form.terms, form.weight, form.origin) for form in taken] == [
        (form.terms, form.weight * INHERITED_WEIGHT, "thread" if form.origin == "typed" else form.origin)
        for form in alone
    ]
    assert len(taken) > 1
    assert (query.inherited_positions, [word.weight for word in query.words]) == ({1}, [1.0, INHERITED_WEIGHT])


def test_the_reader_is_told_what_was_searched() -> None:
    """(And on engines?, asked after GCAP: the first line names both, and no quote says "found as".)"""
    held = "Under GCAP, Italy builds the engines, and Japan the wings."
    reply = answerer(article(held), article("Rain fell.", id="b.txt")).answer(
        Question("and on engines?", previous_questions=(AGREED,))
    )
    assert isinstance(reply, Answer)
    assert list(header_lines(reply)) == ["Searched: engines + GCAP"]
    assert (reply.quotes[0].text, reply.quotes[0].matched_expansions, reply.quotes[0].unmatched_terms) == (held, (), ())


@given(st.text(), st.lists(st.text(), max_size=4))
def test_whatever_came_before_the_question_keeps_its_words(question: str, follows: list[str]) -> None:
    """Any text may follow any others: what was typed is searched first, and little is taken."""
    alone = expand(LEARNT, Question(question))
    query = expand(LEARNT, Question(question, previous_questions=tuple(follows)))
    own = [word for i, word in enumerate(query.words) if i not in query.inherited_positions]
    assert query.filters == alone.filters
    assert set(own) <= set(alone.words)
    assert len(query.inherited_positions) <= MAX_INHERITED
    assert not query.inherited_positions or follows
    assert all(form.positions for form in query.expansions)


CARRIED = {
    "": False,
    "android": False,
    "order of battle": False,
    "and": True,
    "And on engines?": True,
    "…but why": True,
}


@pytest.mark.parametrize("said", CARRIED)
def test_how_people_carry_on(said: str) -> None:
    """A whole word at the beginning carries on; a part of one does not."""
    assert is_continuation(said) is CARRIED[said]
