"""Follow-ups in a thread: which messages are answered, and with which subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.index.retrieval import TermScore
from bot.models import Passage, Query, Question, Reply
from bot.playground.interactivity import InteractionResult
from bot.playground.models import Message
from bot.playground.workspace import BOT, COLLEAGUE, DM_YOU, GENERAL, OTHER_BOT, YOU
from bot.search.answerer import Answerer
from bot.slack.access import AccessRules
from bot.slack.blocks import texts_in
from bot.slack.dispatcher import Limits
from bot.slack.layout import MORE_PASSAGES
from bot.store.store import Store
from tests.factories import answerer, article

from .harness import Harness, full_harness, run_command, share, shown
from .samples import ScriptedAnswerer
from .test_explanation_modal import modal_text, open_explanation
from .test_paging import HOLDING, OTHERS

APPROVED = "The council approved the Tarn bridge on Monday."
PAID = "The state pays for the Tarn bridge, and the town for the road."
FERRY = "The ferry at Ulm takes forty trucks, and the county pays for the diesel."
ARCHIVE_ANSWERER = answerer(
    article(APPROVED, "Work begins in June, and ends two years later.", id="approved.txt"),
    article(PAID, "Nobody had asked the town before that.", id="paid.txt"),
    article(FERRY, "It was built in a yard on the coast.", id="ferry.txt"),
    article("Rain fell on the hills all week.", "The harvest was late.", id="rain.txt"),
)
WHO_APPROVED = "who approved the Tarn bridge"
WHO_PAYS = "and who pays?"


@dataclass
class ArchiveAnswerer(ScriptedAnswerer):
    """An answerer over the archive above; exceptions can be scripted."""

    real: Answerer = field(default_factory=lambda: ARCHIVE_ANSWERER)

    def __post_init__(self) -> None:
        self.archive = self.real.archive

    def answer(self, question: Question) -> Reply:
        self.before()
        scripted = self.replies.get(question.text)
        if isinstance(scripted, Exception):
            raise scripted
        return self.real.answer(question)

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        return self.real.explain(query, passage)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness for the full variant with that archive; the bot is not started."""
    with full_harness(tmp_path) as harness:
        harness.answerer = ArchiveAnswerer()
        yield harness


def allow_follow_ups(harness: Harness) -> AccessRules:
    """Rules by which follow-ups need no mention."""
    return AccessRules(follow_ups=frozenset({harness.slack.team}))


@pytest.fixture
def harness(idle: Harness) -> Iterator[Harness]:
    """The same harness with the bot running; follow-ups need no mention."""
    with idle.bot(rules=allow_follow_ups(idle)):
        yield idle


def answered(harness: Harness, thread: Message | str, *, count: int) -> list[str]:
    """The bot's messages in a thread, once there are at least ``count`` and nothing is in progress."""
    root = thread if isinstance(thread, str) else thread.ts
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root)) >= count)
    harness.slack.wait_until_idle()
    return [shown(message) for message in harness.slack.replies(GENERAL, root)]


def ask_in_thread(harness: Harness, text: str = WHO_APPROVED) -> Message:
    """Ask a question, and return it once the bot has replied."""
    asked = harness.ask(text)
    harness.reply_to(asked)
    return asked


IGNORED: dict[str, str] = {
    "thanks": "thanks",
    "agreement": "ok great",
    "an emoji": ":tada:",
    "a real emoji": "👍",
    "a mark": "?!",
    "a doubt": "really?",
    "a sigh": "what a mess",
    "a remark": "how nice",
    "a statement": "the council approved the Tarn bridge on Monday",
    "a statement that starts with and": "and the state pays for the Tarn bridge",
    "a statement that starts like a question": "when the council approved the Tarn bridge it rained",
    "a plan": "shall we meet about the Tarn bridge?",
    "a question to somebody": "do you know who approved the Tarn bridge?",
    "a question to a named colleague": f"<@{COLLEAGUE}> who approved the Tarn bridge?",
    "a question to all": "<!here> who approved the Tarn bridge?",
    "a question about oneself": "should I pay for the Tarn bridge?",
    "a quoted question": "&gt; who approved the Tarn bridge?\nwell",
    "a question without words of its own": "and why?",
    "a question that the archive does not answer": "and what about submarines?",
    "a question that only matches the subject": "and who pays for lunch?",
    "a link": "<https://example.org/tarn-bridge>",
}


