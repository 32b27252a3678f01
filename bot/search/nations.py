"""The countries of adjectives: "the Dutch pilots" may be "the pilots of the Netherlands"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.models import Expansion, Word
from bot.text import analysis

WEIGHT = 0.4
"""The weight of the country where its adjective was typed. Tried on four archives: 0.3 to 0.5 are alike in all.
Adjectives for countries were tried too, and cost first passages where a question names two countries."""

_NATIONS = """
    Afghanistan Afghan, Albania Albanian, Algeria Algerian, America American, Angola Angolan, Argentina Argentine,
    Armenia Armenian, Australia Australian, Austria Austrian, Bangladesh Bangladeshi, Belarus Belarusian,
    Belgium Belgian, Bolivia Bolivian, Bosnia Bosnian, Brazil Brazilian, Britain British, Bulgaria Bulgarian,
    Cambodia Cambodian, Cameroon Cameroonian, Canada Canadian, Chile Chilean, China Chinese, Colombia Colombian,
    Croatia Croatian, Cuba Cuban, Cyprus Cypriot, Denmark Danish, Ecuador Ecuadorian, Egypt Egyptian,
    England English, Estonia Estonian, Ethiopia Ethiopian, Europe European, Finland Finnish, France French,
    Georgia Georgian, Germany German, Ghana Ghanaian, Greece Greek, Haiti Haitian, Hungary Hungarian,
    Iceland Icelandic, India Indian, Indonesia Indonesian, Iran Iranian, Iraq Iraqi, Ireland Irish, Israel Israeli,
    Italy Italian, Japan Japanese, Kenya Kenyan, Korea Korean, Kosovo Kosovar, Kuwait Kuwaiti,
    Latvia Latvian, Lebanon Lebanese, Libya Libyan, Lithuania Lithuanian, Malaysia Malaysian, Mali Malian,
    Mexico Mexican, Moldova Moldovan, Mongolia Mongolian, Morocco Moroccan, Nepal Nepalese, Netherlands Dutch,
    Nigeria Nigerian, Norway Norwegian, Pakistan Pakistani, Palestine Palestinian, Peru Peruvian, Philippines Filipino,
    Poland Polish, Portugal Portuguese, Qatar Qatari, Romania Romanian, Russia Russian, Scotland Scottish,
    Serbia Serbian, Singapore Singaporean, Slovakia Slovak, Slovenia Slovenian, Somalia Somali, Spain Spanish,
    Sudan Sudanese, Sweden Swedish, Switzerland Swiss, Syria Syrian, Taiwan Taiwanese, Thailand Thai,
    Tibet Tibetan, Tunisia Tunisian, Turkey Turkish, Uganda Ugandan, Ukraine Ukrainian, Venezuela Venezuelan,
    Vietnam Vietnamese, Wales Welsh, Yemen Yemeni, Zimbabwe Zimbabwean
"""
_COUNTRIES = {analysis.to_term(adjective): country for country, adjective in map(str.split, _NATIONS.split(","))}


def nation_expansions(words: Sequence[Word]) -> Iterator[Expansion]:
    """The country of each adjective among ``words`` that is a name."""
    for at, word in enumerate(words):
        country = _COUNTRIES.get(word.term) if word.is_name else None
        if country is not None and (term := analysis.to_term(country)) != word.term:
            yield Expansion((term,), (at,), WEIGHT, "vocabulary", country)
