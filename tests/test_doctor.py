"""The doctor: what each check reports, and that it says what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.doctor import ArchiveCheck, CheckResult, exit_status, run_checks, run_live_checks
from bot.playground.server import FakeSlack
from bot.playground.workspace import GENERAL, YOU
from bot.slack.credentials import Credentials, Mode
from bot.slack.features import FEATURES, scopes
from tests.slack.loop import run_async
from tests.slack.samples import ScriptedAnswerer

GOOD = ArchiveCheck(articles=12, paragraphs=1_234)


def check(
    state: Path,
    credentials: Credentials,
    *,
    python: tuple[int, int] = (3, 12),
    is_compiled: bool = True,
    archive: ArchiveCheck = GOOD,
    mode: Mode = "socket",
    database_url: str | None = None,
) -> dict[str, CheckResult]:
    """The worst result of each name, after checking the exit status."""
    checks = run_checks(
        python=python,
        is_compiled=is_compiled,
        archive=archive,
        state_folder=state,
        database_url=database_url,
        credentials=credentials,
        mode=mode,
    )
    findings = run_async(checks)
    assert exit_status(findings) == (2 if any(one.level == "failed" for one in findings) else 0)
    assert all(one.advice and one.advice.endswith(".") for one in findings if one.level != "ok")
    assert all(one.sentence.endswith(".") for one in findings)
    return {one.name: one for one in sorted(findings, key=lambda one: one.level == "failed")}


def credentials_for(slack: FakeSlack) -> Credentials:
    return Credentials(slack.bot_token, slack.app_token, slack.api_url, slack.signing_secret)


NOWHERE = Credentials("", "", "http://127.0.0.1:1/api/")


def test_a_good_installation_passes(tmp_path: Path) -> None:
    """Every result is ok, without advice, and names the workspace."""
    with FakeSlack(scopes=scopes("full")) as slack:
        findings = check(tmp_path, credentials_for(slack))
        assert [one for one in findings.values() if one.level != "ok" or one.advice] == []
        assert "Fake Slack" in findings["Slack workspace"].sentence
        assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]


def test_http_mode_needs_no_app_token(tmp_path: Path) -> None:
    """HTTP mode needs the signing secret instead of the app-level token, and requests no connection."""
    with FakeSlack(scopes=scopes("full")) as slack:
        findings = check(tmp_path, replace(credentials_for(slack), app_token=""), mode="http")
        assert [one for one in findings.values() if one.level != "ok" or one.advice] == []
        assert [call.method for call in slack.calls] == ["auth.test"]


SECRETS = [
    ("", "SLACK_SIGNING_SECRET is not set."),
    (" ", "SLACK_SIGNING_SECRET is not set."),
    ("xapp-1-fake-slack", "SLACK_SIGNING_SECRET holds a token."),
]


@pytest.mark.parametrize(("secret", "sentence"), SECRETS)
def test_the_signing_secret_is_checked(tmp_path: Path, secret: str, sentence: str) -> None:
    """A missing signing secret, or a token in its place, fails in HTTP mode; Socket Mode does not need it."""
    with FakeSlack(scopes=scopes("full")) as slack:
        credentials = replace(credentials_for(slack), signing_secret=secret)
        assert check(tmp_path, credentials, mode="http")["Slack"].sentence == sentence
        assert "Slack" not in check(tmp_path, credentials)


@pytest.mark.parametrize(("is_compiled", "level"), [(True, "ok"), (False, "warning")])
def test_a_slower_search_is_a_warning(tmp_path: Path, is_compiled: bool, level: str) -> None:
    """Without the compiled search, there is a warning but no failure."""
    assert check(tmp_path, NOWHERE, is_compiled=is_compiled)["Search"].level == level


ARCHIVES: list[tuple[ArchiveCheck, str, str]] = [
    (GOOD, "ok", "12 articles with 1,234 paragraphs."),
    (ArchiveCheck(0, 0, problem="The folder archive does not exist."), "failed", "The folder archive does not exist."),
]


@pytest.mark.parametrize(("archive", "level", "sentence"), ARCHIVES)
def test_the_archive_is_counted(tmp_path: Path, archive: ArchiveCheck, level: str, sentence: str) -> None:
    """An archive is ok with its counts; one that cannot be read fails with the reason."""
    finding = check(tmp_path, NOWHERE, archive=archive)["Archive"]
    assert (finding.level, finding.sentence) == (level, sentence)


def test_skipped_files_are_a_warning(tmp_path: Path) -> None:
    """The first five skipped files are named with their reasons, and the others counted."""
    skipped = tuple((f"{number}.txt", "it is empty") for number in range(7))
    with FakeSlack(scopes=scopes("full")) as slack:
        archive = replace(GOOD, skipped=skipped)
        checks = run_checks(
            python=(3, 11),
            is_compiled=True,
            archive=archive,
            state_folder=tmp_path,
            credentials=credentials_for(slack),
            mode="socket",
        )
        findings = run_async(checks)
    (warning,) = [one for one in findings if one.level == "warning"]
    assert warning.sentence.startswith("7 files were skipped (0.txt: it is empty; 1.txt")
    assert warning.sentence.endswith("4.txt: it is empty; and 2 more).")
    assert exit_status(findings) == 0


def test_a_state_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """An unusable state folder fails, and the advice names the setting."""
    (tmp_path / "file").write_text("in the way")
    finding = check(tmp_path / "file" / "state", NOWHERE)["State folder"]
    assert finding.level == "failed"
    assert "PULLQUOTE_STATE_DIR" in (finding.advice or "")


def test_tokens_are_checked_in_turn(tmp_path: Path) -> None:
    """Missing, swapped and refused tokens each have their own message."""
    with FakeSlack() as slack:
        right = credentials_for(slack)
        swapped = replace(right, bot_token=right.app_token, app_token=right.bot_token)
        said = [
            check(tmp_path, credentials)["Slack"].sentence
            for credentials in (
                replace(right, bot_token=""),
                swapped,
                replace(right, bot_token="xoxb-other"),
                replace(right, app_token="xapp-other"),
            )
        ]
    assert said == [
        "SLACK_BOT_TOKEN is not set.",
        "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped.",
        "Slack refuses SLACK_BOT_TOKEN (invalid_auth).",
        "Slack refuses SLACK_APP_TOKEN (invalid_auth).",
    ]


def test_missing_scopes_are_named_with_their_reason(tmp_path: Path) -> None:
    """A missing scope of the base variant fails, and the sentence says what it is for."""
    with FakeSlack(scopes=set(scopes("full")) - {"users:read"}) as slack:
        findings = check(tmp_path, credentials_for(slack))
    assert findings["Slack scopes"].level == "failed"
    assert findings["Slack scopes"].sentence == (
        "Missing scopes: `users:read` (recognise guests and people of other organisations)."
    )
    assert "Slack features" not in findings


def test_features_of_the_full_variant_are_named(tmp_path: Path) -> None:
    """The base variant passes, with a warning that names the features of the full variant."""
    with FakeSlack(scopes=scopes("base")) as slack:
        findings = check(tmp_path, credentials_for(slack))
    assert findings["Slack scopes"].level == "ok"
    assert findings["Slack features"].level == "warning"
    sentence = findings["Slack features"].sentence
    assert sentence.startswith("Missing optional scopes: channels:history, groups:history, ")
    assert "; updates or deletes the answer when a question in a channel loses its mention or is deleted; " in sentence
    assert all((feature.name in sentence) is (feature.variant == "full") for feature in FEATURES)


def test_one_missing_scope_of_the_full_variant_is_named_alone(tmp_path: Path) -> None:
    """If only one scope of the full variant is missing, only that one is named."""
    with FakeSlack(scopes=set(scopes("full")) - {"groups:history"}) as slack:
        finding = check(tmp_path, credentials_for(slack))["Slack features"]
    assert finding.sentence.startswith("Missing optional scopes: groups:history. ")


def test_an_unreachable_slack_fails(tmp_path: Path) -> None:
    """If Slack's address does not respond, the result says so."""
    with FakeSlack() as gone:
        credentials = credentials_for(gone)
    assert check(tmp_path, credentials)["Slack"].sentence.startswith("Slack could not be reached: ")


