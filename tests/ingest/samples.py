"""A sample article in every supported format, and helpers to read files and inspect articles."""

from __future__ import annotations

import gzip
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from bot.ingest.draft import Draft, build_article
from bot.ingest.formats import plain
from bot.ingest.metadata import Metadata
from bot.ingest.reader import ReadResult
from bot.models import Article, Paragraph
from bot.text.paragraphs import split_paragraphs
from tests.factories import read_articles


@dataclass(frozen=True)
class Sample:
    """An article without a format: its title, and sections of a heading (None for the first) and paragraphs."""

    title: str
    sections: tuple[tuple[str | None, tuple[str, ...]], ...]

    @property
    def paragraphs(self) -> list[tuple[str | None, str]]:
        return [(heading, words) for heading, paragraphs in self.sections for words in paragraphs]


HARBOUR = Sample(
    "Harbour Town Opens a Second Ferry Pier",
    (
        (None, ("The harbour town of Lund’s Bay opened its second ferry pier on Monday after a decade of delays.",)),
        (
            "What It Cost",
            (
                "The pier cost 14 million crowns, twice what the council had set aside for it in the first plan.",
                "Café owners along the quay paid a tenth of the sum, and will be repaid from the mooring fees.",
            ),
        ),
        ("Next Steps", ("A third pier is to follow once the dredging of the northern basin has been finished.",)),
    ),
)


def plain_text(sample: Sample, gap: str = "\n\n") -> str:
    blocks = [sample.title]
    for heading, paragraphs in sample.sections:
        blocks += [heading] if heading else []
        blocks += paragraphs
    return gap.join(blocks) + "\n"


def markdown_text(sample: Sample) -> str:
    def escaped(words: str) -> str:
        return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", words)

    blocks = [f"# {escaped(sample.title)}"]
    for heading, paragraphs in sample.sections:
        blocks += [f"## {escaped(heading)}"] if heading else []
        blocks += map(escaped, paragraphs)
    return "\n\n".join(blocks) + "\n"


def html_text(sample: Sample) -> str:
    blocks = [f"<h1>{html.escape(sample.title)}</h1>"]
    for heading, paragraphs in sample.sections:
        blocks += [f"<h2>{html.escape(heading)}</h2>"] if heading else []
        blocks += [f"<p>{html.escape(words)}</p>" for words in paragraphs]
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Site</title></head>'
        f"<body><nav>Home</nav><article>{''.join(blocks)}</article><footer>Contact</footer></body></html>"
    )


def json_line(sample: Sample, **metadata: object) -> str:
    return json.dumps({"text": plain_text(sample), **metadata}, ensure_ascii=False) + "\n"


def write_formats(sample: Sample) -> dict[str, bytes]:
    """The sample as one file per supported format and variant: its contents by file name."""
    line = json_line(sample, id="story").encode()
    return {
        "story.txt": plain_text(sample).encode(),
        "lines.text": plain_text(sample, "\n").encode(),
        "windows.txt": plain_text(sample).replace("\n", "\r\n").encode("utf-8-sig"),
        "story.md": markdown_text(sample).encode(),
        "story.html": html_text(sample).encode(),
        "story.jsonl": line,
        "packed.jsonl.gz": gzip.compress(line, mtime=0),
    }


def write_files(folder: Path, **files: str) -> Path:
    """Write files below a folder; ``__`` in a name becomes a slash, ``_`` a dot."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def read_file(folder: Path, name: str, content: bytes | str) -> ReadResult:
    """Write a file and read it."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_articles([path])


def read_article(folder: Path, name: str, content: bytes | str) -> Article:
    """Write a file and read the only article in it."""
    (article,) = read_file(folder, name, content).articles
    return article


def parse_article(text: str) -> Article:
    """Read an article from plain text."""
    return to_article(plain.parse_text(text))


def to_article(draft: Draft) -> Article:
    return build_article(draft, id="a", file="a.txt", overrides=Metadata())


def list_paragraphs(article: Article) -> list[tuple[str | None, str]]:
    """The heading and text of each paragraph."""
    return [(heading_of(paragraph), paragraph.text) for paragraph in split_paragraphs(article)]


def heading_of(paragraph: Paragraph) -> str | None:
    return paragraph.heading.slice(paragraph.article.text) if paragraph.heading else None


def list_marks(article: Article) -> list[tuple[str, str]]:
    return [(mark.kind, mark.span.slice(article.text)) for mark in article.marks]


def read_ids(*paths: Path) -> list[str]:
    """Read the articles below the paths and return their ids."""
    return [article.id for article in read_articles(paths).articles]
