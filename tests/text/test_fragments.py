"""Text fragment links: the syntax of directives, and the shortest directive for a quote."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Article, PageStart, Quote, Span
from bot.slack.blocks import URL_LIMIT
from bot.text.fragments import DIRECTIVE_LIMIT, Directive, build_directive, link_to
from tests.factories import archive_of, article

# The specification's examples; then the characters that separate a directive's parts or must be percent-encoded.
DIRECTIVES = [
    (Directive("foo"), "text=foo"),
    (Directive("an example text fragment"), "text=an%20example%20text%20fragment"),
    (Directive("an example", "text fragment"), "text=an%20example,text%20fragment"),
    (Directive("an example", "", "this is", "text fragment"), "text=this%20is-,an%20example,-text%20fragment"),
    (Directive("مِصر", prefix="البحرين"), "text=%D8%A7%D9%84%D8%A8%D8%AD%D8%B1%D9%8A%D9%86-,%D9%85%D9%90%D8%B5%D8%B1"),
    (Directive("-a-", "b,c", "d&e", "f#g%20"), "text=d%26e-,%2Da%2D,b%2Cc,-f%23g%2520"),
]


@pytest.mark.parametrize(("directive", "text"), DIRECTIVES)
def test_directives_follow_the_specification(directive: Directive, text: str) -> None:
    """The parts are percent-encoded UTF-8, separated by commas and dashes."""
    assert str(directive) == text
    assert parse(text) == directive


def parse(text: str) -> Directive:
    """Parse a text directive by the steps of the specification, as a browser does."""
    tokens = text.removeprefix("text=").split(",")
    assert 1 <= len(tokens) <= 4
    assert all(tokens)
    prefix = tokens.pop(0)[:-1] if tokens[0].endswith("-") else ""
    suffix = tokens.pop()[1:] if tokens[-1].startswith("-") else ""
    assert len(tokens) in {1, 2}
    return Directive(*map(unquote, (tokens[0], tokens[1] if tokens[1:] else "", prefix, suffix)))


TERM = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(TERM, st.just("") | TERM, st.just("") | TERM, st.just("") | TERM)
def test_directives_can_be_parsed_again(start: str, end: str, prefix: str, suffix: str) -> None:
    """Parsing a directive gives the same parts, and its text is ASCII without reserved characters."""
    text = str(Directive(start, end, prefix, suffix))
    assert parse(text) == Directive(start, end, prefix, suffix)
    assert text.isascii()
    assert not set(text) & set(' "#<>[]^`{|}&')


LINKS = [
    (None, None),
    ("https://example.org/a", "https://example.org/a#:~:text=Words."),
    ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2#:~:text=Words."),
    ("https://example.org/#", "https://example.org/#:~:text=Words."),
    ("https://example.org/#part", "https://example.org/#part:~:text=Words."),
    ("https://example.org/#:~:text=other&text=more", "https://example.org/#:~:text=Words."),
    ("https://example.org/#part:~:text=other", "https://example.org/#part:~:text=Words."),
]


@pytest.mark.parametrize(("url", "link"), LINKS)
def test_a_link_is_the_url_with_a_directive(url: str | None, link: str | None) -> None:
    """The URL is preserved, except that a text directive in it is replaced."""
    assert link_to(quote(article("Words."), "Words.", url=url)) == link


def quote(of: Article, words: str, *, url: str | None = "https://example.org/", nth: int = 0) -> Quote:
    """A quote of these words in the ``nth`` paragraph that contains them."""
    paragraphs = archive_of([replace(of, url=url)]).paragraphs_of(of.id)
    containing = [paragraph for paragraph in paragraphs if words in paragraph.text]
    paragraph = containing[nth]
    start = paragraph.span.start + paragraph.text.index(words)
    return Quote(paragraph, Span(start, start + len(words)))


SENTENCE = "The council, which had met for six hours, approved the bridge over the river at Tarn on Monday evening. "
LONG = SENTENCE + "Its cost of four million is to be found in the budgets of the years to come, said the mayor."
SHORTEST = [
    (article("Work begins."), "Work begins.", Directive("Work begins.")),
    (article("Work begins. Work begins in June."), "Work begins in June.", Directive("Work begins in June.")),
    (article("So  work begins\tat last."), "So  work begins\tat last.", Directive("So work begins at last.")),
    (article("WORK BEGINS.", "At last: work begins."), "work begins.", Directive("work begins.", prefix="At last:")),
    (article("Work begins. It rains.", "Work begins."), "Work begins.", Directive("Work begins.", suffix="It rains.")),
    (article("So it was.", "Yes.", "No.", "Yes."), "Yes.", Directive("Yes.", prefix="So it was.")),
    (article("Tarn", "In Tarn.", title="Tarn", headings=["Tarn"]), "Tarn.", Directive("Tarn.")),
    (article("In Tarn we met.", title="Tarn"), "Tarn", Directive("Tarn", prefix="In")),
    (article(LONG), SENTENCE.strip(), Directive(SENTENCE.strip())),
    (article(LONG), LONG, Directive("The council, which had met", "to come, said the mayor.")),
    (
        article("The council, which had met, went.", LONG),
        LONG,
        Directive(
            "The council, which had met for six hours, approved the bridge over the river", "to come, said the mayor."
        ),
    ),
    (
        article("The council, which had met, went.", "So. " + LONG),
        LONG,
        Directive("The council, which had met", "to come, said the mayor.", "So."),
    ),
]


@pytest.mark.parametrize(("of", "words", "directive"), SHORTEST)
def test_the_shortest_unique_directive_is_used(of: Article, words: str, directive: Directive) -> None:
    """A short quote is given in full, a long one by its start and end; context is added if that is ambiguous."""
    assert build_directive(quote(of, words)) == directive


@pytest.mark.parametrize("url", ["https://example.org/report.pdf", "https://example.org/report.pdf#zoom=50"])
def test_a_link_to_an_article_with_pages_ends_in_the_page(url: str) -> None:
    """A browser opens a PDF at the page on which the quote begins; it knows no text directives there."""
    report = replace(article("One.", "Two, and then three."), url=url, pages=(PageStart(0, 11), PageStart(10, 12)))
    first, second = archive_of([report]).paragraphs_of(report.id)
    assert link_to(Quote(first, first.span)) == "https://example.org/report.pdf#page=11"
    assert link_to(Quote(second, second.span)) == "https://example.org/report.pdf#page=11"
    assert link_to(Quote(second, Span(11, second.span.end))) == "https://example.org/report.pdf#page=12"


def test_the_end_occurs_once_in_the_quote() -> None:
    """An end that the quote repeats is made longer, because browsers highlight up to its first occurrence."""
    refrain = "and so said all of the men. "
    words = (
        f"One went home, {refrain}Two went by ship, {refrain}Three walked the whole way to the sea, {refrain}".strip()
    )
    assert (
        build_directive(quote(article(words), words)).end
        == f"the men. Three walked the whole way to the sea, {refrain}".strip()
    )


def test_a_repeated_paragraph_is_identified_by_the_one_above() -> None:
    """Equal paragraphs are distinguished by their neighbors."""
    repeated = article("First the mayor.", "Yes.", "Then the council.", "Yes.")
    first, second = (build_directive(quote(repeated, "Yes.", nth=nth)) for nth in (0, 1))
    assert (first.prefix, second.prefix) == ("First the mayor.", "Then the council.")


def test_long_directives_are_omitted() -> None:
    """The link to a long text without word borders is the article's URL."""
    words = "桥" * DIRECTIVE_LIMIT
    assert link_to(quote(article(words), words)) == "https://example.org/"


@given(st.text("ab. ,-'桥。\n", min_size=1, max_size=400).filter(str.strip), st.data())
def test_links_are_valid_for_any_quote(text: str, data: st.DataObject) -> None:
    """For any quote, the link respects the length limit, opens the article, and contains words of the quote."""
    of = article(text.strip())
    whole = data.draw(st.sampled_from(archive_of([of]).paragraphs_of(of.id) or [None]))
    if whole is None:
        return
    one = quote(of, whole.text)
    link = link_to(one) or ""
    assert len(link) <= len("https://example.org/#:~:") + DIRECTIVE_LIMIT < URL_LIMIT
    assert urlsplit(link).netloc == "example.org"
    directive = build_directive(one)
    words = " ".join(one.text.split())
    assert words.startswith(directive.start)
    assert words.endswith(directive.end or directive.start)
    assert len(directive.start) + len(directive.end) <= len(words)
