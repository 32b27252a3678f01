"""Parse and validate an article's metadata: title, author, source, date of publication and URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from bot.ingest.dates import parse_date
from bot.ingest.encoding import clean

_MISSING = {"", "none", "null"}  # what some exports write for a missing value
_PLACEHOLDER = re.compile(
    r"untitled\b.{0,20}|(?:new |microsoft )?(?:word )?document ?\d{0,4}|(?:word|title|tmp|temp|template)"
    r"|microsoft (?:office )?(?:word|user)|.{1,100}\.(?:docx?|dotx?|rtf|odt|epub|indd|txt|html?)"
    r"|python-docx|apache poi|calibre.{0,20}|unknown(?: author)?|un-named|author|user|windows user|admin|administrator",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"|]+", re.IGNORECASE)


def is_placeholder(value: str) -> bool:
    """Whether a title or author is one that programs fill in of their own, such as "Untitled document"."""
    return _PLACEHOLDER.fullmatch(value.strip()) is not None


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


class Metadata(BaseModel):
    """An article's metadata, under any of the usual field names; unknown fields are None.

    ``source`` is the publisher.
    """

    model_config = ConfigDict(frozen=True)

    title: _Text = None
    author: _Text = Field(default=None, validation_alias=AliasChoices("author", "authors", "by"))
    source: _Text = Field(default=None, validation_alias=AliasChoices("source", "publisher", "site"))
    published: _Date = Field(default=None, validation_alias=AliasChoices("published", "date"))
    url: _Url = Field(default=None, validation_alias=AliasChoices("url", "link"))

    def with_fallback(self, other: Metadata) -> Metadata:
        """Fill in the unknown fields from ``other``."""
        return other.model_copy(update={name: value for name, value in self if value})


class _StrictMetadata(Metadata):
    model_config = ConfigDict(extra="forbid")


def parse_metadata(raw: Mapping[str, object], *, forbid_unknown: bool = False) -> tuple[Metadata, tuple[str, ...]]:
    """Parse the valid fields of ``raw``; also return a half sentence about each invalid one.

    Field names are case-insensitive; an empty value, "None" and "null" count as missing. Unknown fields are ignored,
    or reported with ``forbid_unknown``.
    """
    model = _StrictMetadata if forbid_unknown else Metadata
    values = {name.lower(): value for name, value in raw.items() if not _is_missing(value)}
    warnings: list[str] = []
    while True:
        try:
            return model.model_validate(values), tuple(warnings)
        except ValidationError as error:
            for name, detail in {str(at["loc"][0]): at for at in error.errors(include_url=False)}.items():
                is_unknown = detail["type"] == "extra_forbidden"
                reason = "is not one of title, author, source, published and url" if is_unknown else detail["msg"]
                warnings.append(f'"{name}" {reason}')
                del values[name]


def _is_missing(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value[:20].strip().lower() in _MISSING)
