"""Commands and shortcuts: answered privately, and shared with one click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.interactivity import InteractionResult
from bot.playground.models import Channel
from bot.playground.workspace import BOT, COLLEAGUE, DM_YOU, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.client import Destination, NotSent, Result, SlackClient, post_message
from bot.slack.dispatcher import Limits
from bot.slack.features import SHORTCUT_ID
from bot.slack.layout import SHARE, build_sentence

from .harness import Harness, full_harness, private_messages, run_command, share, shown
from .loop import run_async
from .samples import BRIDGE, QUOTED, answer, quote_all


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the full variant; the bot is not started."""
    with full_harness(tmp_path) as harness:
        yield harness


@pytest.fixture
def full(idle: Harness) -> Iterator[Harness]:
    """The same harness with the bot running."""
    with idle.bot():
        yield idle


def elsewhere(harness: Harness) -> str:
    """A channel without the bot."""
    harness.slack.workspace.add_channel(Channel("C0ELSEWHERE", "elsewhere", "channel", frozenset({YOU, COLLEAGUE})))
    return "C0ELSEWHERE"


def has_button(message: object) -> bool:
    return SHARE in str(getattr(message, "blocks", ()))


def test_a_command_is_answered_privately(full: Harness) -> None:
    """`/pullquote QUESTION` shows the asker, and nobody else, what a mention would show everyone."""
    private = run_command(full, GENERAL, BRIDGE)
    assert private.seen_by == YOU
    assert QUOTED in shown(private)
    public = full.reply_to(full.ask(BRIDGE))
    assert private.text == public.text
    assert shown(public).splitlines()[:2] == shown(private).splitlines()[:2]
    assert full.slack.workspace.ephemerals(COLLEAGUE) == ()


def test_a_command_without_a_question_gets_the_how_to(full: Harness) -> None:
    """`/pullquote` and `/pullquote help` show the how-to with examples and without a share button."""
    for words in ("", "help", ":wave:"):
        reply = run_command(full, GENERAL, words)
        assert shown(reply).startswith("Ask a question in plain words.")
        assert full.answerer.examples[0] in shown(reply)
        assert not has_button(reply)


def test_a_command_is_answered_in_a_channel_without_the_bot(full: Harness) -> None:
    """A command is answered in a channel without the bot, and in a direct message."""
    assert QUOTED in shown(run_command(full, elsewhere(full), BRIDGE))
    assert QUOTED in shown(run_command(full, DM_YOU, BRIDGE))


def test_an_answer_is_shared_with_a_click(full: Harness) -> None:
    """The shared answer is in the channel, below who shared it and the question."""
    share(full, run_command(full, GENERAL, BRIDGE))
    (public,) = full.slack.replies(GENERAL)
    assert public.seen_by is None
    assert public.thread_ts is None
    assert shown(public).startswith(f"Shared by <@{YOU}>, who asked:\n{BRIDGE}\n{QUOTED}")
    assert len(private_messages(full)) == 1


def test_sharing_twice_posts_once(full: Harness) -> None:
    """A second click updates the shared answer."""
    private = run_command(full, GENERAL, BRIDGE)
    share(full, private)
    full.answerer.replies[BRIDGE] = answer(quote_all(full.answerer.replies[BRIDGE].quotes[0].article))  # type: ignore[union-attr]
    share(full, private)
    (public,) = full.slack.replies(GENERAL)
    assert "Nobody spoke against it." in shown(public)


def test_an_abstention_can_be_shared(full: Harness) -> None:
    """The button also shares that the archive has no answer."""
    share(full, run_command(full, GENERAL, "why submarines"))
    (public,) = full.slack.replies(GENERAL)
    assert 'Not in the archive: "submarines".' in shown(public)


def test_sharing_in_a_channel_without_the_bot_says_to_invite_it(full: Harness) -> None:
    """A private reply says to invite the bot; afterwards the same button works."""
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
    """Nothing is shared in a channel that another organisation can read."""
    channel = full.slack.add_channel(shared_with=["T0ELSEWHERE"])
    share(full, run_command(full, channel, BRIDGE))
    assert "shared with another organisation" in shown(private_messages(full, 2)[-1])
    assert full.slack.replies(channel) == []


