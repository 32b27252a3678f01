"""What a button's value names: quotes and questions by their ids, never by their words.

Keeps secret how a value is written down, and how a quote is found again from it: by any process, after any restart, or
not at all where the article is no longer what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, Field

from bot.archive import Archive
from bot.models import Quote, Span
from bot.records import Place
from bot.slack.markup import size

# What Slack takes of a button's value.
VALUE_LIMIT = 2_000
# What it takes of a menu's.
OPTION_LIMIT = 150
# Hexadecimal digits of an article's digest: enough to tell one text of it from another, short enough for a value.
DIGITS = 16


class Reference(NamedTuple):
    """A quote: its article's id, where it stands in that article's text, and how that text's digest began."""

    article: str
    start: int
    end: int
    digest: str


class Showing(BaseModel):
    """The quotes of the reply to the question at ``place``, and which of them is looked at."""

    place: Place
    quotes: tuple[Reference, ...]
    at: int = 0

    def turned(self, by: int) -> Showing | None:
        """The same with another quote looked at; None where there is none."""
        at = self.at + by
        return self.model_copy(update={"at": at}) if 0 <= at < len(self.quotes) else None


class Rating(BaseModel):
    """What somebody thinks of the reply to the question at ``place``."""

    place: Place
    useful: bool


class Turn(BaseModel):
    """Page ``at`` of the passages for the question at ``place``, as it was in this ``version``.

    ``goes_on``: it was searched with the subject of those before it, which the records know.
    """

    place: Place
    version: str
    at: int = Field(ge=0)
    goes_on: bool = False


class Answered(BaseModel):
    """The reply to the question at ``place``, as it was in this ``version``."""

    place: Place
    version: str


def value_of(named: BaseModel) -> str:
    """``named`` as a button holds it."""
    return named.model_dump_json()


def showing_of(place: Place, quotes: Sequence[Quote]) -> Showing | None:
    """As many of the first ``quotes`` as a button's value can name; None where it can name none.

    An article whose id is no text (the name of its file is not) cannot be named.
    """
    named: list[Reference] = []
    for quote in quotes:
        if _is_text(quote.article.id):
            longer = Showing(place=place, quotes=(*named, reference_of(quote)), at=len(quotes))
            if size(value_of(longer)) > VALUE_LIMIT:
                break
            named.append(longer.quotes[-1])
    return Showing(place=place, quotes=tuple(named)) if named else None


def reference_of(quote: Quote) -> Reference:
    """What finds ``quote`` again."""
    return Reference(quote.article.id, quote.span.start, quote.span.end, quote.article.sha256[:DIGITS])


def _is_text(name: str) -> bool:
    """Whether ``name`` can be written down as text."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


def find(archive: Archive, reference: Reference) -> Quote:
    """The quote that ``reference`` names, verified now. VerificationError where its source has changed."""
    return archive.find(reference.article, Span(reference.start, reference.end), reference.digest)
