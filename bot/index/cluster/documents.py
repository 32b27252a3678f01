"""The documents of a generation, and how arrays and terms are written in them.

Each term of a passage is a feature of the field ``body``, ``heading`` or ``title``, of the type ``rank_features``. Its
value is count / norm, rank-bm25's, where the norm is computed with the average length at the time at which the
generation was created; a query with the saturation 1 makes of it value / (value + 1) = count / (count + norm). So the
engine's score is rank-bm25's but for two errors that have bounds: the engine keeps nine significant bits of a value,
and the average length drifts with each revision. It depends on no statistics of the engine.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

import numpy as np

from bot.index.arrays import Array, Arrays, LazyArrays, StringArray, unprefix
from bot.index.build import find_terms, join_passages, number_terms
from bot.index.postings import norms_from_lengths
from bot.index.retrieval import FIELDS, normalize
from bot.index.rows import ArticleRows, RowRange
from bot.index.versions import IndexVersion
from bot.models import Json

STATE = "state"
"""The id of the document of the state."""
MAX_FEATURE = 1e4
"""A greater value changes a score by less than a ten-thousandth."""
MAX_FEATURE_LETTERS = 500
"""A longer name is replaced by its digest; the engine takes 32,766 bytes."""
ALIGNMENT = 8
"""Bytes of the largest number in an array."""
TABLE_BYTES = 2_000_000
"""Bytes of the learned tables per document."""

SETTINGS: Json = {
    "analysis": {"analyzer": {"words": {"type": "custom", "tokenizer": "whitespace"}}},
    "refresh_interval": "-1",  # a revision is made visible all at once
    "max_result_window": 10_000,
    "replication.type": "DOCUMENT",  # else copies see a revision some time after the first one
}
MAPPINGS: Json = {
    "dynamic": "strict",
    "properties": {
        "kind": {"type": "keyword"},
        "added_in": {"type": "integer"},
        "removed_in": {"type": "integer"},
        "article": {"type": "keyword"},
        "id": {"type": "keyword", "ignore_above": 8000},
        "position": {"type": "long"},
        "number": {"type": "integer"},
        "published": {"type": "integer"},
        "names": {"type": "text", "analyzer": "words", "norms": False, "position_increment_gap": 100},
        "paragraphs": {"type": "integer"},
        **{f"{field}_length": {"type": "integer"} for field in FIELDS},
        **{field: {"type": "rank_features"} for field in FIELDS},
        "text": {"type": "text", "analyzer": "words", "norms": False, "position_increment_gap": 100},
        "data": {"type": "binary"},
        "state": {"type": "object", "enabled": False},
    },
}
"""A document belongs to the revisions from ``added_in`` on and before ``removed_in``."""

_ROWS = (
    "text.bytes metadata.bytes digest.bytes article.published sentence.start sentence.end sentence.first "
    "passage.paragraphs paragraph.start paragraph.end paragraph.heading_start paragraph.heading_end paragraph.tokens "
    "paragraph.sentences"
).split()
"""The arrays of ``ArticleRows`` that an article's document has."""


def feature_name(term: str) -> str:
    """Return the name of a term's feature, which has no full stop, and is no longer than the engine takes."""
    if len(term) > MAX_FEATURE_LETTERS:
        return f"%#{hashlib.sha256(term.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return term.replace("%", "%25").replace(".", "%2E")


def encode_arrays(arrays: Arrays) -> bytes:
    """Encode named arrays of one dimension, compressed."""
    entries = [(name, array.dtype.name, len(array)) for name, array in arrays.items()]
    parts = [json.dumps(entries).encode() + b"\n", *(array.tobytes() for array in arrays.values())]
    # Aligned, so that they need not be copied.
    return zlib.compress(b"".join(part.ljust(_align(len(part)), b" ") for part in parts), 1)


