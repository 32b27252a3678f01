"""The doctor: what it finds, and that each finding says what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.doctor import ArchiveCheck, CheckResult, examine, exit_status
from bot.playground.server import FakeSlack
from bot.slack.client import Credentials, Mode
from bot.slack.features import FEATURES, scopes

GOOD = ArchiveCheck(articles=12, paragraphs=1_234)


def found(
    state: Path,
    access: Credentials,
    *,
    python: tuple[int, int] = (3, 12),
    is_compiled: bool = True,
    reading: ArchiveCheck = GOOD,
    mode: Mode = "socket",
) -> dict[str, CheckResult]:
    """The worst finding of each name, with the exit status held to them all."""
    findings = examine(
        python=python, is_compiled=is_compiled, reading=reading, state_folder=state, access=access, mode=mode
    )
    assert exit_status(findings) == (2 if any(one.level == "failed" for one in findings) else 0)
    assert all(one.advice and one.advice.endswith(".") for one in findings if one.level != "ok")
    assert all(one.sentence.endswith(".") for one in findings)
    return {one.name: one for one in sorted(findings, key=lambda one: one.level == "failed")}


def access_to(slack: FakeSlack) -> Credentials:
    return Credentials(slack.bot_token, slack.app_token, slack.api_url, slack.signing_secret)


NOWHERE = Credentials("", "", "http://127.0.0.1:1/api/")


def test_a_good_installation_has_nothing_to_do(tmp_path: Path) -> None:
    """Where all is well every finding is ok, without advice, and the bot's workspace is named."""
    with FakeSlack(scopes=scopes("full")) as slack:
        findings = found(tmp_path, access_to(slack))
        assert [one for one in findings.values() if one.level != "ok" or one.advice] == []
        assert "Fake Slack" in findings["Slack workspace"].sentence
        assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]


def test_http_mode_needs_no_app_token(tmp_path: Path) -> None:
    """In HTTP mode the signing secret takes the app-level token's place, and no connection is asked for."""
    with FakeSlack(scopes=scopes("full")) as slack:
        findings = found(tmp_path, replace(access_to(slack), app_token=""), mode="http")
        assert [one for one in findings.values() if one.level != "ok" or one.advice] == []
        assert [call.method for call in slack.calls] == ["auth.test"]


SECRETS = [
    ("", "SLACK_SIGNING_SECRET is not set."),
    (" ", "SLACK_SIGNING_SECRET is not set."),
    ("xapp-1-stand-in", "SLACK_SIGNING_SECRET holds a token."),
]


@pytest.mark.parametrize(("secret", "sentence"), SECRETS)
def test_the_signing_secret_is_examined(tmp_path: Path, secret: str, sentence: str) -> None:
    """A signing secret that is missing, or is a token, fails in HTTP mode; Socket Mode asks for none."""
    with FakeSlack(scopes=scopes("full")) as slack:
        access = replace(access_to(slack), signing_secret=secret)
        assert found(tmp_path, access, mode="http")["Slack"].sentence == sentence
        assert "Slack" not in found(tmp_path, access)


def test_an_old_python_fails(tmp_path: Path) -> None:
    """A Python older than the oldest supported one is a failure."""
    assert found(tmp_path, NOWHERE, python=(3, 10))["Python"].level == "failed"


@pytest.mark.parametrize(("is_compiled", "level"), [(True, "ok"), (False, "warning")])
def test_a_slower_search_is_a_warning(tmp_path: Path, is_compiled: bool, level: str) -> None:
    """Where the compiled search cannot be used, that is told, and nothing has failed by it."""
    assert found(tmp_path, NOWHERE, is_compiled=is_compiled)["Search"].level == level


READINGS: list[tuple[ArchiveCheck, str, str]] = [
    (GOOD, "ok", "12 articles with 1,234 paragraphs."),
    (replace(GOOD, articles=0), "failed", "The archive holds no article."),
    (ArchiveCheck(0, 0, problem="The folder archive does not exist."), "failed", "The folder archive does not exist."),
]


