"""What the command line prints, where, and its exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console

from bot import cli
from bot.cli.terminal import print_reply
from bot.models import Question
from tests.factories import answerer, article
from tests.pictures import check_marked_words
from tests.sample_documents import CORPUS, PDF_NAME

from .command import ROOT, run

QUESTION = "what was agreed on GCAP"
CONTRACT = set(
    "question outcome confidence caution reason quotes nearest archive took_ms searched misread differences".split()
) | {"later"}
QUOTE = set(
    "text article_id title author source published url heading page page_end page_label paragraph paragraphs start end "
    "sha256 highlights missing also_in score link".split()
)


def test_quotes_are_printed_with_their_sources(root: Path) -> None:
    """The default archive is ./corpus; lines have at most 80 columns, and standard error is empty."""
    done = run("ask", QUESTION, folder=root)
    assert done.returncode == 0
    assert "Pullquote sample desk" in done.stdout
    assert "¶ " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stderr == ""


def test_a_url_is_linked_to_the_quote() -> None:
    """A terminal with links opens the article's URL at the quote; any other shows the URL, whole however long it is."""
    address = f"https://example.org/{'tarn-' * 20}"
    reply = answerer(replace(article("The council approved the Tarn bridge."), url=address)).answer(
        Question("Tarn bridge")
    )
    for can_link in (True, False):
        printed = io.StringIO()
        print_reply(Console(file=printed, force_terminal=can_link, width=80), reply)
        assert address in printed.getvalue()
        assert (f"{address}#:~:text=The%20council" in printed.getvalue()) is can_link


def test_the_page_of_a_quote_is_saved(root: Path, tmp_path: Path) -> None:
    """``--page`` saves a picture in which the first quote is boxed, in place of an older file, and says so."""
    picture = tmp_path / "page.png"
    picture.write_text("an older file")
    done = run("ask", "what did Tokyo promise the Philippine navy", "--json", "--page", str(picture), folder=root)
    quote = json.loads(done.stdout)["quotes"][0]
    assert (done.returncode, quote["page"]) == (0, 2)
    assert done.stderr == f"Page 2 of {quote['title']} is saved as {picture}.\n"
    check_marked_words(picture.read_bytes(), (CORPUS / PDF_NAME).read_bytes(), 2, quote["text"])


def test_a_page_that_cannot_be_saved(root: Path, tmp_path: Path) -> None:
    """After the answer, one sentence says why there is no picture, and the exit status is 2."""
    asked = "what did Tokyo promise the Philippine navy"
    for question, path, sentence in (
        (QUESTION, tmp_path / "page.png", "The first quote is not from a PDF, so there is no page to save.\n"),
        ("why submarines in Antarctica", tmp_path / "page.png", "so there is no page to save.\n"),
        (asked, tmp_path / "missing" / "page.png", "name another file with --page.\n"),
    ):
        done = run("ask", question, "--page", str(path), folder=root)
        assert (done.returncode, done.stderr.endswith(sentence), path.exists()) == (2, True, False)
        assert "searched in" in done.stdout


def test_json(root: Path) -> None:
    """``--json`` prints all keys; ``start`` and ``end`` delimit ``text``, and highlights are inside it."""
    done = run("ask", "--json", QUESTION, folder=root)
    out = json.loads(done.stdout)
    assert set(out) == CONTRACT
    assert out["quotes"]
    for quote in out["quotes"]:
        assert set(quote) == QUOTE
        assert quote["end"] - quote["start"] == len(quote["text"])
        assert all(0 <= start < end <= len(quote["text"]) for start, end in quote["highlights"])


def test_json_of_operators_and_newer_articles(root: Path) -> None:
    """Header lines have keys of their own, which are null if there is nothing to say."""
    plain = json.loads(run("ask", "--json", QUESTION, folder=root).stdout)
    assert [plain[name] for name in ("searched", "misread", "later")] == [None] * 3
    assert plain["differences"] == []
    asked = f'"GCAP headquarters" {QUESTION} before:2025 author:x'
    out = json.loads(run("ask", "--json", "--limit", "1", asked, folder=root).stdout)
    assert out["searched"].startswith("Searched: ")
    assert '"author:x"' in out["misread"]
    later = json.loads(run("ask", "--json", "--limit", "1", QUESTION, folder=root).stdout)["later"]
    assert set(later) == {"article_id", "title", "author", "source", "published", "url"}


