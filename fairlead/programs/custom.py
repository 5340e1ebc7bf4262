"""Custom fields as lists know them, under x.KEY: what they show, how they compare, along what they are sorted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.record import Record, nouns
from fairlead.models import CustomField, money
from fairlead.models.custom import fields_of, seen_fields
from fairlead.models.custom_index import kept
from fairlead.models.custom_values import Unfit, number, stored
from fairlead.programs.fields import FOLLOWED, Kind, Known, Model
from fairlead.programs.filters import ORDERED, SAME, TEXT, Filter, _read

KINDS: dict[str, tuple[Kind, dict[str, str]]] = {
    "text": ("text", TEXT),
    "number": ("number", ORDERED),
    "money": ("money", ORDERED),
    "date": ("day", ORDERED),
    "choice": ("choice", SAME),
    "choices": ("text", SAME),
    "yes_no": ("yes", SAME),
    "link": ("text", SAME),
}


@dataclass(frozen=True)
class CustomKnown(Known):
    """A custom field of the list's noun, or of what it links to. Lists narrow and sort by those that are filterable."""

    custom: CustomField = None  # type: ignore[assignment]

    @property
    def choices(self) -> list[tuple[str, Any]]:
        return [(each["key"], each["name"]) for each in self.custom.choices]

    @property
    def sorts(self) -> bool:
        return self.custom.filterable and not self.via and self.custom.kind not in ("choices", "link")

    def value(self, row: Any) -> Any:
        if self.via and getattr(row, self.via) is None:
            return None
        if self.custom.kind == "link":
            return getattr(row, f"{self._alias}_label")
        if self.via:
            held = getattr(row, self._alias)
            held = json.loads(held) if held and self.custom.kind == "choices" else held
        else:
            held = row.custom.get(self.custom.key)
        return None if held is None else self._shown(held)

    def currency(self, row: Any) -> str:
        return self.custom.currency

    def annotated(self, by: Actor) -> dict[str, Any]:
        """What is linked comes with the row: its value, or for those who may see it the name of a link's record."""
        if self.custom.kind != "link":
            return {self._alias: kept(self.custom, f"{self.via}__custom")} if self.via else {}
        target: Any = nouns()[self.custom.links_to]
        name = "title" if self.custom.links_to == "opportunity" else "name"
        column = kept(self.custom, f"{self.via}__custom" if self.via else "custom")
        seen = target.objects.visible_to(by).filter(public_id=OuterRef(self._alias))
        return {self._alias: column, f"{self._alias}_label": Subquery(seen.values(name)[:1])}

    def ordered(self, rows: Any) -> Any:
        return rows.annotate(**{self.column: kept(self.custom)})

    def reads(self, by: Actor) -> Iterator[tuple[str, Any]]:
        if self.via:
            seen = self._holder.objects.visible_to(by)
            yield self.via, None if access.reach(by, "see", self._holder) == Q() else seen

    def where(self, by: Actor, condition: Q) -> Q:
        rows: Any = self._holder.objects.visible_to(by) if self.via else self.noun._base_manager
        found = rows.alias(**{self.column: kept(self.custom)}).filter(condition).values("pk")
        return Q(**{f"{self.via}__in": found}) if self.via else Q(pk__in=found)

    @property
    def _alias(self) -> str:
        return f"{self.via}_{self.column}" if self.via else self.column

    def _shown(self, held: Any) -> Any:
        if self.custom.kind == "number":
            return number(held)
        if self.custom.kind == "money":
            return money.from_minor(held, self.custom.currency)
        if self.custom.kind == "date":
            return date.fromisoformat(held)
        if self.custom.kind == "choices":
            return ", ".join(self.custom.choice_name(key) for key in held)
        return bool(held) if self.custom.kind == "yes_no" else held


@dataclass(frozen=True)
class CustomFilter(Filter):
    """A filter on a custom field; values are written as programs write them."""

    known: CustomKnown

    def _holds(self, by: Actor, texts: Sequence[str]) -> Q:
        field, column = self.known.custom, self.known.column
        if self.lookup == "isnull":
            return Q(**{f"{column}__isnull": _read(bool, self.name, texts[-1])})
        if field.kind == "date":
            return super()._holds(by, texts)
        if field.kind == "link":
            target: Any = nouns()[field.links_to]
            meant = target.objects.visible_to(by).filter(public_id__in=texts).values_list("public_id", flat=True)
            own = target is self.known.noun  # a list of the past looks its own noun up now
            return Q(**{f"{column}__in": list(meant) if own else meant})
        values = [self._value(text) for text in texts]
        if field.kind == "choices":  # kept as a list, whose text has each key in quotes
            keys = [key for value in values for key in ([value] if isinstance(value, str) else value)]
            return Q(*(Q(**{f"{column}__contains": f'"{key}"'}) for key in keys), _connector=Q.OR)
        return Q(**{f"{column}__{self.lookup}": values if self.lookup == "in" else values[-1]})

    def _value(self, text: str) -> Any:
        field = self.known.custom
        if field.kind == "date":
            return _read(date, self.name, text)
        if field.kind in {"choice", "choices"} and text in dict(self.known.choices):
            return text
        try:
            value = stored(field, text)
        except Unfit as reason:
            raise BadRequest(f"{self.name}: {reason}") from None
        if value is None:
            raise BadRequest(_("%(name)s needs a value.") % {"name": self.name})
        return value


def customs(model: Model, by: Actor) -> dict[str, CustomKnown]:
    """The custom fields of a noun and of what it links to, as far as this actor may read them."""
    found = {each.name: each for each in _own(model, model, by)}
    for link in FOLLOWED:
        target = _target(model, link)
        if target is not None and access.can_any(by, "see", target.access_noun()):
            for each in _own(model, target, by):
                found[f"{link}.{each.name}"] = replace(each, name=f"{link}.{each.name}", via=link)
    return found


def custom_filters(model: Model, by: Actor) -> dict[str, CustomFilter]:
    found: dict[str, CustomFilter] = {}
    for known in customs(model, by).values():
        endings = KINDS[known.custom.kind][1] | {".empty": "isnull"} if known.custom.filterable else {}
        found |= {known.name + end: CustomFilter(known.name + end, known, how, str) for end, how in endings.items()}
    return found


def left_out(model: Model, name: str, by: Actor) -> str:
    """The custom field that this name in an address means, by what it is called; "" when there never was one."""
    parts = name.split(".")
    at = next((number for number, part in enumerate(parts[:2]) if part == "x"), None)
    if at is None or len(parts) < at + 2:
        return ""
    target = _target(model, parts[0]) if at else model
    field = fields_of(target.noun()).get(parts[at + 1]) if target is not None else None
    if field is None:
        return ""
    return _("A field") if field.full_key in access.hidden(by, target) else field.name


def _target(model: Model, link: str) -> Any:
    """The noun that this link of the model leads to."""
    column = next((each for each in model._meta.concrete_fields if each.name == link), None)
    target: Any = column.related_model if column is not None else None
    return target if isinstance(target, type) and issubclass(target, Record) else None


def _own(model: Model, holder: Any, by: Actor) -> Iterator[CustomKnown]:
    if not holder.keyed:
        return
    for field in seen_fields(by, holder.noun()).values():
        column: Any = models.BigIntegerField(null=True) if field.kind in WHOLE else models.CharField(null=True)
        column.set_attributes_from_name(f"x_{field.key}")
        yield CustomKnown(field.full_key, field.name, KINDS[field.kind][0], model, column, custom=field)


WHOLE = {"number", "money", "yes_no"}