@pytest.mark.parametrize("message", IGNORED)
def test_conversation_in_the_thread_is_ignored(harness: Harness, message: str) -> None:
    """(A message in an answered thread without a mention; no reply, and no call to Slack.)"""
    root = ask_in_thread(harness)
    before = len(harness.slack.calls)
    harness.slack.say(GENERAL, IGNORED[message], thread=root.ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1
    assert harness.slack.workspace.ephemerals(YOU) == ()
    assert len(harness.slack.calls) == before


def test_a_follow_up_uses_the_subject_of_its_thread(harness: Harness) -> None:
    """(Who approved the bridge? – And who pays? – Searched: pays + Tarn, and the quote.)"""
    root = ask_in_thread(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts, user=COLLEAGUE)
    *_, reply = answered(harness, root, count=2)
    assert reply.startswith(f"Searched: pays + Tarn\n{PAID}")


def test_a_follow_up_of_a_follow_up_uses_the_first_subject(harness: Harness) -> None:
    """(Who approved the bridge? – And who pays? – When does it begin? – The subject is still the first question's.)"""
    root = ask_in_thread(harness)
    for count, message in enumerate((WHO_PAYS, "when does it begin?"), start=2):
        harness.slack.say(GENERAL, message, thread=root.ts)
        *_, reply = answered(harness, root, count=count)
    assert reply.startswith("Searched: begin + Tarn\n")
    assert "Work begins in June" in reply


def test_a_question_with_its_own_subject_uses_no_other(harness: Harness) -> None:
    """(Below an answer about the bridge: what does the ferry at Ulm take? – The bridge is not searched.)"""
    root = ask_in_thread(harness)
    harness.slack.say(GENERAL, "how many trucks does the ferry at Ulm take?", thread=root.ts)
    *_, reply = answered(harness, root, count=2)
    assert reply.startswith(FERRY)


def test_a_mention_in_the_thread_is_a_follow_up_too(idle: Harness) -> None:
    """(Without the setting, a mention still uses the subject; a message without a mention is ignored.)"""
    with idle.bot():
        root = ask_in_thread(idle)
        idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
        idle.ask("who pays", thread=root.ts)
        *_, reply = answered(idle, root, count=2)
        assert reply.startswith(f"Searched: pays + Tarn\n{PAID}")
        assert len(idle.slack.replies(GENERAL, root.ts)) == 2


def test_a_mention_gets_replies_that_a_follow_up_does_not(harness: Harness) -> None:
    """(With a mention: and what about submarines? – Not in the archive, and why; a thank-you gets the how-to.)"""
    root = ask_in_thread(harness)
    harness.ask("and what about submarines?", thread=root.ts)
    assert answered(harness, root, count=2)[-1].startswith(
        'Searched: submarines + Tarn\nNot in the archive: "submarines" occurs nowhere'
    )
    harness.ask("thanks", thread=root.ts)
    assert answered(harness, root, count=3)[-1].startswith("Ask a question in plain words.")


def test_a_direct_message_refers_back_by_its_wording(harness: Harness) -> None:
    """(Who approved the bridge? – "And who pays?" refers back; "diesel" does not.)"""
    for message, reply in ((WHO_APPROVED, APPROVED), (WHO_PAYS, "Searched: pays + Tarn"), ("diesel", FERRY)):
        before = len(harness.slack.replies(DM_YOU))
        harness.slack.say(DM_YOU, message)
        harness.slack.wait_until(lambda before=before: len(harness.slack.replies(DM_YOU)) > before)  # type: ignore[misc]
        harness.slack.wait_until_idle()
        assert shown(harness.slack.replies(DM_YOU)[-1]).startswith(reply)


def test_a_command_is_never_a_follow_up(harness: Harness) -> None:
    """(A command uses no earlier subject.)"""
    assert shown(run_command(harness, GENERAL, WHO_APPROVED)).startswith(APPROVED)
    assert "Searched:" not in shown(run_command(harness, GENERAL, WHO_PAYS))


def test_a_thread_below_a_shared_answer_uses_its_subject(harness: Harness) -> None:
    """(A command's answer is shared; below it: and who pays? – The subject is the command's.)"""
    share(harness, run_command(harness, GENERAL, WHO_APPROVED))
    (shared,) = harness.slack.replies(GENERAL)
    harness.slack.say(GENERAL, WHO_PAYS, thread=shared.ts, user=COLLEAGUE)
    (reply,) = harness.slack.wait_for_replies(GENERAL, thread=shared.ts)
    assert shown(reply).startswith(f"Searched: pays + Tarn\n{PAID}")


def test_further_passages_use_the_same_subject(idle: Harness) -> None:
    """(And who approved it?, then "More passages": the same subject is searched.)"""
    texts = [text.replace("the bridge", "the Tarn bridge") for text in (*HOLDING, *OTHERS)]
    idle.answerer = ArchiveAnswerer(
        real=answerer(*(article(text, id=f"{number}.txt") for number, text in enumerate(texts)))
    )
    with idle.bot(rules=allow_follow_ups(idle)):
        root = ask_in_thread(idle, "what of the Tarn bridge")
        idle.slack.say(GENERAL, "and who approved the bridge?", thread=root.ts)
        answered(idle, root, count=2)
        *_, reply = idle.slack.replies(GENERAL, root.ts)
        assert idle.slack.interactivity.click(reply, MORE_PASSAGES, user=YOU) == InteractionResult()
        idle.slack.wait_until(lambda: "Passages 4–6" in shown(idle.slack.replies(GENERAL, root.ts)[-1]))
        *_, more = idle.slack.replies(GENERAL, root.ts)
    assert shown(reply).startswith("Searched: approved + bridge + Tarn\n")
    assert "\nSearched: approved + bridge + Tarn\n" in f"\n{shown(more)}"
    assert not set(shown(reply).splitlines()[1::2]) & set(shown(more).splitlines()[2::2])


def test_the_explanation_names_the_source_of_each_word(harness: Harness) -> None:
    """("Why this answer?" below a follow-up: which word was typed, and which is from the earlier question.)"""
    root = ask_in_thread(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    answered(harness, root, count=2)
    explanation = modal_text(open_explanation(harness, harness.slack.replies(GENERAL, root.ts)[-1]))
    assert "pays · weight 1.00 · typed" in explanation
    assert "Tarn · weight 0.50 · from the previous question" in explanation


def test_further_passages_need_the_stored_question(idle: Harness) -> None:
    """("More passages" in a process without the stored subject: one sentence, and the answer is unchanged.)"""
    texts = [text.replace("the bridge", "the Tarn bridge") for text in (*HOLDING, *OTHERS)]
    idle.answerer = ArchiveAnswerer(
        real=answerer(*(article(text, id=f"{number}.txt") for number, text in enumerate(texts)))
    )
    with idle.bot():
        root = ask_in_thread(idle, "what of the Tarn bridge")
        idle.ask("and who approved the bridge?", thread=root.ts)
        answered(idle, root, count=2)
    *_, reply = idle.slack.replies(GENERAL, root.ts)
    with idle.bot(store=Store(None)):
        assert idle.slack.interactivity.click(reply, MORE_PASSAGES, user=YOU).failure is None
        idle.slack.wait_until(lambda: bool(idle.slack.views.open_modals(YOU)))
        (view,) = idle.slack.views.open_modals(YOU)
    assert "is no longer stored" in "".join(texts_in(view["blocks"]))
    assert idle.slack.replies(GENERAL, root.ts)[-1].blocks == reply.blocks


def test_other_threads_are_ignored(harness: Harness) -> None:
    """(In a thread without an answer, and in the channel itself: no reply, and no call to Slack.)"""
    ask_in_thread(harness)
    before = len(harness.slack.calls)
    talk = harness.slack.say(GENERAL, "about the bridge")
    harness.slack.say(GENERAL, "who approved the Tarn bridge?", thread=talk.ts)
    harness.slack.say(GENERAL, "who approved the Tarn bridge?")
    harness.slack.wait_until_idle()
    assert (harness.slack.replies(GENERAL, talk.ts), len(harness.slack.calls)) == ([], before)


def test_a_group_is_answered_only_when_it_mentions_the_bot(harness: Harness) -> None:
    """(In a direct message of several people, a follow-up needs a mention.)"""
    group = harness.slack.add_channel(kind="mpim")
    root = harness.ask(WHO_APPROVED, channel=group)
    harness.reply_to(root)
    harness.slack.say(group, WHO_PAYS, thread=root.ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(group, root.ts)) == 1


def test_bots_ask_no_follow_ups(harness: Harness) -> None:
    """(Another bot, or the bot itself, asks in the thread: neither is answered.)"""
    root = ask_in_thread(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts, user=OTHER_BOT)
    for more in ({"user": BOT, "bot_id": "B0PULLQUOTE"}, {"user": YOU, "bot_id": "B0X"}, {"subtype": "bot_message"}):
        event = {"type": "message", "channel": GENERAL, "channel_type": "channel", "ts": "9.0", "thread_ts": root.ts}
        harness.slack.deliver(event | {"user": YOU, "text": WHO_PAYS} | more)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1


def test_an_edited_follow_up_updates_its_answer(harness: Harness) -> None:
    """(And who pays? – The quote. – Edited: its answer is updated, deleted, and posted again.)"""
    root = ask_in_thread(harness)
    message = harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    assert PAID in answered(harness, root, count=2)[-1]
    message = harness.slack.edit(message, "and when does it begin?")
    harness.slack.wait_until(lambda: "Work begins" in shown(harness.slack.replies(GENERAL, root.ts)[-1]))
    message = harness.slack.edit(message, "and the town was glad")
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root.ts)) == 1)
    message = harness.slack.edit(message, "and what about submarines?")
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1
    harness.slack.edit(message, WHO_PAYS)
    assert PAID in answered(harness, root, count=2)[-1]


