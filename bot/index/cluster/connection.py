"""The connection to an OpenSearch cluster, and what its failures mean."""

from __future__ import annotations

import json
import logging
import ssl
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from opensearchpy import OpenSearch, exceptions
from opensearchpy.helpers import streaming_bulk

from bot.errors import (
    ClusterConflictError,
    ClusterError,
    ClusterUnavailableError,
    SupersededError,
)
from bot.models import ClusterAddress, Json

TIMEOUT = 5.0
"""Seconds that one request may take; a search of a large archive takes some hundredths."""
LONG_TIMEOUT = 120.0
"""Seconds that a request of a writer may take."""
RETRIES = 3
"""Further attempts of a request, each on the next host."""
CHUNK = 500
"""Documents that one request writes."""
MAX_CHUNK_BYTES = 8_000_000
SCANNED = 2000
"""Documents that one request of a scan returns."""
FETCHED = 100
"""Documents that one request fetches by their ids: each may hold an article."""

_REFUSALS = {
    401: (
        "The search cluster refuses the user or the API key; correct PULLQUOTE_OPENSEARCH_URL or "
        "PULLQUOTE_OPENSEARCH_API_KEY."
    ),
    403: "The search cluster forbids this ({reason}); give the user the rights that deploy/README.md lists.",
}
"""By the status of the response."""

logging.getLogger("opensearch").setLevel(logging.ERROR)  # it logs each retry as a warning; a failure is raised


Version = Mapping[str, int]
"""The version of a document: conditions of a request that changes it."""


def version_of(found: Json) -> Version:
    """Return the version of a document that was read or written."""
    return {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}


class Connection:
    """Sends requests to a cluster. Thread-safe; ``ClusterError`` if its certificates cannot be read.

    Every method raises ``ClusterUnavailableError`` if no host answers, or a part of the index is missing for now, and
    ``ClusterError`` if the cluster refuses the request.
    """

    def __init__(self, address: ClusterAddress) -> None:
        self.alias = address.name
        if address.certificates:
            _check_certificates(address.certificates)
        options: dict[str, Any] = {
            "headers": _authorization(address),
            "ca_certs": str(address.certificates) if address.certificates else None,
            "max_retries": RETRIES,
            "pool_maxsize": 16,
        }
        hosts, statuses = list(address.hosts), (429, 502, 503, 504)
        self._client = OpenSearch(hosts, timeout=TIMEOUT, retry_on_timeout=True, retry_on_status=statuses, **options)
        # Each request of a scroll gives what follows the one before: sent again, it would leave out what was lost.
        self._scrolling = OpenSearch(hosts, timeout=LONG_TIMEOUT, retry_on_status=(), **options)

    def get(self, path: str) -> Json:
        """Return what is at ``path``; {} if there is nothing."""
        try:
            return self._send(self._client, "GET", path)
        except SupersededError:
            return {}

    def delete(self, path: str, **params: Any) -> None:
        """Delete what is at ``path``, if there is anything."""
        try:
            self._send(self._client, "DELETE", path, **params)
        except SupersededError:
            return

    def put(self, path: str, body: Any, **params: Any) -> Json:
        """Create or replace what is at ``path``; ``ClusterConflictError`` unless a condition in ``params`` holds."""
        return self._send(self._client, "PUT", path, body, **params)

    def create_index(self, index: str, body: Json) -> None:
        """Create an index, unless it is there: the answer to an earlier attempt may have been lost."""
        with suppress(ClusterConflictError):
            self.put(index, body, request_timeout=LONG_TIMEOUT)

    def replace(self, path: str, document: Json, version: Version | None) -> Version:
        """Write a document if it is still of this version, or missing if that is None; return its new version.

        Raises ``ClusterConflictError`` if it is not.
        """
        condition: Mapping[str, Any] = version or {"op_type": "create"}
        try:
            return version_of(self.put(path, document, **condition))
        except ClusterConflictError:
            found, written = self.get(path), json.loads(json.dumps(document))
            if found.get("found") and found["_source"] == written:  # the answer was lost
                return version_of(found)
            raise

    def post(self, path: str, body: Any = None, **params: Any) -> Json:
        """Send a request of another kind; ``SupersededError`` if there is no such index."""
        return self._send(self._client, "POST", path, body, **params)

    def _send(self, client: OpenSearch, method: str, path: str, body: Any = None, **params: Any) -> Json:
        try:
            found: Json = client.transport.perform_request(method, f"/{path}", params=params or None, body=body)
        except exceptions.OpenSearchException as error:
            raise _explain(error) from error
        return found

    def refresh(self, index: str) -> None:
        """Make what was written visible in every copy of every shard."""
        found = self.post(f"{index}/_refresh", request_timeout=LONG_TIMEOUT)
        if found["_shards"]["failed"]:
            raise ClusterUnavailableError

    def search(self, index: str, body: Json) -> list[Json]:
        """Return the hits of a search; all shards must have answered."""
        return self.search_whole(index, body)["hits"]["hits"]  # type: ignore[no-any-return]

    def search_whole(self, index: str, body: Json) -> Json:
        """Return the response of a search, with its aggregations; all shards must have answered."""
        return self.post(f"{index}/_search", body, allow_partial_search_results="false")

    def get_many(self, index: str, ids: Iterable[str]) -> dict[str, Json]:
        """Return the sources of the documents with these ids, without those that are missing."""
        sources: dict[str, Json] = {}
        remaining = iter(ids)
        while some := list(islice(remaining, FETCHED)):
            for one in self.post(f"{index}/_mget", {"ids": some})["docs"]:
                if "error" in one:
                    is_gone = one["error"].get("type") == "index_not_found_exception"
                    raise SupersededError if is_gone else ClusterUnavailableError
                if one.get("found"):
                    sources[one["_id"]] = one["_source"]
        return sources

    def scan(self, index: str, body: Json) -> Iterator[Json]:
        """Yield every hit of a query, in no order."""
        first = {**body, "size": SCANNED, "track_total_hits": True, "sort": ["_doc"]}
        path, count = f"{index}/_search", 0
        found = self._send(self._scrolling, "POST", path, first, scroll="5m", allow_partial_search_results="false")
        total = found["hits"]["total"]["value"]
        while hits := found["hits"]["hits"]:
            yield from hits
            count += len(hits)
            following = {"scroll": "5m", "scroll_id": found["_scroll_id"]}
            found = self._send(self._scrolling, "POST", "_search/scroll", following)
            if found["_shards"]["failed"]:
                raise ClusterUnavailableError
        self._send(self._scrolling, "DELETE", "_search/scroll", {"scroll_id": found["_scroll_id"]})
        if count != total:
            raise ClusterUnavailableError

    def write(self, index: str, actions: Iterable[Mapping[str, Any]]) -> None:
        """Create, replace, change or delete many documents; what is deleted may be missing."""
        results = streaming_bulk(
            self._client,
            ({"_index": index, **action} for action in actions),
            chunk_size=CHUNK,
            max_chunk_bytes=MAX_CHUNK_BYTES,
            max_retries=8,
            request_timeout=LONG_TIMEOUT,
            raise_on_error=False,
        )
        try:
            for is_done, result in results:
                ((kind, answer),) = result.items()
                if not is_done and not (kind == "delete" and answer["status"] == 404):
                    raise _refuse(answer)
        except exceptions.OpenSearchException as error:
            raise _explain(error) from error


