"""The values of custom fields: as they are kept, and as programs read and write them.

Kept exactly and comparable on both databases: numbers as integers × 10⁶, amounts in minor units, dates as ISO texts,
choices by their keys, links by public ids.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record, nouns
from fairlead.models import money
from fairlead.models.custom import CustomField

DIGITS, WHOLE = 6, 12  # after the point of a number, and before it
LONGEST = 500  # characters of a text: as much as both databases take into an index
MOST_MONEY = Decimal(10) ** 15
YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
Links = Mapping[tuple[str, str], Record]


class Unfit(ValueError):
    """A value that this field does not take; the text says why."""


def stored(field: CustomField, given: Any) -> Any:
    """A value as programs write it, in the form in which it is kept; None for none. Raises Unfit."""
    if given is None or given in ("", []):
        return None
    return STORED[field.kind](field, given)


def plain(field: CustomField, held: Any) -> Any:
    """A kept value as programs read it: numbers and amounts as text, choices by their keys, a link by its id."""
    if field.kind == "number" and isinstance(held, int):
        return f"{number(held).normalize():f}"
    if field.kind == "money" and isinstance(held, int):
        return str(money.from_minor(held, field.currency))
    return held


def number(held: int) -> Decimal:
    return Decimal(held).scaleb(-DIGITS)


def for_programs(
    fields: Mapping[str, CustomField], held: Sequence[Mapping[str, Any]], by: Actor
) -> list[dict[str, Any]]:
    """The values of many records under their keys, those of these fields alone; links as links."""
    links = linked(((fields[key], value) for each in held for key, value in each.items() if key in fields), by)
    return [{key: _shown(fields[key], each[key], links) for key in fields if key in each} for each in held]


def linked(pairs: Iterable[tuple[CustomField, Any]], by: Actor) -> Links:
    """The records behind the links among these values that the actor may see; one query for each noun."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for field, held in pairs:
        if field.kind == "link" and isinstance(held, str):
            wanted[field.links_to].add(held)
    found: dict[tuple[str, str], Record] = {}
    for noun, ids in wanted.items():
        rows: Any = nouns()[noun].objects.visible_to(by).filter(public_id__in=ids)
        found |= {(noun, row.public_id): row for row in rows}
    return found


def _shown(field: CustomField, held: Any, links: Links) -> Any:
    if field.kind != "link" or held is None:
        return plain(field, held)
    other = links.get((field.links_to, held))
    known = {"id": other.public_id, "label": other.label} if other else {"id": None, "label": None}
    return {"noun": field.links_to} | known


# --- each kind ---------------------------------------------------------------------------------------------------


def _text(field: CustomField, given: Any) -> str | None:
    if not isinstance(given, str):
        raise Unfit(_("Write a text."))
    if "\x00" in given or any("\ud800" <= sign <= "\udfff" for sign in given):
        raise Unfit(_("This text has a character that cannot be stored."))
    text = given.strip()
    if len(text) > LONGEST:
        words = _("This is %(length)s characters long. There is room for %(most)s.")
        raise Unfit(words % {"length": len(text), "most": LONGEST})
    return text or None


def _number(field: CustomField, given: Any) -> int:
    value = _decimal(given)
    if abs(value) >= Decimal(10) ** WHOLE or value != round(value, DIGITS):
        raise Unfit(_("A number has up to %(whole)s digits, and %(digits)s after the point.") % _digits(DIGITS))
    return int(value.scaleb(DIGITS))


def _money(field: CustomField, given: Any) -> int:
    value, digits = _decimal(given), get_currency_precision(field.currency)
    if abs(value) >= MOST_MONEY:
        raise Unfit(_("Write an amount below 1,000,000,000,000,000."))
    if value != round(value, digits):
        words = _("An amount in %(currency)s has up to %(digits)s digits after the point.")
        raise Unfit(words % {"currency": field.currency, "digits": digits})
    return money.to_minor(value, field.currency)


def _digits(digits: int) -> dict[str, int]:
    return {"whole": WHOLE, "digits": digits}


def _decimal(given: Any) -> Decimal:
    try:
        if isinstance(given, bool) or not isinstance(given, (int, float, str, Decimal)):
            raise InvalidOperation
        text = str(given).strip()
        value = Decimal(text)
        if len(text) > 60 or not value.is_finite() or not -60 < value.adjusted() < 60:
            raise InvalidOperation
    except (InvalidOperation, ValueError):  # more digits than an int is written with, too
        shown = given[:40] if isinstance(given, str) else ""
        raise Unfit(_("“%(text)s” is no number.") % {"text": shown} if shown else _("Write a number.")) from None
    return value


def _date(field: CustomField, given: Any) -> str:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given.isoformat()
    try:
        if not isinstance(given, str) or len(given) != 10:
            raise ValueError
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise Unfit(_("Write a date as 2026-12-24.")) from None


def _choice(field: CustomField, given: Any) -> str:
    for key, name in field.offered:
        if isinstance(given, str) and given.strip().casefold() in {key, name.casefold()}:
            return key
    names = ", ".join(name for _key, name in field.offered[:20])
    raise Unfit(_("“%(text)s” is no choice here. There are: %(names)s.") % {"text": str(given)[:40], "names": names})


def _choices(field: CustomField, given: Any) -> list[str] | None:
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, (list, tuple)) or len(given) > 200:
        raise Unfit(_("Write a list of choices."))
    chosen = {_choice(field, each) for each in given if each != ""}
    return [each["key"] for each in field.choices if each["key"] in chosen] or None


def _yes_no(field: CustomField, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    known = YES_NO.get(str(given).strip().lower()) if isinstance(given, (str, int)) else None
    if known is None:
        raise Unfit(_("Write yes or no."))
    return known


def _link(field: CustomField, given: Any) -> str:
    public_id = given.get("id") if isinstance(given, dict) else given
    if isinstance(public_id, str) and public_id.isascii() and public_id.isalnum() and len(public_id) <= 12:
        return public_id
    raise Unfit(_("Write the id of a record."))


STORED: dict[str, Callable[[CustomField, Any], Any]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "choices": _choices,
    "yes_no": _yes_no,
    "link": _link,
}
