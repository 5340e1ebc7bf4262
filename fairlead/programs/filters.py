"""What a list can be filtered and sorted by, from the fields that it knows: each field's name, and how it compares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from pydantic import Field, TypeAdapter, ValidationError

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.record import Record
from fairlead.core.schema import ClockTime
from fairlead.models import Event, EventLink, Import, ImportBatch, Organisation, User, money
from fairlead.models.owned import Owned
from fairlead.models.search import holding
from fairlead.programs.days import Span, span
from fairlead.programs.fields import Known, every, fields

Model = type[Record]
Amount = Annotated[Decimal, Field(max_digits=18, allow_inf_nan=False)]
MOST_VALUES = 100
APART = ("id", "import")  # filters that are on no field
# What may follow a field's name, by the kind of field; "" alone means equal to (any of) the values.
ORDERED = {"": "in", ".not": "in", ".gt": "gt", ".gte": "gte", ".lt": "lt", ".lte": "lte"}
TEXT = {"": "in", ".not": "in", ".contains": "icontains", ".starts": "istartswith"}
SAME = {"": "in", ".not": "in"}
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
# How a kind's values are read (None: a record's public id), and what may follow its name.
KINDS: dict[str, tuple[Any, dict[str, str]]] = {
    "yes": (bool, SAME),
    "moment": (datetime, ORDERED),
    "day": (date, ORDERED),
    "time": (ClockTime, ORDERED),
    "number": (Whole, ORDERED),
    "money": (str, ORDERED),
    "choice": (str, SAME),
    "text": (str, TEXT),
    "link": (None, SAME),
    "links": (None, SAME),
}


@dataclass(frozen=True)
class Filter:
    """One parameter: on which field, how it compares, and what its values are. `kind` None: a link."""

    name: str
    known: Known
    lookup: str
    kind: Any

    @property
    def field(self) -> "models.Field[Any, Any]":
        return self.known.field

    def condition(self, by: Actor, texts: Sequence[str]) -> Q:
        """The condition for these values of the parameter."""
        if len(texts) > MOST_VALUES:
            raise BadRequest(_("%(name)s takes up to %(most)s values.") % {"name": self.name, "most": MOST_VALUES})
        condition = self.known.where(by, self._holds(by, texts))
        return ~condition if self.name.endswith(".not") else condition

    @property
    def ending(self) -> str:
        """What follows the field's name: "", .not, .gte …"""
        return self.name.removeprefix(self.known.name)

    def _holds(self, by: Actor, texts: Sequence[str]) -> Q:
        column = self.known.column
        if self.lookup == "isnull":
            return self._empty(_read(bool, self.name, texts[-1]))
        if self.kind is None:
            return Q(**{f"{column}__in": self._meant(by, texts)})
        if self.known.kind == "money":
            return self._amounts(texts)
        if self.known.kind in ("day", "moment"):
            return self._days(texts, _zone(by))
        values = [self._value(text) for text in texts]
        return Q(**{f"{column}__{self.lookup}": values if self.lookup == "in" else values[-1]})

    def _empty(self, wanted: bool) -> Q:
        """Texts and choices that nobody filled in are empty texts, everything else is NULL."""
        if self.field.null:
            return Q(**{f"{self.known.column}__isnull": wanted})
        blank = Q(**{self.known.column: ""})
        return blank if wanted else ~blank

    def _days(self, texts: Sequence[str], zone: ZoneInfo) -> Q:
        """Days compare as whole days, those of a column of moments on the actor's clock; exact moments as they are."""
        found = Q()
        for text in texts if self.lookup == "in" else texts[-1:]:
            days = span(text, clock.today(zone))
            found |= self._within(days, zone) if days else Q(**{self._exactly: self._value(text)})
        return found

    @property
    def _exactly(self) -> str:
        return f"{self.known.column}__{'exact' if self.lookup == 'in' else self.lookup}"

    def _within(self, days: Span, zone: ZoneInfo) -> Q:
        first, after = days if self.known.kind == "day" else (_midnight(day, self.name, zone) for day in days)
        column = self.known.column
        return {
            "in": Q(**{f"{column}__gte": first, f"{column}__lt": after}),
            "gt": Q(**{f"{column}__gte": after}),
            "gte": Q(**{f"{column}__gte": first}),
            "lt": Q(**{f"{column}__lt": first}),
            "lte": Q(**{f"{column}__lt": after}),
        }[self.lookup]

    def _meant(self, by: Actor, texts: Sequence[str]) -> Any:
        """The records with these public ids that the actor may see; `me` is the actor's own user."""
        other: Any = self.field.related_model
        mine = Q(pk=by.user_id) if other is User and "me" in texts else Q(pk__in=[])
        meant = other.objects.visible_to(by).filter(Q(public_id__in=texts) | mine).values_list("pk", flat=True)
        return list(meant) if other is self.known.noun else meant  # a list of the past looks its own noun up now

    def _amounts(self, texts: Sequence[str]) -> Q:
        """Amounts compare within their currency: "5000 EUR", or "5000" in that of the organisation."""
        found = Q()
        for text in texts if self.lookup == "in" else texts[-1:]:
            number, currency = amount(self.name, text)
            lookup = "exact" if self.lookup == "in" else self.lookup
            found |= Q(**{f"amount_minor__{lookup}": money.to_minor(number, currency)}, currency=currency)
        return found

    def _value(self, text: str) -> Any:
        if self.field.choices:
            return one_of(text, [value for value, _label in self.known.choices], self.name)
        return _read(self.kind, self.name, text)


