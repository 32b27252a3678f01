""" "Why this answer?": Slack accepts the menu and the modal for any ids and any text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.index.retrieval import TermScore
from bot.models import Quote
from bot.playground.block_kit import validate_view
from bot.search.receipts import ExpansionLine, FiltersLine, Receipt, WordLine, make_receipt
from bot.slack.events import QUESTION_LIMIT
from bot.slack.layout import AnswerRef, MessageContent, encode_value
from bot.slack.modals import explanation_modal
from bot.store.models import AnswerRecord, MessageRef, answer_id
from tests.factories import archive_of

from .hostile import MIXTURES, assert_harmless, quotes
from .samples import answer, quote_all

# Slack's limit for the value of a menu option, in characters.
OPTION_LIMIT = 150
IDS = st.from_regex(r"[TCDG][A-Z0-9]{8,12}", fullmatch=True)
TIMES = st.from_regex(r"[0-9]{10}\.[0-9]{6}", fullmatch=True)


@given(IDS, IDS, TIMES, TIMES)
def test_the_menu_value_fits_the_limit(team: str, channel: str, ts: str, version: str) -> None:
    """For any Slack ids, the value of the menu option is within the limit and can be parsed back."""
    named = AnswerRef(ref=MessageRef(team, channel, ts), version=version)
    assert len(encode_value(named)) <= OPTION_LIMIT
    assert AnswerRef.model_validate_json(encode_value(named)) == named


def record_of(receipt: Receipt) -> AnswerRecord:
    ref = MessageRef("T1", "C1", "1.0")
    return AnswerRecord(answer_id(ref, ""), ref, "", "12ab", "dm", "", receipt.outcome, receipt.model_dump_json())


@given(st.lists(quotes(), min_size=1, max_size=3), st.lists(MIXTURES, min_size=2, max_size=5), st.booleans())
def test_slack_accepts_the_modal_for_any_text(found: list[Quote], said: list[str], changed: bool) -> None:
    """For any question and any article, Slack accepts the modal, and nothing in it is formatted or linked."""
    named = [replace(quote.article, id=f"{number}{quote.article.title}") for number, quote in enumerate(found)]
    every = [quote_all(one) for one in named]
    archive = archive_of(named)
    said = [one[:QUESTION_LIMIT] for one in said] * 9
    asked: dict[str, Any] = {
        "question": said[0],
        "said": said[1],
        "words": tuple(WordLine(typed=one, term=one, weight=1.0, is_name=True) for one in said),
        "forms": tuple(
            ExpansionLine(shown=one, terms=(one,), words=(at,), weight=0.5, origin="acronym")
            for at, one in enumerate(said)
        ),
        "filters": FiltersLine(phrases=tuple(said), excluded=tuple(said), sources=tuple(said)),
    }
    scores = tuple(TermScore("body", one, 0.125) for one in said)
    receipt = make_receipt(answer(*every), archive, lambda query, passage: scores).model_copy(update=asked)
    view = explanation_modal(record_of(receipt), archive_of([]) if changed else archive)
    validate_view(view, "modal")
    for block in view["blocks"]:  # one by one, because a modal may be larger than a message
        assert_harmless(MessageContent("Why", [block]), every)
