"""Questions that are asked on every page: put into SQL once in each process, then only filled in."""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.light import Glimpse, Shape, shape_of
from fairlead.core.record import chunks, conceal

T = TypeVar("T")
# Stand for the values while the question is put together; found again in its parameters.
MARKS: dict[type, Callable[[int], Any]] = {
    UUID: lambda place: UUID(int=place + 2**64),
    int: lambda place: 7_300_000_000_000_000 + place,
    str: lambda place: f"\x02{place}\x03",
    datetime: lambda place: datetime(1, 2, 3, 4, 5, 6, place, UTC),
    date: lambda place: date(1, 1 + place // 28, 1 + place % 28),
}
MOST = 300  # questions kept for different rights
AT_ONCE = 50  # ids in one statement


class Prepared:
    """`make` gives a queryset for values of these kinds; `names` are the columns to read, as for `light`.

    Without names it is read whole, with what it joins, as by `joined`. Only for questions whose SQL is the same for
    all values. The rows are as those of `light`; of a queryset that gives plain values they are these.
    """

    def __init__(self, make: Callable[..., "QuerySet[Any]"], names: Sequence[str] = (), *kinds: type) -> None:
        self._make, self._names, self._kinds = make, names, kinds
        self._as_is = all(kind in (int, str) for kind in kinds)

    def __call__(self, *values: Any) -> list[Any]:
        return self.made(self.raw(*values))

    def glimpses(self, make: Callable[[Glimpse], Any], *values: Any) -> list[Glimpse]:
        """The rows as the database gives them, each made when somebody asks for it."""
        rows = self.raw(*values)
        assert not rows or self._shape
        places = self._shape.places if self._shape else {}
        return [Glimpse(row, places, make) for row in rows]

    def count(self, *values: Any) -> int:
        """How many rows there are."""
        sql = f"SELECT COUNT(*) FROM ({self._sql}) AS counted"  # noqa: S608 (no value is in the text)
        return int(self._asked(sql, values)[0][0]) if self._sql else 0

    def raw(self, *values: Any) -> list[tuple[Any, ...]]:
        """The rows as the database gives them."""
        return self._asked(self._sql, values) if self._sql else []

    def _asked(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        known = values if self._as_is else [_stored(value) for value in values]
        with connection.cursor() as cursor:
            cursor.execute(sql, [value if at is None else known[at] for at, value in self._parameters])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def made(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What the database gave, as rows."""
        found: Any = self._compiler.apply_converters(rows, self._converters) if self._converters else rows
        made = self._shape.made if self._shape else tuple
        return [made(tuple(row)) for row in found]

    @cached_property
    def _marks(self) -> list[Any]:
        return [MARKS[kind](place) for place, kind in enumerate(self._kinds)]

    @cached_property
    def _question(self) -> "QuerySet[Any]":
        return self._make(*self._marks)

    @cached_property
    def _shape(self) -> Shape | None:
        if self._question.query.values_select or self._question.query.combinator:
            return None
        return Shape(self._question.model, self._names) if self._names else shape_of(self._question)

    @cached_property
    def _compiler(self) -> Any:
        question = self._question
        if self._shape:
            question = question.select_related(None).values_list(*self._shape.asked)
        return question.query.get_compiler(connection=connection)

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[Any]]:
        try:
            found: tuple[str, Sequence[Any]] = self._compiler.as_sql()
        except EmptyResultSet:  # nobody who may so little finds anything
            return "", ()
        return found

    @cached_property
    def _sql(self) -> str:
        return self._compiled[0]

    @cached_property
    def _parameters(self) -> list[tuple[int | None, Any]]:
        """Each parameter of the SQL: which of the values it is, or what it always is."""
        marks = {_stored(mark): place for place, mark in enumerate(self._marks)}
        return [(marks.get(value), value) for value in self._compiled[1]]

    @cached_property
    def _converters(self) -> Any:
        assert self._compiled  # which settles what is selected
        return self._compiler.get_converters([column for column, _sql, _alias in self._compiler.select])


class PreparedFor:
    """As Prepared, for questions that also depend on what the reader may: put into SQL once for all who may the same.

    `make` gets the reader first. What their role hides is not in the rows.
    """

    def __init__(self, make: Callable[..., "QuerySet[Any]"], names: Sequence[str] = (), *kinds: type) -> None:
        self._make, self._names, self._kinds = make, names, kinds
        self._known: dict[Hashable, Prepared] = {}

    def __call__(self, by: Actor, *values: Any) -> list[Any]:
        asked = self._known.get(by.rights) or self._prepare(by)
        found = asked(by.user_id, *values)
        return [conceal(row, by) for row in found] if access.conceals(by) else found

    def count(self, by: Actor, *values: Any) -> int:
        """How many rows there are."""
        return (self._known.get(by.rights) or self._prepare(by)).count(by.user_id, *values)

    def asked(self, by: Actor, *values: Any) -> tuple[Prepared, tuple[Any, ...]]:
        """The question with its values, as `together` takes it."""
        return self._known.get(by.rights) or self._prepare(by), (by.user_id, *values)

    def _prepare(self, by: Actor) -> Prepared:
        if len(self._known) >= MOST:
            self._known.clear()
        made = Prepared(
            lambda user_id, *values: self._make(replace(by, user_id=user_id), *values), self._names, int, *self._kinds
        )
        self._known[by.rights] = made
        return made


def together(asked: Sequence[tuple[Prepared, Sequence[Any]]]) -> list[Any]:
    """The rows of several questions for the same columns, in one statement; what a role hides is in them."""
    known = [(question, values) for question, values in asked if question._sql]
    parts = [f"SELECT * FROM ({question._sql}) AS part{number}" for number, (question, _) in enumerate(known)]  # noqa: S608
    stored = [[_stored(value) for value in values] for _, values in known]
    given = [
        value if at is None else values[at]
        for (question, _), values in zip(known, stored, strict=True)
        for at, value in question._parameters
    ]
    if not known:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        return known[0][0].made(cursor.fetchall())


def padded(values: Collection[T], none: Any = 0) -> Iterator[list[T]]:
    """By as many as a statement takes, filled up with what nothing is called."""
    return ([*each, *[none] * (AT_ONCE - len(each))] for each in chunks(values, AT_ONCE))


def _stored(value: Any) -> Any:
    """The value as the database takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