def test_a_statement_edited_into_a_question_is_answered(harness: Harness) -> None:
    """(A statement in the thread, edited into a question: answered.)"""
    root = ask_in_thread(harness)
    message = harness.slack.say(GENERAL, "the town was glad", thread=root.ts)
    harness.slack.edit(message, WHO_PAYS)
    assert PAID in answered(harness, root, count=2)[-1]


def test_the_answer_to_a_deleted_follow_up_is_deleted(harness: Harness) -> None:
    """(And who pays? – The quote. – Deleted: both are gone, and the next one uses the subject that is left.)"""
    root = ask_in_thread(harness)
    message = harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    answered(harness, root, count=2)
    harness.slack.delete(message)
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root.ts)) == 1)
    harness.slack.say(GENERAL, "when does it begin?", thread=root.ts)
    assert answered(harness, root, count=2)[-1].startswith("Searched: begin + Tarn\n")


def test_follow_ups_work_after_a_restart(idle: Harness) -> None:
    """(Answered by one process, followed up with the next: the database has the thread and its subject.)"""
    with idle.bot(rules=allow_follow_ups(idle)):
        root = ask_in_thread(idle)
    with idle.bot(rules=allow_follow_ups(idle)):
        idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
        assert answered(idle, root, count=2)[-1].startswith(f"Searched: pays + Tarn\n{PAID}")


