"""The table of features against what is deployed."""

from __future__ import annotations

from pathlib import Path

import yaml

from bot.slack.features import EVENTS, SCOPES, lacking

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "manifest.yaml").read_text(encoding="utf-8"))


def test_the_manifest_asks_for_what_the_features_need() -> None:
    """The manifest's scopes and events are those of the features, and no others; Socket Mode is on."""
    settings = MANIFEST["settings"]
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES
    assert set(settings["event_subscriptions"]["bot_events"]) == EVENTS
    assert settings["socket_mode_enabled"] is True


def test_a_feature_without_its_scope_is_named() -> None:
    """The features that a set of scopes does not carry are those that lack one of theirs."""
    assert lacking(SCOPES) == ()
    assert [feature.event for feature in lacking(SCOPES - {"im:history"})] == ["message.im"]
    assert [feature.event for feature in lacking(frozenset())] == ["app_mention", "message.im"]
