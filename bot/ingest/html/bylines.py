"""Find the author and the date of a web page's article: as shown beside its headline, or else as stated elsewhere.

Nobody is better than a wrong author: of readers' comments, or a word on a button. The same holds for dates: of the
day and the month, which is which must be evident.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from itertools import islice

from lxml import html

from bot.ingest.dates import parse_date
from bot.ingest.html.blocks import read_short
from bot.ingest.html.content import separate_words

_BYLINE_CHARS = 150
_BELOW, _ABOVE = 80, 25  # elements after and before the headline among which a byline is looked for
_NEAREST = 30  # of those after it, how many come before those above it
_LEAD_CHARS, _LEADS = 120, 2  # a byline may follow so many paragraphs of so many characters
_NAMES_LIMIT = 10
_TIMES = 4  # elements of a page that may all show its date
_NEAR_DAYS = 1  # between the same time in two time zones

_BY = re.compile(
    r"(?:(?:written|posted|published|geschrieben|veröffentlicht|publié|publicado|escrito|scritto"
    r"|story|article|artikel|text|words) )?"
    r"(?:by|von|par|por|di|da|door|av|af|przez|autor(?:in|en|es|a|e)?|author|auteur|redakteur(?:in)?|text)\b ?:? ?",
    re.IGNORECASE,
)
_NAME_END = re.compile(r" ?[|•·(]| [-–—] |,? (?:am|on|at|vom|le|el|updated|published|posted) |[ ,]\d", re.IGNORECASE)
_NO_NAME_CHARS = frozenset("@:/_<>{}[]?!©|")
_NO_NAME = re.compile(
    r"\b(?:admin\w*+|agenc(?:y|ies)|anonym\w*+|articles?|authors?|by|comments?|contact|contributors?|default|e\. ?v"
    r"|editor(?:s|ial)?|facebook|follow|gast|getty|gmbh|guest|https?|images|inc|instagram|kommentare?|llc"
    r"|log ?in|ltd|more|name|newsroom|none|null|posted|press\w*+|published|read|redaccion|redacción|redaction"
    r"|rédaction|redaktion\w*+|redazione|share|staff|subscribe|super ?user|team|twitter|unknown|updated|user"
    r"|username|verlag|webmaster|written|www)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "al and bin da das de del della den der di do dos du e el et ibn la le of ter the und van von y zu zum".split()
)
_AUTHOR_NAMES = re.compile(
    r"(?<![a-z])(?:by-?line|byl|aut(?:h)?or(?:-?name)?|posted-by|submitted-by|writer|journalist|reporter)(?![a-z])",
    re.IGNORECASE,
)

_DATE_NAMES = re.compile(
    r"(?<![a-z])(?:(?:post|entry|article|story|news)[-_]?(?:date|time|on)|date|datum|pub-?date|published|timestamp)(?![a-z])",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"updated|modified|aktualisiert|geändert|\bstand\b|actualizado|mis à jour|aggiornat|bijgewerkt", re.IGNORECASE
)
_INLINE_TAGS = frozenset("a b em h1 h2 h3 strong td".split())
_OTHER_WORDS = 2  # beside a date that is not marked up as one
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_PUBLISHED = re.compile(
    r"(?:published|posted|veröffentlicht|publiziert|erstellt|datum|date|publié|publicado|pubblicato|geplaatst)\b",
    re.IGNORECASE,
)
_YEAR = r"(?:19|20)\d\d"
_DATE = re.compile(
    rf"\b(?:{_YEAR}([-/.])\d\d?\1\d\d?|\d\d?([-/.]) ?\d\d?\2 ?(?:{_YEAR}|\d\d)"
    rf"|\d\d?(?:\.|st|nd|rd|th)? (?:de )?[^\W\d_]{{3,12}}\.?,? (?:de )?{_YEAR}"
    rf"|[^\W\d_]{{3,12}}\.? \d\d?(?:st|nd|rd|th)?,? {_YEAR})\b|{_YEAR}年\d\d?月\d\d?日"
)
_NUMBERS = re.compile(r"(\d\d?)[-/.] ?(\d\d?)[-/.] ?(\d{4}|\d\d)")
_URL_DATE = re.compile(rf"/({_YEAR})[/-]([01]\d)[/-]([0-3]\d)(?!\d)")


class Bylines:
    """The bylines of a page. ``used`` are the elements that show the author or the date that was found."""

    def __init__(
        self, shown: Sequence[html.HtmlElement], heading: html.HtmlElement | None, sites: tuple[str, ...]
    ) -> None:
        """``sites`` are names of the site in lower case, which is nobody's name."""
        self.used: list[html.HtmlElement] = []
        self._shown = shown
        self._near = _find_near(shown, heading)
        self._sites = sites

    def find_author(self, stated: Iterable[Sequence[str]]) -> str | None:
        """The author that is shown near the headline, or those that are ``stated``, or who is shown elsewhere."""
        if shown := self._find_shown_author(self._near):
            return shown
        for names in stated:
            people = [name for name in dict.fromkeys(map(_clean_name, names)) if self._is_name(name)]
            if people:
                return ", ".join(people[:_NAMES_LIMIT])
        return self._find_shown_author(self._shown)

    def find_date(self, stated: Iterable[str], changed: Iterable[str], url: str | None) -> date | None:
        """The date shown near the headline, or that in the address, or one that the page states.

        These are, in order: the ``stated``, its ``time`` elements, and the ``changed``, perhaps of the last change.
        """
        marked = [one for one in self._shown if "datePublished" in one.get("itemprop", "") or "pubdate" in one.attrib]
        times = [one for one in self._near if _is_time(one)]
        values = [one.get("datetime") or one.get("content") or read_short(one, _BYLINE_CHARS) for one in marked]
        only = _find_only_time(self._shown[0].getroottree().getroot()) if self._shown else []
        known = parse_first([*stated, *values, *(one.get("datetime") for one in times), *only, *changed])
        if shown := self._find_shown_date(known):
            return shown
        match = _URL_DATE.search(url or "")
        in_url = parse_date("-".join(match.groups())) if match else None
        if in_url and (known is None or _is_near(in_url, known)):
            return in_url
        return known

    def _find_shown_author(self, elements: Sequence[html.HtmlElement]) -> str | None:
        for element in elements:
            text = read_short(element, _BYLINE_CHARS)
            name = _clean_name(text)
            if _BY.match(text) and _is_full_name(name) and self._is_name(name):
                self.used.append(element)
                return name
        for element in elements:
            is_marked = element.get("rel") == "author" or "author" in element.get("itemprop", "").split()
            if not is_marked and not _AUTHOR_NAMES.search(separate_words(element.get("class", ""))):
                continue
            if any(not read_short(paragraph, _BYLINE_CHARS) for paragraph in element.iterancestors("p")):
                continue  # a name in the text, not in a byline
            name = _clean_name(read_short(element, _BYLINE_CHARS))
            if self._is_name(name) and (is_marked or element.tag == "a" or _is_full_name(name)):
                self.used.append(element)
                return name
        return None

    def _is_name(self, name: str) -> bool:
        folded = fold(name)
        return (
            len(folded) > 2
            and len(name) <= 60
            and not _NO_NAME_CHARS & set(name)
            and not _NO_NAME.search(name)
            and not folded.isdigit()
            and (" " not in name or _is_full_name(name))
            and not any(folded == site or (len(folded) > 3 and folded in site) for site in self._sites)
        )

    def _find_shown_date(self, known: date | None) -> date | None:
        for element in self._near:
            text = read_short(element, _BYLINE_CHARS)
            match = _DATE.search(text)
            if match is None or _CHANGED.search(text) or _is_of_change(element):
                continue
            if element.tag != "time" and next(element.iter("time"), None) is not None:
                continue  # it may hold two, of which the second says when the page was changed
            is_marked = element.tag == "time" or bool(_DATE_NAMES.search(separate_words(element.get("class", ""))))
            if is_marked or _is_dateline(element.tag, text, match[0]):
                self.used.append(element)
                return _read_date(match[0], known)
        return None


