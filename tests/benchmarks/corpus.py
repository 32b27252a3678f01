"""A synthetic corpus and its questions: words with the frequencies of natural language, the same at every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

VOCABULARY = 200_000
SHIFT, EXPONENT = 100, -1.05
"""Zipf–Mandelbrot law: the word of rank r has the weight (r + SHIFT) ** EXPONENT."""
MEDIAN, SIGMA, SHORTEST, LONGEST = 60, 0.5, 5, 400
"""Passage lengths in words are lognormal, clipped to SHORTEST and LONGEST."""
_WORDS_PER_CHUNK = 1 << 22
_PASSAGES_PER_CHUNK = 10_000


@dataclass(frozen=True)
class SyntheticCorpus:
    """``size`` passages in ``folder``. The words are ``w0``, ``w1``, …, the most frequent first.

    One file has the ranks of all words, passage after passage; another has the position of each passage's first word.
    """

    folder: Path
    size: int

    def passages(self) -> Iterator[list[str]]:
        """Yield the words of each passage, in order."""
        names = [f"w{rank}" for rank in range(VOCABULARY)]
        starts = np.load(self._starts_file)
        for first in range(0, self.size, _PASSAGES_PER_CHUNK):
            chunk = starts[first : first + _PASSAGES_PER_CHUNK + 1].tolist()
            ranks = np.fromfile(self._ranks_file, np.int32, chunk[-1] - chunk[0], offset=chunk[0] * 4).tolist()
            for start, end in pairwise(chunk):
                yield [names[rank] for rank in ranks[start - chunk[0] : end - chunk[0]]]

    def ranks(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The ranks of all words, and the position of each passage's first word, followed by the number of words."""
        return np.fromfile(self._ranks_file, np.int32), np.load(self._starts_file)

    def questions(self, count: int) -> list[list[str]]:
        """Draw ``count`` questions: the 3 rarest, the 3 most frequent and 2 other words of a random passage."""
        rng, starts = np.random.default_rng([self.size, 1]), np.load(self._starts_file)
        all_ranks = np.memmap(self._ranks_file, np.int32, "r")
        questions: list[list[str]] = []
        while len(questions) < count:
            passage = int(rng.integers(self.size))
            ranks = np.unique(all_ranks[starts[passage] : starts[passage + 1]])
            if len(ranks) >= 8:
                chosen = [*ranks[-3:], *ranks[:3], *rng.choice(ranks[3:-3], 2, replace=False)]
                questions.append([f"w{rank}" for rank in chosen])
        return questions

    def write(self) -> None:
        """Draw the words and write both files, unless they exist."""
        if self._starts_file.exists():
            return
        rng = np.random.default_rng([self.size, 0])
        lengths = np.clip(np.rint(rng.lognormal(np.log(MEDIAN), SIGMA, self.size)), SHORTEST, LONGEST)
        starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        cumulative_weights = np.cumsum((np.arange(VOCABULARY) + float(SHIFT)) ** EXPONENT)
        with self._ranks_file.open("wb") as file:
            for first in range(0, int(starts[-1]), _WORDS_PER_CHUNK):
                drawn = rng.random(min(_WORDS_PER_CHUNK, int(starts[-1]) - first)) * cumulative_weights[-1]
                ranks = np.minimum(np.searchsorted(cumulative_weights, drawn), VOCABULARY - 1)
                ranks.astype(np.int32).tofile(file)
        np.save(self._starts_file, starts)

    @property
    def _ranks_file(self) -> Path:
        return self.folder / f"{self.size}.words"

    @property
    def _starts_file(self) -> Path:
        return self.folder / f"{self.size}.starts.npy"
