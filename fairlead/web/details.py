"""The details of a record: which properties it shows, how each is written, read from what was typed, and saved."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.core.record import nouns
from fairlead.core.verb import REGISTRY
from fairlead.models import CustomField, Lead, Opportunity, money
from fairlead.models.custom import seen_fields
from fairlead.web import custom, formats, typed
from fairlead.web.addresses import url_of
from fairlead.web.formats import Reader

Text = Any


@dataclass(frozen=True)
class Property:
    """One line of the details. `kind`: text, long, number, day, money, choice, list, link, source, address."""

    name: str
    label: Text
    kind: str = "text"
    noun: str = ""
    choices: tuple[tuple[str, Text], ...] = ()
    verb: str = ""
    folded: bool = False
    parts: str = ""
    custom: CustomField | None = None


_source = Property("source", gettext_lazy("Source"), "source", noun="source")
_about = Property("about", gettext_lazy("About"), "long", folded=True)
_tags = Property("tags", gettext_lazy("Tags"), "list", verb="set_tags", parts="tag")
_mails = Property("mails", gettext_lazy("E-mail"), "list", parts="mail")
_phones = Property("phones", gettext_lazy("Phone"), "list", parts="phone")
_address = Property("address", gettext_lazy("Address"), "address", parts="address")
_company = Property("company", gettext_lazy("Company"), "link", noun="company")
_person = Property("person", gettext_lazy("Person"), "link", noun="person")

PROPERTIES: dict[str, tuple[Property, ...]] = {
    "person": (
        _mails,
        _phones,
        _company,
        Property("title", gettext_lazy("Job title")),
        _address,
        _source,
        _tags,
        Property("name", gettext_lazy("Name"), folded=True),
        Property("call_name", gettext_lazy("Call name"), folded=True),
        Property("language", gettext_lazy("Language"), folded=True),
        Property("zone", gettext_lazy("Time zone"), folded=True),
        _about,
    ),
    "company": (
        Property("website", gettext_lazy("Website")),
        _phones,
        _mails,
        _address,
        Property("industry", gettext_lazy("Industry")),
        Property("employees", gettext_lazy("Employees"), "number"),
        _source,
        _tags,
        Property("name", gettext_lazy("Name"), folded=True),
        Property("legal_name", gettext_lazy("Legal name"), folded=True),
        Property("tax_id", gettext_lazy("Tax id"), folded=True),
        Property("parent", gettext_lazy("Belongs to"), "link", noun="company", folded=True),
        _about,
    ),
    "lead": (
        Property("email", gettext_lazy("E-mail")),
        Property("phone", gettext_lazy("Phone")),
        Property("company_name", gettext_lazy("Company")),
        Property("title", gettext_lazy("Job title")),
        Property("lead_type", gettext_lazy("Lead type"), "choice", choices=tuple(Lead.Type.choices)),
        Property("interest", gettext_lazy("Interest")),
        Property("rating", gettext_lazy("Rating"), "choice", choices=(("", "–"), *Lead.Rating.choices)),
        _source,
        Property("campaign", gettext_lazy("Campaign"), "source", noun="campaign"),
        _tags,
        Property("name", gettext_lazy("Name"), folded=True),
        Property("website", gettext_lazy("Website"), folded=True),
        Property("company_size", gettext_lazy("Company size"), folded=True),
        Property("street", gettext_lazy("Street"), folded=True),
        Property("city", gettext_lazy("City"), folded=True),
        Property("region", gettext_lazy("Region"), folded=True),
        Property("postal_code", gettext_lazy("Postal code"), folded=True),
        Property("country", gettext_lazy("Country"), folded=True),
        Property("person", gettext_lazy("Known person"), "link", noun="person", folded=True),
        Property("company", gettext_lazy("Known company"), "link", noun="company", folded=True),
        Property("message", gettext_lazy("Message"), "long", folded=True),
    ),
    "opportunity": (
        Property("amount", gettext_lazy("Value"), "money"),
        Property("close_on", gettext_lazy("Close date"), "day"),
        Property("likelihood", gettext_lazy("Likelihood"), "number"),
        Property("recurs", gettext_lazy("Recurs"), "choice", choices=tuple(Opportunity.Recurs.choices)),
        Property("months", gettext_lazy("Months"), "number", folded=True),
        _company,
        _person,
        _source,
        _tags,
        Property("title", gettext_lazy("Title"), folded=True),
        _about,
        Property("solution", gettext_lazy("Solution"), "long"),
    ),
}

NAMES = {("person", "name"), ("company", "name"), ("opportunity", "title")}


def find(noun: str, name: str) -> Property | None:
    return next((each for each in PROPERTIES.get(noun, ()) if each.name == name), None)


def custom_property(field: CustomField, held: Any = None) -> Property:
    """A custom field as a property: `kind` says what it is edited with."""
    kind, choices = custom.INPUTS.get(field.kind, "text"), tuple(custom.options(field, held))
    return Property(custom.name_of(field), field.name, kind, field.links_to, choices, folded=True, custom=field)


def custom_shown(record: Any, by: Actor, reader: Reader) -> "list[Shown]":
    """Every custom field of the record that the reader may see, in their order."""
    fields = list(seen_fields(by, record.noun()).values())
    links = custom.links_of(fields, record.custom, by)
    fixed = access.fixed(by, type(record)) if fields else frozenset()
    return [
        Shown(
            custom_property(field, record.custom.get(field.key)),
            custom.words(field, record.custom.get(field.key), reader, links),
            fixed=field.full_key in fixed,
        )
        for field in fields
    ]


@dataclass
class Shown:
    """A property as the page shows it."""

    spec: Property
    value: str
    note: str = ""
    url: str = ""
    fixed: bool = False


def shown(record: Any, spec: Property, reader: Reader, parts: list[str]) -> Shown:
    """The property in words; `parts` are its values when it has several (mails, tags)."""
    if spec.parts:
        return Shown(spec, ", ".join(parts))
    value = getattr(record, spec.name)
    if spec.name == "likelihood" and value is None:
        return Shown(spec, f"{record.stage.probability}%", _("from stage"))
    return Shown(spec, _words(record, spec, value, reader), url=url_of(value) if spec.kind == "link" and value else "")


def withheld(spec: Property) -> Shown:
    """A property that the reader's role hides."""
    return Shown(spec, _("Hidden by your role"), fixed=True)


