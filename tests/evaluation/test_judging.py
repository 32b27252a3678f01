"""What counts as found, and how questions are asked in several processes at once."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ArchiveError, VerificationError
from bot.evaluation.questions import EvaluationQuestion, JudgedReply, evaluate_questions, judge_reply, read_questions
from bot.models import Question, Reply
from tests.factories import answerer, article

from .cases import FERRY, LAMP, archive, asked

LIT = ("lamp.txt", "lit in 1871")


def judged(asked: EvaluationQuestion) -> JudgedReply:
    return judge_reply(answerer(*archive()), asked)


def test_the_evidence_is_found() -> None:
    """The passage is the first hit, and the quote shown from it holds the evidence word for word."""
    found = judged(asked("When was the Skarvik lamp lit?", evidence=[LIT]))
    assert (found.rank, found.quote_hit, found.right, found.answered) == (1, True, True, True)
    assert found.verbatim == (True,) * len(found.verbatim) != ()
    assert found.took_ms > 0


EVIDENCE = [
    (("lamp.txt", "was  lit\nin 1871"), 1),
    (("lamp.txt", "lit in 1872"), None),
    (("lamp.txt", "LIT IN 1871"), None),
    (("ferry.txt", "lit in 1871"), None),
    (("nowhere.txt", "lit in 1871"), None),
]


@pytest.mark.parametrize(("evidence", "rank"), EVIDENCE)
def test_what_is_evidence(evidence: tuple[str, str], rank: int | None) -> None:
    """Evidence is another article's words never, other letters never, other blanks always."""
    assert judged(asked("Who lit the Skarvik lamp?", evidence=[evidence])).rank == rank


@pytest.mark.parametrize(("answer", "hit"), [("", False), (" ", False), ("1872", False), ("1871", True), ("LIT", True)])
def test_an_answer_in_the_quote(answer: str, hit: bool) -> None:
    """An answer in the first quote is enough, whatever its case; an empty one is none."""
    assert judged(asked("Who lit the Skarvik lamp?", answers=[answer])).quote_hit is hit


def test_a_nearest_miss_is_judged_as_a_quote_but_is_no_answer() -> None:
    """Where it abstains, the nearest miss counts as the first quote; nothing is answered right."""
    found = judged(asked("Which saxophone orchestra quarrelled at Skarvik?", evidence=[("lamp.txt", LAMP)]))
    assert (found.answered, found.quote_hit, found.right) == (False, True, False)


def test_the_rank_may_be_any() -> None:
    """The rank is that of the first hit with evidence, however many come before it."""
    some = [article(f"Skarvik has a lamp. House {n} stands apart.", id=f"{n}.txt") for n in range(14)]
    found = judge_reply(
        answerer(*some), asked("Skarvik lamp", evidence=[("13.txt", "House 13"), ("12.txt", "House 12")])
    )
    assert found.rank == 13


QUESTIONS = [asked(text, evidence=[LIT]) for text in ("lamp", "ferry to Orre", "gulls", "nothing of it")] * 10


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_any_number_of_processes_gives_the_same(processes: int) -> None:
    """Outcomes come in the order of the questions and are equal, and each is reported as it comes."""
    reported: list[tuple[int, int]] = []
    found = evaluate_questions(answerer(*archive()), QUESTIONS, lambda done, of: reported.append((done, of)), processes)
    assert list(found) == list(evaluate_questions(answerer(*archive()), QUESTIONS, processes=1))
    assert reported == [(number, 40) for number in range(1, 41)]


class Tampered:
    """A librarian whose replies are never what the archive says."""

    def __init__(self) -> None:
        self.archive = answerer(*archive()).archive

    def answer(self, question: Question) -> Reply:
        raise VerificationError(f"{question.text} is not verbatim.")


@pytest.mark.parametrize("processes", [1, 2])
def test_what_goes_wrong_in_a_process_is_told(processes: int) -> None:
    """An error in a worker is raised where the outcomes are awaited, with its sentence."""
    with pytest.raises(VerificationError, match="lamp is not verbatim"):
        list(evaluate_questions(Tampered(), QUESTIONS, processes=processes))  # type: ignore[arg-type]


def test_an_outcome_travels_light() -> None:
    """An outcome carries the question and no article."""
    found = judged(asked("When does the ferry to Orre sail?", evidence=[("ferry.txt", "twice a day")]))
    assert FERRY.encode() not in pickle.dumps(found)
    assert replace(found, took_ms=0.0) == pickle.loads(pickle.dumps(found))


BAD = [
    ("", "holds no question"),
    ("not json", "line 1 is not a question"),
    ('{"id":"1","question":"?","answerable":true}\n{"id":"2"}', "line 2 is not a question"),
    ('{"id":"1","question":"?","answerable":true,"evidence":[{"article_id":"a","quote":" "}]}', "line 1"),
]


@pytest.mark.parametrize(("content", "said"), BAD)
def test_bad_questions(tmp_path: Path, content: str, said: str) -> None:
    """A file that holds no questions, or evidence of blanks alone, is named with the line."""
    path = tmp_path / "questions.jsonl"
    path.write_text(content)
    with pytest.raises(ArchiveError, match=said):
        read_questions(path)


@pytest.mark.parametrize("content", [b"", b"not gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff"])
def test_a_broken_archive_of_questions(tmp_path: Path, content: bytes) -> None:
    """A packed file that cannot be unpacked, or is empty, is one sentence."""
    path = tmp_path / "questions.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"questions\.jsonl\.gz"):
        read_questions(path)


def test_a_line_end_inside_a_question(tmp_path: Path) -> None:
    """JSON may hold a line separator unescaped: it is part of the question, not the end of the line."""
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id":"1","question":"one\u2028two","answerable":false,"more":1}\r\n\r\n', encoding="utf-8")
    assert [one.question for one in read_questions(path)] == ["one\u2028two"]
