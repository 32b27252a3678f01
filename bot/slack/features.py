"""What the bot does in Slack, the event each feature needs and the scopes that Slack asks for: the one table.

The manifest in ``deploy/`` and the doctor are held to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, the bot event it subscribes to, and the bot scopes without which it does not work."""

    name: str
    event: str
    scopes: tuple[str, ...]


FEATURES = (
    Feature("answers in the thread of a mention", "app_mention", ("app_mentions:read", "chat:write")),
    Feature("answers direct messages", "message.im", ("im:history", "chat:write")),
)

EVENTS = frozenset(feature.event for feature in FEATURES)
SCOPES = frozenset(scope for feature in FEATURES for scope in feature.scopes)


def lacking(granted: frozenset[str]) -> tuple[Feature, ...]:
    """The features that cannot work with the ``granted`` scopes."""
    return tuple(feature for feature in FEATURES if not granted.issuperset(feature.scopes))
