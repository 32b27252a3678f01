"""The same story gives the same answer, whatever the format of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.models import Answer, Question
from bot.wiring import open_corpus

from .samples import HARBOUR, files


@pytest.mark.parametrize("name", sorted(files(HARBOUR)))
def test_every_format_gives_the_same_answer(tmp_path: Path, name: str) -> None:
    """Quotes, headings, paragraph numbers and missing words are those that the plain text's file gives."""
    assert answers(tmp_path / "one", name) == answers(tmp_path / "other", "story.txt")


def answers(folder: Path, name: str) -> list[tuple[object, ...]]:
    """What is quoted for each of some questions, when the story stands alone in ``folder`` in the file ``name``."""
    folder.mkdir()
    (folder / name).write_bytes(files(HARBOUR)[name])
    librarian = open_corpus([folder]).with_current(lambda one: one)
    found: list[tuple[object, ...]] = []
    for paragraph in librarian.archive.paragraphs:
        reply = librarian.answer(Question(" ".join(paragraph.text.split()[:6])))
        assert isinstance(reply, Answer)
        found += [(quote.text, quote.heading, quote.paragraph.number, quote.unmatched_terms) for quote in reply.quotes]
    return found
