"""Follow-up questions: when one inherits the subject of another, and which words that is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Abstention, Answer, Expansion, Question
from bot.search.expansion import expand
from bot.search.followups import INHERITED_WEIGHT, MAX_INHERITED, asks_for_more, is_continuation
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
    """The words that are searched, as a reader sees them."""
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
def test_a_question_with_a_subject_inherits_nothing(question: str) -> None:
    """A question that names its subject, or has enough words, is searched as if nothing had been asked before."""
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
    ("tell me more about that", AGREED, "GCAP"),
    ("and who leads it", AGREED, "leads + GCAP"),
    ("why?", APPROVED, "approved + Tarn + bridge"),
    ("and in 2024?", "what did the council approve in 2023", "2024 + council + approve"),
    ("and the cost?", "what do submarines and the bridge mean to the council", "cost + submarines + bridge"),
    ("and the cost?", "what do unicorns eat", "cost + unicorns + eat"),
    ("and the cost?", "why?", "cost"),
    ("and the cost?", "-bridge GCAP source:Courier after:2024", "cost + GCAP"),
]


@pytest.mark.parametrize(("question", "before", "words"), GOES_ON)
def test_a_question_without_a_subject_inherits_one(question: str, before: str, words: str) -> None:
    """The names of the previous question; else its rarest words; all of them if it has no word of its own."""
    assert searched(question, before) == words


def test_a_year_alone_replaces_a_year() -> None:
    """If years are searched as words, one alone inherits all but the other year."""
    asked = Question("and in 2024?", previous_questions=("what did the council approve in 2023",))
    words = [word.typed for word in expand(LEARNT, asked, requires_dates=False).words]
    assert words == ["2024", "council", "approve"]


FERRIES = [
    article(f"The ferry of Skarvik sails to {town}.", id=town) for town in "Orre Lund Tarn Moss Vik Hov Nes".split()
]


def test_more() -> None:
    """ "More" shows the passages after those that were shown, as often as it is asked, and says when none is left."""
    boat, question = answerer(*FERRIES), "where does the ferry of Skarvik sail"
    shown = [quote.text for quote in boat.answer(Question(question, 9)).shown_quotes]
    assert len(shown) == 7
    asked: tuple[str, ...] = (question,)
    for text, expected in (("more", shown[3:6]), ("Show me more, please?".replace(",", ""), shown[6:])):
        reply = boat.answer(Question(text, previous_questions=asked))
        assert [quote.text for quote in reply.shown_quotes] == expected
        assert "ferry" in next(header_lines(reply))
        asked = (text, *asked)
    last = boat.answer(Question("any more?", previous_questions=asked))
    assert isinstance(last, Abstention)
    assert last.reason == "No further passage of the archive answers this."


@pytest.mark.parametrize("text", ["more ferries", "tell me more", "who paid more", "", "the more the better"])
def test_what_asks_for_no_more_passages(text: str) -> None:
    """A question with a word of its own is not about the passages."""
    assert not asks_for_more(text)


def test_a_subject_is_inherited_through_several_questions() -> None:
    """The subject of two questions before is inherited if the one between had none."""
    assert searched("and when?", "and on engines?", AGREED) == "engines + GCAP"
    assert searched("what does it cost?", "and on engines?", AGREED) == "cost + GCAP"
    assert searched("what does it cost?", APPROVED, AGREED) == "cost + Tarn"


def test_inherited_words_and_their_expansions_weigh_less() -> None:
    """Inherited words and their expansions have half the weight, and the origin "thread" if typed before."""
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


def test_inherited_words_are_shown() -> None:
    """The first line lists typed and inherited words, and no quote has "found as" for an inherited word."""
    held = "Under GCAP, Italy builds the engines, and Japan the wings."
    reply = answerer(article(held), article("Rain fell.", id="b.txt")).answer(
        Question("and on engines?", previous_questions=(AGREED,))
    )
    assert isinstance(reply, Answer)
    assert list(header_lines(reply)) == ["Searched: engines + GCAP"]
    assert (reply.quotes[0].text, reply.quotes[0].matched_expansions, reply.quotes[0].unmatched_terms) == (held, (), ())


@given(st.text(), st.lists(st.text(), max_size=4))
def test_any_previous_question_leaves_the_typed_words(question: str, follows: list[str]) -> None:
    """After any texts, what was typed is searched first, and few words are inherited."""
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
def test_continuations_are_recognized(said: str) -> None:
    """A whole word at the beginning marks a continuation; a part of a word does not."""
    assert is_continuation(said) is CARRIED[said]
