"""When two paragraphs say nearly the same, as two prints of one agency's report do.

A figure is never "nearly the same": paragraphs that differ in a number are two statements, however alike they look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

ALIKE = 0.6
"""The least share of three-word runs that two paragraphs have in common (Jaccard): one word in twenty may differ."""


Shingles = frozenset[tuple[int, ...]]


def nearly_same(one: Shingles, other: Shingles, is_figure: Callable[[int], bool]) -> bool:
    """Whether two paragraphs share most of their runs of three words, and all of their figures."""
    shared = len(one & other)
    if shared < ALIKE * (len(one) + len(other) - shared):
        return False
    differing = {word for shingle in one ^ other for word in shingle}
    return _figures(one, differing, is_figure) == _figures(other, differing, is_figure)


def _figures(shingles: Shingles, among: set[int], is_figure: Callable[[int], bool]) -> set[int]:
    return {word for shingle in shingles for word in shingle if word in among and is_figure(word)}


def shingles(words: Sequence[int]) -> Shingles:
    """The runs of three of a paragraph's ``words``, by their numbers; of fewer than three, the one run."""
    return frozenset(zip(words, words[1:], words[2:], strict=False)) if len(words) > 2 else frozenset((tuple(words),))
