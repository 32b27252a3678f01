"""``pullquote backup``, ``restore`` and ``verify``: save what the bot has stored, and get it back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from bot import settings
from bot.cli.options import database_url, open_store
from bot.models import pluralize

BackupFile = Annotated[Path, typer.Argument(help="The file of the backup.", metavar="FILE")]


def backup(file: BackupFile) -> None:
    """Save the records of questions, answers and feedback in a file, while the bot runs."""
    from bot.store.backup import write_backup

    with open_store(settings.load()) as store:
        count = write_backup(store, file)
    typer.echo(f"Saved the records of {pluralize(count, 'question')} in {file}.")


def restore(file: BackupFile) -> None:
    """Fill an empty database, of the state folder or on a server, from a backup."""
    from bot.store.backup import restore_backup
    from bot.store.store import Store

    chosen = settings.load()
    with closing(Store(chosen.state_dir, url=database_url(chosen))) as store:
        count = restore_backup(store, file)
    typer.echo(f"Restored the records of {pluralize(count, 'question')}.")


def verify(file: BackupFile) -> None:
    """Check that a backup is complete and can be restored."""
    from bot.store.backup import read_backup

    header, rows = read_backup(file)
    count = sum(name == "questions" for name, _ in rows)
    made = f"{header.created_at:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"{file} is complete: the records of {pluralize(count, 'question')}, saved on {made}.")
