"""What a cell holds: numbers, days and yes or no, in the ways in which people write them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

Kind = Literal["", "text", "number", "date", "mail", "web", "phone", "yes"]
Order = Literal["dmy", "mdy", "ymd"]

MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]{2,}")
WEB = re.compile(
    r"(https?://|www\.)\S+|[\w-]+(\.[\w-]+)*\.(com|org|net|de|io|co|eu|uk|fr|info|biz)(/\S*)?", re.IGNORECASE
)
NUMBER = re.compile(r"[-+(]?\s?(?:[$€£¥]|[A-Z]{3})?\s?-?\d[\d.,' \xa0\u202f]*\d?\)?\s?(?:%|[$€£¥]|[A-Z]{3})?")
PHONE = re.compile(r"(\+|00)?[\d\s()./\-–]{7,25}((x|ext\.?)\s?\d+)?", re.IGNORECASE)
YES = frozenset({"true", "yes", "y", "ja", "wahr", "oui", "si", "sí", "sì", "x", "1", "t", "on", "vrai", "verdadero"})
NO = frozenset({"false", "no", "n", "nein", "falsch", "non", "0", "f", "off", "faux", "falso", ""})
CLOCK = r"(?:[T ,]+(?P<h>\d{1,2})[:.](?P<n>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
ZONE = r"\s*(?P<zone>Z|UTC|GMT|Z?[+-]\d{2}:?\d{2})?"
FIGURES = re.compile(rf"(?P<a>\d{{1,4}})(?P<mark>[-./])\s?(?P<b>\d{{1,2}})(?P=mark)\s?(?P<c>\d{{1,4}}){CLOCK}{ZONE}")
PACKED = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d)")
NAMED = re.compile(
    rf"(?:[^\W\d]{{2,}}\.?,?\s+)?(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?P<month>[^\W\d]{{3,}})\.?[\s,-]+"
    rf"|(?P<month2>[^\W\d]{{3,}})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+)(?P<y>\d{{4}}|\d{{2}}){CLOCK}{ZONE}"
)
MONTHS = {
    begin: number
    for number, names in enumerate(
        (
            "jan ene gen sty", "feb fév fev", "mar mär mrz mars", "apr avr abr", "may mai mei mag", "jun juin giu cze",
            "jul juil lug lip", "aug aoû aou ago sie", "sep set wrz", "oct okt ott paź", "nov", "dec dez déc dic gru",
        ),
        1,
    )
    for begin in names.split()
}  # fmt: skip


def kind_of(text: str) -> Kind:
    """What a value looks like, by itself."""
    text = text.strip()
    if not text:
        return ""
    if MAIL.fullmatch(text):
        return "mail"
    if text.lower() in {"true", "false", "yes", "no", "ja", "nein", "oui", "non", "wahr", "falsch"}:
        return "yes"
    if text[0].isdigit() or text[0] in "+-($€£¥." or text[-1].isdigit():
        if dates(text):
            return "date"
        if NUMBER.fullmatch(text) and number(text) is not None:
            return "number"
        if PHONE.fullmatch(text):
            return "phone"
    return "web" if WEB.fullmatch(text) else "text"


def yes(text: str) -> bool | None:
    """Yes or no; None when it says neither."""
    said = text.strip().lower()
    return True if said in YES else False if said in NO else None


def number(text: str, decimal: str = ".") -> Decimal | None:
    """A number as written with this decimal mark, with or without currency; None when it is none."""
    bare = re.sub(r"[^\d.,()+-]", "", text)
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    if {".", ","} <= set(bare):  # the last one is the decimal mark, whatever was said
        decimal = max(".,", key=bare.rfind)
    elif bare.count(decimal) > 1:
        decimal = "," if decimal == "." else "."
    bare = bare.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    try:
        found = Decimal(bare)
    except InvalidOperation:
        return None
    return -found if negative else found


def decimal_of(texts: Iterable[str]) -> str:
    """The decimal mark that a column proves; empty when any would do."""
    points = commas = 0
    for text in texts:
        if re.search(r"\d,\d{1,2}\D*$|\d,\d{4,}\D*$|\.\d{3},", text):
            commas += 1
        elif re.search(r"\d\.\d{1,2}\D*$|\d\.\d{4,}\D*$|,\d{3}\.", text):
            points += 1
    return "," if commas > points else "." if points else ""


def dates(text: str) -> set[Order]:
    """The orders in which this is a day; empty when it is none."""
    if PACKED.fullmatch(text) or _named(text):
        return {"dmy", "mdy", "ymd"}
    found = FIGURES.fullmatch(text)
    orders: tuple[Order, ...] = ("dmy", "mdy", "ymd")
    if found and found["mark"] == "." and len(found["a"]) <= 2:
        orders = ("dmy",)
    return {order for order in orders if found and _figures(found, order)}


def order_of(texts: Iterable[str]) -> Order | Literal["", "?"]:
    """The order that all values of a column allow: empty when there are no days, ? when it must be asked."""
    left: set[Order] = {"dmy", "mdy", "ymd"}
    seen = 0
    for text in texts:
        if orders := dates(text.strip()):
            seen += 1
            left = left & orders or left
    if not seen:
        return ""
    for order in ("ymd", "dmy", "mdy"):
        if left == {order}:
            return order
    return "?" if {"dmy", "mdy"} <= left and len(left) == 2 else "ymd"


@lru_cache(4096)
def moment(text: str, order: Order = "dmy") -> datetime | date | None:
    """A day, or an aware moment where a time is written (UTC when no zone is); None when it is neither."""
    text = text.strip()
    if packed := PACKED.fullmatch(text):
        return _day(int(packed["y"]), int(packed["m"]), int(packed["d"]))
    if named := NAMED.fullmatch(text):
        return _timed(_named(text), named)
    figures = FIGURES.fullmatch(text)
    if figures and len(figures["a"]) == 4:
        order = "ymd"
    return _timed(_figures(figures, order), figures) if figures else None


def day(text: str, order: Order = "dmy") -> date | None:
    found = moment(text, order)
    return found.date() if isinstance(found, datetime) else found


def _figures(found: "re.Match[str]", order: Order) -> date | None:
    a, b, c = found["a"], found["b"], found["c"]
    if order != "ymd" and found["mark"] == "." and len(a) <= 2:
        order = "dmy"  # points stand in no other order
    if len(a) > 2:
        return _day(int(a), int(b), int(c)) if order == "ymd" and len(a) == 4 and len(c) <= 2 else None
    if order == "ymd":
        return _day(_year(a), int(b), int(c)) if len(a) == 2 and len(c) <= 2 and len(b) == 2 and int(a) > 31 else None
    if len(c) not in (2, 4):
        return None
    return _day(_year(c), int(b), int(a)) if order == "dmy" else _day(_year(c), int(a), int(b))


def _named(text: str) -> date | None:
    found = NAMED.fullmatch(text)
    if not found:
        return None
    word = (found["month"] or found["month2"]).lower()
    month = MONTHS.get(word[:4]) or MONTHS.get(word[:3])
    return _day(_year(found["y"]), month, int(found["d"] or found["d2"])) if month else None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number) if 1000 <= year <= 2999 else None
    except ValueError:
        return None


def _timed(when: date | None, found: "re.Match[str]") -> datetime | date | None:
    if when is None or found["h"] is None:
        return when
    hour, half = int(found["h"]), (found["half"] or "").lower()[:1]
    if half:
        hour = hour % 12 + 12 * (half == "p")
    try:
        clock = time(hour, int(found["n"]), int(found["s"] or 0))
    except ValueError:
        return None
    return datetime.combine(when, clock, _zone(found["zone"] or "")).astimezone(UTC)


def _zone(text: str) -> timezone:
    if not (found := re.search(r"([+-])(\d{2}):?(\d{2})", text)):
        return UTC
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-shift if found[1] == "-" else shift) if shift < timedelta(hours=24) else UTC
