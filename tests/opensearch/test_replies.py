"""Test that replies are the same from a cluster as from the embedded index, also while the archive changes."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, cast

import pytest

from bot.cli.output import AskWhyOut
from bot.index import Index
from bot.index.cluster import publish as publishing
from bot.index.cluster import retriever
from bot.index.cluster.documents import VersionDocuments
from bot.index.cluster.lease import hold_lease
from bot.index.cluster.publish import Publisher
from bot.index.cluster.reader import Revision, find_generation
from bot.index.retrieval import Retriever
from bot.index.store import IndexStore
from bot.models import Article, Question, Scope
from bot.search.answerer import Answerer
from bot.search.cluster_corpus import ClusterCorpus
from tests.factories import article
from tests.index.reference import ReferenceRetriever
from tests.opensearch.archives import ask, ask_revision, connect, create_version, publish
from tests.opensearch.cluster import Cluster, shared_cluster

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("opensearch")]

TODAY = date(2026, 3, 1)
PLAIN = 4
"""Questions that are also asked of plain rank-bm25."""
SUBJECTS = "ferry bridge treaty fighter minister harbour budget strike election festival".split()
VERBS = "opened closed signed delayed repaired announced cancelled approved".split()
NAMES = ["Tarn", "Global Combat Air Programme", "GCAP", "Global Combat Air Programme (GCAP)", "Nakatani", "Oslo"]
QUESTIONS = [
    "what was agreed on GCAP?",
    "when was the bridge at Tarn repaired",
    "ferry",
    "the latest on the treaty",
    "what did the minister say about the budget since 2024",
    '"signed the treaty" -festival',
    "source:Herald strike",
    "source:Herald after:2024-02 election",
    "before:2023-06 harbour",
    "bridge or ferry in Oslo",
    "brigde repaired",
    "submarine",
    "what's new",
    "oldest articles",
    "how many articles are there from 2024",
    "did the minister sign the treaty with Nakatani",
    "why",
]


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """The cluster that the tests share."""
    return shared_cluster()


def random_article(rng: random.Random, number: int) -> Article:
    """An article of invented news."""

    def sentence() -> str:
        subject, verb, name = rng.choice(SUBJECTS), rng.choice(VERBS), rng.choice(NAMES)
        return f"The {subject} at {name} was {verb} on {rng.randint(1, 28)} March, {rng.choice(SUBJECTS)} or not."

    title = f"{rng.choice(SUBJECTS).title()} {rng.choice(VERBS)} in {rng.choice(NAMES)}"
    blocks = [" ".join(sentence() for _ in range(rng.randint(1, 6))) for _ in range(rng.randint(1, 5))]
    published = date(2023, 1, 1) + timedelta(rng.randint(0, 900)) if rng.random() < 0.9 else None
    return article(
        title,
        blocks[0],
        "Background",
        *blocks[1:],
        id=f"{rng.choice('abc')}/{number:05}.txt",
        title=title,
        headings=["Background"],
        published=published,
        source=rng.choice(["The Herald", "Evening Post", "Tarn News"]),
    )


def change(rng: random.Random, articles: list[Article], count: int, numbers: Iterator[int]) -> None:
    """Add, change and delete articles at random, ``count`` times."""
    for _ in range(count):
        at = rng.randrange(len(articles))
        match rng.choice(["add", "change", "delete"]):
            case "add":
                articles.insert(at, random_article(rng, next(numbers)))
            case "change":
                new = random_article(rng, 0)
                old = articles[at]
                articles[at] = Article(
                    old.id, new.title, new.source, new.text, marks=new.marks, published=new.published
                )
            case "delete" if len(articles) > 5:
                del articles[at]


def questions(texts: Sequence[str] = QUESTIONS) -> list[Question]:
    """Questions of today, also with more quotes than usual."""
    return [Question(text, limit=limit, today=TODAY) for text in texts for limit in (3, 7)]


def test_random_changes(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each of ten times a hundred additions, changes and deletions, all replies are as from the embedded index.

    They are written as revisions of one generation, and what only earlier revisions had is deleted in time.
    """
    monkeypatch.setattr(publishing, "KEPT_REVISIONS", 1)
    rng = random.Random(8)
    numbers = iter(range(1_000_000))
    articles = [random_article(rng, next(numbers)) for _ in range(300)]
    generations = set()
    for _ in range(11):
        version = create_version(articles)
        revision = publish(cluster, "changes", version)
        generations.add(revision.generation.index)
        asked = questions()[::2]
        assert ask_revision(revision, asked) == ask(Answerer(version.index), asked)
        change(rng, articles, 100, numbers)
    assert revision.state.revision == 11 and len(generations) == 1
    stored = cluster.call("GET", f"{revision.generation.index}/_count?q=kind:article")["count"]
    assert stored < 2 * len(articles)


