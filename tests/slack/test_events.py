"""Parsing events: which are questions, and their text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks import escape, safe_url, truncate, truncate_escaped, unescape
from bot.slack.events import QUESTION_LIMIT, DeletedQuestion, IncomingQuestion, Sender, parse_event

BOT = "U0BOT"


def parse_mention(text: str = "what now", **event: Any) -> IncomingQuestion | None:
    """Parse a mention with this text and these further fields."""
    fields = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": text} | event
    question = parse_event({"event_id": "Ev1", "team_id": "T1", "event": fields}, bot_user=BOT)
    assert not isinstance(question, DeletedQuestion)
    return question


IGNORED: list[dict[str, Any]] = [
    {"bot_id": "B1"},
    {"bot_id": "B1", "bot_profile": {"team_id": "T1"}},
    {"bot_id": "B1", "user": None, "subtype": "bot_message", "app_id": "A1"},
    {"bot_id": "B1", "user": BOT, "workflow_id": "Wf1"},
    {"bot_id": "B1", "user": None, "workflow_id": "Wf1", "type": "message", "channel_type": "im"},
    {
        "bot_id": "B1",
        "user": None,
        "workflow_id": "Wf1",
        "type": "message",
        "channel_type": "channel",
        "thread_ts": "9",
    },
    {"user": BOT},
    {"user": None},
    {"user": "USLACKBOT"},
    {"type": "message"},
    {"type": "message", "channel_type": "channel"},
    {"type": "message", "channel_type": "mpim"},
    {"type": "reaction_added"},
    {"type": "message", "channel_type": "im", "subtype": "message_changed"},
    {"type": "message", "channel_type": "im", "subtype": "message_deleted"},
    {"type": "message", "channel_type": "im", "subtype": "channel_join"},
    {"type": "message", "channel_type": "im", "subtype": "bot_message"},
    {"channel": None},
]


@pytest.mark.parametrize("event", IGNORED)
def test_other_events_are_ignored(event: dict[str, Any]) -> None:
    """Messages of bots and the bot itself, unaddressed messages, and other subtypes are ignored."""
    assert parse_mention(**event) is None


def test_a_malformed_event_is_ignored() -> None:
    """A body without an event gives None, not an error."""
    assert parse_event({"type": "url_verification"}, bot_user=BOT) is None


THREADS: list[tuple[dict[str, Any], str | None]] = [
    ({}, "10.0"),
    ({"thread_ts": "9.0"}, "9.0"),
    ({"subtype": "file_share"}, "10.0"),
    ({"subtype": "thread_broadcast", "thread_ts": "9.0"}, "9.0"),
    ({"subtype": "me_message"}, "10.0"),
    ({"type": "message", "channel_type": "im", "subtype": "me_message"}, None),
    ({"type": "message", "channel_type": "im"}, None),
    ({"type": "message", "channel_type": "im", "thread_ts": "9.0"}, "9.0"),
]


@pytest.mark.parametrize(("event", "thread"), THREADS)
def test_the_reply_goes_where_the_question_was_asked(event: dict[str, Any], thread: str | None) -> None:
    """A mention is answered in its thread; a direct message outside one, unless it was asked in a thread."""
    question = parse_mention(**event)
    assert question is not None
    assert question.thread == thread


WORDS: list[tuple[str, str]] = [
    ("what was agreed on GCAP", "what was agreed on GCAP"),
    ("rates of 5% at 10:30:45, F-35 & U.S.", "rates of 5% at 10:30:45, F-35 & U.S."),
    ("Hello Kitty licences", "Hello Kitty licences"),
    ("who said thanks", "who said thanks"),
    (f"<@{BOT}> what now", "what now"),
    (f"what, <@{BOT}|pullquote>, now", "what, , now"),
    ("<@U2|jane.doe> said what", "said what"),
    ("what did <@U2> say", "what did say"),
    ("what of <#C1|general> and <#C2>", "what of and"),
    ("<!here> what, <!subteam^S1|@desk>", "what,"),
    ("what of <!date^1392734382^{date}|18 February>", "what of 18 February"),
    ("see <https://example.org/a|the paper>", "see the paper"),
    ("see <https://example.org/a> now", "see now"),
    ("see https://example.org/a now", "see now"),
    ("is 1 &lt; 2 &amp;&amp; 3 &gt; 2", "is 1 < 2 && 3 > 2"),
    ("what is &lt;@U1&gt;", "what is <@U1>"),
    ("what is &amp;lt;", "what is &lt;"),
    ("tanks :tank: and :wave::skin-tone-2: more", "tanks and more"),
    ("Hi! What now?", "What now?"),
    ("Good morning team, what now? Thanks!", "what now?"),
    ("what\u0000\ud83d now\n\nthen", "what now then"),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_the_text_is_what_its_writer_saw(text: str, words: str) -> None:
    """Markup becomes plain text; mentions, channels, emoji codes and courtesies are removed."""
    question = parse_mention(text)
    assert question is not None
    assert question.text == words


NOTHING = [
    "",
    f"<@{BOT}>",
    f" <@{BOT}> ",
    "hi",
    "Hello!",
    "Thanks a lot.",
    ":wave:",
    "👋",
    "👍🏽 🎉",
    "1️⃣",
    "?!",
    ":+1:",
]
NOTHING += [f"<@{BOT}> hey there", "OK, thanks!", "help", "How does this work?"]
NOTHING += [
    "never mind",
    f"<@{BOT}> Never mind, I found it.",
    "nvm",
    "Oops – wrong channel, sorry!",
    "<@U2|jane> thanks",
]


@pytest.mark.parametrize("text", NOTHING)
def test_small_talk_asks_nothing(text: str) -> None:
    """A greeting, thanks, "help", an emoji or an empty mention is accepted, and has no text."""
    question = parse_mention(text)
    assert question is not None
    assert question.text is None


QUESTIONS = ["Never Mind the Bollocks", "never mind, what was agreed", "cool, what now", "what is lost and found"]


@pytest.mark.parametrize("text", QUESTIONS)
def test_words_beside_small_talk_are_a_question(text: str) -> None:
    """A message that says more than such words is searched."""
    question = parse_mention(text)
    assert question is not None
    assert question.text == text


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
@pytest.mark.parametrize("mention", [f"<@{BOT}>", f"<@{BOT}|pullquote>"])
@pytest.mark.parametrize("subtype", [None, "me_message", "file_share"])
def test_a_mention_as_a_message_event(kind: str, mention: str, subtype: str | None) -> None:
    """A mention that arrives as a message is the same question as the app_mention, with a label or without."""
    message = parse_mention(f"{mention} what now", type="message", channel_type=kind, subtype=subtype)
    mentioned = parse_mention(f"{mention} what now", subtype=subtype)
    assert message is not None
    assert mentioned is not None
    assert (message.entry_point, message.text, message.thread) == ("mention", "what now", "10.0")
    assert (message.ref, message.event.version) == (mentioned.ref, mentioned.event.version)


WORKFLOWS: list[tuple[dict[str, Any], str, str]] = [
    ({"workflow_id": "Wf1"}, "Wf1", "T1"),
    ({"workflow_id": "Wf1", "bot_profile": {"team_id": "T2", "name": "Daily"}}, "Wf1", "T2"),
    ({"bot_profile": {"is_workflow_bot": True, "team_id": "T1"}}, "B1", "T1"),
    ({"bot_profile": {"is_workflow_bot": True}, "user": "U0FLOW", "subtype": None}, "B1", "T1"),
]


@pytest.mark.parametrize(("event", "asker", "team"), WORKFLOWS)
def test_a_mention_by_a_workflow(event: dict[str, Any], asker: str, team: str) -> None:
    """A workflow's message has no person; the workflow is the one who asks, unless the setting is off."""
    fields = {"type": "app_mention", "channel": "C1", "ts": "10.0", "text": f"<@{BOT}> what now"}
    fields |= {"subtype": "bot_message", "bot_id": "B1", "app_id": "A1", "username": "Daily"} | event
    body = {"event_id": "Ev1", "team_id": "T1", "event": fields}
    question = parse_event(body, bot_user=BOT)
    assert isinstance(question, IncomingQuestion)
    assert (question.user, question.is_by_workflow, question.text) == (asker, True, "what now")
    assert question.sender == Sender(team, frozenset({"T1"}), False)
    assert parse_event(json.loads(question.event.body), bot_user=BOT) == question
    assert parse_event(body, bot_user=BOT, workflows=False) is None


