"""Read what a web page says about itself: title, author, publisher, date of publication and address.

A page says it several times, and not always truly: in its own tags, in linked data (JSON-LD), and beside its headline.
What it shows its readers beside the headline comes first, then linked data, then tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

from bot.ingest.html.blocks import UNSHOWN_TAGS, extract_blocks, read_short
from bot.ingest.html.bylines import Bylines, fold, parse_first
from bot.ingest.html.content import is_dialog, separate_words

_DATA_LIMIT = 500_000  # characters of one script of linked data; an article's has a tenth of that at most
_TITLE_LIMIT = 600
_HEADINGS = frozenset({"h1", "h2", "h3"})
_HEADINGS_LIMIT = 200
_TITLE_WORDS = 3  # of a heading that is like nothing the page states
_LIKE, _VERY_LIKE = 0.3, 0.6  # shares of common words

_TITLE_KEYS = ("headline", "twitter.title", "citation_title", "dc.title", "dcterms.title", "title")
_AUTHOR_KEYS = (
    "author citation_author parsely-author sailthru.author article.author og.article.author article.author_name byl "
    "dc.creator dcterms.creator"
).split()
_DATE_KEYS = (
    "article.published_time og.article.published_time datepublished article.published parsely-pub-date sailthru.date "
    "dc.date.issued dcterms.issued dc.date.created dcterms.created datecreated citation_online_date "
    "citation_publication_date publish-date publish_date pubdate pdate prism.publicationdate"
).split()
_CHANGE_KEYS = ("dc.date", "dcterms.date", "date")
"""Tags that some programs give the date of the last change."""
_SITE_KEYS = ("og.site_name", "application-name", "dc.publisher", "citation_journal_title")

_ARTICLE_TYPE = re.compile(r"(?:Article|Posting|Report|Review|Recipe|HowTo)\Z")
_SEPARATOR = re.compile(r" (?:[|–—»«·•/-]|::) | ?[|»«] ?")
_WORD = re.compile(r"[^\W_]+")
_ASIDE_TAGS = UNSHOWN_TAGS | {"aside", "base", "footer", "form", "link", "meta", "nav", "noscript"}
_ASIDE = re.compile(
    r"(?<![a-z])(?:comments?|respond|reply|replies|(?:side|right)-?bar|widget\w*+|related\w*+|teasers?|footer|nav\w*+"
    r"|menu\w*+|popular|recommend\w*+|cards?|modal)(?![a-z])",
    re.IGNORECASE,
)

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What is known of a page. ``heading`` is the element that shows the title, ``bylines`` author and date."""

    title: str | None
    author: str | None
    source: str | None
    published: date | None
    url: str | None
    heading: html.HtmlElement | None
    bylines: tuple[html.HtmlElement, ...]


def read_page_metadata(tree: html.HtmlElement) -> PageMetadata:
    """What the page says about itself; None for what it does not say, or not plausibly."""
    tags = _Tags(tree)
    data = _LinkedData(tree)
    site = next(iter([*tags.pick(*_SITE_KEYS), *data.names("publisher")]), None)
    url = next(iter([*tags.canonical, *tags.pick("og.url")]), None)
    host = fold(urlsplit(url).hostname or "") if url else ""
    titles = [*tags.pick("og.title"), *data.names("headline"), *tags.pick(*_TITLE_KEYS)]
    titles = [_strip_site(title, site, host) for title in titles]
    titles += [_strip_site(title, site, host, or_short_end=True) for title in tags.titles]
    shown = list(_iter_main_elements(tree))
    heading = _find_heading(shown, [*titles, *map(_pick_part, tags.titles)])
    if heading is None:  # what was taken for the site's name may be a part of the title
        whole = (one for one in shown if one.tag in _HEADINGS and read_short(one, _TITLE_LIMIT) in tags.titles)
        heading = next(whole, None)
    if heading is None:
        heading = _find_only_heading(shown, [site or "", url or "", *titles, *tags.titles])
    bylines = Bylines(shown, heading, (fold(site or ""), host))
    author = bylines.find_author([data.names("author"), tags.pick(*_AUTHOR_KEYS)])
    stated = [*data.names("datePublished"), *tags.pick(*_DATE_KEYS)]
    published = bylines.find_date(stated, tags.pick(*_CHANGE_KEYS), url)
    title = next(iter(titles), None)
    if heading is not None:
        title = _squeeze(" ".join(words for _, words in extract_blocks(heading)))
    return PageMetadata(
        title=title,
        author=author,
        source=site,
        published=published or parse_first(data.other_dates),
        url=url,
        heading=heading,
        bylines=tuple(bylines.used),
    )


def _squeeze(text: str) -> str:
    return " ".join(text.split())


class _Tags:
    """The page's title, meta and link elements."""

    def __init__(self, tree: html.HtmlElement) -> None:
        self.titles = [text for one in tree.iter("title") if (text := read_short(one, _TITLE_LIMIT))][:1]
        links = [one.get("href", "").strip() for one in tree.iter("link") if one.get("rel", "").lower() == "canonical"]
        self.canonical = [link for link in links if link.lower().startswith(("http://", "https://"))]
        self._values: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            content = _squeeze(element.get("content", "")[:_TITLE_LIMIT])
            names = {element.get(key, "").strip().lower().replace(":", ".") for key in ("property", "name", "itemprop")}
            for name in names if content else ():
                self._values.setdefault(name, []).append(content)

    def pick(self, *names: str) -> list[str]:
        """The contents of the meta elements of these names, in the order of the names."""
        return [content for name in names for content in self._values.get(name, ())]


