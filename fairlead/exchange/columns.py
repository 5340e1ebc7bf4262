"""The columns of an export: what stands in each for a row, read for many rows in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record, conceal
from fairlead.core.resource import Seen, visible
from fairlead.models import ExternalId
from fairlead.models.suppression import in_force
from fairlead.programs.fields import Known, fields
from fairlead.programs.questions import Shown

BETWEEN = "; "


@dataclass
class Around:
    """What stands beside some rows: parts, tags, and which of the linked records the reader may see."""

    zone: tzinfo
    seen: Seen = field(default_factory=dict)
    parts: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def sees(self, other: Any) -> bool:
        return isinstance(other, Record) and other.pk in self.seen.get(type(other), ())


Value = Callable[[Any, Around], Any]
# Loads what a column needs for these rows.
Load = Callable[[Sequence[Any], Actor], dict[int, list[str]]]


@dataclass(frozen=True)
class Column:
    """`links` and `many` are read with the rows, `loads` for many rows at once, `counted` by the database."""

    head: str
    value: Value
    links: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    loads: Mapping[str, Load] = field(default_factory=dict)
    counted: Mapping[str, Any] = field(default_factory=dict)


def shown(columns: Iterable[Shown]) -> list[Column]:
    """The columns as the list has them, in words; beside an amount stands its currency."""
    found: list[Column] = []
    for each in columns:
        found.append(_first(each.head, [_column(each.head, known) for known in each.known], each.counted))
        if any(known.kind == "money" for known in each.known):
            found.append(_first(_("Currency"), [_currency(known) for known in each.known]))
    return found


def every(model: type[Record], by: Actor) -> list[Column]:
    """Every field of the noun's own that the reader may read, by the names of the API, with ids to update by."""
    known = [each for each in fields(model, by).values() if not each.via]
    inherited = _inherited(model)
    ordered = sorted(known, key=lambda each: each.name in inherited)
    found = [Column("id", lambda row, around: row.public_id)]
    for each in ordered:
        found.append(_column(each.name, each, raw=True))
        if each.kind == "link":
            found.append(Column(f"{each.name}.id", _linked_id(each.name), links=(each.name,)))
    if "external_ids" in {one.get_accessor_name() for one in model._meta.related_objects}:
        found.append(_part("external_ids", "external_ids", _external_ids))
    if model.noun() in ("person", "company"):
        found.append(_part("do_not_contact", "do_not_contact", _stops))
    return found


class Rows:
    """The rows with these ids, in this order, as lines of values; those gone, or out of sight by now, are left out."""

    def __init__(self, model: type[Record], columns: Sequence[Column], by: Actor, zone: tzinfo) -> None:
        self.columns, self.by, self.zone = columns, by, zone
        self.links = sorted({name for each in columns for name in each.links})
        self.many = sorted({name for each in columns for name in each.many})
        found: Any = model.objects.visible_to(by).reached_by(by, "export")
        counted = {name: each for column in columns for name, each in column.counted.items()}
        found = found.annotate(**counted) if counted else found
        self.found = (found.select_related(*self.links) if self.links else found).prefetch_related(*self.many)

    def lines(self, ids: Sequence[int]) -> Iterator[list[Any]]:
        found = {row.pk: row for row in self.found.filter(pk__in=ids)}
        rows = [found[pk] for pk in ids if pk in found]
        around = self._around(rows)
        for row in rows:
            yield [column.value(row, around) for column in self.columns]

    def _around(self, rows: list[Any]) -> Around:
        others = [getattr(row, name) for row in rows for name in self.links]
        others += [other for row in rows for name in self.many for other in getattr(row, name).all()]
        for other in others:
            if isinstance(other, Record):
                conceal(other, self.by)
        loads = {name: load for each in self.columns for name, load in each.loads.items()}
        parts = {name: load(rows, self.by) for name, load in loads.items()}
        return Around(self.zone, visible(others, self.by), parts)


def _column(head: str, known: Known, *, raw: bool = False) -> Column:
    if known.part:
        return _part(head, known.name, lambda rows, by: _parts(known, rows))
    if known.via:
        return Column(head, _beyond(known), links=(known.via,))
    if known.kind == "link":
        return Column(head, _linked(known.name), links=(known.name,))
    if known.kind == "links":
        return Column(head, _several(known.name), many=(known.name,))
    if known.kind == "choice" and not raw:
        return Column(head, _worded(known.name))
    return Column(head, _own(known.name))


