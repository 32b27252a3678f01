"""Block Kit blocks, elements and views as JSON.

The classes of slack_sdk are not used because they are slow: serializing them took more than half of the time needed to
lay out a reply. The tests compare the output with those classes.
"""

from __future__ import annotations

from bot.models import Json


def section(text: str) -> Json:
    """A block with one plain text."""
    return {"text": plain_text(text), "type": "section"}


def context(*texts: Json) -> Json:
    """A block with small texts on one line."""
    return {"elements": list(texts), "type": "context"}


def header(text: str) -> Json:
    """A heading block."""
    return {"text": plain_text(text), "type": "header"}


def quotation(*elements: Json) -> Json:
    """A quotation of text elements, shown with a vertical bar."""
    return {"elements": [{"elements": list(elements), "type": "rich_text_quote"}], "type": "rich_text"}


def bullet_list(items: list[list[Json]]) -> Json:
    """A bulleted list; each item is a list of text and link elements."""
    sections = [{"elements": item, "type": "rich_text_section"} for item in items]
    return {"elements": [{"elements": sections, "style": "bullet", "type": "rich_text_list"}], "type": "rich_text"}


def text_element(text: str, *, is_bold: bool = False) -> Json:
    """Literal text inside a rich text."""
    return {"style": {"bold": True}, "text": text, "type": "text"} if is_bold else {"text": text, "type": "text"}


def link_element(url: str, text: str) -> Json:
    """A link inside a rich text, with literal text."""
    return {"text": text, "type": "link", "url": url}


def plain_text(text: str) -> Json:
    """A text object in which nothing is formatted."""
    return {"emoji": False, "text": text, "type": "plain_text"}


def mrkdwn(text: str) -> Json:
    """A text object in Slack's markup, without automatic links."""
    return {"text": text, "type": "mrkdwn", "verbatim": True}


def button(text: str, action: str, value: str) -> Json:
    """A button; ``action`` is its action id."""
    return {"action_id": action, "text": plain_text(text), "type": "button", "value": value}


def overflow(action: str, *options: tuple[str, str]) -> Json:
    """A three-dot menu; each option is a pair of text and value."""
    items = [{"text": plain_text(text), "value": value} for text, value in options]
    return {"action_id": action, "options": items, "type": "overflow"}


def actions(*elements: Json) -> Json:
    """A row of buttons and menus."""
    return {"elements": list(elements), "type": "actions"}


def feedback(action: str, positive: tuple[str, str], negative: tuple[str, str]) -> Json:
    """Slack's thumbs up and down; each is a pair of text and value."""
    up, down = ({"text": plain_text(text), "value": value} for text, value in (positive, negative))
    thumbs = {"action_id": action, "negative_button": down, "positive_button": up, "type": "feedback_buttons"}
    return {"elements": [thumbs], "type": "context_actions"}


def modal(title: str, blocks: list[Json]) -> Json:
    """A modal without a form."""
    return {"blocks": blocks, "close": plain_text("Close"), "title": plain_text(title), "type": "modal"}


def home_view(blocks: list[Json]) -> Json:
    """The app's Home tab."""
    return {"blocks": blocks, "type": "home"}
