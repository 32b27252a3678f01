"""Checks of an installation, each with advice; none of them changes what a running bot sees."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import ClusterError, PullquoteError, SettingsError, SlackError, StoreError
from bot.index.versions import software_digest
from bot.models import ClusterAddress, Question, list_first
from bot.search.answerer import Answerer
from bot.slack import strings
from bot.slack.client import (
    Destination,
    FoundReply,
    NotSent,
    Posted,
    RateLimited,
    SlackClient,
    Unconfirmed,
    call_slack,
    create_session,
    delete_message,
    find_reply,
    make_metadata,
    post_message,
    update_message,
)
from bot.slack.credentials import (
    APP_TOKEN,
    SIGNING_SECRET,
    BotIdentity,
    Credentials,
    Mode,
    check_credentials,
    fetch_identity,
    fetch_socket_url,
    missing_scopes,
)
from bot.slack.events import IncomingQuestion, Sender
from bot.slack.features import REASONS, missing_features, scopes
from bot.slack.layout import RatingRef, build_sentence, context_ref
from bot.slack.modals import context_modal, note_modal, sentence_modal
from bot.slack.render import RenderedReply, render_reply, render_sentence
from bot.store.models import MessageRef, QuestionEvent
from bot.store.store import Store

Level = Literal["ok", "warning", "failed"]

MAX_LISTED = 5

_MODES: dict[Mode, str] = {"socket": "Socket Mode", "http": "HTTP mode"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of one check: a sentence, and what to do if something is wrong."""

    name: str
    level: Level
    sentence: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveCheck:
    """Result of reading the archive: counts, skipped files as (name, reason), or why it cannot be used."""

    articles: int
    paragraphs: int
    skipped: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


async def run_checks(
    *,
    python: tuple[int, int],
    is_compiled: bool,
    archive: ArchiveCheck | None,
    state_folder: Path,
    database_url: str | None = None,
    credentials: Credentials,
    mode: Mode,
) -> tuple[CheckResult, ...]:
    """Results of all checks, in the order in which an installation needs them.

    ``archive`` is None if it is in a cluster that cannot be used, which is a result of its own.
    """
    return (
        CheckResult("Python", "ok", f"Python {'.'.join(map(str, python))}."),
        _check_search(is_compiled),
        *(_check_archive(archive) if archive else ()),
        *_check_store(state_folder, database_url),
        *[result async for result in _check_slack(credentials, mode)],
    )


async def run_live_checks(
    credentials: Credentials, channel: str, user: str | None, answerer: Answerer
) -> tuple[CheckResult, ...]:
    """Results of trying everything that the bot does in Slack, in a real channel, with a message that is then deleted.

    The bot is in ``channel``, and so is ``user``, a person; None to find one. SlackError if Slack refuses the bot
    token or is unavailable.
    """
    async with create_session() as session:
        client = SlackClient(credentials.bot_token, credentials.api_url, session)
        identity = await fetch_identity(client)
        now = time.time()
        event = QuestionEvent("", MessageRef("", channel, f"{now - 1:.6f}"), "", "")
        sender = Sender(None, frozenset(), is_external_channel=False)
        example = answerer.examples[0] if answerer.examples else "what is this"
        question = IncomingQuestion(
            event, "mention", "", None, example, (), sender, is_unaddressed_edit=False, response_url=None
        )
        reply = render_reply(question, answerer, identity.scopes)
        results = [result async for result in _check_layouts(client, question, reply, answerer)]
        return (*results, *[one async for one in _check_message(client, identity, question, reply, user)])


async def _check_layouts(
    client: SlackClient, question: IncomingQuestion, reply: RenderedReply, answerer: Answerer
) -> AsyncIterator[CheckResult]:
    """Let Slack check one message or view of each kind."""
    messages = {
        "answer": reply,
        "abstention": render_reply(replace(question, text="xyzzy plugh"), answerer),
        "how to ask": render_reply(replace(question, text=None), answerer),
        "one sentence": render_sentence("notice", strings.BUSY),
    }
    for name, rendered in messages.items():
        call = client.blocks_validate(blocks=rendered.message.blocks)
        yield _result(f"Blocks: {name}", "Slack accepts its blocks.", await call_slack(call))
    ref = RatingRef(ref=question.ref, useful=False)
    views = {"note form": note_modal(ref), "one sentence": sentence_modal(strings.BUSY)}
    quotes = answerer.answer(Question(question.text or "")).shown_quotes
    if (context := context_ref(question.ref, quotes)) is not None:
        views["context of a quote"] = context_modal(answerer.archive, context)
    for name, view in views.items():
        yield _result(f"View: {name}", "Slack accepts it.", await call_slack(client.blocks_validate(view=view)))


