"""Feeds: one article an entry, and damaged ones."""

from __future__ import annotations

import random
from datetime import date

import pytest

from bot.errors import UnreadableArticleError
from bot.ingest import xml
from bot.ingest.formats import feed
from bot.models import Article

from .samples import list_paragraphs, to_article
from .test_damage import behead, cut, flip, insert

ITEM = """
<item><title>The weir &amp; the mill</title><link>https://example.org/weir</link><guid>weir-7</guid>
<dc:creator>Ilse Varga</dc:creator><pubDate>Tue, 07 May 2024 23:30:00 -0700</pubDate>
<description>In short.</description>
<content:encoded>&lt;p&gt;The &lt;b&gt;weir&lt;/b&gt; leaks.&lt;/p&gt;
&lt;p&gt;It will be rebuilt.&lt;/p&gt;</content:encoded></item>
"""
RSS = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Ostrav Post</title>{}</channel></rss>'
)
ATOM = """
<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Ostrav &lt;i&gt;Post&lt;/i&gt;</title>
<entry><id>weir-7</id><title>The weir &amp;amp; the mill</title><link href="https://example.org/weir"/>
<author><name>Ilse Varga</name></author><published>2024-05-07T23:30:00-07:00</published>
<updated>2024-06-01T00:00:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>The <b>weir</b> leaks.</p><p>It will be rebuilt.</p></div></content></entry></feed>
""".replace("&amp;amp;", "&amp;")
RDF = """
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><title>Ostrav Post</title></channel>
<item rdf:about="weir-7"><title>The weir</title><description>It leaks.</description></item></rdf:RDF>
"""


def articles(text: str) -> list[Article]:
    return [to_article(entry.draft) for entry in feed.read(text.encode()) if entry.draft]


@pytest.mark.parametrize("text", [RSS.format(ITEM), ATOM], ids=["RSS", "Atom"])
def test_an_entry_is_an_article(text: str) -> None:
    """It has the entry's content, not also its summary, and its metadata; the feed's title is the source."""
    (entry,) = feed.read(text.encode())
    assert entry.draft
    assert (entry.number, entry.id) == (1, "weir-7")
    article = to_article(entry.draft)
    assert (article.title, article.author, article.source) == ("The weir & the mill", "Ilse Varga", "Ostrav Post")
    assert (article.published, article.url) == (date(2024, 5, 7), "https://example.org/weir")
    assert list_paragraphs(article) == [(None, "The weir leaks."), (None, "It will be rebuilt.")]


def test_older_feeds_are_read() -> None:
    """A feed in RDF has summaries."""
    assert [(article.title, article.text) for article in articles(RDF)] == [("The weir", "It leaks.")]


def test_entries_without_text_are_reported() -> None:
    """An entry that has only a title gives no article, and does not affect the others."""
    entries = feed.read(RSS.format(f"<item><title>Only a title</title></item>{ITEM}").encode())
    assert [(entry.number, entry.reason, entry.outcome) for entry in entries if not entry.draft] == [
        (1, "it has no text besides its title", "empty")
    ]
    assert len(entries) == 2


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ("Caf&eacute; &amp; mill", "Café & mill"),
        ("<![CDATA[<p>One.</p><p>Two.</p>]]>", "One.\n\nTwo."),
        ("Grains under 3 mm &amp; over", "Grains under 3 mm & over"),
        ("&amp;lt;b&amp;gt; is a tag<br/>", "<b> is a tag"),
    ],
)
def test_visible_text_is_extracted(description: str, text: str) -> None:
    """The text is what a feed reader shows."""
    found = articles(RSS.format(f"<item><description>{description}</description></item>"))
    assert [article.text for article in found] == [text]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "windows-1251"])
def test_declared_and_undeclared_encodings(encoding: str) -> None:
    """A feed is decoded as it declares, or else as any text."""
    words = "Новый мост." if encoding == "windows-1251" else "Café à la minute."
    text = RSS.format(f"<item><description>{words}</description></item>")
    declared = text.replace('version="1.0"?', f'version="1.0" encoding="{encoding}"?')
    for data in (declared.encode(encoding), text.encode(encoding if encoding != "windows-1251" else "utf-8")):
        (entry,) = feed.read(data)
        assert entry.draft
        assert entry.draft.text == words


def test_a_feed_that_is_cut_short_is_read_partly() -> None:
    """Its entries are read, and a note says that something may be missing."""
    whole = RSS.format(ITEM * 2)
    entries = feed.read(whole[: whole.rindex("rebuilt")].encode())
    assert [(entry.number, entry.outcome if entry.reason else "read") for entry in entries] == [
        (1, "read"),
        (2, "read"),
        (0, "partly"),
    ]


ENTITIES = '<!DOCTYPE r [<!ENTITY a "boom"><!ENTITY b SYSTEM "file:///etc/hostname">]>'


def test_entities_are_not_expanded() -> None:
    """An entity that the feed declares is neither expanded nor loaded, but stays as it is written."""
    found = articles(
        ENTITIES + RSS.format("<item><description>Words &a;&b; end.</description></item>").partition("?>")[2]
    )
    assert [article.text for article in found] == ["Words &a;&b; end."]


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        ("", "empty", "it is empty"),
        ("<urlset><url/></urlset>", "unsupported", "no feed"),
        ("Only words.", "unsupported", "no feed"),
        (RSS.format(""), "empty", "no entries"),
        (RSS.format("<item/>" * (feed.MAX_ENTRIES + 1)), "too_large", "20,000 entries"),
        (
            RSS.format("<item " + " ".join(f"a{number}=''" for number in range(xml.MAX_ATTRIBUTES + 1)) + "/>"),
            "broken",
            "attributes",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_what_cannot_be_read_is_named(text: str, outcome: str, reason: str) -> None:
    """The reason says what the file is, and what to do."""
    with pytest.raises(UnreadableArticleError, match=reason) as caught:
        feed.read(text.encode())
    assert caught.value.outcome == outcome


def test_damaged_feeds_are_read_or_refused() -> None:
    """Whatever is cut, flipped or inserted, the feed is read or refused with a reason."""
    rng = random.Random(14)
    for number in range(400):
        data = (flip, cut, behead, insert)[number % 4](rng, (RSS.format(ITEM * 2), ATOM, RDF)[number % 3].encode())
        try:
            assert all(entry.draft or entry.reason for entry in feed.read(data))
        except UnreadableArticleError as error:
            assert str(error)
