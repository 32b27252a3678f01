"""A receipt in words: the same wherever it is shown. Keeps secret how scores are put together for a reader."""

from __future__ import annotations

from collections.abc import Iterable

from bot.archive import Archive
from bot.models import Filters, Quote, Scope
from bot.quoting.asked import what, which
from bot.receipts.form import FiltersLine, FormLine, QuoteLine, Receipt

DIGITS = 16
"""Hexadecimal digits of a digest that a person is shown."""
CHANGED = "the source has changed since"


def verdict(receipt: Receipt) -> str:
    """Whether it was answered, and why."""
    asked = "Answered" if receipt.outcome == "answer" else "Not answered"
    return f"{asked}: the confidence is {receipt.confidence:.3f}, and {receipt.threshold:.3f} is needed to answer."


def stands_for(form: FormLine, receipt: Receipt) -> str:
    """The words of the question, as typed, that ``form`` stands for."""
    return " ".join(receipt.words[at].typed for at in form.words)


def narrowed(filters: FiltersLine) -> str | None:
    """What the question's operators left to be searched; None where they left everything."""
    scope = Scope(filters.sources, filters.since, filters.before)
    held, asked = what(Filters(filters.phrases, filters.excluded)), which(scope)
    if not held and not asked:
        return None
    return f"Searched only passages{held}{' in articles' if asked else ''}{asked}."


def words_of(receipt: Receipt) -> dict[str, str]:
    """Each term that was searched, and the word that a person would write for it."""
    said = {word.term: word.typed for word in receipt.words}
    for form in receipt.forms:
        words = form.shown.split()
        if len(words) == len(form.terms):
            said = {**dict(zip(form.terms, words, strict=True)), **said}
    return said


def strongest(line: QuoteLine, receipt: Receipt, most: int) -> str:
    """The score by which the quote's passage was found, and the ``most`` terms that gave the most to it."""
    said = words_of(receipt)
    given: dict[str, float] = {}
    for one in line.terms:
        word = said.get(one.term, one.term)
        given[word] = given.get(word, 0.0) + one.score
    return f"Found by its words: {_sum(line.found, given.items(), most, 'term')}"


def placed(line: QuoteLine, most: int) -> str:
    """The place of the quote's passage among those found, and the ``most`` parts of the ranking that gave it most."""
    scores = [(one.part, one.score) for one in line.parts]
    return f"Place {line.rank} by the ranking: {_sum(line.ranked, scores, most, 'part')}"


def where(line: QuoteLine) -> str:
    """Where the quote stands, for a program that would slice it."""
    return f"Characters {line.start}–{line.end} of the article whose SHA-256 begins with {line.sha256[:DIGITS]}"


def still(quote: Quote | None) -> str:
    """Whether a quote was verified now."""
    return CHANGED if quote is None else "verified now"


def archive_now(receipt: Receipt, archive: Archive) -> str:
    """Which archive was asked, and whether ``archive`` is the same."""
    asked = receipt.archive[:DIGITS]
    if receipt.archive == archive.fingerprint:
        return f"Archive {asked}, unchanged since"
    return f"Archive {asked}; it has changed since, to {archive.fingerprint[:DIGITS]}"


def _sum(total: float, scores: Iterable[tuple[str, float]], most: int, thing: str) -> str:
    ordered = sorted(((name, score) for name, score in scores if score), key=lambda one: (-one[1], one[0]))
    parts = [f"{name} {score:.2f}" for name, score in ordered[:most]]
    rest = ordered[most:]
    if rest:
        others = f"{len(rest)} more {thing}{'' if len(rest) == 1 else 's'}"
        parts.append(f"{others} {sum(score for _, score in rest):.2f}")
    return f"{total:.2f}" + (f" = {' + '.join(parts)}" if parts else "")
