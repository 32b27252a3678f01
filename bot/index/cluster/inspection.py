"""What a cluster is, and what it has of an archive: for ``pullquote doctor``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from bot.errors import ClusterError, EmptyClusterError
from bot.index.cluster.connection import Connection
from bot.index.cluster.documents import MAPPINGS
from bot.index.cluster.reader import Generation, find_generation

LEAST_VERSION = 2
"""The first major version of OpenSearch that is used; the tests run on 3."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """``version`` of OpenSearch, milliseconds of a search, and where the archive is."""

    version: str
    milliseconds: float
    generation: Generation


def inspect(connection: Connection) -> ClusterReport:
    """Inspect the cluster and the archive's index in it; raises ``ClusterError`` if it cannot be used."""
    version = connection.get("").get("version", {})
    number = str(version.get("number", "?"))
    if version.get("distribution") != "opensearch" or int(number.partition(".")[0]) < LEAST_VERSION:
        raise ClusterError(
            f"The search cluster is not OpenSearch {LEAST_VERSION} or later, but {version.get('distribution', '?')} "
            f"{number}; set PULLQUOTE_OPENSEARCH_URL to another."
        )
    generation = find_generation(connection)
    if generation is None:
        raise EmptyClusterError(connection.alias)
    found = connection.get(f"{generation.index}/_mapping")[generation.index]["mappings"]
    types = {name: field.get("type", "object") for name, field in found["properties"].items()}
    if types != {name: field["type"] for name, field in MAPPINGS["properties"].items()}:
        raise ClusterError(
            f"The index {generation.index} has other fields than Pullquote wrote; delete it and "
            "run: pullquote index --backend opensearch"
        )
    times = []
    for _ in range(TRIES):
        started = time.perf_counter()
        connection.search(generation.index, {"size": 1, "query": {"term": {"kind": "passage"}}, "_source": False})
        times.append((time.perf_counter() - started) * 1000)
    return ClusterReport(number, median(times), generation)
