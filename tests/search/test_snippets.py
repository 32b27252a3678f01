"""Which part of a long paragraph is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Quote
from bot.text.sentences import split_sentences
from tests.factories import article, chosen

FILLER = "Plain words are here, and nothing else is said."


def only(question: str, text: str) -> Quote:
    (quote,) = chosen(question, article(text))
    return quote


def around(*sentences: str, filler: int = 30) -> str:
    return " ".join([FILLER] * filler + list(sentences) + [FILLER] * filler)


def test_a_sentence_that_matches_the_question() -> None:
    """A sentence that matches the whole question is quoted alone, without its neighbours."""
    quote = only("breakwater", f"{FILLER} The breakwater is new. {FILLER}")
    assert quote.text == "The breakwater is new."
    assert quote.omissions == (True, True)


@pytest.mark.parametrize(
    "sentences",
    [
        ["The breakwater is new.", "It cost many crowns."],
        ["The breakwater is new.", "It is long.", "It cost many crowns."],
    ],
)
def test_the_best_run_of_sentences(sentences: list[str]) -> None:
    """If no sentence matches the question, three in a row are quoted, with those that match it together."""
    quote = only("what did the breakwater cost in crowns", around(*sentences))
    assert " ".join(sentences) in quote.text
    assert len(split_sentences(quote.text)) == 3
    assert quote.omissions == (True, True)


@pytest.mark.parametrize("start", ["It was", "This was", "The latter was"])
def test_a_sentence_that_points_back(start: str) -> None:
    """The sentence before one that begins with a pronoun is quoted too, if both fit."""
    text = f"{FILLER} Sixteen ships were moored at Tarn. {start} the first breakwater. {FILLER}"
    assert only("first breakwater", text).text == f"Sixteen ships were moored at Tarn. {start} the first breakwater."
    long = f"{'Plain words ' * 40}are here. {start} the first breakwater. {FILLER}"
    assert only("first breakwater", long).text == f"{start} the first breakwater."


@pytest.mark.parametrize("start", ["This week saw", "Itself", "A pier was"])
def test_a_sentence_that_does_not_point_back(start: str) -> None:
    """A sentence that says itself of what it speaks is quoted alone."""
    text = f"{FILLER} Sixteen ships were moored at Tarn. {start} the first breakwater. {FILLER}"
    assert only("first breakwater", text).text == f"{start} the first breakwater."


def test_words_that_are_far_apart() -> None:
    """Words more than three sentences apart are not joined: one snippet is quoted, with what it lacks."""
    quote = only("breakwater crowns", around("The breakwater is new.", *[FILLER] * 4, "It cost many crowns."))
    assert "The breakwater is new." in quote.text
    assert (quote.unmatched_terms, quote.absent_terms) == (("crowns",), ())


def test_a_part_of_a_long_sentence_that_matches_more() -> None:
    """A long sentence is cut and quoted where it matches more than a short one does."""
    long = f"{'word ' * 60}the breakwater of Tarn was paid for by the harbour guild of Lund {'word ' * 40}indeed."
    quote = only("who paid for the breakwater of Tarn", f"{long} So the breakwater of Tarn stands.")
    assert "paid for by the harbour guild" in quote.text


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("what is QTX", "A standard of the harbours."),
        ("QTX", "A standard of the harbours."),
        ("which banks read QTX", "QTX is read by banks."),
    ],
)
def test_a_paragraph_below_what_is_asked_for(question: str, begins: str) -> None:
    """Below a heading that is what is asked for, as in a glossary, a quote begins with the definition."""
    defined = f"A standard of the harbours. {FILLER} It has no name of its own. QTX is read by banks."
    (quote,) = chosen(question, article("Glossary", "QTX", defined, "Sails", FILLER, headings=("QTX", "Sails")))
    assert quote.text.startswith(begins)


def test_a_sentence_too_long_to_show() -> None:
    """A sentence of three hundred words is cut between words around its first match, and is still a slice."""
    words = [f"word{number}" for number in range(300)]
    words[150] = "breakwater,"
    text = " ".join(words) + "."
    quote = only("breakwater", text)
    assert quote.text in text
    assert "breakwater," in quote.text.split()
    assert set(quote.text.split()) <= set(text.split())
    assert len(quote.text.split()) <= 80
    assert quote.omissions == (True, True)


@pytest.mark.parametrize("at", [0, 1, 298, 299])
def test_a_match_at_the_edge_of_a_long_sentence(at: int) -> None:
    """A match among the first or last words of a long sentence is in the cut."""
    words = [f"word{number}" for number in range(300)]
    words[at] = "breakwater"
    assert "breakwater" in only("breakwater", " ".join(words)).text.split()


PIECES = st.sampled_from(
    [FILLER, "The breakwater is new.", "It cost crowns!", "word " * 95 + "crowns.", "“Is it? A quay.”"]
)


@given(st.lists(PIECES, min_size=1, max_size=25), st.sampled_from([" ", "  ", "\n", "\u00a0"]))
def test_any_quote_is_a_slice_of_whole_sentences(pieces: list[str], blank: str) -> None:
    """Every quote is a trimmed slice of its paragraph of at most eighty words: one to three whole sentences.

    Another may come before them, and a part of a sentence is quoted only where the sentence alone is longer.
    """
    for quote in chosen("breakwater crowns quay", article(blank.join(pieces))):
        first = quote.paragraph.span.start
        whole = [(first + span.start, first + span.end) for span in split_sentences(quote.paragraph.text)]
        inside = [(start, end) for start, end in whole if quote.span.start <= start and end <= quote.span.end]
        assert quote.paragraph.span.contains(quote.span)
        assert quote.text == quote.text.strip() != ""
        assert len(quote.text.split()) <= 80
        if inside:
            assert (inside[0][0], inside[-1][1]) == (quote.span.start, quote.span.end)
            assert len(inside) <= 4
        else:
            (cut,) = [(start, end) for start, end in whole if start <= quote.span.start and quote.span.end <= end]
            assert len(quote.article.text[slice(*cut)].split()) > 80


@given(st.lists(PIECES, min_size=1, max_size=9))
def test_the_pieces_of_a_quote_are_its_text(pieces: list[str]) -> None:
    """Highlights are ordered, apart and inside the quote; joined, highlighted or not, its pieces are its text."""
    for quote in chosen("breakwater crowns quay", article(" ".join(pieces))):
        assert "".join(piece for piece, _ in quote.pieces()) == quote.text
        assert quote.highlights
        assert all(quote.span.contains(span) and span.start < span.end for span in quote.highlights)
        assert all(one.end < other.start for one, other in zip(quote.highlights, quote.highlights[1:], strict=False))


@pytest.mark.parametrize(
    "question", ["what is a bollard", "bollard meaning", "what does bollard mean", "define bollard"]
)
def test_a_definition_is_quoted(question: str) -> None:
    """A sentence that says what a thing is comes before one that names it earlier, or more often."""
    text = (
        "Every bollard at Skarvik was painted, bollard after bollard. The crews cheered. "
        "A bollard is a short post to which a ship is tied. Another was painted red."
    )
    (quote,) = chosen(question, article(text))
    assert "short post" in quote.text