def test_the_searched_operators_are_printed(root: Path) -> None:
    """The meaning of the operators is printed above the quotes."""
    said = " ".join(run("ask", "Unicorn mast -Quad source:unicorn", folder=root).stdout.split())
    assert said.startswith('Searched: Unicorn + mast · without "Quad" · from source "unicorn"')


def test_why_adds_the_trace(root: Path) -> None:
    """``--why`` shows the search terms and the origin of each."""
    out = json.loads(run("ask", "--json", "--why", QUESTION, folder=root).stdout)
    assert {"typed", "acronym"} <= {term["origin"] for term in out["trace"]["terms"]}
    printed = run("ask", "--why", QUESTION, folder=root).stdout
    assert "Searched" in printed
    assert "acronym" in printed


def test_limit_counts_quotes(root: Path) -> None:
    """``--limit 1`` shows one quote."""
    assert len(json.loads(run("ask", "--json", "--limit", "1", "Quad", folder=root).stdout)["quotes"]) == 1


def test_context_shows_the_paragraphs_around(root: Path) -> None:
    """``--context`` prints more of the article than the quote."""
    plain = run("ask", "--limit", "1", QUESTION, folder=root).stdout
    assert len(run("ask", "--limit", "1", "--context", QUESTION, folder=root).stdout) > len(plain) + 100


def test_abstaining_is_status_1(root: Path) -> None:
    """If the archive has no answer, the output says so, with status 1."""
    done = run("ask", "submarines", folder=root)
    assert done.returncode == 1
    assert '"submarines" occurs nowhere in its 16 articles' in " ".join(done.stdout.split())


@pytest.mark.parametrize("question", ["", "   ", "the of and", "🎉", "?!", "\u202e\u200b"])
def test_a_question_without_words_is_explained(root: Path, question: str) -> None:
    """A question without anything to search abstains with advice."""
    done = run("ask", "--", question, folder=root)
    assert done.returncode == 1
    assert "ask with a name or a subject" in " ".join(done.stdout.split())


FAILURES = [
    (["ask", "x", "--corpus", "nowhere"], "There is no nowhere"),
    (["ask", "x", "--corpus", "empty"], "There is no article in empty"),
    (["ask", "x"], "There is no corpus"),
    (["evaluate", "nowhere.jsonl", "--corpus", "good"], "nowhere.jsonl cannot be read"),
    (["evaluate", "bad.jsonl", "--corpus", "good"], "bad.jsonl line 1 is not a question"),
    (["serve", "--corpus", "good"], "SLACK_BOT_TOKEN is not set"),
]


@pytest.mark.parametrize(("arguments", "said"), FAILURES)
def test_a_failure_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Any failure is status 2, nothing on standard output, and one line that says what to do."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.txt").write_text("A sentence that is long enough to be a paragraph.")
    (tmp_path / "bad.jsonl").write_text("not json\n")
    state = {"PULLQUOTE_STATE_DIR": str(tmp_path / "state")}
    done = run(*arguments, folder=tmp_path, SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="", **state)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_misspelt_command_is_corrected(root: Path) -> None:
    """For an unknown command, the most similar one is suggested."""
    done = run("aks", QUESTION, folder=root)
    assert done.returncode == 2
    assert "Did you mean 'ask'?" in done.stderr


