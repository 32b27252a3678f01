"""Questions that are no messages: they are answered to whoever asked alone, and by one press to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from slack_sdk.models.metadata import Metadata

from bot.playground.interactivity import InteractionResult
from bot.playground.models import Channel
from bot.playground.workspace import BOT, COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.buttons import SHARE
from bot.slack.client import create_client
from bot.slack.dispatcher import Limits
from bot.slack.features import SHORTCUT_ID
from bot.slack.layout import build_sentence
from bot.slack.posting import Destination, NotPosted, post_message

from .harness import Harness, full_harness, private_messages, run_command, share, shown
from .samples import BRIDGE, QUOTED, answer, quote_all


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted, without the bot."""
    with full_harness(tmp_path) as harness:
        yield harness


@pytest.fixture
def full(idle: Harness) -> Iterator[Harness]:
    """The same with the bot in it."""
    with idle.bot():
        yield idle


def elsewhere(harness: Harness) -> str:
    """A channel in which people are and the bot is not."""
    harness.slack.workspace.add_channel(Channel("C0ELSEWHERE", "elsewhere", "channel", frozenset({YOU, COLLEAGUE})))
    return "C0ELSEWHERE"


def has_button(message: object) -> bool:
    return SHARE in str(getattr(message, "blocks", ()))


def test_a_command_is_answered_to_its_asker_alone(full: Harness) -> None:
    """`/pullquote QUESTION` shows the asker what a mention would show everybody, and nobody else anything."""
    private = run_command(full, GENERAL, BRIDGE)
    assert private.seen_by == YOU
    assert QUOTED in shown(private)
    public = full.reply_to(full.ask(BRIDGE))
    assert private.text == public.text
    assert shown(public).splitlines()[:2] == shown(private).splitlines()[:2]
    assert full.slack.workspace.ephemerals(COLLEAGUE) == ()


def test_a_command_without_words_says_how_to_ask(full: Harness) -> None:
    """`/pullquote` alone, and `/pullquote help`, show the how-to with examples and nothing to share."""
    for words in ("", "help", ":wave:"):
        said = run_command(full, GENERAL, words)
        assert shown(said).startswith("Ask a question in plain words.")
        assert full.answerer.examples[0] in shown(said)
        assert not has_button(said)


def test_a_command_is_answered_where_the_bot_is_not(full: Harness) -> None:
    """In a channel without the bot, and in a direct message with it, a command is answered all the same."""
    assert QUOTED in shown(run_command(full, elsewhere(full), BRIDGE))
    assert QUOTED in shown(run_command(full, DM_YOU, BRIDGE))


def test_an_answer_is_shared_by_a_press(full: Harness) -> None:
    """What is shared stands in the channel for all, below who shared it and what was asked."""
    share(full, run_command(full, GENERAL, BRIDGE))
    (public,) = full.slack.replies(GENERAL)
    assert public.seen_by is None
    assert public.thread_ts is None
    assert shown(public).startswith(f"Shared by <@{YOU}>, who asked:\n{BRIDGE}\n{QUOTED}")
    assert len(private_messages(full)) == 1


def test_what_is_shared_twice_stands_once(full: Harness) -> None:
    """Pressed again, the button brings the shared answer up to date instead of posting a second one."""
    private = run_command(full, GENERAL, BRIDGE)
    share(full, private)
    full.answerer.replies[BRIDGE] = answer(quote_all(full.answerer.replies[BRIDGE].quotes[0].article))  # type: ignore[union-attr]
    share(full, private)
    (public,) = full.slack.replies(GENERAL)
    assert "Nobody spoke against it." in shown(public)


def test_an_abstention_can_be_shared(full: Harness) -> None:
    """That the archive does not hold something is worth telling others as well."""
    share(full, run_command(full, GENERAL, "why submarines"))
    (public,) = full.slack.replies(GENERAL)
    assert 'Not in the archive: "submarines".' in shown(public)


def test_sharing_where_the_bot_is_not_says_what_to_do(full: Harness) -> None:
    """The one who shares is told to invite the bot; once it is there, the same button works."""
    channel = elsewhere(full)
    private = run_command(full, channel, BRIDGE)
    share(full, private)
    assert "Invite it with /invite" in shown(private_messages(full, 2)[-1])
    assert full.slack.replies(channel) == []
    full.slack.join(channel, BOT)
    share(full, private)
    assert any(QUOTED in shown(message) for message in full.slack.replies(channel))
    assert len(private_messages(full)) == 2


def test_an_answer_is_not_shared_with_another_organisation(full: Harness) -> None:
    """In a channel that is shared with others, the answer stays its asker's."""
    channel = full.slack.add_channel(shared_with=["T0ELSEWHERE"])
    share(full, run_command(full, channel, BRIDGE))
    assert "shared with another organisation" in shown(private_messages(full, 2)[-1])
    assert full.slack.replies(channel) == []


