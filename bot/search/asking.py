"""Words of a question that say what is to be done, not what it is about; and questions about the archive itself.

"give me a quote about piracy" asks about piracy. The same words are content elsewhere ("town archive flood"), so they
are recognized by their place in a sentence, never alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import regex

from bot.models import MONTHS, Span
from bot.text.analysis import to_search_term

_ABOUT = r"(?:on|about|regarding|concerning|mentioning|with|to do with)"
_ITEMS = (
    r"(?:articles?|stor(?:y|ies)|reports?|quotes?|quotations?|passages?|paragraphs?|texts?|pieces?|sources?|entries"
    r"|info(?:rmation)?|details?|facts?|news|coverage|anything|something|everything|all|more)"
)
_SOME = r"(?:(?:a|an|the|any|some|all|more|few|good|short|direct|exact|every|other|of|your|our) )*"
_SOME_ITEMS = rf"{_SOME}{_ITEMS}"
_ME = r"(?: (?:me|us))?"
_WISH = r"i(?: would|['’]d)? (?:like|want|need) (?:you )?to "
_POLITE = rf"(?:please |(?:can|could|would|will) you (?:please )?|{_WISH})*"
_FETCH = r"(?:give|show|find|get|send|bring|fetch|share|search|look|see|read|know|learn|tell)"
_TELL = r"(?:tell|inform|teach|brief|remind|update)"
_OURS = r"(?:the|your|our|this) (?:archive|articles?|collection|corpus|documents?|sources?|texts?)"
_HAVE = r"(?:have|say|said|know|mention|hold|contain|report|tell|find|got)"
_ASKING = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        # A request for something: "give me a quote about", "show all articles on", "any information on".
        rf"^\W*{_POLITE}(?:{_FETCH}{_ME}(?: for)? )?{_SOME_ITEMS}(?: (?:you|we) (?:have|know|can|got))? {_ABOUT}\b",
        rf"^\W*{_POLITE}{_TELL} (?:me|us)(?: {_SOME_ITEMS})?(?: you (?:have|know))? {_ABOUT}\b",
        rf"^\W*{_POLITE}(?:search(?: for)?|look(?:ing)? (?:for|up)|i(?:['’]?m| am) (?:looking|searching) for)\b"
        rf"(?: {_SOME_ITEMS} {_ABOUT}\b)?",
        # A question about what there is: "are there articles about", "does the archive say anything on".
        rf"^\W*(?:is|are|was|were) there {_SOME_ITEMS} {_ABOUT}\b",
        rf"^\W*(?:do|does|did|have|has|can|what (?:do|does|did|can|have|has)) (?:you|we|{_OURS})(?: \w+)? {_HAVE}"
        rf"{_ME}(?: {_SOME_ITEMS})? {_ABOUT}\b",
        r"^\W*what(?:['’]?s| is| else is) (?:known|said|written|reported) (?:about|on|of)\b",
        rf"^\W*(?:which|what) {_ITEMS} (?:are )?(?:about|mention|discuss|cover|talk about|deal with)\b",
        # An imperative that asks for a text of some kind, at the beginning only: "summarise the treaty".
        rf"^\W*{_POLITE}(?:summari[sz]e|sum up|explain|describe|define|list|outline|discuss|compare|contrast|recap|name"
        rf"|enumerate|find|get|search|elaborate on|expand on)\b(?={_ME} (?!of\b|price)\S)",
        rf"^\W*{_POLITE}(?:(?:give|show|write){_ME} )?{_SOME}(?:brief |quick )?(?:summary|overview|explanation"
        r"|definition|description|list|outline|timeline|recap|background|comparison) (?:of|on|about|for|between)\b",
        r"^\W*(?:what(?:['’]?s| is| are) )?(?:the )?(?:main |key )?differences? (?:between|of)\b",
        # What a word means, or letters are short for: "what does X stand for", "X meaning".
        r"\b(?:stands?|short|an? (?:acronym|abbreviation)) (?:for|of)\W*$",
        r"^\W*(?:what(?:['’]?s| is) )?(?:the )?(?:meaning|full (?:form|name)) of\b",
        r"(?<=\w )(?:meaning|definition|full form)\W*$",
        # The kind of answer: "what is the name of", "how big is", "how long was".
        r"\b(?:what|which)(?:['’]?s| is| are| was| were|)(?: the| its| his| her| their)? (?:full |last )?names?\b"
        r"(?: (?:of|for)\b)?",
        r"\bhow (?:big|large|small|long|short|old|young|tall|high|low|far|near|fast|slow|deep|wide|heavy|great|often"
        r"|soon)\b",
        # A verb that says nothing without its noun: what entered into force is in force.
        r"\b(?:enter(?:s|ed|ing)?|com(?:e|es|ing)|came|go(?:es|ing)?|went|put) into(?= (?:effect|force|law|use)\b)",
        # What joins the two sides of a comparison.
        r"(?<=\w )(?:vs\.?|versus|compared (?:to|with)|in comparison (?:to|with))(?= \w)",
        # Where to look, and how to answer, at the end: "in the archive", "in one sentence".
        rf" (?:in|from|according to) {_OURS}\W*$",
        r" (?:in (?:short|brief|detail|general|one sentence|a few words|simple terms)|briefly|for (?:me|us)|please"
        r"|thanks|thank you)\W*$",
    )
)
"""Each has its words in a place where they ask: found in what people typed to the bot, and in reports of faults."""

_SIDE = r"(?:the )?(?P<{0}>[^,;?]+?)"
_COMPARISONS = tuple(
    regex.compile(rf"\W*+{pattern}\W*".format(_SIDE.format("one"), _SIDE.format("other")), regex.IGNORECASE)
    for pattern in (
        r"(?:what(?:['’]?s| is| are) )?(?:the )?(?:main |key )?differences? between {0} and {1}",
        r"(?:compare|contrast) {0} (?:and|with|to|vs\.?|versus|against) {1}",
        r"(?:a )?comparison (?:of|between) {0} (?:and|with) {1}",
        r"{0} (?:vs\.?|versus|compared (?:to|with)) {1}",
        r"how (?:do|does|did) {0} compare (?:to|with) {1}",
    )
)


def find_asking_words(question: str) -> list[Span]:
    """Find the words of ``question`` that only ask, as spans that may overlap."""
    return [Span(*found.span()) for pattern in _ASKING for found in pattern.finditer(question)]


def find_sides(question: str) -> tuple[str, str] | None:
    """Return the two sides of a comparison ("A vs B", "compare A and B"); None if ``question`` is none."""
    for pattern in _COMPARISONS:
        if found := pattern.fullmatch(question):
            return found["one"], found["other"]
    return None


_THINGS = r"(?:articles?|stories|story|items?|documents?|texts?|pieces?|reports?|posts?|entries|sources?)"
_ARCHIVE = r"(?:the|your|this|our) (?:archive|collection|corpus|index|database)"
_IN_ARCHIVE = (
    rf"(?: (?:do (?:you|we) (?:have|know|hold)|are there|have you(?: got)?|(?:are )?in {_ARCHIVE}|in total"
    rf"|does {_ARCHIVE} (?:have|hold|contain)))*"
)
_SHOW = (
    r"(?:(?:please )?(?:(?:show|give|list|find|get|tell|name)(?: (?:me|us))?|what(?:['’]?s| (?:is|are|was|were))"
    r"|which(?: (?:is|are))?|are there|do (?:you|we) have) )?"
)
_DAY = rf"(?:(?P<month>{'|'.join(MONTHS)}) )?(?P<year>(?:1[5-9]|20)\d\d)"
_DATED = r"(?:from|of|in|published in|dated|written in)"
_ABOUT_ARCHIVE: dict[Literal["abilities", "size", "newest", "oldest", "dated"], str] = {
    "abilities": r"what (?:can|do) (?:you|i|we) (?:do|ask(?: you)?|answer|know)(?: here)?|help|how do you work"
    rf"|how does this work|what(?:['’]?s| is) in {_ARCHIVE}|(?:what|who) are you",
    "size": rf"how (?:many|much) (?:{_THINGS}|paragraphs?|passages?){_IN_ARCHIVE}|how (?:big|large) is {_ARCHIVE}",
    "newest": rf"what(?:['’]?s| is) (?:new|the (?:latest|newest|news))(?: in {_ARCHIVE})?"
    r"|(?:any |the )?(?:latest )?news"
    rf"|{_SHOW}(?:the )?(?:most recent|newest|latest|last)(?: \d+)? {_THINGS}{_IN_ARCHIVE}",
    "oldest": rf"{_SHOW}(?:the )?(?:oldest|earliest|first)(?: \d+)? {_THINGS}{_IN_ARCHIVE}",
    "dated": rf"(?:how many |{_SHOW}(?:all |the |any )*){_THINGS}{_IN_ARCHIVE} {_DATED} {_DAY}",
}
_ARCHIVE_QUESTIONS = tuple(
    (kind, regex.compile(rf"\W*(?:{pattern})\W*", regex.IGNORECASE)) for kind, pattern in _ABOUT_ARCHIVE.items()
)


@dataclass(frozen=True, slots=True)
class ArchiveQuestion:
    """A question about the archive itself: what is asked for, and the period of "dated", until before ``before``."""

    kind: Literal["abilities", "size", "newest", "oldest", "dated"]
    since: date | None = None
    before: date | None = None


def parse_archive_question(question: str) -> ArchiveQuestion | None:
    """Return what ``question`` asks about the archive itself; None if it asks about what the articles say."""
    for kind, pattern in _ARCHIVE_QUESTIONS:
        if found := pattern.fullmatch(" ".join(question.split())):
            groups = found.groupdict()
            if not groups.get("year"):
                return ArchiveQuestion(kind)
            year, month = int(groups["year"]), groups["month"]
            if not month:
                return ArchiveQuestion(kind, date(year, 1, 1), date(year + 1, 1, 1))
            number = 1 + [name.casefold() for name in MONTHS].index(month.casefold())
            return ArchiveQuestion(kind, date(year, number, 1), date(year + number // 12, number % 12 + 1, 1))
    return None


_YES_OR_NO = regex.compile(r"\W*(?:did|does|do|has|have|had|will|would|is|are|was|were|can|could)\b", regex.IGNORECASE)


def is_yes_or_no(question: str) -> bool:
    """Whether ``question`` asks if something is so: "did X join Y?"."""
    return _YES_OR_NO.match(question) is not None


_BEFORE_PRONOUN = frozenset(
    """
    tell give show let help remind inform teach ask send bring make lead take allow get enable offer keep want need
    """.split()
)
"""After these, "us" is the pronoun."""
_BEFORE_COUNTRY = frozenset("the in between and vs versus from".split())
_OFFICES = frozenset(
    """
    department departments sector services service staff company companies industry team budget system systems support
    manager minister ministry outage security specialist firm firms giant office jobs workers infrastructure
    """.split()
)
"""Before these, "it" is short for information technology."""
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}.'’-]+")


def find_acronyms(question: str) -> Iterator[Span]:
    """Find the words "us" and "it" of a question without capitals that stand where a country or IT would.

    Also "who" after "the": a health organization, or a band.
    """
    words = [(found.group().casefold().rstrip("."), Span(*found.span())) for found in _WORDS.finditer(question)]
    for at, (word, span) in enumerate(words):
        before = words[at - 1][0] if at else ""
        after = words[at + 1][0] if at + 1 < len(words) else ""
        is_country = (
            word == "us"
            and before not in _BEFORE_PRONOUN
            and (before in _BEFORE_COUNTRY or (after and to_search_term(after)))
        )
        if is_country or (word == "it" and after in _OFFICES) or (word == "who" and before == "the"):
            yield span


_FUNCTION_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "German": "wann wurde wurden wird die der das den dem des ein eine einen wer wo wie warum welche welcher ist"
        " sind war waren hat haben und oder nicht von zu im mit für auf über gibt es was sich bei nach",
        "French": "quand qui que quoi où comment pourquoi quel quelle quels quelles est sont était a-t-il le la les un"
        " une des du de et ou dans pour sur avec par ce cette il elle ils ont été",
        "Spanish": "cuándo quién qué dónde cómo cuál cuáles por es son fue fueron el la los las un una y o en de del"
        " para con se su ha han está",
        "Italian": "quando chi che dove come perché quale quali è sono era il lo la gli le un una e o in di del della"
        " per con si ha hanno stato",
        "Portuguese": "quando quem que onde como porque qual quais é são foi foram o a os as um uma e ou em de do da"
        " para com se não",
        "Dutch": "wanneer wie wat waar hoe waarom welke is zijn werd werden de het een en of van in met voor niet",
    }.items()
}
MIN_FUNCTION_WORDS = 2
"""So many words that only build a sentence, and more than English has in it, tell another language."""


def find_foreign_words(question: str) -> tuple[str, list[Span]] | None:
    """Return the language of a question in another one than English, and its words that only build the sentence."""
    words = [(found.group().casefold(), Span(*found.span())) for found in _WORDS.finditer(question)]
    english = sum(to_search_term(word) is None for word, _ in words)
    found = {name: [span for word, span in words if word in own] for name, own in _FUNCTION_WORDS.items()}
    best = max(found, key=lambda name: len(found[name]))
    if len(found[best]) < MIN_FUNCTION_WORDS or len(found[best]) <= english:
        return None
    return best, found[best]
