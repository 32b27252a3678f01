"""The command ``playground``: the whole bot beside a stand-in Slack, and its page. Keeps secret how these are wired."""

from __future__ import annotations

import logging
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot import settings
from bot.cli.options import CorpusOption, open_corpus_verbosely
from bot.models import Question

if TYPE_CHECKING:
    from bot.search.corpus import Corpus
    from bot.slack.client import BotIdentity


# What Python takes for a browser where there are no windows; it would take the terminal over
_IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})

PagePort = Annotated[int, typer.Option(min=0, max=65_535, help="The page's port; 0 is a free one.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")]


def playground(corpus: CorpusOption = None, port: PagePort = 0, no_browser: NoBrowser = False) -> None:
    """Try the bot in a browser, with no Slack workspace, until Ctrl-C."""
    from bot.playground.interactivity import Command, Shortcut
    from bot.playground.page.server import PlaygroundPage
    from bot.playground.server import FakeSlack
    from bot.playground.workspace import YOU
    from bot.slack.access import AccessRules
    from bot.slack.app import serve
    from bot.slack.client import Credentials
    from bot.slack.dispatcher import Limits
    from bot.slack.features import COMMAND, COMMAND_HINT, SHORTCUT, SHORTCUT_ID, events, scopes
    from bot.slack.home import Editors
    from bot.store.store import Store

    chosen = settings.load(corpus=corpus)
    library = open_corpus_verbosely(chosen.corpus, chosen.state_dir)
    # What the inspector's buttons break is told on the page; here it would only hide the address
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    for room in ("bot.search.corpus", "bot.index"):  # why an article that was changed is not quoted
        logging.getLogger(room).setLevel(logging.WARNING)
    examples = library.with_current(lambda librarian: librarian.examples)
    with (
        FakeSlack(
            scopes=scopes("full"),
            subscriptions=events("full"),
            commands=[Command(COMMAND.name, COMMAND.description, COMMAND_HINT)],
            shortcuts=[Shortcut(SHORTCUT_ID, SHORTCUT.name)],
        ) as slack,
        PlaygroundPage(slack, examples=examples, port=port) as page,
        library.watched(),
    ):

        def ready(identity: BotIdentity) -> None:
            _show(library, examples)
            typer.echo(f"The playground is at {page.address} (Ctrl-C ends it)")
            if not no_browser:
                _open(page.address)

        status = serve(
            Credentials(slack.bot_token, slack.app_token, slack.api_url, slack.signing_secret),
            store=Store(None),
            load=lambda: library,
            ready=ready,
            rules=AccessRules(follow_ups=frozenset({slack.team})),
            limits=Limits(chosen.questions_per_person, chosen.questions_per_channel),
            # Whoever tries the bot would see all that it shows
            editors=Editors(frozenset({YOU}), see_private=True),
        )
    raise typer.Exit(status)


def _show(library: Corpus, examples: tuple[str, ...]) -> None:
    """Print the answer to the first example, as ``ask`` does."""
    from bot.cli.terminal import print_reply

    if examples:
        asked = Question(examples[0])
        typer.echo(f"{asked.text}\n")
        reply = library.with_current(lambda librarian: librarian.answer(asked))
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
