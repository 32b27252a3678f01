"""The bot as a process: what it says when it cannot connect, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import pytest

from bot.errors import PullquoteError, SettingsError, SlackError
from bot.playground.server import StandIn
from bot.slack.connection import connect, is_loopback
from bot.slack.serving import Access
from bot.slack.workers import COUNT, Workers

from .conftest import Room

BOT = "xoxb-1"
APP = "xapp-1"

TOKENS: list[tuple[str | None, str | None, str]] = [
    (None, APP, "SLACK_BOT_TOKEN is not set; set it to"),
    (BOT, " ", "SLACK_APP_TOKEN is not set; set it to"),
    (APP, BOT, "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped; put xoxb-"),
    ("xoxp-1", APP, "SLACK_BOT_TOKEN does not start with xoxb-; set it to"),
    (BOT, BOT, "SLACK_APP_TOKEN does not start with xapp-; set it to"),
]


@pytest.mark.parametrize(("bot_token", "app_token", "sentence"), TOKENS)
def test_tokens_are_checked_before_anything_is_called(
    offline: Room, bot_token: str | None, app_token: str | None, sentence: str
) -> None:
    """A missing, swapped or mistaken token is one sentence, and Slack is not called."""
    refused(offline, replace(offline.access(), bot_token=bot_token, app_token=app_token), SettingsError, sentence)
    assert offline.slack.calls == ()


def refused(room: Room, access: Access, kind: type[PullquoteError], sentence: str) -> None:
    """Expect that the bot does not start, and says so in one sentence that begins with this one."""
    with pytest.raises(kind) as error, room.bot(access):
        pass
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_a_refused_bot_token_is_one_sentence(offline: Room) -> None:
    """A bot token that Slack does not know is said to be refused, with where to find the right one."""
    refused(
        offline, replace(offline.access(), bot_token=BOT), SlackError, "Slack refuses SLACK_BOT_TOKEN (invalid_auth);"
    )


def test_a_refused_app_token_is_one_sentence(offline: Room) -> None:
    """An app-level token that Slack does not know is said to be refused, before a websocket is opened."""
    refused(
        offline, replace(offline.access(), app_token=APP), SlackError, "Slack refuses SLACK_APP_TOKEN (invalid_auth);"
    )


def test_a_slack_that_is_not_there_is_one_sentence(offline: Room) -> None:
    """Where nothing listens, the sentence says that Slack cannot be reached and what to check."""
    with StandIn() as gone:
        url = gone.api_url
    refused(offline, replace(offline.access(), api_url=url), SlackError, "Slack cannot be reached (")


def test_a_proxy_is_not_used_for_this_machine() -> None:
    """A client for a loopback address goes there directly."""
    assert connect(BOT, "http://127.0.0.1:1/api/").proxy is None
    assert [is_loopback(url) for url in ("http://localhost:1/", "http://[::1]/", "https://slack.com/api/")] == [
        True,
        True,
        False,
    ]


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bot.records import Records
from bot.slack.serving import Access, serve
from slack.articles import Scripted, verify

def ready(identity):
    print("ready in", identity.team, flush=True)

access, records = Access(*sys.argv[3:6]), Records(Path(sys.argv[2]))
sys.exit(serve(access, answers=Scripted(), verify=verify, records=records, ready=ready))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there a process cannot be asked to end")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_cleanly(offline: Room, number: signal.Signals) -> None:
    """A connected process that has answered a question ends with status 0 and no complaint when it is told to end."""
    access = offline.access()
    arguments = (str(Path(__file__).parents[1]), str(offline.state), access.bot_token, access.app_token, access.api_url)
    command = [sys.executable, "-c", PROGRAM, *(argument or "" for argument in arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready in Stand-in\n"
        offline.slack.wait_until_connected()
        offline.reply_to(offline.ask("who approved the bridge"))
        process.send_signal(number)
        _, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (0, "")


def test_work_begins_at_once_in_every_thread() -> None:
    """As many tasks as there are threads are in work at the same time; finishing waits for them all."""
    workers, together = Workers(), Barrier(COUNT)
    futures = [workers.submit(together.wait, 30) for _ in range(COUNT)]
    assert workers.finish(30) == 0
    assert {future.result() for future in futures} == set(range(COUNT))


def test_a_failing_task_hands_over_its_exception() -> None:
    """What a task raises is its future's, and its thread goes on."""
    workers = Workers()
    failed = workers.submit(int, "no number")
    assert workers.finish(30) == 0
    assert isinstance(failed.exception(), ValueError)


def test_what_does_not_end_is_counted_and_left() -> None:
    """A task that outlasts the limit is counted, and nothing more is taken meanwhile."""
    workers, never = Workers(), Event()
    workers.submit(never.wait)
    assert workers.finish(0) == 1
    with pytest.raises(RuntimeError):
        workers.submit(never.wait)
    never.set()
