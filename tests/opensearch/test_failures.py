"""Test what happens when nodes of the cluster are killed, and when all of it is away."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from bot.errors import ClusterError, ClusterUnavailableError
from bot.index.cluster import lease as leases
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import hold_lease
from bot.index.cluster.publish import Publisher
from bot.models import ClusterAddress, Question
from bot.search import cluster_corpus
from bot.search.answerer import Answerer
from bot.search.cluster_corpus import ClusterCorpus
from tests.opensearch.archives import ask, ask_revision, connect, create_version, publish
from tests.opensearch.cluster import NODES, Cluster, shared_cluster
from tests.opensearch.test_replies import questions, random_article

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("opensearch")]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """The cluster that the tests share, whole before and after each."""
    cluster = shared_cluster()
    yield cluster
    for number in cluster.missing:
        cluster.start(number)
    cluster.wait()


@pytest.mark.parametrize("node", range(NODES))
def test_a_node_is_killed_during_questions(cluster: Cluster, node: int) -> None:
    """Whichever node is killed, every question is answered as before, or honestly put off; none gets a wrong answer."""
    articles = [random_article(random.Random(1), number) for number in range(200)]
    version = create_version(articles)
    publish(cluster, "killed", version)
    corpus = ClusterCorpus(connect(cluster, "killed"), None)
    expected = ask(Answerer(version.index), questions())
    put_off = 0
    killer = Thread(target=lambda: (time.sleep(1.0), cluster.kill(node)))
    killer.start()
    for turn in range(167):
        at = turn % len(expected)
        try:
            reply = corpus.with_current(lambda answerer, at=at: ask(answerer, [questions()[at]]))  # type: ignore[misc]
        except ClusterUnavailableError as error:
            put_off += 1
            assert str(error).endswith("Ask again.")
        else:
            assert reply == [expected[at]]
    killer.join()
    assert put_off <= 3


def test_a_node_is_killed_during_writing(cluster: Cluster) -> None:
    """A writer goes on when a node is killed, or says that it could not; then the next one completes what it began."""
    articles = [random_article(random.Random(2), number) for number in range(1500)]
    version = create_version(articles)
    connection = connect(cluster, "written")

    def kill_one(stage: str, done: int, total: int) -> None:
        if done == 700:
            cluster.kill(2)

    try:
        with hold_lease(connection) as lease:
            Publisher(connection, lease, kill_one).publish(version)
    except ClusterError:
        cluster.start(2)
        cluster.wait()
    revision = publish(cluster, "written", version)
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


def test_the_whole_cluster_is_away(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cluster, a question gets one sentence and the bot is not ready; both end when it is back."""
    monkeypatch.setattr(cluster_corpus, "RETRIES_FOR", 1.0)
    version = create_version([random_article(random.Random(6), number) for number in range(20)])
    publish(cluster, "away", version)
    connection = connect(cluster, "away")
    corpus = ClusterCorpus(connection, None)
    assert corpus.problem is None
    for node in range(NODES):
        cluster.kill(node)
    late = ClusterCorpus(connect(cluster, "away"), None)
    for one in (corpus, late):
        with pytest.raises(ClusterUnavailableError, match="search cluster does not answer"):
            one.with_current(lambda answerer: answerer.answer(Question("bridge")))
        assert one.problem is not None
    for node in range(NODES):
        cluster.start(node)
    cluster.wait()
    monkeypatch.setattr(cluster_corpus, "RETRIES_FOR", 60.0)
    for one in (corpus, late):
        assert one.with_current(lambda answerer: ask(answerer, questions())) == ask(
            Answerer(version.index), questions()
        )
        assert one.problem is None


def test_only_one_writes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process holds the lease, another is refused; a holder that has died is replaced."""
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.3)
    monkeypatch.setattr(leases, "EXPIRES_AFTER", 2.0)
    connection = connect(cluster, "leased")
    with hold_lease(connection) as lease:
        with pytest.raises(ClusterError, match="Another process"), hold_lease(connection):
            pass
        lease.check()
        lease.stop_renewing()  # as if it had died
        with hold_lease(connection) as other:
            other.check()
            with pytest.raises(ClusterError, match="Another process"):
                lease.check()
    with hold_lease(connection):
        pass


def test_an_archive_that_is_not_there(cluster: Cluster) -> None:
    """A name under which nothing was written is an error that says what to run."""
    with pytest.raises(ClusterError, match="pullquote index --backend opensearch"):
        ClusterCorpus(connect(cluster, "nothing"), None)


def test_nobody_listens() -> None:
    """A wrong address is the same as a cluster that is away."""
    with pytest.raises(ClusterUnavailableError):
        Connection(ClusterAddress(("http://127.0.0.1:9",), "none")).request("GET", "")