def test_two_processes_answer_a_follow_up_once(idle: Harness) -> None:
    """(Two processes with one database: one answer, with the same subject.)"""
    with idle.bot(rules=allow_follow_ups(idle)), idle.bot(rules=allow_follow_ups(idle), bots=2):
        root = ask_in_thread(idle)
        for count in (2, 3, 4):
            message = follow_up(idle, root, count)
            idle.slack.deliver(idle.slack.deliveries[-1].event)
            assert len(answered(idle, root, count=count)) == count
            assert message.startswith("Searched: pays + Tarn")


def follow_up(harness: Harness, root: Message, count: int) -> str:
    """The reply to a follow-up, which is number ``count`` in its thread."""
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    return answered(harness, root, count=count)[-1]


def test_the_follow_up_of_a_killed_process_is_answered(idle: Harness) -> None:
    """(A process is killed before it answers: the next one answers, with the same subject.)"""
    with idle.bot(rules=allow_follow_ups(idle)):
        root = ask_in_thread(idle)
    idle.leave_claimed(idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts))
    with idle.bot(rules=allow_follow_ups(idle)):
        assert answered(idle, root, count=2)[-1].startswith(f"Searched: pays + Tarn\n{PAID}")


def test_follow_ups_get_no_refusals_or_errors(idle: Harness) -> None:
    """(A guest, a person over the limit, an error: no reply, because nobody addressed the bot.)"""
    guest = idle.slack.add_person(channels=[GENERAL], guest="multi-channel")
    idle.answerer.replies[WHO_PAYS] = RuntimeError("secret")
    with idle.bot(rules=allow_follow_ups(idle), limits=Limits(per_person=1)):
        root = ask_in_thread(idle)
        for who, words in ((guest, "and who approved it?"), (COLLEAGUE, WHO_PAYS), (YOU, "and who approved it?")):
            idle.slack.say(GENERAL, words, thread=root.ts, user=who)
        idle.slack.wait_until_idle()
        assert len(idle.slack.replies(GENERAL, root.ts)) == 1
        assert [idle.slack.workspace.ephemerals(who) for who in (YOU, COLLEAGUE, guest)] == [(), (), ()]


