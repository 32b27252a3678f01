"""What a receipt records of a reply, and whether its quotes can still be verified."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.index import versions
from bot.models import Article, Mark, Question, Reply, Span
from bot.search.answerer import Answerer
from bot.search.receipts import (
    Receipt,
    check_quotes,
    describe_archive,
    describe_narrowing,
    describe_outcome,
    describe_rank,
    describe_search_score,
    make_receipt,
    quote_status,
)
from tests.factories import answerer, archive_of, article

BRIDGE = article(
    "The valley waited for ten years.",
    "The council approved the Tarn bridge on Monday. Nobody spoke against it.",
    id="bridge.txt",
    title="A bridge for Tarn",
    published=date(2025, 5, 7),
)
FERRY = article("The ferry at Tarn crosses at noon, says the Valley Ferry Company (VFC).", id="ferry.txt")
ASKED = "who approved the Tarn bridge"


def receipt(asked: str, *articles: Article) -> Receipt:
    return given_by(answerer(*articles), asked)[1]


def given_by(asked_of: Answerer, question: str) -> tuple[Reply, Receipt]:
    """The reply to a question, and its receipt."""
    reply = asked_of.answer(Question(question))
    return reply, make_receipt(reply, asked_of.archive, asked_of.explain)


def test_a_receipt_records_what_was_searched_and_shown() -> None:
    """It has the question, its words and expansions with weights and origins, and the location of each quote."""
    made = receipt(f"{ASKED} or the VFC ferry", BRIDGE, FERRY)
    assert made.question == f"{ASKED} or the VFC ferry"
    assert [word.typed for word in made.words] == ["approved", "Tarn", "bridge", "VFC", "ferry"]
    origins = {form.shown: (form.origin, form.weight) for form in made.forms}
    assert origins["Tarn"] == ("typed", 1.0)
    assert origins["Valley Ferry Company"][0] == "acronym"
    assert origins["Valley Ferry Company"][1] < 1.0
    assert made.outcome == "answer"
    assert made.confidence >= made.threshold
    texts = {BRIDGE.id: BRIDGE, FERRY.id: FERRY}
    for line in made.quotes:
        source = texts[line.article]
        assert line.sha256 == source.sha256
        assert source.text[line.start : line.end].strip()


def test_a_receipt_records_operators() -> None:
    """Recognized operators and unrecognized ones are in the receipt."""
    made = receipt('"Tarn bridge" -ferry after:2025-01 source:bridge author:x', BRIDGE, FERRY)
    assert made.filters.model_dump() == {
        "phrases": ("Tarn bridge",),
        "excluded": ("ferry",),
        "sources": ("bridge",),
        "since": date(2025, 1, 1),
        "before": None,
        "unread": ("author:x",),
        "quoted": (),
    }
    assert describe_narrowing(made.filters) == (
        'Searched only passages with "Tarn bridge" and without "ferry" in articles from source "bridge" '
        "published since 1 January 2025."
    )
    assert describe_narrowing(receipt(ASKED, BRIDGE).filters) is None


def test_an_optional_phrase_narrows_nothing() -> None:
    """An optional phrase is recorded as such, and no narrowing is described."""
    made = receipt('who approved "a Tarn bridge" on Monday in the council', BRIDGE, FERRY)
    assert made.outcome == "answer"
    assert (made.filters.phrases, made.filters.quoted) == ((), ("a Tarn bridge",))
    assert describe_narrowing(made.filters) is None
    assert made.said == 'Not in all of these passages word for word: "a Tarn bridge".'


def test_an_abstention_has_a_receipt() -> None:
    """It says why there is no answer, what was searched, and how far the confidence was from the threshold."""
    made = receipt("why do submarines dive", BRIDGE)
    assert (made.outcome, made.quotes) == ("abstention", ())
    assert [form.shown for form in made.forms] == ["submarines", "dive"]
    assert made.said and made.said.startswith("Not in the archive")
    assert made.confidence < made.threshold
    assert describe_outcome(made) == "Not answered: the confidence is 0.000, and 0.500 is needed to answer."


def test_a_question_without_a_word_has_a_receipt() -> None:
    """If nothing could be searched, the receipt has no words and no expansions."""
    made = receipt("the of and", BRIDGE)
    assert (made.words, made.forms, made.quotes) == ((), (), ())


def test_the_greatest_scores_come_first() -> None:
    """The terms with the greatest scores come first, as typed; the others are added up."""
    made = receipt(ASKED, BRIDGE, FERRY)
    (line, *_) = made.quotes
    sentence = describe_search_score(line, made, 2)
    assert sentence.startswith(f"Found by its words: {line.found:.2f} = ")
    assert "approved" in sentence or "bridge" in sentence
    assert sentence.endswith(f"1 more term {_least(line):.2f}")
    assert describe_rank(line, 1).startswith(f"Place {line.rank} by the ranking: {line.ranked:.2f} = ")


def _least(line: Any) -> float:
    terms = {one.term for one in line.terms}
    return min(sum(one.score for one in line.terms if one.term == term) for term in terms)


CHANGES = [
    pytest.param([BRIDGE, FERRY], True, id="nothing"),
    pytest.param([BRIDGE], True, id="another article gone"),
    pytest.param([replace(BRIDGE, title="Another title"), FERRY], True, id="title"),
    pytest.param([FERRY], False, id="gone"),
    pytest.param([replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday")), FERRY], False, id="a word"),
    pytest.param([replace(BRIDGE, text=BRIDGE.text + "\n\nMore."), FERRY], False, id="a paragraph more"),
    pytest.param([replace(BRIDGE, id="other.txt"), FERRY], False, id="id"),
]


@pytest.mark.parametrize(("articles", "holds"), CHANGES)
def test_a_quote_is_verified_until_its_source_changes(articles: list[Article], *, holds: bool) -> None:
    """Each quote is found byte for byte, or its source has changed; a new title changes no quote."""
    reply, made = given_by(answerer(BRIDGE, FERRY), ASKED)
    quotes = [quote.text if quote else None for quote in check_quotes(made, archive_of(articles))]
    assert quotes[0] == (reply.shown_quotes[0].text if holds else None)


def test_a_receipt_of_an_undecodable_file_name_can_be_stored() -> None:
    """A file's name may have any byte: its receipt can be stored, and is verified."""
    odd = replace(BRIDGE, id=os.fsdecode(b"caf\xe9.txt"))
    made = receipt(ASKED, odd)
    again = Receipt.model_validate_json(made.model_dump_json())
    assert again == made
    assert all(check_quotes(again, archive_of([odd])))


