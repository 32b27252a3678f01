"""Pictures of the pages that quotes stand on: sent as a direct message, and deleted from Slack a day later."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PullquoteError
from bot.models import Quote
from bot.slack import strings
from bot.slack.blocks import escape, sentence_block, shorten
from bot.slack.client import (
    CallFailure,
    NotSent,
    SlackClient,
    Unconfirmed,
    call_slack,
    create_message,
    delete_message,
    retry,
    upload_file,
)
from bot.slack.layout import TITLE_LIMIT, MessageContent, citation_block
from bot.slack.resilient_store import StoreThread
from bot.store.store import Store

log = logging.getLogger(__name__)

R = TypeVar("R")

KEEP_HOURS = 24
# Seconds before a failed call is repeated.
RETRY_AFTER = (0.5, 1.0, 2.0)
# Of the description, which screen readers read: the words in the box.
DESCRIPTION_LIMIT = 900
_GONE = frozenset({"file_not_found", "file_deleted"})


class PictureNotSentError(PullquoteError):
    """A picture was not sent, or Slack did not confirm it."""


class PagePictures:
    """Sends pictures to people, and deletes them from Slack. The store records what is to be deleted."""

    def __init__(self, client: SlackClient, store: Store, thread: StoreThread) -> None:
        self._client, self._store, self._run = client, store, thread.run

    async def send(self, user: str, quote: Quote, picture: bytes) -> None:
        """Send ``picture``, a PNG of the page of ``quote``, to ``user``. Raises PictureNotSentError and StoreError."""
        client, title = self._client, _describe_page(quote)
        first, last = quote.pages or (1, 1)
        marks = "The box marks" if first == last else "The box marks the beginning of"
        words = shorten(f"{title}. {marks}: “{quote.text}”", DESCRIPTION_LIMIT)
        file = await _repeat(
            lambda: call_slack(
                client.files_getUploadURLExternal(filename="page.png", length=len(picture), alt_txt=words)
            )
        )
        file_id, url = str(file["file_id"]), str(file["upload_url"])
        await self._run(self._store.add_file, file_id, KEEP_HOURS * 3_600.0)  # before anyone can see it
        await _repeat(lambda: upload_file(client, url, picture))
        # A file cannot be shared with a person, only in a channel. This message returns that of the direct messages,
        # for which no other scope is needed.
        sentence = strings.PAGE_FOLLOWS if first == last else strings.PAGE_BEGINS
        said = sentence_block(sentence.format(page=last, hours=KEEP_HOURS))
        note = MessageContent(escape(title), [citation_block(quote, is_shortened=False), said])
        posted = await _repeat(lambda: call_slack(create_message(client, user, None, note, None)))
        await self._share({"id": file_id, "title": title}, str(posted["channel"]), str(posted["ts"]))

    async def _share(self, file: dict[str, str | None], channel: str, note: str) -> None:
        """Share an uploaded file in ``channel``, below the message at ``note``, which is deleted if that fails."""
        is_unconfirmed = False

        async def share() -> AsyncSlackResponse | CallFailure:
            nonlocal is_unconfirmed
            result = await call_slack(self._client.files_completeUploadExternal(files=[file], channel_id=channel))
            is_unconfirmed = is_unconfirmed or isinstance(result, Unconfirmed)
            return result

        result = await retry(RETRY_AFTER, share)
        if not isinstance(result, CallFailure):
            return
        log.warning("a picture was not shared: %s", result)
        # Slack shares a file once, so an attempt that is refused after an unconfirmed one says nothing about that.
        if is_unconfirmed:
            raise PictureNotSentError(strings.PAGE_NOT_CONFIRMED)
        await delete_message(self._client, channel, note)
        raise PictureNotSentError(strings.PAGE_NOT_SENT)

    async def delete_due(self) -> None:
        """Delete the pictures whose time is over; to be called every few minutes. Raises StoreError."""
        for file_id in await self._run(self._store.find_due_files):
            result = await self._delete(file_id)
            if isinstance(result, CallFailure) and not (isinstance(result, NotSent) and result.code in _GONE):
                log.warning("the picture %s is not deleted yet: %s", file_id, result)
            else:
                await self._run(self._store.remove_file, file_id)

    async def _delete(self, file_id: str) -> AsyncSlackResponse | CallFailure:
        return await retry(RETRY_AFTER, lambda: call_slack(self._client.files_delete(file=file_id)))


async def _repeat(call: Callable[[], Awaitable[R | CallFailure]]) -> R:
    """Await ``call``, again if it fails. Raises PictureNotSentError if it still fails."""
    result = await retry(RETRY_AFTER, call)
    if isinstance(result, CallFailure):
        log.warning("a picture was not sent: %s", result)
        raise PictureNotSentError(strings.PAGE_NOT_SENT)
    return result


def _describe_page(quote: Quote) -> str:
    """The page of a quote and its article's title, in one line."""
    page = quote.pages[0] if quote.pages else 1
    return shorten(f"Page {page} of {quote.article.title}", TITLE_LIMIT)
