"""Shared by several commands: options, the error console, progress bars, and opening the archive and the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import SafeConsole
from bot.errors import SettingsError, StoreError
from bot.models import list_first

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from bot.index.versions import ReadNotes
    from bot.models import ClusterAddress
    from bot.search.corpus import Corpus
    from bot.settings import Settings
    from bot.slack.credentials import Credentials
    from bot.store.store import Store


errors = SafeConsole(stderr=True)

CorpusOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--corpus", help="A folder of articles, or a .jsonl file. May be given more than once.", metavar="PATH"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ModeOption = Annotated[Literal["socket", "http"], typer.Option("--mode", help="How to receive events from Slack.")]

_MAX_NOTES = 3
# Seconds after which progress bars appear.
_DELAY = 1.0


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Gives ``report(task, done, total)``, which draws a bar for each task, in a terminal, after a second."""
    started = time.monotonic()
    progress: Progress | None = None
    tasks: dict[str, TaskID] = {}

    def report(task: str, done: int, total: int) -> None:
        nonlocal progress
        if not console.is_terminal or time.monotonic() - started <= _DELAY:
            return
        if progress is None:
            progress = _create(console)
            progress.start()
        if task not in tasks:
            tasks[task] = progress.add_task(task, total=total, speed="")
        speed = progress.tasks[tasks[task]].speed
        progress.update(tasks[task], completed=done, total=total, speed=f"{speed:,.0f}/s" if speed else "")

    try:
        yield report
    finally:
        if progress is not None:
            progress.stop()


def _create(console: Console) -> Progress:
    # Imported here: most commands finish before a bar appears.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[speed]}", style="progress.data.speed"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def open_corpus_verbosely(
    chosen: Settings, folder: Path | None, without: Collection[str] = (), *, reads_files: bool = False
) -> Corpus:
    """Open the archive of the settings, without some parts of the search; its index is saved in ``folder``.

    An archive in a cluster is opened instead, unless ``reads_files``. Progress, warnings and skipped files are printed
    on standard error.
    """
    from bot.wiring import open_corpus

    cluster = None if reads_files else cluster_address(chosen)
    with progress_bar(errors) as progress:
        corpus = open_corpus(chosen.corpus, folder, progress, without, chosen.read_limits, cluster)
    print_notes(corpus.notes)
    return corpus


def print_notes(notes: ReadNotes) -> None:
    """Print warnings and skipped files on standard error."""
    for line in _format_notes(notes):
        errors.print(line, soft_wrap=True)


def cluster_address(chosen: Settings) -> ClusterAddress | None:
    """Where the archive's cluster is, if one is set; ``SettingsError`` without its client."""
    if chosen.cluster is not None and find_spec("opensearchpy") is None:
        raise SettingsError(
            "PULLQUOTE_OPENSEARCH_URL needs a client that is not installed; run: pip install 'pullquote[opensearch]'"
        )
    return chosen.cluster


def _format_notes(notes: ReadNotes) -> Iterator[str]:
    """One line for each note, or one for all that are too many."""
    yield from (f"Note: {warning}" for warning in notes.warnings[:_MAX_NOTES])
    if more := len(notes.warnings[_MAX_NOTES:]):
        yield f"Note: {more:,} more notes are left out."
    skipped = [f"{one.name}: {one.reason}" for one in notes.skipped]
    if len(skipped) <= _MAX_NOTES:
        yield from (f"Skipped {one}" for one in skipped)
    else:
        named = list_first(skipped, _MAX_NOTES)
        yield f"{len(skipped):,} files or lines were skipped: {named}; `pullquote read` shows each."


def open_store(chosen: Settings) -> closing[Store]:
    """The bot's database, in its state folder or on a server; ``StoreError`` if there is none."""
    from bot.store.models import FILE_NAME
    from bot.store.store import Store

    folder, url = chosen.state_dir, database_url(chosen)
    if url is None and not (folder / FILE_NAME).exists():
        raise StoreError(f"There is no database in {folder}; set PULLQUOTE_STATE_DIR to the bot's state folder.")
    return closing(Store(folder, url=url))


def database_url(chosen: Settings) -> str | None:
    """The URL of the Postgres database, if one is set; ``SettingsError`` if it is none, or without its driver."""
    if chosen.database_url is None:
        return None
    if find_spec("psycopg") is None:
        raise SettingsError(
            "PULLQUOTE_DATABASE_URL needs a driver that is not installed; run: pip install 'pullquote[postgres]'"
        )
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    url = chosen.database_url.get_secret_value()
    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(
            "PULLQUOTE_DATABASE_URL is not a URL such as postgresql://user:password@host:5432/name; correct it. "
            "Special characters in the password are written as %xx."
        ) from error
    return url


def slack_credentials(chosen: Settings) -> Credentials:
    """Tokens and secrets from the settings."""
    from bot.slack.credentials import Credentials

    secrets = (chosen.slack_bot_token, chosen.slack_app_token, chosen.slack_signing_secret)
    bot, app_level, signing = (secret.get_secret_value() if secret else "" for secret in secrets)
    return Credentials(bot, app_level, chosen.slack_api_url, signing)
