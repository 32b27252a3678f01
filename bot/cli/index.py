"""The command ``index``: the archive, read and kept ready. Keeps secret how it is told of."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings
from bot.cli.options import CorpusOption, open_corpus_verbosely
from bot.errors import SnapshotError

if TYPE_CHECKING:
    from bot.search.answerer import Answerer


Watch = Annotated[bool, typer.Option("--watch", help="Go on, and read what changes, until Ctrl-C.")]


def index(corpus: CorpusOption = None, watch: Watch = False) -> None:
    """Read the archive and keep it ready on disk, so that questions need not wait for it."""
    chosen = settings.load(corpus=corpus)
    library = open_corpus_verbosely(chosen.corpus, chosen.state_dir)
    if not library.is_kept:
        raise SnapshotError("The index is not kept on disk, so every start has to make it again: see the note above.")
    _tell(library.with_current(_count))
    if watch:
        with library.watched(_tell):
            try:
                Event().wait()
            except KeyboardInterrupt:
                return


def _count(librarian: Answerer) -> int:
    return len(librarian.archive)


def _tell(articles: int) -> None:
    typer.echo(f"{articles:,} article{' is' if articles == 1 else 's are'} ready to be asked.")
