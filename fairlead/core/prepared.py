"""Questions that are asked on every page: put into SQL once in each process, then only filled in."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from fairlead.core.light import Shape

# Stand for the values while the question is put together; found again in its parameters.
MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 7_300_000_000_000_000 + place,
    str: lambda place: f"\x02{place}\x03",
    datetime: lambda place: datetime(1, 2, 3, 4, 5, 6, place, UTC),
}


class Prepared:
    """`make` gives a queryset for values of these kinds; `names` are the columns to read, as for `light`.

    Only for questions whose SQL is the same for all values. The rows are as those of `light`.
    """

    def __init__(self, make: Callable[..., "QuerySet[Any]"], names: Sequence[str], *kinds: type) -> None:
        self._make, self._names, self._kinds = make, names, kinds

    def __call__(self, *values: Any) -> list[Any]:
        known = [_stored(value) for value in values]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [known[at] if at is not None else value for at, value in self._parameters])
            rows = cursor.fetchall()
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        return [self._shape.made(tuple(row)) for row in rows]

    @cached_property
    def _marks(self) -> list[Any]:
        return [MARKS[kind](place) for place, kind in enumerate(self._kinds)]

    @cached_property
    def _question(self) -> "QuerySet[Any]":
        return self._make(*self._marks)

    @cached_property
    def _shape(self) -> Shape:
        return Shape(self._question.model, self._names)

    @cached_property
    def _compiler(self) -> Any:
        return self._question.values_list(*self._shape.asked).query.get_compiler(connection=connection)

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[Any]]:
        found: tuple[str, Sequence[Any]] = self._compiler.as_sql()
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


def _stored(value: Any) -> Any:
    """The value as the database takes it."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
