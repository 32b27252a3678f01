"""The archive of the scenarios: the sample articles, and some invented ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

from bot.models import Article
from bot.search.answerer import Answerer
from tests.factories import article, build_answerer, read_articles

from .process import ROOT

AGREED = "what was agreed on GCAP"
LIT = "when is the lighthouse of Orre lit"


def _dated(text: str, title: str, day: date) -> Article:
    return article(text, id=title, title=title, published=day, source="Valley Courier")


INVENTED = (
    _dated("The lighthouse of Orre is lit at six in winter.", "Winter at sea", date(2021, 11, 2)),
    _dated("In summer nobody lit the lighthouse of Orre before ten.", "Summer at sea", date(2022, 6, 3)),
    _dated("Fishermen lit the lighthouse of Orre by turns, at seven.", "Who keeps the light", date(2023, 3, 4)),
    _dated(
        "Of all that the council heard that evening, and it heard much of roads and of schools, little was of the "
        "lighthouse of Orre; that it is lit by a clock from now on, whatever the season, took one sentence. The "
        "road to the quarry is to be mended before winter, the school gets a second stove, and of the three bids for "
        "the new roof of the hall none was thought good enough, so that all three were sent back with many thanks.",
        "An evening at the council",
        date(2025, 2, 5),
    ),
)


@cache
def answerer() -> Answerer:
    """Return the answerer of the sample and the invented articles, each with a URL."""
    articles = (*read_articles([ROOT / "corpus"]).articles, *INVENTED)
    return build_answerer(
        [replace(one, url=f"https://articles.example/{number}") for number, one in enumerate(articles)]
    )