async def _check_message(
    client: SlackClient, identity: BotIdentity, question: IncomingQuestion, reply: RenderedReply, user: str | None
) -> AsyncIterator[CheckResult]:
    """Post a message, find, edit and delete it, and send a private one."""
    channel, metadata = question.ref.channel, make_metadata(question)
    posted = await post_message(client, Destination(channel, None, None), reply.message, metadata)
    yield _result("Post", f"A message was posted in {channel}.", posted)
    if not isinstance(posted, Posted) or posted.ts is None:
        return
    found = await find_reply(client, question.ref, None, bot_user=identity.bot_user)
    if found is None or (isinstance(found, FoundReply) and found.ts != posted.ts):
        yield CheckResult("Find", "failed", "Slack did not return the message.", "Report this: it should not happen.")
    else:
        yield _result("Find", "The message was found by its metadata.", found)
    updated = await update_message(client, channel, posted.ts, build_sentence(strings.LIVE_CHECK), metadata)
    yield _result("Edit", "The message was edited.", updated)
    user = user or await _find_member(client, channel, identity.bot_user)
    if user is None:
        advice = "Set PULLQUOTE_EDITORS to your own id, or grant the scopes channels:read and groups:read."
        yield CheckResult("Private message", "warning", "It is not known who could get one.", advice)
    else:
        sent = await post_message(client, Destination(channel, None, user), build_sentence(strings.LIVE_CHECK), {})
        yield _result("Private message", f"One was sent to {user} in {channel}.", sent)
    deleted = await delete_message(client, channel, posted.ts)
    yield _result("Delete", "The message was deleted.", deleted)


async def _find_member(client: SlackClient, channel: str, bot_user: str) -> str | None:
    """Find a person in ``channel`` who is no bot; None if Slack does not say."""
    listed = await call_slack(client.conversations_members(channel=channel, limit=20))
    for user in listed["members"] if isinstance(listed, AsyncSlackResponse) else ():
        found = None if user == bot_user else await call_slack(client.users_info(user=user))
        if isinstance(found, AsyncSlackResponse) and not found["user"].get("is_bot"):
            return str(user)
    return None


def _result(name: str, sentence: str, outcome: object) -> CheckResult:
    """The result of a call: ``sentence`` if it succeeded."""
    if isinstance(outcome, NotSent) and outcome.code == "missing_scope":
        advice = "Update the app's manifest to deploy/manifest-full.yaml, then reinstall the app."
        return CheckResult(name, "warning", "The bot token lacks the scope for this.", advice)
    if isinstance(outcome, NotSent) and outcome.is_not_member:
        return CheckResult(name, "failed", "The bot is not in this channel.", "Invite it with /invite @Pullquote.")
    if isinstance(outcome, RateLimited):
        seconds = f"Try again in {outcome.seconds:.0f} seconds."
        return CheckResult(name, "failed", "Slack limits the rate of these calls.", seconds)
    if isinstance(outcome, NotSent | Unconfirmed):
        return CheckResult(name, "failed", f"{outcome.reason}.", "Report this if it happens again.")
    return CheckResult(name, "ok", sentence)


def exit_status(results: Sequence[CheckResult]) -> int:
    """2 if a check failed, else 0, also with warnings."""
    return 2 if any(result.level == "failed" for result in results) else 0


def _check_search(is_compiled: bool) -> CheckResult:
    if is_compiled:
        return CheckResult("Search", "ok", "The search is compiled for this machine.")
    sentence = "The compiled search cannot be used; answers are the same, but slower."
    return CheckResult("Search", "warning", sentence, "Reinstall Pullquote to compile it for this machine.")


def _check_archive(archive: ArchiveCheck) -> Iterator[CheckResult]:
    if archive.problem is not None:
        yield CheckResult("Archive", "failed", archive.problem, "Pass --corpus PATH or set PULLQUOTE_CORPUS.")
        return
    yield CheckResult("Archive", "ok", f"{archive.articles:,} articles with {archive.paragraphs:,} paragraphs.")
    if archive.skipped:
        listed = list_first([f"{name}: {reason}" for name, reason in archive.skipped], MAX_LISTED)
        sentence = f"{len(archive.skipped):,} files were skipped ({listed})."
        yield CheckResult("Archive", "warning", sentence, "Fix or remove them; the other files are searched.")


