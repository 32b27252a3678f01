"""What people do with an app's elements, modals, shortcuts and commands, and how strictly Slack takes the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.models import Json
from bot.playground import limits
from bot.playground.elements import ElementNotFoundError
from bot.playground.interactivity import Command, InteractionResult, Shortcut
from bot.playground.models import Message
from bot.playground.server import SCOPES, FakeSlack
from bot.playground.validation import RefusedError
from bot.playground.views import AppViews
from bot.playground.workspace import COLLEAGUE, DM_YOU, GENERAL, YOU, ChangeNotifier

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
OTHER = {"type": "modal", "title": plain("Other"), "blocks": [{"type": "divider"}]}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A stand-in whose patience is short, and whose app has a command and two shortcuts."""
    shortcuts = (Shortcut("find", "Find quotes"), Shortcut("open", "Open", "global"))
    command = Command("/quote", "Look up")
    with FakeSlack(scopes=(*SCOPES, "commands"), ack_seconds=1.0, commands=[command], shortcuts=shortcuts) as standin:
        yield standin


def posted(slack: FakeSlack) -> Message:
    return slack.workspace.post(GENERAL, slack.bot_user, "An answer", blocks=BUTTONS)


def opened(slack: FakeSlack, view: Json = MODAL) -> str:
    view_id: str = slack.views.open(slack.views.issue_trigger(YOU), view)["id"]
    return view_id


def test_a_press_tells_all_that_slack_tells(slack: FakeSlack, app: App, connect: Connect) -> None:
    """The payload names the person, the message, the element and two ways back; the id of a block is its own."""
    heard: list[Json] = []

    @app.action("more")
    def more(ack: Ack, body: Json) -> None:
        ack()
        heard.append(body)

    connect(app)
    message = posted(slack)
    assert slack.interactivity.click(message, "more", user=COLLEAGUE) == InteractionResult()
    (body,) = heard
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


def test_what_is_not_shown_cannot_be_pressed(slack: FakeSlack) -> None:
    """A person cannot press what is not there, choose what is not offered, or submit what is closed."""
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.click(posted(slack), "gone", user=YOU)
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.submit("V0GONE")
    whispered = slack.workspace.post_ephemeral(GENERAL, YOU, "hush")
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.use_shortcut("find", user=YOU, message=whispered)
    select = {"type": "static_select", "action_id": "kind", "options": [{"text": plain("A"), "value": "a"}]}
    blocks = [{"type": "actions", "elements": [select]}]
    chooser = slack.workspace.post(GENERAL, slack.bot_user, "Choose", blocks=blocks)
    with pytest.raises(ElementNotFoundError):
        slack.interactivity.click(chooser, "kind", "b", user=YOU)


def test_a_late_or_missing_acknowledgement_fails_once(slack: FakeSlack, app: App, connect: Connect) -> None:
    """Slack tells of an action once: without an answer in time it fails, and with nobody connected at once."""
    message = posted(slack)
    assert slack.interactivity.click(message, "more", user=YOU) == InteractionResult("connection_failed")
    connect(app)
    assert slack.interactivity.click(message, "more", user=YOU) == InteractionResult("timeout")
    assert [one.reply.failure for one in slack.interactivity.interactions()] == ["connection_failed", "timeout"]


def test_a_trigger_soon_expires() -> None:
    """A trigger_id that is too old opens nothing."""
    views = AppViews(ChangeNotifier(), trigger_seconds=0.0)
    with pytest.raises(RefusedError, match="expired_trigger_id"):
        views.open(views.issue_trigger(YOU), MODAL)


def test_modals_stack_three_deep(slack: FakeSlack, client: WebClient) -> None:
    """views.push needs a modal below it, and Slack shows three at most; each knows its root and the one below."""
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_push(trigger_id=slack.views.issue_trigger(YOU), view=OTHER)
    root = opened(slack)
    second = client.views_push(trigger_id=slack.views.issue_trigger(YOU), view=OTHER)["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (root, root)
    client.views_push(trigger_id=slack.views.issue_trigger(YOU), view=OTHER)
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=slack.views.issue_trigger(YOU), view=OTHER)
    slack.interactivity.close(second["id"])
    assert len(slack.views.open_modals(YOU)) == 2


# What is typed, and what Slack says of it before the app hears anything
COMPLAINTS = [
    ("fine", None),
    (None, "Please complete this required field."),
    ("", "Please complete this required field."),
    ("x", "Please enter at least 2 characters."),
    ("too long", "Please enter at most 5 characters."),
]


@pytest.mark.parametrize(("typed", "said"), COMPLAINTS)
def test_slack_checks_inputs_itself(slack: FakeSlack, typed: str | None, said: str | None) -> None:
    """What breaks an input's own rules is complained of without asking the app."""
    outcome = slack.interactivity.submit(opened(slack), {"words": {"typed": typed}})
    assert outcome == (
        InteractionResult("connection_failed") if said is None else InteractionResult(errors={"words": said})
    )


