"""Questions with known answers: reading, judging replies, and asking in parallel."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ArchiveError, VerificationError
from bot.evaluation.questions import EvaluationQuestion, JudgedReply, evaluate_questions, judge_reply, read_questions
from bot.models import Question, Reply
from tests.factories import answerer, article

from .cases import FERRY, LAMP, archive, make_question

LIT = ("lamp.txt", "lit in 1871")


def judge(question: EvaluationQuestion) -> JudgedReply:
    return judge_reply(answerer(*archive()), question)


def test_evidence_is_found() -> None:
    """The passage is the first hit, and the quote from it contains the evidence word for word."""
    found = judge(make_question("When was the Skarvik lamp lit?", evidence=[LIT]))
    assert (found.rank, found.is_quote_correct, found.is_answer_correct, found.is_answered) == (1, True, True, True)
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
def test_what_counts_as_evidence(evidence: tuple[str, str], rank: int | None) -> None:
    """The article and every letter must match; whitespace need not."""
    assert judge(make_question("Who lit the Skarvik lamp?", evidence=[evidence])).rank == rank


@pytest.mark.parametrize(("answer", "hit"), [("", False), (" ", False), ("1872", False), ("1871", True), ("LIT", True)])
def test_an_answer_in_the_quote(answer: str, hit: bool) -> None:
    """An answer in the first quote is correct, in any case; an empty answer is ignored."""
    assert judge(make_question("Who lit the Skarvik lamp?", answers=[answer])).is_quote_correct is hit


def test_a_nearest_miss_counts_as_a_quote_but_not_as_an_answer() -> None:
    """After an abstention, the nearest miss is the first quote, but no correct answer."""
    found = judge(make_question("Which saxophone orchestra quarrelled at Skarvik?", evidence=[("lamp.txt", LAMP)]))
    assert (found.is_answered, found.is_quote_correct, found.is_answer_correct) == (False, True, False)


def test_the_rank_is_not_limited() -> None:
    """The rank is that of the first hit with evidence, however low."""
    some = [article(f"Skarvik has a lamp. House {n} stands apart.", id=f"{n}.txt") for n in range(14)]
    found = judge_reply(
        answerer(*some), make_question("Skarvik lamp", evidence=[("13.txt", "House 13"), ("12.txt", "House 12")])
    )
    assert found.rank == 13


QUESTIONS = [make_question(text, evidence=[LIT]) for text in ("lamp", "ferry to Orre", "gulls", "nothing of it")] * 10


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_any_number_of_processes_gives_the_same_result(processes: int) -> None:
    """Replies are equal and in the order of the questions; each is reported when it arrives."""
    reported: list[tuple[int, int]] = []
    found = evaluate_questions(answerer(*archive()), QUESTIONS, lambda done, of: reported.append((done, of)), processes)
    assert list(found) == list(evaluate_questions(answerer(*archive()), QUESTIONS, processes=1))
    assert reported == [(number, 40) for number in range(1, 41)]


class TamperedAnswerer:
    """An answerer whose quotes always fail verification."""

    def __init__(self) -> None:
        self.archive = answerer(*archive()).archive

    def answer(self, question: Question) -> Reply:
        raise VerificationError(f"{question.text} is not verbatim.")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_in_a_worker_is_raised(processes: int) -> None:
    """The caller gets the error of a worker process, with its message."""
    with pytest.raises(VerificationError, match="lamp is not verbatim"):
        list(evaluate_questions(TamperedAnswerer(), QUESTIONS, processes=processes))  # type: ignore[arg-type]


def test_a_judged_reply_is_small() -> None:
    """It contains the question, but no article."""
    found = judge(make_question("When does the ferry to Orre sail?", evidence=[("ferry.txt", "twice a day")]))
    assert FERRY.encode() not in pickle.dumps(found)
    assert replace(found, took_ms=0.0) == pickle.loads(pickle.dumps(found))


BAD = [
    ("", "contains no questions"),
    ("not json", "line 1 is not a question"),
    ('{"id":"1","question":"?","answerable":true}\n{"id":"2"}', "line 2 is not a question"),
    ('{"id":"1","question":"?","answerable":true,"evidence":[{"article_id":"a","quote":" "}]}', "line 1"),
]


@pytest.mark.parametrize(("content", "said"), BAD)
def test_an_invalid_file_is_rejected(tmp_path: Path, content: str, said: str) -> None:
    """A file without questions, or with blank evidence, is rejected; the message names the line."""
    path = tmp_path / "questions.jsonl"
    path.write_text(content)
    with pytest.raises(ArchiveError, match=said):
        read_questions(path)


@pytest.mark.parametrize("content", [b"", b"not gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff"])
def test_a_damaged_gzip_file_is_rejected(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be decompressed, or is empty, is rejected with its name."""
    path = tmp_path / "questions.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"questions\.jsonl\.gz"):
        read_questions(path)


def test_a_line_end_inside_a_question(tmp_path: Path) -> None:
    """A Unicode line separator inside a JSON string does not end the line."""
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id":"1","question":"one\u2028two","answerable":false,"more":1}\r\n\r\n', encoding="utf-8")
    assert [one.question for one in read_questions(path)] == ["one\u2028two"]
