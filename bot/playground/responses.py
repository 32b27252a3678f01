"""Response URLs: what an app may still say to something a person did; keeps secret which URL belongs to what.

Slack states the five uses and the half hour; that a URL past them is answered with 404 is what people saw.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.models import Json
from bot.playground import limits
from bot.playground.events import EventPublisher
from bot.playground.validation import RefusedError, checked_blocks
from bot.playground.workspace import ChangeNotifier, Workspace


@dataclass(frozen=True, slots=True)
class ResponseTarget:
    """What was acted on: by whom, where, and on which message, if on any."""

    user: str
    channel: str
    ts: str | None = None
    is_ephemeral: bool = False


class ResponseUrls:
    """The response URLs that were given out, below ``base``."""

    def __init__(self, changes: ChangeNotifier, workspace: Workspace, publisher: EventPublisher, base: str) -> None:
        self._changes = changes
        self._workspace = workspace
        self._publisher = publisher
        self._base = base
        self._left: dict[str, tuple[ResponseTarget, int, float]] = {}

    def issue(self, origin: ResponseTarget) -> str:
        """A URL at which the app may answer to what was done at ``origin``."""
        with self._changes.writing():
            name = secrets.token_hex(12)
            self._left[name] = (origin, limits.RESPONSES, time.monotonic() + limits.RESPONSE_SECONDS)
            return self._base + name

    async def serve(self, request: Request) -> Response:
        """One use of a response URL."""
        try:
            given = json.loads(await request.body())
            if not isinstance(given, dict):
                raise RefusedError("invalid_payload")
            self.say(self._used(request.path_params["name"]), given)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        except RefusedError as refused:
            status = 404 if refused.error in ("used_url", "expired_url") else 400
            return JSONResponse(refused.answer, status)
        return PlainTextResponse("ok")

    def say(self, origin: ResponseTarget, given: Json) -> None:
        """Post, replace or delete what the app asks for; ``RefusedError`` where Slack would not."""
        with self._changes.writing():
            if origin.ts is not None and given.get("delete_original"):
                self._delete(origin, origin.ts)
                return
            text, blocks = _content(given)
            if origin.ts is not None and given.get("replace_original"):
                self._replace(origin, origin.ts, text, blocks)
            elif given.get("response_type") == "in_channel":
                self._post(origin, text, blocks, given.get("thread_ts"))
            else:
                thread_ts = given.get("thread_ts")
                self._workspace.post_ephemeral(origin.channel, origin.user, text, thread_ts=thread_ts, blocks=blocks)

    def _used(self, name: str) -> ResponseTarget:
        with self._changes.writing():
            if name not in self._left:
                raise RefusedError("expired_url")
            origin, uses, until = self._left[name]
            if until <= time.monotonic():
                raise RefusedError("expired_url")
            if uses == 0:
                raise RefusedError("used_url")
            self._left[name] = (origin, uses - 1, until)
            return origin

    def _post(self, origin: ResponseTarget, text: str, blocks: tuple[Json, ...], thread_ts: str | None) -> None:
        bot = self._workspace.bot.id
        self._publisher.posted(self._workspace.post(origin.channel, bot, text, thread_ts=thread_ts, blocks=blocks))

    def _replace(self, origin: ResponseTarget, ts: str, text: str, blocks: tuple[Json, ...]) -> None:
        if origin.is_ephemeral:
            self._workspace.edit_ephemeral(ts, text, blocks)
        else:
            self._publisher.edited(*self._workspace.edit(origin.channel, ts, text=text, blocks=blocks))

    def _delete(self, origin: ResponseTarget, ts: str) -> None:
        if origin.is_ephemeral:
            self._workspace.delete_ephemeral(ts)
        else:
            self._publisher.deleted(*self._workspace.remove(origin.channel, ts))


def _content(given: Json) -> tuple[str, tuple[Json, ...]]:
    blocks: Any = given.get("blocks")
    checked = checked_blocks(blocks) if blocks else ()
    text = given.get("text")
    if not checked and not (isinstance(text, str) and text.strip()):
        raise RefusedError("no_text")
    return str(text or ""), checked
