"""Every block, element, modal and Home view that the gallery shows, as JSON; keeps nothing secret."""

from __future__ import annotations

from typing import Any

from bot.models import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(name: str) -> Json:
    return {"text": plain(name), "value": name.lower()}


def button(name: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(name), "action_id": name.lower().replace(" ", "_"), **more}


OPTIONS = [option("Articles"), option("Reports"), option("Notes")]
SELECT = {"type": "static_select", "action_id": "kind", "placeholder": plain("Pick a kind"), "options": OPTIONS}
CHECKBOXES = {"type": "checkboxes", "action_id": "include", "options": OPTIONS, "initial_options": OPTIONS[:1]}
RADIOS = {"type": "radio_buttons", "action_id": "order", "options": [option("Newest"), option("Best")]}
DATE = {"type": "datepicker", "action_id": "since", "initial_date": "2025-05-07", "placeholder": plain("Since")}
OVERFLOW = {"type": "overflow", "action_id": "more", "options": [option("Copy"), option("Why")]}
PICTURE = {"type": "image", "image_url": "https://pictures.example/map.png", "alt_text": "A map of the strait"}
SURE = {"title": plain("Are you sure?"), "text": plain("This is told."), "confirm": plain("Yes"), "deny": plain("No")}

RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "italic", "style": {"italic": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "struck", "style": {"strike": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "code()", "style": {"code": True}},
                {"type": "text", "text": ", "},
                {"type": "link", "url": "https://articles.example/treaty", "text": "a link"},
                {"type": "text", "text": ", "},
                {"type": "user", "user_id": "U0YOU"},
                {"type": "text", "text": ", "},
                {"type": "channel", "channel_id": "C0RESEARCH"},
                {"type": "text", "text": ", "},
                {"type": "broadcast", "range": "here"},
                {"type": "text", "text": ", "},
                {"type": "emoji", "name": "no_such_emoji"},
                {"type": "text", "text": ", "},
                {"type": "date", "timestamp": 1746576000, "format": "{date_short}"},
                {"type": "text", "text": " and <b>no markup</b> & *no stars*."},
            ],
        },
        {
            "type": "rich_text_quote",
            "elements": [
                {"type": "text", "text": "The ministers "},
                {"type": "text", "text": "agreed", "style": {"bold": True}},
                {"type": "text", "text": " on the headquarters."},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "score  = 1.0\nrank   = 2"}]},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "offset": 2,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "third"}]}],
        },
    ],
}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "feedback",
    "positive_button": {"text": plain("Helpful"), "value": "good"},
    "negative_button": {"text": plain("Not helpful"), "value": "bad"},
}
EVERYTHING: list[Json] = [
    {"type": "header", "text": plain("Every block")},
    RICH,
    {
        "type": "section",
        "text": mrkdwn("*Bold*, _italic_, ~struck~, `code`, <https://articles.example/|a link> &amp; more"),
    },
    {"type": "section", "fields": [mrkdwn("*Source*\nThe Gazette"), mrkdwn("*Date*\n7 May 2025")]},
    {"type": "section", "text": plain("With a menu"), "accessory": OVERFLOW},
    {"type": "section", "text": plain("With a picture"), "accessory": PICTURE},
    {"type": "divider"},
    {"type": "context", "elements": [PICTURE, mrkdwn("*The Gazette*"), plain("7 May 2025 · ¶ 5 of 7")]},
    {"type": "actions", "elements": [button("Open modal", style="primary"), button("Ask first", confirm=SURE), SELECT]},
    {"type": "actions", "block_id": "choices", "elements": [CHECKBOXES, RADIOS, DATE]},
    {
        "type": "context_actions",
        "elements": [FEEDBACK, {"type": "icon_button", "action_id": "bin", "icon": "trash", "text": plain("Remove")}],
    },
    {**PICTURE, "title": plain("The strait")},
    {
        "type": "markdown",
        "text": "## Markdown\n\n- **one**\n- [two](https://articles.example/)\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    },
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "search",
    "title": plain("Search the archive"),
    "submit": plain("Search"),
    "close": plain("Cancel"),
    "notify_on_close": True,
    "blocks": [
        {"type": "section", "text": mrkdwn("Every input that a modal may hold."), "accessory": button("Push another")},
        {
            "type": "input",
            "block_id": "words",
            "label": plain("Words"),
            "hint": plain("As they stand in the articles"),
            "element": {"type": "plain_text_input", "action_id": "words", "placeholder": plain("agreed")},
        },
        {
            "type": "input",
            "block_id": "notes",
            "optional": True,
            "label": plain("Notes"),
            "element": {"type": "plain_text_input", "action_id": "notes", "multiline": True},
        },
        {"type": "input", "block_id": "kind", "optional": True, "label": plain("Kind"), "element": SELECT},
        {"type": "input", "block_id": "since", "optional": True, "label": plain("Since"), "element": DATE},
        {"type": "input", "block_id": "include", "optional": True, "label": plain("Include"), "element": CHECKBOXES},
        {"type": "input", "block_id": "order", "optional": True, "label": plain("Order"), "element": RADIOS},
    ],
}
DETAILS: Json = {"type": "modal", "title": plain("Another"), "blocks": [{"type": "section", "text": plain("On top.")}]}
HOME: Json = {
    "type": "home",
    "blocks": [
        {"type": "header", "text": plain("The archive at a glance")},
        {"type": "section", "text": mrkdwn("*12 articles*, the latest of 7 May 2025."), "accessory": button("Refresh")},
        {"type": "divider"},
        {"type": "actions", "elements": [button("Open modal"), SELECT]},
    ],
}
