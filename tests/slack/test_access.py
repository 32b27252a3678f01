"""Access: members may ask, others only if a rule admits them; a refusal is private."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.playground.models import Guest
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.workspace import DM_YOU, GENERAL, RESEARCH, YOU
from bot.slack import strings
from bot.slack.access import AccessRules, UserDirectory
from bot.slack.client import SlackClient, Unconfirmed
from bot.slack.features import COMMAND, scopes
from bot.slack.layout import SHOW_CONTEXT

from .harness import Harness, run_command, shown
from .loop import run_async
from .samples import BRIDGE, QUOTED, ScriptedAnswerer

ELSEWHERE = "T0ELSEWHERE"


@dataclass(frozen=True)
class Case:
    """Who asks, where and under which rules; ``refusal`` is how the private refusal starts, None if answered."""

    refusal: str | None
    rules: AccessRules = field(default_factory=AccessRules)
    guest: Guest | None = None
    team: str | None = None
    is_shared: bool = False


CHANNEL = "Questions are not answered in this channel. Ask in a channel that this bot was set up for."
SHARED = "Questions are not answered in this channel, because it is shared"
OUTSIDE = "Questions are answered only for people of this bot's own organisation"
WORKSPACE = "Questions are answered only for people of the workspaces"
GUEST = "Questions are answered only for full members of this workspace"

CASES = {
    "a colleague": Case(None),
    "a guest of several channels": Case(GUEST, guest="multi-channel"),
    "a guest of one channel": Case(GUEST, guest="single-channel"),
    "a guest, admitted": Case(None, AccessRules(guests=True), guest="single-channel"),
    "a colleague in a shared channel": Case(SHARED, is_shared=True),
    "a colleague in a shared channel, admitted": Case(None, AccessRules(external=True), is_shared=True),
    "somebody else in a shared channel": Case(SHARED, team=ELSEWHERE, is_shared=True),
    "somebody else in a shared channel, admitted": Case(
        None, AccessRules(external=True), team=ELSEWHERE, is_shared=True
    ),
    "somebody else": Case(OUTSIDE, team=ELSEWHERE),
    "somebody else, admitted": Case(None, AccessRules(external=True), team=ELSEWHERE),
    "somebody else, guests admitted": Case(OUTSIDE, AccessRules(guests=True), team=ELSEWHERE),
    "a member of a listed workspace": Case(None, AccessRules(workspaces=frozenset({ELSEWHERE})), team=ELSEWHERE),
    "a member of no listed workspace": Case(WORKSPACE, AccessRules(workspaces=frozenset({"T0THIRD"}))),
    "in a listed channel": Case(None, AccessRules(channels=frozenset({GENERAL}))),
    "in no listed channel": Case(CHANNEL, AccessRules(channels=frozenset({RESEARCH}))),
}


@pytest.mark.parametrize("name", CASES)
def test_who_may_ask(offline_harness: Harness, name: str) -> None:
    """Each is answered in the thread or refused in one private sentence.

    The refusal starts no thread, because Slack would not show it there.
    """
    case = CASES[name]
    channel = offline_harness.slack.add_channel(shared_with=[ELSEWHERE]) if case.is_shared else GENERAL
    person = offline_harness.slack.add_person(channels=[channel], team=case.team, guest=case.guest)
    with offline_harness.bot(rules=case.rules):
        asked = offline_harness.slack.say(channel, f"{offline_harness.slack.mention} {BRIDGE}", user=person)
        if case.refusal is None:
            assert QUOTED in shown(offline_harness.reply_to(asked))
            assert offline_harness.slack.workspace.ephemerals(person) == ()
            return
        offline_harness.slack.wait_until(lambda: offline_harness.slack.workspace.ephemerals(person) != ())
        offline_harness.slack.wait_until_idle()
        (refusal,) = offline_harness.slack.workspace.ephemerals(person)
        assert (refusal.text.startswith(case.refusal), refusal.thread_ts, QUOTED in shown(refusal)) == (
            True,
            None,
            False,
        )
        assert offline_harness.slack.replies(channel) == []


@pytest.mark.parametrize("name", [name for name in CASES if not CASES[name].is_shared and "channel" not in name])
def test_who_may_ask_in_a_direct_message(offline_harness: Harness, name: str) -> None:
    """The same people may ask in a direct message."""
    case = CASES[name]
    person = offline_harness.slack.add_person(team=case.team, guest=case.guest)
    direct = offline_harness.slack.open_dm(person)
    with offline_harness.bot(rules=case.rules):
        offline_harness.slack.say(direct, BRIDGE, user=person)
        (reply,) = offline_harness.slack.wait_for_replies(direct)
        offline_harness.slack.wait_until_idle()
        assert (QUOTED in shown(reply)) == (case.refusal is None)
        assert reply.text.startswith(case.refusal or "“")


def test_listed_channels_do_not_restrict_direct_messages(offline_harness: Harness) -> None:
    """A direct message is answered although only one channel is listed."""
    with offline_harness.bot(rules=AccessRules(channels=frozenset({RESEARCH}))):
        offline_harness.slack.say(DM_YOU, BRIDGE)
        (reply,) = offline_harness.slack.wait_for_replies(DM_YOU)
        assert QUOTED in shown(reply)


def test_slack_is_asked_once_about_each_person(offline_harness: Harness) -> None:
    """Two questions by one person need one call of users.info."""
    with offline_harness.bot():
        for _ in range(2):
            offline_harness.reply_to(offline_harness.ask(BRIDGE))
        assert sum(call.method == "users.info" for call in offline_harness.slack.calls) == 1


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 0}, {"status": 500}, {"drop": True}])
def test_a_question_waits_until_slack_says_who_asks(offline_harness: Harness, fault: dict[str, int]) -> None:
    """While users.info fails, the question is neither answered nor refused."""
    with offline_harness.bot():
        offline_harness.slack.fail_next("users.info", **fault)
        assert QUOTED in shown(offline_harness.reply_to(offline_harness.ask(BRIDGE)))


def test_without_the_scope_guests_are_admitted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without users:read, guests are treated as members; the log says so once."""
    with FakeSlack(scopes=SCOPES, retry_after_seconds=(0.0, 0.0, 0.0)) as slack:
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            person = slack.add_person(channels=[GENERAL], guest="single-channel")
            for _ in range(2):
                asked = slack.say(GENERAL, f"{slack.mention} {BRIDGE}", user=person)
                assert QUOTED in shown(harness.reply_to(asked))
        assert sum(call.method == "users.info" for call in slack.calls) == 1
    assert caplog.text.count("guests are treated as members") == 1


