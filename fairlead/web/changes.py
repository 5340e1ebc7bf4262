"""What changed in a record, field by field, in words: folded away below a line of its timeline."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.event import Event
from fairlead.core.record import Record, Row, is_keyed, key_in, rows, unpack
from fairlead.core.verb import REGISTRY
from fairlead.models import CustomField, money
from fairlead.models.contact import ContactPoint
from fairlead.models.custom import fields_of
from fairlead.models.custom_values import linked
from fairlead.web import custom, formats
from fairlead.web.formats import Reader

LONGEST = 200
# Fields that follow from others, or that the sentence tells.
SAID = {"version", "state", "stage_since", "done_at", "due_at", "normal", "e164", "position", "team"}
Pair = tuple[Any, Any]


class Words:
    """How values read. Names of records they point at are read once for all, one query a noun, what may be seen."""

    def __init__(self, events: Iterable[Event], by: Actor, reader: Reader, currency: str) -> None:
        self.by, self.reader, self.currency = by, reader, currency
        wanted: dict[type[Record], set[int]] = defaultdict(set)
        customs: list[tuple[CustomField, Any]] = []
        for event in filter(_silent, events):
            for field, pair in _pairs(event, by):
                if isinstance(field, CustomField):
                    customs += [(field, value) for value in pair]
                elif field.is_relation and issubclass(field.related_model, Record):
                    wanted[field.related_model] |= {pk for value in pair for pk in _ids(value)}
        self._names = {
            model: {row.pk: row.label for row in model.objects.visible_to(by).filter(pk__in=ids)}
            for model, ids in wanted.items()
            if ids
        }
        self._links = linked(customs, by)

    def name(self, model: type[Any], pk: int) -> str:
        return self._names.get(model, {}).get(pk, f"a {model._meta.verbose_name}")

    def value(self, field: Any, value: Any) -> str:
        if value in (None, "", []):
            return ""
        if isinstance(field, CustomField):
            return custom.words(field, value, self.reader, self._links)[:LONGEST]
        if field.is_relation:
            return ", ".join(self.name(field.related_model, pk) for pk in _ids(value))
        if field.name.endswith("_minor"):
            return formats.exact_money(money.from_minor(int(value), self.currency), self.currency, self.reader)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        plain = unpack(field, value)
        return formats.moment(plain, self.reader) if isinstance(plain, date) else str(plain)[:LONGEST]


def changes(event: Event, words: Words) -> list[dict[str, str]]:
    """The fields this event changed, as {label, before, after}; none when its sentence says them already."""
    if not _silent(event):
        return []
    told = [
        {"label": _label(field), "before": words.value(field, old), "after": words.value(field, new)}
        for field, (old, new) in _pairs(event, words.by)
    ]
    return [each for each in told if each["before"] != each["after"]]


def _silent(event: Event) -> bool:
    """Does the sentence name the record alone, and leave open what became of it?"""
    spec = REGISTRY.get(event.verb)
    return spec is None or (len(set(spec.words) - {"by"}) == 1 and "it" not in spec.words)


def _pairs(event: Event, by: Actor) -> list[tuple[Any, Pair]]:
    found: list[tuple[Any, Pair]] = []
    for noun, _pk, op, before, after in event.changes:
        model = rows().get(noun)
        if model is None:
            continue
        hidden = access.hidden(by, model)
        if op == "change":
            shown = [name for name in before if name not in hidden and _shown(model, name)]
            found += [(_field(model, name), (before[name], after.get(name))) for name in shown]
        elif issubclass(model, ContactPoint) and not hidden:
            found.append((_main_field(model), (_main(model, before), _main(model, after))))
    return found


def _field(model: type[Row], name: str) -> Any:
    return fields_of(model.noun())[key_in(name)] if is_keyed(name) else model._meta.get_field(name)


def _shown(model: type[Row], name: str) -> bool:
    if is_keyed(name):
        return key_in(name) in fields_of(model.noun())
    if name in SAID or (model.noun(), name) == ("task", "outcome"):
        return False
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return bool(getattr(field, "editable", False))


def _main_field(model: type[Row]) -> Any:
    name = next(name for name in ("address", "typed", "city") if name in {f.name for f in model._meta.fields})
    return model._meta.get_field(name)


def _main(model: type[Row], values: dict[str, Any]) -> Any:
    if "street" in values:
        parts = ("street", "city", "region", "postal_code", "country")
        return ", ".join(values[name] for name in parts if values.get(name))
    return values.get(_main_field(model).name)


def _label(field: Any) -> str:
    if isinstance(field, CustomField):
        return field.name
    if issubclass(field.model, ContactPoint):
        return {"mailaddress": "E-mail", "phonenumber": "Phone"}.get(field.model._meta.model_name, "Address")
    name = str(field.verbose_name if not field.many_to_many else field.name)
    return name[:1].upper() + name[1:]


def _ids(value: Any) -> list[int]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]
