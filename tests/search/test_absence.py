"""What a reply says to stand nowhere stands nowhere: checked against the text, over thousands of replies."""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path

import pytest

from bot.models import Abstention, Question
from bot.search.answerer import Answerer
from bot.text.analysis import to_search_term
from bot.wiring import open_corpus

REPLIES = 3_000
SAID = re.compile(r"Not in the archive: (.+?) occurs? nowhere in")
TOGETHER = re.compile(r"^No passage holds (?:both |all of )?(.+)\.$")
QUOTED = re.compile(r'"([^"]+)"')


@pytest.fixture(scope="module")
def sample(root: Path) -> Answerer:
    return open_corpus((root / "corpus",)).with_current(lambda answerer: answerer)


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in letters if not unicodedata.combining(char))


def sections(answerer: Answerer) -> list[str]:
    """Each passage with its title and heading, in plain letters."""
    found = []
    for passage in answerer.archive.passages:
        heading = passage.paragraphs[0].heading
        parts = (passage.article.title, heading.slice(passage.article.text) if heading else "")
        found.append(plain("\n".join((*parts, *(one.text for one in passage.paragraphs)))))
    return found


def spellings(word: str) -> set[str]:
    """The word in the singular and the plural, each also without its hyphens, and with blanks in their place."""
    one = plain(word)
    numbers = {one, one + "s", one.removesuffix("s")} if len(one) > 2 else {one}
    hissing = ("s", "x", "z", "ch", "sh")
    if one.endswith(hissing):
        numbers.add(one + "es")
    if one.removesuffix("es").endswith(hissing):
        numbers.add(one.removesuffix("es"))
    return {
        form
        for number in numbers
        if to_search_term(number)
        for form in (number, number.replace("-", ""), number.replace("-", " "))
    }


def stands_in(word: str, text: str) -> bool:
    closed = re.sub(r"(?<=[^\W\d])[-‐‑’'](?=\w)", "", text)
    before = r"[\w-]" if word.isdigit() else r"\w"  # nor is the figure of "US-2" a number
    inside = r"\w|\.\w"  # a letter of "U.S." is no word
    patterns = [rf"(?<!{before})(?<!\w\.){re.escape(form)}(?!{inside})" for form in spellings(word)]
    return any(re.search(pattern, one) for pattern in patterns for one in (text, closed))


def test_what_occurs_nowhere(sample: Answerer) -> None:
    """A word that is said to occur nowhere stands in no paragraph, heading or title; together is in no passage."""
    texts = sections(sample)
    whole = "\n".join(texts)
    words = sorted(set(re.findall(r"[^\W_]+(?:[-'’.][^\W_]+)*", whole)))
    changes = (
        lambda word: word,
        str.upper,
        str.capitalize,
        lambda word: word + "s",
        lambda word: word.removesuffix("s"),
        lambda word: word.replace("-", ""),
        lambda word: f"{word[:3]}-{word[3:]}" if word.isalpha() else word,
        lambda word: word + "x",
        lambda word: word[::-1],
    )
    chance = random.Random(3)
    claims = 0
    for _ in range(REPLIES):
        typed = " ".join(chance.choice(changes)(chance.choice(words)) for _ in range(chance.choice((1, 1, 2, 3))))
        reply = sample.answer(Question(typed))
        if not isinstance(reply, Abstention):
            continue
        if said := SAID.search(reply.reason):
            for word in QUOTED.findall(said[1]):
                claims += 1
                assert not stands_in(word, whole), (typed, reply.reason)
        if together := TOGETHER.match(reply.reason):
            named = QUOTED.findall(together[1])
            claims += 1
            assert not any(all(stands_in(word, text) for word in named) for text in texts), (typed, reply.reason)
    assert claims > REPLIES / 10


def test_every_word_of_the_archive(sample: Answerer) -> None:
    """Each word that stands in the archive is answered when it is asked alone, as written or in small letters."""
    whole = "\n".join(
        text
        for passage in sample.archive.passages
        for text in (passage.article.title, *(one.text for one in passage.paragraphs))
    )
    words = set(re.findall(r"[^\W_]+(?:[-'’.][^\W_]+)*", whole))
    refused = {
        typed
        for word in words
        for typed in (word, word.lower())
        if to_search_term(typed) and isinstance(sample.answer(Question(typed)), Abstention)
    }
    assert refused == set()
