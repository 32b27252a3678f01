"""Which quotes are chosen, and what is shown with each."""

from __future__ import annotations

from datetime import date

import pytest

from bot.models import Article, Hit, Question
from bot.search.coverage import Coverage
from bot.search.expansion import expand
from bot.search.quotes import choose_quotes
from tests.factories import article, build_index, choice, chosen, highlighted

COSTS = (
    "The harbour board said on Tuesday that the breakwater at Skarvik will cost 14 million crowns "
    "and be ready before the storms of next autumn."
)
QUAY = "The old quay at Skarvik stays shut."
KEEPER = "Its keeper, Jonas Tveit, retired."


def texts(question: str, *articles: Article, limit: int = 3) -> list[str]:
    return [quote.text for quote in chosen(question, *articles, limit=limit)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", []),
        ("what is the", []),
        ("submarines", []),
        ("keeper", [KEEPER]),
        ("quay at Skarvik", [QUAY]),
    ],
)
def test_matching_paragraphs_are_quoted(question: str, expected: list[str]) -> None:
    """A paragraph with a word of the question is quoted, and no other."""
    assert texts(question, article(QUAY, KEEPER)) == expected


def test_an_article_is_quoted_again_where_places_are_left() -> None:
    """Other articles come first; then further paragraphs that match as much as the first quote, three at most."""
    signs = ("red rocks", "grey gulls", "black boats", "white waves")
    long = (f"The quay at Skarvik has {sign}. {f'Look at those {sign} there. ' * 36}" for sign in signs)
    many = article(*long, "Skarvik is old.", id="many")
    assert len(many.text.split()) > 3 * 180
    assert [quote.article.id for quote in chosen("Skarvik quay", many)] == ["many"] * 3
    assert [quote.paragraph.number < 5 for quote in chosen("Skarvik quay", many)] == [True] * 3
    repeated = "In the year of the flood, the quay at Skarvik had nine grey gulls."
    lesser = "Nobody in Skarvik knows the sea. " + "It is a plain sign on a plain wall. " * 22
    again = article("The quay at Skarvik is red. " * 30, f"{repeated} {'Look there. ' * 90}", f"{repeated} {lesser}")
    assert len({quote.text for quote in chosen("Skarvik quay", again)}) == len(chosen("Skarvik quay", again))
    others = [article(f"The quay at Skarvik belongs to {owner}.", id=owner) for owner in ("Ada", "Ole")]
    quotes = chosen("Skarvik quay", many, *others)
    assert sorted(quote.article.id for quote in quotes) == ["Ada", "Ole", "many"]


def test_a_second_quote_that_adds() -> None:
    """An article is quoted twice if the second quote matches what the first lacks."""
    filler = "It is a plain sign on a plain wall. " * 22
    parts = article(f"{QUAY} {filler}", f"{KEEPER} {filler}")
    first, second = texts("Skarvik keeper", parts)
    assert {KEEPER in first, KEEPER in second} == {QUAY in first, QUAY in second} == {True, False}


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_limit(limit: int) -> None:
    """At most ``limit`` quotes are chosen, and a lower limit gives the first of a higher one."""
    places = ("north", "south", "east", "west")
    several = [article(f"The {place} ferry of Skarvik was {place}bound.", id=place) for place in places]
    everything = chosen("Skarvik ferry", *several, limit=9)
    assert len(everything) == 4
    assert chosen("Skarvik ferry", *several, limit=limit) == everything[:limit]


def test_the_best_quote_comes_first() -> None:
    """Quotes are in order, and one that matches much less than the best is not shown."""
    quotes = chosen("Skarvik quay", article(KEEPER, id="k"), article(QUAY, id="q"), article("A quay.", id="p"))
    assert quotes[0].text == QUAY
    assert KEEPER not in [quote.text for quote in quotes]
    assert all(quote.score > 0 for quote in quotes)


def test_articles_with_the_quoted_words() -> None:
    """Articles that have the very words of a quote are its ``also_in``; one with another word is a quote of its own."""
    prints = (COSTS, COSTS.upper(), COSTS.replace("board", "council"))
    several = [article(text, id=str(number)) for number, text in enumerate(prints)]
    quotes = chosen("Skarvik breakwater cost", *several)
    named = [[quote.article.id, *(paragraph.article.id for paragraph in quote.also_in)] for quote in quotes]
    assert sorted(map(sorted, named)) == [["0", "1"], ["2"]]


def test_a_copy_does_not_count_towards_the_limit() -> None:
    """An article with the words of the only quote is named."""
    (quote,) = chosen("Skarvik breakwater cost", article(COSTS, id="a"), article(COSTS, id="b"), limit=1)
    assert [paragraph.article.id for paragraph in quote.also_in] == ["b"]


def test_a_paragraph_that_an_article_repeats() -> None:
    """An article that prints a paragraph twice is neither quoted twice nor in ``also_in``."""
    filler = "It is a plain sign on a plain wall. " * 22
    (quote,) = chosen("Skarvik breakwater cost", article(COSTS, filler, COSTS))
    assert quote.also_in == ()


