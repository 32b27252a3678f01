"""Print which files of the bot one mention passes through, and how many functions, from event to recorded reply.

``python -m tests.trace`` asks the sample archive one question, first without Slack, then through the fake Slack in this
process. The code of the fake Slack is not counted. List, dict and set comprehensions are not counted either, since only
Python 3.11 runs them as functions; how many there were is printed. A run that never reaches the answerer fails. The
counts hint at how hard the code is to follow; they are not a goal.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType

import bot
from bot import telemetry
from bot.models import Question
from bot.playground.server import FakeSlack
from bot.search.answerer import Answerer
from bot.search.corpus import Corpus
from bot.slack.features import scopes
from bot.wiring import open_corpus
from tests.slack.harness import Harness
from tests.slack.samples import ScriptedAnswerer

ROOT = Path(__file__).parent.parent
PACKAGE = str(Path(bot.__file__).parent)
QUESTION = "what was agreed on GCAP"
COMPREHENSIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})


class Trace:
    """A context that records, by file, the functions of ``bot`` called in any thread, except the fake Slack's."""

    def __init__(self) -> None:
        self.functions: defaultdict[str, set[str]] = defaultdict(set)
        self.comprehensions: set[tuple[str, str]] = set()
        self.is_active = False

    def __enter__(self) -> Trace:
        self.is_active = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.is_active = False

    def profile(self, frame: FrameType, event: str, argument: object) -> None:
        """Record a call; see ``sys.setprofile``."""
        code = frame.f_code
        if self.is_active and event == "call" and code.co_filename.startswith(PACKAGE):
            name = Path(code.co_filename).relative_to(PACKAGE).as_posix()
            if name.startswith("playground/") or code.co_name == "<module>":
                return
            if code.co_name in COMPREHENSIONS:
                self.comprehensions.add((name, code.co_name))
            else:
                self.functions[name].add(code.co_name)

    @property
    def count(self) -> int:
        """The number of functions, distinct by file and name; the generator expressions of a file count as one."""
        return sum(map(len, self.functions.values()))

    @property
    def named_count(self) -> int:
        """The number of functions without generator and lambda expressions."""
        return sum(not name.startswith("<") for names in self.functions.values() for name in names)


def trace_answer(answerer: Answerer) -> Trace:
    """Trace one call of ``Answerer.answer``."""
    trace = Trace()
    return _run_profiled(trace, lambda: _within(trace, lambda: answerer.answer(Question(QUESTION))))


def trace_mention(corpus: Corpus) -> Trace:
    """Trace one mention in a channel, from its event to its recorded reply."""
    trace = Trace()
    return _run_profiled(trace, lambda: _ask_in_slack(trace, corpus))


def _run_profiled(trace: Trace, work: Callable[[], object]) -> Trace:
    threading.setprofile(trace.profile)
    sys.setprofile(trace.profile)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    if "search/answerer.py" not in trace.functions:
        raise SystemExit("The answerer was not called: another process answered the question, or nothing did.")
    return trace


def _within(trace: Trace, work: Callable[[], object]) -> None:
    with trace:
        work()


def _ask_in_slack(trace: Trace, corpus: Corpus) -> None:
    with tempfile.TemporaryDirectory() as folder, FakeSlack(scopes=scopes("base")) as slack:
        harness = Harness(slack, ScriptedAnswerer(), Path(folder))
        with harness.bot(is_loaded=False) as bot:
            harness.start_answering(bot, corpus)
            with trace:
                harness.ask(QUESTION)
                if not _log_line.wait(60):
                    raise SystemExit("The reply was not recorded within a minute.")


_log_line = threading.Event()
"""Set by the log line of a question, the last step after its reply was recorded."""


class _LogHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _log_line.set()


def main() -> int:
    """Print both traces."""
    telemetry.log.addHandler(_LogHandler())
    telemetry.log.setLevel(logging.INFO)
    corpus = open_corpus([ROOT / "corpus"])
    for name, trace in (
        ("answer", corpus.with_current(trace_answer)),
        ("mention", trace_mention(corpus)),
    ):
        print(f"{name}: {len(trace.functions)} files, {trace.count} functions, {trace.named_count} of them named")
        print(f"  (kinds of comprehensions left out: {len(trace.comprehensions)})")
        for file, functions in sorted(trace.functions.items()):
            print(f"  {file}: {len(functions)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
