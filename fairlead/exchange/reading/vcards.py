"""vCards 2.1, 3.0 and 4.0 as rows of a table; a card that breaks the rules is read as far as it can be."""

import quopri
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from fairlead.exchange.reading.encoding import encoding_of
from fairlead.exchange.reading.limits import CARDS, CELL
from fairlead.exchange.reading.refused import Unreadable

# What a property is called as a column; parts of structured values have their own.
PLAIN = {
    "FN": "Full name", "NICKNAME": "Nickname", "TITLE": "Job title", "ROLE": "Role", "NOTE": "Notes",
    "BDAY": "Birthday", "URL": "Website", "CATEGORIES": "Categories", "UID": "UID", "GENDER": "Gender",
    "LANG": "Language", "TZ": "Time zone",
    **dict.fromkeys(("IMPP", "X-ICQ", "X-AIM", "X-SKYPE", "X-JABBER", "X-MSN", "X-YAHOO", "X-QQ"), "Messenger"),
    **dict.fromkeys(("X-SKYPE-USERNAME", "X-GOOGLE-TALK", "X-GTALK", "X-TWITTER"), "Messenger"),
    "X-SOCIALPROFILE": "Social profile", "ANNIVERSARY": "Anniversary",
}  # fmt: skip
# What a card without a name is called by.
INSTEAD = ("Nickname", "E-mail", "Mobile", "Work phone", "Home phone", "Phone", "Messenger", "Website", "UID")
UNNAMED = "?"
PARTS = {
    "N": ("Last name", "First name", "Middle name", "Prefix", "Suffix"),
    "ORG": ("Company", "Department"),
}
ADDRESS = ("Street", "City", "Region", "Postal code", "Country")
PHONES = (("CELL", "Mobile"), ("FAX", "Fax"), ("PAGER", "Pager"), ("HOME", "Home phone"), ("WORK", "Work phone"))


@dataclass(frozen=True)
class Property:
    name: str
    types: frozenset[str]
    value: str
    structured: tuple[str, ...]


def vcard_table(path: Path) -> Iterator[list[str]]:
    """A header, then a row for each card; the file is read twice, so that the header knows all columns."""
    encoding = encoding_of(path)
    most: Counter[str] = Counter()
    for card in cards(path, encoding):
        for name, values in columns(card).items():
            most[name] = max(most[name], len(values))
    header = [(name, number) for name in sorted(most, key=_order) for number in range(most[name])]
    yield [name if number == 0 else f"{name} {number + 1}" for name, number in header]
    for card in cards(path, encoding):
        found = columns(card)
        yield [(found.get(name, [])[number : number + 1] or [""])[0] for name, number in header]


def columns(card: Iterable[Property]) -> dict[str, list[str]]:
    """The values of a card by what they are."""
    found: dict[str, list[str]] = {}
    for each in card:
        for name, value in _named(each):
            value = value.strip()[: CELL + 1]
            if value and value not in found.get(name, []):
                found.setdefault(name, []).append(value)
    if "Last name" not in found and "First name" not in found and "Full name" not in found and "Company" not in found:
        found["Full name"] = next((found[name][:1] for name in INSTEAD if name in found), [UNNAMED])
    return found


def _order(name: str) -> int:
    first = (*PARTS["N"], "Full name", "E-mail", "Mobile", "Work phone", "Home phone", "Phone", "Company", "Job title")
    return first.index(name) if name in first else len(first)


def _named(each: Property) -> Iterator[tuple[str, str]]:
    if each.name in PARTS:
        yield from zip(PARTS[each.name], each.structured, strict=False)
    elif each.name == "EMAIL":
        yield "E-mail", re.sub(r"^mailto:", "", each.value, flags=re.IGNORECASE)
    elif each.name == "TEL":
        label = next((label for kind, label in PHONES if kind in each.types), "Phone")
        yield label, re.sub(r"^tel:", "", each.value, flags=re.IGNORECASE)
    elif each.name == "ADR":
        box, more, street, *rest = (*each.structured, *[""] * 7)[:7]
        lines = [part for part in (street, more, box) if part]
        yield from zip(ADDRESS, ("\n".join(lines), *rest), strict=False)
    elif each.name == "X-ANDROID-CUSTOM" and each.structured[0].endswith("/nickname"):
        yield "Nickname", each.structured[1] if len(each.structured) > 1 else ""
    elif each.name in PLAIN:
        yield PLAIN[each.name], each.value