@pytest.mark.parametrize(("reading", "level", "sentence"), READINGS)
def test_the_archive_is_counted(tmp_path: Path, reading: ArchiveCheck, level: str, sentence: str) -> None:
    """An archive is ok with its counts; an empty or missing one is a failure with its reason."""
    finding = found(tmp_path, NOWHERE, reading=reading)["Archive"]
    assert (finding.level, finding.sentence) == (level, sentence)


def test_skipped_files_are_a_warning_that_names_the_first(tmp_path: Path) -> None:
    """Skipped files are named with their reasons, the first five of them, and the rest counted; nothing has failed."""
    skipped = tuple((f"{number}.txt", "it is empty") for number in range(7))
    with FakeSlack(scopes=scopes("full")) as slack:
        reading = replace(GOOD, skipped=skipped)
        findings = examine(
            python=(3, 11),
            is_compiled=True,
            reading=reading,
            state_folder=tmp_path,
            access=access_to(slack),
            mode="socket",
        )
    (warning,) = [one for one in findings if one.level == "warning"]
    assert warning.sentence.startswith("7 files were skipped (0.txt: it is empty; 1.txt")
    assert warning.sentence.endswith("4.txt: it is empty; and 2 more).")
    assert exit_status(findings) == 0


def test_a_state_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """A state folder that cannot be used is a failure which names the setting."""
    (tmp_path / "file").write_text("in the way")
    finding = found(tmp_path / "file" / "state", NOWHERE)["State folder"]
    assert finding.level == "failed"
    assert "PULLQUOTE_STATE_DIR" in (finding.advice or "")


def test_tokens_are_examined_in_turn(tmp_path: Path) -> None:
    """Missing, swapped and refused tokens are each a failure of their own sentence."""
    with FakeSlack() as slack:
        right = access_to(slack)
        swapped = replace(right, bot_token=right.app_token, app_token=right.bot_token)
        said = [
            found(tmp_path, access)["Slack"].sentence
            for access in (
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


def test_missing_scopes_are_named_with_what_they_cost(tmp_path: Path) -> None:
    """A token without a scope of the base variant is a failure which names the scope and the features that are lost."""
    with FakeSlack(scopes=set(scopes("full")) - {"users:read"}) as slack:
        findings = found(tmp_path, access_to(slack))
    assert findings["Slack scopes"].level == "failed"
    assert findings["Slack scopes"].sentence == (
        "The bot's token lacks users:read, without which it never tells guests and people of other organisations from "
        "colleagues."
    )
    assert "Slack features" not in findings


def test_what_the_base_variant_leaves_out_is_named(tmp_path: Path) -> None:
    """The base variant is no failure; what the full one adds is a warning that names the features which are off."""
    with FakeSlack(scopes=scopes("base")) as slack:
        findings = found(tmp_path, access_to(slack))
    assert findings["Slack scopes"].level == "ok"
    assert findings["Slack features"].level == "warning"
    sentence = findings["Slack features"].sentence
    assert sentence.startswith("Off, for want of channels:history, groups:history, ")
    assert "; never follows a question in a channel that loses its mention or is deleted; never " in sentence
    assert all((feature.name in sentence) is (feature.variant == "full") for feature in FEATURES)


def test_one_missing_scope_of_the_full_variant_is_named_alone(tmp_path: Path) -> None:
    """A full installation that lost the scope for private channels is told of that scope."""
    with FakeSlack(scopes=set(scopes("full")) - {"groups:history"}) as slack:
        finding = found(tmp_path, access_to(slack))["Slack features"]
    assert finding.sentence.startswith("Off, for want of groups:history: ")


def test_a_slack_that_cannot_be_reached_fails(tmp_path: Path) -> None:
    """Where nothing answers at Slack's address, the finding says so."""
    with FakeSlack() as gone:
        access = access_to(gone)
    assert found(tmp_path, access)["Slack"].sentence.startswith("Slack cannot be reached (")
