"""Places and their ways: time zones, locales, countries and currencies that exist."""

import re
from functools import cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies, list_currencies
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
ENGLISH = ("en-GB", "en-US", "en-AU", "en-CA", "en-IE", "en-NZ")
NORDIC = ("da-DK", "fi-FI", "nb-NO", "sv-SE")
OTHERS = ("cs-CZ", "es-ES", "fr-BE", "fr-CH", "fr-FR", "it-IT", "ja-JP", "nl-BE", "nl-NL", "pl-PL", "pt-BR", "pt-PT")
LOCALES = (*ENGLISH, "de-AT", "de-CH", "de-DE", *NORDIC, *OTHERS)


def known_zone(name: str) -> None:
    if name not in existing_zones():
        raise ValidationError(_("There is no time zone “%(name)s”. Write it like Europe/London.") % {"name": name})


def known_locale(name: str) -> None:
    try:
        Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValidationError(_("There is no locale “%(name)s”. Write it like en-GB.") % {"name": name}) from None


def known_country(code: str) -> None:
    if code not in territories():
        raise ValidationError(_("There is no country “%(code)s”. Write two letters, like GB.") % {"code": code})


def known_currency(code: str) -> None:
    if code not in list_currencies():
        raise ValidationError(_("There is no currency “%(code)s”. Write three letters, like GBP.") % {"code": code})


@cache
def existing_zones() -> set[str]:
    """Every zone there is; kept, because listing them reads hundreds of files."""
    return available_timezones()


@cache
def zones() -> list[str]:
    """The zones that people choose from, by name."""
    return [*sorted(name for name in existing_zones() if name.partition("/")[0] in REGIONS), "UTC"]


@cache
def locales() -> dict[str, str]:
    """The ways of writing dates and figures that people choose from, by code."""
    return {code: str(Locale.parse(code, sep="-").get_display_name("en")) for code in LOCALES}


@cache
def currencies() -> dict[str, str]:
    """Currencies in use, by ISO code, with their English names."""
    return {code: f"{code} {Locale('en').currencies[code]}" for code in sorted(in_use())}


@cache
def in_use() -> set[str]:
    found = {code for land in territories() for code in get_territory_currencies(land)}
    return found & set(Locale("en").currencies)


@cache
def territories() -> dict[str, str]:
    """Countries by ISO code, with their English names."""
    names = Locale("en").territories
    return {code: name for code, name in names.items() if re.fullmatch("[A-Z]{2}", code) and code not in {"EU", "ZZ"}}


def country_code(text: str) -> str:
    """The ISO code of a country, from its code or its name in one of our languages; empty when it is none."""
    plain = text.strip()
    return plain.upper() if plain.upper() in territories() else _names().get(plain.casefold(), "")


@cache
def _names() -> dict[str, str]:
    spoken = ("en", "de", "fr", "es", "it", "nl", "pt", "pl")
    found = {Locale(each).territories.get(code, "").casefold(): code for each in spoken for code in territories()}
    return found | {"usa": "US", "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB"}
