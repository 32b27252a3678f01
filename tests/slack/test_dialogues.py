"""Conversations with the bot as people see them."""

from __future__ import annotations

from bot.models import Article, Quote, Span
from bot.playground.workspace import DM_YOU, GENERAL, OTHER_BOT, YOU

from .harness import Harness, shown
from .samples import APPROVED, BRIDGE, QUOTED, WHOLE, answer, quote_all


def test_a_mention_is_answered_in_its_thread(harness: Harness) -> None:
    """A mention gets the quote with its source in its thread; the notification text alone is an answer too."""
    asked = harness.ask(BRIDGE)
    reply = harness.reply_to(asked)
    assert reply.thread_ts == asked.ts
    assert reply.text.startswith(f"“{QUOTED}” — A bridge for Tarn · Valley Courier · 7 May 2025")
    assert shown(reply) == (
        f"{QUOTED}\n<https://example.org/bridge?a=1&amp;b=2#:~:text="
        "The%20council%20approved%20the%20Tarn%20bridge%20on%20Monday.|A bridge for Tarn> "
        "M. Ode · Valley Courier · 7 May 2025 · Funding · ¶ 1 of 2 · part of the paragraph"
    )


def test_a_mention_inside_a_thread_is_answered_there(harness: Harness) -> None:
    """A mention in a thread gets its reply in that thread."""
    root = harness.slack.say(GENERAL, "about the bridge")
    asked = harness.ask(BRIDGE, thread=root.ts)
    assert harness.reply_to(asked).thread_ts == root.ts


def test_a_direct_message_is_answered_outside_a_thread(harness: Harness) -> None:
    """A direct message needs no mention, and its reply is in no thread."""
    harness.slack.say(DM_YOU, BRIDGE)
    (reply,) = harness.slack.wait_for_replies(DM_YOU)
    assert reply.thread_ts is None
    assert QUOTED in shown(reply)


def test_a_direct_message_in_a_thread_is_answered_there(harness: Harness) -> None:
    """A direct message written in a thread gets its reply in that thread."""
    root = harness.slack.say(DM_YOU, "hi")
    harness.slack.wait_for_replies(DM_YOU)
    asked = harness.slack.say(DM_YOU, BRIDGE, thread=root.ts)
    (reply,) = harness.slack.wait_for_replies(DM_YOU, thread=asked.thread_ts)
    assert QUOTED in shown(reply)


def test_an_abstention_has_a_reason_and_a_nearest_miss(harness: Harness) -> None:
    """If the archive has no answer, the reason comes first, then the labelled nearest miss."""
    reply = harness.reply_to(harness.ask("why submarines"))
    reason, label, words, *_ = shown(reply).splitlines()
    assert (reason, label, words) == ('Not in the archive: "submarines".', "Nearest passage:", WHOLE.text)
    assert reply.text == 'Not in the archive: "submarines".'


def test_a_warning_comes_before_the_quote(harness: Harness) -> None:
    """The warning is the first line; unmatched words are named below the quote."""
    lines = shown(harness.reply_to(harness.ask("what does it cost"))).splitlines()
    assert lines[:2] == ['No passage holds "cost". Nearest, in the articles\' own words:', WHOLE.text]
    assert lines[-1].endswith("¶ 1 of 2 · not in this passage: cost")


def test_a_mention_added_by_an_edit_is_answered(harness: Harness) -> None:
    """A message that gets its mention by an edit is a new question."""
    said = harness.slack.say(GENERAL, BRIDGE)
    edited = harness.slack.edit(said, f"{harness.slack.mention} {BRIDGE}")
    assert QUOTED in shown(harness.reply_to(edited))


