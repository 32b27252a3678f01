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


class ArchiveUnavailableError(ArchiveError):
    """Nothing can be quoted now; the sentence is for the person who asked."""


class ArchiveGoneError(ArchiveUnavailableError):
    """The articles that questions were answered from have been removed, or cannot be reached any more."""

    def __init__(self) -> None:
        super().__init__("The archive's articles are gone or cannot be reached, so none is quoted. Ask again later.")


class ClusterError(ArchiveError):
    """The search cluster refuses a request, or holds nothing that can be searched."""


class ClusterUnavailableError(ClusterError, ArchiveUnavailableError):
    """The search cluster, or a part of it, does not answer; a later attempt may succeed."""

    def __init__(self) -> None:
        super().__init__("The archive cannot be searched now, because its search cluster does not answer. Ask again.")


class EmptyClusterError(ClusterError, ArchiveUnavailableError):
    """The search cluster holds no archive of this name yet."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The search cluster has no archive {name} for this version of Pullquote; run: pullquote index "
            "--backend opensearch"
        )


class ClusterConflictError(ClusterError):
    """Another process has changed what was to be changed."""

    def __init__(self) -> None:
        super().__init__("Another process writes this archive in the search cluster; wait until it is done.")


class SupersededError(ClusterError):
    """The revision from which a question is answered has been deleted; it is asked again of the current one."""

    def __init__(self) -> None:
        super().__init__("The archive has been indexed again meanwhile. Ask again.")


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
