"""What an archive keeps of its articles besides their words. Keeps secret how what is known of one is written down."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import numpy as np

from bot.columns import Array, Columns, Strings, below, offsets, under
from bot.models import Article, Mark, Span


def facts(article: Article) -> bytes:
    """What is known about the article, but for its text and what its text's digest is."""
    published = article.published.isoformat() if article.published else None
    marks = [(mark.kind, mark.span.start, mark.span.end) for mark in article.marks]
    known = (article.id, article.title, article.source, article.author, published, article.url, marks)
    return json.dumps(known).encode()


def article_of(facts: str, text: str) -> Article:
    """The article of which these are the facts, in text, and the words."""
    id, title, source, author, published, url, marks = json.loads(facts)
    when = date.fromisoformat(published) if published else None
    return Article(id, title, source, text, author, when, url, tuple(Mark(kind, Span(*span)) for kind, *span in marks))


def arrays(rows: Columns) -> dict[str, Array]:
    """What an archive keeps besides its rows (``bot.indexing.rows``), so that nothing has to be counted again."""
    known = json.loads(f"[{','.join(Strings(below('facts', rows)))}]")
    ids, sources = [one[0] for one in known], [one[2] for one in known]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    named = sorted(set(sources))
    place = {source: at for at, source in enumerate(named)}
    digest = hashlib.sha256()
    for name in ("facts.borders", "facts.bytes", "digest.bytes"):
        digest.update(rows[name].all().tobytes())
    return {
        "passages": offsets(rows["passage.paragraphs"].all()),
        # An article without a paragraph begins where the next one does.
        "articles": np.unique(rows["paragraph.borders"].all()),
        **under("ids", Strings.arrays(ids[at] for at in order)),
        "ids_at": np.array(order, np.int32),
        **under("sources", Strings.arrays(named)),
        "publishers": np.array([len({one[2] for one in known if one[2] != one[0].rpartition("/")[2]})], np.int64),
        "source": np.array([place[source] for source in sources], np.int32),
        "fingerprint": np.frombuffer(digest.digest(), np.uint8),
    }