def test_a_changed_order(cluster: Cluster) -> None:
    """Articles that change places give the order that the embedded index has, also among equal scores."""
    equal = [article("The bridge fell.", id=f"{number}.txt", title="Bridge") for number in range(8)]
    for order in (equal, equal[::-1], [*equal[4:], *equal[:4]], equal[1:], equal[:3]):
        version = create_version(order)
        asked = [Question("bridge", limit=8)]
        assert ask_revision(publish(cluster, "order", version), asked) == ask(Answerer(version.index), asked)


@pytest.mark.parametrize("changed", [5, 400], ids=["revision", "generation"])
def test_questions_during_a_change(cluster: Cluster, changed: int) -> None:
    """While an archive is written, every reply is wholly from before or wholly from after."""
    rng = random.Random(changed)
    articles = [random_article(rng, number) for number in range(400)]
    before = create_version(articles)
    name = f"during{changed}"
    publish(cluster, name, before)
    corpus = ClusterCorpus(connect(cluster, name), None)
    # A title that is much longer changes the average length, so that a new generation is written.
    articles[:changed] = [random_article(rng, 1000 + number) for number in range(changed)]
    if changed == 400:
        articles = [Article(one.id, one.title * 3, one.source, one.text, published=one.published) for one in articles]
    after = create_version(articles)
    asked = questions()[:10]
    expected = {repr(ask(Answerer(version.index), [one])) for version in (before, after) for one in asked}
    stop, wrong = Event(), list[str]()

    def keep_asking() -> None:
        while not stop.is_set():
            for question in asked:
                reply = corpus.with_current(lambda answerer, one=question: repr(ask(answerer, [one])))  # type: ignore[misc]
                if reply not in expected:
                    wrong.append(reply)

    with corpus.watch():
        thread = Thread(target=keep_asking)
        thread.start()
        try:
            generation = publish(cluster, name, after).generation.index
        finally:
            stop.set()
            thread.join()
    assert not wrong
    assert generation.endswith("2" if changed == 400 else "1")


class InterruptionError(Exception):
    """The writer is killed."""


def test_an_interrupted_writer(cluster: Cluster) -> None:
    """A writer that is killed anywhere changes no reply; the next one goes on, and gives what it would have given."""
    rng = random.Random(3)
    articles = [random_article(rng, number) for number in range(60)]
    connection = connect(cluster, "interrupted")
    expected: Any = None
    for times in range(8):
        version = create_version(articles)
        with hold_lease(connection) as lease:

            def stop_at(stage: str, done: int, total: int, limit: int = rng.randint(1, 60)) -> None:
                if stage == "Writing" and done >= limit:
                    raise InterruptionError

            try:
                Publisher(connection, lease).publish(version, stop_at)
            except InterruptionError:
                generation = find_generation(connection)
                if expected is None:
                    assert generation is None
                else:
                    assert ask_revision(Revision(connection, None, generation), questions()) == expected
            Publisher(connection, lease).publish(version)
        expected = ask(Answerer(version.index), questions())
        assert ask_revision(Revision(connection, None), questions()) == expected
        change(rng, articles, 20 if times % 3 else 400, iter(range(1000 * (times + 1), 1_000_000)))


def test_a_resumed_generation_writes_the_rest_only(cluster: Cluster) -> None:
    """An unfinished generation of the same articles is completed, also where a document of an article is missing."""
    articles = [random_article(random.Random(4), number) for number in range(1500)]
    connection, version = connect(cluster, "resumed"), create_version(articles)
    written: list[int] = []

    def stop_late(stage: str, done: int, total: int) -> None:
        if done == 1400:
            raise InterruptionError

    with hold_lease(connection) as lease:
        with pytest.raises(InterruptionError):
            Publisher(connection, lease).publish(version, stop_late)
        # As if the shard of this passage was away when the others wrote theirs.
        cluster.call("POST", "resumed-000001/_refresh")
        first = VersionDocuments(version).article_keys[0]
        cluster.call("DELETE", f"resumed-000001/_doc/{first}.1-0?refresh=true")
        Publisher(connection, lease).publish(version, lambda stage, done, total: written.append(done))
    assert 500 < written[0] < 1400 and written[-1] == 1500
    assert ask_revision(Revision(connection, None), questions()) == ask(Answerer(version.index), questions())