@pytest.mark.parametrize(
    "other",
    [
        COSTS.replace("14 million", "16 million"),
        COSTS.replace("14 million", "14 billion"),
        COSTS.replace("will cost", "will not cost"),
        QUAY,
    ],
)
def test_different_paragraphs_are_not_folded(other: str) -> None:
    """Paragraphs that differ in a figure or a "not", or share only a name, are two quotes."""
    quotes = chosen("Skarvik", article(COSTS, id="a"), article(other, id="b"))
    assert [quote.also_in for quote in quotes] == [(), ()]


def test_a_repetition_is_not_quoted() -> None:
    """A paragraph that says in another tense what a quote says is neither quoted nor named."""
    said = (
        "The keeper opens the lamp room at Skarvik on Sundays.",
        "The keeper opened the lamp room at Skarvik on Sundays.",
    )
    (quote,) = chosen("keeper lamp room Skarvik", *(article(text, id=text) for text in said))
    assert quote.also_in == ()


def test_titles_and_headings_are_never_quoted() -> None:
    """A title and a heading find the paragraphs below them, and are in no quote."""
    titled = article(
        "Skarvik Reopens", "What The Keeper Said", KEEPER, title="Skarvik Reopens", headings=["What The Keeper Said"]
    )
    assert texts("Skarvik reopens", titled) == [KEEPER]
    (quote,) = chosen("Skarvik keeper", titled)
    assert quote.text == KEEPER
    assert quote.unmatched_terms == ()  # a title is shown with the quote
    assert quote.heading == "What The Keeper Said"


def test_a_quote_is_from_one_paragraph() -> None:
    """Of short paragraphs that are searched together, one is quoted, with its number."""
    (quote,) = chosen("keeper Tveit", article(QUAY, KEEPER))
    assert (quote.text, quote.paragraph.number, quote.paragraph.total) == (KEEPER, 2, 2)


@pytest.mark.parametrize(
    ("question", "text", "missing", "matched_expansions", "highlights"),
    [
        ("keeper", KEEPER, (), (), ["keeper"]),
        ("Did the KEEPER retire?", KEEPER, (), (), ["keeper", "retired"]),
        ("keeper of Skarvik sold", KEEPER, ("Skarvik", "sold"), (), ["keeper"]),
        ("cafe owner lund", "The Café’s owners at Lund’s Bay paid.", (), (), ["Café’s", "owners", "Lund’s"]),
        ("cafés", "The “cafe\u0301” is shut.", (), (), ["cafe\u0301"]),
        ("breakwaters", "The break\u00adwater held.", (), (), ["break\u00adwater"]),
        ("defense programme", "A Defence Program began.", (), (), ["Defence", "Program"]),
        (
            "CTA pier",
            "The Coastal Transport Authority shut the pier.",
            (),
            (("Coastal Transport Authority", "CTA"),),
            ["Coastal Transport Authority", "pier"],
        ),
        (
            "coastal transport authority pier",
            "The CTA’s pier is shut.",
            (),
            (("CTA’s", "coastal transport authority"),),
            ["CTA’s", "pier"],
        ),
        ("skravik quay", QUAY, (), (("Skarvik", "skravik"),), ["quay", "Skarvik"]),
        ("日本", "日本は遠い。", (), (), ["日本"]),
    ],
)
def test_what_is_shown_with_a_quote(
    question: str,
    text: str,
    missing: tuple[str, ...],
    matched_expansions: tuple[tuple[str, str], ...],
    highlights: list[str],
) -> None:
    """Highlights are the article's own letters; unmatched terms are as typed; expansions are listed.

    The definition of an acronym may be in another article.
    """
    defines = article("The Coastal Transport Authority (CTA) met far away.", id="z")
    quote = next(quote for quote in chosen(question, article(text), defines) if quote.text == text)
    assert quote.unmatched_terms == missing
    assert quote.matched_expansions == matched_expansions
    assert highlighted(quote) == highlights


def test_a_word_that_occurs_in_both_forms() -> None:
    """If the typed form is in the quote too, no expansion is listed, and both are highlighted."""
    (quote,) = chosen("CTA", article("The Coastal Transport Authority (CTA) met."))
    assert quote.matched_expansions == ()
    assert highlighted(quote) == ["Coastal Transport Authority", "CTA"]


TOLD = "The crew of the lighthouse was saved by fishermen from Orre."


@pytest.mark.parametrize(
    "leading",
    [
        "Who saved the crew of the lighthouse?",
        "“Who saved the crew of the lighthouse?”",
        "Read more: How the crew of the lighthouse was saved",
        "Live updates:The crew of the lighthouse was saved",
        "Opinion:The crew of the lighthouse was saved too late",
        "More on the storm:The crew of the lighthouse was saved",
    ],
)
def test_questions_and_pointers_come_last(leading: str) -> None:
    """A question, and a line that leads to another article, are quoted after statements."""
    question = "who saved the crew of the lighthouse"
    first, *_ = chosen(question, article(leading), article(TOLD, id="b.md"))
    assert first.text == TOLD
    (only,) = chosen(question, article(f"{leading}\n\n{TOLD}"))
    assert only.text == TOLD
    (alone,) = chosen(question, article(leading))
    assert alone.text == leading