def test_other_events_get_no_reply(harness: Harness) -> None:
    """Messages of bots, joins, deletions, reactions and other messages are acknowledged and not answered."""
    harness.slack.say(GENERAL, f"{harness.slack.mention} {BRIDGE}", user=OTHER_BOT)
    harness.slack.join(GENERAL, YOU)
    talk = harness.slack.say(GENERAL, "the bridge was approved")
    harness.slack.react(talk, "eyes")
    harness.slack.delete(talk)
    harness.slack.open_home()
    for subtype in ("message_changed", "message_deleted", "channel_join", "bot_message", "me_message"):
        harness.slack.deliver(
            {"type": "message", "channel": DM_YOU, "channel_type": "im", "subtype": subtype, "ts": "1.0"}
        )
    for event in ("app_home_opened", "member_joined_channel", "team_join"):
        harness.slack.deliver({"type": event, "user": YOU})
    harness.slack.wait_until_idle()
    assert harness.slack.replies(GENERAL) + harness.slack.replies(DM_YOU) == []
    assert all(delivery.acked_at and len(delivery.attempts) == 1 for delivery in harness.slack.deliveries)


def test_small_talk_gets_the_how_to(harness: Harness) -> None:
    """A mention that asks nothing gets a short how-to, with examples from the archive."""
    for text in ("", "hi", "Hello!", "thanks a lot", "👋", ":wave:", "help"):
        asked = harness.ask(text, channel=harness.slack.add_channel())
        first, *rest = shown(harness.reply_to(asked)).splitlines()
        assert first.startswith("Ask a question in plain words."), text
        assert rest == ["For example:", *harness.answerer.examples]


def test_a_long_mention_is_truncated(harness: Harness) -> None:
    """12,000 characters get one reply, which says how many were searched."""
    reply = harness.reply_to(harness.ask("bridge " * 1_700 + "end"))
    assert shown(reply).startswith("The question is long: only its first 2,000 characters were searched.")


MARKUP = [
    "<!channel> and <@U0YOU>",
    "*bold* _it_ ~no~ `code`",
    "```fence",
    "\u202egnorts\u202c :smile:",
    "<https://a|b>",
]


def test_markup_is_shown_literally(harness: Harness) -> None:
    """Markup in an article, its title or the question is shown as written: no mention, no formatting."""
    for words in MARKUP:
        article = Article("h", words, words, words, author=words, url="https://example.org/")
        quote = quote_all(article, missing=(words,))
        harness.answerer.replies = {"what": answer(quote, caution=f"No passage holds {words}.")}
        reply = harness.reply_to(harness.ask("what"))
        caution, quoted, citation, *_ = reply.blocks
        warning_text = f"No passage holds {words}. Nearest, in the articles' own words:"
        assert caution["text"] == {"type": "plain_text", "text": warning_text, "emoji": False}
        assert quoted["elements"][0]["elements"] == [{"type": "text", "text": words}]
        linked = [element["text"] for element in citation["elements"] if element["type"] == "mrkdwn"]
        assert [text.count("<") + text.count(">") for text in linked] == [2]
        assert not set("*_~`") & set(linked[0].partition("|")[2])
        assert any(words in element["text"] for element in citation["elements"] if element["type"] == "plain_text")
        assert not set("<>") & set(reply.text)


def test_an_exception_becomes_one_sentence(harness: Harness) -> None:
    """The sentence has a reference and not the exception's text."""
    harness.answerer.replies = {BRIDGE: RuntimeError("secret detail at line 7")}
    reply = harness.reply_to(harness.ask(BRIDGE))
    assert shown(reply).startswith("An error occurred and this question could not be answered")
    assert "secret" not in shown(reply) + reply.text


def test_a_quote_that_fails_verification_is_not_posted(harness: Harness) -> None:
    """If one quote of a reply fails verification, only one sentence is posted."""
    changed = Article("changed", "A title", "a.txt", "Words that were there before.")
    harness.answerer.replies = {BRIDGE: answer(APPROVED, quote_all(changed))}
    reply = harness.reply_to(harness.ask(BRIDGE))
    assert shown(reply).startswith("A quote for this question no longer matches")
    assert QUOTED not in shown(reply) + reply.text


def test_overlapping_highlights_are_not_posted(harness: Harness) -> None:
    """Overlapping highlights would show words twice, so such a quote is not posted."""
    twice = Quote(APPROVED.paragraph, APPROVED.span, (Span(9, 30), Span(20, 40)))
    harness.answerer.replies = {BRIDGE: answer(twice)}
    assert shown(harness.reply_to(harness.ask(BRIDGE))).startswith("A quote for this question no longer matches")
