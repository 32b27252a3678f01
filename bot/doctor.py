"""What may stand between an installation and its first answer: checks over what is passed in, each with what to do.

Nothing here reads the environment or an article, and no check changes anything that a running bot would notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.errors import PullquoteError, RecordsError, SettingsError, SlackError
from bot.records import Records
from bot.slack.connection import (
    APP_TOKEN,
    SIGNING_SECRET,
    Access,
    Identity,
    Mode,
    check_set,
    connect,
    introduce,
    missing_scopes,
    socket_address,
)
from bot.slack.features import lacking, scopes

Level = Literal["ok", "warning", "failed"]

OLDEST_PYTHON = (3, 11)
MOST_NAMED = 5

_MODES: dict[Mode, str] = {"socket": "Socket Mode", "http": "HTTP mode"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a sentence, and what to do about it where something should be done."""

    name: str
    level: Level
    sentence: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the archive gave: counts, the skipped files with their reasons, or why there is no archive."""

    articles: int
    paragraphs: int
    skipped: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


def examine(
    *, python: tuple[int, int], is_compiled: bool, reading: Reading, state_folder: Path, access: Access, mode: Mode
) -> tuple[Finding, ...]:
    """All findings, in the order in which a newcomer meets the things examined."""
    return (
        _python(python),
        _search(is_compiled),
        *_archive(reading),
        _state(state_folder),
        *_slack(access, mode),
    )


def exit_status(findings: tuple[Finding, ...]) -> int:
    """0 when nothing failed (a warning is no failure), else 2."""
    return 2 if any(finding.level == "failed" for finding in findings) else 0


def _python(version: tuple[int, int]) -> Finding:
    shown = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return Finding("Python", "failed", f"This is Python {shown}.", f"Install Python {oldest} or newer.")
    return Finding("Python", "ok", f"Python {shown}.")


def _search(is_compiled: bool) -> Finding:
    if not is_compiled:
        return Finding(
            "Search",
            "warning",
            "The compiled search cannot be used here: answers are the same, and take longer.",
            "Install Pullquote again, so that it is compiled for this machine.",
        )
    return Finding("Search", "ok", "The search is compiled for this machine.")


def _archive(reading: Reading) -> Iterator[Finding]:
    if reading.problem is not None:
        yield Finding("Archive", "failed", reading.problem, "Pass --corpus PATH or set PULLQUOTE_CORPUS.")
        return
    if reading.articles == 0:
        yield Finding("Archive", "failed", "The archive holds no article.", "Put articles into the folder it names.")
        return
    yield Finding("Archive", "ok", f"{reading.articles:,} articles with {reading.paragraphs:,} paragraphs.")
    if reading.skipped:
        named = "; ".join(f"{name}: {reason}" for name, reason in reading.skipped[:MOST_NAMED])
        more = len(reading.skipped) - MOST_NAMED
        yield Finding(
            "Archive",
            "warning",
            f"{len(reading.skipped):,} files were skipped ({named}{f'; and {more:,} more' if more > 0 else ''}).",
            "Mend or remove them; the rest of the archive is searched.",
        )


def _state(folder: Path) -> Finding:
    try:
        Records(folder).close()
    except RecordsError as error:
        return _told("State folder", error)
    return Finding("State folder", "ok", f"{folder} can be written.")


def _slack(access: Access, mode: Mode) -> Iterator[Finding]:
    """Tokens, workspace, scopes and the way in; each rests on the one before, so the first failure ends them."""
    try:
        check_set(access, mode)
        yield Finding("Slack tokens", "ok", f"What {_MODES[mode]} needs is set, and each is of its kind.")
        client = connect(access.bot, access.api_url)
        identity = introduce(client)
        yield Finding("Slack workspace", "ok", f"Slack accepts the bot in the workspace {identity.team}.")
        yield from _scopes(identity)
        if mode == "http":
            told = f"Whether {SIGNING_SECRET} is this app's shows when Slack verifies the request URL."
        else:
            # Asked for, but not opened: Slack would hand events to a connection that nobody serves.
            socket_address(client, access.app)
            told = f"Slack accepts {APP_TOKEN} and offers a connection."
        yield Finding(_MODES[mode], "ok", told)
    except (SettingsError, SlackError) as error:
        yield _told("Slack", error)


def _scopes(identity: Identity) -> Iterator[Finding]:
    granted = identity.scopes
    if granted is None:
        yield Finding(
            "Slack scopes",
            "warning",
            "Slack did not say which scopes the bot's token has.",
            "Compare the app's scopes with the manifest in deploy/ that it was made from.",
        )
        return
    if missing := missing_scopes(identity):
        lost = " and never ".join(feature.name for feature in lacking(granted, "base"))
        yield Finding(
            "Slack scopes",
            "failed",
            f"The bot's token lacks {', '.join(missing)}, without which it never {lost}.",
            "Bring the app's manifest up to deploy/manifest.yaml, then install the app again.",
        )
    else:
        yield Finding("Slack scopes", "ok", "The bot's token has every scope of the base variant.")
    if off := lacking(granted, "full"):
        absent = [scope for scope in scopes("full") if scope not in granted and scope not in scopes("base")]
        yield Finding(
            "Slack features",
            "warning",
            f"Off, for want of {', '.join(absent)}: the bot never {'; never '.join(one.name for one in off)}.",
            "If you want that, bring the app's manifest up to deploy/manifest-full.yaml and install the app again.",
        )


def _told(name: str, error: PullquoteError) -> Finding:
    """A finding from an error's sentence, whose part after the semicolon says what to do."""
    sentence, _, advice = str(error).partition("; ")
    return Finding(name, "failed", f"{sentence.rstrip('.')}.", advice[:1].upper() + advice[1:] or None)