def test_words_that_look_like_markup_stay_words(full: Harness) -> None:
    """A question with angle brackets is shared as it was typed, and pings nobody."""
    asked = "is a &lt;!channel&gt; *b* here"
    share(full, run_command(full, GENERAL, asked))
    (public,) = full.slack.replies(GENERAL)
    assert public.blocks[1]["text"] == {"type": "plain_text", "text": "is a <!channel> *b* here", "emoji": False}


def test_a_message_gets_its_quotes_by_a_shortcut(full: Harness) -> None:
    """ "Find quotes for this" answers a colleague's message to whoever used it, with the same button."""
    message = full.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
    full.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
    (private,) = private_messages(full)
    assert QUOTED in shown(private)
    share(full, private)
    assert QUOTED in shown(full.slack.replies(GENERAL)[-1])


def test_a_command_is_admitted_as_a_mention_is(idle: Harness) -> None:
    """Who may not ask in a channel, or has asked too much, is told so in private by a command too."""
    with idle.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        assert "not answered in this channel" in shown(run_command(idle, GENERAL, BRIDGE))
        assert QUOTED in shown(run_command(idle, DM_YOU, BRIDGE))
    with idle.bot(limits=Limits(per_person=1)):
        private = run_command(idle, GENERAL, BRIDGE)
        share(idle, private)
        assert "You've asked 1 questions in a minute, which is the limit." in shown(private_messages(idle)[-1])
    guest = idle.slack.add_person(channels=[GENERAL], guest="multi-channel")
    with idle.bot():
        assert "not for guests" in shown(run_command(idle, GENERAL, BRIDGE, user=guest))
    assert idle.slack.replies(GENERAL) == []


def test_without_its_scopes_nothing_is_shared(tmp_path: Path) -> None:
    """Where Slack does not tell the bot who is in a channel, it shares nothing and says which scopes are missing."""
    with full_harness(tmp_path, without=("channels:read",)) as harness, harness.bot():
        share(harness, run_command(harness, GENERAL, BRIDGE))
        assert "grant it the scopes" in shown(private_messages(harness, 2)[-1])
        assert harness.slack.replies(GENERAL) == []


def test_a_fault_while_sharing_is_told_to_who_shares_alone(full: Harness) -> None:
    """What cannot be shared for a fault is a sentence to one person, and nothing in the channel."""
    private = run_command(full, GENERAL, BRIDGE)
    full.answerer.replies[BRIDGE] = RuntimeError("secret")
    share(full, private)
    said = shown(private_messages(full, 2)[-1])
    assert said.startswith("An error occurred and this question could not be answered")
    assert "secret" not in said
    assert full.slack.replies(GENERAL) == []


def test_what_slack_has_no_time_for_is_shared_later(full: Harness) -> None:
    """A channel that takes no message at the moment gets the shared answer once it does, and once only."""
    private = run_command(full, GENERAL, BRIDGE)
    full.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    full.slack.interactivity.click(private, SHARE, user=YOU)
    full.slack.wait_for_replies(GENERAL)
    full.slack.wait_until_idle()
    assert len(full.slack.replies(GENERAL)) == 1


def test_what_is_asked_while_the_archive_is_read_is_answered_then(idle: Harness) -> None:
    """A command is acknowledged at once, and answered as soon as that can be."""
    with idle.bot(is_loaded=False) as bot:
        assert idle.slack.interactivity.run_command(GENERAL, f"/pullquote {BRIDGE}", user=YOU) == InteractionResult()
        idle.slack.wait_until_idle()
        assert idle.slack.workspace.ephemerals(YOU) == ()
        idle.start_answering(bot)
        assert QUOTED in shown(private_messages(idle)[-1])


def test_over_http_it_is_the_same(idle: Harness) -> None:
    """A command, a shortcut and a press that come as signed forms are answered as those over a websocket are."""
    with idle.http_bot():
        share(idle, run_command(idle, GENERAL, BRIDGE))
        assert QUOTED in shown(idle.slack.replies(GENERAL)[-1])
        message = idle.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
        idle.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
        assert QUOTED in shown(private_messages(idle, 2)[-1])


def test_how_a_private_reply_can_fail(idle: Harness) -> None:
    """An address that leads nowhere any more is given up; one that cannot be reached is worth another try."""
    client, message = create_client("xoxb-x", idle.slack.api_url), build_sentence("x")
    gone = Destination(GENERAL, None, YOU, idle.slack.api_url.replace("/api/", "/responses/gone"))
    refused = post_message(client, gone, message, Metadata("x", {}))
    assert isinstance(refused, NotPosted)
    assert refused.code
    nobody = post_message(client, replace(gone, response_url="http://127.0.0.1:1/"), message, Metadata("x", {}))
    assert isinstance(nobody, NotPosted)
    assert nobody.code == ""
