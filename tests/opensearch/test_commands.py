"""Test the commands on an archive in a cluster, as a person types them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest

from bot.index.cluster.indexer import Indexer
from bot.index.cluster.lease import hold_lease
from bot.index.store import IndexStore
from tests.opensearch.archives import connect
from tests.opensearch.cluster import Cluster, shared_cluster
from tests.opensearch.proxy import API_KEY, PASSWORD, USER, tls_proxy

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("opensearch")]

QUESTION = "what was agreed on GCAP"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """The cluster that the tests share."""
    return shared_cluster()


def environment(cluster: Cluster, folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command, with a state folder of its own."""
    own = {"PULLQUOTE_OPENSEARCH_URL": ",".join(cluster.urls), "PULLQUOTE_STATE_DIR": str(folder)}
    return {**os.environ, **own, **more}


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)


def answer(env: dict[str, str], *arguments: str) -> Any:
    """What ``ask --json`` prints, without the time."""
    done = run(env, "ask", QUESTION, "--json", "--today", "2026-03-01", *arguments)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    del printed["took_ms"]
    return printed


def test_index_and_ask(cluster: Cluster, root: Path, tmp_path: Path) -> None:
    """What ``index`` has written is answered from, by a bot without articles, as the embedded index would."""
    env = environment(cluster, tmp_path / "writer", PULLQUOTE_OPENSEARCH_INDEX="commands")
    assert run(env, "ask", QUESTION).returncode == 2
    done = run(env, "index", "--backend", "opensearch", "--corpus", str(root / "corpus"))
    assert (done.returncode, done.stdout) == (0, "16 articles indexed.\n"), done.stderr
    bot = environment(cluster, tmp_path / "bot", PULLQUOTE_OPENSEARCH_INDEX="commands", PULLQUOTE_CORPUS="/nowhere")
    files = {**os.environ, "PULLQUOTE_STATE_DIR": str(tmp_path / "files"), "PULLQUOTE_CORPUS": str(root / "corpus")}
    assert answer(bot) == answer(files)
    nowhere = {**bot, "PULLQUOTE_OPENSEARCH_URL": "http://127.0.0.1:9"}
    assert answer(nowhere, "--corpus", str(root / "corpus")) == answer(files)
    again = run(env, "index", "--backend", "opensearch", "--corpus", str(root / "corpus"))
    assert again.stdout == "16 articles indexed.\n"


def test_doctor(cluster: Cluster, root: Path, tmp_path: Path) -> None:
    """``doctor`` says which OpenSearch there is, and which index and revision; or what to run."""
    env = environment(cluster, tmp_path, PULLQUOTE_OPENSEARCH_INDEX="examined")
    assert "no archive examined for this version of Pullquote. Run: pullquote index" in run(env, "doctor").stdout
    run(env, "index", "--backend", "opensearch", "--corpus", str(root / "corpus"))
    printed = run(env, "doctor").stdout
    assert "searches examined-000001, revision 1, in " in printed
    assert "16 articles with 91 paragraphs" in printed


def test_watch(cluster: Cluster, root: Path, tmp_path: Path) -> None:
    """``index --watch`` writes what changes; a second one waits for the first to end, also if that is killed."""
    articles = tmp_path / "articles"
    shutil.copytree(root / "corpus", articles)
    env = environment(cluster, tmp_path / "one", PULLQUOTE_OPENSEARCH_INDEX="watched")
    other = environment(cluster, tmp_path / "two", PULLQUOTE_OPENSEARCH_INDEX="watched")
    command = [sys.executable, "-m", "bot", "index", "--backend", "opensearch", "--watch", "--corpus", str(articles)]
    first = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "16 articles indexed.\n"
    second = subprocess.Popen(command, env=other, stdout=subprocess.PIPE, text=True)
    assert second.stdout is not None
    try:
        (articles / "zebras.txt").write_text("Zebras\n\nEleven zebras were counted at the ferry in Oslo.\n")
        assert first.stdout.readline() == "17 articles indexed.\n"
        printed = run(env, "ask", "how many zebras were counted").stdout
        assert "Eleven zebras" in printed
        first.kill()
        (articles / "zebras.txt").write_text("Zebras\n\nTwelve zebras were counted at the ferry in Oslo.\n")
        assert second.stdout.readline() == "17 articles indexed.\n"
        assert "Twelve zebras" in run(env, "ask", "how many zebras were counted").stdout
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def test_a_change_before_following(cluster: Cluster, tmp_path: Path) -> None:
    """What changed since the index was written is written and reported, although no file changes any more."""
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "one.txt").write_text("Zebras\n\nEleven zebras were counted.\n")
    connection, reported, stop = connect(cluster, "followed"), [], Event()

    def report(count: int) -> None:
        reported.append(count)
        stop.set()

    with hold_lease(connection) as lease:
        indexer = Indexer(IndexStore([articles], tmp_path / "state"), connection, lease)
        written = indexer.write()
        (articles / "two.txt").write_text("Lions\n\nTwo lions were counted.\n")
        indexer.follow(written, stop, report)
    assert reported == [2]


def test_tls_and_passwords(cluster: Cluster, root: Path, tmp_path: Path) -> None:
    """A cluster may ask for a password or a key, over TLS; each thing that is wrong is named, never the password."""
    with tls_proxy(cluster, tmp_path) as (port, certificate):
        user = f"{USER}:{quote(PASSWORD, safe='')}@"
        env = environment(cluster, tmp_path / "state", PULLQUOTE_OPENSEARCH_INDEX="private")
        right = {
            "PULLQUOTE_OPENSEARCH_URL": f"https://{user}localhost:{port}",
            "PULLQUOTE_OPENSEARCH_CA": str(certificate),
        }
        with_key = {**right, "PULLQUOTE_OPENSEARCH_URL": f"https://localhost:{port}"}
        written = run({**env, **right}, "index", "--backend", "opensearch", "--corpus", str(root / "corpus"))
        assert written.returncode == 0, written.stderr
        assert answer({**env, **right}) == answer({**env, **with_key, "PULLQUOTE_OPENSEARCH_API_KEY": API_KEY})
        for wrong, sentence in (
            (with_key, "refuses the user or the API key"),
            ({**right, "PULLQUOTE_OPENSEARCH_URL": f"https://ann:wrongpass@localhost:{port}"}, "refuses the user"),
            ({"PULLQUOTE_OPENSEARCH_URL": right["PULLQUOTE_OPENSEARCH_URL"]}, "certificate is not trusted"),
            ({**right, "PULLQUOTE_OPENSEARCH_CA": str(tmp_path / "none.pem")}, "PULLQUOTE_OPENSEARCH_CA"),
            ({"PULLQUOTE_OPENSEARCH_URL": cluster.urls[0].replace("http:", "https:")}, "does not use TLS"),
        ):
            done = run({**env, **wrong}, "ask", QUESTION)
            assert done.returncode == 2 and sentence in done.stderr.replace("\n", " "), done.stderr
            assert "Traceback" not in done.stderr and "wrongpass" not in done.stderr and PASSWORD not in done.stderr


def test_a_cluster_that_does_not_answer(tmp_path: Path) -> None:
    """A person is told in one sentence, within some seconds."""
    env = {**os.environ, "PULLQUOTE_OPENSEARCH_URL": "http://127.0.0.1:9", "PULLQUOTE_STATE_DIR": str(tmp_path)}
    started = time.monotonic()
    done = run(env, "ask", QUESTION)
    assert done.returncode == 2
    assert "its search cluster does not answer" in done.stderr.replace("\n", " ")
    assert time.monotonic() - started < 60
