"""``pullquote playground``: the bot with a fake Slack and its web page."""

from __future__ import annotations

import logging
import webbrowser
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings
from bot.cli.console import LogFormatter, SafeConsole
from bot.cli.options import CorpusOption, open_corpus_verbosely
from bot.models import Question

if TYPE_CHECKING:
    from bot.search.corpus import Corpus
    from bot.slack.credentials import BotIdentity


# Browsers that Python finds on a system without windows; they would take over the terminal.
_TEXT_BROWSERS = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})

PagePort = Annotated[int, typer.Option(min=0, max=65_535, help="Port of the page; 0 for any free port.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the page's address without opening a browser.")]


def playground(corpus: CorpusOption = None, port: PagePort = 0, no_browser: NoBrowser = False) -> None:
    """Try the bot in a browser, without a Slack workspace, until Ctrl-C."""
    from bot.playground.interactivity import Command, Shortcut
    from bot.playground.page.server import PlaygroundPage
    from bot.playground.server import FakeSlack
    from bot.playground.workspace import YOU
    from bot.slack.access import AccessRules
    from bot.slack.app import Transport, run_until_stopped, serve
    from bot.slack.credentials import Credentials
    from bot.slack.dispatcher import Limits
    from bot.slack.features import COMMAND, COMMAND_HINT, SHORTCUT, SHORTCUT_ID, events, scopes
    from bot.slack.home import Editors
    from bot.store.store import Store

    chosen = settings.load(corpus=corpus)
    opened = open_corpus_verbosely(chosen, chosen.state_dir, reads_files=bool(corpus))
    # Faults that the inspector injects are shown on the page; in the terminal they would only hide the address.
    logging.basicConfig(level=logging.ERROR)
    logging.root.handlers[0].setFormatter(LogFormatter(logging.BASIC_FORMAT))
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    for name in ("bot.search.corpus", "bot.index"):  # they explain why a changed article is not quoted
        logging.getLogger(name).setLevel(logging.WARNING)
    examples = opened.with_current(lambda answerer: answerer.examples)
    with (
        FakeSlack(
            scopes=scopes("full"),
            subscriptions=events("full"),
            commands=[Command(COMMAND.name, COMMAND.description, COMMAND_HINT)],
            shortcuts=[Shortcut(SHORTCUT_ID, SHORTCUT.name)],
        ) as slack,
        PlaygroundPage(slack, examples=examples, port=port) as page,
        opened.watch(),
    ):

        def ready(identity: BotIdentity) -> None:
            if examples:
                _print_answer(opened, examples[0])
            typer.echo(f"The playground is at {page.address} (press Ctrl-C to stop)")
            if not no_browser:
                _open_browser(page.address)

        serving = serve(
            Credentials(slack.bot_token, slack.app_token, slack.api_url, slack.signing_secret),
            store=Store(None),
            load=lambda: opened,
            ready=ready,
            rules=AccessRules(follow_ups=frozenset({slack.team})),
            limits=Limits(chosen.questions_per_person, chosen.questions_per_channel),
            editors=Editors(frozenset({YOU}), see_private=True),
            transport=Transport(port=0),
        )
        run_until_stopped(serving)


def _print_answer(corpus: Corpus, question: str) -> None:
    """Print a question and its answer, as ``ask`` does."""
    from bot.cli.terminal import print_reply

    console = SafeConsole()
    console.print(f"{question}\n", soft_wrap=True)
    reply = corpus.with_current(lambda answerer: answerer.answer(Question(question, today=date.today())))
    print_reply(console, reply)
    typer.echo()


def _open_browser(address: str) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if getattr(browser, "basename", "") not in _TEXT_BROWSERS:
        browser.open(address)
