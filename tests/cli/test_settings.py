"""Settings: safe defaults, ids instead of names, and one sentence for a wrong value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load
from tests.cli.command import run


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting in the environment, and no pullquote.toml."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PULLQUOTE_{name.upper()}", raising=False)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_safe() -> None:
    """No guests or other organisations, no questions in the log, metrics for this machine only."""
    chosen = load()
    assert (chosen.guests, chosen.external, chosen.log_questions, chosen.metrics_public) == (False,) * 4
    assert (chosen.workspaces, chosen.channels) == ((), ())
    assert (chosen.questions_per_person, chosen.questions_per_channel, chosen.retention_days) == (20, 60, 90)
    assert chosen.slack_signing_secret is None


ACCEPTED: list[tuple[str, str, Any]] = [
    ("WORKSPACES", "", ()),
    ("WORKSPACES", "T0123ABCD", ("T0123ABCD",)),
    ("WORKSPACES", "T1, E2", ("T1", "E2")),
    ("EDITORS", "", ()),
    ("EDITORS", "U1, W2", ("U1", "W2")),
    ("CHANNELS", " C1,,G2, D3", ("C1", "G2", "D3")),
    ("FOLLOW_UPS", "", ()),
    ("FOLLOW_UPS", "T1, E2", ("T1", "E2")),
    ("GUESTS", "true", True),
    ("EXTERNAL", "0", False),
    ("QUESTIONS_PER_PERSON", "1", 1),
    ("RETENTION_DAYS", "365", 365),
]


@pytest.mark.parametrize(("name", "value", "meant"), ACCEPTED)
def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: Any) -> None:
    """Ids are separated by commas; spaces and empty parts are ignored."""
    monkeypatch.setenv(f"PULLQUOTE_{name}", value)
    assert getattr(load(), name.lower()) == meant


REFUSED = [
    ("EDITORS", "editor", "'editor' is not an id like U0123456789"),
    ("EDITORS", "C0123ABCD", "'C0123ABCD' is not an id like U0123456789"),
    ("WORKSPACES", "acme", "'acme' is not an id like T0123456789"),
    ("WORKSPACES", "C0123ABCD", "'C0123ABCD' is not an id like T0123456789"),
    ("FOLLOW_UPS", "true", "'true' is not an id like T0123456789"),
    ("CHANNELS", "C1,#general", "'#general' is not an id like C0123456789"),
    ("CHANNELS", "general", "'general' is not an id like C0123456789"),
    ("CHANNELS", "U0123ABCD", "'U0123ABCD' is not an id like C0123456789"),
    ("GUESTS", "perhaps", "it must be true or false"),
    ("QUESTIONS_PER_PERSON", "0", "greater than or equal to 1"),
    ("QUESTIONS_PER_CHANNEL", "many", "it must be a whole number"),
    ("DATABASE_URL", "mysql://bot:password9@db/name", "it must begin with postgresql://"),
    ("RETENTION_DAYS", "-1", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("name", "value", "why"), REFUSED)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str) -> None:
    """The sentence names the variable and says what is wrong."""
    monkeypatch.setenv(f"PULLQUOTE_{name}", value)
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value).startswith(f"The setting PULLQUOTE_{name} is invalid: ")
    assert why in str(error.value)
    assert "\n" not in str(error.value)


def test_lists_in_the_file(tmp_path: Path) -> None:
    """In pullquote.toml, ids are a list, and numbers and booleans are themselves; unknown names are rejected."""
    (tmp_path / "pullquote.toml").write_text('channels = ["C1", "C2"]\nguests = true\nquestions_per_person = 5\n')
    chosen = load()
    assert (chosen.channels, chosen.guests, chosen.questions_per_person) == (("C1", "C2"), True, 5)
    (tmp_path / "pullquote.toml").write_text("guest = true\n")
    with pytest.raises(SettingsError, match="The setting guest is invalid"):
        load()


def test_the_example_environment_names_settings_only(root: Path) -> None:
    """Each variable in the example, commented out or not, is a setting."""
    page = (root / "deploy" / "example.env").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", page, re.MULTILINE))
    known = {f"PULLQUOTE_{name.upper()}" for name in Settings.model_fields}
    known |= {str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias}
    assert named <= known
    assert {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "PULLQUOTE_CHANNELS"} <= named


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no token or secret."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "hush")
    chosen = load()
    assert "hush" not in repr(chosen)
    assert chosen.slack_signing_secret is not None
    assert chosen.slack_signing_secret.get_secret_value() == "hush"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://bot:password9@db:port/name", "PULLQUOTE_DATABASE_URL is not a URL such as postgresql://"),
        ("postgresql://bot:pass@word9@db/name", "an @ in the password must be written as %40"),
    ],
)
def test_a_database_url_that_cannot_be_read_is_one_sentence(tmp_path: Path, url: str, why: str) -> None:
    """It does not show the password, and says what a URL looks like."""
    done = run("forget", "--yes", folder=tmp_path, PULLQUOTE_DATABASE_URL=url)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert why in done.stderr
    assert "word9" not in done.stderr
