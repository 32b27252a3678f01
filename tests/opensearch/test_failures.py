"""Test what happens when nodes of the cluster are killed, and when no node runs."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import pytest
from opensearchpy import Transport
from opensearchpy.exceptions import OpenSearchException

from bot.errors import ClusterConflictError, ClusterError, ClusterUnavailableError, EmptyClusterError
from bot.index.cluster import lease as leases
from bot.index.cluster import publish as publishing
from bot.index.cluster import reader
from bot.index.cluster.connection import Connection
from bot.index.cluster.lease import hold_lease
from bot.index.cluster.publish import Publisher
from bot.index.cluster.reader import Revision
from bot.models import ClusterAddress, Question
from bot.search import cluster_corpus
from bot.search.answerer import Answerer
from bot.search.cluster_corpus import ClusterCorpus
from tests.factories import article
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
            Publisher(connection, lease).publish(version, kill_one)
    except ClusterError:
        cluster.start(2)
        cluster.wait()
    revision = publish(cluster, "written", version)
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


def test_no_node_answers(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
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
    """While one process holds the lease, another is refused; a killed holder is replaced."""
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.3)
    monkeypatch.setattr(leases, "EXPIRES_AFTER", 2.0)
    connection = connect(cluster, "leased")
    with hold_lease(connection) as lease:
        with pytest.raises(ClusterError, match="Another process"), hold_lease(connection):
            pass
        lease.check()
        lease.stop_renewing()  # as if it was killed
        with hold_lease(connection) as other:
            other.check()
            with pytest.raises(ClusterError, match="Another process"):
                lease.check()
    with hold_lease(connection):
        pass


def test_a_late_renewal_of_the_lease(cluster: Cluster) -> None:
    """A renewal that the cluster carries out after its sender gave up is none by another process."""
    connection = connect(cluster, "late")
    with hold_lease(connection) as lease:
        renewed = connection.get("late-lease/_doc/lease")
        connection.put("late-lease/_doc/lease", renewed["_source"])
        lease.check()


def test_a_late_request_of_an_earlier_writer(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that is written after the next writer has begun is refused; each revision is whole."""
    rng = random.Random(21)
    articles = [random_article(rng, number) for number in range(40)]
    publish(cluster, "overtaken", create_version(articles))
    connection = connect(cluster, "overtaken")
    late: list[Any] = []
    replace = Connection.replace

    def give_up(self: Connection, path: str, document: Any, version: Any) -> Any:
        if path.endswith("/state") and document["state"]["revision"] == 2:
            late.append((path, document, version))
            raise ClusterUnavailableError
        return replace(self, path, document, version)

    monkeypatch.setattr(Connection, "replace", give_up)
    with hold_lease(connection) as lease, pytest.raises(ClusterUnavailableError):
        Publisher(connection, lease).publish(create_version([*articles, random_article(rng, 100)]))
    monkeypatch.undo()
    refused = []

    def apply_late(stage: str, done: int, total: int) -> None:
        if not refused:
            with pytest.raises(ClusterConflictError):
                replace(connection, *late[0])
            refused.append(True)

    version = create_version([random_article(rng, 101), *articles[3:]])
    revision = publish(cluster, "overtaken", version, apply_late)
    assert refused and revision.state.revision == 2
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


@pytest.mark.parametrize("lost", ["passage", "table", "nothing", "extra"])
def test_an_index_with_other_documents_than_it_should_have_is_mended(cluster: Cluster, lost: str) -> None:
    """What was lost or written by another is noticed at the next writing, also if no article has changed."""
    name = f"other-{lost}"
    version = create_version([random_article(random.Random(22), number) for number in range(40)])
    publish(cluster, name, version)
    index = f"{name}-000001"
    if lost == "extra":
        cluster.call("POST", f"{index}/_doc/late?refresh=true", {"kind": "passage", "added_in": 1})
    elif lost != "nothing":
        query = {"query": {"term": {"kind": lost}}, "max_docs": 1}
        assert cluster.call("POST", f"{index}/_delete_by_query?refresh=true", query)["deleted"] == 1
    revision = publish(cluster, name, version)
    written = (revision.generation.index, revision.state.revision)
    assert written == {"nothing": (index, 1), "table": (index, 2)}.get(lost, (f"{name}-000002", 1))
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


def test_a_document_that_comes_late_into_a_revision(cluster: Cluster) -> None:
    """A revision into which another writer's request wrote is not shown; the archive is written anew."""
    articles = [random_article(random.Random(23), number) for number in range(40)]
    publish(cluster, "mixed", create_version(articles))

    def write_more(stage: str, done: int, total: int) -> None:
        cluster.call("POST", "mixed-000001/_doc/late", {"kind": "article", "added_in": 2, "id": "late.txt"})

    version = create_version([*articles, random_article(random.Random(24), 100)])
    revision = publish(cluster, "mixed", version, write_more)
    assert revision.generation.index == "mixed-000002"
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