def _align(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def decode_arrays(encoded: bytes) -> dict[str, Array]:
    """Decode what ``encode_arrays`` returned."""
    data = zlib.decompress(encoded)
    end = data.index(b"\n")
    arrays: dict[str, Array] = {}
    start = _align(end + 1)
    for name, dtype, length in json.loads(data[:end]):
        arrays[name] = np.frombuffer(data, dtype, length, start)
        start += _align(arrays[name].nbytes)
    return arrays


def to_base64(data: bytes) -> str:
    """Write bytes as a field of the type ``binary``."""
    return b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Return the bytes of a field of the type ``binary``."""
    return b64decode(text)


def parse_article_id(id: str) -> str:
    """Return the id of the article that a document belongs to, from its own id."""
    return id.partition("-")[0]


class VersionDocuments:
    """The documents of an index version; articles are numbered as in its archive."""

    def __init__(self, version: IndexVersion, averages: Mapping[str, float] | None = None) -> None:
        """``averages`` are the lengths, by field, with which norms are computed; the version's own if None."""
        self._archive = version.index.archive
        self._rows = ArticleRows.from_arrays(unprefix("rows", version.arrays))
        self._terms, term_of = number_terms(self._rows)
        self._features = [*map(feature_name, self._terms)]
        fields = find_terms(self._rows.arrays, term_of)
        self._titles, self._tokens = fields["title"], fields["body"].terms
        self._passages = join_passages(self._rows.arrays, fields)
        self._token_borders = self._rows.arrays["token.borders"].all()
        self._passage_borders = self._rows.arrays["passage.borders"].all()
        self.averages = averages or {
            name: float(version.arrays[f"passages.{name}.average"].all()[0]) for name in FIELDS
        }
        # Many passages have the same count and length.
        self._value = cache(self._compute_value)

    @cached_property
    def article_keys(self) -> list[str]:
        """A digest of each article with its metadata, which identifies its documents."""
        metadata = StringArray(unprefix("metadata", self._rows.arrays))
        digests = self._rows.arrays["digest.bytes"].all().tobytes()
        return [
            hashlib.sha256(one.encode("utf-8", "surrogatepass") + digests[32 * at : 32 * at + 32]).hexdigest()[:24]
            for at, one in enumerate(metadata)
        ]

    @property
    def document_counts(self) -> list[int]:
        """How many documents each article has: one for each passage, and its own."""
        return [int(count) + 1 for count in np.diff(self._passage_borders)]

    def build_article(self, number: int, key: str, position: int, revision: int) -> Iterator[Json]:
        """Yield the actions that create the documents of an article: its passages, and then itself."""
        article = self._archive.article(number)
        shared = {
            "added_in": revision,
            "article": key,
            "position": position,
            "published": article.published.toordinal() if article.published else 0,
            "names": [normalize(article.source), normalize(article.id)],
        }
        first, end = self._passage_borders[number : number + 2].tolist()
        for passage in range(first, end):
            fields = {name: self._field_values(name, passage) for name in FIELDS}
            yield {
                "_id": f"{key}-{passage - first}",
                "kind": "passage",
                "number": passage - first,
                "text": [normalize(one.text).strip() for one in self._archive.passages[passage].paragraphs],
                **shared,
                **{name: values for name, (values, _) in fields.items() if values},
                **{f"{name}_length": length for name, (_, length) in fields.items()},
            }
        yield {
            "_id": key,
            "kind": "article",
            "id": article.id,
            "paragraphs": int(np.diff(self._archive.borders[number : number + 2])[0]),
            "data": to_base64(encode_arrays(self._article_arrays(number))),
            **shared,
        }

    def _field_values(self, field: str, passage: int) -> tuple[dict[str, float], int]:
        """Return the features of a field, and how many terms it has."""
        lists = self._passages[field]
        own = lists.terms[lists.borders[passage] : lists.borders[passage + 1]].tolist()
        counts = Counter(own)
        return {self._features[term]: self._value(field, count, len(own)) for term, count in counts.items()}, len(own)

    def _compute_value(self, field: str, count: int, length: int) -> float:
        norm = norms_from_lengths(np.array([length], np.int32), self.averages[field]).item()
        return float(f"{min(count / norm, MAX_FEATURE):.5g}")

    def _article_arrays(self, number: int) -> dict[str, Array]:
        """Return an article's rows, its terms, and which of them each token and the title has."""
        own = RowRange(self._rows, number, number + 1)
        tokens = self._tokens[slice(*self._token_borders[number : number + 2].tolist())]
        title = self._titles.terms[slice(*self._titles.borders[number : number + 2].tolist())]
        used, places = np.unique(tokens, return_inverse=True)
        return {
            **{name: own.column(name) for name in _ROWS},
            "terms": self._join_terms(used),
            "title.terms": self._join_terms(title),
            "token.term": _shrink(places),
            # As differences, which are small: between two starts, and of start and end.
            "token.step": _shrink(np.diff(own.column("token.start"), prepend=0)),
            "token.length": _shrink(own.column("token.end") - own.column("token.start")),
        }

    def _join_terms(self, terms: Array) -> Array:
        """Return terms as the bytes of a list with line ends between them."""
        return np.frombuffer("\n".join(map(self._terms.__getitem__, terms.tolist())).encode(), np.uint8)


def _shrink(numbers: Array) -> Array:
    """Return numbers, none of which is negative, in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def encode_tables(arrays: LazyArrays) -> bytes:
    """Encode the learned tables of an index version's arrays."""
    names = [name for name in arrays if name.startswith(("terms.", "lexicon."))]
    names += [f"passages.{field}.{kind}" for field in FIELDS for kind in ("frequencies", "average")]
    return encode_arrays({name: arrays[name].all() for name in names})


def split_tables(encoded: bytes, revision: int) -> Iterator[Json]:
    """Yield the actions that create the documents of the learned tables."""
    for number, start in enumerate(range(0, len(encoded), TABLE_BYTES)):
        data = to_base64(encoded[start : start + TABLE_BYTES])
        yield {"_id": table_id(revision, number), "kind": "table", "added_in": revision, "data": data}


def table_id(revision: int, number: int) -> str:
    """Return the id of a document of the learned tables."""
    return f"table-{revision}-{number}"
