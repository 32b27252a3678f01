"""Test learning acronyms and their long forms from texts that have both."""

from __future__ import annotations

import pytest

from bot.index.learning import AcronymDefinition, find_definitions


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No brackets at all",
        "()",
        "A (B)",
        "In May (2025) it opened",
        "the man (left) spoke",
        "the table (see below) shows it",
        "said on Monday (Reuters) that",
        "TARN (AP)",
        "Senator Ode (D-Calif.) spoke",
        "Ode (35) ran",
        "Lt. Gen. Ode (Ret.) spoke",
        "they won the match (6-3)",
        "the cost (in US dollars) rose",
        "President Maren Ode (US) spoke",
        "the city of Paris (France) has one",
        "the shop (World Bank) is shut",
        "said Mr Ode (Labour)",
        "It opened. Later the mayor left (OTML)",
        "a Tarn (TARN) street",
        "the Ode's youngest child (Ode)",
        "the costco stock (Cost) rose",
        "the Harbour price index (Harb)",
    ],
)
def test_brackets_that_define_nothing(text: str) -> None:
    """A year, an age, a place, a source or a remark in brackets defines no acronym."""
    assert list(find_definitions(text)) == []


PAIRS = [
    ("GCAP", "Global Combat Air Program"),
    ("Quad", "Quadrilateral Security Dialogue"),
    ("MoD", "Ministry of Defence"),
    ("MPs", "Members of Parliament"),
    ("U.N.", "United Nations"),
    ("US", "United States"),
    ("SDF", "Self-Defense Forces"),
    ("PLA", "People’s Liberation Army"),
    ("SMEs", "small and medium enterprises"),
    ("ASW", "anti-submarine warfare"),
    ("ASEAN", "Association of Southeast Asian Nations"),
    ("ACSA", "Acquisition and Cross-Servicing Agreement"),
    (
        "ReCAAP",
        "Regional Cooperation Agreement on Combating Piracy and Armed Robbery against Ships in Asia",
    ),
]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_long_form_first(short: str, long: str) -> None:
    """A short form in brackets abbreviates the words before it, from the word with its first letter."""
    assert list(find_definitions(f"It was then that the {long} ({short}) met.")) == [AcronymDefinition(short, long)]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_short_form_first(short: str, long: str) -> None:
    """A long form in brackets is abbreviated by the word before it."""
    assert list(find_definitions(f"It was then that {short} ({long}) met.")) == [AcronymDefinition(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "the Coastal Transport Authority (“CTA”) said",
        "the Coastal Transport Authority (CTA; Tarn) said",
        "the “Coastal Transport Authority” (CTA) said",
        "It rained. Coastal Transport Authority (CTA) ships sailed",
    ],
)
def test_quotation_marks_and_remarks(text: str) -> None:
    """Quotation marks around either form, and a remark after the short form, are not part of it."""
    assert list(find_definitions(text)) == [AcronymDefinition("CTA", "Coastal Transport Authority")]


def test_several_definitions() -> None:
    """All definitions in a text are found, in order."""
    text = "The Ministry of Defence (MoD) wrote to the Coastal Transport Authority (CTA) in May (2025)."
    assert [found.short for found in find_definitions(text)] == ["MoD", "CTA"]
