"""What of a web page is its article: the story wherever it stands, and nothing of what stands around it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from .samples import list_paragraphs, read_article

FIRST = "The ferry from Orvik to Tarn sails every hour from the first of May, the harbour master told the council."
SECOND = "Two more crews were hired for it in the winter, most of them from the closed yard at Lund."
THIRD = "The fare stays at nine crowns, and bicycles travel free of charge on the early boats."
STORY = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"
ARTICLE = [FIRST, SECOND, THIRD]
OTHER = "The mayor of Lund opened the flower market, where tulips were cheaper than in any spring before."


def read_paragraphs(folder: Path, body: str, head: str = "<title>Ferry sails hourly</title>") -> list[str]:
    article = read_article(folder, "a.html", f"<html><head>{head}</head><body>{body}</body></html>")
    return [words for _, words in list_paragraphs(article)]


@pytest.mark.parametrize(
    "body",
    [
        f"<article><header><h1>Ferry sails hourly</h1><p>{FIRST}</p></header><p>{SECOND}</p><p>{THIRD}</p></article>",
        f"<form action='page.aspx' id='aspnetForm'><div id='content'><h1>Ferry sails hourly</h1>{STORY}</div></form>",
        f"<div class='post'><h1>Ferry sails hourly</h1><noscript>{STORY}</noscript></div><p>Please wait.</p>",
        f"<div role='main'><h1>Ferry sails hourly</h1>{STORY}</div><main><p>More from the harbour desk.</p></main>",
        f"<h1>Ferry sails hourly</h1><aside class='intro'><p>{FIRST}</p></aside><p>{SECOND}</p><p>{THIRD}</p>",
        f"<aside>{STORY}</aside>",
        f"<article><h1>Ferry sails hourly</h1><h2>{FIRST}</h2><p>{SECOND}</p><p>{THIRD}</p></article>",
        f"<main><h1>Ferry sails hourly</h1><p>{FIRST}</p><div class='text'><p>{SECOND}</p><p>{THIRD}</p></div></main>",
        f"<div><h1>Ferry sails hourly</h1>{STORY}</div><article class='card'><a href='/l'>Tulips</a><p>{OTHER}",
        f"<div><h1>Ferry sails hourly</h1>{STORY}</div><article class='teaser'><h3>Tulips</h3><p>{OTHER}</p></article>",
        f"<body class='has-sidebar with-ads'><div class='page--no-comments'><h1>Ferry sails hourly</h1>{STORY}</div>",
        f"<div class='post tag-cookies category-social-media'><h1>Ferry sails hourly</h1>{STORY}</div>",
        f"<div class='elementor-widget elementor-widget-text'><div class='elementor-widget-box'>{STORY}</div></div>",
        f"<div class='teaser-text'><p>{FIRST}</p></div><div class='news-text'><p>{SECOND}</p><p>{THIRD}</p></div>",
        f"<div><div class='teaser'><p>{FIRST}<a> </a></p></div><p>{SECOND}</p><p>{THIRD}</p></div>",
        f"<table><tr><td><a href='/'>Start</a><td><h1>Ferry sails hourly</h1>{STORY}</table>",
        f"<div class='commentary'>{STORY}</div>",
        f"<div><h2>Ferry</h2><div class='para'>{FIRST}</div><div class='sidebar'><p>{SECOND}</p></div>"
        f"<div class='para'>{THIRD}</div></div>",
        f"<div><p>{FIRST}</p><a id='x'></a><div class='sidebar'><div>{SECOND}</div></div><p>{THIRD}</p></div>",
        f"<div class='thread'>{''.join(f'<div class=comment><p>{words}</p></div>' for words in ARTICLE)}</div>",
    ],
)
def test_the_story_is_read_where_it_stands(tmp_path: Path, body: str) -> None:
    """The story is read in whatever elements a page puts it, and with whatever names."""
    assert read_paragraphs(tmp_path, body) == ARTICLE


@pytest.mark.parametrize(
    "other",
    [
        f"<section id='comments'><h3>2 comments</h3><ol><li class='comment'><p>{OTHER}</p></ol></section>",
        f"<div class='comment-list'><article class='comment-body'><p>{OTHER}</p></article></div>",
        f"<div role='dialog' class='box'><p>{OTHER}</p></div>",
        f"<div id='cookieConsent'><p>{OTHER}</p></div>",
        f"<div class='newsletter-signup'><p>{OTHER}</p></div>",
        f"<div class='relatedPosts'><p>{OTHER}</p></div>",
        f"<div class='story-teaser'><a href='/tulips'>Tulips</a><p>{OTHER}</p></div>",
        f"<div class='leserkommentare'><p>{OTHER}</p></div>",
        f"<div itemscope itemtype='https://schema.org/Comment'><p>{OTHER}</p></div>",
        f"<div aria-modal='true'><p>{OTHER}</p></div>",
        f"<div id='cookiebanner'><p>{OTHER}</p></div>",
        f"<div class='further-reading'><p>{OTHER}</p></div>",
        f"<a href='/tulips'><p>{OTHER}</p></a>",
        "<div class='share-buttons'><span>Share</span><span>Send</span></div>",
        "<ul class='tags'><li>harbour<li>ferry</ul>",
        "<p><a href='/tulips'>Read also: The mayor of Lund opened the flower market</a></p>",
        "<ul><li><a href='/a'>Tulips cheaper</a><li><a href='/b'>Mayor opens market</a></ul>",
        "<figure><img src='f.jpg'><figcaption>The pier at dawn. Photo: Ada Holm</figcaption></figure>",
        f"<aside><h2>Most read</h2><p>{OTHER}</p></aside>",
        f"<nav><p>{OTHER}</p></nav>",
        f"<div><div class='sidebar'><p>{OTHER}</p></div></div>",
        f"<div class='right-bar'><p><a href='/tulips'>{OTHER}</a></p></div>",
        f"<form><p>{OTHER}</p></form>",
        f"<noscript><p>{OTHER}</p></noscript>",
        "<div class='byline'>By Ada Holm</div>",
        "<p>By <a rel='author' href='/holm'>Ada Holm</a>, <time>7 May 2025</time></p>",
        "<div class='mw-editsection'>[edit]</div>",
        "<h2>You may also like</h2>",
        f"<section id='related-news-and-reports'><h2>Related news and reports</h2><a href='/t'>{OTHER}</a></section>",
        "<ul class='docnav'><li>Home</li><li>Next</li></ul>",
        f"<div class='sidebar'><h4>Special offer</h4><p>{OTHER}</p></div>",
        f"<section id='about-the-author'><h2>About the author</h2><p>{OTHER}</p></section>",
        f"<section id='more-from-orvik-post'><h2>More from Orvik Post</h2><p>{OTHER}</p></section>",
        "<div class='item'><a href='/a'>Ferry to Tarn is late</a> 1 May</div>"
        "<div class='item'><a href='/b'>Tulips are cheap in Lund</a> 2 May</div>",
    ],
)
def test_what_stands_around_the_story_is_left_out(tmp_path: Path, other: str) -> None:
    """Comments, dialogs, boxes, links to other articles, captions, bylines and navigation are not the article."""
    for body in (
        f"<article><h1>Ferry sails hourly</h1>{STORY}{other}</article>",
        f"<div class='page'><h1>Ferry sails hourly</h1>{other}<div>{STORY}</div></div>",
        f"<main><h1>Ferry sails hourly</h1><div class='text'>{STORY}</div><div>{other}</div></main>",
    ):
        assert read_paragraphs(tmp_path, body) == ARTICLE


def test_the_parts_of_a_document_are_kept(tmp_path: Path) -> None:
    """A document is read as a whole, although one of its sections is most of it, or one of its texts has parts."""
    long = f"<div class='section'><h3>Crews</h3>{f'<p>{SECOND}</p>' * 9}</div>"
    short = f"<div class='section'><h3>Fares</h3><p>{THIRD}</p></div>"
    crews = [("Crews", SECOND)] * 9
    page = "<body><div class='book'><div><h1>Ferry sails hourly</h1></div>{}</div></body>"
    read = partial(read_article, tmp_path, "a.html")
    assert list_paragraphs(read(page.format(long + short))) == [*crews, ("Fares", THIRD)]
    texts = f"<div class='para'>{FIRST}</div><div class='para'>{OTHER}</div>"
    assert list_paragraphs(read(page.format(texts + long))) == [(None, FIRST), (None, OTHER), *crews]
    # A column beside the story is called otherwise, or the title stands in the story.
    beside = f"<div class='column'><h3>Fares</h3><p>{THIRD}</p></div>"
    assert list_paragraphs(read(page.format(long + beside))) == crews
    columns = f"{long.replace('<h3>', '<h1>Ferry sails hourly</h1><h3>')}{short}"
    assert list_paragraphs(read(f"<body><div>{columns}</div></body>")) == crews


@pytest.mark.parametrize("name", ["author", "share", "related-link", "caption", "tag", "comment"])
def test_a_sentence_keeps_its_words_whatever_their_class(tmp_path: Path, name: str) -> None:
    """What a name of a class says of an element concerns it alone, not where it is amid a sentence."""
    marked = f"<span class='{name}'><b>Ada</b> Holm</span>, <span class='{name}'>Ove Lind</span>"
    text = f"{SECOND} {THIRD} Of the council,"
    body = f"<h1>Ferry</h1>{STORY}<p>{text} {marked} and <a class='{name}' href='/l'>Mia Lund</a> voted for it."
    assert read_paragraphs(tmp_path, body)[3:] == [f"{text} Ada Holm, Ove Lind and Mia Lund voted for it."]
    around = f"<p><span class='{name}'>Ada Holm</span></p><p>{OTHER} <a class='{name}' href='/l'>Read on</a></p>"
    assert read_paragraphs(tmp_path, f"<h1>Ferry</h1>{STORY}{around}")[3:] == [OTHER]


def test_a_text_that_is_mostly_links_is_kept(tmp_path: Path) -> None:
    """A paragraph keeps its words where most of them are links, whatever element it is in."""
    linked = "The tables stand <a href='/tables'>in the yearbook of the harbour</a>."
    body = f"<div>{''.join(f'<div class=text>{words}</div>' for words in (*ARTICLE, linked))}</div>"
    assert read_paragraphs(tmp_path, body)[3:] == ["The tables stand in the yearbook of the harbour."]


def test_headings_with_their_texts_are_kept(tmp_path: Path) -> None:
    """The headings of the article stay; one whose text was left out does not."""
    body = f"<h1>Ferry sails hourly</h1><p>{FIRST}</p><h2>Crews</h2><p>{SECOND}</p><p>{THIRD}</p><h2>Comments</h2>"
    article = read_article(tmp_path, "a.html", f"<article>{body}<div class='comments'><p>{OTHER}</p></div></article>")
    assert list_paragraphs(article) == [(None, FIRST), ("Crews", SECOND), ("Crews", THIRD)]
    assert "Comments" not in article.text


def test_text_around_what_is_left_out_is_not_joined(tmp_path: Path) -> None:
    """Two texts that a box separates are two paragraphs."""
    body = f"<article>{FIRST}<div class='newsletter'>Sign up</div>{SECOND}</article>"
    assert read_paragraphs(tmp_path, body) == [FIRST, SECOND]


def test_a_figure_that_is_a_table_keeps_its_caption(tmp_path: Path) -> None:
    """The caption of a picture says nothing without it, but that of a table or a quotation belongs to the text."""
    body = (
        f"<article>{STORY}<figure><blockquote>{OTHER}</blockquote><figcaption>Ada Holm</figcaption></figure></article>"
    )
    assert read_paragraphs(tmp_path, body) == [*ARTICLE, OTHER, "Ada Holm"]


def test_comments_may_be_longer_than_the_story(tmp_path: Path) -> None:
    """Comments are left out where readers wrote more than the author."""
    comments = f"<div class='comments'>{f'<p>{OTHER}</p>' * 6}</div>"
    assert read_paragraphs(tmp_path, f"<div id='content'><h1>Ferry sails hourly</h1>{STORY}</div>{comments}") == ARTICLE


def test_an_article_element_beside_the_story_is_another_article(tmp_path: Path) -> None:
    """Where the story is in no article element, one elsewhere is the teaser of another story."""
    body = (
        f"<div class='story'><h1>Ferry sails hourly</h1>{STORY}</div><article><h3>Tulips</h3><p>{OTHER}</p></article>"
    )
    assert read_paragraphs(tmp_path, body) == ARTICLE