def fold(text: str) -> str:
    """The letters and digits of the text, in lower case."""
    return "".join(_WORD.findall(text.casefold()))


def parse_first(values: Iterable[str]) -> date | None:
    """The first date that can be read."""
    return next(filter(None, map(parse_date, values)), None)


def _find_near(shown: Sequence[html.HtmlElement], heading: html.HtmlElement | None) -> list[html.HtmlElement]:
    """The elements where a page shows author and date: below its headline, then above it, nearest first."""
    at = 0 if heading is None else shown.index(heading)
    below: list[html.HtmlElement] = []
    leads = 0
    for element in shown[at : at + _BELOW]:
        leads += element.tag == "p" and not read_short(element, _LEAD_CHARS) and element.text is not None
        if leads > _LEADS:
            break
        below.append(element)
    return [*below[:_NEAREST], *reversed(shown[max(0, at - _ABOVE) : at]), *below[_NEAREST:]]


def _clean_name(text: str) -> str:
    """The name in a byline: without "By" in front, and a date or the like behind."""
    text = " ".join(text.replace("\xad", "").split())
    by = _BY.match(text)
    name = text[by.end() :] if by else text
    end = _NAME_END.search(name)
    return (name[: end.start()] if end else name).strip(" ,;:.-–—")


def _is_full_name(name: str) -> bool:
    words = name.split()
    return 1 < len(words) <= 6 and words[0][0].isupper() and all(w[0].isupper() or w in _PARTICLES for w in words)


