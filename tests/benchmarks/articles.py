"""Synthetic articles of any number, made of the corpus, for benchmarks of ``answerer.answer``.

Their rows are computed without analyzing text, since everything about the drawn words is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bot.index.archive import encode_metadata
from bot.index.arrays import Array
from bot.index.learning import learn_from_article
from bot.index.rows import WORD_ID, ArticleRows, RowTable, make_table
from bot.index.tokens import Vocabulary
from bot.models import Article
from tests.benchmarks.corpus import Corpus

PASSAGES = 12
"""Per article, each of one paragraph."""
SENTENCE, TITLE = 20, 5
"""Words per sentence, and per title, which is the beginning of the article."""
_BETWEEN = "\n\n"
_FIRST_DAY, _DAYS, _SOURCES = date(2020, 1, 1).toordinal(), 2_000, 20
Numbers = npt.NDArray[np.int64]


def rows(corpus: Corpus) -> ArticleRows:
    """Return the rows that ``analyze`` would find."""
    ranks, borders = corpus.words()
    is_used = np.bincount(ranks) > 0
    used, places = np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[ranks]
    names = [f"w{rank}" for rank in used.tolist()]
    vocabulary = Vocabulary.analyze(names)
    at = {word: number for number, word in enumerate(vocabulary.words)}
    numbers = np.array([at[name] for name in names], np.int32)[places]
    articles = np.append(borders[:-1][::PASSAGES], borders[-1])
    passages = np.diff(np.searchsorted(borders, articles))
    starts, ends = _places(np.array([len(name) for name in names])[places], borders, articles)
    titles = numbers[(articles[:-1, None] + np.arange(TITLE)).ravel()]
    words = np.diff(articles)
    tables = {
        "article": make_table(np.ones_like(passages), {"published": _published(len(passages))}),
        "word": make_table(words, {WORD_ID: numbers}),
        "token": make_table(words, {WORD_ID: numbers, "start": starts, "end": ends}),
        "title": make_table(np.full_like(passages, TITLE), {WORD_ID: titles}),
        "heading": make_table(np.zeros_like(passages), {WORD_ID: numbers[:0]}),
        "passage": make_table(
            passages, {"paragraphs": np.ones_like(borders[1:]), "headings": np.zeros_like(borders[1:])}
        ),
    }
    return ArticleRows(
        vocabulary, tables | _texts(names, places, borders) | _paragraphs(borders, passages, starts, ends)
    )


def _places(sizes: Array, borders: Numbers, articles: Numbers) -> tuple[Array, Array]:
    """Return where each word of these sizes begins and ends in its article's text, in characters."""
    gaps = np.ones(len(sizes), np.int64)
    gaps[borders[1:-1]] = len(_BETWEEN)
    starts = np.cumsum(gaps)
    starts[1:] += np.cumsum(sizes)[:-1]
    starts -= np.repeat(starts[articles[:-1]], np.diff(articles))
    return starts.astype(np.int32), (starts + sizes).astype(np.int32)


def _published(articles: int) -> Array:
    return (_FIRST_DAY + np.arange(articles) % _DAYS).astype(np.int32)


def _paragraphs(borders: Numbers, passages: Array, starts: Array, ends: Array) -> dict[str, RowTable]:
    """Return the tables of paragraphs (one per passage) and sentences (of ``SENTENCE`` words)."""
    sizes = np.diff(borders)
    sentences = -(-sizes // SENTENCE)
    paragraphs = np.repeat(np.arange(len(sizes)), sentences)
    firsts = SENTENCE * (np.arange(len(paragraphs)) - np.repeat(np.cumsum(sentences) - sentences, sentences))
    first, last = (
        borders[paragraphs] + firsts,
        np.minimum(firsts + SENTENCE, sizes[paragraphs]) + borders[paragraphs] - 1,
    )
    without = np.full(len(sizes), -1, np.int32)
    own = {
        "start": starts[borders[:-1]],
        "end": ends[borders[1:] - 1],
        "heading_start": without,
        "heading_end": without,
        **{
            key: counts.astype(np.int32)
            for key, counts in (("words", sizes), ("tokens", sizes), ("sentences", sentences))
        },
    }
    by_article = np.add.reduceat(sentences, np.cumsum(passages) - passages)
    held = {"start": starts[first], "end": ends[last], "first": firsts.astype(np.int32)}
    return {"paragraph": make_table(passages, own), "sentence": make_table(by_article, held)}


def _texts(names: list[str], places: Array, borders: Numbers) -> dict[str, RowTable]:
    """Return the tables of bytes."""
    found: dict[str, list[bytes]] = {"text": [], "metadata": [], "digest": [], "learned": []}
    nothing = learn_from_article(())
    for number, text in enumerate(_written(names, places, borders)):
        title = " ".join(text.split(maxsplit=TITLE)[:TITLE])
        day = date.fromordinal(_FIRST_DAY + number % _DAYS)
        article = Article(f"{number}.txt", title, f"Source {number % _SOURCES}", text, published=day)
        found["text"].append(text.encode())
        found["metadata"].append(encode_metadata(article))
        found["digest"].append(hashlib.sha256(text.encode()).digest())
        found["learned"].append(nothing)
    return {
        name: make_table(np.array([len(one) for one in all_]), {"bytes": np.frombuffer(b"".join(all_), np.uint8)})
        for name, all_ in found.items()
    }


def _written(names: list[str], places: Array, borders: Numbers) -> Iterator[str]:
    """Yield the text of each article."""
    for first in range(0, len(borders) - 1, PASSAGES):
        here = borders[first : first + PASSAGES + 1].tolist()
        words = [names[place] for place in places[here[0] : here[-1]].tolist()]
        yield _BETWEEN.join(" ".join(words[start - here[0] : end - here[0]]) for start, end in pairwise(here))
