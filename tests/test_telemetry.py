"""What is told of the bot's work: a line of JSON for each question, and counters."""

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


def told(caplog: pytest.LogCaptureFixture, telemetry: Telemetry, *lines: QuestionLog) -> list[str]:
    """What the log holds after these questions."""
    with caplog.at_level(logging.INFO, "bot.telemetry"):
        for line in lines:
            telemetry.question(line)
    return [record.getMessage() for record in caplog.records]


def counted(telemetry: Telemetry) -> dict[tuple[str, ...], float]:
    """The metrics as Prometheus reads them: name and labels' values, in the order of the labels' names → value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(telemetry.metrics().decode())
        for sample in family.samples
    }


def test_a_question_is_one_line_of_json(caplog: pytest.LogCaptureFixture) -> None:
    """The line holds when, where and how a question ended, and not a word of it."""
    (line,) = told(caplog, Telemetry(now=lambda: WHEN), LINE)
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


def test_the_text_is_told_only_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    """Where the setting says so, the text is in the line, which stays one line whatever was asked."""
    (line,) = told(caplog, Telemetry(log_questions=True), LINE)
    assert json.loads(line)["text"] == LINE.text
    assert len(line.splitlines()) == 1


def test_questions_are_counted_by_surface_and_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """Every settled question counts once; one that needed a second attempt counts as repeated as well."""
    telemetry = Telemetry()
    told(caplog, telemetry, LINE, LINE, replace(LINE, surface="dm", outcome="abstention", attempt=2))
    now = counted(telemetry)
    assert now["pullquote_questions_total", "answer", "mention"] == 2
    assert now["pullquote_questions_total", "abstention", "dm"] == 1
    assert now["pullquote_questions_repeated_total",] == 1
    assert now["pullquote_answer_seconds_count",] == 3
    assert now["pullquote_answer_seconds_bucket", "0.25"] == 3
    assert now["pullquote_answer_seconds_bucket", "0.1"] == 0


def test_requests_are_counted_and_only_acknowledgements_are_timed() -> None:
    """A refused request counts under its status; how long refusing took says nothing about acknowledging."""
    telemetry = Telemetry()
    telemetry.request(200, 0.02)
    telemetry.request(401, 0.02)
    now = counted(telemetry)
    assert [now["pullquote_event_requests_total", status] for status in ("200", "401")] == [1, 1]
    assert now["pullquote_ack_seconds_count",] == 1


def test_what_changes_by_itself_is_asked_when_the_metrics_are_read() -> None:
    """The number of waiting questions is today's, not that of the time when somebody began to count."""
    telemetry, waiting = Telemetry(), [3, 5]
    telemetry.watch_waiting(lambda: waiting.pop(0))
    telemetry.archive(14)
    assert counted(telemetry)["pullquote_questions_waiting",] == 3
    now = counted(telemetry)
    assert (now["pullquote_questions_waiting",], now["pullquote_articles",]) == (5, 14)


def test_two_bots_count_apart(caplog: pytest.LogCaptureFixture) -> None:
    """What one bot of a process counts, another of the same process does not."""
    one, other = Telemetry(), Telemetry()
    told(caplog, one, LINE)
    assert ("pullquote_questions_total", "answer", "mention") not in counted(other)
