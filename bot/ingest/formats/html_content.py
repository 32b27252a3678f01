"""Choose what of a web page is its article.

What the names of elements and their classes show to be something else (navigation, comments, boxes) is cleared, unless
it is most of the page's prose. The article is then the innermost element with most of the prose that is left, and what
stands between its heading and that element. Lists of links are cleared in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lxml import etree, html

from bot.ingest.formats.html_blocks import BLOCK_TAGS, CELL_TAGS, is_hidden, read_short

_PROSE = 60  # characters outside links from which on a block is prose
_SHORT_PAGE = 400  # characters of prose; of a page with less, each block counts
_MOST, _SOME, _LITTLE = 0.7, 0.3, 0.05  # shares of an element's prose
_SOME_LINKS = 0.05  # of a text; that of a teaser has as many
_BYLINE_CHARS = 120

_CONTAINERS = frozenset(
    "article aside body center div fieldset form head header main noscript section table tbody td tr".split()
)
_TEXT_TAGS = frozenset("p h1 h2 h3 h4 h5 h6".split())
_LIST_TAGS = frozenset("div dl menu ol p section table ul".split())
_FURNITURE_TAGS = frozenset("aside footer form nav noscript".split())
_FURNITURE_ROLES = frozenset("banner complementary contentinfo menu menubar navigation search toolbar".split())
DIALOG_ROLES = frozenset({"alertdialog", "dialog"})

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Parts of the names of classes and ids, between dashes, underscores, blanks or capitals; "has-ads" is no advertisement.
_FURNITURE = re.compile(
    r"(?<![a-z])(?<!has-)(?<!with-)(?<!without-)(?<!no-)(?<!hide-)(?:"
    # what readers write
    r"comments?|commentlist|disqus|respond|reply|replies|talkback|discussion|guestbook"
    # sharing
    r"|shar(?:e|es|ing|er|ebar|edaddy)|social\w*+|sociable|addthis|addtoany|a2a|follow-us|shariff"
    # advertising, subscription and consent
    r"|newsletters?|subscri(?:be|ption|ptions)|sign-?up|log-?in|sign-?in|donations?|donate|promo\w*+|advert\w*+|ads?|adsense"
    r"|dfp|sponsor(?:ed|s)?|banner|outbrain|taboola|cookies?|consent|gdpr|modal|pop-?up|overlay|lightbox"
    # navigation
    r"|nav\w*+|menu\w*+|bread-?crumbs?|pagination|pager|paging|skip-?(?:link|nav|to)\w*+|toc|(?:side|right)-?bar\w*+"
    r"|(?<!elementor-)(?<!builder-)widgets?|footer\w*+|masthead|top-?bar|toolbar"
    # what is metadata, and is read as such
    r"|by-?line|author(?:s|-?(?:box|bio|info|name|card|details|meta|description|image))?|date-?line|timestamp"
    r"|(?:post|entry|article)-?(?:meta|info|infos|tags|footer)|meta|meta-?data|tags?|tag-?(?:list|cloud)|categories"
    r"|cat-links|reading-time|copyright|print\w*+|no-?print"
    # what belongs to a picture, which is not read
    r"|captions?|credits?"
    # other articles
    r"|related\w*+|recommend(?:ed|ation|ations|s)?|see-?also|more-(?:on|from|stories|articles|news|posts)"
    r"|(?:most|also)-(?:read|popular|viewed|like)|trending|up-?next|crp"
    # wikis
    r"|mw-editsection|navbox|catlinks|mw-jump-link|printfooter|sitesub|hatnote|reflist"
    r")(?![a-z])",
    re.IGNORECASE,
)
# Names of what leads to another article, if it consists of links or is an article; else a "teaser" is a lead.
_TEASER = re.compile(
    r"(?<![a-z])(?:teasers?|cards?|popular|read-?(?:more|next|also)|(?:next|prev|previous)-?(?:post|article|story)s?)"
    r"(?![a-z])",
    re.IGNORECASE,
)
# Blogs name the subjects of an article in its classes.
_SUBJECT = re.compile(r"(?:^|\s)(?:cat|category|tag)-(?!list|cloud|links)\S++", re.IGNORECASE)
_COMMENT = re.compile(r"(?<![a-z])comment(?![a-z])", re.IGNORECASE)
_LEAD = re.compile(r"(?<![a-z])(?:lead|intro|standfirst|dek|summary|abstract|excerpt)(?![a-z])", re.IGNORECASE)


def separate_words(names: str) -> str:
    """Separate the words of the names of classes with dashes: "relatedPosts" becomes "related-Posts"."""
    return _CAPITAL.sub("-", names)


def find_article(
    tree: html.HtmlElement, heading: html.HtmlElement | None, bylines: Iterable[html.HtmlElement]
) -> html.HtmlElement:
    """The element that holds the article; whatever else is in it is cleared.

    ``heading`` shows the article's title, and ``bylines`` its author or date.
    """
    kept = {tree} if heading is None else {heading, *heading.iterancestors()}
    _clear(_find_bylines(bylines, kept))
    _clear_furniture(tree, kept)
    sizes = _measure(tree)
    core = _find_core(tree, sizes)
    _clear_lists_of_links(core, kept, sizes)
    if heading is None or not _is_above(heading, core, tree):
        return core
    above = set(heading.iterancestors())
    root = next(element for element in core.iterancestors() if element in above)
    _clear_around(root, heading, core, sizes)
    return root


@dataclass(slots=True)
class _Size:
    """Characters in an element: of all text, of links, and of the blocks that are prose.

    ``inline`` and ``inline_links`` are those of the block that the element is a part of.
    """

    text: int = 0
    links: int = 0
    prose: int = 0
    inline: int = 0
    inline_links: int = 0


def _measure(tree: html.HtmlElement) -> dict[html.HtmlElement, _Size]:
    """The size of each element; of a page with little prose, every block counts as prose."""
    sizes = _measure_elements(tree, _PROSE)
    return sizes if sizes[tree].prose >= _SHORT_PAGE else _measure_elements(tree, 1)


def _measure_elements(tree: html.HtmlElement, least: int) -> dict[html.HtmlElement, _Size]:
    sizes: dict[html.HtmlElement, _Size] = {}
    for element in reversed(list(tree.iter(etree.Element))):
        size = sizes.setdefault(element, _Size())
        own = len(element.text.strip()) if element.text else 0
        size.text += own
        size.inline += own
        if element.tag == "a":
            size.links, size.inline_links = size.text, size.inline
        is_block = element.tag in BLOCK_TAGS or element.tag in CELL_TAGS
        if is_block and size.inline - size.inline_links >= least and 2 * size.inline_links < size.inline:
            size.prose += size.inline
        if element is tree:
            break
        above = sizes.setdefault(element.getparent(), _Size())
        tail = len(element.tail.strip()) if element.tail else 0
        above.text += tail
        above.inline += tail
        if is_hidden(element):
            sizes[element] = _Size()
            continue
        above.text += size.text
        above.links += size.links
        above.prose += size.prose
        if not is_block:
            above.inline += size.inline
            above.inline_links += size.inline_links
    return sizes


def _clear(elements: Iterable[html.HtmlElement]) -> None:
    """Empty the elements; each stays where it is, because it may separate two blocks of text."""
    for element in elements:
        element.clear(keep_tail=True)


def _find_bylines(bylines: Iterable[html.HtmlElement], kept: Collection[html.HtmlElement]) -> list[html.HtmlElement]:
    """The blocks that hold nothing but a byline."""
    blocks = []
    for byline in bylines:
        block = byline
        while block.tag not in BLOCK_TAGS and block.getparent() is not None:
            block = block.getparent()
        if block not in kept and read_short(block, _BYLINE_CHARS):
            blocks.append(block)
    return blocks


def _clear_furniture(tree: html.HtmlElement, kept: Collection[html.HtmlElement]) -> None:
    sizes = _measure(tree)
    dialogs = [
        element
        for element in tree.iter(etree.Element)
        if element.get("role", "").lower() in DIALOG_ROLES and element not in kept
    ]
    _clear(dialogs)
    total = _measure(tree)[tree].prose if dialogs else sizes[tree].prose
    found = []
    inside = set()
    for element in tree.iter(etree.Element):
        if element.getparent() in inside:
            inside.add(element)
        elif element not in kept and 2 * sizes[element].prose <= total and _is_furniture(element, sizes[element]):
            found.append(element)
            inside.add(element)
    if sum(sizes[element].prose for element in found) > (1 - _LITTLE) * total:
        # The page of a discussion: its posts are the article, whatever they are called.
        found = [element for element in found if element.tag in _FURNITURE_TAGS]
    _clear(found)


def _is_furniture(element: html.HtmlElement, size: _Size) -> bool:
    """Whether the element's tag, role or names say that it is no part of the article."""
    tag, attributes = element.tag, element.attrib
    names = separate_words(_SUBJECT.sub("", attributes.get("class", "")))
    match tag:
        case "body" | "h1" | "head" | "html" | "main":
            return False
        case "article":
            return bool(_TEASER.search(names) or _COMMENT.search(names))
        case "footer" | "form" | "nav" | "noscript":
            return True
    if tag not in _TEXT_TAGS:  # whose ids are the targets of links
        names = f"{names} {separate_words(attributes.get('id', ''))}"
    return (
        (tag == "aside" and not _LEAD.search(names))
        or (tag == "figcaption" and not any(True for _ in element.getparent().iter("table", "pre", "blockquote")))
        or (tag == "header" and not any(above.tag in {"article", "main"} for above in element.iterancestors()))
        or attributes.get("role", "").lower() in _FURNITURE_ROLES
        or bool(_FURNITURE.search(names))
        or (size.links > _SOME_LINKS * size.text and bool(_TEASER.search(names)))
    )


