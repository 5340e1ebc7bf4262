"""What a list can be filtered and sorted by: read from the model's fields, so that no other name ever gets through."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from pydantic import Field, TypeAdapter, ValidationError

from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.record import Record
from fairlead.core.resource import columns
from fairlead.core.schema import ClockTime
from fairlead.models import User
from fairlead.models.search import holding

Model = type[Record]
MOST_VALUES = 100
# What may follow a field's name, by the kind of field; "" alone means equal to (any of) the values.
ORDERED = {"": "in", ".not": "in", ".gt": "gt", ".gte": "gte", ".lt": "lt", ".lte": "lte"}
TEXT = {"": "in", ".not": "in", ".contains": "icontains", ".starts": "istartswith"}
SAME = {"": "in", ".not": "in"}
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
KINDS: "tuple[tuple[type[models.Field[Any, Any]], Any, dict[str, str]], ...]" = (
    (models.BooleanField, bool, SAME),
    (models.DateTimeField, datetime, ORDERED),
    (models.DateField, date, ORDERED),
    (models.TimeField, ClockTime, ORDERED),
    (models.IntegerField, Whole, ORDERED),
    (models.CharField, str, TEXT),
)


@dataclass(frozen=True)
class Filter:
    """One parameter: on which field, how it compares, and what its values are. `kind` None: a link."""

    name: str
    field: "models.Field[Any, Any]"
    lookup: str
    kind: Any

    def condition(self, by: Actor, texts: Sequence[str]) -> Q:
        """The condition for these values of the parameter."""
        if len(texts) > MOST_VALUES:
            raise BadRequest(_("%(name)s takes up to %(most)s values.") % {"name": self.name, "most": MOST_VALUES})
        if self.lookup == "isnull":
            return Q(**{f"{self.field.name}__isnull": _read(bool, self.name, texts[-1])})
        if self.kind is None:
            condition = self._linked(by, texts)
        else:
            values = [self._value(text) for text in texts]
            condition = Q(**{f"{self.field.name}__{self.lookup}": values if self.lookup == "in" else values[-1]})
        return ~condition if self.name.endswith(".not") else condition

    def _linked(self, by: Actor, texts: Sequence[str]) -> Q:
        """Linked to one of the records with these public ids that the actor may see; `me` is the actor's own user."""
        other: Any = self.field.related_model
        mine = Q(pk=by.user_id) if other is User and "me" in texts else Q(pk__in=[])
        meant = other.objects.visible_to(by).filter(Q(public_id__in=texts) | mine).values("pk")
        linked = Q(**{f"{self.field.name}__in": meant})
        if not self.field.many_to_many:
            return linked
        return Q(pk__in=self.field.model._base_manager.filter(linked).values("pk"))

    def _value(self, text: str) -> Any:
        if self.field.choices:
            return one_of(text, [str(value) for value, _label in self.field.flatchoices], self.name)
        return _read(self.kind, self.name, text)


@cache
def filters(model: Model) -> dict[str, Filter]:
    """Every filter of a noun by its parameter."""
    found = [Filter("id", model._meta.get_field("public_id"), "in", str)]
    for field in [*columns(model), *model._meta.many_to_many]:
        found += _of_field(field)
    return {each.name: each for each in found}


@cache
def sorts(model: Model) -> dict[str, bool]:
    """What a noun can be sorted by, and whether an index makes that quick at any size."""
    quick = {index.fields[0].lstrip("-") for index in model._meta.indexes if _is_order(index)}
    found = {}
    for field in columns(model):
        if not field.is_relation and _kind(field) is not None:
            found[field.name] = field.name in quick or field.unique or getattr(field, "db_index", False)
    return found


def searchable(model: Model) -> bool:
    """Does this noun have words that `q` looks in?"""
    return hasattr(model, "search_texts")


def with_words(model: Model, text: str) -> Q:
    """The records that hold every one of these words, or parts of words."""
    return holding(model.noun(), text) if text.strip() else Q()


def one_of(text: str, known: Sequence[str], name: str) -> str:
    """The text, which must be one of those that exist; the refusal lists them."""
    if text not in known:
        words = {"name": name, "text": text[:100]}
        raise BadRequest(_("%(name)s cannot be %(text)s.") % words, known=[each for each in known if each])
    return text


def _of_field(field: "models.Field[Any, Any]") -> Iterator[Filter]:
    found = _kind(field)
    if field.is_relation:
        yield from (Filter(field.name + ending, field, lookup, None) for ending, lookup in SAME.items())
    elif found is not None:
        lookups = SAME if field.choices else found[1]
        yield from (Filter(field.name + ending, field, lookup, found[0]) for ending, lookup in lookups.items())
    if field.null and (field.is_relation or found):
        yield Filter(f"{field.name}.empty", field, "isnull", bool)


def _kind(field: "models.Field[Any, Any]") -> tuple[Any, dict[str, str]] | None:
    return next(((kind, lookups) for model, kind, lookups in KINDS if isinstance(field, model)), None)


def _is_order(index: models.Index) -> bool:
    """An index that a whole list can be read along: one field, then the id, without a condition."""
    return bool(index.fields) and index.fields[1:] in ([], ["id"]) and index.condition is None


def _read(kind: Any, name: str, text: str) -> Any:
    try:
        value = TypeAdapter(kind).validate_python(text)
        return _moment(value) if isinstance(value, datetime) else value
    except (ValidationError, OverflowError):
        raise BadRequest(_("%(name)s cannot be read: %(text)s.") % {"name": name, "text": text[:100]}) from None


def _moment(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
