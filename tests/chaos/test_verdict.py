"""The judge finds what people would complain of: a trial that could not fail would prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, YOU

from .asked import Asked
from .verdict import judge

WANTED = "Bxqztkvwhm"


class Told:
    """A workspace in which a mention and a direct message were asked, and a bot that says what a test tells it to."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        mention = slack.say(GENERAL, f"{slack.mention} the lanterns?")
        direct = slack.say(DM_YOU, "the lanterns?")
        self.mention, self.direct = Asked(mention, mention.ts, WANTED), Asked(direct, None, WANTED)

    def reply(self, asked: Asked, text: str = f"In {WANTED} there were 7.", thread: str | None = None) -> None:
        self.client.chat_postMessage(
            channel=asked.message.channel,
            text=text,
            thread_ts=thread or asked.thread,
            metadata={"event_type": "pullquote_answer", "event_payload": {"question_ts": asked.message.ts}},
        )

    def outcomes(self) -> dict[str, int]:
        return dict(judge(self.slack, [self.mention, self.direct]).outcomes)

    def complaints(self) -> list[str]:
        return [violation.what for violation in judge(self.slack, [self.mention, self.direct]).violations]


@pytest.fixture
def told() -> Iterator[Told]:
    with FakeSlack(retry_after_seconds=(0.0,)) as slack:
        told = Told(slack)
        slack.wait_until_idle(grace=0)
        yield told


def test_one_reply_each_is_as_it_should_be(told: Told) -> None:
    """An answer in the thread of the mention and a flat one in the direct message leave nothing to complain of."""
    told.reply(told.mention)
    told.reply(told.direct)
    assert (told.outcomes(), told.complaints()) == ({"answered": 2}, [])


def test_a_deleted_question_is_owed_nothing(told: Told) -> None:
    """No reply to what was deleted is as it should be."""
    told.reply(told.mention)
    told.direct.deleted = True
    assert (told.outcomes(), told.complaints()) == ({"answered": 1, "deleted, and no reply stands": 1}, [])


def delete_after_the_reply(told: Told) -> None:
    told.reply(told.mention)
    told.mention.deleted = True


def reply_twice(told: Told) -> None:
    told.reply(told.mention)
    told.reply(told.mention)


def reply_in_the_channel(told: Told) -> None:
    metadata = {"event_type": "pullquote_answer", "event_payload": {"question_ts": told.mention.message.ts}}
    told.client.chat_postMessage(channel=GENERAL, text=f"In {WANTED} there were 7.", metadata=metadata)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (lambda told: None, "silence"),
        (reply_twice, "answered 2 times"),
        (delete_after_the_reply, "deleted, but a reply stands"),
        (lambda told: told.reply(told.mention, "In Zkgvwqbnfd there were 8."), "answered to another text"),
        (reply_in_the_channel, "answered in the wrong place"),
    ],
)
def test_what_is_wrong_with_a_reply_is_told(told: Told, fault: Callable[[Told], None], complaint: str) -> None:
    """Silence, a second answer, one to a deleted question, one to another text, one elsewhere: each has its name."""
    told.reply(told.direct)
    fault(told)
    (said,) = told.complaints()
    assert said.startswith(complaint)


def test_what_answers_nothing_is_told(told: Told) -> None:
    """A message that names no question, and a private notice, are complained of as well."""
    told.reply(told.mention)
    told.reply(told.direct)
    told.client.chat_postMessage(channel=GENERAL, text="out of the blue")
    told.client.chat_postEphemeral(channel=GENERAL, user=YOU, text="busy")
    stray, notice = told.complaints()
    assert stray.startswith("answers no question that was asked: 'out of the blue'")
    assert notice.startswith("a private notice that nobody was owed: 'busy'")


def test_a_complaint_tells_how_it_came_about(told: Told) -> None:
    """Beside it stand the deliveries and the calls that were about the question, with their outcomes."""
    told.reply(told.direct)
    told.slack.fail_next("chat.postMessage", status=500)
    with pytest.raises(SlackApiError):
        told.reply(told.mention)
    (violation,) = judge(told.slack, [told.mention, told.direct]).violations
    assert any("delivery of app_mention" in line and "connection_failed" in line for line in violation.history)
    assert any("chat.postMessage" in line and "500 internal_error" in line for line in violation.history)