def _is_time(element: html.HtmlElement) -> bool:
    return element.tag == "time" and bool(element.get("datetime")) and not _is_of_change(element)


def _find_only_time(root: html.HtmlElement) -> list[str]:
    """The date of the page's few ``time`` elements, if they agree and none is of a comment."""
    times = list(islice(filter(_is_time, root.iter("time")), _TIMES + 1))
    dates = {one.get("datetime")[:10] for one in times}
    if len(times) > _TIMES or len(dates) != 1:
        return []
    above = {element for one in times for element in one.iterancestors()}
    names = " ".join(f"{element.get('class', '')} {element.get('id', '')}" for element in above)
    return list(dates) if "comment" not in names.casefold() else []


def _is_of_change(element: html.HtmlElement) -> bool:
    """Whether an element is marked as the date of the last change."""
    return bool(_CHANGED.search(f"{element.get('class', '')} {element.get('itemprop', '')}"))


def _is_dateline(tag: str, text: str, when: str) -> bool:
    """Whether a text consists of a date, without an element that says so; in the article it may be of anything."""
    if tag in _INLINE_TAGS:
        return text == when
    others = _LETTERS.findall(text.replace(when, "", 1))
    is_first = tag != "p" and _is_first(text, when)
    return len(others) <= _OTHER_WORDS or _PUBLISHED.match(text) is not None or is_first


def _is_first(text: str, when: str) -> bool:
    """Whether the text is a date, a dash or the like, and something else, such as who wrote it."""
    return text.startswith(when) and text[len(when) :].lstrip()[:1] in {"-", "–", "—", "|", "·", "•"}


def _is_near(one: date, other: date) -> bool:
    return abs((one - other).days) <= _NEAR_DAYS


def _read_date(text: str, known: date | None) -> date | None:
    """Read a date; of numbers whose order is not evident, the order that gives a day near the ``known`` one."""
    numbers = _NUMBERS.fullmatch(text)
    found = parse_date(text)
    if found or numbers is None or known is None:
        return found
    first, second, year = (int(number) for number in numbers.groups())
    for month, day in ((first, second), (second, first)):
        with suppress(ValueError):
            either = date(year + 2000 if year < 100 else year, month, day)
            if _is_near(either, known):
                return either
    return None
