"""“As of”: records as they were at any moment, rolled back from what they are by the events since."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from fairlead.core.errors import TooMuch
from fairlead.core.event import Event, EventLink
from fairlead.core.record import Link, Row, chunks, dump, dump_many, is_keyed, kept, put, rows, unpack

Values = dict[str, Any]
R = TypeVar("R", bound=Row)


@dataclass
class Past:
    """A record at a moment: its packed values (see record.pack) and those of its parts, {noun: {id: values}}.

    `values` is None when it did not exist then.
    """

    moment: datetime
    values: Values | None
    parts: dict[str, dict[int, Values]] = field(default_factory=dict)


def as_of(record: Row, moment: datetime, parts: Collection[str] | None = None) -> Past:
    """The record and its parts (mails, phones, tasks, entries, …; those named, or all) as they were at `moment`.

    What is derived, such as the next step, has no history and is not among the values.
    """
    now: dict[Link, Values | None] = {(record.noun(), record.pk): dump(record)}
    for model in part_models(record):
        if parts is None or model.noun() in parts:
            there = list(model._base_manager.filter(**{record.noun(): record.pk}))
            now |= {(row.noun(), row.pk): values for row, values in zip(there, _dumped(there), strict=True)}
    wanted = {record.noun(), *(model.noun() for model in part_models(record))} if parts is None else {*parts}
    _roll_back(now, _since(record, moment), wanted | {record.noun()})
    past = Past(moment, now.pop((record.noun(), record.pk), None))
    for (noun, row_id), values in now.items():
        if values is not None and values.get(record.noun()) == record.pk:
            past.parts.setdefault(noun, {})[row_id] = values
    return past


def many_as_of(found: Sequence[Row], moment: datetime) -> dict[int, Values | None]:
    """Rows of one noun as they were at `moment`, by id; None for those that did not exist then."""
    if not found:
        return {}
    noun = found[0].noun()
    now: dict[Link, Values | None] = {
        (noun, row.pk): values for row, values in zip(found, dump_many(found), strict=True)
    }
    own = set(now)
    for chunk in chunks([row.pk for row in found]):
        _roll_back(now, _linked(noun, record_id__in=chunk).filter(at__gt=moment), {noun})
    return {pk: values for (kind, pk), values in now.items() if (kind, pk) in own}


@dataclass(frozen=True)
class Since:
    """What happened to a noun's records after a moment.

    `ids`: the records that it happened to, or to their parts. `values`: by noun and id what was other then, as far as
    it was; None for rows that did not exist.
    """

    moment: datetime
    ids: frozenset[int]
    values: dict[Link, Values | None]


def changed_since(noun: str, moment: datetime, parts: Collection[str] = (), most: int = 5_000) -> Since:
    """What happened to records of this noun, and to these parts of them; more than `most` events raise TooMuch."""
    first: dict[int, int] = {}
    events: set[int] = set()
    # Who waited for another's lock has an earlier moment and a later id: so many minutes it does not take.
    links = EventLink.objects.filter(kind=noun, at__gt=moment - timedelta(minutes=10))
    told = list(links.order_by().values_list("record_id", "event_id", "at")[: most + 1])
    if len(told) > most:
        raise TooMuch(_("Too much has happened since then to show a list of it. Choose a later day."), most=most)
    for record_id, event_id, at in told:
        if at > moment:
            first[record_id] = min(event_id, first.get(record_id, event_id))
    events = {event_id for record_id, event_id, _at in told if event_id >= first.get(record_id, event_id + 1)}
    values: dict[Link, Values | None] = {}
    for at_once in _acts_latest_first(events):
        for event_id, (kind, pk, op, before, after) in at_once:
            if kind in parts or (kind == noun and event_id >= first.get(pk, event_id + 1)):
                _take_back(values, (kind, pk), op, before, after)
    return Since(moment, frozenset(first), values)


def part_models(record: Row) -> list[type[Row]]:
    """What is told on this record's timeline and points at it: its parts, and what is about it."""
    return [model for model in rows().values() if model.timelines is not Row.timelines and _points(model, record)]


def restored(model: type[R], pk: int, values: Mapping[str, Any]) -> R:
    """A row in memory with these packed values; never to be saved, and without its many-to-many links."""
    row = model(pk=pk)
    for column in kept(model):
        if column.name in values:
            setattr(row, column.attname, unpack(column, values[column.name]))
    for name in filter(is_keyed, values):
        put(row, name, values[name])
    for column in model._meta.concrete_fields:
        if column.name in model.derived:
            setattr(row, column.attname, None)
    row._state.adding = False
    return row


def _points(model: type[Row], record: Row) -> bool:
    columns = {column.name: column for column in model._meta.concrete_fields}
    column = columns.get(record.noun())
    return column is not None and column.related_model is type(record)


def _dumped(found: Sequence[Row]) -> list[Values]:
    return dump_many(found) if found else []


def _since(record: Row, moment: datetime) -> "QuerySet[Event]":
    """The events on this record from the first one after `moment` on.

    By their ids, because an act that waited for another's lock began before it and took effect after it.
    """
    linked = _linked(record.noun(), record_id=record.pk)
    first = linked.filter(at__gt=moment).aggregate(first=Min("pk"))["first"]
    return linked.none() if first is None else linked.filter(pk__gte=first)


def _acts_latest_first(ids: Collection[int]) -> Iterator[list[tuple[int, list[Any]]]]:
    """The changes of these events with the event's id, act by act, the last change first."""
    acts: dict[uuid.UUID, list[tuple[int, int, list[Any]]]] = {}
    for chunk in chunks(sorted(ids), 5000):
        told = Event.objects.filter(pk__in=chunk).order_by("pk").values_list("pk", "act", "changes", "order")
        for pk, act, changes, order in told:
            acts.setdefault(act, []).extend((number, pk, each) for number, each in zip(order, changes, strict=True))
    for numbered in reversed(list(acts.values())):
        yield [(pk, each) for _number, pk, each in sorted(numbered, key=lambda one: one[0], reverse=True)]


def _linked(noun: str, **links: Any) -> "QuerySet[Event]":
    return Event.objects.filter(pk__in=EventLink.objects.filter(kind=noun, **links).values("event_id"))


def _roll_back(now: dict[Link, Values | None], events: "QuerySet[Event]", nouns: Collection[str]) -> None:
    """Take back what these events changed on rows of these nouns, the last change first."""
    kept_of_acts: dict[uuid.UUID, list[tuple[int, list[Any]]]] = {}
    told = events.order_by("pk").values_list("act", "changes", "order")
    for act, changes, order in told.iterator(chunk_size=2000):
        kept_of_acts.setdefault(act, []).extend(zip(order, changes, strict=True))
    for noun, pk, op, before, after in _latest_first(kept_of_acts.values()):
        if noun in nouns:
            _take_back(now, (noun, pk), op, before, after)


def _latest_first(acts: Iterable[list[tuple[int, list[Any]]]]) -> Iterator[list[Any]]:
    for numbered in reversed(list(acts)):
        yield from (change for _number, change in sorted(numbered, key=lambda each: each[0], reverse=True))


def _take_back(now: dict[Link, Values | None], key: Link, op: str, before: Values, after: Values) -> None:
    if op == "create":
        now[key] = None
    elif op == "remove":
        now[key] = dict(before)
    else:
        version = {"version": after["version"] - 1} if "version" in after else {}
        now[key] = (now.get(key) or {}) | before | version
