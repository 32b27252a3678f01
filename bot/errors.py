"""Every exception this project raises on purpose, and what each tells a person to do.

    PullquoteError
    ├── SettingsError           a setting, flag or token is missing, malformed or swapped
    ├── ArchiveError            the archive as a whole cannot be used (missing, empty, unreadable)
    ├── UnreadableArticleError  one file cannot be read; it is named and skipped, the rest loads
    ├── VerificationError       a quote is not, byte for byte, what its article says; never posted
    ├── RecordsError            the state folder or its database cannot be used
    ├── SnapshotError           what is known of the archive cannot be written to disk
    ├── DamagedSnapshotError    what was written there is not what is read now; never trusted, built anew
    └── SlackError              Slack refused or could not be reached

The message of each is one sentence, fit to be shown to a person, that says what to do. They are caught at the edge
(``cli``, and the listener of a Slack event), never on the way.
"""

from __future__ import annotations


class PullquoteError(Exception):
    """Anything that a person can be told about in one sentence; ``str(error)`` is that sentence."""


class SettingsError(PullquoteError):
    """A setting, flag or token is missing, malformed or swapped with another."""


class ArchiveError(PullquoteError):
    """The archive as a whole cannot be used."""


class UnreadableArticleError(PullquoteError):
    """One file cannot be read as an article; ``str(error)`` is the reason, without the file's name."""


class VerificationError(PullquoteError):
    """A quote differs from the stored article that it cites."""


class StoreError(PullquoteError):
    """What was asked and answered cannot be recorded."""


class SnapshotError(PullquoteError):
    """A snapshot cannot be written."""


class DamagedSnapshotError(PullquoteError):
    """A snapshot, or a part of it, is not what was written."""


class SlackError(PullquoteError):
    """Slack refused a call, or could not be reached."""