def test_a_long_question_is_truncated() -> None:
    """Of 12,000 characters, whole words up to the limit are kept, and a note says so."""
    question = parse_mention("bridge " * 1_715)
    assert question is not None
    assert question.text is not None
    assert QUESTION_LIMIT - 7 <= len(question.text) <= QUESTION_LIMIT
    assert question.text.endswith("bridge")
    assert question.notes == ("The question is long: only its first 2,000 characters were searched.",)


UNREAD: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"files": [], "attachments": [], "blocks": []}, None),
    ({"blocks": [{"type": "rich_text", "elements": []}]}, None),
    ({"attachments": [{"fallback": "?"}]}, None),
    ({"text": "what of <#C1|general> and <mailto:a@example.org|a@example.org>"}, None),
    ({"files": [{"id": "F1"}]}, "attached files"),
    ({"files": [{"mimetype": "application/pdf"}, {"mimetype": None}]}, "attached files"),
    ({"files": [{"mimetype": "image/png"}, {"mimetype": "image/gif"}]}, "attached images"),
    ({"files": [{"mimetype": "audio/webm", "subtype": "slack_audio"}]}, "attached recordings"),
    ({"files": [{"mimetype": "video/mp4", "subtype": "slack_audio"}]}, "attached recordings"),
    ({"files": [{"mimetype": "video/mp4"}]}, "attached recordings"),
    ({"attachments": [{"is_share": True, "text": "theirs"}]}, "forwarded messages"),
    ({"attachments": [{"is_msg_unfurl": True, "from_url": "https://example.slack.com/a"}]}, "forwarded messages"),
    ({"attachments": [{"from_url": "https://example.org/"}]}, "linked pages"),
    ({"text": "what of <https://example.org/a>"}, "linked pages"),
    ({"text": "what of <https://example.org/a|the paper>"}, "linked pages"),
    ({"text": "what of https://example.org/a"}, "linked pages"),
    ({"blocks": [{"type": "rich_text"}, {"type": "image"}]}, "blocks beside the text"),
    ({"text": "", "blocks": [{"type": "rich_text"}]}, "blocks beside the text"),
    (
        {"files": [{"mimetype": "image/png"}, {}], "attachments": [{"is_share": True}]},
        "attached images, attached files and forwarded messages",
    ),
]


