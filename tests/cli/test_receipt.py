"""``pullquote receipt``: output as text and JSON, and the exit status."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Article, Question
from bot.search.receipts import Receipt, make_receipt
from bot.store.models import AnswerRecord, MessageRef, QuestionEvent, answer_id
from bot.store.store import Store
from tests.factories import answerer, article

from .command import run

BRIDGE = article(
    "The valley waited for ten years.",
    "The council approved the Tarn bridge on Monday. Nobody spoke against it.",
    id="bridge.txt",
    title="The valley waited for ten years.",
)
ASKED, UNANSWERED = "who approved the Tarn bridge", "why do submarines dive"


def ref(ts: str) -> MessageRef:
    return MessageRef("T1", "C1", ts)


def write_archive(folder: Path, *articles: Article) -> None:
    """Write the articles into the folder's archive, as files."""
    (folder / "corpus").mkdir(exist_ok=True)
    for one in articles:
        (folder / "corpus" / one.id).write_text(one.text)


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    """A folder with an archive, and with the database of a bot that answered once and abstained once."""
    write_archive(tmp_path, BRIDGE)
    store = Store(tmp_path / "state")
    for ts, asked in (("1.0", ASKED), ("2.0", UNANSWERED)):
        save(store, ref(ts), receipt_for(asked, BRIDGE))
    store.close()
    return tmp_path


def receipt_for(asked: str, *articles: Article) -> Receipt:
    """The receipt of the reply to ``asked``."""
    found = answerer(*articles)
    return make_receipt(found.answer(Question(asked)), found.archive, found.explain)


def save(store: Store, at: MessageRef, receipt: Receipt, written: str | None = None) -> None:
    """Store a receipt as the bot does."""
    claim = store.claim(QuestionEvent(at.ts, at, "", "body"))
    assert claim
    person = store.hash_user("T1", "U1")
    one = AnswerRecord(answer_id(at, ""), at, "", person, "mention", receipt.question, receipt.outcome, "")
    store.complete(claim, receipt.outcome, "9.0", replace(one, receipt=written or receipt.model_dump_json()))


ANSWERED, ABSTAINED = answer_id(ref("1.0"), ""), answer_id(ref("2.0"), "")


def test_a_receipt_explains_the_answer(answered: Path) -> None:
    """It shows question, terms, archive, and each quote with source and scores; status 0 if all are verified."""
    done = run("receipt", ANSWERED, folder=answered, PULLQUOTE_STATE_DIR="state")
    said = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert f"question {ASKED}" in said
    assert "outcome Answered: the confidence is" in said
    assert "approved 1.00 typed" in said
    assert "Quote 1 of 1: verified now" in said
    assert '"The council approved the Tarn bridge on Monday.' in said
    assert "¶ 2 of 2" in said or "¶ 1 of 1" in said
    assert "Found by its words:" in said
    assert "word body heading title" in said
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_an_id_in_capitals_is_accepted(answered: Path) -> None:
    """An id in capitals is the same id."""
    assert run("receipt", ANSWERED.upper(), folder=answered, PULLQUOTE_STATE_DIR="state").returncode == 0


def test_an_abstention_has_a_receipt(answered: Path) -> None:
    """Without quotes nothing can change: status 0, and why there was no answer."""
    done = run("receipt", ABSTAINED, folder=answered, PULLQUOTE_STATE_DIR="state")
    assert done.returncode == 0
    assert "Not answered: the confidence is 0.00" in " ".join(done.stdout.split())
    assert '"submarines" and "dive" occur nowhere' in " ".join(done.stdout.split())


def test_json(answered: Path) -> None:
    """``--json`` prints the receipt, the archive's current fingerprint, and a check of each quote."""
    done = run("receipt", ANSWERED, "--json", folder=answered, PULLQUOTE_STATE_DIR="state")
    out = json.loads(done.stdout)
    assert set(out) == {"id", "asked_at", "surface", "receipt", "archive_now", "checks"}
    assert (out["id"], out["surface"], out["checks"]) == (ANSWERED, "mention", ["verified"])
    (quote,) = Receipt.model_validate(out["receipt"]).quotes
    assert quote.found == pytest.approx(sum(one.score for one in quote.terms))


def test_a_changed_source_is_status_1(answered: Path) -> None:
    """A quote that is no longer in the archive is reported and not shown."""
    write_archive(answered, replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday")))
    done = run("receipt", ANSWERED, folder=answered, PULLQUOTE_STATE_DIR="state")
    said = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert "Quote 1 of 1: the source has changed since" in said
    assert "it has changed since, to" in said
    assert "council" not in said
    out = json.loads(run("receipt", ANSWERED, "--json", folder=answered, PULLQUOTE_STATE_DIR="state").stdout)
    assert out["checks"] == ["changed"]
    assert out["archive_now"] != out["receipt"]["archive"]


def test_a_larger_archive_still_has_its_quotes(answered: Path) -> None:
    """If an article was added, the archive has changed, but its quotes are verified, with status 0."""
    write_archive(answered, article("The ferry at Tarn crosses at noon.", id="ferry.txt"))
    done = run("receipt", ANSWERED, folder=answered, PULLQUOTE_STATE_DIR="state")
    said = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert "it has changed since, to" in said
    assert "Quote 1 of 1: verified now" in said


FAILURES = [
    (["zzzzzzzz"], "state", "There is no answer zzzzzzzz in the database"),
    ([ANSWERED], "elsewhere", "There is no database in elsewhere"),
    ([ANSWERED, "--corpus", "nowhere"], "state", "There is no nowhere"),
    ([answer_id(ref("3.0"), "")], "state", "was written by another version of Pullquote"),
]


@pytest.mark.parametrize(("arguments", "state", "said"), FAILURES)
def test_a_failure_is_one_sentence(answered: Path, arguments: list[str], state: str, said: str) -> None:
    """An unknown id, no database, no archive, another version's receipt: status 2 and one line."""
    store = Store(answered / "state")
    save(store, ref("3.0"), receipt_for(ASKED, BRIDGE), '{"form": 99}')
    store.close()
    done = run("receipt", *arguments, folder=answered, PULLQUOTE_STATE_DIR=state)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (answered / "elsewhere").exists()