def _first(head: str, columns: list[Column], counted: Any = None) -> Column:
    """Of several columns the first that has a value; or a number of its own."""
    if counted is not None:
        name = f"counted_{abs(hash(head))}"
        return Column(head, lambda row, around: getattr(row, name), counted={name: counted})

    def value(row: Any, around: Around) -> Any:
        return next((found for each in columns if (found := each.value(row, around)) not in (None, "")), None)

    links = tuple(name for each in columns for name in each.links)
    many = tuple(name for each in columns for name in each.many)
    return Column(head, value, links, many, {name: load for each in columns for name, load in each.loads.items()})


def _currency(known: Known) -> Column:
    def value(row: Any, around: Around) -> Any:
        at = getattr(row, known.via) if known.via else row
        return at.currency if at is row or around.sees(at) else None

    return Column(_("Currency"), value, links=(known.via,) if known.via else ())


def _part(head: str, name: str, load: Load) -> Column:
    return Column(head, lambda row, around: BETWEEN.join(around.parts[name].get(row.pk, ())), loads={name: load})


def _own(name: str) -> Value:
    def value(row: Any, around: Around) -> Any:
        found = getattr(row, name)
        return found.astimezone(around.zone) if isinstance(found, datetime) else found

    return value


def _worded(name: str) -> Value:
    return lambda row, around: getattr(row, f"get_{name}_display")()


def _linked(name: str) -> Value:
    def value(row: Any, around: Around) -> str | None:
        other = getattr(row, name)
        return other.label if around.sees(other) else None

    return value


def _linked_id(name: str) -> Value:
    def value(row: Any, around: Around) -> str | None:
        other = getattr(row, name)
        return other.public_id if around.sees(other) else None

    return value


def _several(name: str) -> Value:
    return lambda row, around: BETWEEN.join(other.label for other in getattr(row, name).all() if around.sees(other))


def _beyond(known: Known) -> Value:
    """A field of the record that the row links to, as far as that may be seen."""
    own = _worded(known.column) if known.kind == "choice" else _own(known.name.partition(".")[2])

    def value(row: Any, around: Around) -> Any:
        other = getattr(row, known.via)
        if not around.sees(other):
            return None
        found = own(other, around)
        return found.label if isinstance(found, Record) else found

    return value


def _inherited(model: type[Record]) -> set[str]:
    """The fields that every noun has, which stand last."""
    bases: list[Any] = [base for base in model.__mro__ if getattr(getattr(base, "_meta", None), "abstract", False)]
    return {each.name for base in bases for each in [*base._meta.local_fields, *base._meta.local_many_to_many]}


# --- what hangs on the rows --------------------------------------------------------------------------------------


def _parts(known: Known, rows: Sequence[Any]) -> dict[int, list[str]]:
    """Addresses and numbers of the rows themselves, the first one first."""
    owner, table = f"{known.noun.noun()}_id", known.field.model._base_manager
    found: dict[int, list[str]] = defaultdict(list)
    mine = table.filter(**{f"{owner}__in": [row.pk for row in rows]}).order_by("position", "pk")
    for pk, text in mine.values_list(owner, known.column):
        if text:
            found[pk].append(str(text))
    return found


def _external_ids(rows: Sequence[Any], by: Actor) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    noun = rows[0].noun() if rows else "person"
    mine = ExternalId._base_manager.filter(**{f"{noun}__in": [row.pk for row in rows]}).order_by("system", "pk")
    for pk, system, value in mine.values_list(f"{noun}_id", "system", "value"):
        found[pk].append(f"{system}:{value}")
    return found


def _stops(rows: Sequence[Any], by: Actor) -> dict[int, list[str]]:
    """The channels on which each person or company must not be contacted, through its company too."""
    if not rows:
        return {}
    noun = rows[0].noun()
    company = {row.pk: row.company_id if noun == "person" else row.pk for row in rows}
    on = Q(company__in=set(company.values()) - {None})
    held = in_force().filter(on | Q(person__in=list(company)) if noun == "person" else on)
    of: dict[tuple[str, int], set[str]] = defaultdict(set)
    for person, firm, channel in held.values_list("person_id", "company_id", "channel"):
        of[("person", person) if person else ("company", firm)].add(_("any way") if channel == "any" else channel)
    return {
        pk: sorted(of.get((noun, pk), set()) | of.get(("company", firm or 0), set())) for pk, firm in company.items()
    }
