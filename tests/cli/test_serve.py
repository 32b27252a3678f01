"""``pullquote serve --mode http``, run as a process: its log, its pages, its end, and ``pullquote forget``."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread

import pytest

from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, RESEARCH, YOU
from bot.slack.features import events, scopes
from bot.store.store import Store
from tests.processes import POSIX

QUESTION = "what was agreed on GCAP"
PATIENCE = 30.0  # seconds in which a process starts, on a machine that is busy


@dataclass
class Service:
    """A process, and its log lines so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    changed: Condition = field(default_factory=Condition)

    def __post_init__(self) -> None:
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def line_with(self, words: str) -> str:
        """The first line that holds these words, once it is there."""

        def found() -> str | None:
            return next((line for line in self.lines if words in line), None)

        with self.changed:
            line = self.changed.wait_for(found, PATIENCE)
        assert line is not None, "\n".join(self.lines)
        return line

    @property
    def url(self) -> str:
        """URL for events."""
        return self.line_with("receiving events at").rpartition(" ")[2]

    def page(self, path: str) -> str:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            self.url[: -len("/slack/events")] + path
        ) as got:
            return str(got.read().decode())

    def ended(self, within: float = PATIENCE) -> tuple[int, list[str]]:
        """The exit status, and all that was question_line."""
        status = self.process.wait(within)
        self._reader.join(within)
        return status, self.lines


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", *arguments]


