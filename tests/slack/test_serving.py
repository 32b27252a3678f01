"""The bot as a process: credentials, connection errors, start and end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import PullquoteError, SettingsError, SlackError, SlackUnavailableError
from bot.models import Json
from bot.playground.server import FakeSlack
from bot.playground.workspace import BOT as BOT_USER
from bot.playground.workspace import YOU
from bot.slack import app
from bot.slack.client import SlackClient
from bot.slack.credentials import BotIdentity, Credentials, Mode, check_credentials, verify_credentials
from bot.slack.features import scopes
from bot.slack.transports import WEBSOCKETS

from .harness import Harness, shown
from .loop import run_async
from .samples import BRIDGE, QUOTED, ScriptedAnswerer

BOT = "xoxb-1"
APP = "xapp-1"
REVOKED = "Slack refuses the bot token; reinstall the app and set the new SLACK_BOT_TOKEN"

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


def assert_refused(credentials: Credentials, kind: type[PullquoteError], sentence: str, mode: Mode = "socket") -> None:
    """Assert that checking ``credentials`` fails with one sentence that starts with ``sentence``."""

    async def verify() -> BotIdentity:
        return await verify_credentials(SlackClient(credentials.bot_token, credentials.api_url), credentials, mode)

    with pytest.raises(PullquoteError) as error:
        check_credentials(credentials, mode)
        run_async(verify())
    assert type(error.value) is kind
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


def test_http_mode_needs_no_app_token(offline_harness: Harness) -> None:
    """In HTTP mode, only the bot token is verified with Slack."""
    credentials = replace(offline_harness.credentials(), app_token="", signing_secret="x")
    assert_refused(replace(credentials, bot_token=BOT), SlackError, "Slack refuses SLACK_BOT_TOKEN", "http")
    client = SlackClient(credentials.bot_token, credentials.api_url)
    assert run_async(verify_credentials(client, credentials, "http")).team == "Fake Slack"


def test_an_unreachable_slack_gives_one_sentence(offline_harness: Harness) -> None:
    """If nothing listens at the API URL, the error says that Slack cannot be reached and what to check."""
    with FakeSlack() as stopped:
        url = stopped.api_url
    sentence = "Slack could not be reached: "
    assert_refused(replace(offline_harness.credentials(), api_url=url), SlackUnavailableError, sentence)


def test_a_busy_slack_is_not_a_refusal(offline_harness: Harness) -> None:
    """If Slack fails or limits the rate, a later attempt may succeed."""
    for status in (503, 429):
        offline_harness.slack.fail_next("auth.test", status=status)
        assert_refused(offline_harness.credentials(), SlackUnavailableError, "Slack cannot take calls at the moment;")


PROGRAM = """
import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bot.errors import ArchiveError, PullquoteError
from bot.store.store import Store
from bot.slack.credentials import Credentials
from bot.slack.app import Transport, serve
from slack.samples import FixedCorpus, ScriptedAnswerer

def load():
    if sys.argv[4] == "fail":
        raise ArchiveError("There is no archive.")
    if sys.argv[4] == "stuck":
        ThreadPoolExecutor().submit(time.sleep, 60)  # the interpreter waits for this at its end
        print("loading", flush=True)
        time.sleep(60)
    return FixedCorpus(ScriptedAnswerer())

def ready(identity):
    print("ready in", identity.team, flush=True)

credentials, transport = Credentials(*sys.argv[6:]), Transport(sys.argv[3], port=int(sys.argv[5]))
serving = serve(credentials, store=Store(Path(sys.argv[2])), load=load, ready=ready, transport=transport)
try:
    asyncio.run(serving)
except PullquoteError as error:
    sys.exit(str(error))
"""


@contextmanager
def serving(
    harness: Harness, mode: str = "socket", archive: str = "there", port: int = 0, **changes: str
) -> Iterator[subprocess.Popen[str]]:
    """The bot in its own process, with the harness's credentials but for ``changes``."""
    credentials = replace(harness.credentials(), **changes)
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


