"""Why this answer? The menu below a reply, and the window that it opens, as people see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.models import Article, Json
from bot.playground.models import Message
from bot.playground.workspace import COLLEAGUE, GENERAL, YOU
from bot.slack.access import AccessRules
from bot.slack.buttons import WHY
from bot.slack.layout import texts_in
from bot.store.models import MessageRef, answer_id
from bot.store.store import Store
from tests.factories import answerer, archive_of, article

from .harness import Harness, full_harness, run_command, share
from .test_actions import lines, window

ASKED = "who approved the Tarn bridge"
UNANSWERED = "why do submarines dive"
BRIDGE = article(
    "The valley waited for ten years.",
    "The council approved the Tarn bridge on Monday. Nobody spoke against it.",
    id="bridge.txt",
    title="A bridge for Tarn",
)
FERRY = article("The ferry at Tarn crosses at noon.", id="ferry.txt")


def shelve(harness: Harness, *articles: Article) -> None:
    """Let the bot, once it is started, answer from these articles."""
    harness.answerer = answerer(*articles)  # type: ignore[assignment]


@pytest.fixture
def shelved(offline_harness: Harness) -> Harness:
    """A harness whose bot, not yet started, answers from two articles."""
    shelve(offline_harness, BRIDGE, FERRY)
    return offline_harness


@pytest.fixture
def answered(shelved: Harness) -> Iterator[Harness]:
    """The same harness with the bot in it."""
    with shelved.bot():
        yield shelved


def choice(reply: Message) -> str:
    """The value of "Why this answer?" in the menu below ``reply``."""
    menus = [part for block in reply.blocks for part in block.get("elements", []) if part["type"] == "overflow"]
    ((option,),) = [menu["options"] for menu in menus]
    assert option["text"]["text"] == "Why this answer?"
    value: str = option["value"]
    return value


def why(harness: Harness, reply: Message, *, user: str = YOU) -> Json:
    """The window that opens when ``user`` asks why."""
    assert harness.slack.interactivity.click(reply, WHY, choice(reply), user=user).failure is None
    return window(harness, user)


def read(view: Json) -> str:
    return "\n".join(lines(view))


def test_why_shows_what_was_searched_found_and_verified(answered: Harness) -> None:
    """(Why this answer?, the words with weights and origins, the quote's score and place, that it is verified)."""
    reply = answered.reply_to(answered.ask(ASKED))
    view = why(answered, reply)
    told = read(view)
    assert view["title"]["text"] == "Why this answer?"
    assert f"Asked: {ASKED}" in told
    assert "Answered: the confidence is" in told
    assert all(f"{word} · weight 1.00 · typed" in told for word in ("approved", "Tarn", "bridge"))
    assert "Quote 1 of 1: verified now" in told
    assert "The council approved the Tarn bridge" in told
    assert "¶ 2 of 2" in told
    assert re.search(r"Found by its words: \d+\.\d\d = .*approved \d", told)
    assert re.search(r"Place 1 by the ranking: \d+\.\d\d = ", told)
    start = BRIDGE.text.index("The council")
    assert f"Characters {start}–" in told
    assert BRIDGE.sha256[:16] in told
    assert f"Archive {archive_of([BRIDGE, FERRY]).fingerprint[:16]}, unchanged since" in told


def test_the_window_names_the_command_that_shows_the_same(answered: Harness) -> None:
    """The id in the window is the one under which the answer is kept, and stands nowhere in the answer's text."""
    asked = answered.ask(ASKED)
    reply = answered.reply_to(asked)
    found = re.search(r"Answer (\w{8}); in the terminal: pullquote receipt (\w{8})", read(why(answered, reply)))
    ref = MessageRef(answered.slack.team, asked.channel, asked.ts)
    assert found and found.groups() == (answer_id(ref, ""),) * 2
    assert answer_id(ref, "") not in " ".join([reply.text, *texts_in(list(reply.blocks))])


def test_an_abstention_says_what_was_looked_for(answered: Harness) -> None:
    """(Why this answer?, below "not in the archive": what was looked for, and how far from an answer it was)."""
    told = read(why(answered, answered.reply_to(answered.ask(UNANSWERED))))
    assert "Not answered: the confidence is 0.00" in told
    assert 'Not in the archive: "submarines" and "dive" occur nowhere' in told
    assert "submarines · weight 1.00 · typed" in told
    assert "Quote" not in told


def test_a_nearest_miss_is_no_quote_of_an_answer(answered: Harness) -> None:
    """What was shown beside an abstention is called the nearest miss in the window too."""
    told = read(why(answered, answered.reply_to(answered.ask("which engineer painted the Tarn bridge in Paris"))))
    assert "Not answered" in told
    assert "Nearest miss 1 of 1: verified now" in told


def test_operators_are_told(answered: Harness) -> None:
    """(Why this answer?, below an answer to a question with operators: which passages were searched at all)."""
    told = read(why(answered, answered.reply_to(answered.ask('"Tarn bridge" approved -ferry'))))
    assert 'Searched only passages with "Tarn bridge" and without "ferry".' in told


def test_everybody_who_sees_the_answer_may_ask_why(answered: Harness) -> None:
    """A colleague who reads the answer in the channel is shown the same as the person who asked."""
    reply = answered.reply_to(answered.ask(ASKED))
    assert read(why(answered, reply, user=COLLEAGUE)) == read(why(answered, reply))


def test_who_may_not_ask_is_told_nothing(shelved: Harness) -> None:
    """(Why this answer? in a channel that was closed to questions, the sentence that says so)."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot(rules=AccessRules(channels=frozenset({"C0OTHER"}))):
        (sentence,) = lines(why(shelved, reply))
    assert sentence.startswith("Questions are not answered in this channel")


def test_another_process_knows_why(shelved: Harness) -> None:
    """A bot that was started again, and never saw the question, explains the answer all the same."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot():
        assert "Quote 1 of 1: verified now" in read(why(shelved, reply))


CHANGED = [
    ([replace(BRIDGE, text=BRIDGE.text.replace("Monday", "Friday")), FERRY], "a word"),
    ([FERRY], "gone"),
]


@pytest.mark.parametrize(("articles", "what"), CHANGED)
def test_a_source_that_has_changed_is_told_and_not_shown(shelved: Harness, articles: list[Article], what: str) -> None:
    """Where the archive no longer holds what was quoted, the window says so, names the article and shows no quote."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    shelve(shelved, *articles)
    with shelved.bot():
        told = read(why(shelved, reply))
    assert "Quote 1 of 1: the source has changed since" in told, what
    assert "bridge.txt · ¶ 2 of 2" in told
    assert "The council approved" not in told
    assert "it has changed since, to" in told


def test_presses_come_in_at_an_address_too(shelved: Harness) -> None:
    """(Why this answer?, the window) where Slack sends signed requests to the bot's own address."""
    with shelved.http_bot():
        assert "verified now" in read(why(shelved, shelved.reply_to(shelved.ask(ASKED))))


def test_before_the_archive_is_read_there_is_nothing_to_verify(shelved: Harness) -> None:
    """(Why this answer? while the archive is being read, one sentence that asks for patience)."""
    with shelved.bot():
        reply = shelved.reply_to(shelved.ask(ASKED))
    with shelved.bot(is_loaded=False):
        assert lines(why(shelved, reply)) == ["The archive is still loading. Click again in a moment."]


def test_unusable_records_are_told_in_a_sentence(shelved: Harness) -> None:
    """Where the records cannot be used, whoever asks why reads one sentence, which tells nothing of the machine."""
    store = Store(shelved.state)
    with shelved.bot(store=store):
        reply = shelved.reply_to(shelved.ask(ASKED))
        store.close()
        (sentence,) = lines(why(shelved, reply))
    assert sentence == "Stored answers cannot be read at the moment. Click again later."


def test_a_private_answer_and_its_shared_one_are_explained(tmp_path: Path) -> None:
    """(/pullquote, Why this answer?) and (Share in channel, Why this answer?): each tells the question's words."""
    with full_harness(tmp_path) as harness:
        shelve(harness, BRIDGE, FERRY)
        with harness.bot():
            private = run_command(harness, GENERAL, ASKED)
            assert f"Asked: {ASKED}" in read(why(harness, private))
            harness.slack.views.close_all(YOU)
            share(harness, private)
            harness.slack.wait_for_replies(GENERAL)
            (public,) = harness.slack.replies(GENERAL)
            assert f"Asked: {ASKED}" in read(why(harness, public))
