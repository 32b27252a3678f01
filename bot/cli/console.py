"""Everything printed in the terminal or logged: without secrets, and without what a terminal takes for commands.

File names, metadata, questions and error messages come from outside, and may contain control sequences.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from bot import settings
from bot.errors import PullquoteError

# Control characters but tabs and line ends, and surrogates, which cannot be encoded.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def sanitize(text: str) -> str:
    """``text`` with secrets and control characters replaced."""
    return _CONTROL.sub("\ufffd", settings.redact(text))


def format_traceback(error: BaseException) -> str:
    """The traceback of ``error`` and of what caused it, with the messages of our own exceptions and the system's.

    Those of others may quote what they failed on, such as a question.
    """
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        name = type(cause).__qualname__
        line = f"{name}: {cause}" if isinstance(cause, PullquoteError | OSError) else name
        frames = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{sanitize(line)}\n")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\nwhich led to this:\n\n".join(reversed(parts))


class LogFormatter(logging.Formatter):
    """Formats log lines without secrets and control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter.format``."""
        return sanitize(super().format(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 -- the name is the standard library's
        """See ``logging.Formatter.formatException``."""
        error = ei[1] if isinstance(ei, tuple) else None
        return format_traceback(error).rstrip() if error else ""


class SafeConsole(Console):
    """A console that sanitizes all text, and colours or interprets none by itself."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See ``rich.console.Console.render``."""
        for text, style, control in super().render(renderable, options):
            link = style.link if style else None
            safe_style = style.update_link(sanitize(link)) if style and link and link != sanitize(link) else style
            yield Segment(text if control else sanitize(text), safe_style, control)
