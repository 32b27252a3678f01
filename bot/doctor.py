"""Checks of an installation, each with advice; none of them changes what a running bot sees."""

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
from bot.slack.features import REASONS, missing_features, scopes
from bot.store.store import Store

Level = Literal["ok", "warning", "failed"]

MIN_PYTHON = (3, 11)
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


def run_checks(
    *,
    python: tuple[int, int],
    is_compiled: bool,
    archive: ArchiveCheck,
    state_folder: Path,
    credentials: Credentials,
    mode: Mode,
) -> tuple[CheckResult, ...]:
    """Results of all checks, in the order in which an installation needs them."""
    return (
        _check_python(python),
        _check_search(is_compiled),
        *_check_archive(archive),
        _check_state_folder(state_folder),
        *_check_slack(credentials, mode),
    )


def exit_status(results: tuple[CheckResult, ...]) -> int:
    """2 if a check failed, else 0, also with warnings."""
    return 2 if any(result.level == "failed" for result in results) else 0


def _check_python(version: tuple[int, int]) -> CheckResult:
    shown = ".".join(map(str, version))
    if version < MIN_PYTHON:
        oldest = ".".join(map(str, MIN_PYTHON))
        return CheckResult("Python", "failed", f"This is Python {shown}.", f"Install Python {oldest} or newer.")
    return CheckResult("Python", "ok", f"Python {shown}.")


def _check_search(is_compiled: bool) -> CheckResult:
    if not is_compiled:
        return CheckResult(
            "Search",
            "warning",
            "The compiled search cannot be used; answers are the same, but slower.",
            "Reinstall Pullquote to compile it for this machine.",
        )
    return CheckResult("Search", "ok", "The search is compiled for this machine.")


def _check_archive(archive: ArchiveCheck) -> Iterator[CheckResult]:
    if archive.problem is not None:
        yield CheckResult("Archive", "failed", archive.problem, "Pass --corpus PATH or set PULLQUOTE_CORPUS.")
        return
    if archive.articles == 0:
        yield CheckResult("Archive", "failed", "The archive has no articles.", "Put articles into its folder.")
        return
    yield CheckResult("Archive", "ok", f"{archive.articles:,} articles with {archive.paragraphs:,} paragraphs.")
    if archive.skipped:
        listed = "; ".join(f"{name}: {reason}" for name, reason in archive.skipped[:MAX_LISTED])
        more = len(archive.skipped) - MAX_LISTED
        yield CheckResult(
            "Archive",
            "warning",
            f"{len(archive.skipped):,} files were skipped ({listed}{f'; and {more:,} more' if more > 0 else ''}).",
            "Fix or remove them; the other files are searched.",
        )


def _check_state_folder(folder: Path) -> CheckResult:
    try:
        Store(folder).close()
    except StoreError as error:
        return _failed("State folder", error)
    return CheckResult("State folder", "ok", f"{folder} is writable.")


def _check_slack(credentials: Credentials, mode: Mode) -> Iterator[CheckResult]:
    """Check tokens, workspace, scopes and connection; each needs the one before, so the first failure is the last."""
    try:
        check_credentials(credentials, mode)
        yield CheckResult("Slack tokens", "ok", f"Everything that {_MODES[mode]} needs is set.")
        client = create_client(credentials.bot_token, credentials.api_url)
        identity = fetch_identity(client)
        yield CheckResult("Slack workspace", "ok", f"Slack accepts the bot in the workspace {identity.team}.")
        yield from _check_scopes(identity)
        if mode == "http":
            sentence = f"{SIGNING_SECRET} cannot be checked here; Slack uses it when it verifies the request URL."
        else:
            # Request a connection but do not open it: Slack would send events to it, and no one would answer them.
            fetch_socket_url(client, credentials.app_token)
            sentence = f"Slack accepts {APP_TOKEN} and offers a connection."
        yield CheckResult(_MODES[mode], "ok", sentence)
    except (SettingsError, SlackError) as error:
        yield _failed("Slack", error)


def _check_scopes(identity: BotIdentity) -> Iterator[CheckResult]:
    granted = identity.scopes
    if granted is None:
        yield CheckResult(
            "Slack scopes",
            "warning",
            "Slack did not report the scopes of the bot's token.",
            "Compare the app's scopes with its manifest in deploy/.",
        )
        return
    if missing := missing_scopes(identity):
        needs = ", ".join(f"`{scope}` ({REASONS[scope]})" for scope in missing)
        yield CheckResult(
            "Slack scopes",
            "failed",
            f"Missing scopes: {needs}.",
            'Add them under "OAuth & Permissions", then reinstall the app.',
        )
    else:
        yield CheckResult("Slack scopes", "ok", "The bot's token has all scopes of the base variant.")
    if features := missing_features(granted, "full"):
        missing = tuple(scope for scope in scopes("full") if scope not in granted and scope not in scopes("base"))
        off = "; ".join(feature.name for feature in features)
        yield CheckResult(
            "Slack features",
            "warning",
            f"Missing optional scopes: {', '.join(missing)}. Without them, these features are off: {off}.",
            "To turn them on, update the app's manifest to deploy/manifest-full.yaml, then reinstall the app.",
        )


def _failed(name: str, error: PullquoteError) -> CheckResult:
    """Result from an error message, whose part after "; " is the advice."""
    sentence, _, advice = str(error).partition("; ")
    return CheckResult(name, "failed", f"{sentence.rstrip('.')}.", advice[:1].upper() + advice[1:] or None)
