"""Normal forms: how two ways of writing the same mail, phone, domain, tax id or name are found equal."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from fairlead.models import plain

# Domains that say nothing about whose company an address belongs to.
FREE_MAIL = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.co.uk",
        "icloud.com",
        "me.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "web.de",
        "t-online.de",
        "freenet.de",
        "proton.me",
        "protonmail.com",
        "mail.ru",
        "yandex.ru",
        "qq.com",
        "163.com",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
        "btinternet.com",
        "sky.com",
        "virginmedia.com",
    }
)


_NO_WORD = re.compile(r"[^\w@.+&'-]+")


_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.I)


def language(text: str) -> str:
    """A language by its letters, in small ones, with its region if it has one (de, de-at); empty when it is none."""
    found = _LANGUAGE.fullmatch(text.strip())
    return "-".join(filter(None, found.groups())).lower() if found else ""


@lru_cache(4096)
def mail(text: str) -> str:
    """The address as a key: lower case, domain in Unicode normal form; empty when it is no address."""
    text = text.strip()
    if key := plain.mail(text):
        return key
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ""
    return found.normalized.lower()


@lru_cache(4096)
def phone(text: str, region: str) -> str:
    """The number as E.164 (+442079460182), read as dialled in `region` (ISO country); empty when it is none.

    An extension follows as RFC 3966 has it (;ext=102): two people at one switchboard are not the same.
    """
    key = plain.phone(text, region)
    if key is not None:
        return key
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not _plausible(number):
        return ""
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{found};ext={number.extension}" if number.extension else found


def _plausible(number: phonenumbers.PhoneNumber) -> bool:
    return bool(phonenumbers.is_possible_number(number))


def domain(text: str) -> str:
    """The bare domain of a website or mail address, without www; empty when there is none."""
    text = text.strip().lower()
    host = text.rpartition("@")[2] if "@" in text and "/" not in text else text
    try:
        found = urlsplit(host if "://" in host else f"//{host}").hostname or ""
    except ValueError:
        return ""
    found = found.removeprefix("www.").rstrip(".")
    return found if "." in found else ""


def tax_id(text: str) -> str:
    """A tax id as a key: letters and digits only, upper case."""
    return re.sub(r"[\W_]+", "", text).upper()


def words(*texts: str) -> str:
    """Text for searching: lower case, without accents, single spaces; letters of every script are kept."""
    joined = texts[0] if len(texts) == 1 else " ".join(filter(None, texts))
    if joined.isascii():
        return " ".join(_NO_WORD.sub(" ", joined.lower()).split())
    parted = unicodedata.normalize("NFKD", joined.casefold())
    bare = "".join(letter for letter in parted if not unicodedata.combining(letter))
    for letter, spelled in {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}.items():
        bare = bare.replace(letter, spelled)
    return " ".join(_NO_WORD.sub(" ", bare).split())


def composed(text: str) -> str:
    """Text in which a letter and its accents are one sign, in lower case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
