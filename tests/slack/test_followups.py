"""What goes on with a question in its thread: what is said there, and what the bot answers, or leaves to the people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.index.scoring import TermScore
from bot.models import Passage, Query, Question, Reply
from bot.playground.interactivity import InteractionResult
from bot.playground.models import Message
from bot.playground.workspace import BOT, COLLEAGUE, DM_YOU, GENERAL, OTHER_BOT, YOU
from bot.search.answerer import Answerer
from bot.slack.access import AccessRules
from bot.slack.buttons import MORE_PASSAGES
from bot.slack.dispatcher import Limits
from bot.slack.layout import texts_in
from bot.store.store import Store
from tests.factories import answerer, article

from .harness import Harness, full_harness, run_command, share, shown
from .samples import ScriptedAnswerer
from .test_explanation_modal import modal_text, open_explanation
from .test_paging import HOLDING, OTHERS

APPROVED = "The council approved the Tarn bridge on Monday."
PAID = "The state pays for the Tarn bridge, and the town for the road."
FERRY = "The ferry at Ulm takes forty trucks, and the county pays for the diesel."
LIBRARIAN = answerer(
    article(APPROVED, "Work begins in June, and ends two years later.", id="approved.txt"),
    article(PAID, "Nobody had asked the town before that.", id="paid.txt"),
    article(FERRY, "It was built in a yard on the coast.", id="ferry.txt"),
    article("Rain fell on the hills all week.", "The harvest was late.", id="rain.txt"),
)
WHO_APPROVED = "who approved the Tarn bridge"
WHO_PAYS = "and who pays?"


@dataclass
class Reading(ScriptedAnswerer):
    """An answerer that reads the archive above."""

    real: Answerer = field(default_factory=lambda: LIBRARIAN)

    def __post_init__(self) -> None:
        self.archive = self.real.archive

    def answer(self, question: Question) -> Reply:
        self.before()
        failing = self.replies.get(question.text)
        if isinstance(failing, Exception):
            raise failing
        return self.real.answer(question)

    def explain(self, query: Query, passage: Passage) -> tuple[TermScore, ...]:
        return self.real.explain(query, passage)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Harness]:
    """A harness with everything granted and that archive, without the bot."""
    with full_harness(tmp_path) as harness:
        harness.answerer = Reading()
        yield harness


def going_on(harness: Harness) -> AccessRules:
    """In this workspace nobody need mention the bot to go on."""
    return AccessRules(follow_ups=frozenset({harness.slack.team}))


@pytest.fixture
def harness(idle: Harness) -> Iterator[Harness]:
    """The same with the bot in it, which nobody need mention to go on."""
    with idle.bot(rules=going_on(idle)):
        yield idle


def answered(harness: Harness, thread: Message | str, *, count: int) -> list[str]:
    """What stands in a thread from the bot, once it is ``count`` messages and all is quiet."""
    root = thread if isinstance(thread, str) else thread.ts
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root)) >= count)
    harness.slack.wait_until_idle()
    return [shown(message) for message in harness.slack.replies(GENERAL, root)]


def opened(harness: Harness, words: str = WHO_APPROVED) -> Message:
    """A question that the bot has replied to in its thread."""
    asked = harness.ask(words)
    harness.reply_to(asked)
    return asked


NOTHING: dict[str, str] = {
    "thanks": "thanks",
    "agreement": "ok great",
    "an emoji": ":tada:",
    "a real emoji": "👍",
    "a mark": "?!",
    "a doubt": "really?",
    "a sigh": "what a mess",
    "a remark": "how nice",
    "a statement": "the council approved the Tarn bridge on Monday",
    "a statement that goes on": "and the state pays for the Tarn bridge",
    "a statement that begins as a question": "when the council approved the Tarn bridge it rained",
    "a plan": "shall we meet about the Tarn bridge?",
    "a question to somebody": "do you know who approved the Tarn bridge?",
    "a question to a named colleague": f"<@{COLLEAGUE}> who approved the Tarn bridge?",
    "a question to all": "<!here> who approved the Tarn bridge?",
    "a question of one's own": "should I pay for the Tarn bridge?",
    "a quoted question": "&gt; who approved the Tarn bridge?\nwell",
    "a question without words of its own": "and why?",
    "a question that the archive does not answer": "and what about submarines?",
    "a question that it answers with the subject alone": "and who pays for lunch?",
    "a link": "<https://example.org/tarn-bridge>",
}


@pytest.mark.parametrize("said", NOTHING)
def test_what_people_say_to_one_another_draws_nothing(harness: Harness, said: str) -> None:
    """(Said in an answered thread, without a mention: not a word, to nobody, and Slack is not called.)"""
    root = opened(harness)
    before = len(harness.slack.calls)
    harness.slack.say(GENERAL, NOTHING[said], thread=root.ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1
    assert harness.slack.workspace.ephemerals(YOU) == ()
    assert len(harness.slack.calls) == before


def test_a_question_goes_on_with_the_threads_subject(harness: Harness) -> None:
    """(Who approved the bridge? – And who pays? – Searched: pays + Tarn, and the quote.)"""
    root = opened(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts, user=COLLEAGUE)
    *_, reply = answered(harness, root, count=2)
    assert reply.startswith(f"Searched: pays + Tarn\n{PAID}")


def test_a_question_goes_on_with_one_that_went_on(harness: Harness) -> None:
    """(Who approved the bridge? – And who pays? – When does it begin? – The subject is still the first question's.)"""
    root = opened(harness)
    for count, said in enumerate((WHO_PAYS, "when does it begin?"), start=2):
        harness.slack.say(GENERAL, said, thread=root.ts)
        *_, reply = answered(harness, root, count=count)
    assert reply.startswith("Searched: begin + Tarn\n")
    assert "Work begins in June" in reply


def test_a_question_with_a_subject_of_its_own_stands_by_itself(harness: Harness) -> None:
    """(Said below an answer about the bridge: what does the ferry at Ulm take? – Nothing of the bridge is searched.)"""
    root = opened(harness)
    harness.slack.say(GENERAL, "how many trucks does the ferry at Ulm take?", thread=root.ts)
    *_, reply = answered(harness, root, count=2)
    assert reply.startswith(FERRY)


def test_a_mention_in_the_thread_goes_on_too(idle: Harness) -> None:
    """(Where nobody opted in, a mention goes on with the subject all the same; what is no mention draws nothing.)"""
    with idle.bot():
        root = opened(idle)
        idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
        idle.ask("who pays", thread=root.ts)
        *_, reply = answered(idle, root, count=2)
        assert reply.startswith(f"Searched: pays + Tarn\n{PAID}")
        assert len(idle.slack.replies(GENERAL, root.ts)) == 2


def test_a_mention_is_told_what_a_follow_up_is_not(harness: Harness) -> None:
    """(With a mention: and what about submarines? – Not in the archive, and why; a thank-you gets the how-to.)"""
    root = opened(harness)
    harness.ask("and what about submarines?", thread=root.ts)
    assert answered(harness, root, count=2)[-1].startswith(
        'Searched: submarines + Tarn\nNot in the archive: "submarines" occurs nowhere'
    )
    harness.ask("thanks", thread=root.ts)
    assert answered(harness, root, count=3)[-1].startswith("Ask a question in plain words.")


def test_a_direct_message_goes_on_where_it_says_so(harness: Harness) -> None:
    """(Who approved the bridge? – And who pays? goes on; – diesel, which could be about anything, does not.)"""
    for said, reply in ((WHO_APPROVED, APPROVED), (WHO_PAYS, "Searched: pays + Tarn"), ("diesel", FERRY)):
        before = len(harness.slack.replies(DM_YOU))
        harness.slack.say(DM_YOU, said)
        harness.slack.wait_until(lambda before=before: len(harness.slack.replies(DM_YOU)) > before)  # type: ignore[misc]
        harness.slack.wait_until_idle()
        assert shown(harness.slack.replies(DM_YOU)[-1]).startswith(reply)


def test_a_command_goes_on_with_nothing(harness: Harness) -> None:
    """(A command stands by itself: its asker's last question was another conversation.)"""
    assert shown(run_command(harness, GENERAL, WHO_APPROVED)).startswith(APPROVED)
    assert "Searched:" not in shown(run_command(harness, GENERAL, WHO_PAYS))


def test_a_thread_below_a_shared_answer_goes_on_with_it(harness: Harness) -> None:
    """(A command's answer is shared, and somebody asks below it: and who pays? – The subject is the command's.)"""
    share(harness, run_command(harness, GENERAL, WHO_APPROVED))
    (shared,) = harness.slack.replies(GENERAL)
    harness.slack.say(GENERAL, WHO_PAYS, thread=shared.ts, user=COLLEAGUE)
    (reply,) = harness.slack.wait_for_replies(GENERAL, thread=shared.ts)
    assert shown(reply).startswith(f"Searched: pays + Tarn\n{PAID}")


def test_further_passages_are_the_follow_ups_own(idle: Harness) -> None:
    """(And who approved it?, then "More passages": what follows is searched with the same subject.)"""
    told = [text.replace("the bridge", "the Tarn bridge") for text in (*HOLDING, *OTHERS)]
    idle.answerer = Reading(real=answerer(*(article(text, id=f"{number}.txt") for number, text in enumerate(told))))
    with idle.bot(rules=going_on(idle)):
        root = opened(idle, "what of the Tarn bridge")
        idle.slack.say(GENERAL, "and who approved the bridge?", thread=root.ts)
        answered(idle, root, count=2)
        *_, reply = idle.slack.replies(GENERAL, root.ts)
        assert idle.slack.interactivity.click(reply, MORE_PASSAGES, user=YOU) == InteractionResult()
        idle.slack.wait_until(lambda: "Passages 4–6" in shown(idle.slack.replies(GENERAL, root.ts)[-1]))
        *_, more = idle.slack.replies(GENERAL, root.ts)
    assert shown(reply).startswith("Searched: approved + bridge + Tarn\n")
    assert "\nSearched: approved + bridge + Tarn\n" in f"\n{shown(more)}"
    assert not set(shown(reply).splitlines()[1::2]) & set(shown(more).splitlines()[2::2])


def test_why_it_was_answered_so(harness: Harness) -> None:
    """("Why this answer?" below a follow-up: which word was typed, and which is of the question before.)"""
    root = opened(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    answered(harness, root, count=2)
    told = modal_text(open_explanation(harness, harness.slack.replies(GENERAL, root.ts)[-1]))
    assert "pays · weight 1.00 · typed" in told
    assert "Tarn · weight 0.50 · from the previous question" in told


def test_further_passages_need_what_was_kept(idle: Harness) -> None:
    """("More passages" by a process that does not know the subject any more: a sentence, and the answer as it was.)"""
    told = [text.replace("the bridge", "the Tarn bridge") for text in (*HOLDING, *OTHERS)]
    idle.answerer = Reading(real=answerer(*(article(text, id=f"{number}.txt") for number, text in enumerate(told))))
    with idle.bot():
        root = opened(idle, "what of the Tarn bridge")
        idle.ask("and who approved the bridge?", thread=root.ts)
        answered(idle, root, count=2)
    *_, reply = idle.slack.replies(GENERAL, root.ts)
    with idle.bot(store=Store(None)):
        assert idle.slack.interactivity.click(reply, MORE_PASSAGES, user=YOU).failure is None
        idle.slack.wait_until(lambda: bool(idle.slack.views.open_modals(YOU)))
        (view,) = idle.slack.views.open_modals(YOU)
    assert "is no longer stored" in "".join(texts_in(view["blocks"]))
    assert idle.slack.replies(GENERAL, root.ts)[-1].blocks == reply.blocks


def test_in_a_thread_without_the_bot_nothing_is_answered(harness: Harness) -> None:
    """(In a thread in which nobody asked the bot, and in the channel itself: silence, at no call to Slack.)"""
    opened(harness)
    before = len(harness.slack.calls)
    talk = harness.slack.say(GENERAL, "about the bridge")
    harness.slack.say(GENERAL, "who approved the Tarn bridge?", thread=talk.ts)
    harness.slack.say(GENERAL, "who approved the Tarn bridge?")
    harness.slack.wait_until_idle()
    assert (harness.slack.replies(GENERAL, talk.ts), len(harness.slack.calls)) == ([], before)


def test_a_group_is_answered_only_when_it_mentions_the_bot(harness: Harness) -> None:
    """(In a direct message of several people, going on takes a mention.)"""
    group = harness.slack.add_channel(kind="mpim")
    root = harness.ask(WHO_APPROVED, channel=group)
    harness.reply_to(root)
    harness.slack.say(group, WHO_PAYS, thread=root.ts)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(group, root.ts)) == 1


def test_bots_do_not_go_on(harness: Harness) -> None:
    """(Another bot asks in the thread, and the bot's own answer ends in a question mark: neither is a question.)"""
    root = opened(harness)
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts, user=OTHER_BOT)
    for more in ({"user": BOT, "bot_id": "B0PULLQUOTE"}, {"user": YOU, "bot_id": "B0X"}, {"subtype": "bot_message"}):
        event = {"type": "message", "channel": GENERAL, "channel_type": "channel", "ts": "9.0", "thread_ts": root.ts}
        harness.slack.deliver(event | {"user": YOU, "text": WHO_PAYS} | more)
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1


