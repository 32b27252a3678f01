"""``pullquote serve``: answer questions in Slack."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings
from bot.cli.console import LogFormatter
from bot.cli.options import CorpusOption, ModeOption, database_url, errors, open_corpus_verbosely, slack_credentials
from bot.errors import ArchiveUnavailableError, StoreError

if TYPE_CHECKING:
    from bot.search.corpus import Corpus
    from bot.slack.credentials import BotIdentity
    from bot.store.store import Store


log = logging.getLogger(__name__)

_HOUR, _DAY = 3_600.0, 86_400.0  # seconds

HostOption = Annotated[str, typer.Option(help="Address of /readyz, /metrics and, in HTTP mode, events.")]
PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="Its port.")]


def serve(
    corpus: CorpusOption = None, mode: ModeOption = "socket", host: HostOption = "127.0.0.1", port: PortOption = 3000
) -> None:
    """Answer questions in Slack until SIGTERM or Ctrl-C, over Socket Mode or HTTP."""
    from bot.slack.access import AccessRules
    from bot.slack.app import LOADING, Transport, run_until_stopped
    from bot.slack.app import serve as serve_slack
    from bot.slack.credentials import check_credentials
    from bot.slack.dispatcher import Limits
    from bot.slack.home import Editors
    from bot.telemetry import Telemetry

    chosen = settings.load(corpus=corpus)
    credentials = slack_credentials(chosen)
    check_credentials(credentials, mode)  # before anything else, so that a wrong token is all that is reported
    _configure_logging()
    metrics = Telemetry(log_questions=chosen.log_questions)

    def load() -> Corpus:
        opened = open_corpus_verbosely(chosen, folder, reads_files=bool(corpus))
        with suppress(ArchiveUnavailableError):  # a cluster that does not answer is waited for
            metrics.set_articles(opened.with_current(lambda answerer: len(answerer.archive)))
        stack.enter_context(opened.watch(metrics.set_articles))
        return opened

    def ready(identity: BotIdentity) -> None:
        errors.print(f"Connected to {identity.team} and ready for questions. Press Ctrl-C to stop.", soft_wrap=True)

    with ExitStack() as stack:
        store, folder = stack.enter_context(_open_store(chosen))
        serving = serve_slack(
            credentials,
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
                chosen.workflows,
            ),
            limits=Limits(chosen.questions_per_person, chosen.questions_per_channel),
            telemetry=metrics,
            editors=Editors(frozenset(chosen.editors), chosen.editors_see_private),
        )
        run_until_stopped(serving)
    if any(thread.name == LOADING for thread in threading.enumerate()):
        # Python would abort at its normal end if that thread prints meanwhile.
        os._exit(0)


def _configure_logging() -> None:
    """Log sentences for people, and for each question one line of JSON without a prefix."""
    from bot import telemetry

    logging.basicConfig(level=logging.INFO)
    logging.root.handlers[0].setFormatter(LogFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("slack_sdk", "uvicorn"):  # what matters of theirs is logged by the bot
        logging.getLogger(name).setLevel(logging.ERROR)
    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter("%(message)s"))
    telemetry.log.addHandler(handler)
    telemetry.log.propagate = False


@contextmanager
def _open_store(chosen: settings.Settings) -> Iterator[tuple[Store, Path | None]]:
    """The store, with old questions deleted once a day, and the state folder; None if that cannot be used now."""
    from bot.store.store import Store

    url = database_url(chosen)
    store, folder = Store(chosen.state_dir, url=url, opens_now=False), chosen.state_dir if url else None
    with suppress(StoreError):  # the bot says so, and goes on without it until the database can be used
        store.open()
        folder = chosen.state_dir
    stop = Event()
    thread = Thread(target=_delete_daily, args=(store, chosen.retention_days, stop), name="retention", daemon=True)
    thread.start()
    try:
        yield store, folder
    finally:
        stop.set()
        thread.join(1.0)
        store.close()


def _delete_daily(store: Store, days: int, stop: Event) -> None:
    while not stop.is_set():
        pause = _DAY
        try:
            count = store.delete_completed(days * _DAY)
            if count:
                log.info("deleted the records of %d questions completed more than %d days ago", count, days)
        except StoreError:  # the bot logs why
            log.warning("old questions could not be deleted; this is tried again in an hour")
            pause = _HOUR
        stop.wait(pause)
