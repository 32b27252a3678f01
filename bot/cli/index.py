"""``pullquote index``: build the index of the archive and save it."""

from __future__ import annotations

from threading import Event
from typing import Annotated

import typer

from bot import settings
from bot.cli.options import CorpusOption, open_corpus_verbosely
from bot.errors import SnapshotError
from bot.models import pluralize

Watch = Annotated[bool, typer.Option("--watch", help="Keep the index up to date until Ctrl-C.")]


def index(corpus: CorpusOption = None, watch: Watch = False) -> None:
    """Index the archive and save the index, so that questions are answered without delay."""
    chosen = settings.load(corpus=corpus)
    opened = open_corpus_verbosely(chosen, chosen.state_dir)
    if not opened.is_saved:
        raise SnapshotError("The index could not be saved, so it is built again at every start; see the note above.")
    _report(opened.with_current(lambda answerer: len(answerer.archive)))
    if watch:
        with opened.watch(_report):
            try:
                Event().wait()
            except KeyboardInterrupt:
                return


def _report(articles: int) -> None:
    typer.echo(f"{pluralize(articles, 'article')} indexed.")