def test_an_edited_follow_up_has_its_answer_follow(harness: Harness) -> None:
    """(And who pays? – The quote. – Edited: its answer is brought up to date, taken away, and given anew.)"""
    root = opened(harness)
    said = harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    assert PAID in answered(harness, root, count=2)[-1]
    said = harness.slack.edit(said, "and when does it begin?")
    harness.slack.wait_until(lambda: "Work begins" in shown(harness.slack.replies(GENERAL, root.ts)[-1]))
    said = harness.slack.edit(said, "and the town was glad")
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root.ts)) == 1)
    said = harness.slack.edit(said, "and what about submarines?")
    harness.slack.wait_until_idle()
    assert len(harness.slack.replies(GENERAL, root.ts)) == 1
    harness.slack.edit(said, WHO_PAYS)
    assert PAID in answered(harness, root, count=2)[-1]


def test_talk_edited_into_a_question_is_one(harness: Harness) -> None:
    """(A statement in the thread, to which a question mark and more is added later, is answered.)"""
    root = opened(harness)
    said = harness.slack.say(GENERAL, "the town was glad", thread=root.ts)
    harness.slack.edit(said, WHO_PAYS)
    assert PAID in answered(harness, root, count=2)[-1]


def test_a_deleted_follow_up_takes_its_answer_with_it(harness: Harness) -> None:
    """(And who pays? – The quote. – Deleted: both are gone, and the next goes on with what is left.)"""
    root = opened(harness)
    said = harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    answered(harness, root, count=2)
    harness.slack.delete(said)
    harness.slack.wait_until(lambda: len(harness.slack.replies(GENERAL, root.ts)) == 1)
    harness.slack.say(GENERAL, "when does it begin?", thread=root.ts)
    assert answered(harness, root, count=2)[-1].startswith("Searched: begin + Tarn\n")


