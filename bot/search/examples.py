"""Suggests questions that an archive answers, made from its own sentences.

A sentence that begins with its subject and continues in one of a few plain ways ("The lighthouse was built in 1871")
answers the question that it becomes when turned round ("when was the lighthouse built"). An archive without such
sentences has its acronyms and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import regex

from bot.index.tokens import Tokens
from bot.models import Paragraph, Quote, Span
from bot.text import analysis

MAX_PARAGRAPHS = 2_000
"""Paragraphs that are read for questions: a large archive takes no longer than a small one."""
MAX_ACRONYMS = 10
"""Acronyms that are asked about, the most frequent ones."""
MAX_TRIES = 60
"""Questions that are tried until enough of them have an answer."""

_CAPITALISED = r"\p{Lu}[\p{L}\p{N}-]*[\p{L}\p{N}]"
_NAME = rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,4}}"
_LONG_NAME = rf"{_CAPITALISED} {_NAME}"
_ABOUT = rf"(?P<about>(?:The|An?)(?: [\p{{L}}\p{{N}}-]+){{1,3}}|{_NAME})(?: \(\p{{L}}+\))?"
_WHAT = r"(?P<what>(?:the|an?)(?: [\p{Ll}-]{3,}){2})(?=[.,;]| (?:of|in|on|to|for)\b)"
_DONE = r"(?P<done>\p{Ll}{2,}(?:[bcdghklmnprstvy]ed|ied|ld|wn|ilt|ent|ound|ought))"
_WAS = r"(?P<was>was|were)"
_YEAR = r"(?:in|on|since|of) [^,;:]{0,20}?(?:1\d|20)\d\d(?!\d)"
_COUNT = r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty)"
_FORMS = tuple(
    (form, regex.compile(pattern))
    for form, pattern in (
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
_NOT_ASKED_FOR = frozenset("remained seemed appeared featured entered suffered joined needed wanted used".split())
"""Verbs that nobody asks about with "who": they have no agent, or say too little."""
_ARTICLES = frozenset(("The", "A", "An", "the", "a", "an"))


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its form, the article or subject that it is about, and a check of the first quote.

    ``is_vague`` if it names its subject by one common noun: "the bridge" may be any.
    """

    question: str
    form: str
    subject: str
    is_answered_by: Callable[[Quote], bool]
    is_vague: bool = False

    def is_like(self, other: Example) -> bool:
        """Whether a person who wants to see what can be asked needs only one of the two."""
        return self.form == other.form or self.subject == other.subject


def suggest_questions(
    paragraphs: Iterable[Paragraph], tokens: Tokens, acronyms: Iterable[str], names: Iterable[str]
) -> Iterator[Example]:
    """Suggest questions, the most useful first: those about the first of the ``paragraphs``."""
    short = tuple(islice(acronyms, MAX_ACRONYMS))
    yield from (_about(name, "what was agreed on {}", r"\bagreed\b") for name in short)
    found = [made for one in islice(paragraphs, MAX_PARAGRAPHS) for made in _from_sentences(one, tokens)]
    yield from sorted(found, key=lambda one: one.is_vague)
    yield from (_about(name, "what is {}", rf"[(]{regex.escape(name)}[)]|{regex.escape(name)} [(]") for name in short)
    yield from (_about(name, "{}", "") for name in names)


def _from_sentences(paragraph: Paragraph, tokens: Tokens) -> Iterator[Example]:
    for sentence in tokens.sentences(paragraph):
        text = sentence.slice(paragraph.article.text)
        for form, pattern in _FORMS:
            found = pattern.match(text)
            if found and _is_clear(parts := found.groupdict()):
                question = form.format(**{name: _lower_article(part) for name, part in parts.items()})
                about = _without_article(parts.get("about", ""))
                is_vague = len(about) == 1 and about[0].islower()
                yield Example(question, form, paragraph.article.id, _quotes(paragraph, sentence), is_vague)
                break


def _quotes(paragraph: Paragraph, sentence: Span) -> Callable[[Quote], bool]:
    return lambda quote: quote.paragraph == paragraph and quote.span.start <= sentence.start < quote.span.end


def _about(subject: str, form: str, pattern: str) -> Example:
    """An example whose first quote has the ``subject``, and a match of ``pattern``."""
    return Example(
        form.format(subject),
        form,
        subject,
        lambda quote: subject in quote.text and regex.search(pattern, quote.text) is not None,
    )


def _is_clear(parts: dict[str, str]) -> bool:
    """Whether the parts name their subject, not by a pronoun, and a verb worth asking about."""
    words = [word for name in ("who", "about", "what") for word in _without_article(parts.get(name, ""))]
    return all(map(analysis.to_search_term, words)) and parts.get("done") not in _NOT_ASKED_FOR


def _without_article(part: str) -> list[str]:
    words = part.split()
    return words[1:] if words[:1] and words[0] in _ARTICLES else words


def _lower_article(part: str) -> str:
    """``part`` as it is written inside a sentence."""
    first, blank, rest = part.partition(" ")
    return f"{first.lower()}{blank}{rest}" if first in _ARTICLES else part