def test_what_concerns_all_articles(cluster: Cluster) -> None:
    """Counts, dates, examples and single articles are those of the embedded index."""
    articles = [random_article(random.Random(5), number) for number in range(200)]
    version = create_version(articles)
    revision = publish(cluster, "facts", version)
    ours, theirs = version.index.archive, revision.open().archive
    assert (len(theirs), theirs.publisher_count, theirs.fingerprint) == (
        len(ours),
        ours.publisher_count,
        ours.fingerprint,
    )
    assert (theirs.latest, theirs.earliest, theirs.newest) == (ours.latest, ours.earliest, ours.newest)
    day = date(2024, 1, 1)
    for scope in (
        Scope(),
        Scope(since=day),
        Scope(before=day),
        Scope(until=day),
        Scope(("Herald",)),
        Scope(("herald", "a"), since=day),
        Scope(("tarn news", "00012"), before=day),
        Scope(("Nowhere",)),
    ):
        assert theirs.summary(scope) == ours.summary(scope)
    for oldest_first in (True, False):
        assert theirs.by_date(day, oldest_first=oldest_first) == ours.by_date(day, oldest_first=oldest_first)
    assert theirs.articles[articles[7].id] == articles[7]
    assert theirs.articles.get("none.txt") is None and "none.txt" not in theirs.articles
    assert list(theirs.paragraphs_newest_first()) == list(ours.paragraphs_newest_first())
    assert Answerer(revision.open()).examples == Answerer(version.index).examples


def test_candidates_beyond_the_first(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many passages score alike or lack a phrase, the hits are those of the embedded index."""
    monkeypatch.setattr(retriever, "MORE", 1)
    monkeypatch.setattr(retriever, "MOST", 7)
    rng = random.Random(11)
    alike = [article(f"The bridge at Tarn fell on {day} March.", id=f"{day:03}.txt", title="") for day in range(150)]
    long = [article("The bridge. " * rng.randint(1, 30), id=f"b{number:03}.txt", title="") for number in range(150)]
    version = create_version([*alike, *long, article("A bridge of stone, Tarn, fell.", id="z.txt", title="")])
    revision = publish(cluster, "candidates", version)
    texts = ["bridge", "bridge at Tarn fell", '"bridge of stone"', '"fell on 141 march"', '"the stone"', "bridge -Tarn"]
    texts += ['bridge -"bridge at tarn"', '"stone tarn" "bridge of"', '"…" bridge', f'"{"x" * 300} bridge" Tarn']
    asked = [Question(text, limit=9) for text in texts]
    assert ask_revision(revision, asked) == ask(Answerer(version.index), asked)


def test_odd_words(cluster: Cluster) -> None:
    """Words with full stops, in other scripts, or thousands of letters long are found as in the embedded index."""
    words = ["U.S.", "3.14", "a.b.c.d", "50%", "O'Brien", "東京都", "Ärger", "x" * 40_000, "%2E", "F-35B", "😀"]
    articles = [article(f"Here stands {word} alone.", id=f"{at}.txt", title=word[:50]) for at, word in enumerate(words)]
    version = create_version(articles)
    asked = [Question(word) for word in words] + [Question(f'"stands {word}"') for word in words]
    assert ask_revision(publish(cluster, "odd", version), asked) == ask(Answerer(version.index), asked)


def test_real_questions(cluster: Cluster, evaluation: Path, tmp_path: Path) -> None:
    """On 500 questions over an archive of news, the JSON of each reply is the same, but for time and rounding.

    Also from plain rank-bm25, which takes a second for a question, on a part of them.
    """
    folder = evaluation / "news23"
    version = IndexStore([folder / "articles.jsonl.gz"], tmp_path).load_current()
    revision = publish(cluster, "news", version, folder=tmp_path / "bot")
    with gzip.open(folder / "questions.dev.jsonl.gz", "rt") as lines:
        asked = [Question(json.loads(line)["question"]) for line in lines][:500]
    embedded = Answerer(version.index)
    for question in asked:
        assert to_json(Answerer(revision.open()), question) == to_json(embedded, question)
    own = version.index
    plain = Answerer(
        Index(own.archive, own.tokens, own.lexicon, cast(Retriever, ReferenceRetriever(own.archive.passages)))
    )
    for question in asked[:: len(asked) // PLAIN]:
        assert to_json(plain, question) == to_json(embedded, question)


def to_json(answerer: Answerer, question: Question) -> Any:
    """The JSON that ``ask --json --why`` prints, without the time, and with rounded scores."""
    printed = AskWhyOut.of(question.text, answerer.answer(question)).model_dump(mode="json")

    def rounded(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: rounded(one) for name, one in value.items() if name != "took_ms"}
        if isinstance(value, list):
            return [rounded(one) for one in value]
        return round(value, 6) if isinstance(value, float) else value

    return rounded(printed)
