"""Writes an index version to a cluster: as a new generation, or as a new revision of the current one.

A revision adds documents, marks others as removed, and writes its learned tables; no question sees any of it until the
state names the revision. What an interrupted writer has left is removed, or completed if it was a generation of the
same articles. The alias is moved to a generation only when that is whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from bot.errors import ClusterConflictError, ClusterError, ClusterUnavailableError
from bot.index.cluster.connection import Connection, version_of
from bot.index.cluster.documents import (
    MAPPINGS,
    SETTINGS,
    STATE,
    VersionDocuments,
    encode_tables,
    parse_article_id,
    split_tables,
)
from bot.index.cluster.fetched import RevisionFacts
from bot.index.cluster.lease import Lease
from bot.index.cluster.reader import FORMAT, Generation, Revision, State, find_generation
from bot.index.versions import IndexVersion, StageProgress
from bot.models import Json, Scope

log = logging.getLogger(__name__)

SHARDS, REPLICAS = 3, 1
"""Of a new generation: parts, each of which may have up to some 30 GB, and further copies of each."""
GAP = 1 << 20
"""Between the positions of neighboring articles in a new generation, so that others fit between them."""
MAX_DRIFT = 0.1
"""By this share, at most, may an average length differ from the one that the norms were computed with."""
BUILDING = "building"
"""The id of the document that says of which articles an unfinished generation is."""
KEPT_REVISIONS = 20
"""So many revisions, before the current one, can still be read: each takes a second to write or more, and bots look for
the current one more often (``cluster_corpus``)."""
IDS = 500
"""Ids in one query."""
CHECK_EVERY = 100
"""Articles after which the lease is checked."""


class Plan(NamedTuple):
    """What a revision changes: positions of new articles, by number, and ids of the documents of those to remove."""

    added: Mapping[int, int]
    removed: Sequence[str]


class Publisher:
    """Writes index versions, while it holds the lease."""

    def __init__(self, connection: Connection, lease: Lease) -> None:
        self._connection, self._lease = connection, lease
        self._progress: StageProgress | None = None

    def publish(self, version: IndexVersion, progress: StageProgress | None = None) -> Generation:
        """Write ``version``, so that questions are answered from it, and return where it is."""
        self._progress = progress
        current = self._fence()
        if current is not None:
            self._clean(current)
            if _has_same(current, version) and self._is_whole(current):
                return current
            if (revision := self._try_revision(current, version)) is not None:
                return revision
        return self._write_generation(version)

    def _fence(self) -> Generation | None:
        """Find the current generation, and write its state again.

        A request of an earlier writer that the cluster carries out only now cannot replace it after that.
        """
        while True:
            self._lease.check()
            current = find_generation(self._connection)
            if current is None:
                return None
            with suppress(ClusterConflictError):  # such a request came in between, unless another holds the lease
                return self._write_state(current.index, current.state, current)

    def _clean(self, current: Generation) -> None:
        """Undo what an interrupted writer has left; delete what only old revisions have."""
        revision, index = current.state.revision, current.index
        self._connection.refresh(index)
        unfinished = {"range": {"added_in": {"gt": revision}}}
        ended = {"range": {"removed_in": {"lte": revision - KEPT_REVISIONS}}}
        old_tables = {"bool": {"filter": [{"term": {"kind": "table"}}, {"range": {"added_in": {"lt": revision}}}]}}
        for condition in (unfinished, ended, old_tables):
            self._lease.check()
            self._connection.write(index, ({"_op_type": "delete", "_id": id} for id in self._ids(index, condition)))
        revived = self._ids(index, {"range": {"removed_in": {"gt": revision}}})
        self._connection.write(
            index, ({"_op_type": "update", "_id": id, "doc": {"removed_in": None}} for id in revived)
        )
        self._connection.refresh(index)

    def _ids(self, index: str, condition: Json) -> list[str]:
        return [*self._scan_ids(index, condition)]

    def _scan_ids(self, index: str, condition: Json) -> Iterator[str]:
        return (hit["_id"] for hit in self._connection.scan(index, {"query": condition, "_source": False}))

    def _plan(self, current: Generation, documents: VersionDocuments) -> Plan | None:
        """Compare the articles with those that are there; None if that is no way to the new ones."""
        revision = current.state.revision
        scanned = self._connection.scan(
            current.index,
            {
                "query": {
                    "bool": {
                        "filter": [{"term": {"kind": "article"}}, {"range": {"added_in": {"lte": revision}}}],
                        "must_not": [{"range": {"removed_in": {"lte": revision}}}],
                    }
                },
                "_source": False,
                "docvalue_fields": ["position"],
            },
        )
        hits = list(scanned)
        if len(hits) != current.state.facts.articles:
            log.warning("The index %s has other articles than it should, so it is replaced.", current.index)
            return None
        stored = {hit["_id"].partition(".")[0]: (hit["fields"]["position"][0], hit["_id"]) for hit in hits}
        keys = documents.article_keys
        here = [at for at, key in enumerate(keys) if key in stored]
        kept = {here[at] for at in longest_increasing([stored[keys[at]][0] for at in here])}
        positions = fill_positions([stored[key][0] if at in kept else None for at, key in enumerate(keys)])
        if positions is None:
            return None
        kept_ids = {stored[keys[at]][1] for at in kept}
        added = {at: positions[at] for at in range(len(keys)) if at not in kept}
        return Plan(added, [id for _, id in stored.values() if id not in kept_ids])

    def _try_revision(self, current: Generation, version: IndexVersion) -> Generation | None:
        """Write ``version`` as the next revision of ``current``; None if that is no way to it."""
        if current.state.software != version.manifest.content_digest:
            return None
        documents = VersionDocuments(version, current.state.averages)
        plan = self._plan(current, documents) if _has_near_averages(documents, version) else None
        if plan is None:
            return None
        index, revision = current.index, current.state.revision + 1
        self._connection.write(index, self._article_actions(documents, plan.added, revision))
        for start in range(0, len(plan.removed), IDS):
            self._lease.check()
            articles = {"terms": {"article": plan.removed[start : start + IDS]}}
            ids = self._ids(index, articles)
            self._connection.write(
                index, ({"_op_type": "update", "_id": id, "doc": {"removed_in": revision}} for id in ids)
            )
        state = self._write_tables(index, version, documents.averages, revision)
        self._connection.refresh(index)
        if self._find_difference(index, state) is not None:
            log.warning("The index %s has other documents than it should, so it is replaced.", index)
            return None
        self._lease.check()
        return self._write_state(index, state, current)

    def _write_generation(self, version: IndexVersion) -> Generation:
        documents = VersionDocuments(version)
        index, written = self._open_generation(version)
        keys, counts = documents.article_keys, documents.document_counts
        added = {at: (at + 1) * GAP for at, key in enumerate(keys) if written[f"{key}.1"] < counts[at]}
        self._connection.write(index, self._article_actions(documents, added, 1, done=len(keys) - len(added)))
        state = self._write_tables(index, version, documents.averages, 1)
        generation = self._write_state(index, state, None)
        self._connection.refresh(index)
        difference = self._find_difference(index, state)
        self._lease.check()
        if difference is not None:
            self._connection.delete(index)
            raise ClusterError(f"{difference}, so the archive stays as it was; index it again.")
        alias = self._connection.alias
        before = [{"remove": {"index": other, "alias": alias}} for other in self._connection.get(alias)]
        self._connection.post("_aliases", {"actions": [*before, {"add": {"index": index, "alias": alias}}]})
        for other in self._generations():
            if _parse_number(other) < _parse_number(index):  # a later one is of another writer
                self._lease.check()
                self._connection.delete(other)
        return generation

    def _open_generation(self, version: IndexVersion) -> tuple[str, Counter[str]]:
        """Return an unfinished generation of the same articles, or create one.

        With it comes how many documents each article has in it, by the article's id: a request that failed may have
        written some of them, in any order, because each shard writes its own.
        """
        goal = json.dumps([FORMAT, version.manifest.content_digest, version.index.archive.fingerprint])
        alias, newest = self._connection.alias, 0
        searched = self._connection.get(alias)  # it may be of a version of Pullquote that bots still run
        for index in self._generations():
            newest = max(newest, _parse_number(index))
            if index in searched:
                continue
            found = self._connection.get(f"{index}/_doc/{BUILDING}")
            if found.get("found") and found["_source"]["state"]["goal"] == goal:
                self._connection.refresh(index)
                ids = self._scan_ids(index, {"terms": {"kind": ["article", "passage"]}})
                return index, Counter(map(parse_article_id, ids))
            self._lease.check()
            self._connection.delete(index)
        index = f"{alias}-{newest + 1:06d}"
        settings = {**SETTINGS, "number_of_shards": SHARDS, "number_of_replicas": REPLICAS}
        self._lease.check()
        self._connection.create_index(index, {"settings": settings, "mappings": MAPPINGS})
        self._connection.put(f"{index}/_doc/{BUILDING}", {"kind": BUILDING, "state": {"goal": goal}})
        return index, Counter()

    def _generations(self) -> list[str]:
        """Return the names of the generations of this archive, the oldest first."""
        own = re.compile(rf"{re.escape(self._connection.alias)}-\d{{6,}}")  # another archive may be called alike
        return sorted(filter(own.fullmatch, self._connection.get(f"{self._connection.alias}-*")))

    def _article_actions(
        self, documents: VersionDocuments, positions: Mapping[int, int], revision: int, done: int = 0
    ) -> Iterator[Json]:
        """Yield the actions that create articles; ``done`` were created before."""
        keys, total = documents.article_keys, len(positions) + done
        for at, (number, position) in enumerate(positions.items(), done + 1):
            if at % CHECK_EVERY == 0:
                self._lease.check()
            yield from documents.build_article(number, f"{keys[number]}.{revision}", position, revision)
            if self._progress:
                self._progress("Writing", at, total)

    def _write_tables(self, index: str, version: IndexVersion, averages: Mapping[str, float], revision: int) -> State:
        """Write the learned tables, and return the state that names them."""
        encoded = encode_tables(version.arrays)
        chunks = list(split_tables(encoded, revision))
        self._connection.write(index, chunks)
        archive = version.index.archive
        earliest, latest = ((day.toordinal() if day else 0) for day in (archive.earliest, archive.latest))
        facts = RevisionFacts(
            len(archive),
            archive.summary(Scope()).paragraphs,
            len(archive.passages),
            archive.publisher_count,
            earliest,
            latest,
            archive.fingerprint,
        )
        return State(
            FORMAT,
            revision,
            version.manifest.content_digest,
            averages,
            facts,
            len(chunks),
            hashlib.sha256(encoded).hexdigest(),
            version.notes,
            version.manifest.built_at_ns,
        )

    def _write_state(self, index: str, state: State, before: Generation | None) -> Generation:
        """Write the state, unless it is another one by now than ``before``."""
        path, document = f"{index}/_doc/{STATE}", {"kind": STATE, "state": state.to_json()}
        if before is None:  # an interrupted writer may have written it, before the alias names this generation
            return Generation(index, state, version_of(self._connection.put(path, document)))
        return Generation(index, state, self._connection.replace(path, document, before.version))

    def _find_difference(self, index: str, state: State) -> str | None:
        """Compare the documents of a revision with the counts in its ``state``; return a sentence if they differ."""
        facts, revision = state.facts, state.revision
        for kind, expected in (("passage", facts.passages), ("article", facts.articles)):
            here = [{"term": {"kind": kind}}, {"range": {"added_in": {"lte": revision}}}]
            gone = {"range": {"removed_in": {"lte": revision}}}
            query = {"query": {"bool": {"filter": here, "must_not": [gone]}}, "size": 0, "track_total_hits": True}
            found = self._connection.search_whole(index, query)["hits"]["total"]["value"]
            if found != expected:
                return f"The search cluster kept {found:,} {kind}s of {expected:,}"
        return None

    def _is_whole(self, current: Generation) -> bool:
        """Whether the learned tables and all documents of the current revision are as its state describes them."""
        try:
            Revision(self._connection, None, current)
        except ClusterUnavailableError:
            raise
        except ClusterError:
            return False
        return self._find_difference(current.index, current.state) is None


def _parse_number(index: str) -> int:
    return int(index.rpartition("-")[2])


def _has_same(current: Generation, version: IndexVersion) -> bool:
    """Whether the articles, what was learned and what was noticed are the same."""
    state = current.state
    if (state.software, state.notes) != (version.manifest.content_digest, version.notes):
        return False
    tables = hashlib.sha256(encode_tables(version.arrays)).hexdigest()
    return (state.facts.fingerprint, state.tables) == (version.index.archive.fingerprint, tables)


def _has_near_averages(documents: VersionDocuments, version: IndexVersion) -> bool:
    """Whether the average lengths are near those that the norms were computed with."""
    lengths = {name: float(version.arrays[f"passages.{name}.average"].all()[0]) for name in documents.averages}
    return all(abs(lengths[name] / before - 1) <= MAX_DRIFT for name, before in documents.averages.items())


def longest_increasing(numbers: Sequence[int]) -> list[int]:
    """Return the places of a longest increasing subsequence of distinct ``numbers``."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int | None] = []
    for here, number in enumerate(numbers):
        at = bisect_left(ends, number)
        before.append(places[at - 1] if at else None)
        ends[at : at + 1] = [number]
        places[at : at + 1] = [here]
    found: list[int] = []
    last = places[-1] if places else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found[::-1]


def fill_positions(positions: Sequence[int | None]) -> list[int] | None:
    """Return ascending positions, in which each None is filled; None if there is none between two neighbors."""
    filled: list[int] = []
    last = 0
    at = 0
    while at < len(positions):
        known = positions[at]
        if known is not None:
            last = known
            filled.append(known)
            at += 1
            continue
        end = at
        while end < len(positions) and positions[end] is None:
            end += 1
        following = positions[end] if end < len(positions) else last + GAP * (end - at + 1)
        assert following is not None
        step = (following - last) // (end - at + 1)
        if step < 1:
            return None
        filled += [last + step * (nth + 1) for nth in range(end - at)]
        at = end
    return filled
