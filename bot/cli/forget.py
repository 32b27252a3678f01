"""``pullquote forget``: delete the records of completed questions."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from bot import settings
from bot.cli.options import open_store
from bot.models import pluralize

OlderThan = Annotated[
    int | None,
    typer.Option("--older-than", min=0, help="Only questions completed more than DAYS days ago.", metavar="DAYS"),
]


def forget(older_than: OlderThan = None) -> None:
    """Delete the records of questions that were answered."""
    with open_store(settings.load().state_dir) as store:
        count = store.delete_completed(None if older_than is None else time.time() - older_than * 86_400)
    typer.echo(f"Deleted the records of {pluralize(count, 'question')}.")
