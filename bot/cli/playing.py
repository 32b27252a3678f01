"""The command ``playground``: the whole bot beside a stand-in Slack, and its page. Keeps secret how these are wired."""

from __future__ import annotations

import logging
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot import settings
from bot.cli.options import Corpus, told_library
from bot.models import Question

if TYPE_CHECKING:
    from bot.library import Library
    from bot.slack.connection import Identity

# What Python takes for a browser where there are no windows; it would take the terminal over
_IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})

Port = Annotated[int, typer.Option(min=0, max=65_535, help="The page's port; 0 is a free one.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")]


def playground(corpus: Corpus = None, port: Port = 0, no_browser: NoBrowser = False) -> None:
    """Try the bot in a browser, with no Slack workspace, until Ctrl-C."""
    from bot.playground.cast import YOU
    from bot.playground.interactivity import Command, Shortcut
    from bot.playground.page.serving import Page
    from bot.playground.server import StandIn
    from bot.records import Records
    from bot.slack.admission import Rules
    from bot.slack.connection import Access
    from bot.slack.features import COMMAND, COMMAND_HINT, SHORTCUT, SHORTCUT_ID, events, scopes
    from bot.slack.history import Editors
    from bot.slack.limits import Limits
    from bot.slack.serving import serve

    chosen = settings.load(corpus=corpus)
    library = told_library(chosen.corpus, chosen.state_dir)
    # What the inspector's buttons break is told on the page; here it would only hide the address
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    for room in ("bot.library", "bot.indexing"):  # why an article that was changed is not quoted
        logging.getLogger(room).setLevel(logging.WARNING)
    examples = library.consult(lambda librarian: librarian.examples)
    with (
        StandIn(
            scopes=scopes("full"),
            subscriptions=events("full"),
            commands=[Command(COMMAND.name, COMMAND.description, COMMAND_HINT)],
            shortcuts=[Shortcut(SHORTCUT_ID, SHORTCUT.name)],
        ) as slack,
        Page(slack, examples=examples, port=port) as page,
        library.watched(),
    ):

        def ready(identity: Identity) -> None:
            _show(library, examples)
            typer.echo(f"The playground is at {page.address} (Ctrl-C ends it)")
            if not no_browser:
                _open(page.address)

        status = serve(
            Access(slack.bot_token, slack.app_token, slack.api_url, slack.signing_secret),
            records=Records(None),
            load=lambda: library,
            ready=ready,
            rules=Rules(follow_ups=frozenset({slack.team})),
            limits=Limits(chosen.questions_per_person, chosen.questions_per_channel),
            # Whoever tries the bot would see all that it shows
            editors=Editors(frozenset({YOU}), see_private=True),
        )
    raise typer.Exit(status)


def _show(library: Library, examples: tuple[str, ...]) -> None:
    """Print the answer to the first example, as ``ask`` does."""
    from bot.cli.terminal import print_reply

    if examples:
        asked = Question(examples[0])
        typer.echo(f"{asked.text}\n")
        reply = library.consult(lambda librarian: librarian.answer(asked))
        print_reply(Console(highlight=False), reply, None)
        typer.echo()


def _open(address: str) -> None:
    """Show the page in a browser, if there is one with windows."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if getattr(browser, "basename", "") not in _IN_THE_TERMINAL:
        browser.open(address)
