"""``python -m tests.benchmarks.cluster``: an archive in a cluster of three nodes, beside plain searches of OpenSearch.

It writes generated passages to a private cluster, and the same to an index as OpenSearch's documentation makes it, text
fields with the engine's own BM25; asks the same questions of both in turn, in the same fields with the same weights;
and compares the replies with those of the embedded index. Ends with status 1 if a reply differs or a ratio is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from opensearchpy import OpenSearch
from opensearchpy.helpers import bulk

from bot.index.build import build_arrays
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import hold_lease
from bot.index.cluster.publish import Publisher
from bot.index.cluster.reader import Revision
from bot.index.retrieval import FIELDS
from bot.index.snapshot import load_snapshot, save_snapshot
from bot.index.versions import IndexVersion, Manifest, ReadNotes, encode_inputs
from bot.ingest.files import Listing
from bot.models import ClusterAddress, Question, Reply
from bot.search.answerer import DEPTH, Answerer
from tests.benchmarks.articles import PASSAGES_PER_ARTICLE, WORDS_PER_TITLE, create_rows
from tests.benchmarks.corpus import SyntheticCorpus
from tests.opensearch.cluster import Cluster, running_cluster

PLAIN = "plain"
MAX_MEMORY = 250e6
MAX_P50, MAX_P95, MAX_GROWTH = 4.0, 6.0, 3.0
"""An answer takes at most so many times a plain search, and so many times what it took in a tenth of the archive."""


@dataclass(frozen=True)
class Times:
    """Milliseconds per question."""

    plain: list[float]
    answer: list[float]

    def ratio(self, percentile: int) -> float:
        """How many times a plain search an answer takes."""
        return float(np.percentile(self.answer, percentile) / np.percentile(self.plain, percentile))


def main(arguments: list[str]) -> int:
    """Measure archives of the given sizes; 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster", description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=200)
    chosen = parser.parse_args(arguments)
    medians, failed = [], False
    with tempfile.TemporaryDirectory() as folder, running_cluster() as cluster:
        for size in chosen.passages:
            times, different = measure(cluster, Path(folder), size, chosen.questions)
            medians.append(float(np.median(times.answer)))
            failed |= different > 0 or times.ratio(50) > MAX_P50 or times.ratio(95) > MAX_P95
    if len(medians) > 1:
        print(f"growth of an answer: {medians[-1] / medians[0]:.2f} times (at most {MAX_GROWTH})")
        failed |= medians[-1] / medians[0] > MAX_GROWTH
    return int(failed)


