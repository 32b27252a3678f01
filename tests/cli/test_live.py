"""``pullquote serve`` as a process, connected to the fake Slack over a websocket: each question gets one reply."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.playground.events import SCOPES
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, OTHER_BOT, RESEARCH

QUESTION = "what was agreed on GCAP"
EVERY_SCOPE = ("chat:write", *sorted({scope for scopes in SCOPES.values() for scope in scopes}))


@dataclass
class Live:
    """The workspace, and the process that answers in it."""

    slack: FakeSlack
    process: subprocess.Popen[str]

    def mention(self, text: str, thread: str | None = None) -> Message:
        return self.slack.say(GENERAL, f"{self.slack.mention} {text}", thread=thread)

    def replies_to(self, message: Message) -> list[str]:
        """Notification texts of the messages in the thread, once Slack is idle."""
        thread = message.thread_ts or message.ts
        self.slack.wait_for_replies(message.channel, thread=thread)
        self.slack.wait_until_idle()
        return [reply.text for reply in self.slack.replies(message.channel, thread)]


@contextmanager
def serving(slack: FakeSlack, state: Path, root: Path, **changes: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | slack.environment() | {"PULLQUOTE_STATE_DIR": str(state)} | changes
    command = [sys.executable, "-m", "bot", "serve", "--port", "0", "--corpus", str(root / "corpus")]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def live(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with (
        # The last retry comes after the bot has noticed a cut connection, as Slack's own last one does.
        FakeSlack(scopes=EVERY_SCOPE, subscriptions=SCOPES, retry_after_seconds=(0, 1, 7)) as slack,
        serving(slack, tmp_path_factory.mktemp("state"), root) as process,
    ):
        slack.wait_until_connected(30)
        yield Live(slack, process)


def test_a_mention(live: Live) -> None:
    """(A mention in a channel, one answer in its thread.)"""
    (reply,) = live.replies_to(live.mention(QUESTION))
    assert reply.startswith("“")


def test_a_mention_inside_a_thread(live: Live) -> None:
    """(A mention inside a thread, one answer in that thread.)"""
    start = live.slack.say(RESEARCH, "Something else")
    asked = live.slack.say(RESEARCH, f"{live.slack.mention} who is in the Quad", thread=start.ts)
    assert len(live.replies_to(asked)) == 1


def test_a_direct_message(live: Live) -> None:
    """(A direct message, one answer beside it, not in a thread.)"""
    before = len(live.slack.replies(DM_YOU))
    live.slack.say(DM_YOU, QUESTION)
    live.slack.wait_for_replies(DM_YOU, before + 1)
    live.slack.wait_until_idle()
    (reply,) = live.slack.replies(DM_YOU)[before:]
    assert reply.thread_ts is None


def test_five_questions_at_once(live: Live) -> None:
    """(Five mentions in a row, one answer to each.)"""
    asked = [live.mention(f"{QUESTION} {number}") for number in range(5)]
    assert [len(live.replies_to(message)) for message in asked] == [1] * 5


def test_one_event_delivered_three_times(live: Live) -> None:
    """(The same event three times, one answer.)"""
    asked = live.mention(QUESTION)
    event = next(d for d in live.slack.deliveries if d.payload["event"].get("ts") == asked.ts).payload
    for retry in (1, 2):
        live.slack.deliver(event["event"], event_id=event["event_id"], retry=retry)
    assert len(live.replies_to(asked)) == 1


def test_an_edited_question(live: Live) -> None:
    """(A mention, then edited: the one answer stays the only one.)"""
    asked = live.mention(QUESTION)
    live.replies_to(asked)
    live.slack.edit(asked, f"{live.slack.mention} who is in the Quad")
    assert len(live.replies_to(asked)) == 1


def test_other_events_are_ignored(live: Live) -> None:
    """(Another bot's mention, and someone joins: no reply.)"""
    before = len(live.slack.replies(GENERAL))
    live.slack.say(GENERAL, f"{live.slack.mention} {QUESTION}", user=OTHER_BOT)
    live.slack.join(GENERAL, COLLEAGUE)
    live.slack.wait_until_idle()
    assert len(live.slack.replies(GENERAL)) == before


def test_an_empty_mention(live: Live) -> None:
    """(Nothing but a mention, a short how-to.)"""
    (reply,) = live.replies_to(live.mention(""))
    assert "question" in reply.lower()


def test_a_mention_of_12000_characters(live: Live) -> None:
    """(A very long mention, one reply, which says that not all of it was read.)"""
    asked = live.mention("what was agreed on GCAP " * 500)
    assert len(live.replies_to(asked)) == 1
    (message,) = live.slack.replies(GENERAL, asked.ts)
    assert "characters" in str(message.blocks)


def test_slack_asks_for_patience(live: Live) -> None:
    """(A mention while Slack answers 429, one answer a second later.)"""
    live.slack.fail_next("chat.postMessage", status=429, retry_after=1)
    assert len(live.replies_to(live.mention(QUESTION))) == 1


def test_a_dropped_connection(live: Live) -> None:
    """(A mention while the connection is down, one answer after it is back.)"""
    live.slack.drop_connections()
    asked = live.mention(QUESTION)
    live.slack.wait_for_replies(GENERAL, thread=asked.ts, timeout=30)
    assert len(live.replies_to(asked)) == 1


def test_sigterm_ends_the_process_cleanly(root: Path, tmp_path: Path) -> None:
    """A connected process ends within five seconds of SIGTERM, with status 0 and without a traceback."""
    with FakeSlack() as slack, serving(slack, tmp_path, root) as process:
        slack.wait_until_connected(30)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=5)
        assert process.returncode == 0
        assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}, "swapped"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-refused"}, "refuses SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-refused"}, "refuses SLACK_APP_TOKEN"),
    ],
)
def test_a_wrong_token_is_one_sentence(root: Path, tmp_path: Path, changes: dict[str, str], said: str) -> None:
    """A missing, swapped or refused token ends the process with status 2 and one sentence."""
    with FakeSlack() as slack, serving(slack, tmp_path, root, **changes) as process:
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 2
        assert said in errors
        assert len(errors.strip().splitlines()) == 1
