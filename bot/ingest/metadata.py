"""What is known about an article besides its words.

Secret: the many ways in which people write a date, and what is done with a fact of the wrong kind (dropped, and named).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from bot.ingest.encoding import clean

_MISSING = {"", "none", "null"}  # what careless exports write where they have nothing
_FORMATS = ("%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"|]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """An article's metadata, each None where unknown; ``source`` is the publisher."""

    title: str | None = None
    author: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None

    def over(self, other: Metadata) -> Metadata:
        """These facts, and the other's where these are unknown."""
        return Metadata(
            self.title or other.title,
            self.author or other.author,
            self.source or other.source,
            self.published or other.published,
            self.url or other.url,
        )


def parse_date(value: str) -> date | None:
    """The day that ``value`` names: ISO 8601, 7 May 2025, May 7, 2025 or a mail's date."""
    value = value.strip()
    with suppress(ValueError):
        return datetime.fromisoformat(value).date()
    for form in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(value, form).date()
    if "," in value and ":" in value:
        with suppress(ValueError):
            return parsedate_to_datetime(value).date()
    return None


def _as_day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("day", "is not a date such as 2025-05-07")
    return found


def _as_words(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    words = [" ".join(clean(part).split()) for part in parts if isinstance(part, str)]
    if len(words) < len(parts) or not any(words):
        raise PydanticCustomError("words", "is not a text")
    return ", ".join(filter(None, words))


def _as_address(value: object) -> str:
    address = _as_words(value)
    if not _WEB_ADDRESS.fullmatch(address):
        raise PydanticCustomError("address", "is not a web address such as https://example.org/article")
    return address


MetadataText = Annotated[str | None, BeforeValidator(_as_words)]


class _Given(BaseModel):
    """Facts as someone wrote them down, under the names in use."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: MetadataText = None
    author: MetadataText = Field(None, validation_alias=AliasChoices("author", "authors", "by"))
    source: MetadataText = Field(None, validation_alias=AliasChoices("source", "publisher", "site"))
    published: Annotated[date | None, BeforeValidator(_as_day)] = Field(
        None, validation_alias=AliasChoices("published", "date")
    )
    url: Annotated[str | None, BeforeValidator(_as_address)] = Field(None, validation_alias=AliasChoices("url", "link"))


class _OnlyGiven(_Given):
    model_config = ConfigDict(extra="forbid")


def parse_metadata(raw: Mapping[str, object], *, only: bool = False) -> tuple[Metadata, tuple[str, ...]]:
    """The facts in ``raw`` that are of the right kind, and a half sentence on each that is not.

    Names are taken in any case; an empty value, "None" and "null" are missing. With ``only``, a name that is no fact's
    is named too.
    """
    model = _OnlyGiven if only else _Given
    given = {name.lower(): value for name, value in raw.items() if not _is_missing(value)}
    warnings: list[str] = []
    while True:
        try:
            facts = model.model_validate(given)
        except ValidationError as error:
            for name, why in {str(at["loc"][0]): at for at in error.errors(include_url=False)}.items():
                reason = "is not a name this knows" if why["type"] == "extra_forbidden" else why["msg"]
                warnings.append(f'"{name}" {reason}')
                del given[name]
        else:
            return Metadata(facts.title, facts.author, facts.source, facts.published, facts.url), tuple(warnings)


def _is_missing(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value[:20].strip().lower() in _MISSING)