def measure(cluster: Cluster, folder: Path, size: int, count: int) -> tuple[Times, int]:
    """Measure one archive; return the times, and how many replies differ from the embedded index's."""
    corpus = SyntheticCorpus(folder, size)
    corpus.write()
    version = create_version(corpus, folder)
    questions = [" ".join(words) for words in corpus.questions(count)]
    client = OpenSearch(list(cluster.urls), timeout=60)
    connection = Connection(ClusterAddress(cluster.urls, f"bench{size}"))
    started = time.perf_counter()
    with hold_lease(connection) as lease:
        Publisher(connection, lease).publish(version)
    seconds = time.perf_counter() - started
    print(f"{size:,} passages written in {seconds:.0f} s: {size / seconds:,.0f} a second", flush=True)
    write_plain(client, corpus)
    for index in (f"{connection.alias}-000001", PLAIN):
        stored = client.indices.stats(index=index)["indices"][index]["primaries"]["store"]["size_in_bytes"]
        print(f"{index}: {stored / 1e6:,.0f} MB on disk, without copies", flush=True)
    expected = [comparable(Answerer(version.index).answer(Question(text))) for text in questions]
    del version
    revision = Revision(connection, folder / "bot")
    times, different = Times([], []), 0
    for text in questions[: count // 4]:  # until the engine has compiled what it runs
        search_plain(client, text)
        Answerer(revision.open()).answer(Question(text))
    for number, text in enumerate(questions):
        first = number % 2  # which goes first takes turns
        for plain in (first == 0, first == 1):
            started = time.perf_counter()
            if plain:
                search_plain(client, text)
                times.plain.append((time.perf_counter() - started) * 1000)
            else:
                reply = Answerer(revision.open()).answer(Question(text))
                times.answer.append((time.perf_counter() - started) * 1000)
                different += comparable(reply) != expected[number]
    for name, own in (("plain search", times.plain), ("answer", times.answer)):
        p50, p95, p99 = np.percentile(own, [50, 95, 99])
        print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
    print(
        f"answer / plain search: p50 {times.ratio(50):.2f} (at most {MAX_P50}), p95 {times.ratio(95):.2f} "
        f"(at most {MAX_P95})\n{different} of {count} replies differ from the embedded index's\n"
        f"learned tables, mapped: {revision.table_bytes / 1e6:.0f} MB; private memory of a bot: "
        f"{measure_memory(cluster.urls, size, folder, questions) / 1e6:.0f} MB (at most {MAX_MEMORY / 1e6:.0f})",
        flush=True,
    )
    return times, different


def measure_memory(urls: tuple[str, ...], size: int, folder: Path, questions: list[str]) -> int:
    """Return the private memory of a process that has answered questions from the cluster alone."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_answer_all, urls, size, folder, questions).result()


def _answer_all(urls: tuple[str, ...], size: int, folder: Path, questions: list[str]) -> int:
    revision = Revision(Connection(ClusterAddress(urls, f"bench{size}")), folder / "bot")
    for text in questions:
        Answerer(revision.open()).answer(Question(text))
    return private_bytes()


def create_version(corpus: SyntheticCorpus, folder: Path) -> IndexVersion:
    """Build the embedded index of a corpus, and open it from disk."""
    arrays = build_arrays(create_rows(corpus)) | {"lexicon.vocabulary": np.frombuffer(b"[]", np.uint8)}
    arrays |= encode_inputs((), ReadNotes((), ()))
    save_snapshot(folder / "embedded", str(corpus.size), arrays, "")
    del arrays
    snapshot = load_snapshot(folder / "embedded", str(corpus.size))
    assert snapshot
    return IndexVersion(Manifest.of(Listing((), (), ()), time.time_ns()), snapshot.arrays, is_saved=True)


def write_plain(client: OpenSearch, corpus: SyntheticCorpus) -> None:
    """Write the passages to a text field."""
    body: dict[str, Any] = {
        "settings": {"number_of_shards": 3, "number_of_replicas": 1, "refresh_interval": "-1"},
        "mappings": {"properties": {name: {"type": "text", "analyzer": "whitespace"} for name in ("text", "title")}},
    }
    client.indices.delete(index=PLAIN, ignore=[404])
    client.indices.create(index=PLAIN, body=body)

    def actions() -> Iterator[dict[str, Any]]:
        title = ""
        for number, words in enumerate(corpus.passages()):
            if number % PASSAGES_PER_ARTICLE == 0:
                title = " ".join(words[:WORDS_PER_TITLE])
            yield {"_index": PLAIN, "_id": str(number), "text": " ".join(words), "title": title}

    bulk(client, actions(), chunk_size=250, request_timeout=120)  # more at once overflows a heap of half a gigabyte
    client.indices.refresh(index=PLAIN, request_timeout=300)


def search_plain(client: OpenSearch, text: str) -> None:
    """Search as the engine does by default, with exact statistics, for as many hits as an answer ranks."""
    fields = ["text", f"title^{FIELDS['title'][1]}"]
    body = {"query": {"multi_match": {"query": text, "fields": fields, "type": "most_fields"}}, "size": DEPTH}
    found = client.search(index=PLAIN, body=body, search_type="dfs_query_then_fetch", request_timeout=60)
    assert found["hits"]["hits"]


def comparable(reply: Reply) -> Any:
    """What must be the same in a reply, wherever the index is."""
    hits = tuple((hit.passage.article.id, hit.passage.span, round(hit.score, 6)) for hit in reply.trace.hits)
    query = replace(reply.trace.query)
    quotes = [(one.article.id, one.span, one.highlights, one.unmatched_terms) for one in reply.shown_quotes]
    return type(reply), round(reply.confidence, 9), quotes, hits, query, reply.trace.searched


def private_bytes() -> int:
    """The memory of this process that it shares with no other."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