@pytest.mark.parametrize(
    "telling",
    [
        "Who saved the crew? The fishermen did.",
        "Background: The crew was saved.",
        "More than the crew: two were saved.",
    ],
)
def test_a_statement_that_looks_like_a_question_or_a_pointer(telling: str) -> None:
    """A question with its answer, and a label with a blank after it, are statements."""
    other = "The crew had come to the island in the spring of a long and quiet year, and left it again in the autumn."
    first, *_ = chosen("who saved the crew", article(telling), article(other, id="b.md"))
    assert first.text == telling


def test_a_name_typed_in_small_letters() -> None:
    """It is matched, and not listed as found in another form."""
    (quote,) = chosen("fed rates", article("The Fed’s rates went up."))
    assert (quote.unmatched_terms, quote.matched_expansions) == ((), ())


def test_a_first_quote_that_is_moved_back_matches_something_itself() -> None:
    """A quote that leaves its subject to its title is shown first or not at all: after a better one it is filler."""
    full = article("The crew of Skarvik was saved by fishermen.")
    titled = article("Nobody at the pier was saved.", title="The crew of Skarvik and its fishermen", id="b.md")
    found = build_index((full, titled))
    asked = expand(found.lexicon, Question("Skarvik crew fishermen saved"))
    hits = sorted(found.retriever.search(asked, 9), key=lambda hit: hit.passage.article.id != titled.id)

    def order(hits: list[Hit]) -> list[str]:
        return [
            one.article.id for one in choose_quotes(Coverage(asked, found.lexicon.idf, found.tokens), hits, 3).quotes
        ]

    assert (order(hits[:1]), order(hits)) == ([titled.id], [full.id])


@pytest.mark.parametrize(
    ("published", "text", "lacking"),
    [
        (date(2024, 6, 1), "The Skarvik quay burnt.", ()),
        (date(2023, 6, 1), "The Skarvik quay burnt.", ("2024",)),
        (None, "The Skarvik quay burnt.", ("2024",)),
        (date(2024, 6, 1), "The Skarvik quay burnt in 1963.", ("2024",)),
        (date(2024, 6, 1), "The Skarvik quay burnt for the 2020s' longest night.", ("2024",)),
        (date(2024, 6, 1), "Of the Skarvik quay 20245 planks burnt.", ()),
    ],
)
def test_the_year_of_publication_is_not_reported_missing(
    published: date | None, text: str, lacking: tuple[str, ...]
) -> None:
    """Unless the quote names another year, which it may be about instead."""
    (quote,) = chosen("Skarvik quay burnt 2024", article(text, published=published))
    assert (quote.unmatched_terms, quote.without_year(quote.unmatched_terms)) == (("2024",), lacking)


def test_a_further_quote_matches_something_itself() -> None:
    """A first quote may leave its subject to its title; a further one that does is filler."""
    first = article("The crew of Skarvik was saved by fishermen at night.", title="Skarvik")
    further = article("Nobody at the pier was saved.", title="The crew of Skarvik and its fishermen", id="b.md")
    question = "Skarvik crew fishermen saved"
    assert [quote.article.id for quote in chosen(question, first, further)] == [first.id]
    assert [quote.article.id for quote in chosen(question, further)] == [further.id]


def test_the_newest_comes_first_if_asked_for() -> None:
    """Of quotes that hold all of the question the later article's is first; where only the subject is, the order is
    that of the search. What lacks a word comes behind, however late it is.
    """
    early = article("The Skarvik quay was repaired, and opened.", id="early", published=date(2024, 1, 1))
    late = article("People met, and spoke of a quay that is in Skarvik.", id="late", published=date(2024, 6, 1))
    undated = article("Some say that a Skarvik quay is old.", id="undated")
    other = article("A quay of Orre is closed.", id="other", published=date(2025, 1, 1))

    def order(question: str) -> list[str]:
        return [quote.article.id for quote in chosen(question, early, late, undated, other)]

    assert order("Skarvik quay") == ["early", "undated", "late"]
    assert order("what is the latest on the Skarvik quay") == ["late", "early", "undated"]


def test_the_newest_is_searched_beyond_what_is_shown() -> None:
    """What matches the whole question is shown before what the search finds surer, the newest first, whatever its
    title is. Whether the archive answers is judged as ever.
    """
    sure = [
        article(f"The Skarvik quay is {how}.", title="Skarvik quay", id=how, published=date(2024, 1, day))
        for day, how in enumerate(("open", "old", "shut", "long"), start=1)
    ]
    filler = "Several people met there again on that day, and spoke about this and that. " * 8
    new = article(f"The Skarvik quay burnt. {filler}", title="Fires", id="new", published=date(2024, 6, 1))
    usual = choice("Skarvik quay", *sure, new)
    latest = choice("any news about the Skarvik quay", *sure, new)
    assert "new" not in [quote.article.id for quote in usual.quotes]
    assert [quote.article.id for quote in latest.quotes] == ["new", "long", "shut"]
    assert usual.surest == latest.surest
