"""The files for containers: they name what exists, give no more rights than needed, and the image's steps work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings
from bot.telemetry import Telemetry

SITE_PACKAGES = 330_000_000
"""Bytes of the installed packages, at most."""


def load(root: Path, name: str) -> Any:
    return yaml.safe_load((root / "deploy" / name).read_text(encoding="utf-8"))


def setting_names() -> set[str]:
    prefix = str(Settings.model_config["env_prefix"])
    return {str(one.validation_alias or prefix + name.upper()) for name, one in Settings.model_fields.items()}


def test_the_containers_set_settings_that_exist(root: Path) -> None:
    """Every variable of the three files is a setting."""
    services = load(root, "compose.yaml")["services"]
    container = load(root, "kubernetes.yaml")["spec"]["template"]["spec"]["containers"][0]
    dockerfile = (root / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    named = {
        *services["bot"]["environment"],
        *services["indexer"]["environment"],
        *(one["name"] for one in container["env"]),
    }
    named |= set(re.findall(r"\b(PULLQUOTE_[A-Z_]+)=", dockerfile))
    assert named <= setting_names()


def test_the_containers_have_few_rights(root: Path) -> None:
    """They do not run as root, cannot write to their image, and have no capabilities."""
    services = load(root, "compose.yaml")["services"]
    for service in (services["bot"], services["indexer"]):
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    pod = load(root, "kubernetes.yaml")["spec"]["template"]["spec"]
    rights = pod["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert rights["readOnlyRootFilesystem"]
    assert not rights["allowPrivilegeEscalation"]
    assert "USER 10001" in (root / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert pod["securityContext"]["runAsUser"] == 10001


def test_alerts_name_metrics_that_exist(root: Path) -> None:
    """Each metric in an expression is one that /metrics has, and every alert says what to do."""
    page = Telemetry().export_metrics().decode()
    known = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
    rules = [rule for group in load(root, "alerts.yaml")["groups"] for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"pullquote_\w+", rule["expr"])}
    assert named
    assert {re.sub(r"_bucket\Z", "", name) for name in named} <= known | {f"{name}_total" for name in known}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)


@pytest.mark.long
def test_the_steps_of_the_image_install_a_working_program(root: Path, tmp_path: Path) -> None:
    """What its first stage runs, elsewhere: the program answers from the sample archive, and is not too large."""
    target, source = tmp_path / "pullquote", tmp_path / "source"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source / name)
    first_stage = (root / "deploy" / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[1]
    steps = [line[4:] for line in first_stage.splitlines() if line.startswith("RUN ") and "apt-get" not in line]
    assert len(steps) == 3
    for step in steps:
        command = step.replace("/opt/pullquote", str(target))
        done = subprocess.run(command, shell=True, cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    shutil.rmtree(source / "bot")  # the installed package is to be used
    (packages,) = target.glob("lib/python3*/site-packages")
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    assert size <= SITE_PACKAGES, f"{size:,} bytes"
    environment = {"PATH": os.environ["PATH"], "PULLQUOTE_STATE_DIR": str(tmp_path / "state")}
    program, archive = target / "bin" / "pullquote", source / "corpus"
    command = [program, "ask", "what was agreed on GCAP?", "--corpus", archive]
    asked = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "“" in asked.stdout or '"' in asked.stdout
    imports = "import psycopg; from bot.index.cluster import indexer, inspection; from bot.search import cluster_corpus"
    clients = subprocess.run([str(target / "bin" / "python3"), "-c", imports], cwd=tmp_path, check=False)
    assert clients.returncode == 0
