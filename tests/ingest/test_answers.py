"""The same article gives the same answers, whatever the format of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.models import Answer, Question
from bot.wiring import open_corpus
from tests.factories import all_paragraphs

from .samples import HARBOUR, write_formats


@pytest.mark.parametrize("name", sorted(write_formats(HARBOUR)))
def test_every_format_gives_the_same_answer(tmp_path: Path, name: str) -> None:
    """Quotes, headings, paragraph numbers and missing words are the same as those from the plain text file."""
    assert list_answers(tmp_path / "one", name) == list_answers(tmp_path / "other", "story.txt")


def list_answers(folder: Path, name: str) -> list[tuple[object, ...]]:
    """The quotes for one question per paragraph, when ``folder`` contains only the file ``name``."""
    folder.mkdir()
    (folder / name).write_bytes(write_formats(HARBOUR)[name])
    answerer = open_corpus([folder]).with_current(lambda answerer: answerer)
    found: list[tuple[object, ...]] = []
    for paragraph in all_paragraphs(answerer.archive):
        reply = answerer.answer(Question(" ".join(paragraph.text.split()[:6])))
        assert isinstance(reply, Answer)
        found += [(quote.text, quote.heading, quote.paragraph.number, quote.unmatched_terms) for quote in reply.quotes]
    return found
