"""How a record looks to programs: the same on REST, on the command line and to assistants."""

import dataclasses
from typing import Any

from django.db import models

from fairlead.core.actor import Actor
from fairlead.core.record import Record, pack

HIDDEN = frozenset({"id", "public_id"})


class Secret(str):
    """A text that is answered once and stored nowhere, such as a new token."""

    __slots__ = ()


def columns(model: type[Record]) -> list[models.Field]:
    """The fields of a noun that programs see, in the order of the model."""
    hidden = HIDDEN | getattr(model, "api_hidden", frozenset())
    return [field for field in model._meta.concrete_fields if field.name not in hidden]


def resource(value: Any, by: Actor) -> Any:
    """A verb's result, or a record, as JSON can carry it; a record as {"noun", "id", "label", its fields}.

    Links are {"noun", "id", "label"}; moments are ISO 8601 in UTC; money is text.
    """
    if isinstance(value, Record):
        fields = {field.name: _value(value, field) for field in columns(type(value))}
        return {"noun": value.noun(), "id": value.public_id, "label": value.label} | fields | value.api_extra(by)
    if isinstance(value, (list, tuple)):
        return [resource(each, by) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: resource(getattr(value, f.name), by) for f in dataclasses.fields(value)}
    return value if isinstance(value, (bool, int, float, str, dict, type(None))) else _text(value)


def without_secrets(answer: Any) -> Any:
    """The same answer with None for every secret in it: what may be stored."""
    if isinstance(answer, dict):
        return {name: without_secrets(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [without_secrets(each) for each in answer]
    return None if isinstance(answer, Secret) else answer


def _value(record: Record, field: models.Field) -> Any:
    if not field.is_relation:
        return pack(field, getattr(record, field.attname))
    other = getattr(record, field.name)
    return {"noun": other.noun(), "id": other.public_id, "label": other.label} if isinstance(other, Record) else None


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
