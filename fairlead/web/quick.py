"""The question of a list put into SQL once for each shape of it, for all who may the same.

A shape is all that the SQL depends on, but for who asks, at what moment, and from which place on: these are filled in.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, CharField, DateField, DateTimeField, JSONField, Q, TextField

from fairlead.core.actor import Actor
from fairlead.core.light import Glimpse
from fairlead.core.prepared import AT_ONCE, Prepared, padded
from fairlead.core.record import conceal
from fairlead.models.owned import Owned
from fairlead.programs.custom import CustomFilter
from fairlead.programs.filters import Filter
from fairlead.web import columns, keyset
from fairlead.web.columns import Column
from fairlead.web.keyset import Place

if TYPE_CHECKING:
    from fairlead.web.listing import Asked

MOST = 1000  # shapes kept
PLACED: dict[type, type] = {CharField: str, DateTimeField: datetime, DateField: date, BigIntegerField: int}
LONG = (TextField, JSONField)

_known: dict[Hashable, Any] = {}


def knows(asked: "Asked") -> bool:
    """Is the SQL of this question the same each time? Not with words, custom fields, or of the past."""
    if asked.at is not None or asked.by.user_id is None or not issubclass(asked.listing.model, Owned):
        return False
    steady = all(asked.listing.known[name].steady for name in asked.values)
    return steady and all(map(_is_steady, asked.wide.values())) and type(asked.sorted_by) in PLACED


def shows(asked: "Asked") -> bool:
    """Are its columns all of those that the list brings?"""
    return all(each.name in asked.listing.brought for each in asked.columns)


def stretch(asked: "Asked", size: int, place: Place | None, backwards: bool, shown: Sequence[Column]) -> list[Any]:
    """As keyset.stretch, the rows with what these columns show."""
    found: list[Glimpse] = []
    for empty in keyset.parts(asked.order, place, backwards):
        inside = place is not None and keyset.lies_in(place, empty)
        question = _question(asked, shown, size, empty, inside, backwards)
        at = [] if place is None or not inside else [place.pk] if empty else [place.value, place.pk]
        found += question.glimpses(asked, at)
        if len(found) >= size:
            break
    return found[:size]


def completed(asked: "Asked", rows: list[Any], shown: Sequence[Column]) -> list[Any]:
    """The rows with what is read apart for them: what the reader sees only some of, and parts such as phones."""
    return _reading(asked, shown).completed(rows, asked.by.user_id) if rows else rows


def count(asked: "Asked", most: int) -> int:
    """How many rows there are, up to so many."""

    def rows(user_id: int, now: datetime) -> Any:
        by, reader = replace(asked.by, user_id=user_id), replace(asked.reader, now=now)
        return asked.records_of(by, reader).order_by().values_list("pk")[:most]

    made: Prepared = _kept((_shape(asked), most), lambda: Prepared(rows, (), int, datetime))
    return made.count(asked.by.user_id, asked.reader.now)


def _is_steady(filter: Filter) -> bool:
    """Not what looks its values up before the question is asked."""
    known = filter.known
    return (
        not isinstance(filter, CustomFilter) and known.kind != "money" and known.field.related_model is not known.noun
    )


def _shape(asked: "Asked") -> Hashable:
    """What a question's SQL depends on. The filters in force have been read, which refuses what may not be asked."""
    by, zone = asked.by, str(asked.reader.zone)
    own = tuple((name, asked.values.get(name), _day_of(asked, name)) for name in asked.narrowed)
    wide = tuple((name, *asked.lists[name]) for name in asked.wide)
    return asked.listing.model, by.rights, zone, own, wide and (wide, by.user_id, asked.reader.today)


def _day_of(asked: "Asked", name: str) -> date | None:
    value = asked.values.get(name)
    return asked.reader.today if value and asked.listing.known[name].follows_day(value) else None


def _question(
    asked: "Asked", shown: Sequence[Column], size: int, empty: bool, inside: bool, backwards: bool
) -> "_Question":
    names = tuple(each.name for each in shown)
    key = (_shape(asked), names, asked.order, size, empty, inside, backwards)
    return _kept(key, lambda: _Question(asked, shown, size, empty, inside, backwards))  # type: ignore[no-any-return]


def _reading(asked: "Asked", shown: Sequence[Column]) -> "_Reading":
    model, by = asked.listing.model, asked.by
    key = (model, by.rights, tuple(each.name for each in shown))
    return _kept(key, lambda: _Reading(model, shown, by))  # type: ignore[no-any-return]


def _kept(key: Hashable, make: Callable[[], Any]) -> Any:
    found = _known.get(key)
    if found is None:
        if len(_known) >= MOST:
            _known.clear()
        found = _known[key] = make()
    return found


def _is_own(asked: "Asked") -> bool:
    """Does the reader see what they own or help with, and nothing else?"""
    model = asked.listing.model
    return asked.by.level("see", model.access_noun()) == "own" and issubclass(model, Owned)


