"""Questions that are not messages to the bot: commands, shortcuts, shared answers and joining a channel.

They have no message of their own, so the reference to one is made from the time of the interaction.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from time import time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp

from bot.slack.buttons import SHARE, ShareRef
from bot.slack.events import DeletedQuestion, IncomingQuestion, Sender, parse_event
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.markup import escape
from bot.slack.payloads import EventEnvelope, MessagePart, PayloadContainer, PayloadId, SlackMessage, extract_question
from bot.store.models import MessageRef, QuestionEvent


class _Command(BaseModel):
    team_id: str
    enterprise_id: str | None = None
    channel_id: str
    user_id: str
    text: str = ""
    trigger_id: str
    response_url: str


class _Interaction(BaseModel):
    """Fields of both shortcuts and button clicks."""

    team: PayloadId
    enterprise: PayloadId | None = None
    user: PayloadId
    channel: PayloadId
    response_url: str


class _Shortcut(_Interaction):
    action_ts: str
    message: SlackMessage


class _ShareAction(BaseModel):
    value: str
    action_ts: str


class _ShareClick(_Interaction):
    container: PayloadContainer
    actions: list[_ShareAction] = Field(min_length=1)


class _MemberJoined(BaseModel):
    user: str
    channel: str
    inviter: str | None = None
    event_ts: str


class _MemberJoinedEnvelope(EventEnvelope):
    event: _MemberJoined


class _Invocation(BaseModel):
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
    text: str = ""
    files: list[MessagePart] = Field(default_factory=list)
    attachments: list[MessagePart] = Field(default_factory=list)
    blocks: list[MessagePart] = Field(default_factory=list)
    is_external: bool = False
    enterprise: str | None = None


def parse_command(payload: dict[str, Any], now: float) -> IncomingQuestion:
    """Parse a slash command received at ``now``, in Unix seconds."""
    command = _Command.model_validate(payload)
    return _to_question(
        _Invocation(
            entry_point="command",
            event_id=command.trigger_id,
            ref=(command.team_id, command.channel_id, f"{now:.6f}"),
            user=command.user_id,
            response_url=command.response_url,
            text=command.text,
            enterprise=command.enterprise_id,
        )
    )


def parse_shortcut(payload: dict[str, Any]) -> IncomingQuestion:
    """Parse the use of the shortcut: the text of the message it was used on is the question."""
    shortcut = _Shortcut.model_validate(payload)
    return _to_question(
        _Invocation(
            entry_point="shortcut",
            event_id=f"{SHORTCUT_ID}:{shortcut.channel.id}:{shortcut.action_ts}",
            ref=(shortcut.team.id, shortcut.channel.id, shortcut.action_ts),
            user=shortcut.user.id,
            response_url=shortcut.response_url,
            text=shortcut.message.text,
            files=shortcut.message.files,
            attachments=shortcut.message.attachments,
            blocks=shortcut.message.blocks,
            enterprise=shortcut.enterprise.id if shortcut.enterprise else None,
        )
    )


def parse_share(payload: dict[str, Any]) -> IncomingQuestion:
    """Parse a click on "Share": the question of the private answer is asked again for everyone.

    Its reference is the private answer's, and each click is a later version: a second click updates the shared answer,
    or posts it if that failed before, and never posts it twice.
    """
    click = _ShareClick.model_validate(payload)
    action, ts = click.actions[0], click.container.message_ts
    return _to_question(
        _Invocation(
            entry_point="share",
            event_id=f"{SHARE}:{click.channel.id}:{ts}:{action.action_ts}",
            ref=(click.team.id, click.channel.id, ts),
            version=action.action_ts,
            user=click.user.id,
            response_url=click.response_url,
            text=escape(ShareRef.model_validate_json(action.value).question),
            enterprise=click.enterprise.id if click.enterprise else None,
        )
    )


def parse_join(body: dict[str, Any], bot_user: str) -> IncomingQuestion | None:
    """Parse the event that the bot joined a channel, to be answered with the how-to; None if somebody else joined."""
    try:
        envelope = _MemberJoinedEnvelope.model_validate(body)
    except ValidationError:
        return None
    joined = envelope.event
    if joined.user != bot_user:
        return None
    return _to_question(
        _Invocation(
            entry_point="join",
            event_id=envelope.event_id,
            ref=(envelope.context_team_id or envelope.team_id, joined.channel, joined.event_ts),
            user=joined.inviter or bot_user,
            is_external=envelope.is_ext_shared_channel,
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
    message = SlackMessage(
        ts=ref.ts,
        text=invocation.text,
        files=invocation.files,
        attachments=invocation.attachments,
        blocks=invocation.blocks,
    )
    text, notes = extract_question(message)
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
            frozenset(team for team in (ref.team, invocation.enterprise) if team),
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

    async def acknowledge(question: IncomingQuestion | None) -> BoltResponse:
        return BoltResponse(status=200 if question is None or await take(question) else 503)

    async def take_command(body: dict[str, Any]) -> BoltResponse:
        return await acknowledge(parse_command(body, time()))

    async def take_shortcut(body: dict[str, Any]) -> BoltResponse:
        return await acknowledge(parse_shortcut(body))

    async def take_share(body: dict[str, Any]) -> BoltResponse:
        return await acknowledge(parse_share(body))

    async def take_join(body: dict[str, Any]) -> BoltResponse:
        return await acknowledge(parse_join(body, bot_user))

    app.event("member_joined_channel")(take_join)
    app.command(COMMAND.name)(take_command)
    app.message_shortcut(SHORTCUT_ID)(take_shortcut)
    app.block_action(SHARE)(take_share)
