"""The corpus of the benchmark and its questions: words drawn as a language's are, and the same at every run.

Keeps secret how it lies on disk: the numbers of all words, one passage after the other, and where each passage begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

VOCABULARY = 200_000
SHIFT, EXPONENT = 100, -1.05
"""Zipf–Mandelbrot: the word of rank r is drawn with a weight of (r + SHIFT) ** EXPONENT."""
MEDIAN, SIGMA, SHORTEST, LONGEST = 60, 0.5, 5, 400
"""Lengths in words are lognormal."""
_AT_ONCE = 1 << 22
_PASSAGES_AT_ONCE = 10_000


@dataclass(frozen=True)
class Corpus:
    """So many passages in ``folder``, of words from ``w0``, the commonest, down."""

    folder: Path
    size: int

    def passages(self) -> Iterator[list[str]]:
        """The words of each passage, in order."""
        names = [f"w{number}" for number in range(VOCABULARY)]
        starts = np.load(self._starts)
        for first in range(0, self.size, _PASSAGES_AT_ONCE):
            here = starts[first : first + _PASSAGES_AT_ONCE + 1].tolist()
            words = np.fromfile(self._words, np.int32, here[-1] - here[0], offset=here[0] * 4).tolist()
            for start, end in pairwise(here):
                yield [names[word] for word in words[start - here[0] : end - here[0]]]

    def words(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The ranks of all words, and where each passage begins among them, with the end of the last behind."""
        return np.fromfile(self._words, np.int32), np.load(self._starts)

    def questions(self, count: int) -> list[list[str]]:
        """Each of the 3 rarest, the 3 commonest and 2 other words of one passage, drawn at random."""
        rng, starts = np.random.default_rng([self.size, 1]), np.load(self._starts)
        words = np.memmap(self._words, np.int32, "r")
        asked: list[list[str]] = []
        while len(asked) < count:
            number = int(rng.integers(self.size))
            ranks = np.unique(words[starts[number] : starts[number + 1]])
            if len(ranks) >= 8:
                chosen = [*ranks[-3:], *ranks[:3], *rng.choice(ranks[3:-3], 2, replace=False)]
                asked.append([f"w{rank}" for rank in chosen])
        return asked

    def write(self) -> None:
        """Draw the words; nothing where that has been done."""
        if self._starts.exists():
            return
        rng = np.random.default_rng([self.size, 0])
        lengths = np.clip(np.rint(rng.lognormal(np.log(MEDIAN), SIGMA, self.size)), SHORTEST, LONGEST)
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        heights = np.cumsum((np.arange(VOCABULARY) + float(SHIFT)) ** EXPONENT)
        with self._words.open("wb") as file:
            for first in range(0, int(starts[-1]), _AT_ONCE):
                drawn = rng.random(min(_AT_ONCE, int(starts[-1]) - first)) * heights[-1]
                np.minimum(np.searchsorted(heights, drawn), VOCABULARY - 1).astype(np.int32).tofile(file)
        np.save(self._starts, starts)

    @property
    def _words(self) -> Path:
        return self.folder / f"{self.size}.words"

    @property
    def _starts(self) -> Path:
        return self.folder / f"{self.size}.starts.npy"
