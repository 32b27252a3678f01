"""The command line: one module for each command, and error handling.

Exit status: 0 answered, 1 abstained, 2 any failure, 75 a failure of ``serve`` that a restart may mend. JSON goes to
standard output; notes and errors to standard error.
"""

from __future__ import annotations

import os
import sys
import traceback
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bot.errors import PullquoteError

_MODULES = ("ask", "read", "index", "evaluate", "serve", "playground", "doctor", "receipt", "gaps", "forget", "backup")
COMMANDS = {name: name for name in _MODULES} | {"restore": "backup", "verify": "backup"}
"""The module, in this package, of each command; the function in it has the name of the command."""


class LazyGroup(TyperGroup):
    """Imports a command's module only when the command runs, so that every command starts fast."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        # From these names, typer suggests one for a misspelt command.
        self.commands = {name: TyperCommand(name) for name in COMMANDS}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """See ``click.Group.get_command``."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.Typer(add_completion=False)
        command.command(cmd_name)(getattr(import_module(f"bot.cli.{COMMANDS[cmd_name]}"), cmd_name))
        return typer.main.get_command(command)


app = typer.Typer(
    name="pullquote", cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"pullquote {version('pullquote')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Answer questions from your own archive of articles, in the articles' own words."""


def main() -> None:
    """Run the command line; every failure prints one sentence and exits with status 2.

    An unexpected error of ``serve`` exits with status 75 (EX_TEMPFAIL), after which a supervisor starts it again.
    """
    try:
        app()
    except PullquoteError as error:
        _fail(str(error))
    except Exception as error:  # noqa: BLE001  the outermost handler: people never see a traceback
        if isinstance(error, OSError) and _is_from_output(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python writes what is left in its buffer at its end
            _fail(f"Standard output cannot be written ({error.strerror}); free some space or write it elsewhere.")
        _fail(_report(error), 75 if sys.argv[1:2] == ["serve"] else 2)


def _fail(sentence: str, status: int = 2) -> None:
    from bot.cli.options import errors

    errors.print(sentence, soft_wrap=True)
    sys.exit(status)


def _is_from_output(error: BaseException) -> bool:
    """Whether ``error`` was raised by what only prints."""
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals["__name__"].partition(".")[0] in {"click", "rich", "typer"}


def _report(error: Exception) -> str:
    """Save the traceback of an unexpected error; returns a sentence that names the file."""
    from bot import settings
    from bot.cli.console import format_traceback

    kind = type(error).__name__
    try:
        report = settings.load().state_dir / "unexpected-error.txt"
        report.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        report.unlink(missing_ok=True)  # an earlier version's may be readable by others
        with open(report, "w", encoding="utf-8", opener=partial(os.open, mode=0o600)) as file:
            file.write(format_traceback(error))
    except (OSError, PullquoteError):  # the settings or the disk may be the problem
        return f"Unexpected error ({kind}); please report it."
    return f"Unexpected error ({kind}); please report it with the file {report}."
