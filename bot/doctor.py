"""What may stand between an installation and its first answer: checks over what is passed in, each with what to do.

Nothing here reads the environment or an article, and no check changes anything that a running bot would notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.errors import PullquoteError, SettingsError, SlackError, StoreError
from bot.slack.client import (
    APP_TOKEN,
    SIGNING_SECRET,
    BotIdentity,
    Credentials,
    Mode,
    check_credentials,
    create_client,
    fetch_identity,
    fetch_socket_url,
    missing_scopes,
)
from bot.slack.features import missing_features, scopes
from bot.store.store import Store

Level = Literal["ok", "warning", "failed"]

OLDEST_PYTHON = (3, 11)
MOST_NAMED = 5

_MODES: dict[Mode, str] = {"socket": "Socket Mode", "http": "HTTP mode"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found: a sentence, and what to do about it where something should be done."""

    name: str
    level: Level
    sentence: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveCheck:
    """What reading the archive gave: counts, the skipped files with their reasons, or why there is no archive."""

    articles: int
    paragraphs: int
    skipped: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


def examine(
    *,
    python: tuple[int, int],
    is_compiled: bool,
    reading: ArchiveCheck,
    state_folder: Path,
    access: Credentials,
    mode: Mode,
) -> tuple[CheckResult, ...]:
    """All findings, in the order in which a newcomer meets the things examined."""
    return (
        _python(python),
        _search(is_compiled),
        *_archive(reading),
        _state(state_folder),
        *_slack(access, mode),
    )


def exit_status(findings: tuple[CheckResult, ...]) -> int:
    """0 when nothing failed (a warning is no failure), else 2."""
    return 2 if any(finding.level == "failed" for finding in findings) else 0


def _python(version: tuple[int, int]) -> CheckResult:
    shown = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return CheckResult("Python", "failed", f"This is Python {shown}.", f"Install Python {oldest} or newer.")
    return CheckResult("Python", "ok", f"Python {shown}.")


def _search(is_compiled: bool) -> CheckResult:
    if not is_compiled:
        return CheckResult(
            "Search",
            "warning",
            "The compiled search cannot be used here: answers are the same, and take longer.",
            "Install Pullquote again, so that it is compiled for this machine.",
        )
    return CheckResult("Search", "ok", "The search is compiled for this machine.")


def _archive(reading: ArchiveCheck) -> Iterator[CheckResult]:
    if reading.problem is not None:
        yield CheckResult("Archive", "failed", reading.problem, "Pass --corpus PATH or set PULLQUOTE_CORPUS.")
        return
    if reading.articles == 0:
        yield CheckResult(
            "Archive", "failed", "The archive holds no article.", "Put articles into the folder it names."
        )
        return
    yield CheckResult("Archive", "ok", f"{reading.articles:,} articles with {reading.paragraphs:,} paragraphs.")
    if reading.skipped:
        named = "; ".join(f"{name}: {reason}" for name, reason in reading.skipped[:MOST_NAMED])
        more = len(reading.skipped) - MOST_NAMED
        yield CheckResult(
            "Archive",
            "warning",
            f"{len(reading.skipped):,} files were skipped ({named}{f'; and {more:,} more' if more > 0 else ''}).",
            "Mend or remove them; the rest of the archive is searched.",
        )


def _state(folder: Path) -> CheckResult:
    try:
        Store(folder).close()
    except StoreError as error:
        return _told("State folder", error)
    return CheckResult("State folder", "ok", f"{folder} can be written.")


def _slack(access: Credentials, mode: Mode) -> Iterator[CheckResult]:
    """Tokens, workspace, scopes and the way in; each rests on the one before, so the first failure ends them."""
    try:
        check_credentials(access, mode)
        yield CheckResult("Slack tokens", "ok", f"What {_MODES[mode]} needs is set, and each is of its kind.")
        client = create_client(access.bot_token, access.api_url)
        identity = fetch_identity(client)
        yield CheckResult("Slack workspace", "ok", f"Slack accepts the bot in the workspace {identity.team}.")
        yield from _scopes(identity)
        if mode == "http":
            told = f"Whether {SIGNING_SECRET} is this app's shows when Slack verifies the request URL."
        else:
            # Asked for, but not opened: Slack would hand events to a connection that nobody serves.
            fetch_socket_url(client, access.app_token)
            told = f"Slack accepts {APP_TOKEN} and offers a connection."
        yield CheckResult(_MODES[mode], "ok", told)
    except (SettingsError, SlackError) as error:
        yield _told("Slack", error)


def _scopes(identity: BotIdentity) -> Iterator[CheckResult]:
    granted = identity.scopes
    if granted is None:
        yield CheckResult(
            "Slack scopes",
            "warning",
            "Slack did not say which scopes the bot's token has.",
            "Compare the app's scopes with the manifest in deploy/ that it was made from.",
        )
        return
    if missing := missing_scopes(identity):
        lost = " and never ".join(feature.name for feature in missing_features(granted, "base"))
        yield CheckResult(
            "Slack scopes",
            "failed",
            f"The bot's token lacks {', '.join(missing)}, without which it never {lost}.",
            "Bring the app's manifest up to deploy/manifest.yaml, then install the app again.",
        )
    else:
        yield CheckResult("Slack scopes", "ok", "The bot's token has every scope of the base variant.")
    if off := missing_features(granted, "full"):
        absent = [scope for scope in scopes("full") if scope not in granted and scope not in scopes("base")]
        yield CheckResult(
            "Slack features",
            "warning",
            f"Off, for want of {', '.join(absent)}: the bot never {'; never '.join(one.name for one in off)}.",
            "If you want that, bring the app's manifest up to deploy/manifest-full.yaml and install the app again.",
        )


def _told(name: str, error: PullquoteError) -> CheckResult:
    """A finding from an error's sentence, whose part after the semicolon says what to do."""
    sentence, _, advice = str(error).partition("; ")
    return CheckResult(name, "failed", f"{sentence.rstrip('.')}.", advice[:1].upper() + advice[1:] or None)