def typed_value(record: Any, spec: Property, by: Actor, reader: Reader, parts: list[str]) -> str:
    """What stands in the field when it is opened for editing."""
    if spec.custom:
        held, links = record.custom.get(spec.custom.key), custom.links_of([spec.custom], record.custom, by)
        return custom.text(spec.custom, held, reader, links)
    if spec.parts:
        return ", ".join(parts)
    value = getattr(record, spec.name)
    if value is None:
        return ""
    if spec.kind == "money":
        return formats.exact_money(value, record.currency, reader)
    if spec.kind == "day":
        return formats.plain_date(value, reader)
    return value.public_id if spec.kind == "source" else str(value)


def save(record: Any, spec: Property, text: str, by: Actor, reader: Reader, version: int | None) -> None:
    """Save what was typed through the noun's verb; raises Invalid at the property, or Conflict."""
    try:
        values = (_custom if spec.custom else READ[spec.kind])(record, spec, text, by, reader)
    except typed.Unread as unread:
        raise Invalid({spec.name: [str(unread)]}) from None
    if spec.verb:
        REGISTRY[spec.verb].call(by, record, **values)
    else:
        REGISTRY[f"edit_{record.noun()}"].call(by, record, version=version, **values)


def in_words(record: Any, spec: Property, packed: Any, by: Actor, reader: Reader) -> str:
    """A value from a conflict, as core.record packs it, in words."""
    if packed in (None, ""):
        return ""
    if spec.custom:
        return custom.words(spec.custom, packed, reader, custom.links_of([spec.custom], {spec.custom.key: packed}, by))
    if spec.kind in {"link", "source"}:
        found = nouns()[spec.noun].objects.visible_to(by).filter(pk=packed).first()
        return found.label if found else _("another")
    if spec.kind == "money":
        return formats.exact_money(money.from_minor(int(packed), record.currency), record.currency, reader)
    column = record._meta.get_field(spec.name)
    return _words(record, spec, column.to_python(packed), reader)


