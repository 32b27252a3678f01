"""Access to the page's server, its security headers and its errors."""

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
    """A page without an app."""
    with FakeSlack() as slack, PlaygroundPage(slack) as page:
        yield page


def request(
    page: PlaygroundPage, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: str = ""
) -> tuple[int, dict[str, str], str]:
    """Return status, headers and text of the response."""
    connection = http.client.HTTPConnection(urlsplit(page.address).netloc)
    connection.request(method, path, body=body.encode(), headers=headers or {})
    answer = connection.getresponse()
    given = answer.status, {name.lower(): value for name, value in answer.getheaders()}
    # A stream does not end
    text = (answer.readline() if path.startswith("/stream") else answer.read()).decode()
    connection.close()
    return *given, text


def first_update(page: PlaygroundPage) -> Json:
    """Return the first update of the stream."""
    _, _, line = request(page, f"/stream?as={YOU}")
    update: Json = json.loads(line.removeprefix("data: "))
    return update


# Headers of a request for the page, and the status of the response
REQUESTS = [
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


@pytest.mark.parametrize(("headers", "status"), REQUESTS)
@pytest.mark.parametrize("path", ["/", "/static/main.js", "/stream?as=U0YOU"])
def test_only_requests_of_the_page_are_allowed(
    page: PlaygroundPage, path: str, headers: dict[str, str], status: int
) -> None:
    """Another Host or Origin is refused on all routes; a link to the page works."""
    assert request(page, path, headers=headers)[0] == status


def test_an_action_needs_the_token_of_this_run(page: PlaygroundPage) -> None:
    """An action without the token is refused; it is in the stream, which no other page can read."""
    said = json.dumps({"viewer": YOU, "channel": GENERAL, "text": "hello"})
    assert request(page, "/actions/say", method="POST", body=said)[0] == 403
    token = {"x-playground-token": first_update(page)["token"]}
    assert request(page, "/actions/say", method="POST", body=said, headers={"x-playground-token": "guessed"})[0] == 403
    assert request(page, "/actions/say", method="POST", body=said, headers=token)[0] == 200
    evil = {**token, "Origin": "http://evil.example"}
    assert request(page, "/actions/say", method="POST", body=said, headers=evil)[0] == 403


def test_all_responses_have_security_headers(page: PlaygroundPage) -> None:
    """Every response forbids content from other hosts, frames and content type sniffing."""
    for path in ("/", "/static/main.js", "/nowhere", "/stream?as=U0YOU"):
        _, headers, _ = request(page, path)
        rules = headers["content-security-policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} <= set(rules)
        assert "require-trusted-types-for 'script'" in rules
        assert not [rule for rule in rules if "unsafe" in rule or "http" in rule]
        assert headers["x-content-type-options"] == "nosniff"


FILE = {"name": "plan.pdf", "mimetype": "application/pdf", "size": 1}

# An action, its fields, and the status and words of the error
REFUSED: list[tuple[str, Json, int, str]] = [
    ("fly", {"viewer": YOU}, 404, "no such action"),
    ("say", {"viewer": YOU, "channel": GENERAL, "text": "  "}, 422, "pattern"),
    ("say", {"viewer": YOU, "channel": GENERAL, "text": "x" * 12_001}, 422, "12000"),
    ("say", {"viewer": YOU, "channel": "C0NOWHERE", "text": "x"}, 404, "not exist any more"),
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
    ("forward", {"viewer": YOU, "channel": GENERAL, "ts": "1.0", "to": GENERAL}, 404, "not exist any more"),
    ("edit", {"viewer": COLLEAGUE, "channel": GENERAL, "ts": "{ts}", "text": "x"}, 409, "your own"),
    ("delete", {"viewer": COLLEAGUE, "channel": GENERAL, "ts": "{ts}"}, 409, "your own"),
    ("dismiss", {"viewer": YOU, "channel": GENERAL, "ts": "{ts}"}, 409, "you alone"),
    ("submit", {"viewer": YOU, "view_id": "V0"}, 409, "closed"),
    ("deliver-again", {"viewer": YOU, "delivery": 99}, 409, "no such event"),
]


@pytest.mark.parametrize(("action", "fields", "status", "words"), REFUSED)
def test_an_impossible_action_is_an_error(
    page: PlaygroundPage, action: str, fields: Json, status: int, words: str
) -> None:
    """An invalid action changes nothing, and its error says why."""
    token = {"x-playground-token": first_update(page)["token"]}
    said = json.dumps({"viewer": YOU, "channel": GENERAL, "text": "mine"})
    ts = json.loads(request(page, "/actions/say", method="POST", body=said, headers=token)[2])["ts"]
    given = json.dumps(fields).replace("{ts}", ts)
    answered, _, body = request(page, f"/actions/{action}", method="POST", body=given, headers=token)
    assert answered == status
    assert words in json.loads(body)["error"]


def test_a_stream_is_for_a_person(page: PlaygroundPage) -> None:
    """There is a stream for each person, and none for bots."""
    assert request(page, "/stream?as=U0PULLQUOTE")[0] == 404
    assert request(page, "/stream")[0] == 404


def test_a_port_in_use_is_an_error(page: PlaygroundPage) -> None:
    """A port that is in use is a SettingsError."""
    port = urlsplit(page.address).port or 0
    with FakeSlack() as slack, pytest.raises(SettingsError, match="choose another with --port"):
        PlaygroundPage(slack, port=port)
