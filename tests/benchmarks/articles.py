"""Synthetic articles generated from the corpus, to benchmark whole answers on archives of any size.

Their rows are computed without analyzing text, which would take long: all properties of the drawn words are known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bot.index.archive import encode_metadata
from bot.index.arrays import Array, in_memory, offsets, prefix
from bot.index.learning import learn_from_article
from bot.index.rows import WORD_ID, ArticleRows
from bot.index.tokens import Vocabulary
from bot.models import Article
from bot.text import analysis
from tests.benchmarks.corpus import SyntheticCorpus

PASSAGES_PER_ARTICLE = 12
"""Each passage is one paragraph."""
WORDS_PER_SENTENCE, WORDS_PER_TITLE = 20, 5
"""The title is the beginning of the article."""
_SEPARATOR = "\n\n"
_FIRST_DAY, _DAYS, _SOURCES = date(2020, 1, 1).toordinal(), 2_000, 20
Positions = npt.NDArray[np.int64]


def create_rows(corpus: SyntheticCorpus) -> ArticleRows:
    """Create the rows that ``analyze`` would return for the articles."""
    ranks, passage_bounds = corpus.ranks()
    is_used = np.bincount(ranks) > 0
    used, name_ids = np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[ranks]
    names = [f"w{rank}" for rank in used.tolist()]
    known = sorted(names)
    terms = tuple(analysis.to_search_term(word) or "" for word in known)
    vocabulary = Vocabulary(tuple(known), tuple(map(analysis.fold, known)), terms)
    id_of = {word: number for number, word in enumerate(vocabulary.words)}
    word_ids = np.array([id_of[name] for name in names], np.int32)[name_ids]
    article_bounds = np.append(passage_bounds[:-1][::PASSAGES_PER_ARTICLE], passage_bounds[-1])
    passages = np.diff(np.searchsorted(passage_bounds, article_bounds))
    starts, ends = _word_spans(np.array([len(name) for name in names])[name_ids], passage_bounds, article_bounds)
    title_ids = word_ids[(article_bounds[:-1, None] + np.arange(WORDS_PER_TITLE)).ravel()]
    words = np.diff(article_bounds)
    published = (_FIRST_DAY + np.arange(len(passages)) % _DAYS).astype(np.int32)
    tables = {
        **_table("article", np.ones_like(passages), {"published": published}),
        **_table("word", words, {WORD_ID: word_ids}),
        **_table("token", words, {WORD_ID: word_ids, "start": starts, "end": ends}),
        **_table("title", np.full_like(passages, WORDS_PER_TITLE), {WORD_ID: title_ids}),
        **_table("heading", np.zeros_like(passages), {WORD_ID: word_ids[:0]}),
        **_table(
            "passage",
            passages,
            {"paragraphs": np.ones_like(passage_bounds[1:]), "headings": np.zeros_like(passage_bounds[1:])},
        ),
    }
    tables |= _byte_tables(names, name_ids, passage_bounds)
    tables |= _paragraph_tables(passage_bounds, passages, starts, ends)
    return ArticleRows(vocabulary, in_memory(tables))


def _table(name: str, sizes: Array, arrays: dict[str, Array]) -> dict[str, Array]:
    """Return a table's arrays, from the number of rows of each article."""
    return prefix(name, arrays | {"borders": offsets(sizes)})


def _word_spans(lengths: Array, passage_bounds: Positions, article_bounds: Positions) -> tuple[Array, Array]:
    """Return the start and end of each word in its article's text, in characters; ``lengths`` are the words'."""
    gaps = np.ones(len(lengths), np.int64)
    gaps[passage_bounds[1:-1]] = len(_SEPARATOR)
    starts = np.cumsum(gaps)
    starts[1:] += np.cumsum(lengths)[:-1]
    starts -= np.repeat(starts[article_bounds[:-1]], np.diff(article_bounds))
    return starts.astype(np.int32), (starts + lengths).astype(np.int32)


def _paragraph_tables(passage_bounds: Positions, passages: Array, starts: Array, ends: Array) -> dict[str, Array]:
    """Return the tables of paragraphs (one per passage) and sentences (of ``WORDS_PER_SENTENCE`` words)."""
    words = np.diff(passage_bounds)
    sentences = -(-words // WORDS_PER_SENTENCE)
    paragraph_of = np.repeat(np.arange(len(words)), sentences)
    number_in_paragraph = np.arange(len(paragraph_of)) - np.repeat(np.cumsum(sentences) - sentences, sentences)
    offset = WORDS_PER_SENTENCE * number_in_paragraph
    first = passage_bounds[paragraph_of] + offset
    last = passage_bounds[paragraph_of] + np.minimum(offset + WORDS_PER_SENTENCE, words[paragraph_of]) - 1
    no_heading = np.full(len(words), -1, np.int32)
    paragraph_arrays = {
        "start": starts[passage_bounds[:-1]],
        "end": ends[passage_bounds[1:] - 1],
        "heading_start": no_heading,
        "heading_end": no_heading,
        "words": words.astype(np.int32),
        "tokens": words.astype(np.int32),
        "sentences": sentences.astype(np.int32),
    }
    sentence_arrays = {"start": starts[first], "end": ends[last], "first": offset.astype(np.int32)}
    sentences_per_article = np.add.reduceat(sentences, np.cumsum(passages) - passages)
    return {
        **_table("paragraph", passages, paragraph_arrays),
        **_table("sentence", sentences_per_article, sentence_arrays),
    }


def _byte_tables(names: list[str], name_ids: Array, passage_bounds: Positions) -> dict[str, Array]:
    """Return the tables whose rows are bytes: text, metadata, digest and learned expansions (none)."""
    rows: dict[str, list[bytes]] = {"text": [], "metadata": [], "digest": [], "learned": []}
    nothing_learned = learn_from_article(())
    for number, text in enumerate(_texts(names, name_ids, passage_bounds)):
        title = " ".join(text.split(maxsplit=WORDS_PER_TITLE)[:WORDS_PER_TITLE])
        day = date.fromordinal(_FIRST_DAY + number % _DAYS)
        article = Article(f"{number}.txt", title, f"Source {number % _SOURCES}", text, published=day)
        rows["text"].append(text.encode())
        rows["metadata"].append(encode_metadata(article))
        rows["digest"].append(hashlib.sha256(text.encode()).digest())
        rows["learned"].append(nothing_learned)
    arrays: dict[str, Array] = {}
    for name, data in rows.items():
        contents = {"bytes": np.frombuffer(b"".join(data), np.uint8)}
        arrays |= _table(name, np.array([len(one) for one in data]), contents)
    return arrays


def _texts(names: list[str], name_ids: Array, passage_bounds: Positions) -> Iterator[str]:
    """Yield the text of each article."""
    for first in range(0, len(passage_bounds) - 1, PASSAGES_PER_ARTICLE):
        bounds = passage_bounds[first : first + PASSAGES_PER_ARTICLE + 1].tolist()
        words = [names[number] for number in name_ids[bounds[0] : bounds[-1]].tolist()]
        yield _SEPARATOR.join(" ".join(words[start - bounds[0] : end - bounds[0]]) for start, end in pairwise(bounds))
