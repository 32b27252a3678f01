"""The checks of a chaos run find each kind of wrong outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, YOU
from bot.slack.features import Variant
from bot.slack.strings import UNCONFIRMED

from .checks import check_replies
from .questions import SentQuestion

EXPECTED = "Bxqztkvwhm"


class Conversation:
    """A mention and a direct message, with replies that a test posts as the bot."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        mention = slack.say(GENERAL, f"{slack.mention} the lanterns?")
        direct = slack.say(DM_YOU, "the lanterns?")
        self.mention, self.direct = SentQuestion(mention, mention.ts, EXPECTED), SentQuestion(direct, None, EXPECTED)

    def reply(
        self, question: SentQuestion, text: str = f"In {EXPECTED} there were 7.", thread: str | None = None
    ) -> None:
        self.client.chat_postMessage(
            channel=question.message.channel,
            text=text,
            thread_ts=thread or question.thread,
            metadata={"event_type": "pullquote_answer", "event_payload": {"question_ts": question.message.ts}},
        )

    def outcomes(self, manifest: Variant = "full") -> dict[str, int]:
        return dict(check_replies(self.slack, [self.mention, self.direct], manifest=manifest).outcomes)

    def violations(self) -> list[str]:
        return [violation.message for violation in check_replies(self.slack, [self.mention, self.direct]).violations]


@pytest.fixture
def conversation() -> Iterator[Conversation]:
    with FakeSlack(retry_after_seconds=(0.0,)) as slack:
        conversation = Conversation(slack)
        slack.wait_until_idle(grace=0)
        yield conversation


def test_one_reply_each_is_right(conversation: Conversation) -> None:
    """An answer in the thread of the mention and one in the direct message are no violations."""
    conversation.reply(conversation.mention)
    conversation.reply(conversation.direct)
    assert (conversation.outcomes(), conversation.violations()) == ({"answered": 2}, [])


def test_a_deleted_question_needs_no_reply(conversation: Conversation) -> None:
    """A deleted question without a reply is no violation."""
    conversation.reply(conversation.mention)
    conversation.direct.is_deleted = True
    assert (conversation.outcomes(), conversation.violations()) == ({"answered": 1, "deleted, no reply": 1}, [])


def delete_after_the_reply(conversation: Conversation) -> None:
    conversation.reply(conversation.mention)
    conversation.mention.is_deleted = True


def take_back_after_the_reply(conversation: Conversation) -> None:
    conversation.reply(conversation.mention)
    conversation.mention.expected = None


def reply_twice(conversation: Conversation) -> None:
    conversation.reply(conversation.mention)
    conversation.reply(conversation.mention)


def reply_in_the_channel(conversation: Conversation) -> None:
    metadata = {"event_type": "pullquote_answer", "event_payload": {"question_ts": conversation.mention.message.ts}}
    conversation.client.chat_postMessage(channel=GENERAL, text=f"In {EXPECTED} there were 7.", metadata=metadata)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (lambda conversation: None, "no reply"),
        (reply_twice, "answered 2 times"),
        (delete_after_the_reply, "deleted, but has a reply"),
        (take_back_after_the_reply, "taken back, but has a reply"),
        (
            lambda conversation: conversation.reply(conversation.mention, "In Zkgvwqbnfd there were 8."),
            "answered an older text",
        ),
        (reply_in_the_channel, "answered in the wrong place"),
    ],
)
def test_what_is_wrong_with_a_reply_is_told(
    conversation: Conversation, fault: Callable[[Conversation], None], expected: str
) -> None:
    """Silence, a second answer, or one to a question deleted or taken back, to another text or elsewhere is named."""
    conversation.reply(conversation.direct)
    fault(conversation)
    (message,) = conversation.violations()
    assert message.startswith(expected)


def test_messages_that_answer_nothing_are_violations(conversation: Conversation) -> None:
    """A message without a question and an unexpected private notice are violations."""
    conversation.reply(conversation.mention)
    conversation.reply(conversation.direct)
    conversation.client.chat_postMessage(channel=GENERAL, text="out of the blue")
    conversation.client.chat_postEphemeral(channel=GENERAL, user=YOU, text="busy")
    stray, notice = conversation.violations()
    assert stray.startswith("answers no question: 'out of the blue'")
    assert notice.startswith("an unexpected private notice: 'busy'")


def test_with_the_base_manifest_a_reply_may_be_unconfirmed(conversation: Conversation) -> None:
    """The asker is told so in the channel, whether or not there is a reply; two replies are wrong all the same."""
    conversation.reply(conversation.direct)
    conversation.client.chat_postEphemeral(channel=GENERAL, user=YOU, text=UNCONFIRMED)
    for _ in range(2):
        assert conversation.outcomes("base") == {"answered": 1, "not confirmed, asker told": 1}
        conversation.reply(conversation.mention)
    assert conversation.outcomes("base") == {"answered": 1, "answered 2 times": 1}


def test_a_violation_has_its_history(conversation: Conversation) -> None:
    """It lists the deliveries and calls for the question, with their results."""
    conversation.reply(conversation.direct)
    conversation.slack.fail_next("chat.postMessage", status=500)
    with pytest.raises(SlackApiError):
        conversation.reply(conversation.mention)
    (violation,) = check_replies(conversation.slack, [conversation.mention, conversation.direct]).violations
    assert any("delivery of app_mention" in line and "connection_failed" in line for line in violation.history)
    assert any("chat.postMessage" in line and "500 internal_error" in line for line in violation.history)
