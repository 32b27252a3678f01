"""Choose what of a web page is its article.

What the names of elements and their classes show to be something else (navigation, comments, boxes) is cleared, unless
it is most of the page's prose. The article is then the innermost element with most of the prose that is left, and what
stands between its heading and that element. Lists of links are cleared in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from lxml import etree, html

from bot.ingest.html.blocks import BLOCK_TAGS, CELL_TAGS, has_blocks, is_hidden, read_short

_PROSE = 60  # characters outside links from which on a block is prose
_SHORT_PAGE = 400  # characters of prose; of a page with less, each block counts
_NEARLY_ALL, _DISCUSSION, _MOST, _SOME, _LITTLE = 0.95, 0.8, 0.7, 0.3, 0.05  # shares of an element's prose
_SOME_LINKS, _NEARLY_ALL_LINKS = 0.05, 0.85  # shares of a text: of a teaser; of a paragraph that is a pointer
_LINK_CHARS = 1000  # of a link around blocks; one around more is a mistake of the page
_BYLINE_CHARS = 120
_PHRASE = 30  # characters of a sentence around an element in it, at least

NAMES_CHARS = 5_000
"""Characters of an element's classes, and of its id, that are looked at."""
_CONTAINERS = frozenset(
    "article aside body center div fieldset form head header main noscript section table tbody td tr".split()
)
_TEXT_TAGS = frozenset("p h1 h2 h3 h4 h5 h6".split())
_SECTION_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_LIST_TAGS = frozenset("a div dl menu ol p section table ul".split())
_FURNITURE_TAGS = frozenset("aside footer form nav noscript".split())
_FURNITURE_ROLES = frozenset("banner complementary contentinfo menu menubar navigation search toolbar".split())
_DIALOG_ROLES = frozenset({"alertdialog", "dialog"})
_PAGE_TAGS = frozenset("body h1 head html main".split())

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Parts of the names of classes and ids, between dashes, underscores, blanks or capitals; "has-ads" is no advertisement.
_FURNITURE = re.compile(
    r"(?<![a-z])(?<!has-)(?<!with-)(?<!without-)(?<!no-)(?<!hide-)(?:"
    # sharing
    r"shar(?:e|es|ing|er|ebar|edaddy)|social\w*+|sociable|addthis|addtoany|a2a|follow-us|shariff"
    # advertising, subscription and consent
    r"|newsletters?|subscri(?:be|ption|ptions)|sign-?up|log-?in|sign-?in|donations?|donate|membership|cta|promo\w*+"
    r"|paywall-(?:banner|box|cta|message|offer)|app-(?:banner|download)|advert\w*+|ads?|adsense|dfp|sponsor(?:ed|s)?"
    r"|banner|outbrain|taboola|cookie\w*+|consent|gdpr|cmpbox\w*+|qc-cmp\w*+|cc-(?:banner|container|dialog|window)|didomi|onetrust"
    r"|usercentrics|privacy-(?:banner|center|notice|overlay|popup|settings)|modal|pop-?up|overlay|lightbox"
    # navigation
    r"|(?:doc)?nav\w*+|menu\w*+|bread-?crumbs?|pagination|pager|paging|skip-?(?:link|nav|to)\w*+|toc"
    r"|(?<!elementor-)(?<!builder-)widgets?|footer\w*+|masthead|top-?bar|toolbar"
    # what is metadata, and is read as such
    r"|by-?line|author(?:s|-?(?:box|bio|info|name|card|details|meta|description|image))?|date-?line|timestamp"
    r"|(?:post|entry|article)-?(?:meta|info|infos|tags|footer)|meta|meta-?data|tags?|tag-?(?:list|cloud)|categories"
    r"|cat-links|reading-time|copyright|print-?(?:button|icon|link)|no-?print"
    # what belongs to a picture, which is not read
    r"|captions?|credits?"
    # other articles
    r"|related\w*+|recommend(?:ed|ation|ations|s)?|see-?also|more-(?:on|from|stories|articles|news|posts)"
    r"|(?:most|also)-(?:read|popular|viewed|like)|trending|up-?next|crp|further-reading|you-(?:may|might)\w*+"
    r"|read-?(?:also|next)|(?:next|prev|previous)-?(?:post|article|story)s?"
    # wikis
    r"|mw-editsection|navbox|catlinks|mw-jump-link|printfooter|sitesub|hatnote|reflist"
    r")(?![a-z])",
    re.IGNORECASE,
)
# A column beside the text, or a box in it.
_SIDEBAR = re.compile(r"(?<![a-z])(?<!has-)(?<!with-)(?<!without-)(?<!no-)(?<!hide-)(?:side|right)-?bar\w*+", re.I)
# Names of what leads to another article, if it consists of links or is an article; else a "teaser" is a lead.
_TEASER = re.compile(r"(?<![a-z])(?:teasers?|cards?|popular|promo|read-?more)(?![a-z])", re.IGNORECASE)
# What readers write; "comments-open" says only that they may.
_COMMENTS = re.compile(
    r"(?<![a-z])(?<!has-)(?<!with-)(?<!no-)(?:comment(?:s|list|aires)?|comentarios?|commenti|(?:leser)?kommentare?"
    r"|leserbriefe?|lesermeinung(?:en)?|disqus|feedback|guestbook|reactions?|replies|reply|respond|responses?|talkback"
    r"|discussion)(?!-?(?:allowed|closed|disabled|enabled|off|on|open)(?![a-z]))(?![a-z])",
    re.IGNORECASE,
)
# Blogs name the subjects of an article in its classes.
_SUBJECT = re.compile(r"(?:^|\s)(?:cat|category|tag)-(?!list|cloud|links)\S++", re.IGNORECASE)
# How headings begin that speak to the reader, of the site or the author, and a number of words that only they have.
_TO_READERS = frozenset("about follow more our the we you your".split())
_FEW_WORDS = 2
_NEAR = 8  # siblings on each side of a box; a paragraph is among them
_NAME_WORDS = re.compile(r"[^\W_]+")
# The last character before an element, and the first after it, of a sentence that would be broken without it.
_BROKEN_OFF, _GOES_ON = frozenset(",([“„"), frozenset(",.;:)]”?!’'")
_NOTE = re.compile(r"(?<![a-z])(?:foot|end)-?notes?(?![a-z])", re.IGNORECASE)
_LEAD = re.compile(
    r"(?<![a-z])(?:lead|intro|standfirst|dek|summary|abstract|excerpt|key-?points|highlights)(?![a-z])", re.IGNORECASE
)


