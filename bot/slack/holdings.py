"""What the Home tab says of the archive: how much it holds, from when, and what is newest.

Keeps secret what is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from bot.archive import Archive
from bot.models import Article, day
from bot.slack.blockkit import Json, bullets, plain_text, rich_text, section
from bot.slack.blocks import EXAMPLE_LIMIT
from bot.slack.markup import shorten

NEWEST = 5


def holdings(archive: Archive, loaded: datetime) -> Iterator[Json]:
    """What ``archive`` holds, which was read when it was ``loaded``."""
    articles = tuple(archive.articles.values())
    dated = sorted((one for one in articles if one.published), key=lambda one: (one.published, one.id), reverse=True)
    sources = {one.source for one in articles if one.source != PurePosixPath(one.id).name}
    parts = [_count(len(articles), "article")]
    parts += [_count(len(sources), "source")] if sources else []
    borders = dict.fromkeys(day(one.published) for one in (*dated[-1:], *dated[:1]))
    parts += [" to ".join(borders)] if borders else []
    yield sentence(f"{' · '.join(parts)}. Read on {day(loaded.date())} at {loaded:%H:%M} UTC.")
    if dated:
        yield sentence("The latest:")
        yield listed([_line(one) for one in dated[:NEWEST]])


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
