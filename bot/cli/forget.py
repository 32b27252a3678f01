"""``pullquote forget``: delete stored questions."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot import settings
from bot.cli.options import open_store
from bot.errors import SettingsError
from bot.models import pluralize

OlderThan = Annotated[
    int | None,
    typer.Option("--older-than", min=0, help="Only questions completed more than DAYS days ago.", metavar="DAYS"),
]
Person = Annotated[
    str | None,
    typer.Option("--person", help="Only what one person asked, and their feedback; ID as in Slack (U…).", metavar="ID"),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def forget(older_than: OlderThan = None, person: Person = None, yes: Yes = False) -> None:
    """Delete the records of questions that were answered."""
    if person is not None and older_than is not None:
        raise SettingsError("Use --person or --older-than, not both.")
    age = "" if older_than is None else f" completed more than {pluralize(older_than, 'day')} ago"
    with open_store(settings.load()) as store:
        if not yes:
            if not sys.stdin.isatty():
                raise SettingsError("Nothing was deleted. To delete without being asked, add --yes.")
            typer.confirm(f"Delete the records of {person or f'all questions{age}'}?", abort=True)
        if person is not None:
            count = store.delete_person(person)
        else:
            count = store.delete_completed(None if older_than is None else older_than * 86_400)
    typer.echo(f"Deleted the records of {pluralize(count, 'question')}.")
