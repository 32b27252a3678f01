"""Choose the encoding of text in Latin letters, of those with one byte a character.

They differ in the letters beyond ASCII: "ł" of one is "³" of another. Text is in the encoding in which these are
letters of one language, in places where letters can be.
"""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_letters

_ASCII = bytes(range(0x80))
_LETTERS = ascii_letters.encode()
# Of several that fit alike, the first is taken. Windows-1254 is Windows-1252 but for six letters of Icelandic, which is
# recognized by its other letters.
_ENCODINGS = ("windows-1254", "windows-1252", "windows-1250", "iso8859-2", "windows-1257", "mac-roman")
# The letters beyond ASCII of each language that is written in one of them.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in (
        "àâçéèêëîïôœùûü "  # French
        "äöüß "  # German
        "áéíñóúü "  # Spanish
        "áâãàçéêíóôõúü "  # Portuguese
        "àèéìíîòóùú "  # Italian
        "àçèéíïòóúü "  # Catalan
        "áéèëïóöü "  # Dutch
        "åäöé "  # Swedish
        "æøåé "  # Danish, Norwegian
        "åäöšž "  # Finnish
        "áðéíóúýþæö "  # Icelandic
        "çë "  # Albanian
        "ąćęłńóśźż "  # Polish
        "áčďéěíňóřšťúůýž "  # Czech
        "áäčďéíĺľňóôŕšťúýž "  # Slovak
        "áéíóöőúüű "  # Hungarian
        "ăâîşţșț "  # Romanian
        "čćđšž "  # Croatian, Slovene
        "çğıiöşüâîû "  # Turkish
        "äõöüšž "  # Estonian
        "āčēģīķļņšūž "  # Latvian
        "ąčęėįšųūž "  # Lithuanian
    ).split()
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_INSIDE_WORDS = frozenset("’‘·\xad–—")  # may stand between two letters
_DASHES = frozenset("–—")  # stand between two letters, between two blanks, or begin a line of speech
_QUOTES = frozenset("“”„‚«»‹›")  # may follow or precede a letter: languages open and close with different ones
_OPENING = frozenset("¿¡§£€")  # may precede a letter, but not follow one
_CLOSING = frozenset("²³ªº°™®©…•¥\xa0½¼¾±×÷µ")  # may follow a letter, but not precede one
_PUNCTUATION = _INSIDE_WORDS | _QUOTES | _OPENING | _CLOSING
_PLAUSIBLE = 0.6  # of the characters beyond ASCII; in the wrong encoding, most fit no language


def decode_latin(data: bytes, sample_size: int) -> str | None:
    """Decode text in Latin letters; None if it seems to be in another alphabet. The first bytes are looked at."""
    sample = data[:sample_size]
    letters = len(sample) - len(sample.translate(None, _LETTERS))
    if len(sample.translate(None, _ASCII)) * 2 > letters:
        return None
    scores = {encoding: _score(sample.decode(encoding, "replace")) for encoding in _ENCODINGS}
    best = max(scores, key=lambda encoding: scores[encoding])
    return data.decode(best, "replace") if scores[best] >= _PLAUSIBLE else None


def _score(text: str) -> float:
    """The share of the characters beyond ASCII that are letters of one language or punctuation, where they can be."""
    letters: Counter[str] = Counter()
    total = fitting = 0
    for match in _BEYOND_ASCII.finditer(text):
        character, at = match.group(), match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        total += 1
        if character in _PUNCTUATION:
            fitting += _fits(character, before.isalpha(), after.isalpha())
        elif character.isalpha() and not (character.isupper() and before.islower()):
            letters[character.lower()] += 1
    spoken = max(sum(letters[letter] for letter in alphabet) for alphabet in _ALPHABETS)
    return (fitting + spoken) / total if total else 1.0


def _fits(character: str, is_after_letter: bool, is_before_letter: bool) -> bool:
    """Whether a punctuation mark can stand there."""
    if character in _DASHES:
        return is_before_letter or not is_after_letter
    if character in _INSIDE_WORDS:
        return True
    if character in _QUOTES:
        return not (is_after_letter and is_before_letter)
    return not is_after_letter if character in _OPENING else not is_before_letter
