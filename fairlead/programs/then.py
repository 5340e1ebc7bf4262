"""Lists of a noun as they were at a moment: by the same questions, asked of its tables as they were."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.history import changed_since, many_as_of, restored
from fairlead.core.record import Record, Row, chunks, conceal, link_table
from fairlead.core.resource import columns
from fairlead.core.shadow import shadow, snapshot
from fairlead.models import MailAddress, PhoneNumber, PostalAddress
from fairlead.models.owned import Owned
from fairlead.programs import listing
from fairlead.programs.audit import moment
from fairlead.programs.custom import CustomKnown
from fairlead.programs.fields import Known
from fairlead.programs.filters import filters
from fairlead.programs.listing import Asked, Taking

Model = type[Record]


def list_as_of(model: Model, by: Actor, asked: Asked) -> dict[str, Any]:
    """A page of the records there were, as `listing.read` answers it, with the moment; what is derived is None."""
    given, at = asked.copy(), moment(asked.get("as_of", ""), "as_of", end=True)
    del given["as_of"]
    _refuse_what_has_no_history(model, by, given)

    def reading(query: "QuerySet[Any]", take: Taking) -> list[Any]:
        parts = [name for name in getattr(model, "indexed_with", list)() if name in {"mails", "phones"}]
        with as_they_were(model, by, at, lambda unchanged: [row.pk for row in take(query.filter(unchanged))]):
            found = take(query.prefetch_related(*parts))
        link_as_of(found, [field.name for field in columns(model) if field.is_relation], by, at)
        return found

    page = listing.read(model, by, given, reading)
    following = page["next_query"] and f"{urlencode({'as_of': asked.get('as_of', '')})}&{page['next_query']}"
    return {**page, "next_query": following, "as_of": at.isoformat()}


@contextmanager
def as_they_were(
    model: Model, by: Actor, at: datetime, unchanged: Callable[[Q], Iterable[int]]
) -> Iterator[frozenset[int]]:
    """Within it the noun's tables hold the records that changed since, and these ids, as they were at that moment.

    `unchanged` is given the condition for records to which nothing happened since, and says which of them are needed.
    Only what the actor may see now is there; whether they could have seen it then is the query's own condition.
    """
    parts = parts_of(model)
    with snapshot():
        since = changed_since(model.noun(), at, [part.noun() for part in parts])
        near = frozenset(unchanged(~Q(pk__in=sorted(since.ids))))
        seen = model.objects.visible_to(by)
        now = {pk for chunk in chunks(sorted(since.ids), 5000) for pk in _ids(seen.filter(pk__in=chunk))}
        shadow(model, near | now, since, parts)
        yield near


def link_as_of(found: Sequence[Any], names: Iterable[str], by: Actor, at: datetime) -> None:
    """Put beside these rows what they were linked with, as that was; many links to one are read once."""
    fields = [field for field in found[0]._meta.concrete_fields if field.name in set(names)] if found else []
    wanted: dict[type[Row], set[int]] = {}
    for field in fields:
        wanted.setdefault(field.related_model, set()).update(getattr(row, field.attname) or 0 for row in found)
    were = {model: _were(model, ids - {0}, by, at) for model, ids in wanted.items()}
    for field in fields:
        for row in found:
            if row._state.fields_cache.get(field.name, row) is None:
                continue  # not for this reader
            setattr(row, field.name, were[field.related_model].get(getattr(row, field.attname)))


def has_history(model: Model, condition: Q) -> bool:
    """Does all that this condition asks for stand in the noun's own tables, and is it kept in events?"""
    return all(
        has_history(model, each) if isinstance(each, Q) else _in_history(model, each)  # type: ignore[arg-type]
        for each in condition.children
    )


def field_has_history(model: Model, known: Known) -> bool:
    """Is this field's past known? Not that of what a record links to, nor what is derived."""
    return not known.via and known.column not in model.derived


def value_has_history(model: Model, known: Known) -> bool:
    """Can it be shown as well? Not the names of records that are looked up among the noun's own, or by public id."""
    named = known.field.related_model is model or (isinstance(known, CustomKnown) and known.custom.kind == "link")
    return field_has_history(model, known) and not named


@cache
def parts_of(model: Model) -> list[type[Row]]:
    """The ways to reach somebody that lists show and are narrowed by."""
    found: list[type[Row]] = [MailAddress, PhoneNumber, PostalAddress]
    return [part for part in found if any(field.name == model.noun() for field in part._meta.concrete_fields)]


def _in_history(model: Model, each: tuple[str, Any]) -> bool:
    name, value = each
    own = {model, *parts_of(model), *(link_table(model, many.name)[0] for many in model._meta.many_to_many)}
    asked_of = getattr(value, "model", None)
    return name.partition("__")[0] not in model.derived and (asked_of is None or asked_of in own)


def _were(model: type[Row], ids: set[int], by: Actor, at: datetime) -> dict[int, Row]:
    there = model._base_manager.in_bulk(ids)
    past = many_as_of(list(there.values()), at)
    return {
        pk: conceal(there[pk] if values is None else restored(model, pk, values), by) for pk, values in past.items()
    }


def _ids(query: "QuerySet[Any]") -> list[int]:
    return list(query.order_by().values_list("pk", flat=True))


def _refuse_what_has_no_history(model: Model, by: Actor, given: Asked) -> None:
    if not issubclass(model, Owned):
        raise BadRequest(_("There is no parameter named %(name)s here.") % {"name": "as_of"})
    known = filters(model, by)
    for name in given:
        if name == "q" or (name in known and not field_has_history(model, known[name].known)):
            raise BadRequest(_("%(name)s has no history. Leave it out, or leave out as_of.") % {"name": name})
    if given.get("sort", "").lstrip("-") in model.derived:
        raise BadRequest(_("%(name)s has no history. Leave it out, or leave out as_of.") % {"name": given["sort"]})
