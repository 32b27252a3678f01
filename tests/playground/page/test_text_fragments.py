"""Text fragment links in Chromium: the browser scrolls to the quote and highlights nothing else."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bot.models import Article, Quote, Span
from bot.text.fragments import link_to
from tests.factories import archive_of, build_answerer, read_articles

from .conftest import DESKTOP, Visit
from .slack_page import SlackPage, served_bot

pytestmark = pytest.mark.xdist_group("browser")

HIGH = "<div style='height: 4000px'></div>"
# Highlighted text has one color, glyphs included, so that the pixel at a character's center shows if it is highlighted.
STYLE = "<style>::target-text { background: #f0f; color: #f0f } body { font: 16px sans-serif; max-width: 60em }</style>"
READ = """
async screenshot => {
  const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + screenshot)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  canvas.drawImage(bitmap, 0, 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let read = "";
  let inside = false;
  while (walker.nextNode()) {
    const text = walker.currentNode.data;
    for (let at = 0; at < text.length; at++) {
      range.setStart(walker.currentNode, at);
      range.setEnd(walker.currentNode, at + 1);
      const box = range.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (!text[at].trim()) continue;
      const [red, green, blue] = canvas.getImageData(x, y, 1, 1).data;
      const marked = y >= 0 && y < bitmap.height && red > 200 && green < 60 && blue > 200;
      if (marked !== inside) read += marked ? "⟦" : "⟧";
      inside = marked;
      read += text[at];
    }
  }
  return inside ? read + "⟧" : read;
}
"""


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


LONG = (
    "The ministers agreed on Monday to share the cost of the bridge, which the council had put at four million; "
    "the rest of the sum, they said after a meeting of six hours, would be found in the budgets of the coming years, "
    "and nobody in the valley would pay more for bread, water or the ferry than in the years before."
)
REFRAIN = (
    "The mayor would pay for the bridge, and so said all of the men. The bishop would pay for half of the bridge, "
    "and so said all of the men."
)
# A description, the page's body, and the text of the quote as in the article.
CASES = [
    ("text that occurs once", paragraphs("Nothing here.", "The Tarn bridge is open."), "The Tarn bridge is open."),
    (
        "also in upper case before",
        paragraphs("THE BRIDGE IS OPEN.", "And so: the bridge is open."),
        "the bridge is open.",
    ),
    (
        "a sentence that occurs three times",
        paragraphs("It is open. We saw it.", "They asked again. It is open. Nobody came.", "It is open. So it was."),
        "It is open.",
    ),
    (
        "a paragraph that occurs twice, identified by the one above",
        paragraphs("First came the mayor.", "Work begins soon.", "Then came the council.", "Work begins soon."),
        "Work begins soon.",
    ),
    ("long", paragraphs("Before.", LONG, "After."), LONG),
    ("long, with a repeated end", paragraphs(REFRAIN), REFRAIN),
    ("long, with a start that occurs before", paragraphs("The ministers agreed on Monday to wait.", LONG), LONG),
    (
        "long, at the end of its paragraph",
        paragraphs("The ministers agreed on Monday to share the cost of bread.", f"Six hours later: {LONG}"),
        LONG,
    ),
    (
        "commas, dashes, ampersands",
        paragraphs("A, b.", "Smith & Sons, half-built - 50%, of #1?"),
        "Smith & Sons, half-built - 50%, of #1?",
    ),
    (
        "apostrophes and quotation marks",
        paragraphs("“We don’t.”", "“We don’t know O'Hara’s ‘plan’,” she said."),
        "“We don’t know O'Hara’s ‘plan’,” she said.",
    ),
    (
        "markup within words",
        paragraphs("None.", "The <b>Tarn</b> <a href='#x'>bri<i>dge</i></a> is <em>half</em>&nbsp;open."),
        "The Tarn bridge is half\N{NO-BREAK SPACE}open.",
    ),
    (
        "accents",
        paragraphs("Le pont est déjà fermé, dit-on.", "Le pont est déjà ouvert à Évry."),
        "Le pont est déjà ouvert à Évry.",
    ),
    (
        "Cyrillic",
        paragraphs("Мост закрыт.", "Мост через реку открыт, сказал министр."),
        "Мост через реку открыт, сказал министр.",
    ),
    ("Arabic", paragraphs("الجسر مغلق.", "الجسر مفتوح الآن للجميع."), "الجسر مفتوح الآن للجميع."),
    (
        "Chinese",
        paragraphs("桥梁已关闭。", "委员会星期一批准了塔恩大桥。工程将于六月开始。"),
        "委员会星期一批准了塔恩大桥。",
    ),
    (
        "Japanese, long",
        paragraphs(
            "橋は閉鎖されました。",
            "大臣たちは月曜日に、橋の費用を分担することで合意しました。残りは来年の予算で賄われると、六時間の会議の後に述べました。",
        ),
        "大臣たちは月曜日に、橋の費用を分担することで合意しました。残りは来年の予算で賄われると、六時間の会議の後に述べました。",
    ),
]


def without_blanks(text: str) -> str:
    return "".join(text.split())


def read_page(tab: Page) -> str:
    """The page's text without blanks; the visible highlights are in ⟦brackets⟧."""
    return str(tab.evaluate(READ, base64.b64encode(tab.screenshot()).decode()))


