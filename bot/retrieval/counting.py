"""How documents become postings.

Keeps secret how a field's postings are found and laid out: segment by segment, on all cores, since numpy sorts and
counts beside other threads.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from bot.columns import Array, offsets
from bot.retrieval.documents import Documents
from bot.retrieval.runs import SEGMENT, Bytes, Floats, Numbers, Parameters, counts_of, shares_of
from bot.retrieval.segments import Segment

MOST_THREADS = 4
"""More only wait for memory, of which each takes some 150 MB for a segment of passages of ordinary length."""
Aside = tuple[Numbers, npt.NDArray[np.int32]]


def count(documents: Documents, parameters: Parameters) -> dict[str, Array]:
    """What ``Runs`` reads, and ``held``: how many passages hold each term."""
    # Written segment by segment, and given back whole: there are as many postings as tokens at most.
    numbers, counts = np.empty(len(documents.tokens), np.uint16), np.empty(len(documents.tokens), np.int32)
    borders = np.append(np.arange(0, len(documents.lengths), SEGMENT), len(documents.lengths))
    firsts = offsets(documents.lengths)[borders].tolist()

    def segment(number: int) -> Segment:
        own = slice(firsts[number], firsts[number + 1])
        lengths = documents.lengths[borders[number] : borders[number + 1]]
        return Segment.of(documents.tokens[own], lengths, numbers[own], counts[own])

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as threads:
        segments = list(threads.map(segment, range(len(borders) - 1)))
        return _joined(segments, documents, parameters, threads)


def _joined(
    segments: list[Segment], documents: Documents, parameters: Parameters, threads: ThreadPoolExecutor
) -> dict[str, Array]:
    """The runs of all segments, by term and then by segment."""
    terms = np.concatenate([np.empty(0, np.int32), *(segment.terms for segment in segments)])
    order = np.argsort(terms, kind="stable")
    sizes = np.concatenate([np.empty(0, np.int64), *(segment.slot_sizes() for segment in segments)])[order]
    starts = offsets(sizes)
    start_of = np.empty(len(terms), np.int64)
    start_of[order] = starts[:-1]
    slots, shares = np.zeros(starts[-1], np.uint16), np.zeros(starts[-1], np.uint8)
    held = np.zeros(len(documents.terms), np.int32)

    def write(number: int, starts: Numbers) -> tuple[Bytes, Aside]:
        lengths = documents.lengths[number * SEGMENT : (number + 1) * SEGMENT]
        return _write(segments[number], parameters.norms(lengths), starts, slots, shares)

    borders = np.cumsum([len(segment.terms) for segment in segments])[:-1]
    written = list(threads.map(write, range(len(segments)), np.split(start_of, borders)))
    for segment in segments:
        held[segment.terms] += segment.sizes
    bounds = [own for own, _ in written]
    aside, aside_counts = _ascending([aside for _, aside in written])
    return {
        "runs_of": np.searchsorted(terms[order], np.arange(len(documents.terms) + 1)).astype(np.int64),
        "segments": np.repeat(np.arange(len(bounds), dtype=np.uint16), [len(own) for own in bounds])[order],
        "starts": starts,
        "bounds": np.concatenate([np.empty(0, np.uint8), *bounds])[order],
        "slots": slots,
        "shares": shares,
        "aside": aside,
        "aside_counts": aside_counts,
        "held": held,
    }


def _write(
    segment: Segment, norms: Floats, starts: Numbers, slots: npt.NDArray[np.uint16], shares: Bytes
) -> tuple[Bytes, Aside]:
    """Write a segment's runs, and return their bounds and what is kept aside."""
    own = shares_of(np.ones(len(norms)), norms)[segment.numbers]  # most passages hold a term once
    several = np.flatnonzero(segment.counts > 1)
    counts, of_several = segment.counts[several], norms[segment.numbers[several]]
    own[several] = shares_of(counts.astype(np.float64), of_several)
    places = segment.write(starts, own, slots)
    shares[places] = own
    untold = several[counts_of(own[several], of_several) != counts]
    return np.maximum.reduceat(own, segment.begins), (places[untold], segment.counts[untold])


def _ascending(aside: list[Aside]) -> tuple[Numbers, Numbers]:
    """Slots and their counts, ascending by slot."""
    slots = np.concatenate([np.empty(0, np.int64), *(slots for slots, _ in aside)])
    counts = np.concatenate([np.empty(0, np.int64), *(counts for _, counts in aside)])
    order = np.argsort(slots)
    return slots[order], counts[order]
