"""Short ways to the normal form of plain mail addresses and phone numbers; exactly what the long way finds, or nothing.

An import has millions of them, and most are plain.
"""

import re
from functools import cache
from typing import Any

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from phonenumbers import phonenumberutil as library

_PLAIN_MAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@((?:[a-z0-9](?:[a-z0-9]|-(?!-))*(?<!-)\.)+([a-z]{2,24}))",
    re.IGNORECASE | re.ASCII,
)
_PLAIN_PHONE = re.compile(r"\+?\(?[0-9][0-9 ().-]*[0-9]", re.ASCII)
_MARKS = {ord(mark): None for mark in " ().-"}
_RESERVED = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
_POSSIBLE = (library.ValidationResult.IS_POSSIBLE, library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
_KEPT = (
    library.ValidationResult.TOO_SHORT,
    library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    library.ValidationResult.INVALID_LENGTH,
)


def mail(text: str) -> str:
    """The key of a plain address; empty for all others, which are to be looked at closely."""
    found = _PLAIN_MAIL.fullmatch(text)
    if found is None or len(text) > 200 or found.start(1) > 64 or found[2].lower() in _RESERVED:
        return ""
    if any(len(label) > 60 for label in found[1].split(".")):
        return ""
    return text.lower()


def phone(text: str, region: str) -> str | None:
    """The E.164 form of a number in plain digits, empty when it is none; None when it is to be looked at closely."""
    if len(text) > 40 or not _PLAIN_PHONE.fullmatch(text):
        return None
    digits = text.translate(_MARKS)
    if digits[0] == "+":
        code = next((digits[1:end] for end in (2, 3, 4) if digits[1:end] in _codes()), "")
        metadata, national = _main(code), digits[1 + len(code) :]
    else:
        home, national = _home(region), digits
        if home is None or home.abroad.match(digits) or digits.startswith(home.code):
            return None
        code, metadata = home.code, home.metadata
    if not code or metadata is None or not 6 <= len(national) <= 15:
        return None
    national = _without_prefix(national, code, metadata)
    if len(national) < 5 or not national.strip("0"):
        return None
    return f"+{code}{national}" if _is_possible(code, len(national)) else ""


class _Home:
    """How numbers of a region are dialled within it."""

    def __init__(self, code: str, metadata: Any) -> None:
        self.code, self.metadata = code, metadata
        # from the library's own tables
        # nosemgrep
        self.abroad = re.compile(metadata.international_prefix or r"(?!)")


@cache
def _home(region: str) -> _Home | None:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None) if region else None
    return _Home(str(metadata.country_code), metadata) if metadata else None


@cache
def _codes() -> frozenset[str]:
    return frozenset(map(str, library.COUNTRY_CODE_TO_REGION_CODE))


@cache
def _main(code: str) -> Any:
    """What is known of the numbers with this country code; not of those that belong to no country."""
    region = library.region_code_for_country_code(int(code)) if code else "001"
    return None if region == "001" else phonenumbers.PhoneMetadata.metadata_for_region(region, None)


def _without_prefix(national: str, code: str, metadata: Any) -> str:
    begins = _prefix(metadata.id)
    if begins is None or not begins.match(national):
        return national
    _carrier, rest, _stripped = library._maybe_strip_national_prefix_carrier_code(national, metadata)
    return national if _length_of(metadata.id, len(rest)) in _KEPT else rest


@cache
def _prefix(region: str) -> "re.Pattern[str] | None":
    found = _known(region).national_prefix_for_parsing
    # from the library's own tables
    # nosemgrep
    return re.compile(found) if found else None


@cache
def _length_of(region: str, length: int) -> Any:
    return library._test_number_length("1" * length, _known(region))


@cache
def _is_possible(code: str, length: int) -> bool:
    return _length_of(_main(code).id, length) in _POSSIBLE


def _known(region: str) -> Any:
    return phonenumbers.PhoneMetadata.metadata_for_region(region, None)
