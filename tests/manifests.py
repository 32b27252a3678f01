"""Generate the app manifests in ``deploy/`` from the features in ``bot/slack/features.py``."""

from __future__ import annotations

from typing import Any, Literal

import yaml

from bot.slack.features import COMMAND, COMMAND_HINT, REASONS, SHORTCUT, SHORTCUT_ID, Variant, events, scopes

Mode = Literal["socket", "http"]

FILES: dict[str, tuple[Variant, Mode]] = {
    "manifest.yaml": ("base", "socket"),
    "manifest-http.yaml": ("base", "http"),
    "manifest-full.yaml": ("full", "socket"),
    "manifest-full-http.yaml": ("full", "http"),
}

_VARIANTS: dict[Variant, str] = {
    "base": "with the fewest scopes",
    "full": "and can read the channels it is in (deploy/README.md explains why)",
}
_MODES: dict[Mode, str] = {
    "socket": "It uses Socket Mode, so it needs no public address.",
    "http": "Slack sends events over HTTP: put your own host name into every URL below.",
}
_DESCRIPTION = (
    "Mention Pullquote in a channel, or send it a direct message, and ask in plain words. It answers with passages of "
    "the team's own archive of articles, word for word, each with its source. It makes nothing up: when the archive "
    "does not answer, it says so."
)


def build_manifest(variant: Variant, mode: Mode) -> dict[str, Any]:
    """Build a manifest in the structure that Slack defines."""
    address = {"request_url": "https://pullquote.example.com/slack/events"} if mode == "http" else {}
    subscriptions = address | {"bot_events": list(events(variant))}
    return {
        "display_information": {
            "name": "Pullquote",
            "description": "Answers questions with quotes from the team's own archive",
            "long_description": _DESCRIPTION,
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Pullquote", "always_online": True},
            **(_full_features(mode) if variant == "full" else {}),
        },
        "oauth_config": {"scopes": {"bot": list(scopes(variant))}},
        "settings": {
            "event_subscriptions": subscriptions,
            "interactivity": {"is_enabled": True, **address},
            "org_deploy_enabled": False,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def _full_features(mode: Mode) -> dict[str, Any]:
    """The features of the full variant alone: agent view, slash command and shortcut."""
    command = {"command": COMMAND.name, "description": COMMAND.description, "usage_hint": COMMAND_HINT}
    address = {"url": "https://pullquote.example.com/slack/events"} if mode == "http" else {}
    shortcut = {"name": SHORTCUT.name, "type": "message", "callback_id": SHORTCUT_ID}
    return {
        "agent_view": {"agent_description": "Finds the answer in the team's own archive, word for word."},
        "slash_commands": [command | address | {"should_escape": False}],
        "shortcuts": [shortcut | {"description": SHORTCUT.description}],
    }


def render_manifest(variant: Variant, mode: Mode) -> str:
    """Render a manifest as YAML with comments: its purpose, how to install it, and the reason for each scope."""
    lines = [
        f"# A Slack app that answers mentions and direct messages from the archive, {_VARIANTS[variant]}.",
        f"# {_MODES[mode]}",
        '# To install: api.slack.com/apps → "Create New App" → "From a manifest" → paste this file.',
        "# Generated from bot/slack/features.py by: python tests/docs.py",
    ]
    for line in yaml.safe_dump(build_manifest(variant, mode), sort_keys=False, width=110).splitlines():
        reason = REASONS.get(line.strip().removeprefix("- "))
        lines.append(f"{line} # {reason}" if reason else line)
    return "\n".join(lines) + "\n"
