"""Who may talk to the page, and what it tells the browser: seen from outside, without one."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bot.errors import SettingsError
from bot.models import Json
from bot.playground.page.server import PlaygroundPage
from bot.playground.server import FakeSlack
from bot.playground.workspace import COLLEAGUE, GENERAL, YOU


@pytest.fixture
def page() -> Iterator[PlaygroundPage]:
    """A page with no app behind it."""
    with FakeSlack() as slack, PlaygroundPage(slack) as page:
        yield page


def requested(
    page: PlaygroundPage, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: str = ""
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of the answer."""
    connection = http.client.HTTPConnection(urlsplit(page.address).netloc)
    connection.request(method, path, body=body.encode(), headers=headers or {})
    answer = connection.getresponse()
    given = answer.status, {name.lower(): value for name, value in answer.getheaders()}
    # A stream has no end to be waited for
    text = (answer.readline() if path.startswith("/stream") else answer.read()).decode()
    connection.close()
    return *given, text


def opening(page: PlaygroundPage) -> Json:
    """What the stream tells first."""
    _, _, line = requested(page, f"/stream?as={YOU}")
    told: Json = json.loads(line.removeprefix("data: "))
    return told


# Headers of a request for the page, and whether it is answered
VISITORS = [
    ({}, 200),
    ({"Host": "localhost:1234"}, 200),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ({"Host": "127.0.0.1.evil.example"}, 403),
    ({"Host": "evil.example:80"}, 403),
    ({"Host": ""}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
    ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
]


@pytest.mark.parametrize(("headers", "status"), VISITORS)
@pytest.mark.parametrize("path", ["/", "/static/main.js", "/stream?as=U0YOU"])
def test_only_the_page_itself_is_answered(
    page: PlaygroundPage, path: str, headers: dict[str, str], status: int
) -> None:
    """Another Host or Origin is refused everywhere; a person may follow a link to the page."""
    assert requested(page, path, headers=headers)[0] == status


def test_a_write_carries_the_token_of_this_run(page: PlaygroundPage) -> None:
    """Without the token nothing is done; the page gets it from the stream, which no other page can read."""
    said = json.dumps({"viewer": YOU, "channel": GENERAL, "text": "hello"})
    assert requested(page, "/do/say", method="POST", body=said)[0] == 403
    token = {"x-playground-token": opening(page)["token"]}
    assert requested(page, "/do/say", method="POST", body=said, headers={"x-playground-token": "guessed"})[0] == 403
    assert requested(page, "/do/say", method="POST", body=said, headers=token)[0] == 200
    evil = {**token, "Origin": "http://evil.example"}
    assert requested(page, "/do/say", method="POST", body=said, headers=evil)[0] == 403


def test_the_browser_is_told_to_trust_nothing_else(page: PlaygroundPage) -> None:
    """Every answer forbids scripts, styles, pictures and connections from elsewhere, frames and guessing of types."""
    for path in ("/", "/static/main.js", "/nowhere", "/stream?as=U0YOU"):
        _, headers, _ = requested(page, path)
        rules = headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(rules)
        assert "require-trusted-types-for 'script'" in rules
        assert not [rule for rule in rules if "unsafe" in rule or "http" in rule]
        assert headers["x-content-type-options"] == "nosniff"


FILE = {"name": "plan.pdf", "mimetype": "application/pdf", "size": 1}

# What is asked for, and the status and words that refuse it
REFUSED: list[tuple[str, Json, int, str]] = [
    ("fly", {"viewer": YOU}, 404, "there is not"),
    ("say", {"viewer": YOU, "channel": GENERAL, "text": "  "}, 422, "pattern"),
    ("say", {"viewer": YOU, "channel": GENERAL, "text": "x" * 12_001}, 422, "12000"),
    ("say", {"viewer": YOU, "channel": "C0NOWHERE", "text": "x"}, 404, "no longer there"),
    ("say", {"viewer": YOU, "channel": "D0COLLEAGUE", "text": "x"}, 409, "not in this conversation"),
    ("attach", {"viewer": YOU, "channel": GENERAL, "files": []}, 422, "at least 1"),
    ("attach", {"viewer": YOU, "channel": GENERAL, "files": [FILE] * 11}, 422, "at most 10"),
    ("attach", {"viewer": YOU, "channel": GENERAL, "files": [FILE | {"mimetype": "<b>"}]}, 422, "pattern"),
    ("attach", {"viewer": YOU, "channel": "D0COLLEAGUE", "files": [FILE]}, 409, "not in this conversation"),
    (
        "forward",
        {"viewer": YOU, "channel": GENERAL, "ts": "{ts}", "to": "D0COLLEAGUE"},
        409,
        "not in this conversation",
    ),
    ("forward", {"viewer": YOU, "channel": GENERAL, "ts": "1.0", "to": GENERAL}, 404, "no longer there"),
    ("edit", {"viewer": COLLEAGUE, "channel": GENERAL, "ts": "{ts}", "text": "x"}, 409, "your own"),
    ("delete", {"viewer": COLLEAGUE, "channel": GENERAL, "ts": "{ts}"}, 409, "your own"),
    ("dismiss", {"viewer": YOU, "channel": GENERAL, "ts": "{ts}"}, 409, "you alone"),
    ("submit", {"viewer": YOU, "view_id": "V0"}, 409, "closed"),
    ("deliver-again", {"viewer": YOU, "delivery": 99}, 409, "no such delivery"),
]


@pytest.mark.parametrize(("act", "fields", "status", "words"), REFUSED)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    page: PlaygroundPage, act: str, fields: Json, status: int, words: str
) -> None:
    """A wrong or forged request changes nothing and says why."""
    token = {"x-playground-token": opening(page)["token"]}
    said = json.dumps({"viewer": YOU, "channel": GENERAL, "text": "mine"})
    ts = json.loads(requested(page, "/do/say", method="POST", body=said, headers=token)[2])["ts"]
    given = json.dumps(fields).replace("{ts}", ts)
    answered, _, body = requested(page, f"/do/{act}", method="POST", body=given, headers=token)
    assert answered == status
    assert words in json.loads(body)["error"]


def test_nobody_else_can_be_played(page: PlaygroundPage) -> None:
    """The stream is for the workspace's people; the bot is none of them."""
    assert requested(page, "/stream?as=U0PULLQUOTE")[0] == 404
    assert requested(page, "/stream")[0] == 404


def test_a_port_in_use_is_told_of(page: PlaygroundPage) -> None:
    """Another program on the port is one sentence, not a traceback."""
    port = urlsplit(page.address).port or 0
    with FakeSlack() as slack, pytest.raises(SettingsError, match="choose another with --port"):
        PlaygroundPage(slack, port=port)