@contextmanager
def serving(slack: FakeSlack, state: Path, root: Path, *arguments: str, **changes: str) -> Iterator[Service]:
    """The process with the sample archive; its port is a free one unless ``arguments`` say otherwise."""
    environment = os.environ | slack.environment() | {"PULLQUOTE_STATE_DIR": str(state)} | changes
    given = command("serve", "--mode", "http", "--corpus", str(root / "corpus"), *(arguments or ("--port", "0")))
    process = subprocess.Popen(given, env=environment, stderr=subprocess.PIPE, text=True, cwd=state.parent)
    try:
        yield Service(process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def answering(slack: FakeSlack, state: Path, root: Path, **changes: str) -> Iterator[Service]:
    """As ``serving``, receiving events from Slack, with the archive loaded."""
    with serving(slack, state, root, **changes) as service:
        slack.use_request_url(service.url)
        service.line_with("ready for questions")
        yield service


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(scopes=scopes("full"), subscriptions=events("full"), retry_after_seconds=(0, 1, 2)) as slack:
        yield slack


def ask(slack: FakeSlack, text: str = QUESTION, channel: str = GENERAL, user: str = YOU) -> Message:
    return slack.say(channel, f"{slack.mention} {text}", user=user)


def question_line(service: Service) -> dict[str, object]:
    """The JSON line of the only question so far."""
    line: dict[str, object] = json.loads(service.line_with('"event_id"'))
    return line


def test_a_service_answers_logs_counts_and_forgets(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """It answers mentions and direct messages, reports ready, logs a line for each question, and counts."""
    state = tmp_path / "state"
    with answering(slack, state, root) as service:
        assert service.page("/readyz") == "ready\n"
        asked = ask(slack)
        (reply,) = slack.wait_for_replies(GENERAL, thread=asked.ts)
        assert reply.text.startswith("“")
        line = question_line(service)
        assert (line["surface"], line["outcome"], line["channel"], line["team"]) == (
            "mention",
            "answer",
            GENERAL,
            slack.team,
        )
        assert "GCAP" not in "".join(service.lines)
        slack.say(DM_YOU, QUESTION)
        slack.wait_for_replies(DM_YOU)
        slack.wait_until_idle()
        assert [reply.thread_ts for reply in slack.replies(DM_YOU)] == [None]
        counted = service.page("/metrics")
        assert 'pullquote_questions_total{outcome="answer",surface="mention"} 1.0' in counted
        assert "pullquote_articles 16.0" in counted
        service.process.send_signal(signal.SIGTERM)
        status, lines = service.ended()
        assert status == 0
        assert not [line for line in lines if "Traceback" in line]
    environment = os.environ | {"PULLQUOTE_STATE_DIR": str(state)}

    def forget(*arguments: str) -> str:
        done = subprocess.run(
            command("forget", *arguments), env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert forget("--yes", "--older-than", "1") == "Deleted the records of 0 questions.\n"
    assert forget("--yes") == "Deleted the records of 2 questions.\n"
    assert forget("--yes") == "Deleted the records of 0 questions.\n"


def test_stopping_waits_for_the_question_in_progress(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """A question whose reply Slack delays when the signal comes is answered before the process ends."""
    with answering(slack, tmp_path / "state", root) as service:
        slack.fail_next("chat.postMessage", status=429, retry_after=1)
        asked = ask(slack)
        slack.wait_until(lambda: any(call.method == "chat.postMessage" for call in slack.calls))
        service.process.send_signal(signal.SIGTERM)
        status, _ = service.ended()
        assert status == 0
        assert len(slack.replies(GENERAL, asked.ts)) == 1


@POSIX
def test_a_closed_terminal_ends_it_as_other_signals_do(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """SIGHUP, too, waits for the question in progress; under ``nohup`` it is ignored."""
    with answering(slack, tmp_path / "state", root) as service:
        slack.fail_next("chat.postMessage", status=429, retry_after=1)
        asked = ask(slack)
        slack.wait_until(lambda: any(call.method == "chat.postMessage" for call in slack.calls))
        service.process.send_signal(signal.SIGHUP)
        status, _ = service.ended()
        assert status == 0
        assert len(slack.replies(GENERAL, asked.ts)) == 1


def test_settings_reach_the_bot(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """With one allowed channel and one question a minute, everything else gets a private_notices notice."""
    changes = {
        "PULLQUOTE_CHANNELS": RESEARCH,
        "PULLQUOTE_QUESTIONS_PER_PERSON": "1",
        "PULLQUOTE_LOG_QUESTIONS": "true",
    }
    with answering(slack, tmp_path / "state", root, **changes) as service:
        answered = ask(slack, channel=RESEARCH)
        slack.wait_for_replies(RESEARCH, thread=answered.ts)
        assert question_line(service)["text"] == QUESTION
        ask(slack, channel=RESEARCH)
        ask(slack, channel=GENERAL, user=COLLEAGUE)
        slack.wait_until(lambda: len(private_notices(slack)) == 2)
        slack.wait_until_idle()
        assert private_notices(slack) == {(RESEARCH, YOU), (GENERAL, COLLEAGUE)}
        assert len(slack.replies(RESEARCH)) == 1
        assert slack.replies(GENERAL) == []


def private_notices(slack: FakeSlack) -> set[tuple[str, str]]:
    """Channel and user of each private_notices notice."""
    said = [call.arguments for call in slack.calls if call.method == "chat.postEphemeral"]
    return {(one["channel"], one["user"]) for one in said}


def test_an_unusable_state_folder_does_not_stop_answers(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """One sentence in the log says so; each question is still answered once."""
    (tmp_path / "state").write_text("a file where the folder should be")
    with answering(slack, tmp_path / "state", root) as service:
        asked = ask(slack)
        slack.wait_for_replies(GENERAL, thread=asked.ts)
        event = slack.deliveries[0].payload
        slack.deliver(event["event"], event_id=event["event_id"], retry=1)
        slack.wait_until_idle()
        assert len(slack.replies(GENERAL, asked.ts)) == 1
        service.process.send_signal(signal.SIGTERM)
        status, lines = service.ended()
    assert status == 0
    assert len([line for line in lines if "PULLQUOTE_STATE_DIR" in line]) == 1


def test_what_was_answered_without_a_state_folder_is_recorded_later(
    slack: FakeSlack, tmp_path: Path, root: Path
) -> None:
    """Once the state folder can be used, the running bot writes there what it answered before."""
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    with answering(slack, state, root) as service:
        slack.wait_for_replies(GENERAL, thread=ask(slack).ts)
        service.line_with("Questions are still answered, and recorded once the database can be used.")
        state.unlink()
        service.line_with("The database can be used again.")
        service.process.send_signal(signal.SIGTERM)
        service.ended()
    store = Store(state)
    assert [record.question for record in store.find_recent(slack.workspace.team.id, YOU, 5)] == [QUESTION]
    store.close()


def test_a_failed_start_is_one_sentence(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """A missing secret, a refused token or a port in use: status 2, and the last line says what to do."""
    with serving(slack, tmp_path / "state", root, SLACK_SIGNING_SECRET="") as service:
        status, lines = service.ended()
        assert status == 2
        assert lines[-1].startswith("SLACK_SIGNING_SECRET is not set; set it to")
    with serving(slack, tmp_path / "state", root, SLACK_BOT_TOKEN="xoxb-other") as service:
        status, lines = service.ended()
        assert status == 2
        assert lines[-1].startswith("Slack refuses SLACK_BOT_TOKEN (invalid_auth); set it to")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving(slack, tmp_path / "state", root, "--port", port) as service:
            status, lines = service.ended()
            assert status == 2
            assert lines[-1].startswith(f"Cannot listen on 127.0.0.1, port {port}")


def test_a_missing_archive_ends_the_process(slack: FakeSlack, tmp_path: Path, root: Path) -> None:
    """An error of the archive, which loads after connecting, ends the process with one sentence."""
    with serving(slack, tmp_path / "state", root, "--port", "0", "--corpus", str(tmp_path / "nowhere")) as service:
        status, lines = service.ended()
    assert status == 2
    assert "There is no " in lines[-1]
    assert "Traceback" not in "".join(lines)
