"""What Slack sends when a person acts on something of the app's; keeps secret every field that only repeats another."""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.nouns import Channel, Json, Message
from bot.playground.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, when, and the two ways in which the app may come back to it."""

    user: str
    at: str
    trigger_id: str
    response_url: str | None = None


@dataclass(frozen=True, slots=True)
class Payloads:
    """Payloads of one workspace: docs.slack.dev/reference/interaction-payloads."""

    workspace: Workspace

    def message_actions(self, doing: Doing, message: Message, actions: list[Json], values: Json) -> Json:
        """Something on a message was pressed; an ephemeral one is told by its place only."""
        is_ephemeral = message.seen_by is not None
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container |= {"is_ephemeral": is_ephemeral}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        shown = {} if is_ephemeral else {"message": self.workspace.shown(message)}
        where = {"container": container, "channel": self._channel(message.channel), "state": {"values": values}}
        return self._of("block_actions", doing) | where | shown | {"actions": actions}

    def view_actions(self, doing: Doing, view: Json, actions: list[Json], values: Json) -> Json:
        """Something in a modal or in the Home tab was pressed."""
        container = {"type": "view", "view_id": view["id"]}
        return self._of("block_actions", doing) | {
            "container": container,
            "view": self.view(view, values),
            "actions": actions,
        }

    def submission(self, doing: Doing, view: Json, values: Json) -> Json:
        return self._of("view_submission", doing) | {"view": self.view(view, values), "response_urls": []}

    def closing(self, doing: Doing, view: Json, *, is_cleared: bool) -> Json:
        payload = self._of("view_closed", doing) | {"view": self.view(view, {}), "is_cleared": is_cleared}
        del payload["trigger_id"]
        return payload

    def message_shortcut(self, doing: Doing, callback_id: str, message: Message) -> Json:
        shown = {"message_ts": message.ts, "message": self.workspace.shown(message)}
        where = {"channel": self._channel(message.channel), "callback_id": callback_id, "action_ts": doing.at}
        return self._of("message_action", doing) | where | shown

    def global_shortcut(self, doing: Doing, callback_id: str) -> Json:
        return self._of("shortcut", doing) | {"callback_id": callback_id, "action_ts": doing.at}

    def command(self, doing: Doing, channel: str, command: str, text: str) -> Json:
        """A slash command: a flat form, unlike the rest."""
        team, where = self.workspace.team, self._channel(channel)
        user = self.workspace.user(doing.user)
        return {
            "token": "stand-in",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": where["name"],
            "user_id": user.id,
            "user_name": user.name.lower(),
            "command": command,
            "text": text,
            "api_app_id": self.workspace.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": doing.response_url,
            "trigger_id": doing.trigger_id,
        }

    def view(self, view: Json, values: Json) -> Json:
        """A view as payloads show it, with what was entered."""
        app = {"app_id": self.workspace.bot.app_id, "bot_id": self.workspace.bot.bot_id}
        team = {"team_id": self.workspace.team.id, "app_installed_team_id": self.workspace.team.id}
        return view | app | team | {"state": {"values": values}}

    def _of(self, kind: str, doing: Doing) -> Json:
        team, user = self.workspace.team, self.workspace.user(doing.user)
        payload = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": team.id},
            "api_app_id": self.workspace.bot.app_id,
            "token": "stand-in",
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": doing.trigger_id,
        }
        return payload | ({"response_url": doing.response_url} if doing.response_url else {})

    def _channel(self, channel: str) -> Json:
        where: Channel = self.workspace.channel(channel)
        return {"id": where.id, "name": "directmessage" if where.kind == "im" else where.name}
