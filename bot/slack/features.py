"""The bot's features in Slack, and the events, scopes and Web API methods that each needs.

The manifests in ``deploy/`` are generated from this table, ``doctor`` reads it, and a test compares it with the code in
this package. The base variant needs the fewest scopes with which every question is answered. The full variant can also
read the channels it is in, so that edits, deletions and follow-ups work there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Variant = Literal["base", "full"]


@dataclass(frozen=True, slots=True)
class SlackFeature:
    """A feature and what it needs; it is off without all of its bot ``scopes``. ``name`` completes "the bot …"."""

    name: str
    variant: Variant
    events: tuple[str, ...]
    scopes: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A command or shortcut as Slack shows it."""

    name: str
    description: str


COMMAND = MenuEntry("/pullquote", "Quotes from the archive, visible only to you")
COMMAND_HINT = "your question"
SHORTCUT = MenuEntry("Find quotes for this", "Quotes from the archive for this message, visible only to you")
# The command and the shortcut are in the full variant only.
SHORTCUT_ID = "find_quotes"

FEATURES = (
    SlackFeature("connects to Slack", "base", (), (), ("auth.test", "apps.connections.open")),
    SlackFeature(
        "answers mentions in a thread",
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
    SlackFeature("updates the answer when a question is edited", "base", (), ("chat:write",), ("chat.update",)),
    SlackFeature(
        "deletes the answer when a direct message is deleted",
        "base",
        ("message.im",),
        ("im:history",),
        ("chat.delete",),
    ),
    SlackFeature("tells only the asker why it does not answer", "base", (), ("chat:write",), ("chat.postEphemeral",)),
    SlackFeature("recognises guests and people of other organisations", "base", (), ("users:read",), ("users.info",)),
    SlackFeature("shows the paragraphs around a quote", "base", (), (), ("views.open", "views.update")),
    SlackFeature("shows the archive in its Home tab", "base", ("app_home_opened",), (), ("views.publish",)),
    SlackFeature(
        "lists a person's questions in its Home tab, and unanswered ones for editors",
        "base",
        ("app_home_opened",),
        (),
        ("views.publish", "chat.getPermalink"),
    ),
    SlackFeature("records whether an answer was helpful", "base", (), (), ("views.open",)),
    SlackFeature("shows how an answer was found", "base", (), (), ("views.open",)),
    SlackFeature("notices that its token was revoked", "base", ("tokens_revoked", "app_uninstalled"), (), ()),
    SlackFeature(
        "pages through further passages in a direct message",
        "base",
        (),
        ("im:history", "chat:write"),
        ("conversations.replies", "chat.update"),
    ),
    SlackFeature(
        "checks in a channel whether its answer was posted, if Slack does not confirm it",
        "full",
        (),
        ("channels:history", "groups:history"),
        ("conversations.replies",),
    ),
    SlackFeature(
        "updates or deletes the answer when a question in a channel loses its mention or is deleted",
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
        "answers follow-ups in a thread without a mention, in the workspaces in PULLQUOTE_FOLLOW_UPS",
        "full",
        ("message.channels", "message.groups"),
        ("channels:history", "groups:history", "chat:write"),
        ("chat.postMessage", "chat.delete"),
    ),
    SlackFeature("answers the command /pullquote privately", "full", (), ("commands",), ()),
    SlackFeature(
        "answers mentions in direct messages of several people",
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
        "suggests questions in the Messages tab",
        "full",
        ("app_home_opened",),
        ("assistant:write",),
        ("assistant.threads.setSuggestedPrompts",),
    ),
    SlackFeature(
        "knows which channels are public, to show editors only questions from those",
        "full",
        (),
        ("channels:read",),
        ("conversations.info",),
    ),
    SlackFeature(
        "sends a picture of a quote's page, if it is from a PDF",
        "full",
        (),
        ("files:write", "chat:write"),
        (
            "files.getUploadURLExternal",
            "files.completeUploadExternal",
            "files.delete",
            "chat.postMessage",
            "chat.delete",
        ),
    ),
    SlackFeature("finds quotes for a message with a shortcut", "full", (), ("commands",), ()),
    SlackFeature(
        "shares a private answer in its channel",
        "full",
        (),
        ("commands", "chat:write", "channels:read", "groups:read", "mpim:read"),
        ("chat.postMessage", "chat.update", "conversations.info", "conversations.history"),
    ),
)

REASONS = {
    "app_mentions:read": "receive mentions",
    "chat:write": "post, edit and delete its replies",
    "im:history": "receive direct messages, and find its replies there",
    "users:read": "recognise guests and people of other organisations",
    "channels:history": "receive edits, deletions and follow-ups in public channels, and find its replies there",
    "groups:history": "the same in private channels",
    "commands": "the command /pullquote and the shortcut",
    "channels:read": "know when it joins a public channel, and whether a channel is public or shared externally",
    "groups:read": "know when it joins a private channel, and whether that is shared externally",
    "mpim:history": "receive mentions in direct messages of several people",
    "mpim:read": "know whether such a conversation is shared externally",
    "files:write": "send a picture of a quote's page in a direct message, and delete it after a day",
    "assistant:write": "suggest questions in the Messages tab",
}
"""What the bot needs each scope for, as administrators read it."""


def events(variant: Variant) -> tuple[str, ...]:
    """Return the bot events that the app subscribes to."""
    return tuple(dict.fromkeys(event for feature in _features_of(variant) for event in feature.events))


def scopes(variant: Variant) -> tuple[str, ...]:
    """Return the bot scopes that the app asks for."""
    return tuple(dict.fromkeys(scope for feature in _features_of(variant) for scope in feature.scopes))


def missing_features(granted: frozenset[str], variant: Variant) -> tuple[SlackFeature, ...]:
    """Return the features that are off with the ``granted`` scopes; for "full", only those that base does not have."""
    return tuple(
        feature for feature in FEATURES if feature.variant == variant and not granted.issuperset(feature.scopes)
    )


def _features_of(variant: Variant) -> tuple[SlackFeature, ...]:
    return tuple(feature for feature in FEATURES if feature.variant in ("base", variant))