def test_user_data_is_cached_for_an_hour() -> None:
    """After an hour Slack is asked again; if it does not reply, the failure is returned."""
    now = 0.0

    async def look_up() -> None:
        nonlocal now
        directory = UserDirectory(SlackClient(slack.bot_token, slack.api_url), clock=lambda: now)
        people = (YOU, "U0NOBODY")
        cached = [await directory.get_user(user) for user in people]
        slack.fail_next("users.info", times=2)
        now = 3_599.0
        assert [await directory.get_user(user) for user in people] == cached
        now = 3_601.0
        assert isinstance(await directory.get_user(YOU), Unconfirmed)

    with FakeSlack(scopes=(*SCOPES, "users:read")) as slack:
        run_async(look_up())


ORGANISATION = "E0ORG"


@pytest.mark.parametrize("organisation", [ORGANISATION, "E0OTHER", None])
def test_an_organisation_has_several_workspaces(tmp_path: Path, organisation: str | None) -> None:
    """In Enterprise Grid, people of the organisation's other workspaces may ask and click as colleagues do."""
    with FakeSlack(scopes=scopes("full"), commands=[COMMAND], organisation=ORGANISATION) as slack:
        person = slack.add_person(channels=[GENERAL], team=ELSEWHERE, organisation=organisation)
        harness = Harness(slack, ScriptedAnswerer(), tmp_path)
        with harness.bot():
            reply = harness.reply_to(harness.ask(BRIDGE))
            assert slack.interactivity.click(reply, SHOW_CONTEXT, user=person).failure is None
            slack.wait_until(lambda: bool(slack.views.open_modals(person)))
            direct = slack.open_dm(person)
            slack.say(direct, BRIDGE, user=person)
            (answer,) = slack.wait_for_replies(direct)
            command = run_command(harness, GENERAL, BRIDGE, user=person)
            is_refused = [strings.OTHER_ORGANISATION in shown(one) for one in (answer, command)]
            modal = slack.views.open_modals(person)[-1]
        is_refused.append(strings.OTHER_ORGANISATION in str(modal["blocks"]))
        assert is_refused == [organisation != ORGANISATION] * 3


def test_a_listed_workspace_admits_its_members_from_another_one(tmp_path: Path) -> None:
    """A list of workspaces may name the organisation; the workspace that Slack names first need not be in it."""
    rules = AccessRules(workspaces=frozenset({ORGANISATION}))
    with FakeSlack(scopes=scopes("base"), organisation=ORGANISATION) as slack:
        person = slack.add_person(team=ELSEWHERE, organisation=ORGANISATION)
        direct = slack.open_dm(person)
        with Harness(slack, ScriptedAnswerer(), tmp_path).bot(rules=rules):
            slack.say(direct, BRIDGE, user=person)
            (reply,) = slack.wait_for_replies(direct)
        assert QUOTED in shown(reply)
