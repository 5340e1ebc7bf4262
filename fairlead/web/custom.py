"""Custom fields on pages: their values in words, as text to edit, and read from what was typed."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from babel import numbers
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.models import CustomField, money
from fairlead.models.custom import seen_fields
from fairlead.models.custom_values import Links, linked, number
from fairlead.web import formats, typed
from fairlead.web.formats import Reader

# What stands before a custom field's key in addresses and forms.
PREFIX = "x-"
INPUTS = {"choice": "choice", "yes_no": "choice", "link": "link"}


def name_of(field: CustomField) -> str:
    return f"{PREFIX}{field.key}"


def named(by: Actor, noun: str, name: str) -> CustomField | None:
    """The field of this name in an address, if the reader may see it."""
    return seen_fields(by, noun).get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None


def by_form_name(name: str) -> str:
    """Where a form shows what a verb says of custom.KEY."""
    return PREFIX + name.removeprefix("custom.") if name.startswith("custom.") else name


def options(field: CustomField, held: Any = None) -> list[tuple[str, Any]]:
    """What a choice offers, the one in force too when it is offered no more."""
    if field.kind == "yes_no":
        return [("", "–"), ("yes", _("Yes")), ("no", _("No"))]
    if field.kind != "choice":
        return []
    gone = [(held, field.choice_name(held))] if held and held not in dict(field.offered) else []
    return [("", "–"), *field.offered, *gone]


def hint(field: CustomField) -> str:
    """How to write it, below its input."""
    if field.kind == "choices":
        how = _("Several go with commas between them: %(names)s.")
        return " ".join([field.hint, how % {"names": ", ".join(name for _key, name in field.offered[:8])}]).strip()
    if field.kind == "link":
        return field.hint or _("Write a name.")
    return field.hint


def links_of(fields: Iterable[CustomField], held: dict[str, Any], by: Actor) -> Links:
    return linked(((field, held.get(field.key)) for field in fields), by)


def words(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    """A value as people read it; "" for none."""
    return "" if held is None else WORDS.get(field.kind, _plain)(field, held, reader, links)


def told(field: CustomField, value: Any) -> str:
    """A value as programs read it, in words."""
    if value is None:
        return ""
    if field.kind == "link":
        return str(value["label"] or _("a %(noun)s") % {"noun": field.links_to})
    if field.kind == "yes_no":
        return _("yes") if value else _("no")
    if field.kind in {"choice", "choices"}:
        return ", ".join(field.choice_name(key) for key in (value if isinstance(value, list) else [value]))
    return f"{value} {field.currency}".strip()


def text(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    """A value as it stands in an input."""
    if held is None:
        return ""
    if field.kind == "number":
        return str(numbers.format_decimal(number(held), "0.######", locale=reader.locale))
    if field.kind == "date":
        return str(held)
    if field.kind == "choice":
        return str(held)
    if field.kind == "yes_no":
        return "yes" if held else "no"
    if field.kind == "link":
        other = links.get((field.links_to, held))
        return f"{other.label} #{other.public_id}" if other else ""
    return words(field, held, reader, links)


def given(field: CustomField, written: str, by: Actor, reader: Reader) -> Any:
    """What was typed, as the verbs take it; raises Unread."""
    plain = written.strip()
    if "\x00" in plain:
        raise typed.Unread(_("This text has a character that cannot be stored (NUL)."))
    read = READ.get(field.kind)
    return read(field, plain, by, reader) if read and plain else plain or None


# --- in words ----------------------------------------------------------------------------------------------------


def _plain(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    return str(held)


def _number(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    return str(numbers.format_decimal(number(held), "#,##0.######", locale=reader.locale))


def _money(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    amount = money.from_minor(held, field.currency)
    return formats.exact_money(amount, field.currency, reader)


def _date(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    return formats.plain_date(date.fromisoformat(held), reader)


def _choices(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    return ", ".join(field.choice_name(key) for key in (held if isinstance(held, list) else [held]))


def _yes_no(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    return _("Yes") if held else _("No")


def _link(field: CustomField, held: Any, reader: Reader, links: Links) -> str:
    other = links.get((field.links_to, held))
    return other.label if other else _("a %(noun)s") % {"noun": field.links_to}


WORDS: dict[str, Callable[[CustomField, Any, Reader, Links], str]] = {
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choices,
    "choices": _choices,
    "yes_no": _yes_no,
    "link": _link,
}


# --- read --------------------------------------------------------------------------------------------------------


def _read_number(field: CustomField, written: str, by: Actor, reader: Reader) -> Decimal:
    try:
        value: Decimal = numbers.parse_decimal(written.replace(" ", ""), locale=reader.locale)
    except numbers.NumberFormatError:
        raise typed.Unread(_("“%(text)s” is no number.") % {"text": written[:40]}) from None
    return value


def _read_money(field: CustomField, written: str, by: Actor, reader: Reader) -> Decimal:
    amount, currency = typed.amount(written, field.currency, reader.locale)
    if currency != field.currency:
        raise typed.Unread(_("Amounts here are in %(currency)s.") % {"currency": field.currency})
    return amount


def _read_date(field: CustomField, written: str, by: Actor, reader: Reader) -> str:
    return typed.day(written, reader).isoformat()


def _read_link(field: CustomField, written: str, by: Actor, reader: Reader) -> str:
    """A record by its name, or by name and id when several are called so."""
    model: Any = nouns()[field.links_to]
    name = "title" if field.links_to == "opportunity" else "name"
    seen, plain = model.objects.visible_to(by).live(), " ".join(written.split())
    called, _space, code = plain.rpartition(" #")
    # one of two columns, never from the request
    # nosemgrep
    found = list(seen.filter(public_id=code)[:1] if called else seen.filter(**{f"{name}__iexact": plain})[:4])
    if len(found) == 1:
        return str(found[0].public_id)
    if not found:
        raise typed.Unread(_("Nothing is called “%(name)s”.") % {"name": plain[:60]})
    which = ", ".join(f"{each.label} #{each.public_id}" for each in found)
    raise typed.Unread(_("Several are called “%(name)s”: %(which)s.") % {"name": plain[:60], "which": which})


READ: dict[str, Callable[[CustomField, str, Actor, Reader], Any]] = {
    "number": _read_number,
    "money": _read_money,
    "date": _read_date,
    "link": _read_link,
}