def check_cluster(address: ClusterAddress) -> CheckResult:
    """Check the search cluster, and what it has of the archive."""
    from bot.index.cluster.connection import Connection  # the client is an extra
    from bot.index.cluster.inspection import inspect

    try:
        report = inspect(Connection(address))
    except ClusterError as error:
        return _failed("Search cluster", error)
    state, index = report.generation.state, report.generation.index
    fine = f"OpenSearch {report.version} searches {index}, revision {state.revision}, in {report.milliseconds:.0f} ms."
    if state.software != software_digest():
        sentence = f"{fine} Another version of Pullquote, Python or a library indexed it, so answers may differ."
        return CheckResult("Search cluster", "warning", sentence, "Run the same versions on all hosts.")
    return CheckResult("Search cluster", "ok", fine)


def _check_store(folder: Path, url: str | None) -> Iterator[CheckResult]:
    name = "Database" if url else "State folder"
    try:
        with closing(Store(folder, url=url)) as store:
            fine = f"{store.database.name} can be used." if url else f"{folder} is writable."
    except StoreError as error:
        yield _failed(name, error)
    else:
        yield CheckResult(name, "ok", fine)
    if url and not os.access(folder, os.W_OK):
        sentence = f"{folder} is not writable, so the index is made anew at each start."
        yield CheckResult("State folder", "warning", sentence, "Make it writable, or set PULLQUOTE_STATE_DIR.")


async def _check_slack(credentials: Credentials, mode: Mode) -> AsyncIterator[CheckResult]:
    """Check tokens, workspace, scopes and connection; each needs the one before, so the first failure is the last."""
    try:
        check_credentials(credentials, mode)
        yield CheckResult("Slack tokens", "ok", f"Everything that {_MODES[mode]} needs is set.")
        client = SlackClient(credentials.bot_token, credentials.api_url)
        identity = await fetch_identity(client)
        yield CheckResult("Slack workspace", "ok", f"Slack accepts the bot in the workspace {identity.team}.")
        for result in _check_scopes(identity):
            yield result
        if mode == "http":
            sentence = f"{SIGNING_SECRET} cannot be checked here; Slack uses it when it verifies the request URL."
        else:
            # Request a connection but do not open it: Slack would send events to it, and no one would answer them.
            await fetch_socket_url(client, credentials.app_token)
            sentence = f"Slack accepts {APP_TOKEN} and offers a connection."
        yield CheckResult(_MODES[mode], "ok", sentence)
    except (SettingsError, SlackError) as error:
        yield _failed("Slack", error)


def _check_scopes(identity: BotIdentity) -> Iterator[CheckResult]:
    granted = identity.scopes
    if granted is None:
        sentence = "Slack did not report the scopes of the bot's token."
        advice = "Compare the app's scopes with its manifest in deploy/."
        yield CheckResult("Slack scopes", "warning", sentence, advice)
        return
    if missing := missing_scopes(identity):
        needs = ", ".join(f"`{scope}` ({REASONS[scope]})" for scope in missing)
        advice = 'Add them under "OAuth & Permissions", then reinstall the app.'
        yield CheckResult("Slack scopes", "failed", f"Missing scopes: {needs}.", advice)
    else:
        yield CheckResult("Slack scopes", "ok", "The bot's token has all scopes of the base variant.")
    if features := missing_features(granted, "full"):
        missing = tuple(scope for scope in scopes("full") if scope not in granted and scope not in scopes("base"))
        off = "; ".join(feature.name for feature in features)
        sentence = f"Missing optional scopes: {', '.join(missing)}. Without them, these features are off: {off}."
        advice = "To turn them on, update the app's manifest to deploy/manifest-full.yaml, then reinstall the app."
        yield CheckResult("Slack features", "warning", sentence, advice)


def _failed(name: str, error: PullquoteError) -> CheckResult:
    """Result from an error message, whose part after "; " is the advice."""
    sentence, _, advice = str(error).partition("; ")
    return CheckResult(name, "failed", f"{sentence.rstrip('.')}.", advice[:1].upper() + advice[1:] or None)
