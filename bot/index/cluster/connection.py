"""The connection to an OpenSearch cluster, and what its failures mean."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import opensearchpy
from opensearchpy import OpenSearch, exceptions
from opensearchpy.helpers import bulk, scan

from bot.errors import ClusterError, ClusterUnavailableError, SupersededError
from bot.models import ClusterAddress, Json

TIMEOUT = 5.0
"""Seconds that one request may take; a search of a large archive takes some hundredths."""
BULK_TIMEOUT = 120.0
RETRIES = 3
"""Further attempts of a request, each on the next host."""
CHUNK = 500
"""Documents that one request writes."""
MAX_CHUNK_BYTES = 8_000_000
SCANNED = 2000
"""Documents that one request of a scan returns."""

logging.getLogger("opensearch").setLevel(logging.ERROR)  # it logs each retry as a warning; a failure is raised


class Connection:
    """Sends requests to a cluster. Thread-safe.

    Every method raises ``ClusterUnavailableError`` if no host answers, or a part of the index is missing for now, and
    ``ClusterError`` if the cluster refuses the request.
    """

    def __init__(self, address: ClusterAddress) -> None:
        self.alias = address.name
        self._client = OpenSearch(
            list(address.hosts),
            http_auth=(address.user, address.password) if address.user else None,
            headers={"Authorization": f"ApiKey {address.api_key}"} if address.api_key else None,
            ca_certs=str(address.certificates) if address.certificates else None,
            http_compress=False,
            timeout=TIMEOUT,
            max_retries=RETRIES,
            retry_on_timeout=True,
            retry_on_status=(429, 502, 503, 504),
            pool_maxsize=16,
        )

    def request(self, method: str, path: str, body: Any = None, **params: str) -> Json:
        """Send a request and return the response's JSON; {} if there is nothing at ``path``."""
        try:
            found: Json = self._client.transport.perform_request(method, f"/{path}", params=params or None, body=body)
        except exceptions.NotFoundError:
            return {}
        except exceptions.OpenSearchException as error:
            raise _explain(error) from error
        return found

    def search(self, index: str, body: Json) -> list[Json]:
        """Return the hits of a search; all shards must have answered."""
        return self.search_whole(index, body)["hits"]["hits"]  # type: ignore[no-any-return]

    def search_whole(self, index: str, body: Json) -> Json:
        """Return the response of a search, with its aggregations; all shards must have answered."""
        found = self.request("POST", f"{index}/_search", body, allow_partial_search_results="false")
        if not found:
            raise SupersededError
        return found

    def get_many(self, index: str, ids: Iterable[str]) -> dict[str, Json]:
        """Return the sources of the documents with these ids, without those that are missing."""
        found = self.request("POST", f"{index}/_mget", {"ids": list(ids)}).get("docs", ())
        if any("error" in one for one in found):
            raise ClusterUnavailableError
        return {one["_id"]: one["_source"] for one in found if one.get("found")}

    def scan(self, index: str, body: Json) -> Iterator[Json]:
        """Yield every hit of a query, in no order."""
        try:
            yield from scan(self._client, body, index=index, size=SCANNED, request_timeout=BULK_TIMEOUT)
        except (exceptions.OpenSearchException, opensearchpy.helpers.errors.ScanError) as error:
            raise _explain(error) from error

    def write(self, index: str, actions: Iterable[Mapping[str, Any]]) -> None:
        """Create, replace, change or delete many documents; what is deleted may be missing."""
        try:
            _, failures = bulk(
                self._client,
                ({"_index": index, **action} for action in actions),
                chunk_size=CHUNK,
                max_chunk_bytes=MAX_CHUNK_BYTES,
                max_retries=8,
                request_timeout=BULK_TIMEOUT,
                raise_on_error=False,
                raise_on_exception=True,
            )
        except exceptions.OpenSearchException as error:
            raise _explain(error) from error
        refused = [one for one in failures if next(iter(one.values())).get("status") != 404]
        if refused:
            raise ClusterError(f"The search cluster refused {len(refused):,} documents, the first one so: {refused[0]}")


def _explain(error: Exception) -> ClusterError:
    """Return the exception to raise for one of the client's."""
    status = getattr(error, "status_code", None)
    if isinstance(error, (exceptions.AuthenticationException, exceptions.AuthorizationException)):
        return ClusterError(
            "The search cluster refuses the user or the API key; correct PULLQUOTE_OPENSEARCH_URL or "
            "PULLQUOTE_OPENSEARCH_API_KEY."
        )
    if isinstance(error, exceptions.SSLError):
        return ClusterError(
            "The search cluster's certificate is not trusted; set PULLQUOTE_OPENSEARCH_CA to the file of its authority."
        )
    if not isinstance(status, int) or status in (408, 429) or status >= 500:
        return ClusterUnavailableError()
    reason = getattr(error, "error", "") or str(error)
    return ClusterError(f"The search cluster refused a request ({status}: {reason}); run pullquote doctor.")
