"""Every block, element, modal and Home tab that the sample app shows."""

from __future__ import annotations

from typing import Any

from bot.models import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(name: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(name), "action_id": name.lower().replace(" ", "_"), **more}


def rich_text(text: str) -> Json:
    return {"type": "text", "text": text}


OVERFLOW = {
    "type": "overflow",
    "action_id": "more",
    "options": [{"text": plain(name), "value": name.lower()} for name in ("Copy", "Why")],
}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                rich_text(", "),
                {"type": "link", "url": "https://articles.example/treaty", "text": "a link"},
                rich_text(" and <b>no markup</b> & *no stars*."),
            ],
        },
        {
            "type": "rich_text_quote",
            "elements": [
                rich_text("The ministers "),
                {"type": "text", "text": "agreed", "style": {"bold": True}},
                rich_text(" on the headquarters."),
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [rich_text(name)]} for name in ("first", "second")],
        },
    ],
}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "feedback",
    "positive_button": {"text": plain("Helpful"), "value": "good"},
    "negative_button": {"text": plain("Not helpful"), "value": "bad"},
}
ALL_BLOCKS: list[Json] = [
    {"type": "header", "text": plain("Every block")},
    RICH,
    {
        "type": "section",
        "text": mrkdwn("*Bold*, _italic_, ~struck~, `code`, <https://articles.example/|a link> &amp; more"),
    },
    {"type": "context", "elements": [mrkdwn("*The Gazette*"), plain("7 May 2025 · ¶ 5 of 7")]},
    {"type": "actions", "elements": [button("Open modal", style="primary"), OVERFLOW]},
    {"type": "context_actions", "elements": [FEEDBACK]},
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "search",
    "title": plain("Search the archive"),
    "submit": plain("Search"),
    "close": plain("Cancel"),
    "notify_on_close": True,
    "blocks": [
        {"type": "section", "text": mrkdwn("Every input that a modal may have.")},
        {
            "type": "input",
            "block_id": "words",
            "label": plain("Words"),
            "hint": plain("As in the articles"),
            "element": {"type": "plain_text_input", "action_id": "words", "placeholder": plain("agreed")},
        },
        {
            "type": "input",
            "block_id": "notes",
            "optional": True,
            "label": plain("Notes"),
            "element": {"type": "plain_text_input", "action_id": "notes", "multiline": True},
        },
    ],
}
DETAILS: Json = {"type": "modal", "title": plain("Another"), "blocks": [{"type": "section", "text": plain("On top.")}]}
HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("The archive at a glance")},
        {"type": "section", "text": mrkdwn("*12 articles*, the latest of 7 May 2025.")},
        {"type": "actions", "elements": [button("Refresh"), button("Open modal")]},
    ],
}
