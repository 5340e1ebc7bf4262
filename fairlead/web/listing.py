"""Lists over declared columns, filters and sorts: from the address to the rows, their neighbours and the sentences."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Field
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.light import joined
from fairlead.core.record import Record
from fairlead.models.custom import state_of_fields
from fairlead.models.custom_index import is_quick
from fairlead.models.owned import Owned
from fairlead.programs import filters as registry
from fairlead.programs.audit import moment
from fairlead.programs.custom import CustomFilter, CustomKnown, customs, left_out
from fairlead.programs.fields import fields
from fairlead.web import address, columns, keyset, lines, quick
from fairlead.web.columns import Column
from fairlead.web.filters import Filter, Narrowed, Offer
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood, Order, Place
from fairlead.web.sentences import sentence

SIZE = 50
COUNTED = 1000
ANY = "any"
# A board has a lane for each stage, of open ones; a forecast adds up open and won ones; an inbox is one pile.
SETTLED = {"board": frozenset({"state", "stage"}), "forecast": frozenset({"state"}), "inbox": frozenset({"group"})}
# Filters that ask for what is worked out from what else is there now.
NO_HISTORY = frozenset({"next", "contact", "contact_after", "contact_before", "q", "group"})


@dataclass(frozen=True)
class Shipped:
    """A list by name that every house has: filters that many ask for."""

    label: Any
    values: Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """What a noun's list brings: columns that are edited in place, filters with words of their own, quick sorts, views.

    Besides these it takes every field of the registry, and nothing else.
    """

    model: type[Owned]
    title: Any
    one: Any
    many: Any
    columns: Sequence[Column]
    filters: Sequence[Filter]
    sorts: Mapping[str, Order]
    sort: str
    views: Sequence[Shipped] = ()
    laid_out: str = ""  # where it has other layouts than rows

    @property
    def url(self) -> str:
        return f"/{self.model.plural()}"

    @property
    def parks(self) -> bool:
        """Are its records parked until a day?"""
        return self.model.noun() in ("lead", "opportunity")

    @cached_property
    def presets(self) -> dict[str, str]:
        return {each.name: each.preset for each in self.filters if each.preset}

    @cached_property
    def known(self) -> dict[str, Filter]:
        return {each.name: each for each in self.filters}

    @cached_property
    def brought(self) -> dict[str, Column]:
        """Its own columns by name."""
        return columns.known_columns(self.model, self.columns)


@dataclass(frozen=True)
class Page:
    """One page of a list; the addresses of its neighbours are empty at the ends."""

    rows: list[Any]
    previous: str
    next: str


class Asked:
    """One reader's question to a list: read from an address, checked, answered."""

    def __init__(self, listing: Listing, given: Mapping[str, Any] | str, by: Actor, reader: Reader) -> None:
        self.listing, self.by = listing, by
        self.lists = address.checked(address.pairs(given))
        self.given = {name: values[-1] for name, values in self.lists.items()}
        # The moment that the list is read at: None is now.
        self.at = moment(self.given["as_of"], "as_of", end=True, zone=reader.zone) if "as_of" in self.given else None
        self.reader = replace(reader, now=min(self.at, reader.now)) if self.at else reader
        self._offers: dict[str, Offer] = {}
        self.left_out = list(self._leave_out())
        self._know()
        self.sort = self.given.get("sort", listing.sort)
        self.order = self._order()
        name = self.given.get("group")
        if name and self.at:
            raise NotUnderstood(_("A list of the past has no groups. Take the grouping away, or go back to now."))
        self.group = columns.grouped_by(listing.model, by, name) if name else None

    @cached_property
    def values(self) -> dict[str, str]:
        """The filters with words of their own that are in force, presets included."""
        named = {name: self.given[name] for name in self.lists if self._is_own(name)}
        fields = {name.partition(".")[0] for name in self.lists if name not in named}
        presets = {name: value for name, value in self.listing.presets.items() if name not in fields}
        return {name: value for name, value in (presets | named).items() if value != ANY}

    @cached_property
    def wide(self) -> dict[str, registry.Filter]:
        """The filters over fields of the registry that are in force."""
        names = [name for name in self.lists if name not in address.APART and not self._is_own(name)]
        known = registry.filters(self.listing.model, self.by) if names else {}
        return {name: known[name] for name in names if name in known}

    @cached_property
    def narrowed(self) -> dict[str, Narrowed]:
        own = {
            name: self.listing.known[name].read(value, self.offer(name), self.by, self.reader)
            for name, value in self.values.items()
        }
        return own | {name: self._narrowed_by(name, each) for name, each in self.wide.items()}

    @cached_property
    def columns(self) -> list[Column]:
        """The chosen columns, else the list's own; none that is hidden from this reader, or without a history."""
        return [each for each in self._chosen if each not in self.lacking]

    @cached_property
    def lacking(self) -> list[Column]:
        """The columns that a list of the past leaves out, because nobody knows what they held."""
        model = self.listing.model
        return [each for each in self._chosen if not columns.has_history(model, each)] if self.at else []

    @property
    def filters(self) -> list[Filter]:
        """Those with words of their own that can be chosen: of the past only what has a history."""
        return [each for each in self.listing.filters if not (self.at and each.name in NO_HISTORY)]

    @property
    def settled(self) -> frozenset[str]:
        """The filters that the layout itself has settled."""
        return SETTLED.get(self.layout, frozenset())

    @property
    def layout(self) -> str:
        """How it is laid out: as rows, if nothing else is asked for."""
        return self.given.get("as", "list")

    def offer(self, name: str) -> Offer:
        """What one filter offers this reader; asked for only when it is in force or shown."""
        if name not in self._offers:
            self._offers[name] = self.listing.known[name].offer(self.by)
        return self._offers[name]

    @cached_property
    def records(self) -> Any:
        """All that the reader may see and asks for, in no order."""
        found = self.records_of(self.by, self.reader)
        return self._custom_sort.ordered(found) if self._custom_sort else found

    def records_of(self, by: Actor, reader: Reader) -> Any:
        """As `records`, for somebody who may the same, at another moment."""
        found: Any = self.listing.model.objects.visible_to(by)
        if "archived" not in self.values:
            found = found.live()
        for each in self.narrowed.values():
            found = found.filter(each.condition(by, reader))
        return found

    @property
    def rows(self) -> Any:
        """The records with all that the columns show."""
        return columns.read_for(self.records, self.columns, self.by)

    def page(self, size: int = SIZE) -> Page:
        place, backwards = self.place
        found = self._stretch(size + 1, place, backwards)
        more, rows = len(found) > size, found[:size]
        if backwards:
            rows.reverse()
        if self._is_quick:
            rows = quick.completed(self, rows, self.columns)
        return Page(
            rows=rows,
            previous=self._page_url("before", rows, 0) if rows and (more if backwards else place) else "",
            next=self._page_url("after", rows, -1) if rows and (backwards or more) else "",
        )

    @cached_property
    def _is_quick(self) -> bool:
        return quick.knows(self) and quick.shows(self)

    def _stretch(self, size: int, place: Place | None, backwards: bool) -> list[Any]:
        if self._is_quick:
            return quick.stretch(self, size, place, backwards, self.columns)
        # Light rows read some of what they link to later, which would be as it is now.
        return keyset.stretch(self.rows, self.order, size, place, backwards, list if self.at else joined)

    def count(self, most: int = COUNTED) -> int:
        """How many there are; one more than `most` when there are more."""
        if quick.knows(self):
            return quick.count(self, most + 1)
        return int(self.records.order_by()[: most + 1].count())

    def neighbours(self, record: Record) -> tuple[Any, Any]:
        """The records before and after this one in the list; None at its ends."""
        place = self.place_of(record)
        before, after = self._beyond(place, backwards=True), self._beyond(place, backwards=False)
        return (before or [None])[0], (after or [None])[0]

    def _beyond(self, place: Place, *, backwards: bool) -> list[Any]:
        if quick.knows(self):
            return quick.stretch(self, 1, place, backwards, [])
        return keyset.stretch(self.records, self.order, 1, place, backwards)

    def place_of(self, record: Record) -> Place:
        """Where a record, read by whatever query, stands in this list."""
        if custom := self._custom_sort:
            setattr(record, custom.column, record.custom.get(custom.custom.key))  # type: ignore[attr-defined]
        return keyset.place_of(record, self.order)

    def refuse_the_past(self) -> None:
        """For what can only be done with the records that there are."""
        if self.at:
            raise NotUnderstood(_("This list is history. Nothing was changed. Go back to now and choose again."))

    def query(self, **changes: Any) -> str:
        """This question as a query string, with these changes and without a place; None takes a filter away."""
        return urlencode(list(self._given(changes)))

    def url(self, **changes: Any) -> str:
        query = self.query(**changes)
        at = self.listing.laid_out if "as" in changes or "as" in self.given else self.listing.url
        return f"{at}?{query}" if query else at

    def _given(self, changes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        kept = {name: values for name, values in self.lists.items() if name not in address.PLACES}
        if changes and "view" in kept:  # alone it would open the view as it was saved
            kept.setdefault("sort", [self.sort])
        for name, values in {**kept, **changes}.items():
            yield from ((name, value) for value in ([values] if isinstance(values, str) else values or ()) if value)

    @property
    def cleared(self) -> str:
        """The address without any filter, at the same moment."""
        return f"{self.listing.url}?{urlencode({'as_of': self.given['as_of']})}" if self.at else self.listing.url

    @property
    def context(self) -> str:
        """What a row's link carries in ?in=, so that its page knows the list it came from."""
        return self.query(sort=self.sort)

    @property
    def chips(self) -> list[dict[str, str]]:
        """The filters in force: a sentence, the address without it, and for those over fields its name, to edit it."""
        presets = self.listing.presets
        gone = [{"sentence": text, "without": self.url(), "edit": ""} for text in self.left_out]
        return gone + [
            {
                "sentence": each.sentence,
                "without": self.url(**{name: ANY if name in presets and name in self.values else None}),
                "edit": name if name in self.wide else "",
            }
            for name, each in self.narrowed.items()
            if name in self.wide or self.values[name] != presets.get(name)
        ]

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The table's columns, each with the address that sorts by it."""
        return [self._head(column) for column in self.columns]

    @property
    def views(self) -> list[dict[str, Any]]:
        laid_out = self.settled | {"group"} if self.settled else self.settled
        without = NO_HISTORY if self.at else laid_out
        views = [view for view in self.listing.views if not without & view.values.keys()]
        return [{"label": view.label, "url": self._view_url(view), "current": self._is(view)} for view in views]

    @property
    def groupings(self) -> list[tuple[str, str]]:
        """What the list can be grouped by, as (label, name)."""
        return sorted((each.title, each.name) for each in columns.groupable(self.listing.model, self.by).values())

    @cached_property
    def outline(self) -> int:
        """All that what stands around the rows depends on, but for the reader's clock and what page it is.

        That is the question as it stands in the address; what the filters in force say and what all of them offer;
        and which fields this reader may read.
        """
        lists = tuple((name, *values) for name, values in self.lists.items() if name not in address.PLACES)
        said = tuple(each.sentence for each in self.narrowed.values())
        offers = tuple(self.offer(each.name) for each in self.filters if each.kind == "select")
        rights = self.by.rights, state_of_fields()
        return lines.short((self.listing.model, rights, lists, said, offers, tuple(self.left_out)))

    @property
    def is_answered(self) -> bool:
        """True when all of it can be answered; else what stands against it raises."""
        return bool(self.columns) and all(each.sentence for each in self.narrowed.values())

    @property
    def is_narrowed(self) -> bool:
        return bool(self.wide) or self.values != self.listing.presets

    def _narrowed_by(self, name: str, by_field: registry.Filter) -> Narrowed:
        texts = self.lists[name]
        with clock.at(self.reader.now) if self.at else nullcontext():  # this month is that of the moment
            condition = by_field.condition(self.by, texts)  # first: it refuses what no sentence can say
            words = sentence(by_field, texts, self.by, self.reader)
        if isinstance(by_field, CustomFilter) and not (self.at or is_quick(by_field.known.custom)):
            several = by_field.known.custom.kind == "choices"
            slow = _("%(filter)s (read row by row)") if several else _("%(filter)s (slow until its index is built)")
            words = slow % {"filter": words}
        return Narrowed(lambda by, reader: condition, words)

    def _leave_out(self) -> Iterator[str]:
        """Take away what asks for custom fields that are archived or hidden; what was left out, in words."""
        known = {*registry.filters(self.listing.model, self.by)} if any(map(_is_custom, self.lists)) else set()
        for name in [name for name in self.lists if _is_custom(name) and name not in known]:
            if field := left_out(self.listing.model, name, self.by):
                del self.lists[name], self.given[name]
                yield _("%(field)s cannot be filtered by any more, so this filter is left out") % {"field": field}
        for name in ("sort", "columns"):
            asked = self.given.get(name, "")
            if any(_is_custom(each.removeprefix("-")) for each in asked.split(",")):
                self._keep_known(name, asked.split(","))

    def _keep_known(self, name: str, asked: list[str]) -> None:
        """A sort or columns without the custom fields that are there no more."""
        model = self.listing.model
        there = {*(registry.sorts(model, self.by) if name == "sort" else fields(model, self.by))}
        plain = {each: each.removeprefix("-") for each in asked}
        kept = [each for each in asked if plain[each] in there or not left_out(model, plain[each], self.by)]
        del self.given[name], self.lists[name]
        if kept:
            self.given[name] = ",".join(kept)
            self.lists[name] = [self.given[name]]

    @cached_property
    def _chosen(self) -> list[Column]:
        model, brought, names = self.listing.model, self.listing.brought, self.given.get("columns", "")
        if not names:
            return columns.usual(model, brought, self.by)
        return columns.chosen(model, brought, self.by, [name for name in names.split(",") if name])

    @cached_property
    def _custom_sort(self) -> CustomKnown | None:
        name = self.sort.removeprefix("-")
        return customs(self.listing.model, self.by).get(name) if _is_custom(name) else None

    def _is_own(self, name: str) -> bool:
        """Is this one of the list's own filters? Asked for with several values it is the registry's of that name."""
        return name in self.listing.known and len(self.lists[name]) == 1

    def _know(self) -> None:
        """Every name in the address must be one that this list knows."""
        for name in self.lists:
            if not (name in address.APART or self._is_own(name) or name in self.wide):
                own = sorted({*self.listing.known, *fields(self.listing.model, self.by)})
                text = _("There is no filter named “%(name)s” here. These are: %(known)s.")
                raise NotUnderstood(text % {"name": name[:40], "known": ", ".join(own)}, known=own)

    @property
    def sorted_by(self) -> "Field[Any, Any] | None":
        """The column of the sort; none when it is a custom field's."""
        return None if self._custom_sort else self._field

    @property
    def _field(self) -> "Field[Any, Any]":
        if self._custom_sort:
            return self._custom_sort.field
        return self.listing.model._meta.get_field(self.order.column)  # type: ignore[return-value]

    def _order(self) -> Order:
        name, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        if order := self.listing.sorts.get(name):
            return Order(order.column, down, order.nullable)
        sorts = registry.sorts(self.listing.model, self.by)
        if name not in sorts:
            known = list(dict.fromkeys([*self.listing.sorts, *sorts]))
            text = _("This list cannot be sorted by “%(name)s”. It can be by: %(known)s.")
            raise NotUnderstood(text % {"name": name[:40], "known": ", ".join(known)}, known=known)
        return Order(sorts[name].column, down, sorts[name].field.null)

    @cached_property
    def place(self) -> tuple[Place | None, bool]:
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

    def _view_url(self, view: Shipped) -> str:
        kept: dict[str, str] = {name: self.given[name] for name in ("as_of", "as") if name in self.given}
        query = urlencode({**view.values, **kept})
        at = self.listing.laid_out if "as" in kept else self.listing.url
        return f"{at}?{query}" if query else at

    def _is(self, view: Shipped) -> bool:
        wanted = self.listing.presets | dict(view.values)
        if wanted.pop("group", "") != (self.group.name if self.group else ""):
            return False
        if wanted.pop("sort", self.sort) != self.sort:
            return False
        same = self.values == {name: value for name, value in wanted.items() if value != ANY}
        return same and not self.wide and "view" not in self.given


def _is_custom(name: str) -> bool:
    """Is this the name of a custom field, or of one of what a record links to?"""
    return "x" in name.split(".")[:2]
