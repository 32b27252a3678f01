"""Render the reply to a question: the archive's answer, the how-to, or a sentence about what went wrong.

Answering is pure computation and holds the interpreter lock: while this process answers, its claims, acknowledgements
and calls have to wait. So ``Renderer`` works on threads and, under load, in a second process.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock, Thread
from time import monotonic, perf_counter
from typing import Any
from uuid import uuid4

from bot.errors import ClusterError, DamagedSnapshotError, VerificationError
from bot.models import Answer, Question, Reply
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus, CorpusAddress
from bot.search.followups import asks_for_more
from bot.search.receipts import make_receipt
from bot.slack import strings
from bot.slack.events import IncomingQuestion
from bot.slack.layout import (
    BUTTONS_SIZE,
    SHARE_HEADER_SIZE,
    AnswerRef,
    MessageContent,
    PageRef,
    add_buttons,
    add_share_header,
    build_how_to,
    build_reply,
    build_sentence,
    can_reread,
    page_ref,
    share_ref,
)
from bot.store.models import Outcome

log = logging.getLogger(__name__)

# Replies that may wait at the same time for a changed archive to be read, or for a cluster. Without a cluster, they are
# computed one after the other.
THREADS = 16
# Seconds that a reply may take in the second process. Usual are milliseconds, or a second in an archive of gigabytes.
TIMEOUT = 10.0
# Seconds after a failure of the second process until another is started.
RESTART_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class RenderedReply:
    """A message to post, and what the log and the store record about it.

    ``confidence`` and ``receipt`` (JSON) are None if nothing was searched. ``previous_questions`` are the ones whose
    subject was searched too, latest first.
    """

    outcome: Outcome
    message: MessageContent
    confidence: float | None = None
    quotes: int = 0
    took_ms: float = 0.0
    receipt: str | None = None
    previous_questions: tuple[str, ...] = ()


SILENCE = RenderedReply("silence", MessageContent("", []))


def render_sentence(outcome: Outcome, sentence: str) -> RenderedReply:
    """Render one sentence of the bot's own."""
    return RenderedReply(outcome, build_sentence(sentence))


def render_apology(why: str, sentence: str = strings.ERROR, *, error: Exception | None = None) -> RenderedReply:
    """Log ``why``, and render ``sentence`` with a reference to the log line."""
    reference = uuid4().hex[:8]
    log.error("%s: %s", reference, why, exc_info=error)
    return render_sentence("apology", sentence.format(reference=reference))


def day_of(ts: str) -> date:
    """The day, in UTC, of a message's timestamp."""
    return datetime.fromtimestamp(float(ts), UTC).date()


def render_reply(
    question: IncomingQuestion,
    answerer: Answerer,
    scopes: frozenset[str] | None = None,
    previous_questions: tuple[str, ...] = (),
) -> RenderedReply:
    """Answer ``question``, verify each quote and render the reply, or an apology if anything fails.

    ``previous_questions`` come latest first. Further passages are offered only if ``scopes`` let the bot
    read the question again. Raises only ``DamagedSnapshotError`` and ``ClusterError``, for ``Corpus.with_current``.
    """
    try:
        return render_or_raise(question, answerer, scopes, previous_questions)
    except (DamagedSnapshotError, ClusterError):
        raise
    except Exception as error:  # noqa: BLE001 -- any failure becomes a sentence for the person who asked
        sentence = strings.UNVERIFIED if isinstance(error, VerificationError) else strings.ERROR
        return render_apology(f"no answer to {question.ref}", sentence, error=error)


def render_or_raise(
    question: IncomingQuestion,
    answerer: Answerer,
    scopes: frozenset[str] | None,
    previous_questions: tuple[str, ...],
) -> RenderedReply:
    """Like ``render_reply``, but raise every error."""
    if question.text is None and question.event.version:
        return SILENCE  # an edit that takes the question back
    if question.text is None:
        return RenderedReply("how-to", build_how_to(answerer.examples, question.notes))
    started = perf_counter()
    reply = answerer.answer(
        Question(question.text, previous_questions=previous_questions, today=day_of(question.ref.ts))
    )
    took_ms = (perf_counter() - started) * 1000
    if question.entry_point == "follow-up" and not _matches_own_words(reply):
        return SILENCE
    for quote in reply.shown_quotes:
        answerer.verify(quote)
    inherited = previous_questions if reply.trace.query.inherited_positions else ()
    answer = AnswerRef(ref=question.ref, version=question.event.version)
    next_page = share = None
    pages = page_ref(question.ref, scopes)
    if question.response_url is None:
        content = build_reply(reply, question.notes, reserved=BUTTONS_SIZE, ref=pages)
        if isinstance(reply, Answer) and reply.has_more and can_reread(question.ref.channel, scopes):
            next_page = PageRef(**dict(answer), at=1, is_follow_up=bool(inherited))
    else:
        content = build_reply(reply, question.notes, reserved=SHARE_HEADER_SIZE + BUTTONS_SIZE, ref=pages)
        if question.entry_point == "share":
            content = add_share_header(content, question.text, question.user)
        else:
            share = share_ref(question.text)
    message = add_buttons(content, answer, reply.shown_quotes, share=share, after=next_page)
    receipt = make_receipt(reply, answerer.archive, answerer.explain).model_dump_json()
    outcome: Outcome = "answer" if isinstance(reply, Answer) else "abstention"
    return RenderedReply(outcome, message, reply.confidence, len(reply.shown_quotes), took_ms, receipt, inherited)