class Site:
    """A page served from loopback, and a browser tab."""

    def __init__(self, address: str, tab: Page) -> None:
        self.address, self._tab = address, tab

    def read(self, link: str) -> str:
        """Open ``link``; return the page's text as ``read_page`` does."""
        self._tab.goto("about:blank")
        self._tab.goto(link)
        return read_page(self._tab)


@contextmanager
def site(browser: Browser, body: str) -> Iterator[Site]:
    """Serve a page with ``body`` between two tall empty blocks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html>{STYLE}{HIGH}{body}{HIGH}".encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    context = browser.new_context(viewport=DESKTOP)
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}/article", context.new_page())
    finally:
        context.close()
        server.shutdown()
        thread.join()
        server.server_close()


def article_of(body: str, folder: Path) -> Article:
    """Read the article on the page."""
    folder.joinpath("a.html").write_text(f"<!doctype html><title>News</title>{body}", encoding="utf-8")
    (article,) = read_articles([folder]).articles
    return article


def quotes_of(words: str, body: str, folder: Path, address: str) -> list[Quote]:
    """A quote of these words for each paragraph of the page that contains them."""
    found = []
    article = replace(article_of(body, folder), url=address)
    for paragraph in archive_of([article]).paragraphs_of(article.id):
        at = paragraph.text.find(words)
        if at >= 0:
            start = paragraph.span.start + at
            found.append(Quote(paragraph, Span(start, start + len(words))))
    return found


@pytest.mark.parametrize(("body", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_browser_highlights_only_the_quote(browser: Browser, tmp_path: Path, body: str, words: str) -> None:
    """The browser scrolls to the quote and highlights it and nothing else, whatever else is on the page."""
    with site(browser, body) as page:
        quotes = quotes_of(words, body, tmp_path, page.address)
        assert quotes
        for quote in quotes:
            link, text = link_to(quote), quote.article.text
            assert link is not None
            assert page.read(link) == without_blanks(f"{text[: quote.span.start]}⟦{words}⟧{text[quote.span.end :]}")


def test_nothing_is_highlighted_without_a_matching_directive(browser: Browser) -> None:
    """Without a directive, or with text that is not on the page, nothing is highlighted."""
    with site(browser, paragraphs("One line.")) as page:
        for link in (page.address, f"{page.address}#:~:text=Another%20line"):
            assert page.read(link) == "Oneline."


def test_a_click_on_a_source_opens_it_at_the_quote(browser: Browser, tmp_path: Path) -> None:
    """A click on the title under a quote in Slack opens the article with that quote highlighted."""
    body = paragraphs("The council met on the Tarn bridge in May.", "In June the council approved the Tarn bridge.")
    with site(browser, body) as page:
        articles = [replace(article_of(body, tmp_path), url=page.address)]
        with served_bot(browser, tmp_path, build_answerer(articles)) as playground:
            context = browser.new_context(viewport=DESKTOP)
            tab = context.new_page()
            tab.goto(playground.address)
            answer = SlackPage(Visit(tab, playground.slack, [])).ask("who approved the Tarn bridge")
            with context.expect_page() as new:
                answer.get_by_role("link").first.click()
            new.value.wait_for_load_state()
            assert (
                read_page(new.value).count(f"⟦{without_blanks(answer.locator('blockquote').first.inner_text())}⟧") == 1
            )
            context.close()