@pytest.mark.parametrize("arguments", [["ask", "sentence"], ["ask", "--json", "sentence"], ["index"]])
def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, arguments: list[str]) -> None:
    """A full disk is a failure that the sentence names; a closed pipe, of a reader that has enough, is none."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("A sentence that is long enough to be a paragraph.")
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PULLQUOTE_STATE_DIR": str(tmp_path / "state")}
    command = [sys.executable, "-m", "bot", *arguments]
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("w") as full, os.fdopen(writer, "w") as closed:
        done = [
            subprocess.run(
                command, stdout=out, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path, env=environment
            )
            for out in (full, closed)
        ]
    assert done[0].returncode == 2
    assert done[0].stderr.startswith("Standard output cannot be written (No space left on device);")
    assert len(done[0].stderr.splitlines()) == 1
    assert done[1].stderr == ""


def test_a_flag_beats_the_environment_beats_the_file(tmp_path: Path) -> None:
    """Each names another archive; the flag is used first, then the environment, then the file."""
    for name in ("flag", "environment", "file"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"The {name} speaks of walruses in this sentence.")
    (tmp_path / "pullquote.toml").write_text('corpus = ["file"]\n')

    def said(*arguments: str, **environment: str) -> str:
        out = json.loads(run("ask", "--json", "walruses", *arguments, folder=tmp_path, **environment).stdout)
        return str(out["quotes"][0]["text"].split()[1])

    assert said() == "file"
    assert said(PULLQUOTE_CORPUS="environment") == "environment"
    assert said("--corpus", "flag", PULLQUOTE_CORPUS="environment") == "flag"


def test_a_broken_settings_file_is_one_sentence(tmp_path: Path) -> None:
    """An invalid pullquote.toml, or an unknown setting in it, is reported in one sentence."""
    for content in ("corpus = [", 'corpsu = ["x"]'):
        (tmp_path / "pullquote.toml").write_text(content)
        done = run("ask", "x", folder=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_an_unreadable_file_is_named_and_skipped(tmp_path: Path) -> None:
    """A damaged file is a line on standard error; the others are searched."""
    (tmp_path / "a.txt").write_text("Walruses rest on the ice in this sentence.")
    (tmp_path / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    done = run("ask", "walruses", "--corpus", str(tmp_path), folder=tmp_path)
    assert done.returncode == 0
    assert "b.txt" in done.stderr


def test_many_notes_are_summed_up(tmp_path: Path) -> None:
    """Up to three notes are a line each; more are summed up, so that an answer does not drown in them."""
    (tmp_path / "a.txt").write_text("Walruses rest on the ice in this sentence.")
    for number in range(3):
        (tmp_path / f"b{number}.odt").touch()
    reason = "the file type .odt is not supported; convert it to .docx or PDF"
    ask = ("ask", "walruses", "--corpus", str(tmp_path))
    assert run(*ask, folder=tmp_path).stderr.splitlines() == [f"Skipped b{number}.odt: {reason}" for number in range(3)]
    for number in range(3, 24):
        (tmp_path / f"b{number}.odt").touch()
    (tmp_path / "archive.toml").write_text("".join(f"key{number} = 1\n" for number in range(10)))
    *notes, more, skipped = run(*ask, folder=tmp_path).stderr.splitlines()
    assert [note.split(":")[0] for note in notes] == ["Note"] * 3
    assert more == "Note: 7 more notes are left out."
    assert skipped.startswith(f"24 files or lines were skipped: b0.odt: {reason}; b1.odt: {reason}; ")
    assert skipped.endswith("; and 21 more; `pullquote read` shows each.")


@pytest.mark.parametrize(("command", "status"), [("serve", 75), ("doctor", 2)])
def test_a_supervisor_restarts_serve_after_an_unexpected_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, status: int
) -> None:
    """Status 75 says that a restart may help; 2, of all other commands and of wrong settings, that it does not."""
    monkeypatch.setattr(sys, "argv", ["pullquote", command])
    monkeypatch.setenv("PULLQUOTE_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(cli, "app", lambda: 1 // 0)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, "Unexpected error (ZeroDivisionError)" in capsys.readouterr().err) == (status, True)


def test_the_version_is_printed(tmp_path: Path) -> None:
    """``--version`` prints the name and the version that is installed."""
    done = run("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"pullquote {version('pullquote')}\n")