@pytest.mark.parametrize("without", [(), ("channels:history",)])
def test_follow_ups_are_off_without_scopes_or_setting(tmp_path: Path, without: Iterable[str]) -> None:
    """(If only another workspace is listed, or the scope for messages is missing, a mention is needed.)"""
    with full_harness(tmp_path, without=without) as harness:
        harness.answerer = ArchiveAnswerer()
        rules = allow_follow_ups(harness) if without else AccessRules(follow_ups=frozenset({"T0ELSEWHERE"}))
        with harness.bot(rules=rules):
            root = ask_in_thread(harness)
            harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
            harness.slack.wait_until_idle()
            assert len(harness.slack.replies(GENERAL, root.ts)) == 1


def test_unanswered_messages_are_not_stored(idle: Harness) -> None:
    """(A message in a thread that the bot does not answer: its text is not stored.)"""
    store = Store(idle.state)
    with idle.bot(rules=allow_follow_ups(idle), store=store):
        root = ask_in_thread(idle)
        for message in ("and what about submarines?", WHO_PAYS):
            idle.slack.say(GENERAL, message, thread=root.ts)
        answered(idle, root, count=2)
        records = store.find_recent(idle.slack.team, YOU, 9)
    assert [(one.question, one.earlier_questions) for one in records] == [
        (WHO_PAYS, (WHO_APPROVED,)),
        (WHO_APPROVED, ()),
    ]


def test_follow_ups_over_http(idle: Harness) -> None:
    """(Over HTTP instead of a websocket: the same follow-ups are answered, and the same messages ignored.)"""
    with idle.http_bot(rules=allow_follow_ups(idle)):
        root = ask_in_thread(idle)
        for message in (*IGNORED.values(), WHO_PAYS):
            idle.slack.say(GENERAL, message, thread=root.ts)
        first, second = answered(idle, root, count=2)
        assert (first.startswith(APPROVED), second.startswith(f"Searched: pays + Tarn\n{PAID}")) == (True, True)
