"""“As of”: a record as it was at any moment, rolled back from what it is by the events since."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.core.event import Event
from fairlead.core.record import Row, dump, rows

Values = dict[str, Any]


@dataclass
class Past:
    """A record at a moment: its packed values (see record.pack) and those of its parts, {noun: {id: values}}.

    `values` is None when it did not exist then.
    """

    moment: datetime
    values: Values | None
    parts: dict[str, dict[int, Values]] = field(default_factory=dict)


def as_of(record: Row, moment: datetime) -> Past:
    """The record and its parts (mails, phones, addresses, …) as they were at `moment`."""
    now: dict[tuple[str, int], Values | None] = {(record.noun(), record.pk): dump(record)}
    now |= {(part.noun(), part.pk): dump(part) for part in _parts(record)}
    for event in _since(record, moment):
        for noun, row_id, op, before, _after in reversed(event.changes):
            _take_back(now, (noun, row_id), op, before)
    past = Past(moment, now.pop((record.noun(), record.pk), None))
    for (noun, row_id), values in now.items():
        if values is not None and _belongs(values, record):
            past.parts.setdefault(noun, {})[row_id] = values
    return past


def changed_since(noun: str, moment: datetime) -> dict[int, Values | None]:
    """What every record of a noun that changed after `moment` was like at it, by id; None for those made since.

    Values are only those that changed: the rest is as it is now.
    """
    past: dict[tuple[str, int], Values | None] = {}
    events = Event.objects.filter(at__gt=moment, links__kind=noun).order_by("-id").distinct()
    for event in events.iterator(chunk_size=500):
        for changed_noun, row_id, op, before, _after in reversed(event.changes):
            if changed_noun == noun:
                past.setdefault((noun, row_id), {})
                _take_back(past, (noun, row_id), op, before)
    return {row_id: values for (_noun, row_id), values in past.items()}


def _take_back(now: dict[tuple[str, int], Values | None], key: tuple[str, int], op: str, before: Values) -> None:
    if op == "create":
        now[key] = None
    elif op == "remove":
        now[key] = dict(before)
    else:
        now[key] = (now.get(key) or {}) | before


def _since(record: Row, moment: datetime) -> list[Event]:
    linked = Event.objects.filter(links__kind=record.noun(), links__record_id=record.pk, at__gt=moment)
    return list(linked.order_by("-id"))


def _parts(record: Row) -> list[Row]:
    """The rows that are parts of this record: those that say another row is their root, and point at this one."""
    found: list[Row] = []
    for model in rows().values():
        if model.root is not Row.root:
            for column in model._meta.concrete_fields:
                if column.is_relation and column.related_model is type(record):
                    found += model._base_manager.filter(**{column.name: record.pk})
    return found


def _belongs(values: Values, record: Row) -> bool:
    return bool(values.get(record.noun()) == record.pk)
