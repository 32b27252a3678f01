"""One story, and the files in which it may come. Secret: how each format spells titles, headings and paragraphs."""

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
from bot.ingest.reader import ReadResult, read_articles
from bot.models import Article, Paragraph
from bot.text.paragraphs import split_paragraphs


@dataclass(frozen=True)
class Story:
    """A title, and sections: a heading (None above the first) and the paragraphs below it."""

    title: str
    sections: tuple[tuple[str | None, tuple[str, ...]], ...]

    @property
    def paragraphs(self) -> list[tuple[str | None, str]]:
        return [(heading, words) for heading, paragraphs in self.sections for words in paragraphs]


HARBOUR = Story(
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


def plain_text(story: Story, gap: str = "\n\n") -> str:
    blocks = [story.title]
    for heading, paragraphs in story.sections:
        blocks += [heading] if heading else []
        blocks += paragraphs
    return gap.join(blocks) + "\n"


def markdown_text(story: Story) -> str:
    def escaped(words: str) -> str:
        return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", words)

    blocks = [f"# {escaped(story.title)}"]
    for heading, paragraphs in story.sections:
        blocks += [f"## {escaped(heading)}"] if heading else []
        blocks += map(escaped, paragraphs)
    return "\n\n".join(blocks) + "\n"


def html_text(story: Story) -> str:
    blocks = [f"<h1>{html.escape(story.title)}</h1>"]
    for heading, paragraphs in story.sections:
        blocks += [f"<h2>{html.escape(heading)}</h2>"] if heading else []
        blocks += [f"<p>{html.escape(words)}</p>" for words in paragraphs]
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Site</title></head>'
        f"<body><nav>Home</nav><article>{''.join(blocks)}</article><footer>Contact</footer></body></html>"
    )


def json_line(story: Story, **facts: object) -> str:
    return json.dumps({"text": plain_text(story), **facts}, ensure_ascii=False) + "\n"


def files(story: Story) -> dict[str, bytes]:
    """The story as a file of every format that is read."""
    line = json_line(story, id="story").encode()
    return {
        "story.txt": plain_text(story).encode(),
        "lines.text": plain_text(story, "\n").encode(),
        "windows.txt": plain_text(story).replace("\n", "\r\n").encode("utf-8-sig"),
        "story.md": markdown_text(story).encode(),
        "story.html": html_text(story).encode(),
        "story.jsonl": line,
        "packed.jsonl.gz": gzip.compress(line, mtime=0),
    }


def read_file(folder: Path, name: str, content: bytes | str) -> ReadResult:
    """Write one file and read it."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_articles([path])


def one(folder: Path, name: str, content: bytes | str) -> Article:
    """Write one file and read the only article in it."""
    (article,) = read_file(folder, name, content).articles
    return article


def from_text(text: str) -> Article:
    """The article in a plain text."""
    return finished(plain.draft(text))


def finished(draft: Draft) -> Article:
    return build_article(draft, id="a", file="a.txt", known=Metadata())


def shown(article: Article) -> list[tuple[str | None, str]]:
    """Each paragraph of an article, and the heading it stands under."""
    return [(heading_of(paragraph), paragraph.text) for paragraph in split_paragraphs(article)]


def heading_of(paragraph: Paragraph) -> str | None:
    return paragraph.heading.slice(paragraph.article.text) if paragraph.heading else None


def marks(article: Article) -> list[tuple[str, str]]:
    return [(mark.kind, mark.span.slice(article.text)) for mark in article.marks]
