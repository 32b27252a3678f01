"""All exceptions that the program raises on purpose. Each message is a sentence for people that says what to do.

They are caught at the outermost level only: in ``cli``, and in the handlers of Slack's events.
"""

from __future__ import annotations

from typing import Literal

ReadOutcome = Literal["read", "partly", "no_text", "encrypted", "broken", "too_large", "empty", "unsupported"]
"""What came of reading a file; only "read" and "partly" give an article. "no_text": a scan, or pictures only."""


class PullquoteError(Exception):
    """Base class; ``str(error)`` is the sentence."""


class SettingsError(PullquoteError):
    """A setting, flag or token is missing, malformed or swapped with another."""


class ArchiveError(PullquoteError):
    """The archive as a whole is missing, empty or unreadable."""


class ArchiveGoneError(ArchiveError):
    """The articles that questions were answered from have been removed, or cannot be reached any more."""

    def __init__(self) -> None:
        super().__init__("The archive's articles are gone or cannot be reached, so none is quoted. Ask again later.")


class UnreadableArticleError(PullquoteError):
    """One file cannot be read as an article and is skipped; ``str(error)`` is the reason, without the file name."""

    def __init__(self, reason: str, outcome: ReadOutcome = "broken") -> None:
        super().__init__(reason)
        self.outcome: ReadOutcome = outcome


class ReadLimitError(UnreadableArticleError):
    """A file takes more time or memory to read than it may."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "too_large")


class VerificationError(PullquoteError):
    """A quote differs from the article that it cites; it is never posted."""


class StoreError(PullquoteError):
    """The state folder or its database cannot be used."""


class SnapshotError(PullquoteError):
    """An index cannot be saved."""


class DamagedSnapshotError(PullquoteError):
    """A saved index is damaged; it is built again."""


class SlackError(PullquoteError):
    """Slack refused a call or could not be reached."""


class SlackUnavailableError(SlackError):
    """Slack could not be reached or did not answer; a later attempt may succeed."""
