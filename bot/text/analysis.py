"""Tokenize, fold and stem text; a token keeps its offsets, so that matches can be shown in the original spelling.

* Tokenize: a token is a run of letters, marks and digits. An apostrophe, ampersand or full stop between letters is
  part of it ("O'Brien", "R&D", "U.S.", "Ph.D."), as are the points and commas of a number ("3.5", "1,000"), and the
  signs of "C++", "C#" and ".NET". A hyphen splits words ("sixth-generation" is two), except in a short designation
  with a number ("F-35"); a stop word before a hyphen is a word of its own ("off-shore"). "%" and "per cent" are
  "percent". In scripts written without blanks (Chinese, Japanese, Thai, Lao, Khmer, Burmese), each character is a
  token, with the marks after it.
* Fold: case, accents, width and ligatures (NFKD without accents and vowel points), possessives, soft hyphens and
  zero-width characters; British spelling to American ("defence", "programme", "organise", "colour"); irregular forms
  to their base ("fled", "women", "crises"); the plural of an acronym or a designation ("NGOs", "F-35s").
* Stem: Snowball's English stemmer, on words of ASCII letters only; words that it would take for one though they are
  not ("petite" and "petition") keep a stem of their own.

Also recognize text that answers nothing: questions, and lines that only point to another article.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import regex
import Stemmer

from bot.models import Span

STOP_WORDS = frozenset(
    """
    a an the this that these those there here it its itself he him his himself she her hers herself they them
    their theirs themselves we us our ours ourselves you your yours yourself i me my mine myself who whom whose
    which what when where why how and or but nor so if then than as of at by for with about against between into
    through during before after above below to from up down in out on off over under again further once is am
    are was were be been being have has had having do does did doing done will would shall should can could may
    might must ought not no only own same too very just also both each few more most other some such any all
    upon via per near among within without across along around since until towards toward despite like cannot s
    t please whats
    """.split()
)
"""Words that are not searched, nor are their contractions; within an exact phrase they must match like any other."""
_NAMES = frozenset({"US", "WHO", "IT", "May", "S", "T"})
"""Names that are stop words only in lower case; "S" as in "Model S"."""

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""A character of a script that is written without blanks."""
_LETTER = rf"[\p{{L}}--{UNSPACED}]"
_INNER = rf"[[\p{{L}}\p{{M}}\p{{N}}\u00ad\u200b-\u200d\u2060]--{UNSPACED}]"
_WORD = regex.compile(
    rf"""
    (?<![\p{{L}}\p{{N}}])(?:\p{{Lu}}?\p{{L}}\.)+\p{{Lu}}?\p{{L}}(?![\p{{L}}\p{{M}}\p{{N}}])\.?  # U.S.  U.K  Ph.D.
    | (?<![\p{{L}}\p{{N}}])(?:\p{{L}}(?:\+\+|\#)|(?i:\.net)(?!\p{{L}}))   # C++  C#  .NET
    | \p{{Lu}}\p{{L}}{{0,2}}[-‐‑]\p{{N}}+\p{{L}}{{0,4}}(?![\p{{L}}\p{{N}}])  # F-35  Su-30MKI  B-52Hs
    | (?<![\p{{L}}\p{{N}}])(?i:on|off|over|under|up|out|in|down|after|by|near)[-‐‑](?=\p{{L}}{{3}})  # off-shore
    | (?<=\p{{L}})[-‐‑](?i:on|off|over|up|out|in|down|by)(?![\p{{L}}\p{{N}}-])  # stand-off
    | (?<![\p{{L}}\p{{N}}])(?i:per[ ]cent)(?!\p{{L}}) | [%％]
    | \p{{N}}+(?:[.,]\p{{N}}+)*[\p{{L}}\p{{M}}]*                      # 3.5  1,000  6th
    | {UNSPACED}\p{{M}}*
    | {_LETTER}{_INNER}*(?:['’ʼ＇&]{_INNER}+)*
    """,
    regex.VERSION1 | regex.VERBOSE,
)
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "＇": "'"})
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}
)  # NFKD does not decompose these
_DROPPED = regex.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0591-\u05c7\u00ad\u200b-\u200d\u2060]+")
_SPELLINGS = dict(
    pair.split(":")
    for pair in """
    programme:program programmes:programs kilogramme:kilogram grey:gray aluminium:aluminum ageing:aging
    judgement:judgment sceptic:skeptic sceptical:skeptical plough:plow tyre:tire tyres:tires practise:practice
    practised:practiced manoeuvre:maneuver manoeuvres:maneuvers sulphur:sulfur
    """.split()
)
_IRREGULAR = """
arise arose arisen|bear bore borne|beat beaten|become became|begin began begun|bend bent|bite bit bitten|bleed bled
blow blew blown|break broke broken|breed bred|bring brought|build built|buy bought|catch caught|choose chose chosen
cling clung|come came|creep crept|deal dealt|dig dug|do did done|draw drew drawn|drink drank drunk|drive drove driven
eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought|find found|flee fled|fly flew flown
forbid forbade forbidden|forget forgot forgotten|forgive forgave forgiven|freeze froze frozen
give gave given|go went gone|grow grew grown|hang hung|hear heard|hide hid hidden|hold held|keep kept
know knew known|lead led|lend lent|lose lost|make made|mean meant|meet met|mistake mistook mistaken
overcome overcame|oversee oversaw overseen|overtake overtook overtaken
overthrow overthrew overthrown|pay paid|prove proven|ride rode ridden|ring rang rung|rise rose risen|run ran|say said
see saw seen|seek sought|sell sold|send sent|shake shook shaken|shoot shot|show shown|shrink shrank shrunk
sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|spin spun|spring sprang sprung
stand stood|steal stole stolen|stick stuck|strike struck stricken|swear swore sworn|sweep swept|swim swam swum
swing swung|take took taken|teach taught|tear tore torn|tell told|think thought|throw threw thrown
undergo underwent undergone|understand understood|undertake undertook undertaken|wake woke woken|wear wore worn
weave wove woven|weep wept|win won|withdraw withdrew withdrawn|write wrote written
"""
_PLURALS = """
analysis analyses|bus buses|calf calves|child children|crisis crises|criterion criteria|diagnosis diagnoses|foot feet
gas gases|goose geese|half halves|hypothesis hypotheses|knife knives|lens lenses|loaf loaves|louse lice|man men
mouse mice|oasis oases|ox oxen|parenthesis parentheses|phenomenon phenomena|scarf scarves|shelf shelves
synthesis syntheses|thesis theses|thief thieves|tooth teeth|wharf wharves|wife wives|wolf wolves|woman women
"""
_STEMS = {
    word: entry.split()[0]
    for entry in """
    maine|commons|rapids|united|petite petites|critical critically|nominal nominally|relative relatives relatively
    authority authorities authoritative|authorize authorizes authorized authorizing authorization authorizations
    severe severely severity|several|positive positively positives|polite politely politeness|celebrity celebrities
    responsible responsibly responsibility responsibilities|succession successions successive successively
    busy busier busiest|important importantly importance|organic organically
    organize organizes organized organizing organizer organizers organization organizations organizational
    hospitality hospitable|informal informally|animal animals|opposite opposites|conservative conservatives
    diversion diversions|improvise improvised improvising|remarkable remarkably|accountable accountability
    accountant accountants accounting|definition definitions|engineer engineers engineering engineered
    minority minorities|publication publications|publicity|apartment apartments|accession|exceptional exceptionally
    corporal corporals|executive executives|experiment experiments experimental experimented experimenting
    contention contentious|considerable considerably|memorial memorials|edition editions|digital digitally
    practical practically|federation federations|detective detectives|physics|formation formations
    department departments departmental|objective objectives|generation generations generational
    competence competent competency|equator equatorial|conversation conversations|ignorance ignorant
    secretion secretions|audition auditions|candidate candidates candidacy|deposition depositions
    conception conceptions|civilization civilizations|liberation liberate liberated|ironic ironically irony
    literal literally|paradise|mineral minerals|revelation revelations|conference conferences|refinance refinanced
    temperate|witness witnesses witnessed witnessing|marinated marinade|colon colons|discrete|custom customs
    customer customers|pastoral|universe universes universal universally|internal internally|paste pasted pastes
    rational rationale|evening evenings|clothing|populism|original originals originally|container containers
    """.strip()
    .replace("\n", "|")
    .split("|")
    for word in entry.split()
}
"""The stem of each word that Snowball stems like one of another meaning: "main", "common", "unit", "petition",
"author", "import", "organ". Collected from the words of four archives that it stems alike."""
_DOCTRINE = regex.compile(r"(?<=\w\wal)isms?$")
"""A doctrine ("structuralism") is not what it is about ("structural")."""
_BASE_FORMS = {
    other: base
    for entry in f"{_IRREGULAR}|{_PLURALS}".replace("\n", "|").split("|")
    if entry
    for base, *others in [entry.split()]
    for other in others
}
"""The base of each irregular form; not used for capitalized words, which may be names ("Rose", "the Fed")."""
_PLURAL_OF = {base: other for other, base in _BASE_FORMS.items() if regex.search(rf"\b{other}\b", _PLURALS)}
_MEN = regex.compile(r"(?<=\w{3})(?<!speci|regi|abdo|acu|bitu|cycla|albu)men$")
_ACRONYM_PLURAL = regex.compile(r"[\p{Lu}&]{2,}s")
_INNER_MARKS = regex.compile(r"['\-‐‑]")
_DESIGNATION = regex.compile(r"([^\W\d]{1,3}\d+[^\W\d]{0,4}?)s*")
_VARIANTS = (
    (regex.compile(r"^(def|off|lic|pret)ence"), r"\1ense"),
    (regex.compile(r"(?<=\w\w\w)i[sz](e|ed|es|ing|ation|ations|er|ers)$"), r"iz\1"),
    (regex.compile(r"(?<=\w\w\w)y[sz](e|ed|es|ing|er|ers)$"), r"yz\1"),
    (regex.compile(r"(?<=[a-z]{3})our(s|ed|ing|ites?|able|ful|hoods?|ers?|al|ally)?$"), r"or\1"),
    (regex.compile(r"(cen|thea|me|li|spec|lus)tre(s|d)?$"), r"\1ter\2"),
    (regex.compile(r"centerd$"), "centered"),
    (regex.compile(r"(fi|sa|cali|som)bre(s?)$"), r"\1ber\2"),
    (regex.compile(r"(?<=\w\w)ogue(s?)$"), r"og\1"),
    (regex.compile(r"(?<=[aeiou][^aeiou\W]{1,3}[aeiou])ll(ed|ing|er|ers)$"), r"l\1"),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A term and the character offsets of its word in the analyzed text; ``is_stop`` for a stop word."""

    term: str
    start: int
    end: int
    is_stop: bool


_local = threading.local()


def strip_possessive(word: str) -> str:
    """Remove a possessive ending."""
    return word.translate(_APOSTROPHES).removesuffix("'s").removesuffix("'S")


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """Normalize case, accents, possessives and regional spelling, without stemming.

    Upper-case "US" and "U.S." become "u.s.", the country; lower-case "us" is the pronoun.
    """
    word = strip_possessive(word)
    if word in ("US", "U.S.", "U.S"):
        return "u.s."
    if word in "%％" or word[-5:].casefold() == " cent":
        return "percent"
    if _ACRONYM_PLURAL.fullmatch(word):
        word = word[:-1]
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", word)).casefold().translate(_LETTERS)
    if plain[:1].isdigit():
        return plain.replace(",", "")
    if "." in plain:
        letters = plain.replace(".", "")
        return "u.s." if letters == "us" else plain if plain[0] == "." else letters
    plain = _INNER_MARKS.sub("", plain)
    if designation := _DESIGNATION.fullmatch(plain):
        return cast(str, designation[1])
    plain = _SPELLINGS.get(plain, plain)
    if word.islower():
        plain = _BASE_FORMS.get(plain) or _MEN.sub("man", plain)
    for pattern, replacement in _VARIANTS:
        plain = pattern.sub(replacement, plain)
    return plain


def to_name_forms(word: str) -> tuple[str, ...]:
    """The irregular form with a capital, which ``fold`` leaves alone: "Rose" for "rose", "Wolves" for "wolf"."""
    plain = strip_possessive(word).lower()
    form = plain if plain in _BASE_FORMS else _PLURAL_OF.get(plain)
    return (form.capitalize(),) if form else ()


def to_term(word: str) -> str:
    """The index term of ``word``: folded and stemmed."""
    return stem(fold(word))


@lru_cache(maxsize=200_000)
def stem(folded: str) -> str:
    """Stem a folded word."""
    if own := _STEMS.get(folded):
        return own
    if not (folded.isascii() and folded.isalpha()) or _DOCTRINE.search(folded):
        return folded.removesuffix("s") if folded.endswith("isms") else folded
    # A Stemmer has state that must not be shared by threads.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return cast(str, stemmer.stemWord(folded))


def _is_stop(word: str) -> bool:
    plain = word.translate(_APOSTROPHES)
    if plain.removesuffix("'s") in _NAMES:
        return False
    plain = plain.casefold()
    return plain in STOP_WORDS or plain.endswith("n't") or ("'" in plain and plain.partition("'")[0] in STOP_WORDS)


def split_words(text: str) -> list[str]:
    """Split ``text`` into words in their original spelling, including stop words."""
    return cast(list[str], _WORD.findall(text))


@lru_cache(maxsize=200_000)
def to_search_term(word: str) -> str | None:
    """The term to search for ``word``; None for a stop word."""
    return None if _is_stop(word) else to_term(word) or None


def tokenize(text: str) -> Iterator[Token]:
    """Split ``text`` into tokens, including stop words."""
    for word, start, end in locate_words(text):
        if term := to_term(word):
            yield Token(term, start, end, to_search_term(word) is None)


def locate_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Split ``text`` like ``split_words``; yield each word with its start and end offsets."""
    for match in _WORD.finditer(text):
        yield match.group(), match.start(), match.end()


def extract_terms(text: str) -> list[str]:
    """The search terms of ``text``, in order, without stop words."""
    return [term for word in split_words(text) if (term := to_search_term(word))]


_QUESTION_MARKS = ("?", "？", "؟")
_CLOSING = "\"'”’»)]"
_LONGEST_CLOSING = 3
_LONGEST_LABEL = 100
_ENDS = (".", "!", "…", "。")
_POINTER = regex.compile(
    r"\W*(?:more|read[ ]more|learn[ ]more|read[ ]also|also[ ]read|see[ ]also|related|recommended|live[ ]updates):",
    regex.IGNORECASE,
)
"""A label that marks a pointer, whatever follows it."""
_TITLE = regex.compile(r"\W*(?:[^\s:]+[ ]){0,7}[^\s:]*[\p{L}?!'’”\")]:(?=[\p{L}\"“'‘$])")
"""A label followed by a title without a blank, as where markup separated them: "SVB collapse:What we know"."""


def is_question(text: str, sentence: Span) -> bool:
    """Whether ``sentence``, a span of ``text``, is a question."""
    end = text[max(sentence.start, sentence.end - 1 - _LONGEST_CLOSING) : sentence.end]
    return end.rstrip(_CLOSING).endswith(_QUESTION_MARKS)


def is_pointer(paragraph: str) -> bool:
    """Whether a paragraph or heading only points to another article: "Read more: …"."""
    start = paragraph[: _LONGEST_LABEL + 2]  # with the colon and one more character
    if ":" not in start:
        return False
    ends_as_sentence = paragraph.rstrip(_CLOSING).endswith(_ENDS)
    return _POINTER.match(start) is not None or (_TITLE.match(start) is not None and not ends_as_sentence)
