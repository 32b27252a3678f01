"""Clicks, modals, shortcuts and commands: the payloads, and what Slack accepts as a response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_bolt import Ack, App
from slack_sdk.webhook import WebhookClient

from bot.models import Json
from bot.playground import limits
from bot.playground.block_kit import ElementNotFoundError
from bot.playground.interactivity import Command, InteractionResult, Shortcut
from bot.playground.models import Message, RefusedError
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU, AppViews, ChangeNotifier

Connect = Callable[[App], Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


BUTTON = {"type": "button", "action_id": "more", "value": "7", "text": plain("More")}
BUTTONS = [{"type": "actions", "block_id": "below", "elements": [BUTTON]}]
WORDS = {
    "type": "input",
    "block_id": "words",
    "label": plain("Words"),
    "element": {"type": "plain_text_input", "action_id": "typed", "min_length": 2, "max_length": 5},
}
MODAL = {
    "type": "modal",
    "callback_id": "search",
    "notify_on_close": True,
    "title": plain("Search"),
    "submit": plain("Go"),
    "blocks": [WORDS],
}
HEADER = {"type": "header", "text": plain("Results")}
OTHER = {"type": "modal", "title": plain("Other"), "blocks": [HEADER]}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A fake Slack with a short time for acknowledgements, whose app has a command and two shortcuts."""
    shortcuts = (Shortcut("find", "Find quotes"), Shortcut("open", "Open", "global"))
    command = Command("/quote", "Look up")
    with FakeSlack(scopes=(*SCOPES, "commands"), ack_seconds=1.0, commands=[command], shortcuts=shortcuts) as slack:
        yield slack


def post_answer(slack: FakeSlack) -> Message:
    return slack.workspace.post(GENERAL, slack.bot_user, "An answer", blocks=BUTTONS)


def open_modal(slack: FakeSlack, view: Json = MODAL) -> str:
    view_id: str = slack.views.open(slack.views.issue_trigger(YOU), view)["id"]
    return view_id


def test_a_click_sends_slacks_payload(slack: FakeSlack, app: App, connect: Connect) -> None:
    """The payload has the person, the message, the element, a trigger id and a response URL."""
    received: list[Json] = []

    @app.action("more")
    def more(ack: Ack, body: Json) -> None:
        ack()
        received.append(body)

    connect(app)
    message = post_answer(slack)
    assert slack.interactivity.click(message, "more", user=COLLEAGUE) == InteractionResult()
    (body,) = received
    assert body["user"]["id"] == COLLEAGUE
    assert body["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": GENERAL,
        "is_ephemeral": False,
    }
    assert (body["message"]["text"], body["channel"]["name"]) == ("An answer", "general")
    (done,) = body["actions"]
    assert (done["type"], done["value"], done["block_id"]) == ("button", "7", "below")
    assert body["response_url"].startswith("http://127.0.0.1:")
    assert slack.interactivity.interactions()[0].reply.failure is None


def test_only_existing_elements_can_be_used(slack: FakeSlack) -> None:
    """Unknown elements and options, closed modals, and shortcuts on ephemeral messages cannot be used."""
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.click(post_answer(slack), "gone", user=YOU)
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.submit("V0GONE")
    ephemeral = slack.workspace.post_ephemeral(GENERAL, YOU, "hush")
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.use_shortcut("find", user=YOU, message=ephemeral)
    menu = {"type": "overflow", "action_id": "kind", "options": [{"text": plain("A"), "value": "a"}]}
    blocks = [{"type": "actions", "elements": [menu]}]
    message = slack.workspace.post(GENERAL, slack.bot_user, "Choose", blocks=blocks)
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.click(message, "kind", "b", user=YOU)


def test_a_late_or_missing_acknowledgement_fails_once(slack: FakeSlack, app: App, connect: Connect) -> None:
    """An action is sent once: it fails if it is not acknowledged in time, or if no app is connected."""
    message = post_answer(slack)
    assert slack.interactivity.click(message, "more", user=YOU) == InteractionResult("connection_failed")
    connect(app)
    assert slack.interactivity.click(message, "more", user=YOU) == InteractionResult("timeout")
    assert [one.reply.failure for one in slack.interactivity.interactions()] == ["connection_failed", "timeout"]


def test_a_trigger_expires() -> None:
    """An expired trigger_id opens no modal."""
    views = AppViews(ChangeNotifier(), trigger_seconds=0.0)
    with pytest.raises(RefusedError, match="expired_trigger_id"):
        views.open(views.issue_trigger(YOU), MODAL)


