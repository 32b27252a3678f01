"""The commands of whoever runs the bot: serve, doctor, forget. Keeps secret how they are spelt and what serve logs."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from bot import settings
from bot.cli.options import CorpusOption, errors, open_corpus_verbosely, open_store
from bot.errors import ArchiveError, StoreError
from bot.models import pluralize

if TYPE_CHECKING:
    from pathlib import Path

    from bot.search.corpus import Corpus
    from bot.slack.client import BotIdentity, Credentials
    from bot.store.store import Store


log = logging.getLogger(__name__)

DAY = 86_400.0  # seconds

ModeOption = Annotated[Literal["socket", "http"], typer.Option("--mode", help="How Slack's events come in.")]
HostOption = Annotated[str, typer.Option(help="With --mode http: the address to listen on.")]
PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="With --mode http: the port to listen on.")]
OlderThan = Annotated[
    int | None,
    typer.Option("--older-than", min=0, help="Only what was settled more than DAYS days ago.", metavar="DAYS"),
]


def serve(
    corpus: CorpusOption = None, mode: ModeOption = "socket", host: HostOption = "127.0.0.1", port: PortOption = 3000
) -> None:
    """Answer questions in Slack until SIGTERM or Ctrl-C, over Socket Mode or at an address of your own."""
    from bot.slack.access import AccessRules
    from bot.slack.app import Transport
    from bot.slack.app import serve as serve_slack
    from bot.slack.client import verify_credentials
    from bot.slack.dispatcher import Limits
    from bot.slack.home import Editors
    from bot.telemetry import Telemetry

    chosen = settings.load(corpus=corpus)
    access = _access(chosen)
    verify_credentials(access, mode)  # first, so that a wrong token is all that is reported
    _log_to_standard_error()
    telemetry = Telemetry(log_questions=chosen.log_questions)

    def load() -> Corpus:
        library = open_corpus_verbosely(chosen.corpus, folder)
        telemetry.set_articles(library.with_current(lambda librarian: len(librarian.archive)))
        ending.enter_context(library.watched(telemetry.set_articles))
        return library

    def ready(identity: BotIdentity) -> None:
        errors.print(f"Connected to {identity.team}; questions are answered. Ctrl-C ends.", soft_wrap=True)

    with ExitStack() as ending:
        store, folder = ending.enter_context(_state(chosen))
        status = serve_slack(
            access,
            store=store,
            load=load,
            ready=ready,
            transport=Transport(mode, host, port, chosen.metrics_public),
            rules=AccessRules(
                frozenset(chosen.workspaces),
                frozenset(chosen.channels),
                chosen.guests,
                chosen.external,
                frozenset(chosen.follow_ups),
            ),
            limits=Limits(chosen.questions_per_person, chosen.questions_per_channel),
            telemetry=telemetry,
            editors=Editors(frozenset(chosen.editors), chosen.editors_see_private),
        )
    raise typer.Exit(status)


def doctor(corpus: CorpusOption = None, mode: ModeOption = "socket") -> None:
    """Check everything that Pullquote needs, and say what to do where something is missing."""
    from bot.cli.progress import progress_bar
    from bot.cli.report import print_findings
    from bot.doctor import ArchiveCheck, examine, exit_status
    from bot.index.native import native_library
    from bot.wiring import open_corpus

    chosen = settings.load(corpus=corpus)
    try:
        with progress_bar(errors) as progress:
            library = open_corpus(chosen.corpus, progress=progress)
        archive = library.with_current(lambda librarian: librarian.archive)
        skipped = tuple((one.name, one.reason) for one in library.notes.skipped)
        reading = ArchiveCheck(len(archive), len(archive.paragraphs), skipped)
    except ArchiveError as error:
        reading = ArchiveCheck(0, 0, problem=str(error))
    findings = examine(
        python=sys.version_info[:2],
        is_compiled=native_library() is not None,
        reading=reading,
        state_folder=chosen.state_dir,
        access=_access(chosen),
        mode=mode,
    )
    print_findings(Console(highlight=False), findings)
    raise typer.Exit(exit_status(findings))


def forget(older_than: OlderThan = None) -> None:
    """Delete the record of the questions that were answered."""
    with open_store(settings.load().state_dir) as store:
        count = store.delete_completed(None if older_than is None else time.time() - older_than * DAY)
    typer.echo(f"Deleted the record of {pluralize(count, 'question')}.")


def _log_to_standard_error() -> None:
    """Each question as a line of JSON alone, for programs; all else as sentences, for people."""
    from bot import telemetry

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for told_elsewhere in ("slack_sdk", "uvicorn"):  # every retry, of which the end is told anyway; what serve says
        logging.getLogger(told_elsewhere).setLevel(logging.WARNING)
    bare = logging.StreamHandler()
    bare.setFormatter(logging.Formatter("%(message)s"))
    telemetry.log.addHandler(bare)
    telemetry.log.propagate = False


@contextmanager
def _state(chosen: settings.Settings) -> Iterator[tuple[Store, Path | None]]:
    """The records, of which the old part is deleted once a day, and the state folder; in memory where that is unusable.

    Nothing else is kept then either: that it cannot be used is said once.
    """
    from bot.store.store import Store

    try:
        store, folder = Store(chosen.state_dir), chosen.state_dir
    except StoreError as error:
        log.error("%s Until the next start, questions are answered without knowing what was answered before.", error)
        store, folder = Store(None), None
    over = Event()
    forgetting = Thread(target=_forget_daily, args=(store, chosen.retention_days, over), name="forget", daemon=True)
    forgetting.start()
    try:
        yield store, folder
    finally:
        over.set()
        forgetting.join(1.0)
        store.close()


def _forget_daily(store: Store, days: int, over: Event) -> None:
    while not over.is_set():
        try:
            count = store.delete_completed(time.time() - days * DAY)
            if count:
                log.info("deleted the record of %d questions that were settled more than %d days ago", count, days)
        except StoreError as error:
            log.error("nothing was deleted today: %s", error)
        over.wait(DAY)


def _access(chosen: settings.Settings) -> Credentials:
    from bot.slack.client import Credentials

    secrets = (chosen.slack_bot_token, chosen.slack_app_token, chosen.slack_signing_secret)
    bot, app_level, signing = (secret.get_secret_value() if secret else "" for secret in secrets)
    return Credentials(bot, app_level, chosen.slack_api_url, signing)