def _find_core(tree: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> html.HtmlElement:
    """The innermost element with most of the prose, below the only article or main element if that has some of it."""
    core = tree
    for tag in ("main", "article"):
        marked = [element for element in core.iter(tag) if next(element.iterancestors(tag), None) is None]
        if len(marked) == 1 and sizes[marked[0]].prose > _SOME * sizes[tree].prose:
            core = marked[0]
    while True:
        children = [child for child in core if child in sizes]
        best = max(children, key=lambda child: sizes[child].prose, default=None)
        if best is None or best.tag not in _CONTAINERS or sizes[best].prose < _MOST * max(sizes[core].prose, 1):
            return core
        direct = sum(sizes[child].prose for child in children if child.tag not in _CONTAINERS)
        if direct > _LITTLE * sizes[core].prose:
            return core
        core = best


def _clear_lists_of_links(
    core: html.HtmlElement, kept: Collection[html.HtmlElement], sizes: dict[html.HtmlElement, _Size]
) -> None:
    found = []
    for element in core.iter(*_LIST_TAGS):
        size = sizes[element]
        least = 0.85 if element.tag == "p" else 0.5
        if element is not core and element not in kept and size.prose == 0 and size.links > least * size.text:
            found.append(element)
    _clear(found)


def _is_above(heading: html.HtmlElement, core: html.HtmlElement, tree: html.HtmlElement) -> bool:
    """Whether the heading comes before the core in the page, and not inside it."""
    for element in tree.iter(heading.tag, core.tag):
        if element is heading:
            return core not in set(heading.iterancestors())
        if element is core:
            break
    return False


def _clear_around(
    root: html.HtmlElement, heading: html.HtmlElement, core: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]
) -> None:
    """Clear what is above the heading or below the core, and between them all but prose."""
    on_the_way = {*heading.iterancestors(), *core.iterancestors()}
    found = []
    is_between = False
    root.text = None
    remaining = list(reversed(root))
    while remaining:
        element = remaining.pop()
        if element is heading or element is core:
            is_between = element is heading
        elif element in on_the_way:
            element.text = None
            remaining.extend(reversed(element))
        elif not is_between or sizes[element].prose == 0 or 2 * sizes[element].links > sizes[element].text:
            found.append(element)
        if not is_between:
            element.tail = None
    _clear(found)
