"""Articles, paragraphs and passages by id. The only keeper of words, and the judge of what is verbatim."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from functools import cached_property

from bot.errors import VerificationError
from bot.models import Article, Holdings, Paragraph, Passage, Quote, Scope, Span
from bot.operators import is_in_scope, is_of_source
from bot.paragraphs import passages, split


class Archive:
    """Every article in the order it was read, its paragraphs and its passages, and a digest of each text.

    ``passages[i]`` is passage number ``i``; equal scores are ordered by it. ``whole_articles`` are passages too, each
    of all paragraphs of an article. ``fingerprint`` is a hexadecimal digest of all that replies depend on: every
    article, in the order in which they were read.
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        self.articles: dict[str, Article] = {article.id: article for article in articles}
        self._paragraphs = {article.id: split(article) for article in self.articles.values()}
        self.passages: tuple[Passage, ...] = tuple(
            passage for found in self._paragraphs.values() for passage in passages(found)
        )
        self.whole_articles: tuple[Passage, ...] = tuple(
            Passage(found, Span(found[0].span.start, found[-1].span.end))
            for found in self._paragraphs.values()
            if found
        )
        self._digests = {article.id: article.sha256 for article in self.articles.values()}
        self.fingerprint = _fingerprint(self.articles.values())

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Every paragraph, article by article."""
        return tuple(paragraph for found in self._paragraphs.values() for paragraph in found)

    def paragraphs_of(self, article: str) -> tuple[Paragraph, ...]:
        """The paragraphs of the article with this id, in order; ``paragraphs_of(id)[n - 1]`` is number ``n``."""
        return self._paragraphs[article]

    @cached_property
    def latest(self) -> date | None:
        """The latest publication date in the archive; None when no article is dated."""
        return _latest(self.articles.values())

    def holdings(self, scope: Scope) -> Holdings:
        """How much of the archive lies in ``scope``."""
        if scope == Scope():
            return Holdings(len(self.articles), len(self.paragraphs), self.latest)
        within = [article for article in self.articles.values() if is_in_scope(article, scope)]
        paragraphs = sum(len(self._paragraphs[article.id]) for article in within)
        undated = 0
        if scope.since or scope.before:
            others = (article for article in self.articles.values() if article.published is None)
            undated = sum(is_of_source(article, scope.sources) for article in others)
        return Holdings(len(within), paragraphs, _latest(within), undated)

    def find(self, article: str, span: Span, digest: str) -> Quote:
        """The quote that is ``span`` of the article with this id, whose text's digest begins with ``digest``.

        Raises ``VerificationError`` when the article is not here, or its text is not what it was.
        """
        stored = self.articles.get(article)
        if stored is None or not stored.sha256.startswith(digest):
            raise VerificationError("The source has changed since this answer was given; ask again.")
        holding = [paragraph for paragraph in self.paragraphs_of(article) if paragraph.span.holds(span)]
        if not holding:
            raise VerificationError(f"No paragraph of {article} holds what is named; ask again.")
        quote = Quote(holding[0], span)
        self.verify(quote)
        return quote

    def verify(self, quote: Quote) -> None:
        """Slice the quote again from the stored article and check the article's digest, byte for byte.

        Raises ``VerificationError`` when the article is not here, its text has changed, or the quote does not lie,
        trimmed, within the paragraph it cites.
        """
        cited = quote.paragraph
        article = self.articles.get(cited.article.id)
        if article is None:
            raise VerificationError(f"The article {cited.article.id} that a quote cites is not in the archive.")
        if hashlib.sha256(article.text.encode()).hexdigest() != self._digests[article.id]:
            raise VerificationError(f"The text of {article.id} has changed since the archive was read; index it again.")
        stored = self._paragraphs[article.id][cited.number - 1 : cited.number]
        if not (
            stored
            and stored[0].span.holds(quote.span)
            and quote.text.strip()
            and quote.span.of(article.text).encode() == quote.text.encode()
            and all(quote.span.holds(span) for span in quote.highlights)
        ):
            raise VerificationError(f"A quote is not a slice of paragraph {cited.number} of {article.id}.")


def _fingerprint(articles: Iterable[Article]) -> str:
    digest = hashlib.sha256()
    for one in articles:
        known = (one.id, one.title, one.source, one.author, one.published and one.published.isoformat(), one.url)
        marks = [(mark.kind, mark.span.start, mark.span.end) for mark in one.marks]
        digest.update(json.dumps((known, one.sha256, marks)).encode())
    return digest.hexdigest()


def _latest(articles: Iterable[Article]) -> date | None:
    return max((article.published for article in articles if article.published), default=None)
