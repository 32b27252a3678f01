"""Telemetry: a line of JSON for each question, and metrics for Prometheus."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

log = logging.getLogger(__name__)
"""Every message is one JSON object and nothing else, so that programs can read the log line by line."""

METRICS_TYPE = CONTENT_TYPE_LATEST

# Seconds. A search takes milliseconds; a reply is in Slack within a second, unless Slack itself is slow.
_SEARCH = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_ACK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0)
_ANSWER = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class QuestionLog:
    """Log line of a completed question.

    ``surface`` is the entry point; it and ``outcome`` have few values. ``answer`` is the answer id, None if there is no
    receipt; ``confidence`` is None if nothing was searched. ``took_ms`` is the time of the search, ``waited_ms`` the
    time from the event to the reply, in milliseconds. ``attempt`` is above 1 if an earlier one was interrupted.
    """

    event_id: str
    team: str
    channel: str
    surface: str
    outcome: str
    answer: str | None
    confidence: float | None
    quotes: int
    took_ms: float
    waited_ms: float
    attempt: int
    text: str


class Telemetry:
    """Log and metrics of one bot; thread-safe. The text of questions is logged only with ``log_questions``."""

    def __init__(self, *, log_questions: bool = False, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._log_questions = log_questions
        self._now = now
        # A registry of its own, so that two bots in one process are counted separately.
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._questions = Counter(
            "pullquote_questions", "Completed questions.", ("surface", "outcome"), registry=registry
        )
        self._repeated = Counter(
            "pullquote_questions_repeated", "Questions completed at a later attempt.", registry=registry
        )
        self._search = Histogram(
            "pullquote_search_seconds", "Duration of the search.", registry=registry, buckets=_SEARCH
        )
        self._answer = Histogram(
            "pullquote_answer_seconds", "Time from the event to the reply.", registry=registry, buckets=_ANSWER
        )
        self._requests = Counter(
            "pullquote_event_requests", "HTTP requests with events.", ("status",), registry=registry
        )
        self._ack = Histogram(
            "pullquote_ack_seconds", "Time from a request to its acknowledgement.", registry=registry, buckets=_ACK
        )
        self._waiting = Gauge("pullquote_questions_waiting", "Questions in progress.", registry=registry)
        self._articles = Gauge("pullquote_articles", "Articles in the archive.", registry=registry)

    def record_question(self, line: QuestionLog) -> None:
        """Count a completed question and log its line."""
        self._questions.labels(line.surface, line.outcome).inc()
        if line.attempt > 1:
            self._repeated.inc()
        self._search.observe(line.took_ms / 1000)
        self._answer.observe(line.waited_ms / 1000)
        fields = {"time": self._now().isoformat(timespec="milliseconds"), **asdict(line)}
        if not self._log_questions:
            del fields["text"]
        log.info("%s", json.dumps(fields))

    def record_request(self, status: int, took: float) -> None:
        """Count an HTTP request with an event, answered with ``status`` after ``took`` seconds."""
        self._requests.labels(str(status)).inc()
        if status == 200:
            self._ack.observe(took)

    def watch_waiting(self, count: Callable[[], int]) -> None:
        """Call ``count`` for the number of questions in progress each time the metrics are read."""
        self._waiting.set_function(count)

    def set_articles(self, count: int) -> None:
        """Set the number of articles in the archive."""
        self._articles.set(count)

    def export_metrics(self) -> bytes:
        """All metrics in Prometheus's text format (content type METRICS_TYPE)."""
        return generate_latest(self._registry)
