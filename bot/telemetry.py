"""What can be told of the bot's work without its words: a line of JSON for each question, and counters for Prometheus.

Keeps secret which library counts. A question's own text is told only where a setting says so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

log = logging.getLogger(__name__)
"""Each record's message is one JSON object and nothing else, so that a program can read it line by line."""

METRICS_TYPE = CONTENT_TYPE_LATEST

# Seconds. An answer is found in milliseconds and stands in Slack within one second, unless Slack itself is slow.
_SEARCH = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_ACK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0)
_ANSWER = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3600.0)


@dataclass(frozen=True, slots=True)
class QuestionLog:
    """How a question ended.

    ``surface`` is where it was asked, ``outcome`` how it was settled, both words of a short fixed list. ``answer`` is
    the short id by which its receipt is found, None where none is kept, ``confidence`` None where nothing was searched.
    ``took_ms`` is the time spent on finding the answer, ``waited_ms`` the time from the event's arrival until the reply
    stood, both milliseconds. ``attempt`` is above 1 where one before was cut short.
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
    """Counts and tells; safe to use from any thread. ``log_questions`` lets a question's text into its line."""

    def __init__(self, *, log_questions: bool = False, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._log_questions = log_questions
        self._now = now
        # Its own registry, so that two bots in one process count apart.
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._questions = Counter(
            "pullquote_questions", "Questions settled.", ("surface", "outcome"), registry=self._registry
        )
        self._repeated = Counter(
            "pullquote_questions_repeated", "Questions settled at a later attempt.", registry=self._registry
        )
        self._search = Histogram(
            "pullquote_search_seconds", "Finding the answer.", registry=self._registry, buckets=_SEARCH
        )
        self._answer = Histogram(
            "pullquote_answer_seconds", "From the event to the reply.", registry=self._registry, buckets=_ANSWER
        )
        self._requests = Counter(
            "pullquote_event_requests", "Requests at the address for events.", ("status",), registry=self._registry
        )
        self._ack = Histogram(
            "pullquote_ack_seconds", "From a request to its acknowledgement.", registry=self._registry, buckets=_ACK
        )
        self._waiting = Gauge("pullquote_questions_waiting", "Questions not yet settled.", registry=self._registry)
        self._articles = Gauge("pullquote_articles", "Articles that are searched.", registry=self._registry)

    def question(self, line: QuestionLog) -> None:
        """A question is settled: count it, and log its line."""
        self._questions.labels(line.surface, line.outcome).inc()
        if line.attempt > 1:
            self._repeated.inc()
        self._search.observe(line.took_ms / 1000)
        self._answer.observe(line.waited_ms / 1000)
        told = {"time": self._now().isoformat(timespec="milliseconds"), **asdict(line)}
        if not self._log_questions:
            del told["text"]
        log.info("%s", json.dumps(told))

    def request(self, status: int, took: float) -> None:
        """A request at the address for events was answered with ``status`` after ``took`` seconds."""
        self._requests.labels(str(status)).inc()
        if status == 200:
            self._ack.observe(took)

    def watch_waiting(self, count: Callable[[], int]) -> None:
        """Ask ``count``, whenever the metrics are read, how many questions are not yet settled."""
        self._waiting.set_function(count)

    def archive(self, articles: int) -> None:
        """An archive of so many ``articles`` is searched from now on."""
        self._articles.set(articles)

    def metrics(self) -> bytes:
        """All counters as Prometheus reads them; METRICS_TYPE is the content type."""
        return generate_latest(self._registry)
