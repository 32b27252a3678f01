"""A web page → an article.

Secret: where a page says who wrote it and when. Its words come from its nodes; only facts come from trafilatura.
"""

from __future__ import annotations

import re

from trafilatura.metadata import extract_metadata

from bot.articles import nodes
from bot.articles.decoding import decode
from bot.articles.draft import Draft, compose
from bot.articles.facts import accept

_HEAD = 4096  # bytes; browsers look for the charset in the first 1024
_CHARSET = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding=[\"']([\w.:-]+)", re.IGNORECASE
)
# Only dates that the page states as its own: any date in the text may be of anything.
_DATES = {"extensive_search": False, "original_date": True}


def read(data: bytes) -> Draft:
    """The article on a web page; a charset that the page declares is honoured."""
    declared = _CHARSET.search(data[:_HEAD])
    charset = (declared[1] or declared[2]).decode("ascii", "ignore") if declared else None
    tree = nodes.parse(decode(data, charset))
    found = extract_metadata(tree, date_config=_DATES)
    text, marks = compose(nodes.blocks(nodes.article_of(tree)))
    titled = any(mark.kind == "title" for mark in marks)
    facts, warnings = accept(
        {
            "title": None if titled else found.title,
            "author": found.author,
            "source": found.sitename,
            "published": found.date,
            "url": found.url,
        }
    )
    return Draft(text, marks, facts, warnings)