def _few(records: Any, by: Actor, part: Callable[[Any], Any]) -> Any:
    """These records, narrowed to the first of each way in which somebody sees their own.

    Each way has an index in the order of the list; of both at once a database walks the rows of everybody.
    """
    ways = records.model.ways(by)
    firsts = [part(records.filter(ways[name])).values("pk") for name in ("owner", "helper", "queue") if name in ways]
    either = reduce(or_, (Q(pk__in=first) for first in firsts))
    return records.filter(pk__in=records.model.objects.filter(either).values("pk"))


class _Question:
    """One stretch of a list's rows: those that have a value to sort by, or those without; from a place on, or not."""

    def __init__(
        self, asked: "Asked", shown: Sequence[Column], size: int, empty: bool, inside: bool, backwards: bool
    ) -> None:
        kind = PLACED[type(asked.sorted_by)]
        kinds = [] if not inside else [int] if empty else [kind, int]
        self._reading = _reading(asked, shown)

        def rows(user_id: int, now: datetime, *at: Any) -> Any:
            by, reader = replace(asked.by, user_id=user_id), replace(asked.reader, now=now)
            place = Place(None if empty else at[0], at[-1]) if inside else None

            def part(records: Any) -> Any:
                return keyset.part(records, asked.order, empty, place, backwards)[:size]

            records = asked.records_of(by, reader)
            found = columns.read_for(_few(records, by, part) if _is_own(asked) else records, shown, by)
            return part(found)

        self._prepared = Prepared(rows, self._reading.names, int, datetime, *kinds)

    def glimpses(self, asked: "Asked", at: list[Any]) -> list[Glimpse]:
        def made(glimpse: Glimpse) -> Any:
            row = self._prepared.made([glimpse.values])[0]
            self._reading.put(row, glimpse)
            return conceal(row, asked.by)

        return self._prepared.glimpses(made, asked.by.user_id, asked.reader.now, *at)


class _Reading:
    """What is read for some columns: the short values of the row, texts of what it joins, and what is read apart."""

    def __init__(self, model: type[Owned], shown: Sequence[Column], by: Actor) -> None:
        rows = columns.read_for(model.objects.all(), shown, by)
        links: dict[str, Any] = rows.query.select_related or {}
        self._apart = [_Apart(model, shown, by, each.prefetch_to) for each in rows._prefetch_related_lookups]
        self.names = [
            *_names(model, lambda field: not isinstance(field, LONG)),
            *rows.query.annotations,
            *(f"{link}__{name}" for link in links for name in _texts(model._meta.get_field(link).related_model)),
        ]

    def completed(self, rows: list[Glimpse], user_id: int | None) -> list[Glimpse]:
        apart = [(each, each.found(rows, user_id)) for each in self._apart]
        for row in rows:
            row.beside = tuple(found.get(row[each.at]) for each, found in apart)
        return rows

    def put(self, row: Any, glimpse: Glimpse) -> None:
        for each, found in zip(self._apart, glimpse.beside, strict=False):
            each.put(row, found)


class _Apart:
    """What is read apart for a column: rows that the reader sees only some of (a company), or parts (phones)."""

    def __init__(self, model: type[Owned], shown: Sequence[Column], by: Actor, path: str) -> None:
        field: Any = model._meta.get_field(path)
        self._path, self._many = path, not field.concrete
        other, link = field.related_model, field.field.attname if self._many else "pk"
        # Of the row's own columns, that by which it is found.
        self.at = model._meta.pk.attname if self._many else field.attname

        def rows(user_id: int, *ids: int) -> Any:
            asker = replace(by, user_id=user_id)
            reads = columns.read_for(model.objects.all(), shown, asker)._prefetch_related_lookups
            found: Any = next(each.queryset for each in reads if each.prefetch_to == path)
            # the link is one of the model
            # nosemgrep
            return found.filter(**{f"{link}__in": ids})

        names = [link, *_texts(other)] if self._many else _texts(other)
        self._prepared = Prepared(rows, names, int, *[int] * AT_ONCE)
        self._by = 1 if self._many else 0

    def found(self, rows: list[Glimpse], user_id: int | None) -> dict[int, tuple[Any, ...]]:
        """What belongs to these rows, as the database gave it."""
        found: dict[int, list[Any]] = {}
        for ids in padded({row[self.at] for row in rows} - {None}):
            for each in self._prepared.raw(user_id, *ids):
                found.setdefault(each[self._by], []).append(each)
        return {pk: tuple(each) for pk, each in found.items()}

    def put(self, row: Any, found: tuple[Any, ...] | None) -> None:
        made = self._prepared.made(found or ())
        if self._many:
            row.__dict__.setdefault("_prefetched_objects_cache", {})[self._path] = made
        else:
            row._state.fields_cache[self._path] = made[0] if made else None


def _texts(model: Any) -> list[str]:
    return _names(model, lambda field: isinstance(field, CharField))


def _names(model: Any, wanted: Callable[[Any], bool]) -> list[str]:
    return [each.attname for each in model._meta.concrete_fields if wanted(each) and not each.primary_key]