def separate_words(names: str) -> str:
    """Separate the words of the first ``NAMES_CHARS`` of the names of classes: "relatedPosts" is "related-Posts"."""
    names = names[:NAMES_CHARS]
    return names if not names or names.islower() else _CAPITAL.sub("-", names)


def find_article(
    tree: html.HtmlElement, heading: html.HtmlElement | None, bylines: Iterable[html.HtmlElement]
) -> html.HtmlElement:
    """The element that holds the article; whatever else is in it is cleared.

    ``heading`` shows the article's title, and ``bylines`` its author or date.
    """
    kept = {tree} if heading is None else {heading, *heading.iterancestors()}
    _clear(_find_bylines(bylines, kept))
    _clear_furniture(tree, heading, kept)
    sizes = _measure(tree)
    core = _find_core(tree, heading, sizes)
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
        if element.tag == "a" and "href" in element.attrib:
            size.links, size.inline_links = size.text, size.inline
            size.prose = 0 if size.text <= _LINK_CHARS else size.prose
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


def _find_bylines(bylines: Iterable[html.HtmlElement], kept: set[html.HtmlElement]) -> list[html.HtmlElement]:
    """The blocks that hold nothing but a byline."""
    blocks = []
    for byline in bylines:
        block = byline
        while block.tag not in BLOCK_TAGS and block.getparent() is not None:
            block = block.getparent()
        if block not in kept and read_short(block, _BYLINE_CHARS):
            blocks.append(block)
    return blocks


def _clear_furniture(tree: html.HtmlElement, heading: html.HtmlElement | None, kept: set[html.HtmlElement]) -> None:
    _clear(_find_outermost(tree, kept, is_dialog))
    sizes = _measure(tree)
    phrases: dict[html.HtmlElement, int] = {}
    comments = _find_outermost(
        tree, kept, lambda element: _is_comment(element) and not _is_in_sentence(element, sizes, phrases)
    )
    if comments:
        others = _find_furniture(tree, {*kept, *comments}, sizes, set())
        rest = sizes[tree].prose - _sum_prose(others, sizes)
        if _sum_prose(comments, sizes) <= _DISCUSSION * rest:  # else the posts of a discussion are the article
            _clear(comments)
            sizes = _measure(tree)
    found = _find_furniture(tree, kept, sizes, set(_find_other_articles(tree, heading, sizes)))
    if _sum_prose(found, sizes) > _NEARLY_ALL * sizes[tree].prose:
        found = [element for element in found if element.tag in _FURNITURE_TAGS]
    _clear(found)