FINGERPRINTS = [
    [],
    [BRIDGE],
    [BRIDGE, FERRY],
    [FERRY, BRIDGE],
    [replace(BRIDGE, id="b.txt")],
    [replace(BRIDGE, title="Another")],
    [replace(BRIDGE, source="Another")],
    [replace(BRIDGE, author="Another")],
    [replace(BRIDGE, url="https://example.org/")],
    [replace(BRIDGE, published=None)],
    [replace(BRIDGE, text=BRIDGE.text + ".")],
    [replace(BRIDGE, marks=(Mark("heading", Span(0, 3)),))],
]


def test_the_fingerprint_covers_all_that_replies_depend_on() -> None:
    """Two archives have the same fingerprint exactly if their articles are the same, in the same order."""
    prints = [archive_of(articles).fingerprint for articles in FINGERPRINTS]
    assert prints == [archive_of(articles).fingerprint for articles in FINGERPRINTS]
    assert len(set(prints)) == len(FINGERPRINTS)


def test_a_changed_archive_is_reported() -> None:
    """The fingerprint is shown with whether the archive has changed since."""
    made = receipt(ASKED, BRIDGE)
    assert describe_archive(made, archive_of([BRIDGE])) == f"Archive {made.archive[:16]}, unchanged since"
    assert "it has changed since, to" in describe_archive(made, archive_of([BRIDGE, FERRY]))


WORDS = st.sampled_from(
    "the council approved Tarn bridge ferry VFC Valley Ferry Company (VFC) in May 2024. It was not. Why".split()
)
TEXTS = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
ARTICLES = st.lists(
    st.builds(
        lambda texts, title, when: article(*texts, title=title, published=when),
        st.lists(TEXTS, min_size=1, max_size=4),
        TEXTS,
        st.none() | st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [replace(one, id=f"{number}.txt") for number, one in enumerate(found)])
ASKABLE = st.lists(WORDS | st.sampled_from(["-ferry", '"Tarn bridge"', "after:2022", "brigde"]), max_size=8).map(
    " ".join
)


@given(ARTICLES, ASKABLE)
def test_the_same_question_to_the_same_archive_has_the_same_answer(articles: list[Article], asked: str) -> None:
    """For any archive and question, a new answerer gives the same reply and receipt."""
    (one, first), (other, second) = (given_by(answerer(*articles), asked) for _ in range(2))
    assert one == other
    assert first.model_dump_json() == second.model_dump_json()


@given(ARTICLES, ASKABLE)
def test_a_receipt_adds_up_and_reads_back(articles: list[Article], asked: str) -> None:
    """For any archive, scores are the sums of their parts, a stored receipt reads back, and all quotes verify."""
    found = answerer(*articles)
    reply, made = given_by(found, asked)
    assert Receipt.model_validate_json(made.model_dump_json()) == made
    assert [quote and quote.text for quote in check_quotes(made, found.archive)] == [
        one.text for one in reply.shown_quotes
    ]
    for line, quote in zip(made.quotes, reply.shown_quotes, strict=True):
        assert line.found == pytest.approx(sum(one.score for one in line.terms))
        assert line.ranked == quote.score == pytest.approx(sum(one.score for one in line.parts))
        assert reply.trace.hits[line.rank - 1].score == line.ranked


ANOTHER_PROCESS = """
import json, sys
from pathlib import Path
from bot.models import Question
from bot.search.receipts import make_receipt
from bot.wiring import open_corpus
answerer = open_corpus([Path(sys.argv[1])]).with_current(lambda one: one)
for question in sys.argv[2:]:
    print(make_receipt(answerer.answer(Question(question)), answerer.archive, answerer.explain).model_dump_json())
"""
QUESTIONS = ["what was agreed on GCAP", "who leads the Quad", "why do submarines dive", 'Unicorn mast -Quad "the mast"']


def test_two_processes_give_the_same_receipts(root: Path) -> None:
    """The same questions to the same articles give the same receipts, whatever the hash seed."""

    def receipts(seed: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", ANOTHER_PROCESS, str(root / "corpus"), *QUESTIONS],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
        )
        return done.stdout.splitlines()

    first, second = receipts("1"), receipts("2")
    assert first == second
    assert [json.loads(one)["outcome"] for one in first].count("answer") >= 2


def test_a_receipt_from_before_an_upgrade_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade of a library that reads files, an older receipt does not claim that its source has changed."""
    made, changed = receipt(ASKED, BRIDGE), archive_of([FERRY])
    assert quote_status(None, made) == "the source has changed since"
    installed = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"{installed(name)}{'.1' * (name == 'pypdfium2')}")
    versions.reader_digest.cache_clear()
    try:
        assert quote_status(None, made) == "the source has changed since, or is read by another reader now"
        assert describe_archive(made, changed).endswith("; it is read by another reader now")
        assert quote_status(None, made.model_copy(update={"reader": ""})) == "the source has changed since"
    finally:
        versions.reader_digest.cache_clear()