def test_after_a_restart_it_still_goes_on(idle: Harness) -> None:
    """(Answered by one process, gone on with by the next: the ledger knows the thread and its subject.)"""
    with idle.bot(rules=going_on(idle)):
        root = opened(idle)
    with idle.bot(rules=going_on(idle)):
        idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
        assert answered(idle, root, count=2)[-1].startswith(f"Searched: pays + Tarn\n{PAID}")


def test_two_processes_answer_it_once(idle: Harness) -> None:
    """(Two processes on one ledger: whichever is told of it, it is answered once, with the same subject.)"""
    with idle.bot(rules=going_on(idle)), idle.bot(rules=going_on(idle), connections=2):
        root = opened(idle)
        for count in (2, 3, 4):
            said = follow_up(idle, root, count)
            idle.slack.deliver(idle.slack.deliveries[-1].event)
            assert len(answered(idle, root, count=count)) == count
            assert said.startswith("Searched: pays + Tarn")


def follow_up(harness: Harness, root: Message, count: int) -> str:
    """The reply to a follow-up, which is number ``count`` in its thread."""
    harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
    return answered(harness, root, count=count)[-1]


def test_what_was_left_behind_is_answered_by_the_next(idle: Harness) -> None:
    """(Told to a process that was killed before it answered: the next one answers it, with its subject.)"""
    with idle.bot(rules=going_on(idle)):
        root = opened(idle)
    idle.leave_claimed(idle.slack.say(GENERAL, WHO_PAYS, thread=root.ts))
    with idle.bot(rules=going_on(idle)):
        assert answered(idle, root, count=2)[-1].startswith(f"Searched: pays + Tarn\n{PAID}")


