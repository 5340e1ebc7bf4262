"""What the lists of a noun know: its own fields, those of what it links to, and its parts. No other name gets through.

Pages, programs, views and exports ask here, so that all of them know the same fields by the same names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from django.db import models
from django.db.models import Prefetch, Q
from django.utils.text import capfirst

from fairlead.core import access
from fairlead.core.access import reach
from fairlead.core.actor import Actor
from fairlead.core.record import Record, Row
from fairlead.core.resource import columns
from fairlead.models import MailAddress, Opportunity, PhoneNumber, PostalAddress, User

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
# Of an owner lists know the team alone.
OWNER = "owner"
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
    def title(self) -> str:
        """Its label where it stands among others: "Company: industry"."""
        if not self.via:
            return str(self.label)
        link = capfirst(self.noun._meta.get_field(self.via).verbose_name)  # type: ignore[union-attr]
        return f"{link}: {_small(str(self.label))}"

    @property
    def choices(self) -> list[tuple[str, Any]]:
        """What a field with fixed values may hold, as (value, words)."""
        return [(str(value), label) for value, label in self.field.flatchoices] if self.field.choices else []

    @property
    def sorts(self) -> bool:
        """Can a list be sorted by it? Only by what stands in the noun's own row, and not by long texts."""
        plain = self.kind not in ("link", "links") and not isinstance(self.field, models.TextField)
        return plain and not self.via and not self.part

    def annotated(self, by: Actor) -> dict[str, Any]:
        """What a row must be annotated with for `value`."""
        return {}

    def ordered(self, rows: Any) -> Any:
        """Rows that can be sorted by `column`."""
        return rows

    def value(self, row: Any) -> Any:
        """What a row read by `with_values` holds: links as records, of parts the first, None for what is unseen."""
        at = getattr(row, self.via) if self.via else row
        if at is None:
            return None
        if self.part:
            return next((getattr(each, self.column) for each in getattr(at, self._parts).all()), None)
        if self.kind == "links":
            return list(getattr(at, self.column).all())
        return at.amount if self.kind == "money" else getattr(at, self.column)

    def currency(self, row: Any) -> str:
        """The currency of an amount in this row."""
        at = getattr(row, self.via) if self.via else row
        return at.currency if at is not None else ""

    @property
    def _parts(self) -> str:
        """What the noun calls the parts of this kind: phones."""
        owner: Any = self.field.model._meta.get_field(self._holder.noun())
        return str(owner.remote_field.related_name)

    @property
    def _holder(self) -> Any:
        """The noun that has the field: the list's own, or the one that its link leads to."""
        return self.noun._meta.get_field(self.via).related_model if self.via else self.noun

    def reads(self, by: Actor) -> "Iterator[tuple[str, Any]]":
        """What must be read with a row for `value`: paths, each with the rows to take, None when any may be seen."""
        if self.via:
            some = reach(by, "see", self._holder) != Q()
            yield self.via, self._holder.objects.visible_to(by) if some else None
        start = f"{self.via}__" if self.via else ""
        path = start + self.column
        if self.part:
            yield start + self._parts, self.field.model._base_manager.order_by("position", "id")
        elif self.kind in ("link", "links"):
            other: Any = self.field.related_model
            some = self.kind == "links" or reach(by, "see", other) != Q()
            yield path, other.objects.visible_to(by) if some else None

    def where(self, by: Actor, condition: Q) -> Q:
        """The condition on the noun's rows, from one on the table that the field stands in.

        What is linked counts only when the actor may see it.
        """
        if self.part:
            owner = self._holder.noun()
            parts: Any = self.field.model._base_manager.filter(condition, **{f"{owner}__isnull": False})
            condition = Q(pk__in=parts.values(f"{owner}_id"))
        if self.via:
            return Q(**{f"{self.via}__in": self._holder.objects.visible_to(by).filter(condition).values("pk")})
        if self.kind == "links":
            return Q(pk__in=self.noun._base_manager.filter(condition).values("pk"))
        return condition


@cache
def every(model: Model) -> dict[str, Known]:
    """All fields of a noun by name, whoever asks."""
    found = {each.name: each for each in (*_own(model), *_parts(model))}
    for link in FOLLOWED:
        target = _linked(model, link)
        for each in (*_own(target), *_parts(target)) if target else ():
            found[f"{link}.{each.name}"] = replace(each, name=f"{link}.{each.name}", noun=model, via=link, quick=False)
    if _linked(model, OWNER) is User:
        teams: Any = User._meta.get_field("teams")
        found["owner.team"] = Known("owner.team", capfirst(teams.verbose_name), "links", model, teams, via=OWNER)
    return found


def fields(model: Model, by: Actor) -> dict[str, Known]:
    """The fields of a noun that this actor may read, and so filter, sort, show and export."""
    from fairlead.programs.custom import customs

    hidden = access.hidden(by, model)
    found = {name: each for name, each in every(model).items() if not _is_hidden(each, by, hidden)}
    return {**found, **customs(model, by)}


def with_values(rows: Any, known: Iterable[Known], by: Actor) -> Any:
    """These rows with all that `value` of these fields reads, in a fixed number of statements."""
    wanted: dict[str, Any] = {}
    for each in known:
        if more := each.annotated(by):
            rows = rows.annotate(**more)
        for path, found in each.reads(by):
            wanted.setdefault(path, found)
    joined = [path for path, found in wanted.items() if found is None and wanted.get(path.partition("__")[0]) is None]
    apart = [Prefetch(path, queryset=found) for path, found in wanted.items() if path not in joined]
    rows = rows.select_related(*joined) if joined else rows
    return rows.prefetch_related(*apart) if apart else rows


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


def _small(label: str) -> str:
    """A label within a line; abbreviations stay as they are."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _is_order(index: models.Index) -> bool:
    """An index that a whole list can be read along: one field, then the id, without a condition."""
    return bool(index.fields) and index.fields[1:] in ([], ["id"]) and index.condition is None