def test_markup_in_a_shared_question_is_literal(full: Harness) -> None:
    """A question with angle brackets is shared as typed and mentions nobody."""
    asked = "is a &lt;!channel&gt; *b* here"
    share(full, run_command(full, GENERAL, asked))
    (public,) = full.slack.replies(GENERAL)
    assert public.blocks[1]["text"] == {"type": "plain_text", "text": "is a <!channel> *b* here", "emoji": False}


def test_a_shortcut_answers_a_message(full: Harness) -> None:
    """ "Find quotes for this" on a colleague's message is answered privately, with the share button."""
    message = full.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
    full.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
    (private,) = private_messages(full)
    assert QUOTED in shown(private)
    share(full, private)
    assert QUOTED in shown(full.slack.replies(GENERAL)[-1])


def test_access_and_limits_apply_to_commands(idle: Harness) -> None:
    """Commands are refused privately by the same rules as mentions."""
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
    """If the bot cannot know whether a channel is shared externally, it shares nothing and says why."""
    with full_harness(tmp_path, without=("channels:read",)) as harness, harness.bot():
        share(harness, run_command(harness, GENERAL, BRIDGE))
        assert "grant it the scopes" in shown(private_messages(harness, 2)[-1])
        assert harness.slack.replies(GENERAL) == []


def test_an_error_while_sharing_is_private(full: Harness) -> None:
    """The person who shares gets one sentence, and nothing is posted in the channel."""
    private = run_command(full, GENERAL, BRIDGE)
    full.answerer.replies[BRIDGE] = RuntimeError("secret")
    share(full, private)
    reply = shown(private_messages(full, 2)[-1])
    assert reply.startswith("An error occurred and this question could not be answered")
    assert "secret" not in reply
    assert full.slack.replies(GENERAL) == []


def test_sharing_is_retried_after_a_rate_limit(full: Harness) -> None:
    """After a 429 the answer is shared once."""
    private = run_command(full, GENERAL, BRIDGE)
    full.slack.fail_next("chat.postMessage", status=429, retry_after=0, times=2)
    full.slack.interactivity.click(private, SHARE, user=YOU)
    full.slack.wait_for_replies(GENERAL)
    full.slack.wait_until_idle()
    assert len(full.slack.replies(GENERAL)) == 1


def test_a_command_waits_while_the_archive_loads(idle: Harness) -> None:
    """A command is acknowledged at once, and answered once the archive is loaded."""
    with idle.bot(is_loaded=False) as bot:
        assert idle.slack.interactivity.run_command(GENERAL, f"/pullquote {BRIDGE}", user=YOU) == InteractionResult()
        idle.slack.wait_until_idle()
        assert idle.slack.workspace.ephemerals(YOU) == ()
        idle.start_answering(bot)
        assert QUOTED in shown(private_messages(idle)[-1])


def test_commands_over_http(idle: Harness) -> None:
    """Commands, shortcuts and clicks are answered over HTTP as over a websocket."""
    with idle.http_bot():
        share(idle, run_command(idle, GENERAL, BRIDGE))
        assert QUOTED in shown(idle.slack.replies(GENERAL)[-1])
        message = idle.slack.say(GENERAL, BRIDGE, user=COLLEAGUE)
        idle.slack.interactivity.use_shortcut(SHORTCUT_ID, user=YOU, message=message)
        assert QUOTED in shown(private_messages(idle, 2)[-1])


def test_failures_of_a_response_url(idle: Harness) -> None:
    """An expired ``response_url`` has an error code and is given up; an unreachable one is retried."""

    async def post_to(response_url: str) -> Result:
        client = SlackClient("xoxb-x", idle.slack.api_url)
        return await post_message(client, Destination(GENERAL, None, YOU, response_url), build_sentence("x"), {})

    refused = run_async(post_to(idle.slack.api_url.replace("/api/", "/responses/gone")))
    assert isinstance(refused, NotSent)
    assert refused.code
    unreachable = run_async(post_to("http://127.0.0.1:1/"))
    assert isinstance(unreachable, NotSent)
    assert unreachable.code == ""
