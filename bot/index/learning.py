"""Learn from the articles: acronyms with their long forms, names, alternative spellings, and word counts.

Acronyms are found by the method of A. Schwartz and M. Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text" (Pacific Symposium on Biocomputing, 2003): a short form is next to its long form, one of
the two in brackets, and each letter of the short form is found in the long form, from right to left, its first letter
at the beginning of a word. News has more brackets than biology, so this is stricter: the short form has two capitals or
more, or is the beginning of a long form in capitals ("Quad"); the long form does not begin with a small word ("of",
"and") nor contain the short form; and all its other words but one in six contribute a letter.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, compress
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import regex

from bot.index import spelling
from bot.index.arrays import Array, LazyArrays, StringArray, encode_strings, offsets, run_starts, unprefix
from bot.index.lexicon import LearnedExpansions, TermSequence
from bot.index.postings import TermLists
from bot.index.rows import WORD_ID
from bot.index.tokens import Vocabulary
from bot.text import analysis

_BRACKETED = regex.compile(r"\(([^()\n]{2,120}?)\)")
_SHORT = regex.compile(r"[\p{Lu}\p{N}][\p{L}\p{N}&.\-]{1,9}")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}’'.&]*")
_NAME = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{3,}(?: \p{Lu}\p{Ll}{2,}){1,3}(?![\p{L}-]| \p{Lu})")
_HYPHENATED = regex.compile(r"(?<![\p{L}\p{N}\p{Pd}])\p{L}+(?:[-‐‑]\p{L}+){1,2}(?![\p{L}\p{N}\p{Pd}])")
_SECOND_PART = regex.compile(r"\p{L}+['’ʼ](\p{L}{3,})")
_PART_LETTERS, _JOINED_LETTERS = 3, 20
"""Letters of a part of a word that is also written open ("health care"), at least; and of the whole, at most."""
_SMALL = frozenset("of the and for in on to a an de la du des et for with by at from".split())
_NEIGHBORHOOD = 3
"""How many words before and after a name count as its neighbors."""


class AcronymDefinition(NamedTuple):
    """A short form and the long form next to it, as written in the text."""

    short: str
    long: str


def find_definitions(text: str) -> Iterator[AcronymDefinition]:
    """Yield the definitions in ``text``, "Long Form (LF)" and "LF (Long Form)", in order."""
    for match in _BRACKETED.finditer(text):
        inside = regex.split(r"[;,]\s|\s[–—-]\s", match.group(1))[0].strip("“”\"'’ ")
        before = text[max(0, match.start() - 160) : match.start()].rstrip("“”\"'’ ")
        if _SHORT.fullmatch(inside) and _is_short_form(inside):
            if long := _long_form(inside, before):
                yield AcronymDefinition(inside, long)
            continue
        last_word = max(before.rfind(blank) for blank in (" ", "\n", "\u00a0", "(")) + 1
        if (last := _SHORT.search(before, last_word)) and _is_short_form(last.group()):
            long = _long_form(last.group(), inside)
            if long and long == inside:
                yield AcronymDefinition(last.group(), long)


def _is_short_form(word: str) -> bool:
    return any(letter.isupper() for letter in word) and not word.replace(".", "").isdigit()


def _long_form(short: str, text: str) -> str | None:
    """Return the end of ``text`` that ``short`` abbreviates, or None."""
    letters = [letter for letter in short if letter.isalnum()]
    if letters[-1:] == ["s"] and sum(letter.isupper() for letter in letters) >= 2:
        letters.pop()  # a plural: "MPs"
    words = _last_words(text, min(len(letters) + 5, len(letters) * 2))
    if not words or regex.search(r"[.!?;:]\s", text[words[-1].end() :]):
        return None
    start = _match_letters(letters, text, words[0].start())
    if start is None:
        return None
    long = text[start:].strip()
    return long if _is_long_form(letters, long) else None


def _last_words(text: str, count: int) -> list[regex.Match[str]]:
    """Return the last words of ``text``: ``count`` of them, not counting small ones."""
    words = list(_WORD.finditer(text))
    large = [i for i, word in enumerate(words) if word.group().casefold() not in _SMALL]
    return words[large[-count] if len(large) > count else 0 :]


def _match_letters(letters: list[str], text: str, first: int) -> int | None:
    """Return where the long form begins if each letter is found from right to left, not before ``first``; else None."""
    at = len(text)
    for index in range(len(letters) - 1, -1, -1):
        letter = letters[index].casefold()
        at -= 1
        while at >= first and not (text[at].casefold() == letter and (index > 0 or _can_begin(text, at))):
            at -= 1
        if at < first:
            return None
    return at


def _can_begin(text: str, at: int) -> bool:
    """Return whether a word that a long form can begin with begins at ``at``."""
    word = _WORD.match(text, at)
    return (at == 0 or not text[at - 1].isalnum()) and word is not None and word.group().casefold() not in _SMALL


def _is_long_form(letters: list[str], long: str) -> bool:
    words = [word.group() for word in _WORD.finditer(long)]
    short = "".join(letters).casefold()
    if len(words) < 2 or any(analysis.strip_possessive(word.casefold()) == short for word in words):
        return False
    if regex.search(r"[\p{Ll}\p{N}][.!?]\s+\p{Lu}", long):
        return False
    if words[0].casefold().startswith(short):
        return all(word[0].isupper() or word in _SMALL for word in words)
    initials = {word[0].casefold() for word in words}
    abbreviated = {letter.casefold() for letter in letters}
    unused = sum(word.casefold() not in _SMALL and word[0].casefold() not in abbreviated for word in words)
    capitals = sum(letter.isupper() for letter in letters)
    # Most letters begin a word ("Global Combat Air Program"), rather than being scattered over a clause.
    at_beginning = sum(letter.casefold() in initials for letter in letters)
    return capitals >= 2 and unused <= len(words) // 6 and at_beginning * 2 > len(letters)


def learn_from_article(paragraphs: Iterable[str], headings: Iterable[str] = ()) -> bytes:
    """Return the acronym definitions, names and hyphenated words of one article, as JSON.

    ``headings`` are its title and headings, where only hyphenated words are looked for.
    """
    definitions: list[AcronymDefinition] = []
    names: list[str] = []
    hyphenated = {word for text in headings for word in _HYPHENATED.findall(text)}
    for text in paragraphs:
        definitions += find_definitions(text)
        names += _NAME.findall(text)
        hyphenated.update(_HYPHENATED.findall(text))
    return json.dumps((definitions, names, sorted(hyphenated))).encode()


def count_arrays(rows: LazyArrays, vocabulary: Vocabulary, body: TermLists, term_count: int) -> dict[str, Array]:
    """Compute the word counts of ``Lexicon``: by term id, in how many paragraphs, and in how many in lower case.

    ``rows`` are those of ``ArticleRows``, ``body`` the terms of each paragraph.
    """
    words = vocabulary.words
    is_capitalized = np.fromiter(map(str.isupper, map(itemgetter(0), words)), np.bool_, len(words))
    size = len(body.borders) - 1
    # One sortable integer per word: its term, its paragraph, and whether it is capitalized.
    keys = body.terms.astype(np.int64)
    keys <<= 32
    keys |= np.repeat(np.arange(0, 2 * size, 2, dtype=np.int32), rows["paragraph.tokens"].all())
    keys |= is_capitalized[rows[f"token.{WORD_ID}"].all()]
    keys.sort()
    keys = keys[run_starts(keys >> 1)]
    terms, is_lowercase = keys >> 32, keys & 1 == 0
    return {
        "size": np.array([size], np.int64),
        "paragraph_counts": np.bincount(terms, minlength=term_count).astype(np.int32),
        "lowercase_counts": np.bincount(terms[is_lowercase], minlength=term_count).astype(np.int32),
    }


def expansion_arrays(rows: LazyArrays, vocabulary: Vocabulary) -> dict[str, Array]:
    """Compute the other arrays of ``Lexicon`` from the rows of all articles (``ArticleRows``)."""
    words = rows[f"word.{WORD_ID}"].all()
    first = np.full(len(vocabulary.words), len(words), np.int64)
    first[words[::-1]] = np.arange(len(words) - 1, -1, -1)
    by_occurrence = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(words))].tolist()
    written, folded = ([*map(one.__getitem__, by_occurrence)] for one in (vocabulary.words, vocabulary.folded))
    # Of the words that fold to the same one, the first in the archive.
    spelling_of = dict(zip(reversed(folded), reversed(written), strict=True))
    lowercase = set(compress(folded, map(str.islower, map(itemgetter(0), written))))
    known = sorted(spelling_of)
    groups = spelling.group_anagrams(word for word in known if word not in lowercase)
    neighbors = _neighbor_terms(rows, vocabulary, {name for group in groups for name in group})
    every = json.loads(f"[{','.join(StringArray(unprefix('learned', rows)))}]")
    expansions = _merge_learned(
        chain.from_iterable(one[0] for one in every), spelling.find_transpositions(groups, neighbors)
    )
    names = Counter(chain.from_iterable(one[1] for one in every))
    hyphenated = {word for one in every for word in one[2]}
    strings = {
        "folded": known,
        "spellings": map(spelling_of.__getitem__, known),
        "by_end_letters": spelling.key_by_end_letters(known),
        "place_names": spelling.list_place_names(),
        "names": (name for name, _ in names.most_common()),
        "compounds": sorted({*_split_words(hyphenated, vocabulary.words), *_open_words(words, vocabulary)}),
    }
    return encode_strings(strings) | {"expansions": np.frombuffer(expansions.to_json(), np.uint8)}


def _neighbor_terms(rows: LazyArrays, vocabulary: Vocabulary, names: Collection[str]) -> Mapping[str, set[str]]:
    """Return, for each of the folded ``names``, the terms within three words of it."""
    folded, terms, words = vocabulary.folded, vocabulary.terms, rows[f"word.{WORD_ID}"].all()
    is_name = np.fromiter(map(names.__contains__, folded), np.bool_, len(folded))
    borders = offsets(rows["paragraph.words"].all())
    found: defaultdict[str, set[str]] = defaultdict(set)
    positions = np.flatnonzero(is_name[words])
    ends = np.searchsorted(borders, positions, side="right")
    firsts = np.maximum(borders[ends - 1], positions - _NEIGHBORHOOD)
    lasts = np.minimum(borders[ends], positions + _NEIGHBORHOOD + 1)
    for at, first, end in zip(positions.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        neighbors = words[first:end].tolist()
        name = neighbors.pop(at - first)
        found[folded[name]].update(filter(None, map(terms.__getitem__, neighbors)))
    return found


def _split_words(hyphenated: Iterable[str], words: Iterable[str]) -> Iterator[str]:
    """Yield ``Lexicon.compounds`` of words with a hyphen ("cease-fire") or an apostrophe ("O'Brien", for its end)."""
    for word in hyphenated:
        whole, parts = analysis.to_term(regex.sub(r"[-‐‑]", "", word)), analysis.extract_terms(word)
        if parts and parts != [whole]:
            yield f"{whole}\t{' '.join(parts)}"
    for word in words:
        if (found := _SECOND_PART.fullmatch(analysis.strip_possessive(word))) and (
            term := analysis.to_search_term(word)
        ):
            yield f"{analysis.to_term(found[1])}\t{term}"


def _open_words(words: Array, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield ``Lexicon.compounds`` of words that the archive also writes as two: "healthcare" and "health care"."""
    ids = {word: at for at, word in enumerate(vocabulary.words) if word.isalpha() and word.islower()}
    joined: dict[int, str] = {}
    for word in ids:
        for at in range(_PART_LETTERS, len(word) - _PART_LETTERS + 1) if len(word) <= _JOINED_LETTERS else ():
            if word[:at] in ids and word[at:] in ids:
                joined[ids[word[:at]] << 32 | ids[word[at:]]] = word
    begins, ends = np.zeros((2, len(vocabulary.words)), np.bool_)
    begins[[pair >> 32 for pair in joined]] = ends[[pair & 0xFFFFFFFF for pair in joined]] = True
    first, second = words[:-1], words[1:]
    is_candidate = begins[first] & ends[second]
    pairs = np.unique(first[is_candidate].astype(np.int64) << 32 | second[is_candidate])
    for pair in filter(joined.__contains__, pairs.tolist()):
        terms = [vocabulary.terms[word_id] for word_id in (pair >> 32, pair & 0xFFFFFFFF)]
        if all(terms):
            yield f"{analysis.to_term(joined[pair])}\t{' '.join(terms)}"


def _merge_learned(definitions: Iterable[tuple[str, str]], spellings: Mapping[str, Sequence[str]]) -> LearnedExpansions:
    """Return the expansions learned from all articles."""
    long_forms: defaultdict[str, Counter[TermSequence]] = defaultdict(Counter)
    short_forms: defaultdict[str, dict[TermSequence, str]] = defaultdict(dict)
    shown: dict[TermSequence, str] = {}
    for short_form, long_form in definitions:
        long, short = tuple(analysis.extract_terms(long_form)), analysis.to_term(short_form)
        if long and (short,) != long:
            long_forms[short][long] += 1
            short_forms[long[0]][long] = short
            shown.setdefault((short,), short_form)
            shown.setdefault(long, long_form)
    return LearnedExpansions(
        {short: sorted(longs, key=longs.__getitem__, reverse=True) for short, longs in long_forms.items()},
        {first: list(pairs.items()) for first, pairs in short_forms.items()},
        shown,
        spellings,
    )