def _sum_prose(elements: Iterable[html.HtmlElement], sizes: dict[html.HtmlElement, _Size]) -> int:
    return sum(sizes[element].prose for element in elements)


def _find_furniture(
    tree: html.HtmlElement,
    kept: set[html.HtmlElement],
    sizes: dict[html.HtmlElement, _Size],
    others: set[html.HtmlElement],
) -> list[html.HtmlElement]:
    """The outermost elements that are no part of the article, or one of ``others``, and not most of the prose."""
    total = sizes[tree].prose
    phrases: dict[html.HtmlElement, int] = {}
    return _find_outermost(
        tree,
        kept,
        lambda element: (
            2 * sizes[element].prose <= total
            and (element in others or (_is_furniture(element, sizes) and not _is_in_sentence(element, sizes, phrases)))
        ),
    )


def _find_other_articles(
    tree: html.HtmlElement, heading: html.HtmlElement | None, sizes: dict[html.HtmlElement, _Size]
) -> list[html.HtmlElement]:
    """The article elements outside a story that is in none: outside the element with the heading and its text."""
    articles = _find_outermost(tree, set(), lambda element: element.tag == "article")
    if heading is None or not articles:
        return []
    story = heading
    while story is not tree and (story.tag == "header" or sizes[story].prose <= sizes[heading].prose + _PROSE):
        story = story.getparent()
    others = [article for article in articles if story is not article and story not in set(article.iterancestors())]
    has_most = 2 * _sum_prose(others, sizes) > sizes[tree].prose
    return [] if has_most or any(story in set(article.iterdescendants()) for article in others) else others


def _find_outermost(
    tree: html.HtmlElement, kept: set[html.HtmlElement], is_found: Callable[[html.HtmlElement], bool]
) -> list[html.HtmlElement]:
    """The elements of a kind that are not in another one of it."""
    found = []
    walk = etree.iterwalk(tree, events=("start",))
    for _, element in walk:
        if element not in kept and is_found(element):
            found.append(element)
            walk.skip_subtree()
    return found


def is_dialog(element: html.HtmlElement) -> bool:
    """Whether the element is a window above the page."""
    return element.get("role", "").lower() in _DIALOG_ROLES or element.get("aria-modal") == "true"


def _is_comment(element: html.HtmlElement) -> bool:
    """Whether the element's type or names say that readers wrote it."""
    if element.tag in _PAGE_TAGS or element.tag in _TEXT_TAGS:
        return False
    names = _SUBJECT.sub("", f"{element.get('class', '')} {element.get('id', '')}")
    return bool(_COMMENTS.search(separate_words(names))) or element.get("itemtype", "").endswith("schema.org/Comment")


