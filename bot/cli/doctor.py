"""``pullquote doctor``: check an installation."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.text import Text

from bot import settings
from bot.cli.options import CorpusOption, ModeOption, errors, slack_credentials
from bot.cli.progress import progress_bar
from bot.errors import ArchiveError

_STYLES = {"ok": "green", "warning": "yellow", "failed": "red"}


def doctor(corpus: CorpusOption = None, mode: ModeOption = "socket") -> None:
    """Check everything that Pullquote needs, and say how to fix what is wrong."""
    from bot.doctor import ArchiveCheck, exit_status, run_checks
    from bot.index.native import native_library
    from bot.wiring import open_corpus

    chosen = settings.load(corpus=corpus)
    try:
        with progress_bar(errors) as progress:
            opened = open_corpus(chosen.corpus, progress=progress)
        archive = opened.with_current(lambda answerer: answerer.archive)
        skipped = tuple((one.name, one.reason) for one in opened.notes.skipped)
        archive_check = ArchiveCheck(len(archive), archive.paragraph_count, skipped)
    except ArchiveError as error:
        archive_check = ArchiveCheck(0, 0, problem=str(error))
    results = run_checks(
        python=sys.version_info[:2],
        is_compiled=native_library() is not None,
        archive=archive_check,
        state_folder=chosen.state_dir,
        credentials=slack_credentials(chosen),
        mode=mode,
    )
    console = Console(highlight=False)
    for result in results:
        line = Text.assemble((f"{result.level:>7}  ", _STYLES[result.level]), f"{result.name}: {result.sentence}")
        if result.advice:
            line.append(f" {result.advice}")
        console.print(line, soft_wrap=True)
    raise typer.Exit(exit_status(results))
