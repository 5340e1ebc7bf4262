"""Keyset pages: the rows after or before a place in an order, stable under inserts, the same on both databases.

Rows without a value stand at the end, whichever way the order runs: they are read as a stretch of their own, so that
the index serves both stretches.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from django.utils.translation import gettext as _

from fairlead.core.errors import Refused
from fairlead.core.record import pack

LARGEST_ID = 2**63 - 1


class NotUnderstood(Refused):
    """An address with a filter, sort or place that does not exist."""

    code, status = "not_understood", 400


@dataclass(frozen=True)
class Order:
    """By a column that is indexed together with the id; ties go by id."""

    column: str
    descending: bool = False
    nullable: bool = False


@dataclass(frozen=True)
class Place:
    """Where a row stands in an order."""

    value: Any
    pk: int


def stretch(
    rows: QuerySet[Any],
    order: Order,
    size: int,
    place: Place | None = None,
    backwards: bool = False,
    read: Callable[[QuerySet[Any]], list[Any]] = list,
) -> list[Any]:
    """Up to `size` rows after the place (before it, nearest first, when `backwards`)."""
    found: list[Any] = []
    for empty in parts(order, place, backwards):
        found += read(part(rows, order, empty, place, backwards)[: size - len(found)])
        if len(found) == size:
            break
    return found


def parts(order: Order, place: Place | None, backwards: bool) -> list[bool]:
    """The stretches that lie before the reader, the nearest first: is it that of the rows without a value?"""
    each = [False, True] if order.nullable else [False]
    if backwards:
        each.reverse()
    return [empty for empty in each if not (place and order.nullable and _passed(empty, place, backwards))]


def part(rows: QuerySet[Any], order: Order, empty: bool, place: Place | None, backwards: bool) -> QuerySet[Any]:
    """The rows of one stretch in their order, from the place on if it lies there."""
    # an Order is declared, never read from a request
    # nosemgrep
    found = rows.filter(**{f"{order.column}__isnull": empty}) if order.nullable else rows
    if place and lies_in(place, empty):
        found = found.filter(_beyond(order, place, empty, backwards))
    return found.order_by(*_ordering(order, empty, backwards))


def lies_in(place: Place | None, empty: bool) -> bool:
    return place is not None and (place.value is None) == empty


def place_of(row: Any, order: Order) -> Place:
    return Place(getattr(row, order.column), row.pk)


def written(place: Place, field: "Field[Any, Any]") -> str:
    """A place as it stands in an address."""
    return in_address([pack(field, place.value), place.pk])


def in_address(values: list[Any]) -> str:
    text = json.dumps(values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def of_address(text: str) -> Any:
    """What `in_address` was given; raises ValueError for what it never gave out."""
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (RecursionError, binascii.Error) as error:
        raise ValueError from error


def read(text: str, field: "Field[Any, Any]") -> Place:
    """The place written in an address; what is none raises NotUnderstood."""
    try:
        value, pk = of_address(text)
        known = None if value is None else field.to_python(_clean(value))
    except (ValueError, TypeError, ValidationError):
        raise lost() from None
    naive = isinstance(known, datetime) and known.tzinfo is None
    if type(pk) is not int or not 0 < pk <= LARGEST_ID or naive or (known is None and not field.null):
        raise lost()
    return Place(known, pk)


def _clean(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    value.encode()  # a lone surrogate is no text
    return value


def lost() -> NotUnderstood:
    return NotUnderstood(_("This page of the list cannot be found. Go back to its first page."))


def _passed(empty: bool, place: Place, backwards: bool) -> bool:
    """Is this part of the order wholly behind the reader?"""
    at_empty = place.value is None
    return empty != at_empty and (empty if backwards else at_empty)


def _beyond(order: Order, place: Place, empty: bool, backwards: bool) -> Q:
    way = "lt" if order.descending != backwards else "gt"
    if empty:
        return Q(**{f"pk__{way}": place.pk})
    further = Q(**{f"{order.column}__{way}": place.value}) | Q(**{f"pk__{way}": place.pk})
    return Q(**{f"{order.column}__{way}e": place.value}) & further


def _ordering(order: Order, empty: bool, backwards: bool) -> list[str]:
    sign = "-" if order.descending != backwards else ""
    return [f"{sign}pk"] if empty else [f"{sign}{order.column}", f"{sign}pk"]
