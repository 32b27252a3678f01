"""One word spelt in two ways, and names that only look like it."""

from __future__ import annotations

import pytest

from bot.models import Question
from bot.search.expansion import expand
from tests.factories import lexicon

NAMES = [
    ("Iran", "Iraq"),
    ("Niger", "Nigeria"),
    ("Austria", "Australia"),
    ("Austrian", "Australian"),
    ("India", "Indiana"),
    ("Slovakia", "Slovenia"),
    ("Singh", "Sing"),
    ("2024", "2025"),
    ("20245", "20254"),
    ("Georgia", "Georgina"),
    ("Christian", "Christina"),
    ("Marina", "Marine"),
    ("Gambia", "Zambia"),
    ("Guinea", "Guyana"),
    ("Tanzania", "Tasmania"),
    ("Mauritius", "Mauritania"),
    ("Moldova", "Moldavia"),
    ("Paraguay", "Uruguay"),
    ("Martina", "Martian"),
    ("Brian", "Brain"),
    ("Daniel", "Danielle"),
    ("Roberto", "Roberta"),
    ("Alexander", "Alexandra"),
    ("Korea", "Korean"),
    ("Nakatani", "Nakatomi"),
    ("Kaminaro", "Karimano"),
]
BOTH_WAYS = [*NAMES, *((other, one) for one, other in NAMES)]


def other_spellings(question: str, *texts: str) -> set[str]:
    """The terms, beside the typed ones, under which ``question`` is searched in an archive of these paragraphs."""
    forms = expand(lexicon(*texts), Question(question)).expansions
    return {text for form in forms if form.origin == "spelling" for text in form.terms}


def sentence(name: str) -> str:
    return f"The envoy met {name} on the river quay in the spring."


@pytest.mark.parametrize(("asked", "other"), BOTH_WAYS)
def test_names_that_both_stand_in_the_archive(asked: str, other: str) -> None:
    """Two names that are not each other are never joined, though the archive uses both beside the same words."""
    assert other_spellings(asked, sentence(asked), sentence(other)) == set()


@pytest.mark.parametrize(("asked", "other"), BOTH_WAYS)
def test_a_name_that_the_archive_does_not_hold(asked: str, other: str) -> None:
    """A name that is asked for is not taken for another that alone stands in the archive."""
    assert other_spellings(asked, sentence(other)) == set()
    assert other_spellings(asked.lower(), sentence(other)) == set()


def test_a_name_with_two_letters_exchanged() -> None:
    """Two spellings of a name that stand beside the same words are searched together, whichever was typed."""
    texts = (sentence("General Natakani"), sentence("General Nakatani"))
    assert other_spellings("Natakani", *texts) == {"nakatani"}
    assert other_spellings("nakatani", *texts) == {"natakani"}


def test_a_name_with_two_letters_exchanged_in_another_company() -> None:
    """Two names of the same letters that share no neighbouring word are two names."""
    texts = ("Old General Natakani slept.", "Young singer Nakatani danced.")
    assert other_spellings("Natakani", *texts) == set()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("nakatini", "nakatani"),
        ("submarnie", "submarin"),
        ("infrastrucutre", "infrastructur"),
        ("goverment", "govern"),
    ],
)
def test_a_slip_in_a_question(typed: str, meant: str) -> None:
    """A typed word that the archive does not hold is also searched as the word that it is a slip for."""
    text = "General Nakatani inspected a submarine, then the infrastructure, for the government."
    assert meant in other_spellings(typed, text)


def test_both_spellings_of_a_misspelt_name() -> None:
    """A slip for a name that the archive spells in two ways finds both."""
    texts = (sentence("General Natakani"), sentence("General Nakatani"))
    assert {"nakatani", "natakani"} <= other_spellings("nakatini", *texts)


@pytest.mark.parametrize("typed", ["submarine", "submarines", "SUBMARINE’s"])
def test_a_word_that_the_archive_holds(typed: str) -> None:
    """A word that stands in the archive is taken as typed, however near another is."""
    assert other_spellings(typed, "One submarine came.", "A submarina sank.") == set()


@pytest.mark.parametrize("typed", ["teh", "quya", "piar", "🎉", "x", "日本"])
def test_a_short_word(typed: str) -> None:
    """A short word is never guessed at."""
    assert other_spellings(typed, "The quay has a pier and ten piers more.") == set()


@pytest.mark.parametrize("typed", ["g0vernment", "2024567", "regiment12"])
def test_a_word_with_a_digit(typed: str) -> None:
    """A word with a digit is never taken for another."""
    assert other_spellings(typed, "The government moved regiment21 on 2024576.") == set()


@pytest.mark.parametrize("typed", ["what did the fed do", "the fed’s rates", "WHAT DID THE FED DO"])
def test_a_name_that_is_typed_small_and_looks_like_a_verb(typed: str) -> None:
    """A small "fed" is a form of "feed", and is searched as the name too, where the archive holds that."""
    assert other_spellings(typed, "Rates of the Fed rose.", "She fed the geese.") == {"fed"}
    assert other_spellings(typed, "She fed the geese.") == set()


def test_a_name_that_is_typed_large_is_no_verb() -> None:
    """Who types the name large asks for nothing else."""
    assert other_spellings("what did the Fed do", "Rates of the Fed rose.", "She fed the geese.") == set()
