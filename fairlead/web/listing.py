"""Lists over declared columns, filters and sorts: from the address to the rows, their neighbours and the sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Field
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.models.owned import Owned
from fairlead.web import keyset
from fairlead.web.filters import Filter, Narrowed, Option
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood, Order, Place

SIZE = 50
COUNTED = 1000
LONGEST = 2000
ANY = "any"


@dataclass(frozen=True)
class Column:
    """A column of the table; `sort` names the order that its head asks for."""

    name: str
    label: Any
    sort: str = ""
    end: bool = False


@dataclass(frozen=True)
class View:
    """A list by name: filters that many ask for."""

    label: Any
    values: Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """What a noun's list can show, be narrowed by and be sorted by. Nothing else is taken from an address."""

    model: type[Owned]
    title: Any
    one: Any
    many: Any
    columns: Sequence[Column]
    filters: Sequence[Filter]
    sorts: Mapping[str, Order]
    sort: str
    views: Sequence[View] = ()
    related: Sequence[str] = ()
    prefetched: Sequence[str] = ()

    @property
    def url(self) -> str:
        return f"/{self.model.plural()}"

    @cached_property
    def presets(self) -> dict[str, str]:
        return {each.name: each.preset for each in self.filters if each.preset}


@dataclass(frozen=True)
class Page:
    """One page of a list; the addresses of its neighbours are empty at the ends."""

    rows: list[Any]
    previous: str
    next: str


class Asked:
    """One reader's question to a list: read from an address, checked, answered."""

    def __init__(self, listing: Listing, given: Mapping[str, str] | str, by: Actor, reader: Reader) -> None:
        self.listing, self.by, self.reader = listing, by, reader
        self.given = _checked(listing, _pairs(given))
        self.sort = self.given.get("sort", listing.sort)
        self.order = _order(listing, self.sort)
        self._known: dict[str, list[Option]] = {}

    @cached_property
    def values(self) -> dict[str, str]:
        """The filters in force, presets included."""
        named = {name: self.given[name] for name in self._filters if name in self.given}
        return {name: value for name, value in (self.listing.presets | named).items() if value != ANY}

    @cached_property
    def narrowed(self) -> dict[str, Narrowed]:
        return {
            name: self._filters[name].read(value, self._offered(name), self.by, self.reader)
            for name, value in self.values.items()
        }

    @property
    def options(self) -> dict[str, list[Option]]:
        """What each filter offers this reader."""
        return {each.name: self._offered(each.name) for each in self.listing.filters if each.kind == "select"}

    @property
    def records(self) -> Any:
        """All that the reader may see and asks for, in no order."""
        found: Any = self.listing.model.objects.visible_to(self.by)
        if "archived" not in self.values:
            found = found.live()
        for each in self.narrowed.values():
            found = found.filter(each.condition)
        return found

    @property
    def rows(self) -> Any:
        found = self.records.select_related(*self.listing.related)
        return found.prefetch_related(*self.listing.prefetched)

    def page(self, size: int = SIZE) -> Page:
        place, backwards = self._place()
        found = keyset.stretch(self.rows, self.order, size + 1, place, backwards)
        more, rows = len(found) > size, found[:size]
        if backwards:
            rows.reverse()
        return Page(
            rows=rows,
            previous=self._page_url("before", rows, 0) if rows and (more if backwards else place) else "",
            next=self._page_url("after", rows, -1) if rows and (backwards or more) else "",
        )

    def count(self, most: int = COUNTED) -> int:
        """How many there are; one more than `most` when there are more."""
        return int(self.records.order_by()[: most + 1].count())

    def neighbours(self, record: Record) -> tuple[Any, Any]:
        """The records before and after this one in the list; None at its ends."""
        place = keyset.place_of(record, self.order)
        before = keyset.stretch(self.records, self.order, 1, place, backwards=True)
        after = keyset.stretch(self.records, self.order, 1, place)
        return (before or [None])[0], (after or [None])[0]

    def query(self, **changes: str | None) -> str:
        """This question as a query string, with these changes and without a place; None takes a filter away."""
        given = {name: value for name, value in self.given.items() if name not in {"after", "before"}} | changes
        return urlencode({name: value for name, value in given.items() if value})

    def url(self, **changes: str | None) -> str:
        query = self.query(**changes)
        return f"{self.listing.url}?{query}" if query else self.listing.url

    @property
    def context(self) -> str:
        """What a row's link carries in ?in=, so that its page knows the list it came from."""
        return self.query(sort=self.sort)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """The filters in force as (sentence, address without it)."""
        presets = self.listing.presets
        return [
            (each.sentence, self.url(**{name: ANY if name in presets else None}))
            for name, each in self.narrowed.items()
            if self.values[name] != presets.get(name)
        ]

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The table's columns, each with the address that sorts by it."""
        return [self._head(column) for column in self.listing.columns]

    @property
    def views(self) -> list[dict[str, Any]]:
        return [
            {"label": view.label, "url": self._view_url(view), "current": self._is(view)} for view in self.listing.views
        ]

    @property
    def is_narrowed(self) -> bool:
        return self.values != self.listing.presets

    @cached_property
    def _filters(self) -> dict[str, Filter]:
        return {each.name: each for each in self.listing.filters}

    @property
    def _field(self) -> "Field[Any, Any]":
        return self.listing.model._meta.get_field(self.order.column)  # type: ignore[return-value]

    def _offered(self, name: str) -> list[Option]:
        """The options of one filter; asked for only when it is in force or shown."""
        if name not in self._known:
            self._known[name] = self._filters[name].options(self.by, self.reader)
        return self._known[name]

    def _place(self) -> tuple[Place | None, bool]:
        if before := self.given.get("before"):
            return keyset.read(before, self._field), True
        after = self.given.get("after")
        return (keyset.read(after, self._field) if after else None), False

    def _page_url(self, way: str, rows: list[Any], at: int) -> str:
        place = keyset.written(keyset.place_of(rows[at], self.order), self._field)
        return self.url(**{way: place})

    def _head(self, column: Column) -> dict[str, Any]:
        head: dict[str, Any] = {"label": column.label, "name": column.label, "end": column.end}
        if column.sort:
            down = f"-{column.sort}"
            sorted_as = {column.sort: "ascending", down: "descending"}.get(self.sort, "")
            head |= {"sorted": sorted_as, "sort_url": self.url(sort=down if self.sort == column.sort else column.sort)}
        return head

    def _view_url(self, view: View) -> str:
        query = urlencode(view.values)
        return f"{self.listing.url}?{query}" if query else self.listing.url

    def _is(self, view: View) -> bool:
        wanted = self.listing.presets | dict(view.values)
        return self.values == {name: value for name, value in wanted.items() if value != ANY}


