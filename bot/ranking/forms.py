"""The forms of a question, found in many paragraphs at once. Keeps secret that they are found by their first terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.columns import offsets
from bot.models import Form
from bot.ranking.sightings import Sightings, Words, union, words_at
from bot.tokens import Occurrences, Tokens


class Forms:
    """The forms of a question, found in paragraphs by their first terms."""

    def __init__(self, forms: Sequence[Form], tokens: Tokens) -> None:
        self._tokens = tokens
        self._terms = [tokens.numbers(form.terms) for form in forms]
        self._words = np.array([words_at(form.words) for form in forms], np.uint64)
        self._lengths = np.array([len(terms) for terms in self._terms], np.int64)
        firsts = np.array([terms[0] for terms in self._terms], np.int64)
        self._by_terms = list(zip(map(frozenset, self._terms), self._words.tolist(), strict=True))
        # Forms that begin with one term, one behind the other, in their order.
        self._order = np.argsort(firsts, kind="stable")
        self._begins, starts = np.unique(firsts[self._order], return_index=True)
        self._borders = np.append(starts, len(firsts))
        self._flags = tokens.flags(self._begins.tolist())

    def held(self, terms: frozenset[int]) -> Words:
        """The words of which some form's terms are all among ``terms``, in whatever order."""
        return union(words for own, words in self._by_terms if own <= terms)

    def sighted(self, paragraphs: Sequence[int]) -> Sightings:
        """Where they stand in the numbered ``paragraphs``, which ascend."""
        found = self._tokens.occurrences(self._flags, paragraphs)
        at = np.searchsorted(self._begins, found.terms)
        several = self._borders[at + 1] - self._borders[at]
        each = np.repeat(np.arange(len(at)), several)
        nth = np.arange(len(each)) - offsets(several)[each]
        forms = self._order[self._borders[at][each] + nth]
        found = Occurrences(*(array[each] for array in found))
        sentences = found.sentences.copy()
        stands = np.ones(len(forms), np.bool_)
        for place in np.flatnonzero(self._lengths[forms] > 1).tolist():
            token, paragraph, terms = int(found.tokens[place]), int(found.paragraphs[place]), self._terms[forms[place]]
            stands[place] = self._tokens.follow(terms, token, paragraph)
            if stands[place] and self._tokens.sentence_at(token + len(terms) - 1, paragraph) != sentences[place]:
                sentences[place] = -1
        return Sightings(
            forms[stands],
            self._words[forms[stands]],
            found.paragraphs[stands],
            found.tokens[stands],
            found.tokens[stands] + self._lengths[forms[stands]] - 1,
            sentences[stands],
        )