def _is_furniture(element: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> bool:
    """Whether the element's tag, role or names say that it is no part of the article."""
    tag, attributes = element.tag, element.attrib
    names = separate_words(_SUBJECT.sub("", attributes.get("class", "")))
    if tag in _PAGE_TAGS:
        return False
    if tag == "article":
        return bool(_TEASER.search(names))
    if tag not in _TEXT_TAGS and not _is_named_by_heading(element, sizes):
        names = f"{names} {separate_words(attributes.get('id', ''))}"
    return (
        (tag in _FURNITURE_TAGS and not (tag == "aside" and (_LEAD.search(names) or _NOTE.search(names))))
        or (tag == "figcaption" and not any(True for _ in element.getparent().iter("table", "pre", "blockquote")))
        or (tag == "header" and not any(above.tag in {"article", "main"} for above in element.iterancestors()))
        or attributes.get("role", "").lower() in _FURNITURE_ROLES
        or bool(_FURNITURE.search(names))
        or (bool(_SIDEBAR.search(names)) and not _is_box(element, sizes))
        or (sizes[element].links > _SOME_LINKS * sizes[element].text and bool(_TEASER.search(names)))
    )


def _is_in_sentence(
    element: html.HtmlElement, sizes: dict[html.HtmlElement, _Size], phrases: dict[html.HtmlElement, int]
) -> bool:
    """Whether an element is amid the words of a block, which would be no sentence without it.

    So the authors that a sentence names are read, and those of a byline are not. ``phrases`` caches how many characters
    of each block are outside elements whose names say that they are no part of an article.
    """
    if element.tag in BLOCK_TAGS or element.tag in CELL_TAGS or has_blocks(element):
        return False
    block = next((one for one in element.iterancestors() if one.tag in BLOCK_TAGS or one.tag in CELL_TAGS), None)
    if block is None or block not in sizes:
        return False
    before = element.getprevious()
    text = element.getparent().text if before is None else before.tail
    last, first = (text or "")[-_PHRASE:].rstrip()[-1:], (element.tail or "")[:_PHRASE].lstrip()[:1]
    if not (last.isalnum() or last in _BROKEN_OFF or first in _GOES_ON or first.islower()):
        return False
    if block not in phrases:
        phrases[block] = sizes[block].inline - _count_named(block, sizes)
    return phrases[block] >= _PHRASE


def _count_named(block: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> int:
    """The characters of a block's elements within its text whose names say that they are no part of an article."""
    count = 0
    walk = etree.iterwalk(block, events=("start",))
    for _, element in walk:
        is_block = element.tag in BLOCK_TAGS or element.tag in CELL_TAGS
        if element is not block and (is_block or _is_furniture(element, sizes)):
            count += 0 if is_block else sizes[element].inline
            walk.skip_subtree()
    return count


def _is_named_by_heading(element: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> bool:
    """Whether the id of a section only repeats its heading, so that a word in it says nothing of what the section is.

    So "handling-related-bugs" is no list of related articles; "related-articles" and "about-the-author" are what they
    say.
    """
    heading = next(element.iter("h1", *_SECTION_HEADINGS), None) if element.get("id") else None
    if heading is None or sizes[element].prose == 0 or 2 * sizes[element].links > sizes[element].text:
        return False
    name = separate_words(element.get("id")).casefold()
    found, named = _FURNITURE.search(name), _NAME_WORDS.findall(name)
    words = _NAME_WORDS.findall(read_short(heading, NAMES_CHARS).casefold())
    is_inside = found is not None and found.start() > 0 and named[0] not in _TO_READERS
    return is_inside and len(named) > _FEW_WORDS and set(named) <= set(words)


def _is_box(element: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> bool:
    """Whether an element is a box of text near a paragraph of an article, rather than a column of links or offers."""
    size = sizes[element]
    if size.prose == 0 or size.links > _SOME * size.text or _is_section(element):
        return False
    near = chain(islice(element.itersiblings(preceding=True), _NEAR), islice(element.itersiblings(), _NEAR))
    return any(one in sizes and sizes[one].prose > 0 and not has_blocks(one) for one in near)


def _find_core(
    tree: html.HtmlElement, heading: html.HtmlElement | None, sizes: dict[html.HtmlElement, _Size]
) -> html.HtmlElement:
    """The innermost element with most of the prose, below the only article or main element if that has some of it.

    Neither one of several paragraphs nor one of several sections below the ``heading`` is the whole article.
    """
    above = set() if heading is None else set(heading.iterancestors())
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
        texts = [child for child in children if child.tag not in _CONTAINERS or _is_paragraph(child, sizes)]
        parts = [child for child in children if _is_section(child) and _is_like(child, best)]
        others = {*texts, *(parts if best in parts and best not in above else ())} - {best}
        if _sum_prose(others, sizes) > _LITTLE * sizes[core].prose:
            return core
        core = best


def _is_paragraph(element: html.HtmlElement, sizes: dict[html.HtmlElement, _Size]) -> bool:
    """Whether an element is one of several paragraphs: another one beside it, of its name and class, is prose."""
    if not element.get("class") or has_blocks(element):
        return False
    beside = (one for one in (element.getprevious(), element.getnext()) if one in sizes)
    return any(_is_like(one, element) and sizes[one].prose > 0 and not has_blocks(one) for one in beside)


def _is_section(element: html.HtmlElement) -> bool:
    """Whether an element has a heading of its own."""
    return next(element.iter(*_SECTION_HEADINGS), None) is not None


def _is_like(one: html.HtmlElement, other: html.HtmlElement) -> bool:
    """Whether two elements have the same name and class, as the parts of one article do."""
    return bool(one.tag == other.tag and one.get("class") == other.get("class"))


def _clear_lists_of_links(
    core: html.HtmlElement, kept: set[html.HtmlElement], sizes: dict[html.HtmlElement, _Size]
) -> None:
    found = []
    for element in core.iter(*_LIST_TAGS):
        size = sizes[element]
        is_text = element.tag in _TEXT_TAGS or (element.tag == "div" and _is_paragraph(element, sizes))
        least = _NEARLY_ALL_LINKS if is_text else 0.5
        if element is core or element in kept or size.prose > 0 or size.links <= least * size.text:
            continue
        if element.tag != "a" or has_blocks(element):
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
