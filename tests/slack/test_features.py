"""The feature table matches the code and the manifests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from manifests import FILES, Mode, build_manifest
from slack_sdk import WebClient

from bot.playground.events import SCOPES
from bot.slack.features import COMMAND, FEATURES, REASONS, Variant, events, missing_features, scopes

ROOT = Path(__file__).parents[2]
# Names of the client's methods that call Slack.
CALLS = {name for name, value in vars(WebClient).items() if callable(value) and "_" in name.strip("_")} - {"api_call"}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every piece of the code in ``bot/slack``, with its file's name."""
    for path in sorted((ROOT / "bot" / "slack").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.name, node


def test_the_code_calls_what_the_table_names() -> None:
    """Each Web API method that the code mentions belongs to a feature, and each feature's methods are called."""
    mentioned = {node.attr for _, node in nodes() if isinstance(node, ast.Attribute) and node.attr in CALLS}
    assert {name.replace("_", ".") for name in mentioned} == {name for one in FEATURES for name in one.methods}


def test_the_code_calls_only_named_methods() -> None:
    """Nothing uses ``api_call``, so that the calls can be found in the source."""
    assert [name for name, node in nodes() if isinstance(node, ast.Attribute) and node.attr == "api_call"] == []


def test_the_code_listens_to_what_the_table_names() -> None:
    """Each event type with its own listener is subscribed to, and vice versa."""
    listened = {
        str(node.args[0].value)
        for _, node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "event"
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert listened == {event.partition(".")[0] for event in events("full")}


def test_every_event_has_a_scope() -> None:
    """One of a feature's scopes makes Slack send its events."""
    for feature in FEATURES:
        for event in feature.events:
            assert not SCOPES[event] or set(SCOPES[event]) & set(feature.scopes), (feature.name, event)


def test_the_full_variant_contains_the_base_variant() -> None:
    """The full variant has all scopes and events of base, and more; each scope has a reason."""
    assert events("full")[: len(events("base"))] == events("base")
    assert set(events("base")) == {"app_mention", "message.im", "app_home_opened", "tokens_revoked", "app_uninstalled"}
    assert scopes("full")[: len(scopes("base"))] == scopes("base")
    more = {
        "channels:history",
        "groups:history",
        "commands",
        "channels:read",
        "groups:read",
        "mpim:history",
        "mpim:read",
        "assistant:write",
        "files:write",
    }
    assert set(scopes("full")) - set(scopes("base")) == more
    assert set(REASONS) == set(scopes("full"))


@pytest.mark.parametrize("name", FILES)
def test_a_manifest_has_what_its_variant_needs(name: str) -> None:
    """Each manifest has the events and scopes of its variant, and the settings of its mode."""
    variant, mode = FILES[name]
    read = yaml.safe_load((ROOT / "deploy" / name).read_text(encoding="utf-8"))
    assert read == build_manifest(variant, mode)
    settings = read["settings"]
    assert set(read["oauth_config"]["scopes"]["bot"]) == set(scopes(variant))
    assert set(settings["event_subscriptions"]["bot_events"]) == set(events(variant))
    assert settings["socket_mode_enabled"] is (mode == "socket")
    assert ("request_url" in settings["event_subscriptions"]) is (mode == "http")
    commands = read["features"].get("slash_commands", [])
    assert [one["command"] for one in commands] == ([COMMAND.name] if variant == "full" else [])
    assert all(("url" in one) is (mode == "http") for one in commands)


def test_there_is_a_manifest_for_each_variant_and_mode() -> None:
    """``deploy/`` has these four and no others."""
    variants: tuple[Variant, ...] = ("base", "full")
    modes: tuple[Mode, ...] = ("socket", "http")
    assert set(FILES.values()) == {(variant, mode) for variant in variants for mode in modes}
    assert {path.name for path in (ROOT / "deploy").glob("manifest*.yaml")} == set(FILES)


def test_a_feature_without_its_scope_is_off() -> None:
    """A feature of a variant is missing if one of its scopes is."""
    everything = frozenset(scopes("full"))
    assert missing_features(everything, "base") == missing_features(everything, "full") == ()
    assert [one.events for one in missing_features(everything - {"app_mentions:read"}, "base")] == [("app_mention",)]
    assert missing_features(everything - {"app_mentions:read"}, "full") == ()
    assert {one.variant for one in missing_features(frozenset(scopes("base")), "full")} == {"full"}
    assert missing_features(frozenset(scopes("base")), "full") == tuple(
        one for one in FEATURES if one.variant == "full"
    )