def _pairs(given: Mapping[str, str] | str) -> dict[str, str]:
    """The pairs of a query string; empty ones, as a form sends them, say nothing."""
    if isinstance(given, str):
        try:
            given = dict(parse_qsl(given[: LONGEST + 1], max_num_fields=50))
        except ValueError:
            raise NotUnderstood(_("This address is too long for a list. Choose its filters again.")) from None
    return {name: value for name, value in given.items() if value}


def _checked(listing: Listing, given: dict[str, str]) -> dict[str, str]:
    known = {each.name for each in listing.filters} | {"sort", "after", "before"}
    for name, value in given.items():
        if name not in known:
            raise NotUnderstood(
                _("There is no filter named “%(name)s” here. These are: %(known)s.")
                % {"name": name[:40], "known": ", ".join(sorted(known - {"after", "before"}))}
            )
        if "\x00" in value or (len(value) > LONGEST and name != "q"):
            raise NotUnderstood(_("The value of %(name)s cannot be read. Choose another one.") % {"name": name})
    return given


def _order(listing: Listing, sort: str) -> Order:
    name = sort.removeprefix("-")
    if name not in listing.sorts:
        raise NotUnderstood(
            _("This list cannot be sorted by “%(name)s”. It can be by: %(known)s.")
            % {"name": name[:40], "known": ", ".join(listing.sorts)}
        )
    order = listing.sorts[name]
    return Order(order.column, sort.startswith("-"), order.nullable)
