"""Further passages for a question that has its answer: a page at a time, in the answer's own place.

Keeps secret that the question is read in Slack again, because nobody keeps it, and how passages are parted into pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.index.archive import Archive
from bot.models import Answer, Question, Reply
from bot.slack.buttons import BUTTON_BLOCKS, AnswerRef, PageRef, add_buttons
from bot.slack.layout import MessageContent, render
from bot.slack.payloads import SlackMessage as Said
from bot.slack.plain_text import extract_question
from bot.slack.posting import CallFailure, NotPosted, call_slack
from bot.store.models import MessageRef

# Quotes to which a question is followed; each is weaker than those before it.
MOST = 30
_HISTORIES = frozenset({"channels:history", "groups:history"})


class RereadQuestion(NamedTuple):
    """What a message asks now, and what of it was not read."""

    words: str
    notes: tuple[str, ...]


class PassagePage(NamedTuple):
    """A page of passages: what is said above it, the passages, and whether there is a page after it."""

    notes: tuple[str, ...]
    reply: Reply
    has_next: bool


class PagingAnswerer(Protocol):
    """Who answers questions, as far as pages need it."""

    def answer(self, question: Question) -> Reply: ...


def may_reread(channel: str, scopes: frozenset[str] | None) -> bool:
    """Whether the bot, with these scopes (None: unknown), may read in ``channel`` what it was asked."""
    if scopes is None:
        return False
    return "im:history" in scopes if channel.startswith("D") else scopes >= _HISTORIES


def reread(client: WebClient, ref: MessageRef, bot_user: str) -> RereadQuestion | CallFailure | None:
    """What the message at ``ref`` asks now; None where it is gone, or asks nothing any more."""
    # A thread's first message comes too, whatever the time.
    only: dict[str, Any] = {"oldest": ref.ts, "latest": ref.ts, "inclusive": True, "limit": 2}
    result = call_slack(lambda: client.conversations_replies(channel=ref.channel, ts=ref.ts, **only))
    if isinstance(result, NotPosted) and result.is_gone:
        return None
    if not isinstance(result, SlackResponse):
        return result
    said = next((one for one in result["messages"] if one["ts"] == ref.ts), None)
    words, notes = extract_question(Said.model_validate(said), bot_user) if said else (None, ())
    return None if words is None else RereadQuestion(words, notes)


def page_of(librarian: PagingAnswerer, asked: Question, at: int) -> PassagePage | None:
    """Page ``at`` of what the archive holds on ``asked``, of which 0 is its answer; None where there is none."""
    first = librarian.answer(asked)
    if not isinstance(first, Answer):
        return PassagePage((), first, has_next=False) if at == 0 else None
    if at == 0:
        return PassagePage((), first, has_next=first.has_more)
    known = {(quote.article.id, quote.paragraph.number) for quote in first.quotes}
    every = librarian.answer(replace(asked, limit=MOST))
    found = every.quotes if isinstance(every, Answer) else ()
    further = [quote for quote in found if (quote.article.id, quote.paragraph.number) not in known]
    begin = (at - 1) * asked.limit
    shown = tuple(further[begin : begin + asked.limit])
    if not shown:
        return None
    number = len(first.quotes) + begin + 1
    which = f"{number}–{number + len(shown) - 1}" if len(shown) > 1 else str(number)
    note = f"Passage{'s' if len(shown) > 1 else ''} {which} of {len(known) + len(further)}:"
    # What is said before the answer's quotes is true of them, and need not be of these.
    reply = replace(first, quotes=shown, warning=None, newer_article=None)
    return PassagePage((note,), reply, begin + len(shown) < len(further))


def paged(page: PassagePage, asked: RereadQuestion, turn: PageRef, archive: Archive) -> MessageContent:
    """The reply with ``page`` in its place; VerificationError where a passage is not its article's."""
    reply = page.reply
    quotes = reply.shown_quotes
    for quote in quotes:
        archive.verify(quote)
    before = turn.model_copy(update={"at": turn.at - 1}) if turn.at else None
    after = turn.model_copy(update={"at": turn.at + 1}) if page.has_next else None
    message = render(reply, (*asked.notes, *page.notes), around=BUTTON_BLOCKS)
    answered = AnswerRef(ref=turn.ref, version=turn.version)
    return add_buttons(message, answered, quotes, before=before, after=after)