def live_check(slack: FakeSlack, *, channel: str = GENERAL, user: str | None = None) -> dict[str, CheckResult]:
    """The results of the live checks, by name."""
    answerer = ScriptedAnswerer()
    results = run_async(run_live_checks(credentials_for(slack), channel, user, answerer))
    return {one.name: one for one in results}


def test_a_live_check_tries_everything_and_leaves_nothing(tmp_path: Path) -> None:
    """With all scopes, every call succeeds; the message is gone afterwards, and one person saw a private one."""
    with FakeSlack(scopes=scopes("full")) as slack:
        before = slack.workspace.messages(GENERAL)
        assert [one for one in live_check(slack).values() if one.level != "ok"] == []
        assert slack.workspace.messages(GENERAL) == before
        assert {call.method for call in slack.calls} >= {"blocks.validate", "chat.update", "chat.delete"}
        people = [user.id for user in slack.workspace.users.values() if user.bot_id is None]
        assert sum(len(slack.workspace.ephemerals(person)) for person in people) == 1


def test_a_live_check_says_what_is_missing(tmp_path: Path) -> None:
    """Without a scope it is a warning; in a channel that the bot is not in, one failure with advice."""
    with FakeSlack(scopes=scopes("base")) as slack:
        results = live_check(slack)
        assert [name for name, one in results.items() if one.level == "warning"] == ["Find", "Private message"]
        assert live_check(slack, user=YOU)["Private message"].level == "ok"
        outside = live_check(slack, channel="C0NOWHERE")
        assert (outside["Post"].level, outside["Post"].advice) == ("failed", "Invite it with /invite @Pullquote.")


def test_a_live_check_reports_what_slack_refuses(tmp_path: Path) -> None:
    """A refused call is a failure with Slack's code, and the message is deleted all the same."""
    with FakeSlack(scopes=scopes("full")) as slack:
        slack.fail_next("chat.update", status=200, error="some_error")
        results = live_check(slack)
        assert ("some_error" in results["Edit"].sentence, results["Delete"].level) == (True, "ok")


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    """The check of a Postgres database fails with its address, without the password, and says what to do."""
    url = "postgresql://bot:password9@127.0.0.1:1/none"
    with FakeSlack(scopes=scopes("base")) as slack:
        found = check(tmp_path, credentials_for(slack), database_url=url)["Database"]
    assert found.level == "failed"
    assert "The database none on 127.0.0.1 cannot be used" in found.sentence
    assert "password9" not in found.sentence
