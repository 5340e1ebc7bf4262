"""Countries and languages as people write them, in several languages and by their codes."""

import re
from functools import cache

from babel import Locale, localedata

from fairlead.models import normal
from fairlead.models.place import territories

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "cs", "sv", "da", "nb", "fi", "hu", "ja", "zh", "ru")
SHORT = {
    "usa": "US", "u s a": "US", "u s": "US", "us of a": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u k": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "britain": "GB",
    "northern ireland": "GB", "holland": "NL", "the netherlands": "NL", "russia": "RU", "russian federation": "RU",
    "south korea": "KR", "korea": "KR", "republic of korea": "KR", "viet nam": "VN", "czech republic": "CZ",
    "brd": "DE", "uae": "AE", "hong kong": "HK", "taiwan": "TW", "ger": "DE", "deu": "DE", "gbr": "GB", "fra": "FR",
    "aut": "AT", "che": "CH", "esp": "ES", "ita": "IT", "nld": "NL", "can": "CA", "aus": "AU", "ind": "IN", "jpn": "JP",
    "chn": "CN", "bra": "BR", "mex": "MX", "bel": "BE", "irl": "IE", "swe": "SE", "nor": "NO", "dnk": "DK", "pol": "PL",
}  # fmt: skip


@cache
def country_code(text: str) -> str:
    """The ISO code of two letters; empty when no country is called so."""
    if text.upper() in territories():
        return text.upper()
    key = _key(text)
    return _names().get(key) or _names().get(re.sub(r"\s*\(.*\)$", "", key), "")


@cache
def language_named(text: str) -> str:
    """The letters of a language by its name, German or Deutsch, German (Austria); empty when none is called so."""
    name, place = re.fullmatch(r"([^(]*)(?:\(([^)]*)\))?.*", text, re.S).groups("")  # type: ignore[union-attr]
    found, country = _language_names().get(_key(name), ""), country_code(place) if place else ""
    return f"{found}-{country.lower()}" if found and country else found


def _key(text: str) -> str:
    return normal.words(text.replace(".", " ").replace("’", "'"))


@cache
def _language_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).languages.items():
            if code.isascii() and code.isalpha() and len(code) == 2:
                found.setdefault(_key(name), code)
        localedata._cache.clear()
    return found


@cache
def _names() -> dict[str, str]:
    found = dict(SHORT)
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in territories():
                found.setdefault(_key(name), code)
        localedata._cache.clear()  # all that a language has takes megabytes
    return found
