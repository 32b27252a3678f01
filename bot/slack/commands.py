"""Questions that are not messages to the bot: commands, shortcuts, shared answers and joining a channel.

They have no message of their own, so the reference to one is made from the time of the interaction.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from time import time
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp

from bot.slack.blocks import escape
from bot.slack.events import DeletedQuestion, IncomingQuestion, MessageWords, Sender, extract_question, parse_event
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.layout import SHARE, ShareRef
from bot.store.models import MessageRef, QuestionEvent


class _Invocation(MessageWords):
    """What is stored until the question is completed; it parses to the same question again."""

    model_config = ConfigDict(populate_by_name=True)
    # The aliases are the keys in the database.
    entry_point: Literal["command", "shortcut", "share", "join"] = Field(
        validation_alias="surface", serialization_alias="surface"
    )
    event_id: str
    ref: tuple[str, str, str] = Field(validation_alias="place", serialization_alias="place")
    version: str = ""
    user: str
    response_url: str | None = None
    is_external: bool = False


def parse_command(payload: dict[str, Any], now: float) -> IncomingQuestion:
    """Parse a slash command received at ``now``, in Unix seconds."""
    return _to_question(
        _Invocation(
            entry_point="command",
            event_id=payload["trigger_id"],
            ref=(payload["team_id"], payload["channel_id"], f"{now:.6f}"),
            user=payload["user_id"],
            response_url=payload["response_url"],
            text=payload.get("text", ""),
        )
    )


def parse_shortcut(payload: dict[str, Any]) -> IncomingQuestion:
    """Parse the use of the shortcut: the text of the message it was used on is the question."""
    channel, ts = payload["channel"]["id"], payload["action_ts"]
    return _to_question(
        _Invocation(
            entry_point="shortcut",
            event_id=f"{SHORTCUT_ID}:{channel}:{ts}",
            ref=(payload["team"]["id"], channel, ts),
            user=payload["user"]["id"],
            response_url=payload["response_url"],
            **dict(MessageWords.model_validate(payload["message"])),
        )
    )


def parse_share(payload: dict[str, Any]) -> IncomingQuestion:
    """Parse a click on "Share": the question of the private answer is asked again for everyone.

    Its reference is the private answer's, and each click is a later version: a second click updates the shared answer,
    or posts it if that failed before, and never posts it twice.
    """
    channel, ts, action = payload["channel"]["id"], payload["container"]["message_ts"], payload["actions"][0]
    return _to_question(
        _Invocation(
            entry_point="share",
            event_id=f"{SHARE}:{channel}:{ts}:{action['action_ts']}",
            ref=(payload["team"]["id"], channel, ts),
            version=action["action_ts"],
            user=payload["user"]["id"],
            response_url=payload["response_url"],
            text=escape(ShareRef.model_validate_json(action["value"]).question),
        )
    )


def parse_join(body: dict[str, Any], bot_user: str) -> IncomingQuestion | None:
    """Parse the event that the bot joined a channel, to be answered with the how-to; None if somebody else joined."""
    joined = body["event"]
    if joined.get("user") != bot_user:
        return None
    return _to_question(
        _Invocation(
            entry_point="join",
            event_id=body["event_id"],
            ref=(body.get("context_team_id") or body["team_id"], joined["channel"], joined["event_ts"]),
            user=joined.get("inviter") or bot_user,
            is_external=body.get("is_ext_shared_channel", False),
        )
    )


def restore_event(body: str, *, bot_user: str) -> IncomingQuestion | DeletedQuestion | None:
    """Parse a stored ``QuestionEvent.body``. ValueError if it is not JSON."""
    stored = json.loads(body)
    try:
        return _to_question(_Invocation.model_validate(stored))
    except ValidationError:
        return parse_event(stored, bot_user=bot_user)


def _to_question(invocation: _Invocation) -> IncomingQuestion:
    ref = MessageRef(*invocation.ref)
    text, notes = extract_question(invocation)
    return IncomingQuestion(
        QuestionEvent(
            invocation.event_id,
            ref,
            invocation.version,
            invocation.model_dump_json(by_alias=True, exclude_defaults=True),
        ),
        invocation.entry_point,
        invocation.user,
        None,
        text,
        notes,
        Sender(
            None,  # the payload does not name the person's workspace, so the access check asks Slack
            frozenset({ref.team}),
            is_external_channel=invocation.is_external,
            # Only the asker sees the answer until it is shared.
            is_public=None if invocation.entry_point == "share" else False,
        ),
        is_unaddressed_edit=False,
        response_url=invocation.response_url,
    )


def register_listeners(app: AsyncApp, take: Callable[[IncomingQuestion], Awaitable[bool]], *, bot_user: str) -> None:
    """Pass these questions to ``take``, and acknowledge them if it returns true.

    If not, Slack delivers an event again, and for anything else shows the person that the app did not respond.
    """

    def listen(parse: Callable[[dict[str, Any]], IncomingQuestion | None]) -> Callable[..., Awaitable[BoltResponse]]:
        async def handle(body: dict[str, Any]) -> BoltResponse:
            question = parse(body)
            return BoltResponse(status=200 if question is None or await take(question) else 503)

        return handle

    app.event("member_joined_channel")(listen(lambda body: parse_join(body, bot_user)))
    app.command(COMMAND.name)(listen(lambda body: parse_command(body, time())))
    app.message_shortcut(SHORTCUT_ID)(listen(parse_shortcut))
    app.block_action(SHARE)(listen(parse_share))
