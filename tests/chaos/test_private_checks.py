"""The checks of a chaos run find each kind of wrong outcome of a private request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL, YOU

from .private_checks import Interruption, check_requests
from .questions import PrivateRequest

EXPECTED = "Bxqztkvwhm"


class Person:
    """A person who made a request, and what the bot shows to them."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        self.client.retry_handlers = []
        self.command = PrivateRequest(YOU, "command", EXPECTED, is_stored=True)
        self.click = PrivateRequest(YOU, "show context")

    def show(self, text: str = f"In {EXPECTED} there were 7.") -> None:
        self.client.chat_postEphemeral(channel=GENERAL, user=YOU, text=text)

    def show_unconfirmed(self) -> None:
        self.slack.fail_next("chat.postEphemeral", status=500, is_applied=True)
        with pytest.raises(SlackApiError):
            self.show()

    def outcomes(self, request: PrivateRequest, interruptions: Sequence[Interruption] = ()) -> tuple[list[str], bool]:
        """The outcome, and whether it is a violation."""
        result = check_requests(self.slack, [request], interruptions)
        return list(result.outcomes), bool(result.violations)


@pytest.fixture
def person() -> Iterator[Person]:
    with FakeSlack() as slack:
        yield Person(slack)


def show_again_unconfirmed(person: Person) -> None:
    person.show_unconfirmed()
    person.show()


def show_twice(person: Person) -> None:
    person.show()
    person.show()


@pytest.mark.parametrize(
    ("show", "expected", "is_violation"),
    [
        (lambda person: person.show(), "shown", False),
        (show_again_unconfirmed, "shown twice, unconfirmed", False),
        (show_twice, "shown 2 times", True),
        (lambda person: person.show("In Zkgvwqbnfd there were 8."), "something else shown", True),
        (lambda person: None, "nothing shown", True),
    ],
)
def test_the_outcomes_of_a_command(
    person: Person, show: Callable[[Person], None], expected: str, is_violation: bool
) -> None:
    """One answer is right, and a second one if Slack did not confirm the first; none, or another one, is wrong."""
    show(person)
    assert person.outcomes(person.command) == ([f"command: {expected}"], is_violation)


def test_a_click_opens_a_modal_or_sends_a_message(person: Person) -> None:
    """Either is an outcome; a modal that was to be replaced and was not is none."""
    assert person.outcomes(person.click) == (["show context: nothing shown"], True)
    block = {"type": "section", "text": {"type": "plain_text", "text": "Context"}}
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Context"}, "blocks": [block]}
    shown = person.slack.views.open(person.slack.views.issue_trigger(YOU), view)
    assert person.outcomes(person.click) == (["show context: modal"], False)
    person.click.replaced_view = shown["hash"]
    assert person.outcomes(person.click) == (["show context: nothing shown"], True)
    person.slack.views.close_all(YOU)
    person.show()
    assert person.outcomes(person.click) == (["show context: message"], False)


def test_what_slack_did_not_deliver_needs_no_outcome(person: Person) -> None:
    """Slack tells the person that the bot did not acknowledge a request."""
    person.command.failure = "timeout"
    assert person.outcomes(person.command) == (["command: not acknowledged"], False)


def test_only_a_click_is_lost_with_the_bot(person: Person) -> None:
    """A click just before the bot ended may have no outcome; a command, which the bot stores, must have one."""
    ended = Interruption(time.time() + 1.0, time.time() + 5.0)
    assert person.outcomes(person.click, [ended]) == (["show context: interrupted"], False)
    assert person.outcomes(person.command, [ended]) == (["command: nothing shown"], True)