def _matches_own_words(reply: Reply) -> bool:
    """Whether the first quote has most of the words of this question, not just the subject of the earlier ones."""
    query = reply.trace.query
    if asks_for_more(query.question.text):
        return isinstance(reply, Answer)
    own = {word.typed for i, word in enumerate(query.words) if i not in query.inherited_positions}
    missing = own.intersection(reply.quotes[0].unmatched_terms) if isinstance(reply, Answer) and reply.quotes else own
    return 2 * len(missing) < len(own)


class Renderer:
    """Renders replies.

    The second process is started when a question first has to wait for another. If it fails, replies are rendered in
    this process.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="render")
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._is_ready: Future[int] | None = None
        self._start_after = 0.0
        self._is_stopped = False

    async def render(
        self,
        question: IncomingQuestion,
        corpus: Corpus,
        scopes: frozenset[str] | None,
        previous: tuple[str, ...] = (),
    ) -> RenderedReply:
        """Render the reply to ``question`` from ``corpus``; see ``render.render_reply`` and ``with_current``."""

        def work(answerer: Answerer) -> RenderedReply:
            if corpus.waits_for_network:
                return render_reply(question, answerer, scopes, previous)
            has_to_wait = self._lock.locked()
            with self._lock:
                reply = None
                if (has_to_wait or self._pool) and (address := corpus.address) is not None:
                    reply = self._render_in_process(address, question, scopes, previous)
                return reply or render_reply(question, answerer, scopes, previous)

        return await asyncio.get_running_loop().run_in_executor(self._threads, corpus.with_current, work)

    def stop(self) -> None:
        """Kill the second process; a reply it was rendering is rendered here."""
        self._is_stopped = True
        self._kill_process()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _render_in_process(self, *task: Any) -> RenderedReply | None:
        """Render the reply in the second process; if there is none, start it and return None."""
        if self._pool is None and not self._is_stopped and monotonic() >= self._start_after:
            # Forking is unsafe here, because there are threads.
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare_process)
            try:
                self._is_ready = self._pool.submit(os.getpid)  # done when it has started, which takes a second
            except Exception as error:  # noqa: BLE001 -- the reply is rendered here
                self._abandon_process(error)
        pool, is_ready = self._pool, self._is_ready
        if pool is None or is_ready is None or not is_ready.done():
            return None
        try:
            return pool.submit(_render_task, *task).result(TIMEOUT)
        except DamagedSnapshotError:
            raise
        except Exception as error:  # noqa: BLE001 -- the reply is rendered here
            self._abandon_process(error)
            return None

    def _abandon_process(self, error: Exception) -> None:
        if not self._is_stopped:
            log.warning("the second process failed; replies are rendered in this process for a minute: %r", error)
        self._start_after = monotonic() + RESTART_AFTER
        self._kill_process()

    def _kill_process(self) -> None:
        pool, self._pool, self._is_ready = self._pool, None, None
        if pool is not None:
            for process in tuple((pool._processes or {}).values()):  # as ``kill_workers``, which Python 3.14 added
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches this process too; the parent decides when it ends
    logging.disable()  # what fails here is repeated and logged in the parent
    # A pool's process does not notice that its parent was killed.
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


_answerers: dict[CorpusAddress, Answerer | None] = {}
"""In the second process: the answerer of the latest address, None if it cannot be opened there."""


def _render_task(
    address: CorpusAddress,
    question: IncomingQuestion,
    scopes: frozenset[str] | None,
    previous_questions: tuple[str, ...],
) -> RenderedReply | None:
    """Render a reply in the second process; None if that cannot. DamagedSnapshotError as in ``render_reply``."""
    try:
        if address not in _answerers:
            _answerers.clear()
            _answerers[address] = address.open_answerer()
        answerer = _answerers[address]
        return None if answerer is None else render_or_raise(question, answerer, scopes, previous_questions)
    except DamagedSnapshotError:
        raise
    except Exception:  # noqa: BLE001 -- the parent renders the reply again, where the error is handled
        return None