def test_at_most_three_modals_are_open(slack: FakeSlack) -> None:
    """At most three modals are open; each has the ids of the root and the one below."""
    root = open_modal(slack)
    second = slack.views.push_modal(YOU, OTHER)
    assert (second["root_view_id"], second["previous_view_id"]) == (root, root)
    slack.views.push_modal(YOU, OTHER)
    with pytest.raises(RefusedError, match="push_limit_reached"):
        slack.views.push_modal(YOU, OTHER)
    slack.interactivity.close(second["id"])
    assert len(slack.views.open_modals(YOU)) == 2


# What is typed, and Slack's own error for it
INPUT_ERRORS = [
    ("fine", None),
    (None, "Please complete this required field."),
    ("", "Please complete this required field."),
    ("x", "Please enter at least 2 characters."),
    ("too long", "Please enter at most 5 characters."),
]


@pytest.mark.parametrize(("typed", "error"), INPUT_ERRORS)
def test_slack_checks_inputs(slack: FakeSlack, typed: str | None, error: str | None) -> None:
    """An invalid input is an error without a request to the app."""
    outcome = slack.interactivity.submit(open_modal(slack), {"words": {"typed": typed}})
    assert outcome == (
        InteractionResult("connection_failed") if error is None else InteractionResult(errors={"words": error})
    )


# The app's response to a submission, the result, and the titles of the modals that are open then
RESPONSES: dict[str, tuple[dict[str, Any], InteractionResult, list[str]]] = {
    "nothing": ({}, InteractionResult(), []),
    "errors": (
        {"response_action": "errors", "errors": {"words": "No."}},
        InteractionResult(errors={"words": "No."}),
        ["Search"],
    ),
    "errors of no input": (
        {"response_action": "errors", "errors": {"x": "No."}},
        InteractionResult("invalid_errors"),
        ["Search"],
    ),
    "update": ({"response_action": "update", "view": OTHER}, InteractionResult(), ["Other"]),
    "push": ({"response_action": "push", "view": OTHER}, InteractionResult(), ["Search", "Other"]),
    "clear": ({"response_action": "clear"}, InteractionResult(), []),
    "an invalid view": (
        {"response_action": "update", "view": {"type": "home", "blocks": []}},
        InteractionResult("invalid_arguments"),
        ["Search"],
    ),
}


@pytest.mark.parametrize(("answer", "outcome", "titles"), RESPONSES.values(), ids=RESPONSES)
def test_a_response_to_a_submission(
    slack: FakeSlack, app: App, connect: Connect, answer: dict[str, Any], outcome: InteractionResult, titles: list[str]
) -> None:
    """The acknowledgement closes, updates or stacks the modal, or shows errors; an invalid one changes nothing."""
    app.view("search")(lambda ack: ack(**answer))
    connect(app)
    assert slack.interactivity.submit(open_modal(slack), {"words": {"typed": "fine"}}) == outcome
    assert [view["title"]["text"] for view in slack.views.open_modals(YOU)] == titles


def test_view_closed_is_sent_on_request(slack: FakeSlack, app: App, connect: Connect) -> None:
    """Closing a modal sends view_closed if it has notify_on_close."""
    closed: list[bool] = []

    @app.view_closed("search")
    def hear(ack: Ack, body: Json) -> None:
        ack()
        closed.append(body["is_cleared"])

    connect(app)
    slack.interactivity.close(open_modal(slack))
    slack.interactivity.close(open_modal(slack, OTHER))
    slack.interactivity.close(open_modal(slack), is_cleared=True)
    assert closed == [False, True]


def test_a_command_is_answered_in_its_acknowledgement(slack: FakeSlack, app: App, connect: Connect) -> None:
    """The response is ephemeral unless it is in_channel; other names are not commands."""

    @app.command("/quote")
    def quote(ack: Ack, body: Json) -> None:
        ack(text=f"{body['channel_name']}: {body['text']}", response_type=body["text"])

    connect(app)
    assert slack.interactivity.run_command(DM_YOU, "/quote ephemeral", user=YOU) == InteractionResult()
    assert slack.interactivity.run_command(GENERAL, "/quote in_channel", user=YOU) == InteractionResult()
    assert slack.interactivity.run_command(GENERAL, "/other", user=YOU) == InteractionResult("invalid_command")
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["directmessage: ephemeral"]
    assert [one.text for one in slack.replies(GENERAL)] == ["general: in_channel"]


def test_commands_and_shortcuts_need_a_scope() -> None:
    """An app with commands or shortcuts needs the scope commands."""
    for offered in ({"commands": [Command("/quote", "Look up")]}, {"shortcuts": [Shortcut("find", "Find quotes")]}):
        with pytest.raises(ValueError, match="the scope commands"):
            FakeSlack(**offered)


