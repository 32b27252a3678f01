"""What people are asked to send in, or what others can read, holds no secret and no question."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import cli, settings
from bot.cli.console import LogFormatter
from bot.cli.options import slack_credentials
from bot.errors import SlackError
from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL
from bot.slack.features import events, scopes
from bot.store.store import Store
from tests.cli.command import run
from tests.cli.test_serve import ask, serving
from tests.processes import POSIX

TOKEN = "xoxb-1111111111-abcdefgh"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
QUESTION = "is the merger with Umbrella off"
PARTS = ("1111111111", "abcdefgh", "8f742231", "zzz85a5", "Umbrella")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(scopes=scopes("full"), subscriptions=events("full")) as slack:
        yield slack


def assert_private(text: str) -> None:
    assert [part for part in PARTS if part in text] == []


def read_state(state: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in state.glob("*.txt"))


@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN[:14]}\n{TOKEN[14:]}", f"  {TOKEN}\r\n", f"{TOKEN}\x1b[2J"])
def test_an_unexpected_error_keeps_secrets_and_questions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, token: str
) -> None:
    """Neither its file nor its sentence shows them, also in parts, in a cause, or if the file cannot be written."""

    def fail() -> None:
        settings.load()
        try:
            raise OSError(f"cannot connect to https://user:{SECRET}@proxy with {token.strip()!r}")
        except OSError as error:
            raise ValueError(f"Newline in header {token!r}, {token}, {token.split()} for {QUESTION!r}") from error

    monkeypatch.setattr(sys, "argv", ["pullquote", "ask", QUESTION])
    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setenv("SLACK_BOT_TOKEN", token)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    for state in (tmp_path / "state", Path("/dev/null/state")):
        monkeypatch.setenv("PULLQUOTE_STATE_DIR", str(state))
        with pytest.raises(SystemExit):
            cli.main()
        assert_private(capsys.readouterr().err)
    report = (tmp_path / "state" / "unexpected-error.txt").read_text()
    assert_private(report)
    assert "test_private_data.py" in report
    assert "OSError: cannot connect" in report
    assert report.endswith("ValueError\n")


def test_a_log_line_keeps_secrets_and_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its message nor its traceback shows them; our own exceptions keep their message."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    settings.load()
    errors = [ValueError(QUESTION), SlackError(f"Slack refuses {TOKEN}")]
    for error in errors:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "with %s", (TOKEN,), (type(error), error, None))
        line = LogFormatter().format(record)
        assert_private(line)
        assert line.startswith("with [secret]")
    assert line.endswith("SlackError: Slack refuses [secret]")


def test_a_token_with_a_line_end_is_refused_and_not_shown(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """It could stand in no request, and the library that sends them shows it in its error."""
    with serving(slack, tmp_path / "state", root, SLACK_BOT_TOKEN=f"{TOKEN[:14]}\n{TOKEN[14:]}") as service:
        status, lines = service.ended()
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith("SLACK_BOT_TOKEN contains a blank, a line end")
    assert_private(lines[0] + read_state(tmp_path))


def test_a_service_keeps_secrets_and_questions(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """Log and metrics show neither, also after failed calls."""
    with serving(slack, tmp_path / "state", root, "--port", "0") as service:
        slack.use_request_url(service.url)
        service.line_with("ready for questions")
        slack.fail_next("chat.postMessage", status=500)
        asked = ask(slack, QUESTION)
        slack.wait_for_replies(GENERAL, thread=asked.ts)
        service.line_with('"event_id"')
        metrics = service.page("/metrics")
        service.process.send_signal(signal.SIGTERM)
        _, lines = service.ended()
    shown = "\n".join([*lines, metrics, read_state(tmp_path / "state")])
    assert_private(shown)
    for secret in (slack.bot_token, slack.signing_secret):
        assert secret not in shown


@POSIX
def test_others_cannot_read_the_state_folder(tmp_path: Path, root: Path) -> None:
    """All its files, locks too, belong to the user alone."""
    umask = os.umask(0o022)
    try:
        state = tmp_path / "state"
        Store(state).close()
        run("ask", "GCAP", "--corpus", str(root / "corpus"), folder=tmp_path, PULLQUOTE_STATE_DIR=str(state))
    finally:
        os.umask(umask)
    files = list(state.rglob("*"))
    assert any(file.suffix == ".lock" for file in files)
    assert {
        str(file): oct(file.stat().st_mode & 0o077) for file in (state, *files) if file.stat().st_mode & 0o077
    } == {}


def test_tokens_may_be_systemd_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files of the settings' names in the folder that systemd names; the environment beats them."""
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    monkeypatch.delenv("SLACK_APP_TOKEN", raising=False)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    (tmp_path / "SLACK_BOT_TOKEN").write_text(f"{TOKEN}\n")
    (tmp_path / "SLACK_SIGNING_SECRET").write_text("other")
    credentials = slack_credentials(settings.load())
    assert (credentials.bot_token, credentials.app_token, credentials.signing_secret) == (TOKEN, "", SECRET)
    assert settings.redact(f"x {TOKEN}") == "x [secret]"
