"""The columns of an export: what stands in each for a row, read for many rows in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.models import ExternalId
from fairlead.models.suppression import in_force
from fairlead.programs.fields import Known, fields, with_values
from fairlead.programs.questions import Shown

BETWEEN = "; "
Beside = Mapping[str, Mapping[int, Sequence[str]]]
# What hangs on rows, by their ids.
Load = Callable[[Sequence[Any]], Mapping[int, Sequence[str]]]


@dataclass(frozen=True)
class Column:
    """`known` is read with the rows; `load` for many rows at once, and then stands beside them under the column's head.

    `counted`: a number that the database adds to each row under the column's name.
    """

    head: str
    value: Callable[[Any], Any]
    known: tuple[Known, ...] = ()
    load: Load | None = None
    counted: Mapping[str, Any] = field(default_factory=dict)


def shown(columns: Iterable[Shown]) -> list[Column]:
    """The columns as the list has them, in words; beside an amount stands its currency."""
    found: list[Column] = []
    for number, each in enumerate(columns):
        found.append(_counted(each, number) if each.counted is not None else _first(each))
        if any(known.kind == "money" for known in each.known):
            known = each.known[0]
            found.append(Column(_("Currency"), known.currency, (known,)))
    return found


def every(model: type[Record], by: Actor) -> list[Column]:
    """Every field of the noun's own that the reader may read, by the names of the API, with ids to update by."""
    inherited = _inherited(model)
    known = [each for each in fields(model, by).values() if not each.via]
    found = [Column("id", lambda row: row.public_id)]
    for each in sorted(known, key=lambda each: each.name in inherited):
        found += _raw(each)
    if "external_ids" in {one.get_accessor_name() for one in model._meta.related_objects}:
        found.append(Column("external_ids", _nothing, load=_external_ids))
    if model.noun() in ("person", "company"):
        found.append(Column("do_not_contact", _nothing, load=_stops))
    return found


class Rows:
    """The rows with these ids, in this order, as lines of values; those gone, or out of sight by now, are left out."""

    def __init__(self, model: type[Record], columns: Sequence[Column], by: Actor, zone: tzinfo) -> None:
        self.columns, self.zone = columns, zone
        found: Any = model.objects.visible_to(by).reached_by(by, "export")
        counted = {name: each for column in columns for name, each in column.counted.items()}
        found = found.annotate(**counted) if counted else found
        self.found = with_values(found, [known for each in columns for known in each.known], by)

    def lines(self, ids: Sequence[int]) -> Iterator[list[Any]]:
        found = {row.pk: row for row in self.found.filter(pk__in=ids)}
        rows = [found[pk] for pk in ids if pk in found]
        beside = {each.head: each.load(rows) for each in self.columns if each.load is not None}
        for row in rows:
            yield [self._cell(row, column, beside) for column in self.columns]

    def _cell(self, row: Any, column: Column, beside: Beside) -> Any:
        if column.load is not None:
            return BETWEEN.join(beside[column.head].get(row.pk, ()))
        value = column.value(row)
        if isinstance(value, datetime):
            return value.astimezone(self.zone)
        if isinstance(value, (list, tuple)):
            return BETWEEN.join(_label(each) for each in value)
        return _label(value) if isinstance(value, Record) else value


def _first(column: Shown) -> Column:
    """Of several fields the first that has a value, a choice as people read it."""

    def value(row: Any) -> Any:
        for known in column.known:
            if (found := known.value(row)) is not None:
                return dict(known.choices).get(str(found), found) if known.kind == "choice" else _short(known, found)
        return None

    return Column(column.head, value, column.known)


def _counted(column: Shown, number: int) -> Column:
    name = f"counted_{number}"
    return Column(column.head, lambda row: getattr(row, name), counted={name: column.counted})


def _raw(known: Known) -> Iterator[Column]:
    if known.part:
        yield Column(known.name, _nothing, load=lambda rows: _parts(known, rows))
        return
    yield Column(known.name, lambda row: _short(known, known.value(row)), (known,))
    if known.kind == "link":
        yield Column(f"{known.name}.id", lambda row: getattr(known.value(row), "public_id", None), (known,))


def _short(known: Known, value: Any) -> Any:
    """A number without the noughts behind its point; an amount keeps them."""
    if known.kind != "number" or not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else value.normalize()


def _label(value: Any) -> str:
    return value.label if isinstance(value, Record) else str(value)


def _nothing(row: Any) -> None:
    return None


def _inherited(model: type[Record]) -> set[str]:
    """The fields that every noun has, which stand last."""
    bases: list[Any] = [base for base in model.__mro__ if getattr(getattr(base, "_meta", None), "abstract", False)]
    return {each.name for base in bases for each in [*base._meta.local_fields, *base._meta.local_many_to_many]}


# --- what hangs on the rows --------------------------------------------------------------------------------------


def _parts(known: Known, rows: Sequence[Any]) -> dict[int, list[str]]:
    """Addresses and numbers of the rows themselves, the first one first."""
    owner, table = f"{known.noun.noun()}_id", known.field.model._base_manager
    found: dict[int, list[str]] = defaultdict(list)
    # the owner is a noun
    # nosemgrep
    mine = table.filter(**{f"{owner}__in": [row.pk for row in rows]}).order_by("position", "pk")
    for pk, text in mine.values_list(owner, known.column):
        if text:
            found[pk].append(str(text))
    return found


def _external_ids(rows: Sequence[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    noun = rows[0].noun() if rows else "person"
    # the noun of the rows
    # nosemgrep
    mine = ExternalId._base_manager.filter(**{f"{noun}__in": [row.pk for row in rows]}).order_by("system", "pk")
    for pk, system, value in mine.values_list(f"{noun}_id", "system", "value"):
        found[pk].append(f"{system}:{value}")
    return found


def _stops(rows: Sequence[Any]) -> dict[int, list[str]]:
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
