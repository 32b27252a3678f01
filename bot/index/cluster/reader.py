"""Opens the current revision of an archive in a cluster. The learned tables are kept in a file, articles are not."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

from bot.errors import ClusterError, DamagedSnapshotError, EmptyClusterError, SnapshotError, SupersededError
from bot.index import Index
from bot.index.arrays import LazyArrays, StringArray, in_memory, unprefix
from bot.index.cluster.connection import Connection, Version, version_of
from bot.index.cluster.documents import STATE, decode_arrays, from_base64, table_id
from bot.index.cluster.fetched import FetchedArchive, FetchedTokens, RevisionFacts, StoredArticle, TermNumbers
from bot.index.cluster.retriever import ClusterRetriever, FieldStatistics, scope_filters
from bot.index.lexicon import Lexicon
from bot.index.retrieval import FIELDS
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.versions import ReadNotes
from bot.ingest.files import SkippedFile
from bot.models import ArchiveSummary, Json, Scope

log = logging.getLogger(__name__)

FORMAT = 1
"""Increased with each change of the documents; an index of another format is built anew."""
CACHED_BYTES = 24_000_000
"""Bytes of articles that are kept for further questions."""
CACHED_SCOPES = 64
PAGE = 20
"""Articles that are fetched at once where all are gone through."""


@dataclass(frozen=True, slots=True)
class State:
    """The state of a generation: what identifies its current revision, and what questions need to know of it.

    ``software`` is the digest of what decides how articles are analyzed; ``averages`` are the lengths, by field, with
    which its norms were computed; ``tables`` is the SHA-256 of the learned tables, in so many ``chunks``.
    """

    format: int
    revision: int
    software: str
    averages: Mapping[str, float]
    facts: RevisionFacts
    chunks: int
    tables: str
    notes: ReadNotes
    read_at_ns: int

    @classmethod
    def from_json(cls, found: Json) -> State | None:
        """Decode what ``to_json`` returned; None if it is of another format."""
        if found.get("format") != FORMAT:
            return None
        notes = found["notes"]
        skipped = tuple(SkippedFile(*one) for one in notes["skipped"])
        return cls(
            **{
                **found,
                "facts": RevisionFacts(**found["facts"]),
                "notes": ReadNotes(skipped, tuple(notes["warnings"]), notes["is_pending"]),
            }
        )

    def to_json(self) -> Json:
        """Encode all fields."""
        skipped = [(one.name, one.reason) for one in self.notes.skipped]
        return {**asdict(self), "notes": {**asdict(self.notes), "skipped": skipped}}


@dataclass(frozen=True, slots=True)
class Generation:
    """An OpenSearch index with all of an archive, and its state."""

    index: str
    state: State
    version: Version = field(compare=False)
    """Of the state's document."""


def find_generation(connection: Connection) -> Generation | None:
    """Return the current generation and its state; None if there is none that this software can read."""
    found = connection.get(f"{connection.alias}/_doc/{STATE}")
    state = State.from_json(found["_source"]["state"]) if found.get("found") else None
    return Generation(found["_index"], state, version_of(found)) if state else None


