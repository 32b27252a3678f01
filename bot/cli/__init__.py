"""The command line. Keeps secret how a command is spelt; catches what went wrong, in one place.

Exit status: 0 answered, 1 abstained, 2 any failure. JSON goes to standard output, everything else a person should know
to standard error.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot.errors import PullquoteError

COMMANDS = {
    "ask": "ask",
    "index": "index",
    "evaluate": "evaluate",
    "serve": "serve",
    "playground": "playground",
    "doctor": "serve",
    "receipt": "receipt",
    "gaps": "gaps",
    "forget": "serve",
}
"""Each command, and the module here in which it is the function of that name."""


class _Commands(TyperGroup):
    """Imports what a command needs when it is called, so that one does not wait for another's."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        # By their names alone, of which one is suggested that a person may have meant.
        self.commands = {name: TyperCommand(name) for name in COMMANDS}

    def list_commands(self, ctx: Any) -> list[str]:
        """See ``click.Group.list_commands``."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """See ``click.Group.get_command``."""
        if cmd_name not in COMMANDS:
            return None
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(getattr(import_module(f"bot.cli.{COMMANDS[cmd_name]}"), cmd_name))
        return typer.main.get_command(alone)


app = typer.Typer(
    name="pullquote",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Answers questions from your own archive of articles, in the articles' own words."""


def main() -> None:
    """Run the command line; every failure becomes one sentence and exit status 2."""
    try:
        app()
    except PullquoteError as error:
        _tell(str(error))
    except Exception as error:  # noqa: BLE001  the outermost edge: a person never sees a traceback
        _tell(_unforeseen(error))


def _tell(sentence: str) -> None:
    from bot.cli.options import errors

    errors.print(sentence, soft_wrap=True)
    sys.exit(2)


def _unforeseen(error: Exception) -> str:
    """One sentence about an error nobody foresaw; its traceback is kept in a file that the sentence names."""
    from bot import settings

    kind = type(error).__name__
    try:
        report = settings.load().state_dir / "unforeseen-error.txt"
        report.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        report.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except (OSError, PullquoteError):  # nowhere to keep it: the settings or the disk are part of the trouble
        return f"An unforeseen error ({kind}: {error}) ended this command; please report it."
    return f"An unforeseen error ({kind}) ended this command; please report it with the file {report}."
