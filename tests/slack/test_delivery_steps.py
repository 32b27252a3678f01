"""One delivery: what it does after each kind of failure, how long it waits, and its outcome."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.models import Json
from bot.playground.models import Message
from bot.playground.server import FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL
from bot.slack.access import AccessControl, AccessRules, UserDirectory
from bot.slack.client import SlackClient
from bot.slack.delivery import ASK_AGAIN, MAX_WAIT, PRIVATE_ATTEMPTS, Delivery, DeliveryContext, Shutdown
from bot.slack.events import IncomingQuestion, parse_event
from bot.slack.queues import SLACK_PACE, Turn
from bot.slack.render import RenderedReply, render_reply, render_sentence
from bot.slack.resilient_store import ResilientStore, StoreThread
from bot.store.models import LEASE, Claim
from bot.store.store import Store
from bot.telemetry import Telemetry

from .harness import EVERY_SCOPE, shown
from .loop import on_loop
from .samples import BRIDGE, QUOTED, ScriptedAnswerer


class RecordedWaits(Shutdown):
    """Records how long a delivery waits, and calls ``during`` instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.during: Callable[[], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.during is not None:
            await self.during()


class RecordedTurn(Turn):
    """Records whether the turn was given up, and for how long Slack held up the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[float] = []

    def hold(self, seconds: float) -> None:
        self.held.append(seconds)


async def render_scripted(question: IncomingQuestion) -> RenderedReply:
    return render_reply(question, ScriptedAnswerer())


@dataclass
class Bench:
    """The fake Slack without a bot, and what is needed to run one delivery."""

    slack: FakeSlack
    folder: Path
    now: float = 1_000.0

    def __post_init__(self) -> None:
        self.store = Store(self.folder, clock=lambda: self.now)

    def claim(self, *, channel: str = GENERAL, text: str = BRIDGE) -> Claim:
        """Ask ``text`` and claim the question."""
        self.slack.say(channel, f"{self.slack.mention} {text}")
        question = parse_event(self.slack.deliveries[-1].payload, bot_user=self.slack.bot_user)
        assert isinstance(question, IncomingQuestion)
        claim = self.store.claim(question.event)
        assert claim is not None
        return claim

    def delivery(
        self,
        claim: Claim | None = None,
        *,
        reply: RenderedReply | None = None,
        render: Callable[[IncomingQuestion], Awaitable[RenderedReply]] = render_scripted,
        give_up: float = 60.0,
    ) -> Delivery:
        """The delivery of the reply to ``claim``; call it on a running loop."""
        client = SlackClient(self.slack.bot_token, self.slack.api_url)
        self.waits, self.turn = RecordedWaits(), RecordedTurn()
        context = DeliveryContext(
            client,
            self.slack.bot_user,
            ResilientStore(self.store),
            StoreThread(),
            AccessControl(AccessRules(), UserDirectory(client)),
            Telemetry(),
            render,
            self.waits,
            give_up,
        )
        return Delivery(context, claim or self.claim(), reply=reply)

    async def deliver(self, delivery: Delivery | None = None) -> list[float]:
        """Run a delivery to its end; how long it waited between attempts."""
        await (delivery or self.delivery()).run(self.turn)
        return self.waits.seconds

    def fail(self, times: int = 1, method: str = "chat.postMessage", **fault: object) -> None:
        self.slack.fail_next(method, times=times, **fault)  # type: ignore[arg-type]

    def replies(self) -> list[Message]:
        return self.slack.replies(GENERAL)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with FakeSlack(scopes=EVERY_SCOPE, retry_after_seconds=()) as slack:
        bench = Bench(slack, tmp_path)
        yield bench
        bench.store.close()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Json]]:
    """The logged lines about questions."""
    caplog.set_level(logging.INFO, "bot.telemetry")
    return lambda: [json.loads(one.getMessage()) for one in caplog.records if one.name == "bot.telemetry"]


@on_loop
async def test_a_delivery_posts_and_records(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If nothing fails, the reply is posted, the question completed and one line logged."""
    assert await bench.deliver() == []
    assert QUOTED in shown(bench.replies()[0])
    (line,) = lines()
    assert (line["outcome"], line["surface"], line["quotes"], line["attempt"]) == ("answer", "mention", 1, 1)
    assert (line["confidence"], "text" in line) == (0.9, False)


# (fault, how often, waits before the next attempts, how long the queue is held up)
FAILURES: list[tuple[Json, int, list[float], list[float]]] = [
    ({"status": 429, "retry_after": 30}, 3, [], [30.0] * 3),
    ({"status": 429}, 3, [], [1.0] * 3),
    ({"status": 200, "error": "ratelimited"}, 2, [], [1.0] * 2),
    ({"status": 200, "error": "some_error"}, 4, [1.0, 2.0, 4.0, 8.0], []),
    ({"status": 500}, 5, [1.0, 2.0, 4.0, 8.0, 16.0], []),
    ({"status": 500, "is_applied": True}, 1, [1.0], []),
]


@pytest.mark.parametrize(("fault", "times", "waits", "held"), FAILURES)
@on_loop
async def test_a_failed_post_is_retried(
    bench: Bench, fault: Json, times: int, waits: list[float], held: list[float]
) -> None:
    """After each failure it is tried again; a rate limit holds up the channel; in the end there is one reply."""
    bench.fail(times, **fault)
    assert await bench.deliver() == waits
    assert (bench.turn.held, len(bench.replies())) == (held, 1)


@pytest.mark.parametrize(("error", "is_given_up"), [("some_error", True), (None, False)])
@on_loop
async def test_only_what_concerns_one_reply_gives_up_its_turn(
    bench: Bench, error: str | None, *, is_given_up: bool
) -> None:
    """A refused reply lets those behind it go on; a failing Slack keeps the order for a moment."""
    bench.fail(1, status=200 if error else 500, error=error)
    await bench.deliver()
    assert bench.turn.is_over.is_set() == is_given_up


@on_loop
async def test_waits_are_limited(bench: Bench) -> None:
    """Waits double up to a minute."""
    bench.fail(9, status=200, error="some_error")
    assert (await bench.deliver())[-2:] == [MAX_WAIT, MAX_WAIT]


@on_loop
async def test_a_question_is_given_up_in_the_end(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If no reply can be posted for an hour, here a moment, the question is completed as expired."""
    bench.fail(2_000, status=200, error="some_error")
    delivery = bench.delivery(give_up=0.2)
    bench.waits.during = lambda: asyncio.sleep(0.01)
    await bench.deliver(delivery)
    assert (bench.replies(), [line["outcome"] for line in lines()]) == ([], ["expired"])


@on_loop
async def test_a_claim_taken_over_by_another_process_is_dropped(bench: Bench) -> None:
    """A process that was delayed for longer than its lease posts nothing."""
    delivery = bench.delivery()
    bench.now += LEASE + 1
    other = Store(bench.folder, clock=lambda: bench.now)
    assert len(other.claim_expired(10)) == 1
    await bench.deliver(delivery)
    assert bench.replies() == []
    other.close()


@on_loop
async def test_a_refused_apology_is_retried(bench: Bench) -> None:
    """A reply refused for its content becomes an apology at once; a refused apology is retried later."""
    bench.fail(2, status=200, error="invalid_blocks")
    assert await bench.deliver() == [1.0]
    assert shown(bench.replies()[0]).startswith("An error occurred and this question could not be answered")


@on_loop
async def test_a_reply_to_a_deleted_thread_is_not_posted(bench: Bench, lines: Callable[[], list[Json]]) -> None:
    """If the question's thread was deleted, the question is completed as deleted."""
    bench.fail(status=200, error="thread_not_found")
    await bench.deliver()
    assert [line["outcome"] for line in lines()] == ["deleted"]


@pytest.mark.parametrize("error", ["restricted_action", "is_archived", "not_in_channel"])
@on_loop
async def test_a_channel_that_takes_no_reply_ends_the_question(
    bench: Bench, lines: Callable[[], list[Json]], error: str
) -> None:
    """Where the bot may never post, the asker learns it once, privately, and the question ends."""
    bench.fail(9, status=200, error=error)
    assert await bench.deliver() == []
    (notice,) = bench.slack.workspace.ephemerals("U0YOU")
    assert notice.text.startswith("Pullquote is not allowed to post where you asked")
    assert [line["outcome"] for line in lines()] == ["refusal"]


NOTICE = render_sentence("notice", "Please ask again.")


@pytest.mark.parametrize(
    ("fault", "times", "waits", "count"),
    [
        ({"status": 500}, 3, [1.0, 2.0, 4.0], 1),
        ({"status": 500, "is_applied": True}, 1, [1.0], 2),
        ({"drop": True}, 2, [1.0, 2.0], 1),
        ({"status": 429, "retry_after": 5}, 2, [], 1),
        ({"status": 500}, PRIVATE_ATTEMPTS, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0], 0),
    ],
)
@on_loop
async def test_a_private_reply_is_sent_until_it_is_confirmed(
    bench: Bench, fault: Json, times: int, waits: list[float], count: int
) -> None:
    """A private reply cannot be searched for: it is sent again until Slack confirms it, or does not for minutes."""
    delivery = bench.delivery(reply=NOTICE)
    bench.fail(times, "chat.postEphemeral", **fault)
    assert await bench.deliver(delivery) == waits
    assert len(bench.slack.workspace.ephemerals("U0YOU")) == count
    assert bench.replies() == []


@on_loop
async def test_earlier_failures_do_not_count_against_a_private_reply(bench: Bench) -> None:
    """A notice is tried as often after other failures as it is without them."""
    bench.fail(4, status=500)
    bench.fail(1, status=200, error="restricted_action")
    bench.fail(3, "chat.postEphemeral", status=500)
    await bench.deliver()
    assert len(bench.slack.workspace.ephemerals("U0YOU")) == 1


@on_loop
async def test_a_refused_private_reply_goes_into_a_direct_message(bench: Bench) -> None:
    """If nothing can be shown in the channel, the sentence is sent to the person directly."""
    delivery = bench.delivery(reply=NOTICE)
    bench.fail(1, "chat.postEphemeral", status=200, error="user_not_in_channel")
    assert await bench.deliver(delivery) == []
    assert [message.text for message in bench.slack.replies(DM_YOU)] == ["Please ask again."]


@on_loop
async def test_an_unexpected_error_is_retried(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, and the question is still answered."""
    errors = [KeyError("unexpected"), TimeoutError("late")]

    async def render(question: IncomingQuestion) -> RenderedReply:
        if errors:
            raise errors.pop()
        return await render_scripted(question)

    assert await bench.deliver(bench.delivery(render=render)) == [1.0, 2.0]
    assert ("unexpected" in caplog.text, "late" in caplog.text, len(bench.replies())) == (True, True, 1)


@on_loop
async def test_a_body_that_cannot_be_parsed_is_given_up(bench: Bench) -> None:
    """A row that another program wrote is completed without a reply."""
    claim = bench.claim()
    await bench.deliver(bench.delivery(Claim(claim.ref, "", "[1]", claim.attempt, None)))
    assert bench.replies() == []


@on_loop
async def test_searching_for_the_reply_is_retried(bench: Bench) -> None:
    """While Slack does not say whether the reply was posted, nothing is posted."""
    bench.fail(is_applied=True)
    bench.fail(1, "conversations.replies", status=429, retry_after=7)
    bench.fail(1, "conversations.replies", status=500)
    assert await bench.deliver() == [1.0, 7.0, 2.0]
    assert len(bench.replies()) == 1


@on_loop
async def test_an_unconfirmed_reply_to_a_deleted_question_is_searched_for(bench: Bench) -> None:
    """If the question is deleted before its reply is confirmed, the reply is found and deleted."""
    bench.fail(is_applied=True)
    claim = bench.claim(channel=DM_YOU)
    delivery = bench.delivery(claim)

    async def delete_question() -> None:
        if len(bench.waits.seconds) == 1:
            bench.store.delete_question(claim.ref)
            bench.fail(1, "conversations.history", status=500)
            bench.fail(1, "chat.delete", status=429, retry_after=3)

    bench.waits.during = delete_question
    await bench.deliver(delivery)
    assert (bench.turn.held, bench.slack.replies(DM_YOU)) == ([3.0], [])


@on_loop
async def test_a_posted_reply_is_not_released_before_it_is_recorded(bench: Bench) -> None:
    """Stopped between the two, the claim waits for its lease; the next process then looks for the reply."""
    delivery = bench.delivery()
    bench.fail(1, "conversations.info", delay=1.0)  # looked up for the record
    task = asyncio.create_task(delivery.run(RecordedTurn()))
    while not bench.replies():
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    await delivery.release()
    with closing(Store(bench.folder, clock=lambda: bench.now)) as other:
        assert other.claim_expired(10) == ()
        bench.now += LEASE + 1
        assert [claim.attempt for claim in other.claim_expired(10)] == [2]


@on_loop
async def test_release_frees_only_what_was_not_sent(bench: Bench) -> None:
    """A claim without a sent reply is released at once; one whose post was cut off waits for its lease."""
    unsent, cut_off = bench.delivery(), bench.delivery()
    bench.fail(delay=1.0)
    task = asyncio.create_task(cut_off.run(RecordedTurn()))
    while not cut_off.may_be_posted:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})
    await unsent.release()
    await cut_off.release()
    other = Store(bench.folder, clock=lambda: bench.now)
    assert [claim.attempt for claim in other.claim_expired(10)] == [1]
    bench.now += LEASE + 1
    assert [claim.attempt for claim in other.claim_expired(10)] == [2]
    other.close()


@on_loop
async def test_bots_of_several_hosts_keep_the_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply waits until another bot has answered an earlier question of the channel, but not for long."""
    monkeypatch.setattr(Store, "is_shared", property(lambda store: True))
    with closing(Store(bench.folder, clock=lambda: bench.now)) as other:
        bench.slack.say(GENERAL, f"{bench.slack.mention} {BRIDGE}")
        question = parse_event(bench.slack.deliveries[-1].payload, bot_user=bench.slack.bot_user)
        assert isinstance(question, IncomingQuestion)
        earlier = other.claim(question.event)
        assert earlier is not None
        delivery = bench.delivery()

        async def answer_at_the_third() -> None:
            if len(bench.waits.seconds) == 3:
                other.complete(earlier, "answer", "1.0")

        bench.waits.during = answer_at_the_third
        assert await bench.deliver(delivery) == [ASK_AGAIN] * 3
        assert QUOTED in shown(bench.replies()[0])


@on_loop
async def test_bots_of_several_hosts_keep_one_pace(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other bots have posted in the channel counts for the pace of this one."""
    monkeypatch.setattr(Store, "is_shared", property(lambda store: True))
    claim = bench.claim()
    with closing(Store(bench.folder, clock=lambda: bench.now)) as other:
        for _ in range(5):
            other.reserve_call(claim.ref, SLACK_PACE.burst, SLACK_PACE.seconds)
    (wait,) = await bench.deliver(bench.delivery(claim))
    assert wait == pytest.approx(3.0)
