"""``pullquote read``: show what is read from each file, and why others are not read."""

from __future__ import annotations

import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from bot import settings
from bot.cli.console import SafeConsole
from bot.cli.options import AsJson
from bot.errors import ReadOutcome
from bot.ingest.files import ArticleFile, display_name, list_files
from bot.ingest.processes import shared_process
from bot.ingest.reader import ArticleRecord, read_each
from bot.models import Article, Paragraph, pluralize
from bot.text.paragraphs import split_paragraphs


class ParagraphOut(BaseModel):
    """A paragraph; ``start`` and ``end`` are offsets into the canonical text, ``page`` is where it begins."""

    number: int
    page: int | None
    heading: str | None
    text: str
    start: int
    end: int

    @classmethod
    def of(cls, paragraph: Paragraph) -> ParagraphOut:
        pages, span, heading = paragraph.article.pages_of(paragraph.span), paragraph.span, paragraph.heading
        return cls(
            number=paragraph.number,
            page=pages[0] if pages else None,
            heading=heading.slice(paragraph.article.text) if heading else None,
            text=paragraph.text,
            start=span.start,
            end=span.end,
        )


class ReadOut(BaseModel):
    """A line of ``pullquote read --json``: one article, or a file or line that gives none."""

    path: str
    outcome: ReadOutcome
    reason: str | None
    """Why there is no article, or what was left out of it."""
    id: str
    title: str | None = None
    author: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None
    pages: int | None = None
    paragraphs: list[ParagraphOut] = []

    @classmethod
    def of(cls, file: ArticleFile, record: ArticleRecord, article: Article | None) -> ReadOut:
        path = display_name(os.fspath(file.path))
        reason = record.reason or " ".join(record.warnings) or None
        if article is None:
            return cls(path=path, outcome=record.outcome, reason=reason, id=record.requested_id)
        return cls(
            path=path,
            outcome=record.outcome,
            reason=reason,
            id=record.requested_id,
            title=article.title,
            author=article.author,
            source=article.source,
            published=article.published,
            url=article.url,
            pages=max((start.page for start in article.pages), default=None),
            paragraphs=[ParagraphOut.of(paragraph) for paragraph in split_paragraphs(article)],
        )


def read(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Folders of articles, or single files.")],
    as_json: AsJson = False,
) -> None:
    """Show what is read from each file, and why others are not read."""
    console = SafeConsole()
    outcomes: Counter[str] = Counter()
    chosen = settings.load()
    process = shared_process(chosen.read_limits)
    for file, record, article in read_each(list_files(paths), process):
        found = ReadOut.of(file, record, article)
        outcomes["read" if article else "skipped"] += 1
        if as_json:
            typer.echo(found.model_dump_json())
        else:
            _print(console, found)
    if not as_json:
        console.print(f"{pluralize(outcomes['read'], 'article')} read, {outcomes['skipped']:,} skipped.")


def _print(console: SafeConsole, found: ReadOut) -> None:
    paragraphs = pluralize(len(found.paragraphs), "paragraph")
    size = paragraphs if found.pages is None else f"{pluralize(found.pages, 'page')}, {paragraphs}"
    console.print(f"{found.id}: {size if found.paragraphs else 'skipped'}", soft_wrap=True)
    known = [found.title, found.author, found.source, found.published.isoformat() if found.published else None]
    for line in (" · ".join(filter(None, known)), found.reason):
        if line:
            console.print(f"  {line}", soft_wrap=True)
