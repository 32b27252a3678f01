"""``pullquote index``: build the index of the archive and save it, on this machine or in a cluster."""

from __future__ import annotations

from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot import settings
from bot.cli.options import (
    CorpusOption,
    cluster_address,
    errors,
    open_corpus_verbosely,
    print_notes,
    progress_bar,
)
from bot.errors import SettingsError, SnapshotError
from bot.models import pluralize

if TYPE_CHECKING:
    from bot.settings import Settings

Watch = Annotated[bool, typer.Option("--watch", help="Keep the index up to date until Ctrl-C.")]
Backend = Annotated[
    Literal["embedded", "opensearch"],
    typer.Option("--backend", help="Where to save it: in the state folder, or in PULLQUOTE_OPENSEARCH_URL's cluster."),
]


def index(corpus: CorpusOption = None, watch: Watch = False, backend: Backend = "embedded") -> None:
    """Index the archive and save the index, so that questions are answered without delay."""
    chosen = settings.load(corpus=corpus)
    if backend == "opensearch":
        _index_in_cluster(chosen, watch=watch)
        return
    opened = open_corpus_verbosely(chosen, chosen.state_dir, reads_files=True)
    if not opened.is_saved:
        raise SnapshotError("The index could not be saved, so it is built again at every start; see the note above.")
    _report(opened.with_current(lambda answerer: len(answerer.archive)))
    if watch:
        with opened.watch(_report), suppress(KeyboardInterrupt):
            Event().wait()


def _index_in_cluster(chosen: Settings, *, watch: bool) -> None:
    address = cluster_address(chosen)
    if address is None:
        raise SettingsError("--backend opensearch needs a cluster; set PULLQUOTE_OPENSEARCH_URL.")
    from bot.index.cluster.connection import Connection
    from bot.index.cluster.indexer import Indexer
    from bot.index.cluster.lease import hold_lease
    from bot.index.store import IndexStore

    connection = Connection(address)
    store = IndexStore(chosen.corpus, chosen.state_dir, chosen.read_limits)
    with hold_lease(connection, waits=watch) as lease:
        indexer = Indexer(store, connection, lease)
        with progress_bar(errors) as progress:
            written = indexer.write(progress)
        print_notes(indexer.notes)
        _report(written.state.facts.articles)
        if watch:
            with suppress(KeyboardInterrupt):
                indexer.follow(written, Event(), _report)


def _report(articles: int) -> None:
    typer.echo(f"{pluralize(articles, 'article')} indexed.")
