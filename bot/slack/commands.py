"""What is owed a reply and is no message to the bot: a command, a shortcut, a press to share, coming into a channel.

Keeps secret the payloads in which Slack tells of them, and the form in which they are kept until they are settled. None
has a message of its own, so that its place is made from when it was done.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from time import time
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from slack_bolt import App, BoltResponse

from bot.slack.buttons import SHARE, ShareRef
from bot.slack.events import DeletedQuestion, IncomingQuestion, Sender, parse_event
from bot.slack.features import COMMAND, SHORTCUT_ID
from bot.slack.markup import escape
from bot.slack.payloads import MessagePart, SlackMessage
from bot.slack.plain_text import extract_question
from bot.store.models import MessageRef, QuestionEvent


class _Id(BaseModel):
    """Something of which the id alone is read."""

    id: str


class _Command(BaseModel):
    """A slash command, as far as it is read."""

    team_id: str
    enterprise_id: str | None = None
    channel_id: str
    user_id: str
    text: str = ""
    trigger_id: str
    response_url: str


class _Interaction(BaseModel):
    """What shortcuts and buttons have in common."""

    team: _Id
    enterprise: _Id | None = None
    user: _Id
    channel: _Id
    response_url: str


class _Shortcut(_Interaction):
    action_ts: str
    message: SlackMessage


class _ShareAction(BaseModel):
    value: str
    action_ts: str


class _Container(BaseModel):
    message_ts: str


class _SharePayload(_Interaction):
    container: _Container
    actions: list[_ShareAction] = Field(min_length=1)


class _Joined(BaseModel):
    user: str
    channel: str
    inviter: str | None = None
    event_ts: str


class _JoinedEnvelope(BaseModel):
    """The event that somebody has joined a channel, as far as it is read."""

    event_id: str
    team_id: str
    context_team_id: str | None = None
    is_ext_shared_channel: bool = False
    event: _Joined


class _Invocation(BaseModel):
    """What is kept of each of them: all that it takes to read the question again."""

    surface: Literal["command", "shortcut", "share", "join"]
    event_id: str
    place: tuple[str, str, str]
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
    """The question of a slash command that came ``now``, in seconds since 1970."""
    given = _Command.model_validate(payload)
    return _asked(
        _Invocation(
            surface="command",
            event_id=given.trigger_id,
            place=(given.team_id, given.channel_id, f"{now:.6f}"),
            user=given.user_id,
            response_url=given.response_url,
            text=given.text,
            enterprise=given.enterprise_id,
        )
    )


def parse_shortcut(payload: dict[str, Any]) -> IncomingQuestion:
    """The text of the message that the shortcut was used on, as a question."""
    given = _Shortcut.model_validate(payload)
    return _asked(
        _Invocation(
            surface="shortcut",
            event_id=f"{SHORTCUT_ID}:{given.channel.id}:{given.action_ts}",
            place=(given.team.id, given.channel.id, given.action_ts),
            user=given.user.id,
            response_url=given.response_url,
            text=given.message.text,
            files=given.message.files,
            attachments=given.message.attachments,
            blocks=given.message.blocks,
            enterprise=given.enterprise.id if given.enterprise else None,
        )
    )


def parse_share(payload: dict[str, Any]) -> IncomingQuestion:
    """The question whose private answer is to be shared.

    Its place is the private answer's, and each press is a later version of it: pressed again, it brings the shared
    answer up to date, or posts it where that could not be done before, and never shows it twice.
    """
    given = _SharePayload.model_validate(payload)
    pressed, at = given.actions[0], given.container.message_ts
    return _asked(
        _Invocation(
            surface="share",
            event_id=f"{SHARE}:{given.channel.id}:{at}:{pressed.action_ts}",
            place=(given.team.id, given.channel.id, at),
            version=pressed.action_ts,
            user=given.user.id,
            response_url=given.response_url,
            text=escape(ShareRef.model_validate_json(pressed.value).question),
            enterprise=given.enterprise.id if given.enterprise else None,
        )
    )


def parse_join(body: dict[str, Any], bot_user: str) -> IncomingQuestion | None:
    """The bot's own coming into a channel, which asks nothing and gets the how-to; None where somebody else came."""
    try:
        envelope = _JoinedEnvelope.model_validate(body)
    except ValidationError:
        return None
    joined = envelope.event
    if joined.user != bot_user:
        return None
    return _asked(
        _Invocation(
            surface="join",
            event_id=envelope.event_id,
            place=(envelope.context_team_id or envelope.team_id, joined.channel, joined.event_ts),
            user=joined.inviter or bot_user,
            is_external=envelope.is_ext_shared_channel,
        )
    )


def restore_event(body: str, *, bot_user: str) -> IncomingQuestion | DeletedQuestion | None:
    """What ``Delivery.body`` was made of. ValueError where it is not JSON."""
    kept = json.loads(body)
    try:
        return _asked(_Invocation.model_validate(kept))
    except ValidationError:
        return parse_event(kept, bot_user=bot_user)


def _asked(invocation: _Invocation) -> IncomingQuestion:
    ref = MessageRef(*invocation.place)
    said = SlackMessage(
        ts=ref.ts,
        text=invocation.text,
        files=invocation.files,
        attachments=invocation.attachments,
        blocks=invocation.blocks,
    )
    text, notes = extract_question(said, None)
    return IncomingQuestion(
        QuestionEvent(invocation.event_id, ref, invocation.version, invocation.model_dump_json(exclude_defaults=True)),
        invocation.surface,
        invocation.user,
        None,
        text,
        notes,
        # Of whose organisation the person is, Slack does not say here; it is asked.
        Sender(
            None,
            frozenset(one for one in (ref.team, invocation.enterprise) if one),
            is_external_channel=invocation.is_external,
            # Its asker alone sees the answer, until it is shared.
            is_public=None if invocation.surface == "share" else False,
        ),
        is_unaddressed_edit=False,
        response_url=invocation.response_url,
    )


def listen(app: App, take: Callable[[IncomingQuestion], bool], *, bot_user: str) -> None:
    """Hand what ``app`` is told of to ``take``; acknowledged once that has returned true.

    Otherwise Slack delivers an event again, and of all else tells the person that the app did not respond.
    """

    def taken(asked: IncomingQuestion) -> BoltResponse:
        return BoltResponse(status=200 if take(asked) else 503)

    def take_command(body: dict[str, Any]) -> BoltResponse:
        return taken(parse_command(body, time()))

    def take_shortcut(body: dict[str, Any]) -> BoltResponse:
        return taken(parse_shortcut(body))

    def take_share(body: dict[str, Any]) -> BoltResponse:
        return taken(parse_share(body))

    def take_join(body: dict[str, Any]) -> BoltResponse:
        asked = parse_join(body, bot_user)
        return BoltResponse(status=200) if asked is None else taken(asked)

    app.event("member_joined_channel")(take_join)
    app.command(COMMAND.name)(take_command)
    app.message_shortcut(SHORTCUT_ID)(take_shortcut)
    app.block_action(SHARE)(take_share)
