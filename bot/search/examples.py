"""Questions that an archive may well be asked, made of its own sentences. Keeps secret how a question is made of one.

A sentence that begins with whom or what it is about, and goes on in one of a few plain ways ("The lighthouse was built
in 1871"), answers the question that it is when turned round ("when was the lighthouse built"). An archive of which no
sentence does has its acronyms and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import regex

from bot.index.tokens import Tokens
from bot.models import Paragraph, Quote, Span
from bot.text import analysis

PARAGRAPHS = 2_000
"""How many paragraphs are read for questions at most: a large archive takes no longer than a small one."""
ACRONYMS = 10
"""How many acronyms are asked about at most, the most frequent ones."""
TRIES = 60
"""How many questions are tried at most until enough of them have an answer."""

_CAPITALISED = r"\p{Lu}[\p{L}\p{N}-]*[\p{L}\p{N}]"
_NAME = rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,4}}"
_LONG_NAME = rf"{_CAPITALISED} {_NAME}"
_ABOUT = rf"(?P<about>(?:The|An?)(?: [\p{{L}}\p{{N}}-]+){{1,3}}|{_NAME})(?: \(\p{{L}}+\))?"
_WHAT = r"(?P<what>(?:the|an?)(?: [\p{Ll}-]{3,}){2})(?=[.,;]| (?:of|in|on|to|for)\b)"
_DONE = r"(?P<done>\p{Ll}{2,}(?:[bcdghklmnprstvy]ed|ied|ld|wn|ilt|ent|ound|ought))"
_WAS = r"(?P<was>was|were)"
_YEAR = r"(?:in|on|since|of) [^,;:]{0,20}?(?:1\d|20)\d\d(?!\d)"
_COUNT = r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty)"
_WAYS = tuple(
    (way, regex.compile(pattern))
    for way, pattern in (
        ("how many {things} does {about} have", rf"{_ABOUT} has {_COUNT} (?P<things>\p{{Ll}}{{3,}}s)\b"),
        ("how much does {about} cost", rf"{_ABOUT} costs (?:about |some |nearly )?[\p{{Sc}}\p{{N}}]"),
        ("how much did {about} cost", rf"{_ABOUT} cost (?:about |some |nearly )?[\p{{Sc}}\p{{N}}]"),
        ("who {done} {about}", rf"{_ABOUT} (?:was|were) {_DONE} by (?:the )?\p{{Lu}}"),
        ("when {was} {about} {done}", rf"{_ABOUT} {_WAS} {_DONE}\b[^,;:]{{0,60}}? {_YEAR}"),
        ("why {was} {about} {done}", rf"{_ABOUT} {_WAS} {_DONE}\b[^,;:]{{0,60}}? because "),
        ("who {done} {what}", rf"(?P<who>{_LONG_NAME}|{_NAME}['’]s? \p{{Ll}}+) {_DONE} {_WHAT}"),
        ("what did {about} say", rf"(?P<about>{_LONG_NAME})(?:, [^,]{{3,80}},)? said (?!so\b)"),
    )
)
_NO_DEED = frozenset("remained seemed appeared featured entered suffered joined needed wanted used".split())
"""What nobody asks after by "who": it is not done by anybody, or says too little."""
_ARTICLES = frozenset(("The", "A", "An", "the", "a", "an"))


@dataclass(frozen=True, slots=True)
class Example:
    """A question, how it is asked, what it was made of, and what its first quote has to be to answer it.

    ``is_vague`` where it asks of a thing by one word: "the bridge" may be any.
    """

    question: str
    way: str
    origin: str
    is_met: Callable[[Quote], bool]
    is_vague: bool = False

    def is_like(self, other: Example) -> bool:
        """Whether one of the two is enough for whoever would see what can be asked."""
        return self.way == other.way or self.origin == other.origin


def suggest_questions(
    paragraphs: Iterable[Paragraph], tokens: Tokens, acronyms: Iterable[str], names: Iterable[str]
) -> Iterator[Example]:
    """Questions that may be answered, the likeliest to be asked first: those about the first of the ``paragraphs``."""
    short = tuple(islice(acronyms, ACRONYMS))
    yield from (_about(name, "what was agreed on {}", r"\bagreed\b") for name in short)
    found = [made for one in islice(paragraphs, PARAGRAPHS) for made in _of_sentences(one, tokens)]
    yield from sorted(found, key=lambda one: one.is_vague)
    yield from (_about(name, "what is {}", rf"[(]{regex.escape(name)}[)]|{regex.escape(name)} [(]") for name in short)
    yield from (_about(name, "{}", "") for name in names)


def _of_sentences(paragraph: Paragraph, tokens: Tokens) -> Iterator[Example]:
    for sentence in tokens.sentences(paragraph):
        text = sentence.slice(paragraph.article.text)
        for way, pattern in _WAYS:
            found = pattern.match(text)
            if found and _is_clear(parts := found.groupdict()):
                asked = way.format(**{name: _inside(part) for name, part in parts.items()})
                is_met = _quoting(paragraph, sentence)
                yield Example(asked, way, paragraph.article.id, is_met, _is_vague(parts.get("about", "")))
                break


def _quoting(paragraph: Paragraph, sentence: Span) -> Callable[[Quote], bool]:
    return lambda quote: quote.paragraph == paragraph and quote.span.start <= sentence.start < quote.span.end


def _about(subject: str, way: str, beside: str) -> Example:
    """The first quote names the subject, and has ``beside`` in it."""
    return Example(
        way.format(subject),
        way,
        subject,
        lambda quote: subject in quote.text and regex.search(beside, quote.text) is not None,
    )


def _is_clear(parts: dict[str, str]) -> bool:
    """Whether it is told by name or thing, not by a pronoun, and something that is done."""
    words = [word for name in ("who", "about", "what") for word in _bare(parts.get(name, ""))]
    return all(map(analysis.to_search_term, words)) and parts.get("done") not in _NO_DEED


def _is_vague(about: str) -> bool:
    words = _bare(about)
    return len(words) == 1 and words[0].islower()


def _bare(part: str) -> list[str]:
    words = part.split()
    return words[1:] if words[:1] and words[0] in _ARTICLES else words


def _inside(part: str) -> str:
    """As it is written inside a sentence."""
    first, blank, rest = part.partition(" ")
    return f"{first.lower()}{blank}{rest}" if first in _ARTICLES else part
