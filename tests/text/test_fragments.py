"""Links to a quote's words: how the words stand in an address, and which of them are enough."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Article, Quote, Span
from bot.slack.markup import URL_LIMIT
from bot.text.fragments import DIRECTIVE_LIMIT, Directive, build_directive, link_to
from tests.factories import archive_of, article

# The specification's own, section by section; then each character that parts a directive, and what no address holds.
WRITTEN = [
    (Directive("foo"), "text=foo"),
    (Directive("an example text fragment"), "text=an%20example%20text%20fragment"),
    (Directive("an example", "text fragment"), "text=an%20example,text%20fragment"),
    (Directive("an example", "", "this is", "text fragment"), "text=this%20is-,an%20example,-text%20fragment"),
    (Directive("مِصر", prefix="البحرين"), "text=%D8%A7%D9%84%D8%A8%D8%AD%D8%B1%D9%8A%D9%86-,%D9%85%D9%90%D8%B5%D8%B1"),
    (Directive("-a-", "b,c", "d&e", "f#g%20"), "text=d%26e-,%2Da%2D,b%2Cc,-f%23g%2520"),
]


@pytest.mark.parametrize(("directive", "written"), WRITTEN)
def test_a_directive_is_written_as_the_specification_has_it(directive: Directive, written: str) -> None:
    """Its words are percent-encoded UTF-8, and commas and dashes stand where they part them."""
    assert str(directive) == written
    assert parsed(written) == directive


def parsed(written: str) -> Directive:
    """What a browser reads, by the specification's steps for parsing a text directive."""
    tokens = written.removeprefix("text=").split(",")
    assert 1 <= len(tokens) <= 4
    assert all(tokens)
    prefix = tokens.pop(0)[:-1] if tokens[0].endswith("-") else ""
    suffix = tokens.pop()[1:] if tokens[-1].startswith("-") else ""
    assert len(tokens) in {1, 2}
    return Directive(*map(unquote, (tokens[0], tokens[1] if tokens[1:] else "", prefix, suffix)))


TERM = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(TERM, st.just("") | TERM, st.just("") | TERM, st.just("") | TERM)
def test_whatever_is_written_can_be_read(start: str, end: str, prefix: str, suffix: str) -> None:
    """A browser reads of each directive the words that were written, and the address has none but ASCII characters."""
    written = str(Directive(start, end, prefix, suffix))
    assert parsed(written) == Directive(start, end, prefix, suffix)
    assert written.isascii()
    assert not set(written) & set(' "#<>[]^`{|}&')


LINKED = [
    (None, None),
    ("https://example.org/a", "https://example.org/a#:~:text=Words."),
    ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&c=2#:~:text=Words."),
    ("https://example.org/#", "https://example.org/#:~:text=Words."),
    ("https://example.org/#part", "https://example.org/#part:~:text=Words."),
    ("https://example.org/#:~:text=other&text=more", "https://example.org/#:~:text=Words."),
    ("https://example.org/#part:~:text=other", "https://example.org/#part:~:text=Words."),
]


@pytest.mark.parametrize(("url", "link"), LINKED)
def test_a_link_is_the_address_and_a_directive(url: str | None, link: str | None) -> None:
    """What the address says stays, but for a directive of its own."""
    assert link_to(quote(article("Words."), "Words.", url=url)) == link


def quote(of: Article, words: str, *, url: str | None = "https://example.org/", nth: int = 0) -> Quote:
    """The quote that is the ``nth`` paragraph's to hold these words."""
    paragraphs = [one for one in archive_of([replace(of, url=url)]).paragraphs if words in one.text]
    start = paragraphs[nth].span.start + paragraphs[nth].text.index(words)
    return Quote(paragraphs[nth], Span(start, start + len(words)))


SENTENCE = "The council, which had met for six hours, approved the bridge over the river at Tarn on Monday evening. "
LONG = SENTENCE + "Its cost of four million is to be found in the budgets of the years to come, said the mayor."
ENOUGH = [
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


@pytest.mark.parametrize(("of", "words", "directive"), ENOUGH)
def test_a_quote_is_named_by_as_little_as_names_it_alone(of: Article, words: str, directive: Directive) -> None:
    """A short quote is named by all its words, a long one by its ends; where that is not enough, with its context."""
    assert build_directive(quote(of, words)) == directive


def test_the_last_words_stand_once_in_the_quote() -> None:
    """A browser marks up to the first end that it finds, so that an end which the quote repeats is made longer."""
    refrain = "and so said all of the men. "
    words = (
        f"One went home, {refrain}Two went by ship, {refrain}Three walked the whole way to the sea, {refrain}".strip()
    )
    assert (
        build_directive(quote(article(words), words)).end
        == f"the men. Three walked the whole way to the sea, {refrain}".strip()
    )


def test_a_paragraph_that_stands_twice_is_told_by_what_is_above_it() -> None:
    """The same words in two places are told from one another by the paragraphs beside them."""
    twice = article("First the mayor.", "Yes.", "Then the council.", "Yes.")
    first, second = (build_directive(quote(twice, "Yes.", nth=nth)) for nth in (0, 1))
    assert (first.prefix, second.prefix) == ("First the mayor.", "Then the council.")


def test_words_that_no_message_has_room_for_are_left_out() -> None:
    """The link to words without a border in them, too long to be whole, is the article's address."""
    words = "桥" * DIRECTIVE_LIMIT
    assert link_to(quote(article(words), words)) == "https://example.org/"


@given(st.text("ab. ,-'桥。\n", min_size=1, max_size=400).filter(str.strip), st.data())
def test_any_quote_has_a_link(text: str, data: st.DataObject) -> None:
    """Whatever is quoted, its link keeps to its size, opens the article, and names words of the quote."""
    of = article(text.strip())
    whole = data.draw(st.sampled_from(archive_of([of]).paragraphs or [None]))
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
