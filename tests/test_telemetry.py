"""Telemetry: a line of JSON for each question, and metrics."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.telemetry import QuestionLog, Telemetry

WHEN = datetime(2025, 5, 7, 12, 30, 1, 250_000, UTC)
LINE = QuestionLog(
    event_id="Ev1",
    team="T1",
    channel="C1",
    surface="mention",
    outcome="answer",
    answer="k3v9x0qa",
    confidence=0.75,
    quotes=2,
    took_ms=3.5,
    waited_ms=210.0,
    attempt=1,
    text="who signed\nthe “treaty”",
)


def log_lines(caplog: pytest.LogCaptureFixture, telemetry: Telemetry, *lines: QuestionLog) -> list[str]:
    """Log messages after these questions."""
    with caplog.at_level(logging.INFO, "bot.telemetry"):
        for line in lines:
            telemetry.record_question(line)
    return [record.getMessage() for record in caplog.records]


def read_metrics(telemetry: Telemetry) -> dict[tuple[str, ...], float]:
    """Metrics as Prometheus reads them: (name, values of the labels in order of their names) → value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(telemetry.export_metrics().decode())
        for sample in family.samples
    }


def test_a_question_is_one_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    """The line says when, where and how a question was completed, without its text."""
    (line,) = log_lines(caplog, Telemetry(now=lambda: WHEN), LINE)
    assert json.loads(line) == {
        "time": "2025-05-07T12:30:01.250+00:00",
        "event_id": "Ev1",
        "team": "T1",
        "channel": "C1",
        "surface": "mention",
        "outcome": "answer",
        "answer": "k3v9x0qa",
        "confidence": 0.75,
        "quotes": 2,
        "took_ms": 3.5,
        "waited_ms": 210.0,
        "attempt": 1,
    }


def test_the_text_is_logged_only_on_request(caplog: pytest.LogCaptureFixture) -> None:
    """With the setting, the line contains the text, and stays one line."""
    (line,) = log_lines(caplog, Telemetry(log_questions=True), LINE)
    assert json.loads(line)["text"] == LINE.text
    assert len(line.splitlines()) == 1


def test_questions_are_counted_by_surface_and_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """Every completed question counts once; one that needed a second attempt also counts as repeated."""
    telemetry = Telemetry()
    log_lines(caplog, telemetry, LINE, LINE, replace(LINE, surface="dm", outcome="abstention", attempt=2))
    now = read_metrics(telemetry)
    assert now["pullquote_questions_total", "answer", "mention"] == 2
    assert now["pullquote_questions_total", "abstention", "dm"] == 1
    assert now["pullquote_questions_repeated_total",] == 1
    assert now["pullquote_answer_seconds_count",] == 3
    assert now["pullquote_answer_seconds_bucket", "0.25"] == 3
    assert now["pullquote_answer_seconds_bucket", "0.1"] == 0


def test_requests_are_counted_and_only_acknowledgements_are_timed() -> None:
    """A rejected request counts under its status, and its duration is not recorded."""
    telemetry = Telemetry()
    telemetry.record_request(200, 0.02)
    telemetry.record_request(401, 0.02)
    now = read_metrics(telemetry)
    assert [now["pullquote_event_requests_total", status] for status in ("200", "401")] == [1, 1]
    assert now["pullquote_ack_seconds_count",] == 1


def test_waiting_questions_are_counted_when_metrics_are_read() -> None:
    """The number of waiting questions is current at each read."""
    telemetry, waiting = Telemetry(), [3, 5]
    telemetry.watch_waiting(lambda: waiting.pop(0))
    telemetry.set_articles(14)
    assert read_metrics(telemetry)["pullquote_questions_waiting",] == 3
    now = read_metrics(telemetry)
    assert (now["pullquote_questions_waiting",], now["pullquote_articles",]) == (5, 14)


def test_two_bots_are_counted_separately(caplog: pytest.LogCaptureFixture) -> None:
    """Metrics of one bot do not include those of another in the same process."""
    one, other = Telemetry(), Telemetry()
    log_lines(caplog, one, LINE)
    assert ("pullquote_questions_total", "answer", "mention") not in read_metrics(other)
