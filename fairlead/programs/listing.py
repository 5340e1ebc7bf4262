"""Lists of records: filters and sorts over a whitelist read from the model, pages by keyset."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.record import Record, pack
from fairlead.core.resource import columns, resources
from fairlead.programs.fields import Known
from fairlead.programs.filters import filters, one_of, searchable, sorts, with_words

USUAL, MOST = 50, 200
PAGING = ("limit", "cursor", "sort", "fields", "archived")
Model = type[Record]
Items = list[dict[str, Any]]
Asked: TypeAlias = "MultiValueDict[str, str]"
Taking = Callable[["QuerySet[Any]"], list[Any]]
Reading = Callable[["QuerySet[Any]", Taking], list[Any]]


@dataclass(frozen=True)
class Cursor:
    """Where a page ends: the sort it belongs to, the last value (as JSON), the last id."""

    sort: str
    value: Any
    pk: int

    def __str__(self) -> str:
        text = json.dumps([self.sort, self.value, self.pk], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(model: Model, by: Actor, asked: Asked, reading: "Reading | None" = None) -> dict[str, Any]:
    """One page as {"items", "next", "next_query"}; `next` is the cursor of the following page, None at the end.

    `reading` reads the rows in its own way: of a query, with what takes the page from it.
    """
    size = limit(asked)
    query, sort = question(model, by, asked)
    known = sorts(model, by)[sort.removeprefix("-")] if sort else None
    take = partial(_rows, sort=sort, known=known, after=cursor(asked, sort), size=size + 1)
    found = reading(query, take) if reading else take(_with_links(model, query))
    following = _end(found[size - 1], sort, known) if len(found) > size else None
    items = [chosen(item, model, asked, listed=True) for item in resources(found[:size], by)]
    return {"items": items, "next": following, "next_query": _next_query(asked, following)}


def question(model: Model, by: Actor, asked: Asked) -> "tuple[QuerySet[Any], str]":
    """The rows that are asked for, in no order, and the sort."""
    query: QuerySet[Any] = model.objects.visible_to(by).filter(_conditions(model, by, asked))
    return query, one_of(asked.get("sort", ""), ["", *_sort_words(model, by)], "sort")


def chosen(item: dict[str, Any], model: Model, asked: Asked, *, listed: bool = False) -> dict[str, Any]:
    """The item with only those `fields` that were asked for, and always its noun and id."""
    if not listed:
        _known(asked, ["fields"])
    wanted = [name for name in asked.get("fields", "").split(",") if name]
    if not wanted:
        return item
    for name in wanted:
        one_of(name, list(item), "fields")
    return {name: value for name, value in item.items() if name in {"noun", "id", *wanted}}


def limit(asked: Asked) -> int:
    text = asked.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise BadRequest(_("limit is a whole number from 1 to %(most)s.") % {"most": MOST})
    return int(text)


def cursor(asked: Asked, sort: str) -> Cursor | None:
    """The cursor as it was given out, for the same sort."""
    if not (text := asked.get("cursor", "")):
        return None
    try:
        known, value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if known == sort and type(pk) is int and 0 <= pk < 2**63:
            return Cursor(sort, value, pk)
    except (ValueError, TypeError, RecursionError):
        pass
    raise BadRequest(_("This cursor does not belong to this list and sort. Begin again without it."))


# --- what is asked -----------------------------------------------------------------------------------------------


def _conditions(model: Model, by: Actor, asked: Asked) -> Q:
    known = filters(model, by)
    _known(asked, [*PAGING, *known, *(["q"] if searchable(model) else [])])
    condition = _archived(asked)
    for name, filter_ in known.items():
        if name in asked:
            condition &= filter_.condition(by, asked.getlist(name))
    return condition & with_words(model, asked.get("q", ""), by) if "q" in asked else condition


def _archived(asked: Asked) -> Q:
    word = one_of(asked.get("archived", "no"), ["no", "only", "all"], "archived")
    return {"no": Q(archived_at=None), "only": Q(archived_at__isnull=False), "all": Q()}[word]


def _known(asked: Asked, names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            text = _("There is no parameter named %(name)s here.") % {"name": name[:100]}
            raise BadRequest(text, known=sorted(names))


def _sort_words(model: Model, by: Actor) -> list[str]:
    return [sign + name for name in sorts(model, by) for sign in ("", "-")]


# --- the rows ----------------------------------------------------------------------------------------------------


def _with_links(model: Model, query: "QuerySet[Any]") -> "QuerySet[Any]":
    """With all that a resource shows, in a fixed number of statements."""
    links = [name for field in columns(model) if field.is_relation for name in _labelled(field)]
    parts = [name for name in getattr(model, "indexed_with", list)() if name not in links]
    return query.select_related(*links).prefetch_related(*parts)


def _labelled(field: Any) -> list[str]:
    """A link, and what its record takes its label from."""
    return [field.name, *(f"{field.name}__{name}" for name in getattr(field.related_model, "labelled_by", ()))]


def _rows(query: "QuerySet[Any]", sort: str, known: Known | None, after: Cursor | None, size: int) -> list[Any]:
    """The next rows in the order of `sort`, newest first without one. Rows without a value come last, both ways."""
    if known is None:
        newest = query.order_by("-pk")
        return list((newest.filter(pk__lt=after.pk) if after else newest)[:size])
    down, sign, field = sort.startswith("-"), "-" if sort.startswith("-") else "", known.field
    query, name = known.ordered(query), field.name
    rows: list[Any] = []
    if after is None or after.value is not None:
        valued = query.filter(**{f"{name}__isnull": False}) if field.null else query
        valued = valued.filter(_beyond(field, after, down)) if after else valued
        rows = list(valued.order_by(f"{sign}{name}", f"{sign}pk")[:size])
    if field.null and len(rows) < size:
        bare = query.filter(**{f"{name}__isnull": True}).order_by(f"{sign}pk")
        if after and after.value is None:
            bare = bare.filter(**{f"pk__{'lt' if down else 'gt'}": after.pk})
        rows += bare[: size - len(rows)]
    return rows


def _beyond(field: "models.Field[Any, Any]", after: Cursor, down: bool) -> Q:
    """Behind the cursor's row: said so that an index on (field, id) is walked from there."""
    try:
        value = field.to_python(after.value)
    except Exception:
        raise BadRequest(_("This cursor does not belong to this list and sort. Begin again without it.")) from None
    past = "lt" if down else "gt"
    either = Q(**{f"{field.name}__{past}": value}) | Q(**{f"pk__{past}": after.pk})
    return Q(**{f"{field.name}__{past}e": value}) & either


def _end(row: Record, sort: str, known: Known | None) -> str:
    value = pack(known.field, getattr(row, known.field.name)) if known else None
    return str(Cursor(sort, value, row.pk))


def _next_query(asked: Asked, following: str | None) -> str:
    if following is None:
        return ""
    kept = [(name, value) for name, values in asked.lists() if name != "cursor" for value in values]
    return urlencode([*kept, ("cursor", following)])
