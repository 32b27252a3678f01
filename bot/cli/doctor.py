"""``pullquote doctor``: check an installation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot import settings
from bot.cli.console import SafeConsole
from bot.cli.options import (
    CorpusOption,
    ModeOption,
    cluster_address,
    database_url,
    errors,
    progress_bar,
    slack_credentials,
)
from bot.errors import ArchiveError
from bot.models import Scope

if TYPE_CHECKING:
    from bot.doctor import CheckResult

_STYLES = {"ok": "green", "warning": "yellow", "failed": "red"}


LiveOption = Annotated[
    str | None,
    typer.Option("--live", metavar="CHANNEL", help="Also try everything in this channel of the real workspace."),
]
REPORT = "live-check.txt"


def doctor(corpus: CorpusOption = None, mode: ModeOption = "socket", live: LiveOption = None) -> None:
    """Check everything that Pullquote needs, and say how to fix what is wrong."""
    from bot.doctor import ArchiveCheck, check_cluster, exit_status, run_checks, run_live_checks
    from bot.index.bm25 import load_library
    from bot.wiring import open_corpus

    chosen = settings.load(corpus=corpus)
    cluster = None if corpus else cluster_address(chosen)
    try:
        with progress_bar(errors) as progress:
            opened = open_corpus(chosen.corpus, progress=progress, limits=chosen.read_limits, cluster=cluster)
        size = opened.with_current(lambda answerer: answerer.archive.summary(Scope()))
        skipped = tuple((one.name, one.reason) for one in opened.notes.skipped)
        archive_check: ArchiveCheck | None = ArchiveCheck(size.articles, size.paragraphs, skipped)
    except ArchiveError as error:
        archive_check = None if cluster else ArchiveCheck(0, 0, problem=str(error))
    credentials = slack_credentials(chosen)
    of_cluster = [check_cluster(cluster)] if cluster else []
    results = asyncio.run(
        run_checks(
            python=sys.version_info[:2],
            is_compiled=load_library() is not None,
            archive=archive_check,
            state_folder=chosen.state_dir,
            database_url=database_url(chosen),
            credentials=credentials,
            mode=mode,
        )
    )
    results = (*of_cluster, *results)
    _print(results)
    if live is not None and exit_status(results) == 0:
        user = next(iter(chosen.editors), None)
        tried = opened.with_current(lambda answerer: asyncio.run(run_live_checks(credentials, live, user, answerer)))
        _print(tried)
        report = chosen.state_dir / REPORT
        report.touch(mode=0o600)
        report.write_text("\n".join([f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {live}", *map(str, tried), ""]))
        errors.print(f"The report is in {report}.", soft_wrap=True)
        results = (*results, *tried)
    raise typer.Exit(exit_status(results))


def _print(results: Sequence[CheckResult]) -> None:
    console = SafeConsole()
    for result in results:
        line = Text.assemble((f"{result.level:>7}  ", _STYLES[result.level]), f"{result.name}: {result.sentence}")
        if result.advice:
            line.append(f" {result.advice}")
        console.print(line, soft_wrap=True)
