"""A message that is forwarded, as an attachment of the one it is forwarded with; keeps secret which fields that has.

Slack's reference says nothing of it; the fields are those that MercuryTechnologies/slack-web's tests keep of two.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.playground.nouns import Json, Message
from bot.playground.workspace import Workspace


def forwarded(workspace: Workspace, message: Message) -> Json:
    """``message`` as an attachment; where it stood is named only of a public channel."""
    author, where = workspace.user(message.user), workspace.channel(message.channel)
    named = {"channel_name": where.name, "footer": f"Posted in #{where.name}"}
    at = datetime.fromtimestamp(float(message.ts), UTC)
    place = {"team": workspace.team.id, "channel": where.id, "ts": message.ts}
    attachment: Json = {
        "from_url": workspace.permalink(message),
        "ts": message.ts,
        "author_id": author.id,
        "author_name": author.name,
        "author_subname": author.name,
        "author_link": f"https://{workspace.team.domain}.slack.com/team/{author.id}",
        "channel_id": where.id,
        "channel_team": workspace.team.id,
        "is_msg_unfurl": True,
        "is_share": True,
        "message_blocks": [place | {"message": {"blocks": list(message.blocks)}}],
        "color": "D0D0D0",
        "fallback": f"[{at:%B} {at.day}, {at:%Y} {at:%H:%M}] {author.name}: {message.text}",
        "text": message.text,
        "mrkdwn_in": ["text"],
    }
    attachment |= named if where.kind == "channel" else {"footer": "Slack Conversation"}
    files = message.shown(workspace.team).get("files")
    return attachment | ({"files": files} if files else {})