def test_who_may_not_ask_is_left_in_peace(idle: Harness) -> None:
    """(A guest, somebody who has asked too much, a fault: whoever did not ask the bot is not told of its reasons.)"""
    guest = idle.slack.add_person(channels=[GENERAL], guest="multi-channel")
    idle.answerer.replies[WHO_PAYS] = RuntimeError("secret")
    with idle.bot(rules=going_on(idle), limits=Limits(per_person=1)):
        root = opened(idle)
        for who, words in ((guest, "and who approved it?"), (COLLEAGUE, WHO_PAYS), (YOU, "and who approved it?")):
            idle.slack.say(GENERAL, words, thread=root.ts, user=who)
        idle.slack.wait_until_idle()
        assert len(idle.slack.replies(GENERAL, root.ts)) == 1
        assert [idle.slack.workspace.ephemerals(who) for who in (YOU, COLLEAGUE, guest)] == [(), (), ()]


@pytest.mark.parametrize("without", [(), ("channels:history",)])
def test_without_its_scopes_or_another_workspace_it_is_off(tmp_path: Path, without: Iterable[str]) -> None:
    """(Where another workspace opted in, or Slack does not tell the bot of messages, a mention is needed.)"""
    with full_harness(tmp_path, without=without) as harness:
        harness.answerer = Reading()
        rules = going_on(harness) if without else AccessRules(follow_ups=frozenset({"T0ELSEWHERE"}))
        with harness.bot(rules=rules):
            root = opened(harness)
            harness.slack.say(GENERAL, WHO_PAYS, thread=root.ts)
            harness.slack.wait_until_idle()
            assert len(harness.slack.replies(GENERAL, root.ts)) == 1


def test_what_was_not_answered_is_not_kept(idle: Harness) -> None:
    """(What people say in a thread, and the bot has no answer to, stays between them: its words are not kept.)"""
    store = Store(idle.state)
    with idle.bot(rules=going_on(idle), store=store):
        root = opened(idle)
        for said in ("and what about submarines?", WHO_PAYS):
            idle.slack.say(GENERAL, said, thread=root.ts)
        answered(idle, root, count=2)
        kept = store.find_recent(idle.slack.team, YOU, 9)
    assert [(one.question, one.earlier_questions) for one in kept] == [(WHO_PAYS, (WHO_APPROVED,)), (WHO_APPROVED, ())]


def test_over_http_it_is_the_same(idle: Harness) -> None:
    """(Told by signed requests instead of a websocket: the same questions go on, and the same talk draws nothing.)"""
    with idle.http_bot(rules=going_on(idle)):
        root = opened(idle)
        for said in (*NOTHING.values(), WHO_PAYS):
            idle.slack.say(GENERAL, said, thread=root.ts)
        first, second = answered(idle, root, count=2)
        assert (first.startswith(APPROVED), second.startswith(f"Searched: pays + Tarn\n{PAID}")) == (True, True)
