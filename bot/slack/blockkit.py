"""The parts of Block Kit that a message is made of, as the JSON that Slack takes.

Keeps secret that slack_sdk's classes do not make them: each looks through all its attributes whenever it is turned into
JSON, which took more than half of the time in which a reply was laid out. Tests hold every message to those classes all
the same.
"""

from __future__ import annotations

from bot.models import Json


def section(text: Json) -> Json:
    """A block of one text."""
    return {"text": text, "type": "section"}


def context(*texts: Json) -> Json:
    """A block of small texts on one line."""
    return {"elements": list(texts), "type": "context"}


def rich_text(element: Json) -> Json:
    """A block of text that is laid out by its elements and never by what stands in it."""
    return {"elements": [element], "type": "rich_text"}


def rich_text_quote(parts: list[Json]) -> Json:
    """``parts`` behind a bar."""
    return {"elements": parts, "type": "rich_text_quote"}


def bullets(items: list[str]) -> Json:
    """A list of ``items``."""
    return bullet_list([[rich_words(item)] for item in items])


def bullet_list(items: list[list[Json]]) -> Json:
    """A list of items, each of several parts."""
    sections = [{"elements": parts, "type": "rich_text_section"} for parts in items]
    return {"elements": sections, "style": "bullet", "type": "rich_text_list"}


def rich_words(words: str, *, is_bold: bool = False) -> Json:
    """Words of a rich text, shown as they are."""
    return {"style": {"bold": True}, "text": words, "type": "text"} if is_bold else {"text": words, "type": "text"}


def rich_link(url: str, words: str) -> Json:
    """A link in a rich text, whose ``words`` are shown as they are."""
    return {"text": words, "type": "link", "url": url}


def plain_text(text: str) -> Json:
    """A text in which nothing is formatted."""
    return {"emoji": False, "text": text, "type": "plain_text"}


def mrkdwn(text: str) -> Json:
    """A text in Slack's own markup, to which Slack adds no links."""
    return {"text": text, "type": "mrkdwn", "verbatim": True}


def button(text: str, action: str, value: str) -> Json:
    """A button, told by the name of its ``action``."""
    return {"action_id": action, "text": plain_text(text), "type": "button", "value": value}


def overflow(action: str, *options: tuple[str, str]) -> Json:
    """A menu behind three dots, whose ``options`` are each a text and a value."""
    chosen = [{"text": plain_text(text), "value": value} for text, value in options]
    return {"action_id": action, "options": chosen, "type": "overflow"}


def buttons(*elements: Json) -> Json:
    """A row of buttons."""
    return {"elements": list(elements), "type": "actions"}


def feedback(action: str, positive: tuple[str, str], negative: tuple[str, str]) -> Json:
    """Slack's own pair of thumbs, each with its text and its value."""
    up, down = ({"text": plain_text(text), "value": value} for text, value in (positive, negative))
    thumbs = {"action_id": action, "negative_button": down, "positive_button": up, "type": "feedback_buttons"}
    return {"elements": [thumbs], "type": "context_actions"}


def modal(title: str, blocks: list[Json]) -> Json:
    """A window over Slack that only shows."""
    return {"blocks": blocks, "close": plain_text("Close"), "title": plain_text(title), "type": "modal"}


def header(text: str) -> Json:
    """A heading."""
    return {"text": plain_text(text), "type": "header"}


def home(blocks: list[Json]) -> Json:
    """The app's Home tab."""
    return {"blocks": blocks, "type": "home"}
