"""What the Home tab says of the archive: how much it holds, from when, and what is newest.

Keeps secret what is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.archive import Archive
from bot.models import Article, day
from bot.slack.blockkit import Json, bullets, plain_text, rich_text, section
from bot.slack.blocks import EXAMPLE_LIMIT
from bot.slack.markup import shorten


def holdings(archive: Archive, loaded: datetime) -> Iterator[Json]:
    """What ``archive`` holds, which was read when it was ``loaded``."""
    parts = [_count(len(archive), "article")]
    parts += [_count(archive.publishers, "source")] if archive.publishers else []
    borders = dict.fromkeys(day(when) for when in (archive.earliest, archive.latest) if when)
    parts += [" to ".join(borders)] if borders else []
    yield sentence(f"{' · '.join(parts)}. Read on {day(loaded.date())} at {loaded:%H:%M} UTC.")
    if archive.newest:
        yield sentence("The latest:")
        yield listed([_line(one) for one in archive.newest])


def sentence(words: str) -> Json:
    """A sentence of the bot's own."""
    return section(plain_text(words))


def listed(items: Sequence[str]) -> Json:
    """A list, each item on one line."""
    return rich_text(bullets([shorten(item, 2 * EXAMPLE_LIMIT) for item in items]))


def _line(article: Article) -> str:
    return f"{shorten(article.title, EXAMPLE_LIMIT)} · {day(article.published)}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