@pytest.mark.parametrize(("event", "unread"), UNREAD)
def test_unread_parts_are_noted(event: dict[str, Any], unread: str | None) -> None:
    """A file, a link or a forwarded message gives a note that it was not read."""
    question = parse_mention(**{"text": "what now"} | event)
    assert question is not None
    assert question.notes == (() if unread is None else (f"Not read: {unread}.",))


SENDERS: list[tuple[dict[str, Any], dict[str, Any], Sender]] = [
    ({}, {}, Sender(None, frozenset({"T1"}), False)),
    ({}, {"team": "T1"}, Sender("T1", frozenset({"T1"}), False)),
    ({}, {"team": "T1", "user_team": "T2"}, Sender("T2", frozenset({"T1"}), False)),
    ({"is_ext_shared_channel": True}, {"source_team": "T2"}, Sender("T2", frozenset({"T1"}), True)),
    ({"team_id": "T2", "context_team_id": "T1"}, {}, Sender(None, frozenset({"T1"}), False)),
    (
        {"team_id": "T2", "authorizations": [{"team_id": "T1", "enterprise_id": "E1"}]},
        {},
        Sender(None, frozenset({"T1", "E1"}), False),
    ),
]


@pytest.mark.parametrize(("envelope", "event", "sender"), SENDERS)
def test_senders(envelope: dict[str, Any], event: dict[str, Any], sender: Sender) -> None:
    """The bot's own workspace is where it is installed, also for events of a shared channel."""
    fields = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": "what now"} | event
    question = parse_event({"event_id": "Ev1", "team_id": "T1", "event": fields} | envelope, bot_user=BOT)
    assert isinstance(question, IncomingQuestion)
    assert (question.sender, question.ref.team) == (sender, "T1")


@given(st.text(), st.sampled_from(["app_mention", "message"]))
def test_a_stored_question_parses_to_the_same(text: str, kind: str) -> None:
    """The stored body gives the same question again, whatever characters it has."""
    question = parse_mention(text, type=kind, channel_type="im", files=[{"id": "F1"}], user_team="T2")
    assert question is not None
    assert parse_event(json.loads(question.event.body), bot_user=BOT) == question


@given(st.text())
def test_unescape_reverses_escape(text: str) -> None:
    """Escaped text has no markup, and unescapes to the same text."""
    assert unescape(escape(text)) == text
    assert not set("<>") & set(escape(text))


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_truncated_text_is_a_prefix_within_the_limit(text: str, limit: int) -> None:
    """Truncated text is a prefix within the limit, also after escaping."""
    assert text.startswith(truncate(text, limit))
    assert len(truncate(text, limit)) <= limit
    assert text.startswith(truncate_escaped(text, limit))
    assert len(escape(truncate_escaped(text, limit))) <= limit


URLS: list[tuple[str | None, str | None]] = [
    (None, None),
    ("", None),
    ("example.org/a", None),
    ("javascript:alert(1)", None),
    ("https://", None),
    ("https://[::1", None),
    ("https://example.org/a b", None),
    ("https://example.org/<b>", None),
    ("https://example.org/" + "a" * 3_000, None),
    ("https://example.org/a", "https://example.org/a"),
    ("https://example.org/a|b?c=1&d=2", "https://example.org/a%7Cb?c=1&amp;d=2"),
]


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_only_web_urls_are_linked(url: str | None, expected: str | None) -> None:
    """A URL is linked if it is http or https; characters that would break the link are escaped."""
    assert safe_url(url) == expected
