"""What is asked of the bot: events that are questions, events that are not, and the words a person typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.events import DeletedQuestion, IncomingQuestion, Sender, parse_event
from bot.slack.markup import escape, safe_url, truncate, truncate_escaped, unescape
from bot.slack.plain_text import QUESTION_LIMIT

BOT = "U0BOT"


def delivered(text: str = "what now", **event: Any) -> IncomingQuestion | None:
    """What is made of a mention with this text, with these fields on top of an ordinary one's."""
    fields = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": text} | event
    asked = parse_event({"event_id": "Ev1", "team_id": "T1", "event": fields}, bot_user=BOT)
    assert not isinstance(asked, DeletedQuestion)
    return asked


IGNORED: list[dict[str, Any]] = [
    {"bot_id": "B1"},
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
    {"type": "message", "channel_type": "im", "subtype": "me_message"},
    {"channel": None},
]


@pytest.mark.parametrize("event", IGNORED)
def test_what_is_no_question_is_ignored(event: dict[str, Any]) -> None:
    """Bots, the bot itself, other people's talk, and every subtype that is no ordinary message are ignored."""
    assert delivered(**event) is None


def test_an_event_of_another_shape_is_ignored() -> None:
    """A body without an event is ignored rather than raised about."""
    assert parse_event({"type": "url_verification"}, bot_user=BOT) is None


THREADS: list[tuple[dict[str, Any], str | None]] = [
    ({}, "10.0"),
    ({"thread_ts": "9.0"}, "9.0"),
    ({"subtype": "file_share"}, "10.0"),
    ({"subtype": "thread_broadcast", "thread_ts": "9.0"}, "9.0"),
    ({"type": "message", "channel_type": "im"}, None),
    ({"type": "message", "channel_type": "im", "thread_ts": "9.0"}, "9.0"),
]


@pytest.mark.parametrize(("event", "thread"), THREADS)
def test_the_reply_goes_where_the_question_was_asked(event: dict[str, Any], thread: str | None) -> None:
    """A mention is answered in its thread; a direct message flat, unless it was asked in a thread."""
    asked = delivered(**event)
    assert asked is not None
    assert asked.thread == thread


WORDS: list[tuple[str, str]] = [
    ("what was agreed on GCAP", "what was agreed on GCAP"),
    ("rates of 5% at 10:30:45, F-35 & U.S.", "rates of 5% at 10:30:45, F-35 & U.S."),
    ("Hello Kitty licences", "Hello Kitty licences"),
    ("who said thanks", "who said thanks"),
    (f"<@{BOT}> what now", "what now"),
    (f"what, <@{BOT}|pullquote>, now", "what, , now"),
    ("<@U2|ode> said what", "ode said what"),
    ("what did <@U2> say", "what did say"),
    ("what of <#C1|general> and <#C2>", "what of general and"),
    ("<!here> what, <!subteam^S1|@desk>", "what, @desk"),
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
def test_a_question_is_the_words_its_writer_saw(text: str, words: str) -> None:
    """Markup becomes plain words; only the bot's own mention, bare ids, emoji codes and courtesies are left out."""
    asked = delivered(text)
    assert asked is not None
    assert asked.text == words


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


@pytest.mark.parametrize("text", NOTHING)
def test_small_talk_asks_nothing(text: str) -> None:
    """A greeting, thanks, a call for help, an emoji or an empty mention is accepted, but is no question."""
    asked = delivered(text)
    assert asked is not None
    assert asked.text is None


def test_a_long_question_is_cut_and_says_so() -> None:
    """Of 12,000 characters the first ones up to the limit are asked, whole words, and a note says how many."""
    asked = delivered("bridge " * 1_715)
    assert asked is not None
    assert asked.text is not None
    assert QUESTION_LIMIT - 7 <= len(asked.text) <= QUESTION_LIMIT
    assert asked.text.endswith("bridge")
    assert asked.notes == ("The question is long: only its first 2,000 characters were searched.",)


ASIDE: list[tuple[dict[str, Any], str | None]] = [
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


@pytest.mark.parametrize(("event", "aside"), ASIDE)
def test_what_is_left_aside_is_said(event: dict[str, Any], aside: str | None) -> None:
    """A question with a file, a link or a forwarded message is answered, with a note that it was not read."""
    asked = delivered(**{"text": "what now"} | event)
    assert asked is not None
    assert asked.notes == (() if aside is None else (f"Not read: {aside}.",))


ORIGINS: list[tuple[dict[str, Any], dict[str, Any], Sender]] = [
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


@pytest.mark.parametrize(("envelope", "event", "origin"), ORIGINS)
def test_whence_a_question_comes(envelope: dict[str, Any], event: dict[str, Any], origin: Sender) -> None:
    """The bot's own workspace is the one it is installed in, whatever a shared channel's event is delivered for."""
    fields = {"type": "app_mention", "channel": "C1", "user": "U1", "ts": "10.0", "text": "what now"} | event
    asked = parse_event({"event_id": "Ev1", "team_id": "T1", "event": fields} | envelope, bot_user=BOT)
    assert isinstance(asked, IncomingQuestion)
    assert (asked.sender, asked.ref.team) == (origin, "T1")


@given(st.text(), st.sampled_from(["app_mention", "message"]))
def test_what_is_kept_of_a_question_reads_back_the_same(text: str, kind: str) -> None:
    """The body that waits in the ledger gives the same question again, whatever characters it holds."""
    asked = delivered(text, type=kind, channel_type="im", files=[{"id": "F1"}], user_team="T2")
    assert asked is not None
    assert parse_event(json.loads(asked.event.body), bot_user=BOT) == asked


@given(st.text())
def test_an_escape_is_undone_by_its_opposite(text: str) -> None:
    """Text that was escaped for Slack and comes back is the same text, and holds no markup on its way."""
    assert unescape(escape(text)) == text
    assert not set("<>") & set(escape(text))


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_what_is_cut_is_a_beginning_and_fits(text: str, limit: int) -> None:
    """Cut text is a beginning of the text, within the limit, also when it is escaped afterwards."""
    assert text.startswith(truncate(text, limit))
    assert len(truncate(text, limit)) <= limit
    assert text.startswith(truncate_escaped(text, limit))
    assert len(escape(truncate_escaped(text, limit))) <= limit


ADDRESSES: list[tuple[str | None, str | None]] = [
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


@pytest.mark.parametrize(("url", "address"), ADDRESSES)
def test_only_a_web_address_is_linked(url: str | None, address: str | None) -> None:
    """An address is linked when it is one of the web, with what would break the link escaped."""
    assert safe_url(url) == address
