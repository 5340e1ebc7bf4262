"""Rows with the few columns that a page shows, made without the work that a row to be changed needs."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db.models import CharField, Model, QuerySet, prefetch_related_objects
from django.db.models.base import ModelState

from fairlead.core.actor import CLASSES
from fairlead.core.record import conceal


def light(rows: "QuerySet[Any]", names: Sequence[str]) -> list[Any]:
    """The rows with these columns, and those of rows they link to as `company__name`, in one statement.

    They are for reading. A column that is not named is read when somebody asks for it, as with `only`; `values_read`
    has what came from the database, by which a row is known to show what another one showed.
    """
    shape = Shape(rows.model, names)
    return _concealed([shape.made(values) for values in rows.values_list(*shape.asked)], rows)


def joined(rows: "QuerySet[Any]") -> list[Any]:
    """The rows as the queryset would give them, with what it annotates, joins and prefetches; they are for reading.

    Of joined rows only short texts are read along; the rest is read when somebody asks for it.
    """
    links = rows.query.select_related or {}
    if links is True or any(links.values()) or getattr(rows, "_reader", None):  # some values are kept from this reader
        return list(rows)
    shape = shape_of(rows)
    plain = rows.select_related(None).prefetch_related(None)
    found = [shape.made(values) for values in plain.values_list(*shape.asked)]
    prefetch_related_objects(found, *rows._prefetch_related_lookups)  # type: ignore[attr-defined]
    return _concealed(found, rows)


def _concealed(found: list[Any], rows: "QuerySet[Any]") -> list[Any]:
    """Without what the reader's role hides; and not known to show what the same row shows to others."""
    reader = getattr(rows, "_reader", None)
    if reader is not None:
        hidden = tuple(kind for kind in CLASSES if reader.level("see", kind) == "none")
        for row in found:
            conceal(row, reader).values_read += (hidden,)
    return found


def shape_of(rows: "QuerySet[Any]") -> "Shape":
    """All its own columns, what it annotates, and the short texts of rows that it joins directly."""
    links: Any = rows.query.select_related or {}
    return _joined(rows.model, tuple(links), tuple(rows.query.annotations))  # type: ignore[arg-type]


@cache
def _joined(model: type[Model], links: tuple[str, ...], annotated: tuple[str, ...]) -> "Shape":
    own = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    theirs = [
        f"{link}__{field.attname}"
        for link in links
        for field in model._meta.get_field(link).related_model._meta.concrete_fields  # type: ignore[union-attr]
        if isinstance(field, CharField)
    ]
    return Shape(model, [*own, *annotated, *theirs])


class Glimpse:
    """A row as the database gave it, with what was read `beside` it: known again by both.

    The row itself is made only when somebody asks for what it holds.
    """

    __slots__ = ("_made", "_make", "_places", "beside", "pk", "values")

    def __init__(self, values: tuple[Any, ...], places: Mapping[str, int], make: Callable[["Glimpse"], Any]) -> None:
        self.values, self.pk, self._places, self._make = values, values[0], places, make
        self.beside: tuple[Any, ...] = ()
        self._made: Any = None

    def __getitem__(self, name: str) -> Any:
        """A column as the database gave it."""
        return self.values[self._places[name]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def row(self) -> Any:
        if self._made is None:
            self._made = self._make(self)
        return self._made


class Shape:
    """Which columns are read of a model and of what its rows link to, and how a row is made of their values."""

    def __init__(self, model: type[Model], names: Sequence[str]) -> None:
        self.model = model
        through: dict[str, list[str]] = {}
        own: dict[str, None] = {"pk": None}
        for name in names:
            link, _, theirs = name.partition("__")
            if theirs:
                through.setdefault(link, []).append(theirs)
            else:
                own[name] = None
        links: dict[str, Any] = {link: model._meta.get_field(link) for link in through}
        own |= dict.fromkeys(field.attname for field in links.values())
        self.asked = [*own, *(f"{link}__{name}" for link in through for name in through[link])]
        self._columns = [_key(model) if name == "pk" else name for name in own]
        self.places = {name: place for place, name in enumerate(self._columns)}
        self._links = [
            (link, field.related_model, self._columns.index(field.attname), through[link])
            for link, field in links.items()
        ]

    def made(self, values: Sequence[Any]) -> Any:
        row = _row(self.model)
        row.__dict__.update(zip(self._columns, values, strict=False), values_read=values)
        start = len(self._columns)
        for link, model, at, theirs in self._links:
            linked = None
            if values[at] is not None:
                linked = _row(model)
                linked.__dict__[_key(model)] = values[at]
                linked.__dict__.update(zip(theirs, values[start:], strict=False), values_read=())
            row._state.fields_cache[link] = linked
            start += len(theirs)
        return row


def _key(model: type[Model]) -> str:
    key: str = model._meta.pk.attname
    return key


def _row(model: type[Model]) -> Any:
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, "default"
    return row
