"""Damaged files: each is read or skipped with a reason, the files beside it are read, and nothing raises."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

from bot.ingest.encoding import ARTICLE_LIMIT
from bot.models import Article
from bot.text.paragraphs import build_passages, split_paragraphs
from tests.factories import read_articles

from .samples import HARBOUR, json_line, list_paragraphs, write_formats

DAMAGED = 500
Damage = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.randint(1, 40)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def behead(rng: random.Random, data: bytes) -> bytes:
    return data[rng.randrange(len(data)) :]


def insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 200)) + data[at:]


def insert_nuls(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes(rng.randint(1, 300)) + data[at:]


def recode(rng: random.Random, data: bytes) -> bytes:
    encodings = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis", "koi8-r", "utf-7", "cp037"]
    return data.decode("utf-8", "replace").encode(rng.choice(encodings), "replace")


def insert_front_matter(rng: random.Random, data: bytes) -> bytes:
    bad = [
        "title: [",
        "a: &a [*a]",
        "? {x: y}\n: z",
        "!!python/object:os.system x",
        "date: 9999-99-99",
        "\t- :",
        "a: *b",
    ]
    return f"---\n{rng.choice(bad)}\n---\n".encode() + data


def nest(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([b"<div>", b"[", b"> ", b'{"text":', b"<font><p>", b"*a **b "]) * rng.randint(50, 5000) + data


def shuffle(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) * 2
    rng.shuffle(lines)
    return b"".join(lines)


def replace(rng: random.Random, data: bytes) -> bytes:
    return rng.choice(
        [b"", b"\n \n", b"\x89PNG\r\n\x1a\n" + data, b"PK\x03\x04" + data, rng.randbytes(3000), b"\xff\xfe"]
    )


def repack(rng: random.Random, data: bytes) -> bytes:
    packed = gzip.compress(json_line(HARBOUR).encode() * 50, mtime=0)
    return rng.choice([flip, cut, behead])(rng, packed)


DAMAGES: tuple[Damage, ...] = (
    flip,
    cut,
    behead,
    insert,
    insert_nuls,
    recode,
    insert_front_matter,
    nest,
    shuffle,
    replace,
    repack,
)


def assert_valid(article: Article) -> None:
    """Assert what holds for every article, whatever it was read from."""
    paragraphs = split_paragraphs(article)
    assert paragraphs
    assert article.title
    assert len(article.sha256) == 64
    assert all(paragraph.text.strip() for paragraph in paragraphs)
    joined = [paragraph for passage in build_passages(paragraphs) for paragraph in passage.paragraphs]
    assert joined == list(paragraphs)


def test_damaged_files_do_not_affect_others(tmp_path: Path) -> None:
    """500 damaged files are read or skipped with a reason; all good files beside them are read, and nothing raises."""
    rng = random.Random(20250507)
    good = write_formats(HARBOUR)
    names = list(good)
    for number in range(DAMAGED):
        name = names[number % len(names)]
        damage = DAMAGES[number % len(DAMAGES)]
        folder = tmp_path / f"{number % 20:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"bad-{number:03}-{damage.__name__}-{name}").write_bytes(damage(rng, good[name]))
        (folder / f"good-{number:03}-{name}").write_bytes(good[name])
        (folder / "archive.toml").write_bytes(flip(rng, b'["good-001-lines.text"]\ntitle = "Known"\n'))
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "huge.txt").write_bytes(b"words and " * (ARTICLE_LIMIT // 10 + 1))
    (tmp_path / "closed.txt").write_bytes(b"Closed words.")
    (tmp_path / "closed.txt").chmod(0)

    result = read_articles([tmp_path])

    skipped_names = {skip.name.split(" line ")[0] for skip in result.skipped}
    assert all(skip.reason for skip in result.skipped)
    assert not {name for name in skipped_names if "good" in name}
    assert "huge.txt" in skipped_names
    assert ("closed.txt" in skipped_names) == (os.geteuid() != 0)
    assert len([article for article in result.articles if list_paragraphs(article) == HARBOUR.paragraphs]) >= DAMAGED
    for article in result.articles:
        assert_valid(article)


def test_every_damaged_file_is_read_or_skipped(tmp_path: Path) -> None:
    """A damaged file gives an article or a reason why it was skipped, unless it is blank."""
    rng = random.Random(7)
    (tmp_path / "good.txt").write_text("Good words stay.")
    for name, data in write_formats(HARBOUR).items():
        for damage in DAMAGES:
            damaged = damage(rng, data)
            path = tmp_path / f"bad-{name}"
            path.write_bytes(damaged)
            result = read_articles([tmp_path])
            assert len(result.articles) + len(result.skipped) > 1 or not damaged.strip(), (name, damage.__name__)
        path.unlink()