def _words(record: Any, spec: Property, value: Any, reader: Reader) -> str:
    if value in (None, ""):
        return ""
    if spec.kind == "money":
        per = "" if record.recurs == "once" else f" {record.get_recurs_display()}"
        return formats.exact_money(value, record.currency, reader) + per
    if spec.kind == "day":
        return formats.plain_date(value, reader)
    if spec.kind == "choice":
        return str(dict(spec.choices).get(value, value))
    return f"{value}%" if spec.name == "likelihood" else str(value)


# --- what was typed, as the arguments of a verb ------------------------------------------------------------------

Read = Callable[[Any, Property, str, Actor, Reader], dict[str, Any]]


def _custom(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    assert spec.custom
    held = record.custom.get(spec.custom.key)
    # A choice that is offered no more stays where it was.
    same = spec.custom.kind == "choice" and text == held
    return {"custom": {} if same else {spec.custom.key: custom.given(spec.custom, text, by, reader)}}


def _text(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    plain = text.strip()
    if not plain and (record.noun(), spec.name) in NAMES:
        raise typed.Unread(_("A name is needed."))
    if "\x00" in plain:
        raise typed.Unread(_("This text has a character that cannot be stored (NUL)."))
    return {spec.name: plain}


def _number(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    plain = text.strip().removesuffix("%").replace(",", "").strip()
    if plain and not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise typed.Unread(_("“%(text)s” is no whole number.") % {"text": text.strip()[:40]})
    return {spec.name: int(plain) if plain else None}


def _day(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    return {spec.name: typed.day(text, reader) if text.strip() else None}


def _money(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    if not text.strip():
        return {"amount": None}
    amount, currency = typed.amount(text, record.currency, reader.locale)
    changed: dict[str, Decimal | str] = {"amount": amount}
    return changed if currency == record.currency else changed | {"currency": currency}


def _choice(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    if text not in dict(spec.choices):
        raise typed.Unread(_("Choose one from the list."))
    return {spec.name: text}


def _list(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    return {spec.name: [each.strip() for each in text.replace("\n", ",").split(",") if each.strip()]}


def _link(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    """A record by its name, or by name and id when several are called so."""
    plain = " ".join(text.split())
    if not plain:
        return {spec.name: None}
    model: Any = nouns()[spec.noun]
    seen = model.objects.visible_to(by).live().exclude(pk=record.pk if model is type(record) else None)
    named, _space, code = plain.rpartition(" #")
    found = list(seen.filter(public_id=code)[:1] if named else seen.filter(name__iexact=plain)[:2])
    if len(found) == 1:
        return {spec.name: found[0]}
    like = [f"{each.label} #{each.public_id}" for each in seen.filter(name__icontains=plain)[:3]]
    text = _("Several are called “%(name)s”: %(like)s.") if found else _("Nothing called “%(name)s”. %(like)s")
    hint = ", ".join(like) if found else _("Did you mean %(like)s?") % {"like": ", ".join(like)} if like else ""
    raise typed.Unread((text % {"name": plain[:60], "like": hint}).strip())


def _named(record: Any, spec: Property, text: str, by: Actor, reader: Reader) -> dict[str, Any]:
    found = nouns()[spec.noun].objects.filter(public_id=text).first() if text else None
    if text and found is None:
        raise typed.Unread(_("Choose one from the list."))
    return {spec.name: found}


READ: dict[str, Read] = {
    "text": _text,
    "long": _text,
    "number": _number,
    "day": _day,
    "money": _money,
    "choice": _choice,
    "list": _list,
    "link": _link,
    "source": _named,
}