@dataclass(frozen=True)
class BroughtIn(Filter):
    """The records that an import brought in, or updated."""

    def _holds(self, by: Actor, texts: Sequence[str]) -> Q:
        known = [text for text in texts if text.isascii() and text.isalnum()]
        imports = Import.objects.visible_to(by).filter(public_id__in=known).values("pk")
        acts = ImportBatch.objects.filter(of__in=imports).values_list("act", flat=True)
        events = Event.objects.filter(act__in=list(acts)).values("pk")  # so that the database knows how few they are
        links = EventLink.objects.filter(kind=self.known.noun.noun(), event__in=events)
        return Q(pk__in=links.values("record_id"))


def filters(model: Model, by: Actor) -> dict[str, Filter]:
    """Every filter of a noun by its parameter, as far as this actor may read its field."""
    from fairlead.programs.custom import custom_filters

    readable = fields(model, by)
    found = {name: each for name, each in every_filter(model).items() if each.known.name in {*APART, *readable}}
    return {**found, **custom_filters(model, by)}


@cache
def every_filter(model: Model) -> dict[str, Filter]:
    """All filters of a noun by parameter, whoever asks."""
    public_id: Any = model._meta.get_field("public_id")
    found = [Filter("id", Known("id", "id", "text", model, public_id), "in", str)]
    if issubclass(model, Owned):
        of: Any = ImportBatch._meta.get_field("of")
        found.append(BroughtIn("import", Known("import", _("Import"), "link", model, of), "in", None))
    for known in every(model).values():
        found += _of_field(known)
    return {each.name: each for each in found}


def sorts(model: Model, by: Actor) -> dict[str, Known]:
    """What a noun can be sorted by, as far as this actor may read it."""
    return {name: each for name, each in fields(model, by).items() if each.sorts}


def every_sort(model: Model) -> dict[str, Known]:
    """All that a noun can be sorted by, whoever asks."""
    return {name: each for name, each in every(model).items() if each.sorts}


def searchable(model: Model) -> bool:
    """Does this noun have words that `q` looks in?"""
    return hasattr(model, "search_texts")


def with_words(model: Model, text: str, by: Actor) -> Q:
    """The records that hold every one of these words, or parts of words."""
    return holding(by, model.noun(), text) if text.strip() else Q()


def one_of(text: str, known: Sequence[str], name: str) -> str:
    """The text, which must be one of those that exist; the refusal lists them."""
    if text not in known:
        words = {"name": name, "text": text[:100]}
        raise BadRequest(_("%(name)s cannot be %(text)s.") % words, known=[each for each in known if each])
    return text


def amount(name: str, text: str) -> tuple[Decimal, str]:
    """An amount with its currency from "5000 EUR" or "5000"; raises BadRequest."""
    digits, _space, currency = text.strip().partition(" ")
    currency = currency.strip().upper() or Organisation.ours().currency
    number = _read(Amount, name, digits)
    if currency not in list_currencies():
        raise BadRequest(_("%(name)s cannot be read: %(text)s.") % {"name": name, "text": text[:100]})
    return number, currency


def _of_field(known: Known) -> Iterator[Filter]:
    kind, lookups = KINDS[known.kind]
    yield from (Filter(known.name + ending, known, lookup, kind) for ending, lookup in lookups.items())
    if known.field.null or (known.field.blank and known.kind in ("text", "choice")):
        yield Filter(f"{known.name}.empty", known, "isnull", bool)


def _read(kind: Any, name: str, text: str) -> Any:
    try:
        value = TypeAdapter(kind).validate_python(text)
        return _moment(value) if isinstance(value, datetime) else value
    except (ValidationError, OverflowError):
        raise BadRequest(_("%(name)s cannot be read: %(text)s.") % {"name": name, "text": text[:100]}) from None


def _zone(by: Actor) -> ZoneInfo:
    """The clock by which this actor's days begin."""
    found = User.objects.filter(pk=by.user_id).values_list("zone", flat=True).first() if by.user_id else None
    return ZoneInfo(found or Organisation.ours().zone)


def _midnight(day: date, name: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        raise BadRequest(_("%(name)s cannot be read: %(text)s.") % {"name": name, "text": day}) from None


def _moment(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
