"""Where a paragraph begins and ends, and which paragraphs are searched together.

Secret: what parts one paragraph from the next in a text that carries no markup. Everyone else takes spans.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from bot.models import Article, Mark, Paragraph, Passage, Span
from bot.text.boilerplate import is_pointer

PASSAGE_WORDS = 180
WIDEST_WRAP = 160  # characters; mail and typewritten text is wrapped at 60 to 100, never this wide
HEADING_WORDS, HEADING_CHARS = 12, 80  # a longer line that stands alone is more often a caption or a sentence cut short

_LINE = re.compile(r"[^\n]+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।](?:[\"'”’»)\]]|\[\d+\])*\Z")
_NO_HEADING_END = tuple(".,;:!…-–—\"'”’»")


def split_paragraphs(article: Article) -> tuple[Paragraph, ...]:
    """The article's paragraphs, numbered from 1, from its text and marks alone, by one rule for each format.

    A mark is never a paragraph and always parts what stands around it. The rest is parted as ``blocks`` says; each span
    is trimmed of blanks. A block without a letter or digit (``* * *``) is an ornament, not a paragraph. ``heading`` is
    the nearest heading mark above that heads anything: a line that leads to another article does not.
    """
    text = article.text
    spans = [span for span in split_blocks(text, article.marks) if any(map(str.isalnum, span.slice(text)))]
    headings = [mark.span for mark in article.marks if mark.kind == "heading" and not is_pointer(mark.span.slice(text))]
    starts = [heading.start for heading in headings]
    made = []
    for number, span in enumerate(spans, 1):
        above = bisect_right(starts, span.start)
        made.append(Paragraph(article, number, len(spans), span, headings[above - 1] if above else None))
    return tuple(made)


def build_passages(paragraphs: Sequence[Paragraph]) -> tuple[Passage, ...]:
    """What is searched: neighbours joined, from the top, while they hold at most ``PASSAGE_WORDS`` words together.

    A passage never crosses a mark (so never mixes what stands under different headings) nor the end of an article.
    A paragraph that is longer by itself is a passage by itself, whole. Words are what blanks part.
    """
    made: list[Passage] = []
    for _, group in groupby(paragraphs, key=lambda paragraph: id(paragraph.article)):
        own = list(group)
        starts = [mark.span.start for mark in own[0].article.marks]
        for _, section in groupby(own, key=lambda paragraph: bisect_right(starts, paragraph.span.start)):
            made += _joined(section)
    return tuple(made)


def _joined(section: Iterator[Paragraph]) -> Iterator[Passage]:
    held: list[Paragraph] = []
    words = 0
    for paragraph in section:
        more = len(paragraph.text.split())
        if held and words + more > PASSAGE_WORDS:
            yield _passage(held)
            held, words = [], 0
        held.append(paragraph)
        words += more
    if held:
        yield _passage(held)


def _passage(paragraphs: Sequence[Paragraph]) -> Passage:
    return Passage(tuple(paragraphs), Span(paragraphs[0].span.start, paragraphs[-1].span.end))


def split_blocks(text: str, marks: Sequence[Mark] = ()) -> tuple[Span, ...]:
    """The stretches of ``text`` outside the marks that its author set apart, trimmed of blanks, in order.

    Blank lines and marks part them. A single line end parts them too when, in the whole text, at least half of the
    single line ends look like the end of a paragraph rather than of a wrapped line: the line ends as a sentence does;
    or it or the next is longer than ``WIDEST_WRAP``; or it could be a heading, the next is longer and ends as a
    sentence, and it had room for the next line's first word (so no wrapping ended it). Otherwise the text is
    hard-wrapped, and a single line end is only a blank.
    """
    runs = tuple(_runs(text, marks))
    pairs = [pair for run in runs for pair in pairwise(run)]
    widest = max((len(line) for run in runs for line in run), default=0)
    ends = sum(_ends_paragraph(text, line, following, widest) for line, following in pairs)
    if ends * 2 >= len(pairs):
        return tuple(line for run in runs for line in run)
    return tuple(Span(run[0].start, run[-1].end) for run in runs)


def _runs(text: str, marks: Sequence[Mark]) -> Iterator[list[Span]]:
    """Runs of lines with neither a blank line nor a mark between them; each line trimmed of blanks."""
    at = 0
    for stop, resume in (*((mark.span.start, mark.span.end) for mark in marks), (len(text), len(text))):
        run: list[Span] = []
        for match in _LINE.finditer(text, at, stop):
            line = match.group()
            words = line.strip()
            if not words:
                continue
            start = match.start() + len(line) - len(line.lstrip())
            if run and text.count("\n", run[-1].end, start) > 1:
                yield run
                run = []
            run.append(Span(start, start + len(words)))
        if run:
            yield run
        at = resume


def _ends_paragraph(text: str, line: Span, following: Span, widest: int) -> bool:
    words, after = line.slice(text), following.slice(text)
    if ends_as_sentence(words) or max(len(words), len(after)) > WIDEST_WRAP:
        return True
    had_room = len(words) + 1 + len(after.split(None, 1)[0]) <= widest
    return had_room and could_be_heading(words) and can_head(words, after)


def ends_as_sentence(words: str) -> bool:
    """Whether ``words`` end with a sentence's closing mark, perhaps inside quotes, brackets or a footnote number."""
    return _SENTENCE_END.search(words[-12:]) is not None


def could_be_heading(line: str) -> bool:
    """Whether a line that stands alone has a heading's shape: short, a capital or digit first, no closing mark."""
    return (
        len(line) <= HEADING_CHARS
        and (line[0].isupper() or line[0].isdigit())
        and not line.endswith(_NO_HEADING_END)
        and len(line.split()) <= HEADING_WORDS
    )


def can_head(line: str, block: str) -> bool:
    """Whether ``block`` is prose that ``line`` may stand above: longer than it, and ended as a sentence."""
    return len(block) > len(line) and ends_as_sentence(block)
