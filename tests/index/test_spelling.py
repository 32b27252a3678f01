"""Test which words are searched in another spelling: typos and transposed names, but never similar names."""

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
    """Return the terms that spelling adds to ``question`` in an archive of these paragraphs."""
    forms = expand(lexicon(*texts), Question(question)).expansions
    return {text for form in forms if form.origin == "spelling" for text in form.terms}


def sentence(name: str) -> str:
    return f"The envoy met {name} on the river quay in the spring."


@pytest.mark.parametrize(("typed", "other"), BOTH_WAYS)
def test_two_names_of_the_archive_are_not_joined(typed: str, other: str) -> None:
    """Two different names are never joined, even if the archive uses both next to the same words."""
    assert other_spellings(typed, sentence(typed), sentence(other)) == set()


@pytest.mark.parametrize(("typed", "other"), BOTH_WAYS)
def test_an_unknown_name_is_not_replaced(typed: str, other: str) -> None:
    """A name that is not in the archive is not replaced by a similar one that is."""
    assert other_spellings(typed, sentence(other)) == set()
    assert other_spellings(typed.lower(), sentence(other)) == set()


def test_a_name_with_two_letters_exchanged() -> None:
    """Two spellings of a name, used next to the same words, are searched together, whichever was typed."""
    texts = (sentence("General Natakani"), sentence("General Nakatani"))
    assert other_spellings("Natakani", *texts) == {"nakatani"}
    assert other_spellings("nakatani", *texts) == {"natakani"}


def test_a_transposed_name_with_other_neighbors() -> None:
    """Two names with the same letters but no common neighbor are two names."""
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
def test_a_typo_in_a_question(typed: str, meant: str) -> None:
    """A word that is not in the archive is also searched as the word it may be a typo of."""
    text = "General Nakatani inspected a submarine, then the infrastructure, for the government."
    assert meant in other_spellings(typed, text)


def test_a_typo_of_a_name_with_two_spellings() -> None:
    """A typo of a name that the archive spells in two ways is searched as both."""
    texts = (sentence("General Natakani"), sentence("General Nakatani"))
    assert {"nakatani", "natakani"} <= other_spellings("nakatini", *texts)


@pytest.mark.parametrize("typed", ["submarine", "submarines", "SUBMARINE’s"])
def test_a_word_of_the_archive_is_not_corrected(typed: str) -> None:
    """A word that is in the archive is searched as typed, however similar another one is."""
    assert other_spellings(typed, "One submarine came.", "A submarina sank.") == set()


@pytest.mark.parametrize("typed", ["teh", "🎉", "x", "日本", "cta", "Quya", "tanr", "Tanr", "qzay", "auqy"])
def test_a_short_word_is_not_corrected(typed: str) -> None:
    """A word of three letters is never corrected, nor one in capitals, nor to a name, nor for any other letter."""
    assert other_spellings(typed, "The quay of old Tarn has a pier and ten cats more.") == set()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stnad", "stand"),
        ("stnd", "stand"),
        ("sttand", "stand"),
        ("stamd", "stand"),
        ("buoght", "buy"),
        ("emigratino", "emigr"),
    ],
)
def test_a_slip_in_a_short_word(typed: str, meant: str) -> None:
    """Letters exchanged, missing, doubled, or next to each other on the keyboard; also the last two exchanged."""
    assert other_spellings(typed, "They stand where emigration began and bought bread.") == {meant}


def test_a_slip_for_a_rare_word_of_a_large_archive() -> None:
    """A short word is not taken for one that hardly any paragraph has."""
    assert other_spellings("stnad", "They stand there.", *["A ferry came."] * 3000) == set()


@pytest.mark.parametrize("typed", ["g0vernment", "2024567", "regiment12"])
def test_a_word_with_a_digit_is_not_corrected(typed: str) -> None:
    """A word with a digit is never corrected."""
    assert other_spellings(typed, "The government moved regiment21 on 2024576.") == set()


@pytest.mark.parametrize("typed", ["what did the fed do", "the fed’s rates", "WHAT DID THE FED DO"])
def test_a_lowercase_name_that_is_also_a_verb_form(typed: str) -> None:
    """A lower-case "fed" is a form of "feed", and is also searched as the name if the archive has it."""
    assert other_spellings(typed, "Rates of the Fed rose.", "She fed the geese.") == {"fed"}
    assert other_spellings(typed, "She fed the geese.") == set()


def test_a_capitalized_name_is_not_a_verb_form() -> None:
    """A capitalized name is searched as the name only."""
    assert other_spellings("what did the Fed do", "Rates of the Fed rose.", "She fed the geese.") == set()