class Revision:
    """One revision of the archive, from which questions are answered. Thread-safe; ``open`` an index per question."""

    def __init__(self, connection: Connection, folder: Path | None, generation: Generation | None = None) -> None:
        """Open the current revision; its learned tables are kept in ``folder``, or else in memory.

        Raises ``EmptyClusterError`` if the cluster has none.
        """
        generation = generation or find_generation(connection)
        if generation is None:
            raise EmptyClusterError(connection.alias)
        self._connection, self.generation, self.state = connection, generation, generation.state
        self.facts = self.state.facts
        tables = self._load_tables(folder)
        self._terms = StringArray(unprefix("terms", tables))
        self.lexicon = Lexicon(unprefix("lexicon", tables), self._terms)
        averages = self.state.averages
        self._fields = {
            name: FieldStatistics(
                unprefix(f"passages.{name}", tables), self._terms, self.facts.passages, averages[name]
            )
            for name in FIELDS
        }
        self._lock = Lock()
        self._cached: OrderedDict[str, tuple[StoredArticle, int]] = OrderedDict()
        self._cached_bytes = 0
        self.examples: tuple[str, ...] | None = None
        """Questions that the archive answers, once they were found."""
        self.summarize = lru_cache(CACHED_SCOPES)(self._summarize)
        self._tables = tables

    @property
    def table_bytes(self) -> int:
        """The size of the learned tables, which are mapped from a file that processes share."""
        return sum(array.all().nbytes for array in self._tables.values())

    @property
    def read_at(self) -> datetime:
        """When reading the articles began."""
        return datetime.fromtimestamp(self.state.read_at_ns / 1e9, UTC)

    def open(self) -> Index:
        """Return an index for one question, which fetches the articles that it needs."""
        terms = TermNumbers(self._terms)
        archive = FetchedArchive(self, terms)
        tokens = FetchedTokens(terms, archive)
        return Index(
            archive,
            tokens,
            self.lexicon,
            ClusterRetriever(archive, self._fields, tokens.passage_terms, self.search_passages),
        )

    def _load_tables(self, folder: Path | None) -> LazyArrays:
        name, wanted = f"cluster-{self._connection.alias}", self.state.tables
        try:
            saved = load_snapshot(folder, name) if folder else None
        except DamagedSnapshotError as error:
            log.warning("The learned tables are fetched again. %s", error)
            saved = None
        if saved is not None and saved.manifest == json.dumps(wanted):
            return saved.arrays
        arrays = decode_arrays(self._fetch_tables())
        if folder is not None:
            try:
                save_snapshot(folder, name, arrays, json.dumps(wanted))
                saved = load_snapshot(folder, name)
                if saved is not None and saved.manifest == json.dumps(wanted):
                    return saved.arrays
            except (SnapshotError, DamagedSnapshotError) as error:
                log.warning("The learned tables are kept in memory. %s", error)
        return in_memory(arrays)

    def _fetch_tables(self) -> bytes:
        ids = [table_id(self.state.revision, number) for number in range(self.state.chunks)]
        parts = []
        for id in ids:
            found = self._connection.get_many(self.generation.index, [id])
            if id not in found:
                raise SupersededError
            parts.append(from_base64(found[id]["data"]))
        encoded = b"".join(parts)
        if hashlib.sha256(encoded).hexdigest() != self.state.tables:
            raise ClusterError("The learned tables in the search cluster are damaged; index the archive again.")
        return encoded

    def _other_revisions(self) -> Json:
        """Return the condition under which a document belongs to another revision only."""
        revision = self.state.revision
        return {
            "bool": {
                "should": [{"range": {"added_in": {"gt": revision}}}, {"range": {"removed_in": {"lte": revision}}}],
                "minimum_should_match": 1,
            }
        }

    def check(self) -> None:
        """Raise ``ClusterUnavailableError`` unless every part of the index can be searched."""
        self._connection.search_whole(self.generation.index, {"size": 0, "track_total_hits": False})

    def search_passages(self, body: Json) -> list[Json]:
        """Return the hits of a search whose query concerns passages."""
        query = body["query"]["bool"]
        condition = {"bool": {**query, "must_not": [*query["must_not"], self._other_revisions()]}}
        return self._connection.search(self.generation.index, {**body, "query": condition})

    def _articles(self, *filters: Json) -> Json:
        """Return the condition of the articles of this revision."""
        return {"bool": {"filter": [{"term": {"kind": "article"}}, *filters], "must_not": [self._other_revisions()]}}

    def fetch(self, keys: Iterable[str]) -> Mapping[str, StoredArticle]:
        """Return the articles with these keys; raises ``SupersededError`` if one is gone."""
        wanted = list(keys)
        with self._lock:
            found = {key: self._cached[key][0] for key in wanted if key in self._cached}
            for key in found:
                self._cached.move_to_end(key)
        if missing := [key for key in wanted if key not in found]:
            stored = self._connection.get_many(self.generation.index, missing)
            if len(stored) < len(missing):
                raise SupersededError
            for key, source in stored.items():
                found[key] = self._remember(key, decode_arrays(from_base64(source["data"])))
        return found

    def _remember(self, key: str, article: StoredArticle) -> StoredArticle:
        size = sum(array.nbytes for array in article.values())
        with self._lock:
            if key not in self._cached:
                self._cached[key] = article, size
                self._cached_bytes += size
            while self._cached_bytes > CACHED_BYTES:
                self._cached_bytes -= self._cached.popitem(last=False)[1][1]
        return article

    def find_key(self, id: str) -> str | None:
        """Return the key of the article with this id; None if there is none."""
        hits = self._search_articles({"query": self._articles({"term": {"id": id}}), "size": 1})
        return hits[0]["_id"] if hits else None

    def _search_articles(self, body: Json) -> list[Json]:
        body = {"_source": False, "track_total_hits": False, **body}
        return self._connection.search(self.generation.index, body)

    def _summarize(self, scope: Scope) -> ArchiveSummary:
        """Count the articles and paragraphs in a scope."""
        sources = scope_filters(Scope(scope.sources))
        totals = {"paragraphs": {"sum": {"field": "paragraphs"}}, "latest": {"max": {"field": "published"}}}
        undated = {"bool": {"filter": [*sources, {"term": {"published": 0}}]}}
        body = {
            "query": self._articles(),
            "size": 0,
            "aggs": {
                "searched": {"filter": {"bool": {"filter": scope_filters(scope)}}, "aggs": totals},
                "undated": {"filter": undated},
            },
        }
        found = self._connection.search_whole(self.generation.index, body)["aggregations"]
        searched, latest = found["searched"], int(found["searched"]["latest"]["value"] or 0)
        return ArchiveSummary(
            searched["doc_count"],
            int(searched["paragraphs"]["value"]),
            date.fromordinal(latest) if latest > 0 else None,
            found["undated"]["doc_count"] if scope.since or scope.before else 0,
        )

    def list_by_date(self, since: date | None, before: date | None, *, oldest_first: bool, limit: int) -> list[str]:
        """Return the keys of the dated articles of a period, the latest first, or the oldest; equal days by id."""
        order = "asc" if oldest_first else "desc"
        dated = [{"range": {"published": {"gt": 0}}}, *scope_filters(Scope(since=since, before=before))]
        hits = self._search_articles(
            {"query": self._articles(*dated), "size": limit, "sort": [{"published": order}, {"id": order}]}
        )
        return [hit["_id"] for hit in hits]

    def keys_newest_first(self) -> Iterator[list[str]]:
        """Yield the keys of all articles in groups, the most recently published first, in reading order."""
        body = {"query": self._articles(), "size": PAGE, "sort": [{"published": "desc"}, {"position": "asc"}]}
        while hits := self._search_articles(body):
            yield [hit["_id"] for hit in hits]
            body["search_after"] = hits[-1]["sort"]