class _LinkedData:
    """The page's JSON-LD: what it says of an article, and of anything else."""

    def __init__(self, tree: html.HtmlElement) -> None:
        nodes = [node for script in tree.iter("script") for node in _read_nodes(script)]
        self._articles = [node for node in nodes if _is_article(node)]
        self._by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node}
        others = [node.get("datePublished") for node in nodes if not _is_article(node)]
        self.other_dates = [value for value in others if isinstance(value, str)]

    def names(self, key: str) -> list[str]:
        """The strings under the key, or the names of the things, of the first article that has any."""
        for article in self._articles:
            if found := list(self._iter_names(article.get(key))):
                return found
        return []

    def _iter_names(self, value: object) -> Iterator[str]:
        remaining = [value]
        while remaining:
            value = remaining.pop()
            if isinstance(value, str) and value.strip():
                yield _squeeze(value[:_TITLE_LIMIT])
            elif isinstance(value, list):
                remaining += reversed(value)
            elif isinstance(value, dict):
                known = self._by_id.get(str(value.get("@id")), {})
                remaining.append(value.get("name") or known.get("name"))


def _read_nodes(script: html.HtmlElement) -> Iterator[Node]:
    text = script.text or ""
    if "ld+json" not in script.get("type", "") or len(text) > _DATA_LIMIT:
        return
    try:
        remaining = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):  # a mistake of the page costs only what is in it
        return
    while remaining:
        node = remaining.pop()
        if isinstance(node, list):
            remaining += reversed(node)
        elif isinstance(node, dict):
            yield node
            remaining += [node.get(key) for key in ("mainEntityOfPage", "mainEntity", "@graph")]


def _is_article(node: Node) -> bool:
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and _ARTICLE_TYPE.search(name) for name in names)


def _strip_site(title: str, site: str | None, host: str, *, or_short_end: bool = False) -> str:
    """Remove the site's name from the end or the beginning; ``or_short_end``: also a short end that may be its name."""
    parts = list(_SEPARATOR.finditer(title))
    if not parts:
        return title

    def is_site(part: str) -> bool:
        folded, name = fold(part), fold(site or "")
        return bool(folded) and (folded in host or (bool(name) and (folded in name or name in folded)))

    first, last = parts[0], parts[-1]
    rest, end = title[: last.start()], title[last.end() :]
    if is_site(end):
        return rest
    if is_site(title[: first.start()]):
        return title[first.end() :]
    return rest if or_short_end and len(end.split()) <= 4 and len(end) < len(rest) else title


def _pick_part(title: str) -> str:
    """The first part of a title, which is the article's more often than the site's; before "»", it is the last."""
    parts = _SEPARATOR.split(title)
    part = parts[-1] if "»" in title else parts[0]
    return part if len(part.split()) > 1 else title


def _iter_main_elements(tree: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The elements of the page but for those of comments, sidebars and the like that hold no heading of a page."""
    holders: set[html.HtmlElement] = set()
    for element in tree.iter("h1", "article", "main", "body"):
        at = element
        while at is not None and at not in holders:
            holders.add(at)
            at = at.getparent()
    walk = etree.iterwalk(tree, events=("start",))
    for _, element in walk:
        names = f"{element.get('class', '')} {element.get('id', '')}"
        is_aside = element.tag in _ASIDE_TAGS or bool(_ASIDE.search(separate_words(names)))
        if is_dialog(element) or (is_aside and element not in holders):
            walk.skip_subtree()
        else:
            yield element


def _find_heading(shown: Sequence[html.HtmlElement], titles: Sequence[str]) -> html.HtmlElement | None:
    """The element whose words are most like one of the titles that the page states; without any, the first h1."""
    headings = [
        (element, words)
        for element in shown
        if (element.tag in _HEADINGS or "headline" in element.get("itemprop", ""))
        and (words := set(_WORD.findall(read_short(element, _TITLE_LIMIT).casefold())))
    ][:_HEADINGS_LIMIT]
    stated = [words for title in titles if (words := set(_WORD.findall(title.casefold())))]
    firsts = [heading for heading in headings if heading[0].tag == "h1"]
    if not stated:
        return firsts[0][0] if firsts else None

    def likeness(heading: tuple[html.HtmlElement, set[str]]) -> tuple[float, int]:
        """How like it is to one of the titles, and to how early a one."""
        own = heading[1]
        return max((len(own & words) / max(len(own), len(words)), -number) for number, words in enumerate(stated))

    for candidates, least in ((firsts, _LIKE), (headings, _VERY_LIKE)):
        best = max(candidates, key=likeness, default=None)
        if best is not None and likeness(best)[0] >= least:
            return best[0]
    return None


def _find_only_heading(shown: Sequence[html.HtmlElement], names: Sequence[str]) -> html.HtmlElement | None:
    """The only h1, if it is in an article or has some words, and not those of a name, such as that of the site."""
    firsts = [one for one in shown if one.tag == "h1" and read_short(one, _TITLE_LIMIT)]
    words = read_short(firsts[0], _TITLE_LIMIT) if len(firsts) == 1 else ""
    if not words or any(fold(words) in fold(name) for name in names):
        return None
    is_in_article = any(above.tag in {"article", "main"} for above in firsts[0].iterancestors())
    return firsts[0] if is_in_article or len(words.split()) >= _TITLE_WORDS else None
