"""How a record looks to programs: the same on REST, on the command line and to assistants."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record, Row, conceal, is_keyed, key_in, pack

HIDDEN = frozenset({"id", "public_id"})
Seen = dict[type[Record], set[int]]  # the ids that the actor may see


class Secret(str):
    """A text that is answered once and stored nowhere, such as a new token."""

    __slots__ = ()


def columns(model: type[Row]) -> list[models.Field]:
    """The fields of a noun that programs see, in the order of the model."""
    hidden = HIDDEN | getattr(model, "api_hidden", frozenset())
    return [field for field in model._meta.concrete_fields if field.name not in hidden]


def resource(value: Any, by: Actor) -> Any:
    """A verb's result, or a record, as JSON can carry it; a record as {"noun", "id", "label", its fields}.

    Links are {"noun", "id", "label"}, with neither id nor label for what the actor may not see; moments are
    ISO 8601 in UTC; money is text.
    """
    if isinstance(value, Record):
        return resources([value], by)[0]
    if isinstance(value, (list, tuple)):
        return [resource(each, by) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: resource(getattr(value, f.name), by) for f in dataclasses.fields(value)}
    return value if isinstance(value, (bool, int, float, str, dict, type(None))) else _text(value)


def resources(records: Sequence[Record], by: Actor) -> list[dict[str, Any]]:
    """Many records of any noun; what they link to is checked in one statement for each noun."""
    if access.conceals(by):
        records = [conceal(each, by) for each in records]
    links = [getattr(each, field.attname) and getattr(each, field.name) for each in records for field in _links(each)]
    if access.conceals(by):
        links = [conceal(each, by) for each in links]  # some were read only now
    seen = visible(links, by)
    keyed = _keyed(records, by)
    return [_resource(each, by, seen) | keyed.get(number, {}) for number, each in enumerate(records)]


def _keyed(records: Sequence[Record], by: Actor) -> dict[int, dict[str, Any]]:
    """What stands in the keyed columns of these records, by their place."""
    found: dict[int, dict[str, Any]] = {}
    for model in {type(each) for each in records if each.keyed}:
        places = [number for number, each in enumerate(records) if type(each) is model]
        shown = model.keyed_shown([getattr(records[number], model.keyed) for number in places], by)
        found |= {number: {model.keyed: values} for number, values in zip(places, shown, strict=True)}
    return found


def visible(records: Iterable[Any], by: Actor) -> Seen:
    """Which of these records the actor may see."""
    wanted: dict[type[Record], set[int]] = defaultdict(set)
    for record in records:
        if isinstance(record, Record):
            wanted[type(record)].add(record.pk)
    found: Seen = {}
    for model, ids in wanted.items():
        condition = access.reach(by, "see", model)
        found[model] = ids if not condition else _filtered(model, condition, ids)
    return found


def link(record: Record, seen: Seen) -> dict[str, Any]:
    """A record by its noun, id and label; by its noun alone when it is not among those that may be seen."""
    known = record.pk in seen.get(type(record), ())
    return {
        "noun": record.noun(),
        "id": record.public_id if known else None,
        "label": record.label if known else None,
    }


def conflicting(record: Record, name: str, both: dict[str, Any], by: Actor) -> dict[str, Any]:
    """Both values of a conflict as programs see them: a link by noun, id and label."""
    if is_keyed(name):
        shown = type(record).keyed_shown([{key_in(name): value} for value in both.values()], by)
        return {side: values.get(key_in(name)) for side, values in zip(both, shown, strict=True)}
    column = record._meta.get_field(name)
    model = column.related_model
    if not isinstance(model, type) or not issubclass(model, Record):
        return both
    others = {other.pk: other for other in model._base_manager.filter(pk__in=[pk for pk in both.values() if pk])}
    seen = visible(others.values(), by)
    return {side: link(others[pk], seen) if pk in others else None for side, pk in both.items()}


def without_secrets(answer: Any) -> Any:
    """The same answer with None for every secret in it: what may be stored."""
    if isinstance(answer, dict):
        return {name: without_secrets(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [without_secrets(each) for each in answer]
    return None if isinstance(answer, Secret) else answer


def _filtered(model: type[Record], condition: models.Q, ids: set[int]) -> set[int]:
    return set(model._base_manager.filter(condition, pk__in=ids).values_list("pk", flat=True))


def _links(record: Record) -> list[models.Field]:
    return [field for field in columns(type(record)) if field.is_relation]


def _resource(record: Record, by: Actor, seen: Seen) -> dict[str, Any]:
    hidden = access.hidden(by, type(record))
    fields = {field.name: _value(record, field, seen) for field in columns(type(record))} | record.api_extra(by)
    shown = {name: None if name in hidden else value for name, value in fields.items()}
    withheld = {"hidden": sorted(hidden & fields.keys())} if hidden else {}
    return {"noun": record.noun(), "id": record.public_id, "label": record.label} | shown | withheld


def _value(record: Record, field: models.Field, seen: Seen) -> Any:
    if not field.is_relation:
        return pack(field, getattr(record, field.attname))
    other = getattr(record, field.name)
    return link(other, seen) if isinstance(other, Record) else None


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
