"""The people and channels that the stand-in opens with; keeps secret nothing: tests name them by these ids."""

from __future__ import annotations

from bot.playground.changes import Changes
from bot.playground.nouns import Channel, Team, User
from bot.playground.workspace import Workspace

BOT = "U0PULLQUOTE"
YOU = "U0YOU"
COLLEAGUE = "U0COLLEAGUE"
OTHER_BOT = "U0OTHERBOT"
GENERAL = "C0GENERAL"
RESEARCH = "C0RESEARCH"
DM_YOU = "D0YOU"
DM_COLLEAGUE = "D0COLLEAGUE"
# Like a channel's: Slack has given no more ids that begin with G since 2021, as openclaw/openclaw#115463 tells
GROUP = "C0GROUP"


def opening_workspace(changes: Changes) -> Workspace:
    """A team of two people, two channels, direct messages with the bot (each alone, both together), another bot."""
    everyone = frozenset({BOT, YOU, COLLEAGUE, OTHER_BOT})
    return Workspace(
        changes,
        team=Team("T0STANDIN", "Stand-in", "stand-in"),
        bot=User(BOT, "Pullquote", bot_id="B0PULLQUOTE", app_id="A0PULLQUOTE"),
        users=(
            User(YOU, "You"),
            User(COLLEAGUE, "Colleague"),
            User(OTHER_BOT, "Other bot", bot_id="B0OTHERBOT", app_id="A0OTHERBOT"),
        ),
        channels=(
            Channel(GENERAL, "general", "channel", everyone),
            Channel(RESEARCH, "research", "channel", everyone),
            Channel(DM_YOU, "", "im", frozenset({BOT, YOU})),
            Channel(DM_COLLEAGUE, "", "im", frozenset({BOT, COLLEAGUE})),
            Channel(GROUP, "mpdm-you--colleague--pullquote-1", "mpim", frozenset({BOT, YOU, COLLEAGUE})),
        ),
    )
