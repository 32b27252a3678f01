"""No message blocks the event loop: parsing takes time in proportion to its length, before anybody is admitted.

The modules below ``bot.slack`` get at most ``QUESTION_LIMIT`` characters of a message.
"""

from __future__ import annotations

from time import process_time

import pytest

from bot.slack.events import QUESTION_LIMIT, IncomingQuestion, parse_event

SIZE = 40_000  # Slack's limit
SECONDS = 1.0  # usual are 0.1; where time grows with the square of the length, it takes many
UNITS = (
    *(" ", "\n", "\t", '"', "'", ".", "1", "?", "`", "<", ">", "@", ":", "-", "!", "a", "é", "&lt;"),
    *("? ", "\n ", ") ", "<@", "<a|", "a|", ":a", "a:", "@a", "@a.", ", ", "hi ", "thanks. ", ".thanks ", "https://"),
    *("and ", "which a ", "what ", "a ?"),
)
"""Repeated, each is the worst input of a pattern that starts or continues at many of its positions."""


def parse(text: str, **fields: str) -> object:
    event = {"type": "message", "channel": "C1", "ts": "2.0", "user": "U1", "text": text, **fields}
    return parse_event({"event_id": "E1", "team_id": "T1", "event": event}, bot_user="UBOT")


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_message_is_parsed_in_linear_time(unit: str) -> None:
    """In a thread, where it may be a follow-up, and in a direct message; between what starts and fails a pattern."""
    for before, after in (("", "x"), ("<", "x"), ("<@UBOT> ", "")):
        text = before + unit * (SIZE // len(unit)) + after
        started = process_time()
        parse(text, thread_ts="1.0", channel_type="channel")
        parse(text, channel_type="im")
        assert process_time() - started < SECONDS


def test_what_is_searched_is_bounded() -> None:
    """A question is cut before anything but the plain words is looked at."""
    question = parse("and Japan " * (SIZE // 10), channel_type="im")
    assert isinstance(question, IncomingQuestion)
    assert len(question.text or "") <= QUESTION_LIMIT