def test_shortcuts_have_payloads(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A message shortcut's payload has its message, a global one's has no channel."""
    received: list[Json] = []

    def hear(ack: Ack, body: Json) -> None:
        ack()
        received.append(body)

    app.shortcut("find")(hear)
    app.shortcut("open")(hear)
    connect(app)
    slack.interactivity.use_shortcut("find", user=YOU, message=post_answer(slack))
    slack.interactivity.use_shortcut("open", user=YOU)
    assert [body["type"] for body in received] == ["message_action", "shortcut"]
    assert received[0]["message"]["text"] == "An answer"
    assert "channel" not in received[1]


def response_url(slack: FakeSlack, app: App, connect: Connect, message: Message) -> str:
    """Return the response URL of a click in ``message``."""
    urls: list[str] = []

    @app.action("more")
    def more(ack: Ack, body: Json) -> None:
        ack()
        urls.append(body["response_url"])

    connect(app)
    slack.interactivity.click(message, "more", user=YOU)
    return urls[0]


def test_a_response_url_posts_replaces_and_deletes(slack: FakeSlack, app: App, connect: Connect) -> None:
    """It posts to the person or to the channel, and edits or deletes the message of the click."""
    message = post_answer(slack)
    webhook = WebhookClient(response_url(slack, app, connect, message))
    assert webhook.send(text="for you").status_code == 200
    assert webhook.send(text="for all", response_type="in_channel").status_code == 200
    assert webhook.send(text="changed", replace_original=True).status_code == 200
    assert slack.workspace.message(GENERAL, message.ts).text == "changed"
    assert webhook.send(delete_original=True).status_code == 200
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["for you"]
    assert [one.text for one in slack.replies(GENERAL)] == ["for all"]


def test_a_response_url_changes_an_ephemeral_message(slack: FakeSlack, app: App, connect: Connect) -> None:
    """It edits and deletes the ephemeral message of the click."""
    ephemeral = slack.workspace.post_ephemeral(GENERAL, YOU, "hush", blocks=BUTTONS)
    webhook = WebhookClient(response_url(slack, app, connect, ephemeral))
    webhook.send(text="changed", replace_original=True)
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["changed"]
    webhook.send(delete_original=True)
    assert slack.workspace.ephemerals(YOU) == ()


def test_a_response_url_can_be_used_five_times(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A sixth use, invalid blocks and an unknown URL are refused."""
    url = response_url(slack, app, connect, post_answer(slack))
    webhook = WebhookClient(url)
    refused = webhook.send(blocks=[{"type": "carousel"}])
    assert (refused.status_code, json.loads(refused.body)["error"]) == (400, "invalid_blocks")
    statuses = [webhook.send(text="again").status_code for _ in range(limits.RESPONSES)]
    assert statuses == [200] * (limits.RESPONSES - 1) + [404]
    assert json.loads(WebhookClient(url + "x").send(text="x").body)["error"] == "expired_url"


def test_a_response_url_can_be_made_to_fail(slack: FakeSlack, app: App, connect: Connect) -> None:
    """It takes the faults of the method ``response_url``, and its uses are logged with the URL."""
    url = response_url(slack, app, connect, post_answer(slack))
    webhook = WebhookClient(url, retry_handlers=[])
    slack.fail_next("response_url", status=429, retry_after=7)
    assert webhook.send(text="first").headers["Retry-After"] == "7"
    slack.fail_next("response_url", drop=True, is_applied=True)
    with pytest.raises(ConnectionError):
        webhook.send(text="second")
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["second"]
    uses = [(call.status, call.arguments["response_url"]) for call in slack.calls if call.method == "response_url"]
    assert uses == [(429, url), (500, url)]


def test_interactions_are_sent_to_a_request_url(slack: FakeSlack) -> None:
    """Over HTTP an action is JSON in a form field, a command is a form, and the response body is the answer."""
    received: list[dict[str, list[str]]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = b"Looked up."
            if self.headers["Content-Type"] == "application/json":
                answer = json.loads(raw)["challenge"].encode()
            else:
                received.append(parse_qs(raw))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Log no requests."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    slack.use_request_url(f"http://127.0.0.1:{server.server_port}/")
    slack.interactivity.click(post_answer(slack), "more", user=YOU)
    slack.interactivity.run_command(GENERAL, "/quote it", user=YOU)
    server.shutdown()
    server.server_close()
    assert json.loads(received[0]["payload"][0])["type"] == "block_actions"
    assert (received[1]["command"], received[1]["text"]) == (["/quote"], ["it"])
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["Looked up."]