def _check_certificates(path: Path) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        raise ClusterError(
            f"PULLQUOTE_OPENSEARCH_CA: {path} holds no certificates that can be read ({error.strerror}); name the file "
            "of the authority of the search cluster's certificate."
        ) from error


def _authorization(address: ClusterAddress) -> dict[str, str]:
    if address.api_key:
        return {"Authorization": f"ApiKey {address.api_key}"}
    if address.user:
        return {"Authorization": f"Basic {b64encode(f'{address.user}:{address.password}'.encode()).decode()}"}
    return {}


def _refuse(answer: Json) -> ClusterError:
    """Return the exception to raise for a document that was not written."""
    error, status = answer.get("error", {}), answer["status"]
    if status == 429 or status >= 500:
        return ClusterUnavailableError()
    reason = error.get("reason", "") if isinstance(error, dict) else error
    return ClusterError(f"The search cluster refused a document ({status}: {reason}); free space or look at its log.")


def _explain(error: exceptions.OpenSearchException) -> ClusterError:
    """Return the exception to raise for one of the client's."""
    status = getattr(error, "status_code", None)
    reason = getattr(error, "error", "") or str(error)
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in reason:
        return ClusterError(
            "The search cluster's certificate is not trusted; set PULLQUOTE_OPENSEARCH_CA to the file of its authority."
        )
    if isinstance(error, exceptions.SSLError) and "WRONG_VERSION_NUMBER" in reason:
        return ClusterError("The search cluster does not use TLS; write http:// in PULLQUOTE_OPENSEARCH_URL.")
    if not isinstance(status, int) or status in (408, 429) or status >= 500:
        return ClusterUnavailableError()
    if status == 404:
        return SupersededError()
    if status == 409 or reason == "resource_already_exists_exception":
        return ClusterConflictError()
    sentence = _REFUSALS.get(status, "The search cluster refused a request ({reason}); run pullquote doctor.")
    return ClusterError(sentence.format(reason=reason))