# --- cards and their lines ---------------------------------------------------------------------------------------


def cards(path: Path, encoding: str) -> Iterator[list[Property]]:
    card: list[Property] | None = None
    inner = 0
    for line in _unfolded(path, encoding):
        name, _colon, value = line.partition(b":")
        bare = name.strip().upper()
        if bare == b"BEGIN":
            inner += card is not None and value.strip().upper() == b"VCARD" and _is_inside(card)
            if inner == 0:
                if card:
                    yield card
                card = []
        elif bare == b"END" and inner:
            inner -= 1
        elif bare == b"END":
            if card is not None:
                yield card
            card = None
        elif card is not None and not inner and (found := _property(line, encoding)):
            card.append(found)
    if card:
        yield card


def _is_inside(card: list[Property]) -> bool:
    """Somebody's agent is a card in the card; otherwise the end of the card before is missing."""
    return bool(card) and card[-1].name == "AGENT" and not card[-1].value.strip()


def _unfolded(path: Path, encoding: str) -> Iterator[bytes]:
    """Whole lines in an encoding in which marks are single bytes."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    held = b""
    with path.open("rb") as file:
        raw = file.read(CARDS + 1)
    if len(raw) > CARDS:
        text = _("This file of vCards is larger than %(most)s MB. Export fewer cards at once.")
        raise Unreadable(text % {"most": CARDS // 1_000_000})
    raw = raw.decode(encoding, "replace").encode() if wide else raw
    for line in re.split(rb"\r\n|\r|\n", raw.removeprefix(b"\xef\xbb\xbf")):
        soft = held.endswith(b"=") and _quoted(held)
        if soft:
            held = held[:-1] + line.lstrip(b" \t") if line[:1] in b" \t" and line else held[:-1] + line
        elif line[:1] in (b" ", b"\t") and held:
            held += line[1:]
        elif held and b":" not in line and not _quoted(held) and line.strip() and held.endswith(b"\\"):
            held = held[:-1] + b"\\n" + line
        else:
            if held:
                yield held
            held = line
    if held:
        yield held


def _quoted(line: bytes) -> bool:
    return b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()


def _property(line: bytes, encoding: str) -> Property | None:
    head, raw = _halves(line)
    if raw is None:
        return None
    name, *parameters = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", head.decode("ascii", "replace"))
    name = name.rpartition(".")[2].strip().upper()
    given = [each.upper().partition("=") for each in parameters]
    types = {word.strip('" ') for key, mark, value in given for word in (value if mark else key).split(",")}
    if types & {"BASE64", "B"} or name in {"PHOTO", "LOGO", "SOUND", "KEY"}:
        return None
    charset = next((value for key, _mark, value in given if key == "CHARSET"), "")
    if "QUOTED-PRINTABLE" in types:
        raw = quopri.decodestring(raw)
    text = _text(raw, charset, encoding)
    parts = tuple(_plain(part) for part in re.split(r"(?<!\\);", text))
    return Property(name, frozenset(types), _plain(text), parts)


def _halves(line: bytes) -> tuple[bytes, bytes | None]:
    """Name with parameters, and value; a colon within quotation marks parts nothing."""
    quoted = False
    for at, byte in enumerate(line):
        quoted ^= byte == 0x22
        if byte == 0x3A and not quoted:
            return line[:at], line[at + 1 :]
    head, colon, value = line.partition(b":")
    return head, value if colon else None


def _text(raw: bytes, charset: str, encoding: str) -> str:
    wide = encoding.startswith(("utf-16", "utf-32"))
    for name in (charset, "utf-8", "" if wide else encoding, "cp1252"):
        try:
            return raw.decode(name) if name else raw.decode("utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1")


def _plain(text: str) -> str:
    """Without the backslashes before marks."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)
