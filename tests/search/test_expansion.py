"""Expanding a question: its content words, and the other ways to write them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.models import Expansion, Question
from bot.search.expansion import expand
from tests.factories import lexicon

AUTHORITY = "The Coastal Transport Authority (CTA) runs the ferry."


def forms(question: str, origin: str, *texts: str) -> list[Expansion]:
    return [form for form in expand(lexicon(*texts), Question(question)).expansions if form.origin == origin]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", []),
        ("🎉 ?!", []),
        ("what is the", []),
        ("ferry", ["ferry"]),
        ("When does the Ferry leave?", ["Ferry", "leave"]),
        ("what did the CTA say about the ferry’s price", ["CTA", "ferry’s", "price"]),
        ("who said it", ["said"]),
        ("where’s the ferry", ["ferry"]),
        ("They've a ferry; who'll pay, and I'd ask when's the price out", ["ferry", "pay", "ask", "price"]),
        ("please tell me the ferry’s price", ["ferry’s", "price"]),
        ("what is the latest on the ferry", ["ferry"]),
        ("what’s new with the ferry", ["ferry"]),
        ("any updates about the ferry", ["ferry"]),
        ("Latest news from the ferry", ["ferry"]),
        ("latest developments: ferry", ["ferry"]),
        ("the latest ferry", ["ferry"]),
        # of these the words name something
        ("the latest news", ["latest", "news"]),
        ("what is new on the news", ["news"]),
        ("any news about Fox News", ["news", "Fox"]),
        ("a new ferry", ["new", "ferry"]),
        # who is addressed is not what is asked
        ("@harbour-desk when does the ferry leave", ["ferry", "leave"]),
        ("<!subteam^S1|@desk> <@U7|jane.doe> <@U8> <!here> ferry <#C1|general> <#C2>", ["ferry"]),
        ("ferry, @jane.doe?", ["ferry"]),
        ("does jane@harbour.example run it", ["jane", "harbour", "example", "run"]),
        ("ferry <3 5 > 4", ["ferry", "3", "5", "4"]),
    ],
)
def test_content_words(question: str, expected: list[str]) -> None:
    """The content words of a question are those that name something, as typed; if none does, all it has."""
    found = [word.typed for word in expand(lexicon(AUTHORITY), Question(question)).words]
    assert found == expected


def test_a_repeated_word() -> None:
    """A word that is typed twice, in whatever inflection, is one word of the question."""
    assert [word.term for word in expand(lexicon(AUTHORITY), Question("ferry FERRIES")).words] == ["ferri"]


def test_a_typed_word_counts_in_full() -> None:
    """Every content word is searched as typed at weight 1, and any other expansion at less."""
    found = expand(lexicon(AUTHORITY), Question("CTA ferri coastal transport authority")).expansions
    assert {form.weight for form in found if form.origin == "typed"} == {1.0}
    assert all(0 < form.weight < 1 for form in found if form.origin != "typed")


def test_an_acronym_is_searched_spelt_out() -> None:
    """An acronym also finds the paragraphs that only spell it out."""
    (form,) = forms("what is the cta", "acronym", AUTHORITY)
    assert form.terms == ("coastal", "transport", "authority")
    assert form.positions == (0,)
    assert form.text == "Coastal Transport Authority"


@pytest.mark.parametrize(
    ("question", "count"), [("who won the war", 0), ("WHO WON THE WAR", 0), ("who has the best WAR", 1)]
)
def test_an_acronym_that_is_also_a_word(question: str, count: int) -> None:
    """Only in capitals, in a question that has others too, does a plain word of the archive stand for its long form."""
    archive = ("A batter's Wins Above Replacement (WAR) rose.", "The war ended.", "After the war came a truce.")
    assert len(forms(question, "acronym", *archive)) == count


def test_a_name_is_searched_as_its_acronym() -> None:
    """A long form also finds the paragraphs with its acronym only, which then covers every word."""
    (form,) = forms("what does the coastal transport authority run", "acronym", AUTHORITY)
    assert form.terms == ("cta",)
    assert form.positions == (0, 1, 2)
    assert form.text == "CTA"


def test_an_acronym_spelt_like_a_stop_word() -> None:
    """A stop word in small letters may be an acronym in capitals, and a content word."""
    query = expand(
        lexicon("The World Health Organization (WHO) met.", "Later WHO wrote."), Question("what did WHO write")
    )
    assert "WHO" in [word.typed for word in query.words]


@pytest.mark.parametrize("question", ["coastal authority", "transport coastal authority", "the coast"])
def test_part_of_a_name_is_not_its_acronym(question: str) -> None:
    """Some of a name's words, or all of them in another order, do not expand to the acronym."""
    assert forms(question, "acronym", AUTHORITY) == []


def test_an_acronym_that_was_never_defined() -> None:
    """An acronym that the archive does not define has no other expansion."""
    assert forms("CTA", "acronym", "The CTA runs the ferry of the Coastal Transport Authority.") == []


def test_a_rarer_word_has_a_greater_idf() -> None:
    """The idf falls with the number of paragraphs with the word, and is above 0 for a word in all of them."""
    learnt = lexicon("The ferry left.", "The ferry came.", "The ferry sank at the pier.")
    assert learnt.idf("unheard") > learnt.idf("pier") > learnt.idf("ferri") > 0
    assert [learnt.paragraph_count(term) for term in ("unheard", "pier", "ferri")] == [0, 1, 3]


def test_an_archive_without_paragraphs() -> None:
    """A lexicon without expansions expands a question to its own words."""
    assert [form.terms for form in expand(lexicon(), Question("ferry pier")).expansions] == [("ferri",), ("pier",)]


PROGRAM = """
from tests.factories import lexicon
from bot.models import Question
from bot.search.expansion import expand
print(expand(lexicon("Nakatani, NAKATANI and Nakatani’s men met Nakatani's friend."), Question("nakatini")))
"""


def test_every_process_expands_the_same() -> None:
    """The same question and the same archive give the same query in every process, whatever Python's hash seed."""
    seen = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(seen) == 1
