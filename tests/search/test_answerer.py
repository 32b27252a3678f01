"""Questions to a small archive, and the replies."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import VerificationError
from bot.models import Abstention, Answer, ArchiveSummary, Question, Reply
from bot.wiring import open_corpus
from tests.factories import answerer, article, tampered

SAILS = "The ferry between Lund Bay and Orre sails again from Monday."
COST = "The repair of the pier cost 14 million crowns, the Coastal Transport Authority (CTA) said."
CAPTAIN = "Captain Ilse Maren welcomed the opening."
BUILT = "The lighthouse on Orre was built in 1871 of grey granite."
KEEPER = "Its keeper, Jonas Tveit, retired last autumn."
FERRY = article(
    "Ferries Return",
    SAILS,
    "What It Cost",
    COST,
    "On The Bridge",
    CAPTAIN,
    id="ferry.txt",
    title="Ferries Return",
    headings=["What It Cost", "On The Bridge"],
    published=date(2024, 3, 4),
)
LIGHT = article(BUILT, KEEPER, id="light.txt", published=date(2023, 10, 1))
BUDGET = article("Oil lamps were removed after the council’s budget vote.", id="budget.txt")
ANSWERER = answerer(FERRY, LIGHT, BUDGET)


def ask(question: str, limit: int = 3) -> Reply:
    return ANSWERER.answer(Question(question, limit))


WHALE = "The account @Fjord-Watch posted a picture of a whale on Sunday."
DESK = "The news desk of the harbour moved to Orre in May."


@pytest.mark.parametrize(
    ("said", "words", "answered"),
    [
        ("@fjord-watch whale", ["fjord", "watch", "whale"], WHALE),
        ("@desk whale", ["whale"], WHALE),
        ("@fjord whale", ["whale"], WHALE),
        ("<!subteam^S1|@desk> where did the harbour desk move", ["harbour", "desk", "move"], DESK),
        ("where did the desk move, @harbour", ["desk", "move"], DESK),
    ],
)
def test_handles(said: str, words: list[str], answered: str) -> None:
    """A handle is searched if the archive has it with its "@"; otherwise it is who the question is addressed to."""
    reply = answerer(article(WHALE, id="whale.txt"), article(DESK, id="desk.txt"), BUDGET).answer(Question(said))
    assert isinstance(reply, Answer)
    assert ([word.typed for word in reply.trace.query.words], reply.warning) == (words, None)
    assert reply.quotes[0].text == answered


def verbatim(reply: Reply) -> bool:
    """Assert that every quote is a verified slice of a paragraph in the archive."""
    for quote in (*reply.shown_quotes,):
        ANSWERER.archive.verify(quote)
    return all(quote.text in ANSWERER.archive.articles[quote.article.id].text for quote in reply.shown_quotes)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("when was the lighthouse built", BUILT),
        ("WHEN WAS THE LIGHTHOUSE BUILT?!", BUILT),
        ("what did the pier cost", COST),
        ("what did the CTA say about the pier", COST),
        ("coastal transport authority", COST),
        ("who is the captain", CAPTAIN),
        ("granite", BUILT),
        ("gray granites", BUILT),
        ("Tveits retirement as keeper", KEEPER),
        ("lighthosue granite", BUILT),
        ("“Lund Bay”", SAILS),
    ],
)
def test_words_in_one_passage_are_an_answer(said: str, answered: str) -> None:
    """A question whose words are together in one passage is answered by it, without a warning."""
    reply = ask(said)
    assert isinstance(reply, Answer)
    assert reply.quotes[0].text == answered
    assert reply.quotes[0].unmatched_terms == ()
    assert reply.warning is None
    assert verbatim(reply)


def test_words_in_no_common_passage() -> None:
    """If no passage has both words of a question, the reply says so first, and each passage lists what it lacks."""
    reply = ask("lighthouse captain")
    assert isinstance(reply, Abstention)
    assert reply.reason == 'No passage holds both "lighthouse" and "captain".'
    assert {(quote.text, quote.unmatched_terms) for quote in reply.nearest} == {
        (BUILT, ("captain",)),
        (CAPTAIN, ("lighthouse",)),
    }
    assert verbatim(reply)


def test_the_year_of_publication_is_not_missing() -> None:
    """The year in which the quoted article was published is shown beside the quote; any other year is reported."""
    this, other = ask("keeper Jonas Tveit retired 2023"), ask("keeper Jonas Tveit retired 2022")
    assert isinstance(this, Answer)
    assert (this.quotes[0].text, this.warning) == (KEEPER, None)
    assert "2022" in (other.reason if isinstance(other, Abstention) else other.warning or "")


def test_no_warning_if_one_passage_has_the_words() -> None:
    """Two paragraphs of one passage have the words together: no warning says otherwise."""
    reply = ask("who was the keeper of the granite lighthouse")
    assert isinstance(reply, Answer)
    assert "No passage" not in (reply.warning or "")


@pytest.mark.parametrize(
    ("said", "absent"),
    [
        ("Which submarines were sold to Orre?", '"submarines" and "sold" occur nowhere in its 3 articles'),
        ("who painted the Orre lighthouse walls blue", '"painted", "walls" and "blue" occur nowhere'),
        ("submarines", '"submarines" occurs nowhere in its 3 articles (latest 4 March 2024).'),
        ("潜水艦", "nowhere in its 3 articles"),
    ],
)
def test_words_that_occur_nowhere_are_a_reason_to_abstain(said: str, absent: str) -> None:
    """If too much of a question occurs nowhere in the archive, the reply abstains and lists those words as typed."""
    reply = ask(said)
    assert isinstance(reply, Abstention)
    assert reply.reason.startswith("Not in the archive")
    assert absent in reply.reason
    assert len(reply.nearest) <= 2
    assert verbatim(reply)


def test_words_that_are_never_together_are_a_reason_to_abstain() -> None:
    """If each word occurs but in a passage of its own, the reply abstains and says that none holds all."""
    reply = ask("granite captain budget")
    assert isinstance(reply, Abstention)
    assert reply.reason == 'No passage holds all of "granite", "captain" and "budget".'
    assert len(reply.nearest) == 2
    assert all(len(quote.unmatched_terms) == 2 for quote in reply.nearest)
    assert verbatim(reply)


@pytest.mark.parametrize("said", ["", "   ", "what is the", "?!", "🎉🎉", "'", "\\", "(((", "\x00", "\u200b", "\ud83d"])
def test_a_question_without_content_words_abstains(said: str) -> None:
    """The reply shows nothing, and says what to ask with."""
    reply = ask(said)
    assert isinstance(reply, Abstention)
    assert reply.nearest == ()
    assert "no word that can be searched for" in reply.reason


def test_words_of_a_title_and_a_heading() -> None:
    """Words that stand in a title and a heading only are answered by what stands below them, and not missing."""
    reply = ask("return bridge")
    assert isinstance(reply, Answer)
    assert [(quote.text, quote.unmatched_terms) for quote in reply.quotes] == [(CAPTAIN, ())]


@pytest.mark.parametrize(
    "said",
    [
        "ferry " * 10_000,
        " ".join(f"word{number}" for number in range(10_000)),
        "x" * 12_000,
        "ferry\x00pier\r\n\u202egnol",
        "'; DROP TABLE articles; -- <script>alert(1)</script> ../../etc/passwd",
        "%s {0} ${HOME} `id` <@U123> <!channel> *pier* _pier_ &amp;",
        "((((pier))))[[[",
        "\ud800 pier",
        "Ｐｉｅｒ Z̷̧a̴l̶g̵o̷ 👩‍👩‍👧‍👦 قطار עברית",
        "-1 1e400 NaN inf 0x00 ½ ² Ⅳ",
    ],
)
def test_any_question_has_a_reply(said: str) -> None:
    """A hostile, huge or broken question gets a reply like any other, and every quote is verbatim."""
    reply = ask(said)
    assert verbatim(reply)
    assert 0 <= reply.confidence <= 1 + 1e-9


def test_a_reason_is_short() -> None:
    """A reason and a warning stay short, however long the question is."""
    strange = " ".join(f"strange{number}word" for number in range(500))
    for said in (strange, f"lighthouse captain {strange}", "x" * 12_000):
        reply = ask(said)
        assert isinstance(reply, Abstention)
        assert len(reply.reason) <= 1000


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_the_limit_does_not_change_the_confidence(limit: int, root: Path) -> None:
    """The number of quotes asked for changes neither the first quote nor the confidence."""
    known = open_corpus((root / "corpus",)).with_current(lambda known: known)
    one, usual = (known.answer(Question("India's Ship day", most)) for most in (limit, 3))
    assert (type(one), one.confidence) == (type(usual), usual.confidence)
    assert one.shown_quotes[:1] == usual.shown_quotes[:1]


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_a_lower_limit_shows_the_first_quotes(limit: int) -> None:
    """At most ``limit`` quotes are shown, and a lower limit gives the first of a higher one."""
    reply, everything = ask("Orre", limit), ask("Orre", 9)
    assert isinstance(reply, Answer)
    assert len(everything.shown_quotes) == 2
    assert reply.shown_quotes == everything.shown_quotes[:limit]


@pytest.mark.parametrize(
    "said", ["what did the pier cost", "lighthouse captain", "submarines", "granite captain budget", ""]
)
def test_the_same_question_twice(said: str) -> None:
    """The same question gets the same reply, from this answerer and from another over the same articles."""
    assert ask(said) == ask(said)
    assert ask(said) == answerer(FERRY, LIGHT, BUDGET).answer(Question(said))


def test_an_empty_archive() -> None:
    """An answerer without articles abstains from every question."""
    reply = answerer().answer(Question("what did the pier cost"))
    assert isinstance(reply, Abstention)
    assert reply.nearest == ()
    assert '"pier" and "cost" occur nowhere in its 0 articles.' in reply.reason


def test_an_article_that_changed_is_not_quoted() -> None:
    """An article whose text is no longer what was read fails verification."""
    with pytest.raises(VerificationError):
        tampered(FERRY, "ferry", "horse").answer(Question("ferry Orre"))


def test_a_trace_records_what_was_searched() -> None:
    """A reply has its terms, its hits, and the size of what was searched."""
    trace = ask("what did the pier cost").trace
    assert [word.typed for word in trace.query.words] == ["pier", "cost"]
    assert trace.searched == ArchiveSummary(3, 6, date(2024, 3, 4))
    assert trace.hits[0].score > 0
    assert trace.took_ms >= 0


def test_the_examples_are_answered() -> None:
    """The suggested questions are answered in full."""
    assert 0 < len(ANSWERER.examples) <= 3
    for example in ANSWERER.examples:
        reply = ask(example)
        assert isinstance(reply, Answer)
        assert reply.warning is None


WORDS = " ".join((SAILS, COST, CAPTAIN, BUILT, KEEPER, "submarines what who did 🎉 CTA lighthosue")).split()


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=40))
def test_every_quote_is_verbatim(said: str) -> None:
    """Whatever is asked, each quote is verified, and its unmatched terms are words of the question."""
    reply = ask(said)
    assert verbatim(reply)
    typed = {word.typed for word in reply.trace.query.words}
    assert all(typed.issuperset(quote.unmatched_terms) for quote in reply.shown_quotes)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("who led the untied front", "who led the united front"),
        ("auntieden untied front", "auntieden united front"),
        ("who led the boat", None),
        ("how long did the sailors sleep in the untied boat", None),
    ],
)
def test_a_real_word_that_may_be_a_slip(question: str, meant: str | None) -> None:
    """Where no passage has all words, but one has a word that differs by a slip, that is offered, not searched."""
    texts = (
        "The united front of auntieden was led by Ode.",
        "Mara untied the boat.",
        "Many sailors slept.",
        *["Rain fell."] * 20,
    )
    articles = [article(text, id=f"{number}.txt") for number, text in enumerate(texts)]
    reply = answerer(*articles).answer(Question(question))
    sentence = (reply.warning if isinstance(reply, Answer) else reply.reason) or ""
    assert sentence.partition(" Did you mean ")[2] == (f'"{meant}"?' if meant else "")
    assert "united" not in {term.text for term in reply.trace.query.terms}
