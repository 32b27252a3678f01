"""What the bot does in Slack, and the events, scopes and Web API methods that each feature takes: the one table.

The manifests in ``deploy/`` are made from it, the doctor reads it, and a test holds the code of this folder to it.
Keeps secret nothing. The **base** variant asks for the least with which every question is answered; the **full** one
may also read the channels it is in, and with that keeps its promises there too where Slack or people change their mind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Variant = Literal["base", "full"]


@dataclass(frozen=True, slots=True)
class SlackFeature:
    """A feature, and what it takes: without all of ``scopes``, bot scopes, it is off.

    ``name`` completes "the bot …"; ``events`` are subscriptions, ``methods`` are named as Slack names them.
    """

    name: str
    variant: Variant
    events: tuple[str, ...]
    scopes: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What Slack offers people by name: ``name`` is what they see, ``description`` what it does for them."""

    name: str
    description: str


COMMAND = Offer("/pullquote", "Quotes from the archive, for your eyes only")
COMMAND_HINT = "your question"
SHORTCUT = Offer("Find quotes for this", "Quotes from the archive for this message, for your eyes only")
SHORTCUT_ID = "find_quotes"
"""Both are in the full variant alone."""

FEATURES = (
    SlackFeature("connects to Slack", "base", (), (), ("auth.test", "apps.connections.open")),
    SlackFeature(
        "answers in the thread of a mention",
        "base",
        ("app_mention",),
        ("app_mentions:read", "chat:write"),
        ("chat.postMessage",),
    ),
    SlackFeature(
        "answers direct messages",
        "base",
        ("message.im",),
        ("im:history", "chat:write"),
        ("chat.postMessage", "conversations.history", "conversations.replies"),
    ),
    SlackFeature("brings the answer to an edited question up to date", "base", (), ("chat:write",), ("chat.update",)),
    SlackFeature(
        "removes the answer to a deleted direct message", "base", ("message.im",), ("im:history",), ("chat.delete",)
    ),
    SlackFeature("tells one person alone why it does not answer", "base", (), ("chat:write",), ("chat.postEphemeral",)),
    SlackFeature(
        "tells guests and people of other organisations from colleagues", "base", (), ("users:read",), ("users.info",)
    ),
    SlackFeature("shows the paragraphs around a quote", "base", (), (), ("views.open", "views.update")),
    SlackFeature("shows what the archive holds in its Home tab", "base", ("app_home_opened",), (), ("views.publish",)),
    SlackFeature(
        "lists in its Home tab what a person asked, and to editors what found no answer",
        "base",
        ("app_home_opened",),
        (),
        ("views.publish", "chat.getPermalink"),
    ),
    SlackFeature("takes down whether an answer was helpful", "base", (), (), ("views.open",)),
    SlackFeature("shows how an answer came about", "base", (), (), ("views.open",)),
    SlackFeature(
        "pages through further passages in a direct message",
        "base",
        (),
        ("im:history", "chat:write"),
        ("conversations.replies", "chat.update"),
    ),
    SlackFeature(
        "looks for its own answer in a channel when Slack does not confirm it",
        "full",
        (),
        ("channels:history", "groups:history"),
        ("conversations.replies",),
    ),
    SlackFeature(
        "follows a question in a channel that loses its mention or is deleted",
        "full",
        ("message.channels", "message.groups"),
        ("channels:history", "groups:history"),
        ("chat.update", "chat.delete"),
    ),
    SlackFeature(
        "pages through further passages in a channel",
        "full",
        (),
        ("channels:history", "groups:history"),
        ("conversations.replies", "chat.update"),
    ),
    SlackFeature(
        "answers what goes on with a question in its thread, where PULLQUOTE_FOLLOW_UPS names the workspace",
        "full",
        ("message.channels", "message.groups"),
        ("channels:history", "groups:history", "chat:write"),
        ("chat.postMessage", "chat.delete"),
    ),
    SlackFeature("answers the command /pullquote to its asker alone", "full", (), ("commands",), ()),
    SlackFeature(
        "answers a mention in a direct message of several people",
        "full",
        ("message.mpim",),
        ("mpim:history", "chat:write"),
        ("chat.postMessage", "conversations.replies"),
    ),
    SlackFeature(
        "says how to ask when it is added to a channel",
        "full",
        ("member_joined_channel",),
        ("channels:read", "groups:read", "chat:write"),
        ("chat.postMessage", "conversations.history"),
    ),
    SlackFeature(
        "suggests questions to begin with in the tab Messages",
        "full",
        ("app_home_opened",),
        ("assistant:write",),
        ("assistant.threads.setSuggestedPrompts",),
    ),
    SlackFeature(
        "tells public channels from private ones, for what editors see in its Home tab",
        "full",
        (),
        ("channels:read",),
        ("conversations.info",),
    ),
    SlackFeature("finds quotes for a message by a shortcut", "full", (), ("commands",), ()),
    SlackFeature(
        "shares a private answer in its channel",
        "full",
        (),
        ("commands", "chat:write", "channels:read", "groups:read", "mpim:read"),
        ("chat.postMessage", "chat.update", "conversations.info", "conversations.history"),
    ),
)

REASONS = {
    "app_mentions:read": "be told of a mention",
    "chat:write": "reply, and change or remove one's own reply",
    "im:history": "be told of a direct message, read it again, and find one's own reply beside it",
    "users:read": "tell guests and people of other organisations from colleagues",
    "channels:history": "read a question in a public channel again, find one's own reply, follow an edit or a deletion "
    "and what goes on with a question",
    "groups:history": "the same in a private channel",
    "commands": "offer the command /pullquote and the shortcut on messages",
    "channels:read": "be told of being added to a public channel, that it is one, and whether another organisation is "
    "in it",
    "groups:read": "be told of being added to a private channel, and whether another organisation is in it",
    "mpim:history": "be told of a mention in a direct message of several people",
    "mpim:read": "tell whether another organisation is in such a conversation",
    "assistant:write": "suggest questions to begin with",
}
"""What each scope is for, in the words that an administrator reads."""


def events(variant: Variant) -> tuple[str, ...]:
    """The bot events to which an app of this variant subscribes."""
    return tuple(dict.fromkeys(event for feature in _of(variant) for event in feature.events))


def scopes(variant: Variant) -> tuple[str, ...]:
    """The bot scopes that an app of this variant asks for."""
    return tuple(dict.fromkeys(scope for feature in _of(variant) for scope in feature.scopes))


def missing_features(granted: frozenset[str], variant: Variant) -> tuple[SlackFeature, ...]:
    """The features of ``variant`` (of "full": those that base has not) that are off with the ``granted`` scopes."""
    return tuple(
        feature for feature in FEATURES if feature.variant == variant and not granted.issuperset(feature.scopes)
    )


def _of(variant: Variant) -> tuple[SlackFeature, ...]:
    return tuple(feature for feature in FEATURES if feature.variant in ("base", variant))
