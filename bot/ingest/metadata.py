"""Parse and validate an article's metadata: title, author, source, date of publication and URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from bot.ingest.encoding import clean

_MISSING = {"", "none", "null"}  # what some exports write for a missing value
_DATE_FORMATS = ("%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y")
_URL = re.compile(r"https?://[^\s<>\"|]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """An article's metadata; unknown fields are None, ``source`` is the publisher."""

    title: str | None = None
    author: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None

    def with_fallback(self, other: Metadata) -> Metadata:
        """Fill in the unknown fields from ``other``."""
        return replace(other, **{name: value for name, value in asdict(self).items() if value})


def parse_date(value: str) -> date | None:
    """Parse a date: ISO 8601, "7 May 2025", "May 7, 2025" or an email's date; None if it is none of these."""
    value = value.strip()
    with suppress(ValueError):
        return datetime.fromisoformat(value).date()
    for date_format in _DATE_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(value, date_format).date()
    if "," in value and ":" in value:
        with suppress(ValueError):
            return parsedate_to_datetime(value).date()
    return None


def _validate_date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    parsed = parse_date(value) if isinstance(value, str) else None
    if parsed is None:
        raise PydanticCustomError("date", "is not a date such as 2025-05-07")
    return parsed


def _validate_text(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    texts = [" ".join(clean(part).split()) for part in parts if isinstance(part, str)]
    if len(texts) < len(parts) or not any(texts):
        raise PydanticCustomError("text", "is not a string")
    return ", ".join(filter(None, texts))


def _validate_url(value: object) -> str:
    url = _validate_text(value)
    if not _URL.fullmatch(url):
        raise PydanticCustomError("url", "is not a web address such as https://example.org/article")
    return url


_Text = Annotated[str | None, BeforeValidator(_validate_text)]
_Date = Annotated[date | None, BeforeValidator(_validate_date)]
_Url = Annotated[str | None, BeforeValidator(_validate_url)]


class _Fields(BaseModel):
    """Metadata under any of the usual field names; unknown fields are ignored."""

    title: _Text = None
    author: _Text = Field(None, validation_alias=AliasChoices("author", "authors", "by"))
    source: _Text = Field(None, validation_alias=AliasChoices("source", "publisher", "site"))
    published: _Date = Field(None, validation_alias=AliasChoices("published", "date"))
    url: _Url = Field(None, validation_alias=AliasChoices("url", "link"))


class _StrictFields(_Fields):
    model_config = ConfigDict(extra="forbid")


def parse_metadata(raw: Mapping[str, object], *, forbid_unknown: bool = False) -> tuple[Metadata, tuple[str, ...]]:
    """Parse the valid fields of ``raw``; also return a half sentence about each invalid one.

    Field names are case-insensitive; an empty value, "None" and "null" count as missing. Unknown fields are ignored,
    or reported with ``forbid_unknown``.
    """
    model = _StrictFields if forbid_unknown else _Fields
    values = {name.lower(): value for name, value in raw.items() if not _is_missing(value)}
    warnings: list[str] = []
    while True:
        try:
            fields = model.model_validate(values)
        except ValidationError as error:
            for name, detail in {str(at["loc"][0]): at for at in error.errors(include_url=False)}.items():
                is_unknown = detail["type"] == "extra_forbidden"
                reason = "is not one of title, author, source, published and url" if is_unknown else detail["msg"]
                warnings.append(f'"{name}" {reason}')
                del values[name]
        else:
            return Metadata(**fields.model_dump()), tuple(warnings)


def _is_missing(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value[:20].strip().lower() in _MISSING)
