"""A question finds what it asks for in whatever way the archive writes it."""

from __future__ import annotations

import pytest

from bot.models import Answer, Question
from bot.search.expansion import expand
from tests.factories import answerer, article, index, lexicon

FILLERS = tuple(
    article(text, id=f"zz{number}.txt")
    for number, text in enumerate(
        (
            "The choir sang in the old quarry while rain fell on the hills.",
            "A clerk counted the chairs before the fair began.",
            "The weir above the mill was mended with oak.",
        )
    )
)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        # designations
        ("M-9 tractor", "The M-9 tractor was sold at the fair."),
        ("m-9 tractor", "The M-9 tractor was sold at the fair."),
        ("m9s", "The M-9 tractor was sold at the fair."),
        ("m 9 tractor", "The M-9 tractor was sold at the fair."),
        ("M-9", "The M9 was sold at the fair."),
        ("m-9", "Two M-9KB were sold at the fair."),
        ("M-9s", "One M-9 was sold at the fair."),
        # plurals that the stemmer misses
        ("lens", "The lenses were ground in the harbour."),
        ("knife", "The knives were ground in the harbour."),
        ("thieves", "A thief was seen in the harbour."),
        ("hypothesis", "Three hypotheses were heard."),
        ("fisherman", "Two fishermen were heard."),
        ("which CEO left", "CEOs of two yards left."),
        ("ceos", "The CEO left the yard."),
        # hyphens and compounds
        ("preschool", "The pre-school has a new roof."),
        ("pre-school", "The preschool has a new roof."),
        ("windfarm", "The wind-farm has a new mast."),
        ("offshore crane", "An off-shore crane fell."),
        ("off-shore crane", "An offshore crane fell."),
        ("a standoff in the bay", "The stand-off in the bay ended."),
        ("a stand-off in the bay", "The standoff in the bay ended."),
        ("boatyard", "The boat yard has a new roof."),
        ("boat yard", "The boatyard has a new roof."),
        ("flu19", "A wave of FLU-19 emptied the school."),
        # capitals
        ("M-9", "The M-9 was sold at the fair."),
        ("WHO SOLD THE TRACTOR", "Anna Berg sold the tractor."),
        ("us fleet in the bay", "The US fleet left the bay in June."),
        ("THE US FLEET", "The US fleet left the bay in June."),
        ("it department", "The IT department moved to the attic."),
        # names with signs, or of one letter
        ("F#", "Pupils write F# in the attic."),
        ("d++ course", "The D++ course begins in May."),
        (".net", "The attic runs on .NET today."),
        ("type s boiler", "The Type S boiler burst."),
        # parts of names, and letters
        ("Orsay", "The quay of d'Orsay was flooded."),
        ("Keefe", "Mary O'Keefe won the race."),
        ("Schröder", "Karl Schroeder won the race."),
        ("Schroeder", "Karl Schröder won the race."),
        # numbers
        ("mast 2.5 million", "The mast cost $2.5m in all."),
        ("mast 2.5m", "The mast cost 2.5 million in all."),
        ("mast 300bn", "The mast cost 300 billion in all."),
        ("mast 12,000", "The mast weighs 12000 pounds."),
        ("ferry 21 June 2019", "The ferry of June 21st, 2019 was late."),
        ("ferry 12 June 2019", "The ferry of June 12th, 2019 was late."),
        ("eleven swans", "Some 11 swans returned."),
        ("11 swans", "Eleven swans returned."),
        ("25 swans", "Twenty-five swans returned."),
        ("twenty-five swans", "Some 25 swans returned."),
        ("War 2", "The memorial of World War II was cleaned."),
        ("war two", "The memorial of World War II was cleaned."),
        ("fees 8 percent", "The fees rose by 8% in May."),
        ("fees 8 per cent", "The fees rose by 8 percent in May."),
        ("fees 8%", "The fees rose by 8 per cent in May."),
        # dates
        ("4 March 2021", "The bell cracked on 2021-03-04."),
        ("2021-03-04", "The bell cracked on March 4, 2021."),
        ("March 4th, 2021", "The bell cracked on 4 March 2021."),
        ("24 September 2021", "The bell cracked on Sept. 24, 2021."),
        ("24 September 2021", "The bell cracked on 24/09/2021."),
        # titles
        ("PhD", "She wrote her Ph.D. in Orre."),
        ("Ph.D.", "She wrote her PhD in Orre."),
    ],
)
def test_ways_to_write(question: str, text: str) -> None:
    """However it is typed, the first quote is what was asked for, and nothing is missing."""
    reply = answerer(article(text, id="a.txt"), *FILLERS).answer(Question(question))
    assert isinstance(reply, Answer), reply
    assert reply.quotes[0].text == text
    assert not reply.quotes[0].unmatched_terms


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("petite", "The petition was handed in."),
        ("who founded the abbey", "A coin was found in the abbey."),
        ("import", "The important papers burned."),
        ("universe", "The university has a new roof."),
        ("structuralism", "Structural damage closed the bridge."),
        ("resign", "They will re-sign the lease; a resignation is far away."),
        ("Westmoor", "The west moor was burned."),
        ("M-8", "The M-9 was sold at the fair."),
        ("teaches C", "She teaches C++ and C# in Orre."),
        ("Type R", "The Type S boiler burst."),
        ("tell us about the fleet", "The US left the bay in June."),
        ("5 March 2021", "The bell cracked on 2021-04-05 in the tower."),
    ],
)
def test_what_is_merely_alike(question: str, text: str) -> None:
    """Words that are merely alike do not meet, nor do two names, numbers or dates."""
    query = expand(index(text, *(filler.text for filler in FILLERS)).lexicon, Question(question))
    last = query.words[-1] if query.words else None
    reply = answerer(article(text, id="a.txt"), *FILLERS).answer(Question(question))
    quotes = reply.shown_quotes
    if question in ("tell us about the fleet", "who founded the abbey", "teaches C", "resign"):
        matched = {
            quote.text[span.start - quote.span.start : span.end - quote.span.start]
            for quote in quotes
            for span in quote.highlights
        }
        assert not matched & {"US", "found", "C++", "C#", "re-sign"}
    else:
        assert last is not None
        assert not isinstance(reply, Answer)


def test_a_variant_weighs_less_than_what_was_typed() -> None:
    """What only a rule found is searched at less weight, and is what stands in the archive."""
    query = expand(
        lexicon("An e-mail with 2.5m crowns", "ceasefire and cease-fire"), Question("email ceasefire 2.5 million")
    )
    variants = [one for one in query.expansions if one.origin == "form"]
    assert {one.text for one in variants} == {"e mail", "ceas fire", "2.5m"}
    assert all(one.weight < 1 for one in variants)
