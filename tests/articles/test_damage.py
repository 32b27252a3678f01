"""Five hundred damaged files among good ones: what is damaged is named or read, what is good loads, nothing raises."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

from bot.ingest.encoding import ARTICLE_LIMIT
from bot.ingest.reader import read_articles
from bot.models import Article
from bot.text.paragraphs import build_passages, split_paragraphs

from .samples import HARBOUR, files, json_line, shown

DAMAGED = 500
Damage = Callable[[random.Random, bytes], bytes]


def flip(chance: random.Random, data: bytes) -> bytes:
    made = bytearray(data)
    for _ in range(chance.randint(1, 40)):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def behead(chance: random.Random, data: bytes) -> bytes:
    return data[chance.randrange(len(data)) :]


def insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randint(1, 200)) + data[at:]


def nuls(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes(chance.randint(1, 300)) + data[at:]


def recode(chance: random.Random, data: bytes) -> bytes:
    encodings = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis", "koi8-r", "utf-7", "cp037"]
    return data.decode("utf-8", "replace").encode(chance.choice(encodings), "replace")


def front(chance: random.Random, data: bytes) -> bytes:
    bad = [
        "title: [",
        "a: &a [*a]",
        "? {x: y}\n: z",
        "!!python/object:os.system x",
        "date: 9999-99-99",
        "\t- :",
        "a: *b",
    ]
    return f"---\n{chance.choice(bad)}\n---\n".encode() + data


def deep(chance: random.Random, data: bytes) -> bytes:
    return (
        chance.choice([b"<div>", b"[", b"> ", b'{"text":', b"<font><p>", b"*a **b "]) * chance.randint(50, 5000) + data
    )


def shuffle(chance: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) * 2
    chance.shuffle(lines)
    return b"".join(lines)


def replaced(chance: random.Random, data: bytes) -> bytes:
    return chance.choice(
        [b"", b"\n \n", b"\x89PNG\r\n\x1a\n" + data, b"PK\x03\x04" + data, chance.randbytes(3000), b"\xff\xfe"]
    )


def repacked(chance: random.Random, data: bytes) -> bytes:
    packed = gzip.compress(json_line(HARBOUR).encode() * 50, mtime=0)
    return chance.choice([flip, cut, behead])(chance, packed)


DAMAGES: tuple[Damage, ...] = (flip, cut, behead, insert, nuls, recode, front, deep, shuffle, replaced, repacked)


def sound(article: Article) -> None:
    """Assert that an article, whatever it was read from, keeps its promises."""
    paragraphs = split_paragraphs(article)
    assert paragraphs
    assert article.title
    assert len(article.sha256) == 64
    assert all(paragraph.text.strip() for paragraph in paragraphs)
    joined = [paragraph for passage in build_passages(paragraphs) for paragraph in passage.paragraphs]
    assert joined == list(paragraphs)


def test_damaged_files_cost_nothing_else(tmp_path: Path) -> None:
    """Of 500 damaged files each is named or read, the good ones beside them all load, and nothing raises."""
    chance = random.Random(20250507)
    good = files(HARBOUR)
    names = list(good)
    for number in range(DAMAGED):
        name = names[number % len(names)]
        damage = DAMAGES[number % len(DAMAGES)]
        folder = tmp_path / f"{number % 20:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"bad-{number:03}-{damage.__name__}-{name}").write_bytes(damage(chance, good[name]))
        (folder / f"good-{number:03}-{name}").write_bytes(good[name])
        (folder / "archive.toml").write_bytes(flip(chance, b'["good-001-lines.text"]\ntitle = "Known"\n'))
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "huge.txt").write_bytes(b"words and " * (ARTICLE_LIMIT // 10 + 1))
    (tmp_path / "closed.txt").write_bytes(b"Closed words.")
    (tmp_path / "closed.txt").chmod(0)

    reading = read_articles([tmp_path])

    named = {skip.name.split(" line ")[0] for skip in reading.skipped}
    assert all(skip.reason for skip in reading.skipped)
    assert not {name for name in named if "good" in name}
    assert "huge.txt" in named
    assert ("closed.txt" in named) == (os.geteuid() != 0)
    assert len([article for article in reading.articles if shown(article) == HARBOUR.paragraphs]) >= DAMAGED
    for article in reading.articles:
        sound(article)


def test_each_damaged_file_is_accounted_for(tmp_path: Path) -> None:
    """A damaged file read beside a good one leaves an article, a named reason, or holds no line at all."""
    chance = random.Random(7)
    (tmp_path / "good.txt").write_text("Good words stay.")
    for name, data in files(HARBOUR).items():
        for damage in DAMAGES:
            made = damage(chance, data)
            path = tmp_path / f"bad-{name}"
            path.write_bytes(made)
            reading = read_articles([tmp_path])
            assert len(reading.articles) + len(reading.skipped) > 1 or not made.strip(), (name, damage.__name__)
        path.unlink()
