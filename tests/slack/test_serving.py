"""The bot as a process: credentials, connection errors, start and end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import PullquoteError, SettingsError, SlackError
from bot.playground.server import FakeSlack
from bot.slack.client import Credentials, create_client, is_loopback, verify_credentials

from .harness import Harness, shown
from .samples import BRIDGE, QUOTED

BOT = "xoxb-1"
APP = "xapp-1"

TOKENS: list[tuple[str, str, str]] = [
    ("", APP, "SLACK_BOT_TOKEN is not set; set it to"),
    (BOT, " ", "SLACK_APP_TOKEN is not set; set it to"),
    (APP, BOT, "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped; put xoxb-"),
    ("xoxp-1", APP, "SLACK_BOT_TOKEN does not start with xoxb-; set it to"),
    (BOT, BOT, "SLACK_APP_TOKEN does not start with xapp-; set it to"),
]


@pytest.mark.parametrize(("bot_token", "app_token", "sentence"), TOKENS)
def test_tokens_are_checked_before_slack_is_called(
    offline_harness: Harness, bot_token: str, app_token: str, sentence: str
) -> None:
    """A missing, swapped or wrong token gives a one-sentence error, and Slack is not called."""
    assert_refused(
        replace(offline_harness.credentials(), bot_token=bot_token, app_token=app_token), SettingsError, sentence
    )
    assert offline_harness.slack.calls == ()


def assert_refused(credentials: Credentials, kind: type[PullquoteError], sentence: str) -> None:
    """Assert that verifying ``credentials`` fails with one sentence that starts with ``sentence``."""
    with pytest.raises(kind) as error:
        verify_credentials(credentials)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_a_refused_bot_token_gives_one_sentence(offline_harness: Harness) -> None:
    """The error for a bot token that Slack refuses says where to find the right one."""
    assert_refused(
        replace(offline_harness.credentials(), bot_token=BOT),
        SlackError,
        "Slack refuses SLACK_BOT_TOKEN (invalid_auth);",
    )


def test_a_refused_app_token_gives_one_sentence(offline_harness: Harness) -> None:
    """An app-level token that Slack refuses is an error before a websocket is opened."""
    assert_refused(
        replace(offline_harness.credentials(), app_token=APP),
        SlackError,
        "Slack refuses SLACK_APP_TOKEN (invalid_auth);",
    )


def test_an_unreachable_slack_gives_one_sentence(offline_harness: Harness) -> None:
    """If nothing listens at the API URL, the error says that Slack cannot be reached and what to check."""
    with FakeSlack() as stopped:
        url = stopped.api_url
    assert_refused(replace(offline_harness.credentials(), api_url=url), SlackError, "Slack cannot be reached (")


def test_a_proxy_is_not_used_for_this_machine() -> None:
    """A client for a loopback address goes there directly."""
    assert create_client(BOT, "http://127.0.0.1:1/api/").proxy is None
    assert [is_loopback(url) for url in ("http://localhost:1/", "http://[::1]/", "https://slack.com/api/")] == [
        True,
        True,
        False,
    ]


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bot.errors import ArchiveError, PullquoteError
from bot.store.store import Store
from bot.slack.client import Credentials
from bot.slack.app import Transport, serve
from slack.samples import FixedCorpus, ScriptedAnswerer

def load():
    if sys.argv[4] == "fail":
        raise ArchiveError("There is no archive.")
    return FixedCorpus(ScriptedAnswerer())

def ready(identity):
    print("ready in", identity.team, flush=True)

credentials, transport = Credentials(*sys.argv[6:]), Transport(sys.argv[3], port=int(sys.argv[5]))
try:
    sys.exit(serve(credentials, store=Store(Path(sys.argv[2])), load=load, ready=ready, transport=transport))
except PullquoteError as error:
    sys.exit(str(error))
"""


@contextmanager
def serving(
    harness: Harness, mode: str = "socket", archive: str = "there", port: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """The bot in its own process."""
    credentials = harness.credentials()
    tokens = [credentials.bot_token, credentials.app_token, credentials.api_url, FakeSlack.signing_secret]
    folders = [str(Path(__file__).parents[1]), str(harness.state)]
    command = [sys.executable, "-c", PROGRAM, *folders, mode, archive, str(port), *tokens]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def is_ready(process: subprocess.Popen[str]) -> bool:
    """Wait until the process prints that it is ready, or ends."""
    assert process.stdout is not None
    return process.stdout.readline() == "ready in Fake Slack\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_cleanly(offline_harness: Harness, number: signal.Signals) -> None:
    """After a question was answered, SIGTERM or SIGINT ends the process with status 0 and no error output."""
    with serving(offline_harness) as process:
        assert is_ready(process)
        offline_harness.slack.wait_until_connected()
        offline_harness.reply_to(offline_harness.ask(BRIDGE))
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_serving_over_http(offline_harness: Harness) -> None:
    """In HTTP mode, signed events are answered, and the process stops as cleanly."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(offline_harness, "http", port=port) as process:
        assert is_ready(process)
        offline_harness.slack.use_request_url(f"http://127.0.0.1:{port}/slack/events")
        assert QUOTED in shown(offline_harness.reply_to(offline_harness.ask(BRIDGE)))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


def test_an_archive_that_cannot_be_loaded_ends_the_process(offline_harness: Harness) -> None:
    """If the archive cannot be loaded, the process says so and ends with status 1."""
    with serving(offline_harness, archive="fail") as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "There is no archive.\n")