def test_a_suspended_writer_deletes_nothing_of_the_next(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that goes on after another has written a later generation leaves that alone."""
    versions = [create_version([random_article(random.Random(seed), 0)]) for seed in (1, 2)]
    connection = connect(cluster, "slept")
    post = Connection.post

    def suspend(self: Connection, path: str, *others: Any, **named: Any) -> Any:
        found = post(self, path, *others, **named)
        if path == "_aliases":
            monkeypatch.undo()
            lease.release()
            publish(cluster, "slept", create_version([article("A much longer text. " * 40, title="Other " * 9)]))
        return found

    with hold_lease(connection) as lease:
        monkeypatch.setattr(Connection, "post", suspend)
        with suppress(ClusterError):
            Publisher(connection, lease).publish(versions[0])
    assert "longer" in next(iter(Revision(connection, None).open().archive.paragraphs_newest_first())).text


def test_an_index_that_was_deleted_and_written_again(cluster: Cluster) -> None:
    """A bot notices that an index of the same name and revision is another one."""
    old, new = (create_version([random_article(random.Random(25), at) for at in range(count)]) for count in (3, 5))
    publish(cluster, "again", old)
    corpus = ClusterCorpus(connect(cluster, "again"), None)
    cluster.call("DELETE", "again-000001")
    assert publish(cluster, "again", new).generation.index == "again-000001"
    stop = Event()
    with corpus.watch(lambda articles: stop.set()):
        assert stop.wait(60.0)
    assert corpus.with_current(lambda answerer: ask(answerer, questions())) == ask(Answerer(new.index), questions())


def test_the_first_answer_to_each_request_is_lost(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that the cluster has carried out is sent again, and does no harm."""
    send = Transport.perform_request

    def send_twice(transport: Transport, method: str, url: str, *others: Any, **named: Any) -> Any:
        if "scroll" not in f"{url}{named}":  # never sent again
            with suppress(OpenSearchException):
                send(transport, method, url, *others, **named)
        return send(transport, method, url, *others, **named)

    monkeypatch.setattr(Transport, "perform_request", send_twice)
    rng = random.Random(12)
    articles = [random_article(rng, number) for number in range(60)]
    for _ in range(3):
        version = create_version(articles)
        revision = publish(cluster, "repeated", version)
        assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())
        articles[10:20] = [random_article(rng, rng.randrange(100, 999)) for _ in range(10)]
    publish(cluster, "repeated", create_version([article("A much longer text. " * 40, title="Other " * 9)]))
    assert len(Revision(connect(cluster, "repeated"), None).open().archive) == 1


def test_an_archive_that_is_not_there(cluster: Cluster) -> None:
    """While nothing was written, a question gets a sentence that says what to run; then it is answered."""
    corpus = ClusterCorpus(connect(cluster, "nothing"), None)
    with pytest.raises(EmptyClusterError, match="pullquote index --backend opensearch"):
        corpus.with_current(lambda answerer: answerer.answer(Question("bridge")))
    assert corpus.problem is not None
    version = create_version([random_article(random.Random(7), number) for number in range(9)])
    publish(cluster, "nothing", version)
    assert corpus.with_current(lambda answerer: len(answerer.archive)) == 9
    assert corpus.problem is None


def test_nobody_listens() -> None:
    """A wrong address is the same as a cluster that does not answer."""
    with pytest.raises(ClusterUnavailableError):
        Connection(ClusterAddress(("http://127.0.0.1:9",), "none")).get("")


def test_archives_with_like_names(cluster: Cluster) -> None:
    """An archive whose name begins with another's is left alone when that is written anew."""
    one, other = (create_version([random_article(random.Random(seed), 0)]) for seed in (1, 2))
    publish(cluster, "like-01", one)
    publish(cluster, "like", other)
    publish(cluster, "like", create_version([article("A much longer text. " * 40, title="Other " * 9)]))
    assert len(Revision(connect(cluster, "like-01"), None).open().archive) == 1


def test_a_generation_that_lost_a_document(cluster: Cluster) -> None:
    """A generation of which a document is missing is not used, but written anew."""
    version = create_version([random_article(random.Random(3), number) for number in range(300)])
    connection = connect(cluster, "lossy")

    def lose_one(stage: str, done: int, total: int) -> None:
        if done == 290:
            cluster.call("POST", "lossy-000001/_refresh")
            query = {"query": {"bool": {"filter": [{"term": {"kind": "passage"}}, {"term": {"number": 1}}]}}}
            assert cluster.call("POST", "lossy-000001/_delete_by_query", query)["deleted"] > 0

    with hold_lease(connection) as lease:
        with pytest.raises(ClusterError, match="index it again"):
            Publisher(connection, lease).publish(version, lose_one)
        with pytest.raises(EmptyClusterError):
            Revision(connection, None)
        Publisher(connection, lease).publish(version)
    assert ask_revision(Revision(connection, None), questions()) == ask(Answerer(version.index), questions())


def test_a_bot_that_lags_behind(cluster: Cluster) -> None:
    """A revision that a bot has opened gives the same replies while later ones are written."""
    rng = random.Random(9)
    articles = [random_article(rng, number) for number in range(100)]
    version = create_version(articles)
    revision = publish(cluster, "lagging", version)
    for turn in range(4):
        articles[turn * 10 : turn * 10 + 10] = [random_article(rng, 1000 + turn * 10 + at) for at in range(10)]
        publish(cluster, "lagging", create_version(articles))
    assert ask_revision(revision, questions()) == ask(Answerer(version.index), questions())


def test_an_upgrade_leaves_the_old_index_until_the_new_one_is_whole(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of another format is searched by bots of the version that wrote it until the new one is complete."""
    version = create_version([random_article(random.Random(4), number) for number in range(30)])
    revision = publish(cluster, "upgraded", version)
    monkeypatch.setattr(reader, "FORMAT", reader.FORMAT + 1)
    monkeypatch.setattr(publishing, "FORMAT", reader.FORMAT)
    connection = connect(cluster, "upgraded")
    replies = []

    def ask_old(stage: str, done: int, total: int) -> None:
        if done in (1, 30):
            replies.append(ask_revision(revision, questions()[:4]))

    with hold_lease(connection) as lease:
        new = Publisher(connection, lease).publish(version, ask_old)
    assert replies == [ask(Answerer(version.index), questions()[:4])] * 2
    assert new.index == "upgraded-000002"
    assert list(cluster.call("GET", "upgraded")) == ["upgraded-000002"]
