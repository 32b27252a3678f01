"""Measure the reader of web pages on pages with known snippets, and trafilatura with its defaults beside it.

``python -m tests.evaluation.web_pages PAGES.jsonl.gz`` prints the figures; with ``--pin`` it writes them to
``web_pages.json``, which the tests hold.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

import trafilatura

from bot.errors import UnreadableArticleError
from bot.ingest.draft import build_article, find_first_words
from bot.ingest.formats import html
from bot.ingest.metadata import Metadata
from bot.models import Article
from bot.text.paragraphs import split_paragraphs

BASELINE = Path(__file__).with_name("web_pages.json")
LESS_IS_BETTER = frozenset({"skipped", "unwanted", "authors_wrong", "dates_wrong", "unwanted_beside_trafilatura"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page as saved, snippets that its article has or must not have, and what is known of it; "" is unknown."""

    data: bytes
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    title: str
    author: str
    date: str


def load_pages(path: Path) -> list[Page]:
    """The pages of a file with one JSON object on each line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_parse_page(json.loads(line)) for line in lines]


def _parse_page(row: dict[str, object]) -> Page:
    author = row["author"]
    return Page(
        data=base64.b64decode(str(row["html_base64"])),
        wanted=tuple(row["with"]),  # type: ignore[arg-type]
        unwanted=tuple(row["without"]),  # type: ignore[arg-type]
        title=str(row["title"] or ""),
        author=", ".join(author) if isinstance(author, list) else str(author or ""),
        date=str(row["date"] or ""),
    )


def measure(pages: Sequence[Page]) -> dict[str, float]:
    """Shares, between 0 and 1, by name: of the reader, and how much better it is than trafilatura (below 0: worse).

    ``wanted`` counts the wanted snippets in paragraphs, ``wanted_anywhere`` also those in titles and headings, and
    ``unwanted`` the unwanted ones in paragraphs, whatever the white space. A title is right if it contains the
    known one or the reverse; an author is wrong if none of the words is that of a known one, a date if it is another.
    """
    articles = [_read(page) for page in pages]
    read = [article for article in articles if article is not None]
    texts = [_squeeze(_join_paragraphs(article)) if article else "" for article in articles]
    marked = [
        f"{text} {_squeeze(_join_headings(article))}" if article else ""
        for text, article in zip(texts, articles, strict=True)
    ]
    others = [_squeeze(trafilatura.extract(page.data) or "") for page in pages]
    wanted = [page.wanted for page in pages]
    unwanted = [page.unwanted for page in pages]
    pairs = [(page, article) for page, article in zip(pages, articles, strict=True) if article is not None]
    authors = [(page, article.author) for page, article in pairs if page.author and article.author]
    dates = [(page, article.published) for page, article in pairs if page.date and article.published]
    shares = {
        "skipped": 1 - len(read) / len(pages),
        "wanted": _share(wanted, texts),
        "wanted_anywhere": _share(wanted, marked),
        "unwanted": _share(unwanted, texts),
        "titles_right": _mean(
            _is_same_title(page, article) for page, article in zip(pages, articles, strict=True) if page.title
        ),
        "authors_wrong": _mean(not _words(page.author) & _words(author) for page, author in authors),
        "dates_wrong": _mean(page.date != date.isoformat() for page, date in dates),
    }
    shares["wanted_beside_trafilatura"] = shares["wanted_anywhere"] - _share(wanted, others)
    shares["unwanted_beside_trafilatura"] = shares["unwanted"] - _share(unwanted, others)
    return shares


def _read(page: Page) -> Article | None:
    try:
        draft = html.read(page.data)
    except UnreadableArticleError:
        return None
    has_paragraph = bool(find_first_words(draft.text, draft.marks))
    return build_article(draft, id="page", file="page.html", overrides=Metadata()) if has_paragraph else None


def _join_paragraphs(article: Article) -> str:
    return "\n".join(paragraph.text for paragraph in split_paragraphs(article))


def _join_headings(article: Article) -> str:
    return "\n".join([article.title, *(mark.span.slice(article.text) for mark in article.marks)])


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _share(snippets: Sequence[Sequence[str]], texts: Sequence[str]) -> float:
    """The share of the snippets that are in the text of their page."""
    return _mean(_squeeze(one) in text for some, text in zip(snippets, texts, strict=True) for one in some)


def _is_same_title(page: Page, article: Article | None) -> bool:
    known, found = _squeeze(page.title).casefold(), _squeeze(article.title if article else "").casefold()
    return bool(found) and (known in found or found in known)


def _mean(values: Iterable[bool]) -> float:
    counted = list(values)
    return sum(counted) / len(counted) if counted else 0.0


def digest_file(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def list_shortfalls(path: Path) -> list[str]:
    """A sentence for each share that is worse than its pinned one, or that the pages are others than those pinned."""
    pinned = json.loads(BASELINE.read_text(encoding="utf-8"))
    if pinned["digest"] != digest_file(path):
        return [f"The baseline in {BASELINE.name} was pinned for other pages."]
    measured = measure(load_pages(path))
    return [
        f"{name} is {measured[name]:.4f}, worse than the pinned {worst:.3f}."
        for name, worst in pinned["shares"].items()
        if (measured[name] > worst if name in LESS_IS_BETTER else measured[name] < worst)
    ]


def pin_baseline(path: Path, measured: dict[str, float]) -> None:
    """Write the shares, rounded to three decimals for the worse, as the baseline."""
    shares = {name: float(_round(name, share)) for name, share in measured.items()}
    BASELINE.write_text(json.dumps({"digest": digest_file(path), "shares": shares}, indent=2) + "\n", encoding="utf-8")


def _round(name: str, share: float) -> Decimal:
    rounding = ROUND_CEILING if name in LESS_IS_BETTER else ROUND_FLOOR
    return Decimal(repr(share)).quantize(Decimal("0.001"), rounding)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--pin", action="store_true", help="write the figures as the baseline")
    arguments = parser.parse_args()
    measured = measure(load_pages(arguments.pages))
    for name, share in measured.items():
        print(f"{name:28} {share:7.4f}")  # noqa: T201 - the output of the command
    if arguments.pin:
        pin_baseline(arguments.pages, measured)


if __name__ == "__main__":
    main()