# What the app answers to a submission; the outcome, and the titles of the modals that are open then
ANSWERS: dict[str, tuple[dict[str, Any], InteractionResult, list[str]]] = {
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


@pytest.mark.parametrize(("answer", "outcome", "titles"), ANSWERS.values(), ids=ANSWERS)
def test_a_submission_is_answered(
    slack: FakeSlack, app: App, connect: Connect, answer: dict[str, Any], outcome: InteractionResult, titles: list[str]
) -> None:
    """The acknowledgement closes, corrects, changes or stacks the modal; what Slack would refuse changes nothing."""
    app.view("search")(lambda ack: ack(**answer))
    connect(app)
    assert slack.interactivity.submit(opened(slack), {"words": {"typed": "fine"}}) == outcome
    assert [view["title"]["text"] for view in slack.views.open_modals(YOU)] == titles


def test_closing_is_told_where_it_was_asked_for(slack: FakeSlack, app: App, connect: Connect) -> None:
    """notify_on_close brings a view_closed; a modal without it closes silently."""
    closed: list[bool] = []

    @app.view_closed("search")
    def hear(ack: Ack, body: Json) -> None:
        ack()
        closed.append(body["is_cleared"])

    connect(app)
    slack.interactivity.close(opened(slack))
    slack.interactivity.close(opened(slack, OTHER))
    slack.interactivity.close(opened(slack), is_cleared=True)
    assert closed == [False, True]


def test_a_command_may_be_answered_in_its_acknowledgement(slack: FakeSlack, app: App, connect: Connect) -> None:
    """It is for the person alone unless it says otherwise; a name of the app's only is a command."""

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
    """Slack takes no manifest that has them without the scope commands, and neither does the stand-in."""
    for offered in ({"commands": [Command("/quote", "Look up")]}, {"shortcuts": [Shortcut("find", "Find quotes")]}):
        with pytest.raises(ValueError, match="the scope commands"):
            FakeSlack(**offered)


def test_shortcuts_tell_where_they_were_used(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A message shortcut tells its message, a global one no channel at all."""
    heard: list[Json] = []

    def hear(ack: Ack, body: Json) -> None:
        ack()
        heard.append(body)

    app.shortcut("find")(hear)
    app.shortcut("open")(hear)
    connect(app)
    slack.interactivity.use_shortcut("find", user=YOU, message=posted(slack))
    slack.interactivity.use_shortcut("open", user=YOU)
    assert [body["type"] for body in heard] == ["message_action", "shortcut"]
    assert heard[0]["message"]["text"] == "An answer"
    assert "channel" not in heard[1]


def response_url(slack: FakeSlack, app: App, connect: Connect, message: Message) -> str:
    """The response URL of a press on ``message``."""
    urls: list[str] = []

    @app.action("more")
    def more(ack: Ack, body: Json) -> None:
        ack()
        urls.append(body["response_url"])

    connect(app)
    slack.interactivity.click(message, "more", user=YOU)
    return urls[0]


def test_a_response_url_says_replaces_and_deletes(slack: FakeSlack, app: App, connect: Connect) -> None:
    """It answers the person alone, or all; it changes the message that was pressed, and takes it away."""
    message = posted(slack)
    webhook = WebhookClient(response_url(slack, app, connect, message))
    assert webhook.send(text="for you").status_code == 200
    assert webhook.send(text="for all", response_type="in_channel").status_code == 200
    assert webhook.send(text="changed", replace_original=True).status_code == 200
    assert slack.workspace.message(GENERAL, message.ts).text == "changed"
    assert webhook.send(delete_original=True).status_code == 200
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["for you"]
    assert [one.text for one in slack.replies(GENERAL)] == ["for all"]


def test_a_response_url_is_the_way_back_to_an_ephemeral_message(slack: FakeSlack, app: App, connect: Connect) -> None:
    """Nothing else can change one, or take it away."""
    whispered = slack.workspace.post_ephemeral(GENERAL, YOU, "hush", blocks=BUTTONS)
    webhook = WebhookClient(response_url(slack, app, connect, whispered))
    webhook.send(text="changed", replace_original=True)
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["changed"]
    webhook.send(delete_original=True)
    assert slack.workspace.ephemerals(YOU) == ()


def test_a_response_url_is_good_five_times(slack: FakeSlack, app: App, connect: Connect) -> None:
    """A sixth use is refused, and so are blocks that Slack would not take, and a URL that nobody gave out."""
    url = response_url(slack, app, connect, posted(slack))
    webhook = WebhookClient(url)
    refused = webhook.send(blocks=[{"type": "carousel"}])
    assert (refused.status_code, json.loads(refused.body)["error"]) == (400, "invalid_blocks")
    said = [webhook.send(text="again").status_code for _ in range(limits.RESPONSES)]
    assert said == [200] * (limits.RESPONSES - 1) + [404]
    assert json.loads(WebhookClient(url + "x").send(text="x").body)["error"] == "expired_url"


def test_interactions_come_signed_to_a_request_url(slack: FakeSlack) -> None:
    """Over HTTP an action is JSON in a form's one field, a command is a form of its own, and the body answers."""
    heard: list[dict[str, list[str]]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = b"Looked up."
            if self.headers["Content-Type"] == "application/json":
                answer = json.loads(raw)["challenge"].encode()
            else:
                heard.append(parse_qs(raw))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing of each request."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    slack.use_request_url(f"http://127.0.0.1:{server.server_port}/")
    slack.interactivity.click(posted(slack), "more", user=YOU)
    slack.interactivity.run_command(GENERAL, "/quote it", user=YOU)
    server.shutdown()
    server.server_close()
    assert json.loads(heard[0]["payload"][0])["type"] == "block_actions"
    assert (heard[1]["command"], heard[1]["text"]) == (["/quote"], ["it"])
    assert [one.text for one in slack.workspace.ephemerals(YOU)] == ["Looked up."]
