"""Hostile files of every format, and small good ones to be found among them."""

from __future__ import annotations

import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1_000_000
_WORDS = "The harbour council met on the quay and counted the boats before winter came to the town".split()


def good_sentence(number: int) -> str:
    """The only sentence of good file ``number``; its second word occurs nowhere else."""
    return f"Keeper {good_name(number)} lit {number + 20} lanterns on the northern mole."


def good_name(number: int) -> str:
    """A name that no other file has, and that is no misspelling of another one."""
    return "".join(random.Random(number).choices("bcdfghjklmnpqrstvwxz", k=11)).capitalize()


def write_good_file(folder: Path, number: int) -> Path:
    """Write good file ``number`` in one of the text formats."""
    sentence = good_sentence(number)
    suffix, content = (
        ("txt", f"On the lights\n\n{sentence}\n"),
        ("md", f"# On the lights\n\n{sentence}\n"),
        ("html", f"<html><body><article><h1>On the lights</h1><p>{sentence}</p></article></body></html>"),
        ("jsonl", f'{{"title": "On the lights", "text": "{sentence}"}}\n'),
    )[number % 4]
    path = folder / f"good-{number:03}.{suffix}"
    path.write_text(content, encoding="utf-8")
    return path


def write_hostile_file(folder: Path, number: int, largest: int = MEGABYTE) -> Path:
    """Write hostile file ``number`` of up to about ``largest`` bytes; the same number gives the same file."""
    chosen = random.Random(number)
    suffix, make = HOSTILE[number % len(HOSTILE)]
    size = largest if chosen.random() < 0.2 else chosen.randrange(1_000, max(2_000, largest // 10))
    path = folder / f"hostile-{number:04}.{suffix}"
    path.write_bytes(make(size, chosen))
    return path


def name_of_file(name: str) -> str:
    """The name of the file of which something was skipped: "news.jsonl" of "news.jsonl line 17"."""
    return re.sub(r" (?:line|entry|part) \d+\Z", "", name)


def _repeat(unit: str, end: str = " words.") -> Callable[[int, random.Random], bytes]:
    return lambda size, _: (unit * (size // len(unit.encode())) + end).encode()


def _prose(size: int) -> str:
    return " ".join(_WORDS * (size // 90 + 1)) + "."


def _noise(size: int, chosen: random.Random) -> bytes:
    return chosen.randbytes(size)


def _damage(make: Callable[[], bytes]) -> Callable[[int, random.Random], bytes]:
    """A good file with flipped bits, or cut short."""

    def damaged(_: int, chosen: random.Random) -> bytes:
        data = bytearray(make())
        for _flip in range(chosen.randrange(1, 20)):
            data[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        return bytes(data[: chosen.randrange(1, len(data))] if chosen.random() < 0.3 else data)

    return damaged


def _zip(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


_CONTENT_TYPES = b"""<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = b"""<?xml version="1.0"?><Relationships
xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
Target="word/document.xml"/></Relationships>"""
_ENTITIES = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 9))
_BILLION = f'<!DOCTYPE d [<!ENTITY e0 "words ">{_ENTITIES}]>'


def docx(body: str, doctype: str = "") -> bytes:
    """A Word document with this body of WordprocessingML."""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{name}"><w:body>{body}</w:body></w:document>'
    parts = {"[Content_Types].xml": _CONTENT_TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": document.encode()}
    return _zip(parts)


def epub(chapter: str, doctype: str = "") -> bytes:
    """An e-book with one chapter."""
    container = (
        '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">'
        '<rootfiles><rootfile full-path="a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest>'
        '<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine>'
        "</package>"
    )
    page = f'<?xml version="1.0"?>{doctype}<html xmlns="http://www.w3.org/1999/xhtml"><body>{chapter}</body></html>'
    return _zip(
        {"mimetype": b"application/epub+zip", "META-INF/container.xml": container.encode()}
        | {"a.opf": package.encode(), "c.xhtml": page.encode()}
    )


def pdf(content: bytes) -> bytes:
    """A PDF of one page with this content stream."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    data, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(data)


def _pdf_of_lines(size: int, _: random.Random) -> bytes:
    lines = b"".join(b"1 0 0 1 %d %d Tm (words) Tj " % (at % 500, at % 800) for at in range(size // 30))
    return pdf(b"BT /F 10 Tf " + lines + b"ET")


def _message(size: int, _: random.Random) -> bytes:
    """A mail whose parts are nested as deeply as fits."""
    depth = size // 90
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n' for level in range(depth))
    return f"Subject: Nested\nFrom: a@example.org\n{opened}\nwords".encode()


HOSTILE: tuple[tuple[str, Callable[[int, random.Random], bytes]], ...] = (
    *(("txt", _repeat(unit)) for unit in ("“", " ", "A. “", "\n", ".", "?", "a-", "\u0301", "漢", "1.", "\0", "by A ")),
    ("txt", _noise),
    ("txt", lambda size, _: _prose(size).encode("utf-16")[1:]),
    *(("md", _repeat(unit)) for unit in ("`", "![[", "[", "*a", "-\n", ">", "- ", "| a ", "<b>", "&", "#\n", "\\")),
    ("md", lambda size, _: ("---\n" + "[" * min(size, 19_000) + "\n---\nwords").encode()),
    (
        "md",
        lambda size, _: ("---\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(size // 20)) + "---\n").encode(),
    ),
    *(
        ("html", _repeat(unit))
        for unit in ("<div>", "<table><tr><td>", "<p a='", "&amp;", "<!--", "<h1>a</h1>", "<a b=c ")
    ),
    ("html", lambda size, _: ("<p " + " ".join(f"a{n}=b" for n in range(size // 8)) + ">words</p>").encode()),
    ("html", lambda size, _: b'<meta charset="punycode"><p>' + b"words-" * (size // 6)),
    ("html", lambda size, _: f"<article><p>{_prose(size)}</p></article>".encode()),
    ("jsonl", _repeat("{}\n", "")),
    ("jsonl", _repeat("[", "")),
    ("jsonl", _repeat('{"text": "words"} ', "")),
    ("jsonl", lambda size, _: (f'{{"text": "{"x" * size}"}}\n' * 3).encode()),
    ("jsonl.gz", lambda size, _: gzip.compress(b'{"text": "' + b"a b c " * size * 2 + b'"}\n', 9)),
    ("jsonl.gz", lambda size, _: gzip.compress(b"{}\n" * size)),
    ("jsonl.gz", _damage(lambda: gzip.compress(b'{"text": "The harbour closed."}\n' * 500))),
    ("docx", _damage(lambda: docx("<w:p><w:r><w:t>The harbour closed.</w:t></w:r></w:p>" * 20))),
    ("docx", lambda size, _: docx("<w:p><w:r><w:t>words</w:t></w:r></w:p>" * (size // 3))),
    ("docx", lambda _size, _: docx("<w:p><w:r><w:t>&e8;</w:t></w:r></w:p>", _BILLION)),
    ("docx", lambda size, _: docx("<w:sdt><w:sdtContent>" * (size // 20))),
    ("epub", _damage(lambda: epub("<h1>Lights</h1>" + "<p>The harbour closed.</p>" * 20))),
    ("epub", lambda size, _: epub("<p>words</p>" * size)),
    ("epub", lambda _size, _: epub("<p>&e8;</p>", _BILLION)),
    ("pdf", _damage(lambda: pdf(b"BT /F 12 Tf 72 700 Td (The harbour closed in March.) Tj ET"))),
    ("pdf", _pdf_of_lines),
    ("pdf", lambda size, _: pdf(b"q " * (size // 2))),
    ("eml", _message),
    ("eml", lambda size, _: (b"X-A: b\n" * (size // 7)) + b"\nwords"),
    ("rss", lambda size, _: f"{_BILLION}<rss><channel>{'<item><title>&e8;</title></item>' * (size // 40)}".encode()),
)
"""The suffix of each kind, and what makes a file of about so many bytes."""
