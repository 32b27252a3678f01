"""Text that runs from right to left, kept from turning the words around it.

Keeps secret Unicode's bidirectional algorithm (UAX #9): an isolate's end is also the end of all that was opened inside.
"""

from __future__ import annotations

import re
import unicodedata

_FIRST_STRONG_ISOLATE = "\u2068"
_POP_ISOLATE = "\u2069"
_OPENING = frozenset("\u2066\u2067\u2068")
ISOLATES = _OPENING | {_POP_ISOLATE}

# The classes of characters that run from right to left, or that order others.
_DIRECTED = frozenset({"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
# Where the first of them can stand: the scripts before Hebrew all run from left to right.
_FROM_HEBREW = re.compile("[\u0590-\U0010ffff]")
# The algorithm starts anew on each line.
_LINE = re.compile(r"[^\n\r\x1c-\x1e\x85\u2029]+")


def isolate(text: str) -> str:
    """``text``, each line in an isolate of its own where it is not plain left-to-right text; its characters stay.

    For each isolate's end in a line that has no beginning there one more is begun before it, and for each beginning
    without an end one more is ended after it, so that the line neither leaves its isolate nor holds it open.
    """
    return _LINE.sub(lambda line: _isolated(line[0]), text)


def _isolated(line: str) -> str:
    if not any(unicodedata.bidirectional(char) in _DIRECTED for char in _FROM_HEBREW.findall(line)):
        return line
    begun = ended = 0
    for char in line:
        if char in _OPENING:
            begun += 1
        elif char == _POP_ISOLATE and begun:
            begun -= 1
        elif char == _POP_ISOLATE:
            ended += 1
    return _FIRST_STRONG_ISOLATE * (ended + 1) + line + _POP_ISOLATE * (begun + 1)