def stop(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Send a signal; return the exit status and what else the process printed as errors."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def read_page(port: int, path: str) -> tuple[int, str]:
    """The status and text of a page of the bot."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_cleanly(offline_harness: Harness, number: signal.Signals) -> None:
    """After a question was answered, SIGTERM or SIGINT ends the process with status 0 and no error output."""
    with serving(offline_harness) as process:
        assert is_ready(process)
        offline_harness.slack.wait_until_connected(connections=WEBSOCKETS)
        offline_harness.reply_to(offline_harness.ask(BRIDGE))
        assert stop(process, number) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_ends_a_process_that_is_stuck(offline_harness: Harness) -> None:
    """Within five seconds of SIGTERM, also if the archive is loading and the interpreter would wait for a thread."""
    with serving(offline_harness, archive="stuck") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loading\n"
        signalled_at = time.monotonic()
        assert stop(process)[0] == 0
        assert time.monotonic() - signalled_at < 5.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_serving_over_http(offline_harness: Harness) -> None:
    """In HTTP mode, signed events are answered, and the process stops as cleanly."""
    port = free_port()
    with serving(offline_harness, "http", port=port) as process:
        assert is_ready(process)
        offline_harness.slack.use_request_url(f"http://127.0.0.1:{port}/slack/events")
        assert QUOTED in shown(offline_harness.reply_to(offline_harness.ask(BRIDGE)))
        assert stop(process) == (0, "")


def test_an_archive_that_cannot_be_loaded_ends_the_process(offline_harness: Harness) -> None:
    """If the archive cannot be loaded, the process says so and ends with status 1."""
    with serving(offline_harness, archive="fail") as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "There is no archive.\n")


def test_a_refused_token_ends_the_process(offline_harness: Harness) -> None:
    """A token that Slack refuses is no trouble that passes: the process says so and ends."""
    with serving(offline_harness, bot_token="xoxb-other") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith("Slack refuses SLACK_BOT_TOKEN (invalid_auth); set it to")
    assert errors.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("mode", ["socket", "http"])
def test_a_start_before_slack_is_there(tmp_path: Path, offline_harness: Harness, mode: str) -> None:
    """The process says that Slack cannot be reached, tries again by itself, and answers once Slack is there."""
    slack_port, port = free_port(), free_port()
    with serving(offline_harness, mode, port=port, api_url=f"http://127.0.0.1:{slack_port}/api/") as process:
        assert process.stderr is not None
        warning = process.stderr.readline()
        assert warning.startswith("Slack could not be reached: ")
        assert warning.endswith("Trying again in 1 s.\n")
        with FakeSlack(scopes=scopes("base"), retry_after_seconds=(0.0, 0.0, 0.0), port=slack_port) as slack:
            assert is_ready(process)
            if mode == "socket":
                slack.wait_until_connected(connections=WEBSOCKETS)
            else:
                slack.use_request_url(f"http://127.0.0.1:{port}/slack/events")
            harness = Harness(slack, ScriptedAnswerer(), tmp_path)
            assert QUOTED in shown(harness.reply_to(harness.ask(BRIDGE)))
            status, errors = stop(process)
        assert status == 0
        assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_before_slack_is_there(offline_harness: Harness) -> None:
    """A process that waits for Slack ends on a signal."""
    with serving(offline_harness, api_url=f"http://127.0.0.1:{free_port()}/api/") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Slack could not be reached: ")
        status, errors = stop(process)
    assert status == 0
    assert "Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_pages_in_socket_mode(offline_harness: Harness) -> None:
    """Health, readiness and metrics are served in Socket Mode too; events are not accepted there."""
    port = free_port()
    with serving(offline_harness, port=port) as process:
        assert is_ready(process)
        assert read_page(port, "/healthz") == (200, "alive\n")
        assert read_page(port, "/readyz") == (200, "ready\n")
        assert "pullquote_questions_waiting 0.0" in read_page(port, "/metrics")[1]
        assert read_page(port, "/slack/events")[0] == 404
        assert stop(process) == (0, "")


REVOCATIONS: dict[str, tuple[Json, str | None]] = {
    "a person's token": ({"type": "tokens_revoked", "tokens": {"oauth": [YOU]}}, None),
    "the bot's token": ({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}, REVOKED),
    "the app": ({"type": "app_uninstalled"}, REVOKED),
}


@pytest.mark.parametrize("name", REVOCATIONS)
def test_a_revoked_token_is_a_problem(offline_harness: Harness, name: str) -> None:
    """The bot is not ready once Slack says that its token was revoked or the app removed."""
    event, problem = REVOCATIONS[name]
    with offline_harness.bot() as bot:
        assert bot.bot.find_problem() is None
        offline_harness.slack.deliver(event)
        offline_harness.slack.wait_until_idle()
        assert bot.bot.find_problem() == problem


def test_a_refused_call_is_a_problem(offline_harness: Harness) -> None:
    """The bot is not ready while Slack refuses its token, and is again once a call succeeds."""
    with offline_harness.bot() as bot:
        offline_harness.slack.fail_next("chat.postMessage", status=200, error="token_revoked", times=2)
        offline_harness.ask(BRIDGE)
        offline_harness.slack.wait_until(lambda: bot.bot.find_problem() == REVOKED)
        offline_harness.reply_to(offline_harness.ask(BRIDGE))
        assert bot.bot.find_problem() is None


def test_an_idle_bot_notices_a_refused_token(offline_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that no event and no question reaches is not ready while Slack refuses its token, and ready afterwards."""
    monkeypatch.setattr(app, "CHECK_EVERY", 0.05)
    with offline_harness.bot() as bot:
        offline_harness.slack.fail_next("auth.test", status=200, error="account_inactive", times=3)
        offline_harness.slack.wait_until(lambda: bot.bot.find_problem() == REVOKED)
        offline_harness.slack.wait_until(lambda: bot.bot.find_problem() is None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_taken_port_in_socket_mode(offline_harness: Harness) -> None:
    """The log says that there are no pages, and questions are answered; in HTTP mode the process ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(offline_harness, port=port) as process:
            assert is_ready(process)
            offline_harness.slack.wait_until_connected(connections=WEBSOCKETS)
            assert QUOTED in shown(offline_harness.reply_to(offline_harness.ask(BRIDGE)))
            status, errors = stop(process)
        assert status == 0
        assert errors.startswith(f"Cannot listen on 127.0.0.1, port {port}")
        assert errors.count("\n") == 1
        with serving(offline_harness, "http", port=port) as process:
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors.startswith(f"Cannot listen on 127.0.0.1, port {port}")
