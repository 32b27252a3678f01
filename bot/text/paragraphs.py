"""Split an article into paragraphs, and join short paragraphs to passages, the unit that is searched."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from bot.models import Article, Mark, Paragraph, Passage, Span
from bot.text.analysis import is_pointer

PASSAGE_WORDS = 180
WIDEST_WRAP = 160  # characters; email and typewritten text is wrapped at 60 to 100
HEADING_WORDS, HEADING_CHARS = 12, 80  # a longer single line is more often a caption or a truncated sentence

_LINE = re.compile(r"[^\n]+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।](?:[\"'”’»)\]]|\[\d+\])*\Z")
_NO_HEADING_END = tuple(".,;:!…-–—\"'”’»")


def split_paragraphs(article: Article) -> tuple[Paragraph, ...]:
    """Split the article into paragraphs, numbered from 1, based only on its text and marks.

    The paragraphs are the blocks of ``split_blocks`` that contain a letter or digit (others, such as ``* * *``, are
    ornaments) and do not repeat a heading, as a table of contents does. ``heading`` is the nearest heading mark above,
    ignoring headings that only point to another article.
    """
    text = article.text
    blocks = [span for span in split_blocks(text, article.marks) if any(map(str.isalnum, span.slice(text)))]
    listed = {" ".join(mark.span.slice(text).split()) for mark in article.marks if mark.kind == "heading"}
    spans = [span for span in blocks if " ".join(span.slice(text).split()) not in listed] or blocks
    headings = [mark.span for mark in article.marks if mark.kind == "heading" and not is_pointer(mark.span.slice(text))]
    starts = [heading.start for heading in headings]
    paragraphs = []
    for number, span in enumerate(spans, 1):
        above = bisect_right(starts, span.start)
        paragraphs.append(Paragraph(article, number, len(spans), span, headings[above - 1] if above else None))
    return tuple(paragraphs)


def build_passages(paragraphs: Sequence[Paragraph]) -> tuple[Passage, ...]:
    """Join consecutive paragraphs to passages of at most ``PASSAGE_WORDS`` words.

    A passage never crosses a mark, and so never mixes text below different headings, nor the end of an article. A
    longer paragraph is a passage by itself. Words are separated by white space.
    """
    joined: list[Passage] = []
    for _, group in groupby(paragraphs, key=lambda paragraph: id(paragraph.article)):
        own = list(group)
        starts = [mark.span.start for mark in own[0].article.marks]
        for _, section in groupby(own, key=lambda paragraph: bisect_right(starts, paragraph.span.start)):
            joined += _join_paragraphs(section)
    return tuple(joined)


def _join_paragraphs(section: Iterable[Paragraph]) -> Iterator[Passage]:
    groups: list[list[Paragraph]] = []
    words = 0
    for paragraph in section:
        words += (count := len(paragraph.text.split()))
        if not groups or words > PASSAGE_WORDS:
            groups.append([])
            words = count
        groups[-1].append(paragraph)
    for group in groups:
        yield Passage(tuple(group), Span(group[0].span.start, group[-1].span.end))


def split_blocks(text: str, marks: Sequence[Mark] = ()) -> tuple[Span, ...]:
    """Split the text outside the marks into blocks, in order, without the white space around them.

    Blank lines and marks separate blocks. Single line ends do too, unless the text is hard-wrapped: unless more than
    half of its single line ends look like wrapping. A line end does not look like wrapping if the line ends as a
    sentence does; or if it or the next line is longer than ``WIDEST_WRAP``; or if it could be a heading of the next
    line, whose first word would have fit on it.
    """
    runs = tuple(_find_runs(text, marks))
    pairs = [pair for run in runs for pair in pairwise(run)]
    widest = max((len(line) for run in runs for line in run), default=0)
    ends = sum(_ends_paragraph(text, line, following, widest) for line, following in pairs)
    if ends * 2 >= len(pairs):
        return tuple(line for run in runs for line in run)
    return tuple(Span(run[0].start, run[-1].end) for run in runs)


def _find_runs(text: str, marks: Sequence[Mark]) -> Iterator[list[Span]]:
    """Runs of lines with neither a blank line nor a mark between them; each line without the white space around it."""
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
    first_word_fits = len(words) + 1 + len(after.split(None, 1)[0]) <= widest
    return first_word_fits and could_be_heading(words) and can_head(words, after)


def ends_as_sentence(words: str) -> bool:
    """Whether the text ends with a sentence's closing mark, perhaps before quotes, brackets or a footnote number."""
    return _SENTENCE_END.search(words[-12:]) is not None


def could_be_heading(line: str) -> bool:
    """Whether a line has the form of a heading: short, starting with a capital or digit, without a closing mark."""
    return (
        len(line) <= HEADING_CHARS
        and (line[0].isupper() or line[0].isdigit())
        and not line.endswith(_NO_HEADING_END)
        and len(line.split()) <= HEADING_WORDS
    )


def can_head(line: str, block: str) -> bool:
    """Whether ``line`` may be a heading of ``block``: whether that is longer and ends as a sentence."""
    return len(block) > len(line) and ends_as_sentence(block)
