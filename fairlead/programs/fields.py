"""What the lists of a noun know: its own fields, those of what it links to, and its parts. No other name gets through.

Pages, programs, views and exports ask here, so that all of them know the same fields by the same names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record, Row
from fairlead.core.resource import columns
from fairlead.models import MailAddress, Opportunity, PhoneNumber, PostalAddress

Model = type[Record]
Kind = Literal["text", "number", "money", "day", "moment", "time", "choice", "yes", "link", "links"]
KINDS: "tuple[tuple[type[models.Field[Any, Any]], Kind], ...]" = (
    (models.BooleanField, "yes"),
    (models.DateTimeField, "moment"),
    (models.DateField, "day"),
    (models.TimeField, "time"),
    (models.IntegerField, "number"),
    (models.CharField, "text"),
    (models.TextField, "text"),
)
# Links whose own fields narrow a list as well: company.industry, stage.pipeline.
FOLLOWED = ("company", "person", "lead", "opportunity", "stage", "parent")
# A part's field stands for the record it is a part of: city is that of one of its addresses.
PARTS: tuple[tuple[str, str, type[Row]], ...] = (
    ("mail", "address", MailAddress),
    ("phone", "typed", PhoneNumber),
    ("street", "street", PostalAddress),
    ("city", "city", PostalAddress),
    ("region", "region", PostalAddress),
    ("postal_code", "postal_code", PostalAddress),
    ("country", "country", PostalAddress),
)


@dataclass(frozen=True)
class Known:
    """A field as lists know it. `via`: the link of `noun` that leads to it; `part`: it stands in a part's table."""

    name: str
    label: Any
    kind: Kind
    noun: Model
    field: "models.Field[Any, Any]"
    via: str = ""
    part: bool = False
    quick: bool = False

    @property
    def column(self) -> str:
        """The field's name in its own table."""
        return self.field.name

    @property
    def choices(self) -> list[tuple[str, Any]]:
        """What a field with fixed values may hold, as (value, words)."""
        return [(str(value), label) for value, label in self.field.flatchoices] if self.field.choices else []

    @property
    def sorts(self) -> bool:
        """Can a list be sorted by it? Only by what stands in the noun's own row, and not by long texts."""
        plain = self.kind not in ("link", "links") and not isinstance(self.field, models.TextField)
        return plain and not self.via and not self.part

    def where(self, by: Actor, condition: Q) -> Q:
        """The condition on the noun's rows, from one on the table that the field stands in.

        What is linked counts only when the actor may see it.
        """
        if self.via:
            reached: Any = self.noun._meta.get_field(self.via).related_model
            return Q(**{f"{self.via}__in": reached.objects.visible_to(by).filter(condition).values("pk")})
        if self.part:
            owner = self.noun.noun()
            parts: Any = self.field.model._base_manager.filter(condition, **{f"{owner}__isnull": False})
            return Q(pk__in=parts.values(f"{owner}_id"))
        if self.kind == "links":
            return Q(pk__in=self.noun._base_manager.filter(condition).values("pk"))
        return condition


@cache
def every(model: Model) -> dict[str, Known]:
    """All fields of a noun by name, whoever asks."""
    found = {each.name: each for each in (*_own(model), *_parts(model))}
    for link in FOLLOWED:
        target = _linked(model, link)
        for each in _own(target) if target else ():
            name, label = f"{link}.{each.name}", each.label
            found[name] = Known(name, label, each.kind, model, each.field, via=link)
    return found


def fields(model: Model, by: Actor) -> dict[str, Known]:
    """The fields of a noun that this actor may read, and so filter, sort, show and export."""
    hidden = access.hidden(by, model)
    return {name: each for name, each in every(model).items() if not _is_hidden(each, by, hidden)}


def _is_hidden(known: Known, by: Actor, hidden: frozenset[str]) -> bool:
    if not known.via:
        return known.name in hidden or known.column in hidden
    reached: Any = known.noun._meta.get_field(known.via).related_model
    return not access.can_any(by, "see", reached.access_noun()) or bool(
        {known.name.partition(".")[2], known.column} & access.hidden(by, reached)
    )


def _linked(model: Model, link: str) -> Any:
    column = next((each for each in model._meta.concrete_fields if each.name == link), None)
    target: Any = column.related_model if column is not None else None
    return target if isinstance(target, type) and issubclass(target, Record) else None


def _own(model: Model) -> Iterator[Known]:
    quick = {index.fields[0].lstrip("-") for index in model._meta.indexes if _is_order(index)}
    for field in [*columns(model), *model._meta.many_to_many]:
        if (kind := _kind(field)) is not None:
            is_quick = field.name in quick or field.unique or getattr(field, "db_index", False)
            yield Known(field.name, capfirst(field.verbose_name), kind, model, field, quick=is_quick)
    if model is Opportunity:
        yield Known("amount", capfirst(_minor().verbose_name), "money", model, _minor())


def _minor() -> "models.Field[Any, Any]":
    return Opportunity._meta.get_field("amount_minor")


def _parts(model: Model) -> Iterator[Known]:
    for name, column, part in PARTS:
        own = {field.name for field in part._meta.concrete_fields if field.related_model is model}
        if model.noun() in own and name not in {field.name for field in model._meta.concrete_fields}:
            field: Any = part._meta.get_field(column)
            yield Known(name, capfirst(field.verbose_name), "text", model, field, part=True)


def _kind(field: "models.Field[Any, Any]") -> Kind | None:
    if field.is_relation:
        return "links" if field.many_to_many else "link"
    if field.choices:
        return "choice"
    return next((kind for model, kind in KINDS if isinstance(field, model)), None)


def _is_order(index: models.Index) -> bool:
    """An index that a whole list can be read along: one field, then the id, without a condition."""
    return bool(index.fields) and index.fields[1:] in ([], ["id"]) and index.condition is None
