"""Adding many rows at once: ids taken beforehand, values made ready by columns, COPY or one prepared statement."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)
FEW = 50  # fewer rows are made as usual: taking their ids would be one statement more


def add(model: type[M], values: Sequence[dict[str, Any]], same: Mapping[str, Any] | None = None) -> list[M]:
    """Add rows with these values by column or relation; the rest as new rows have it. Returns them with their ids.

    `same`: what they all have, where a row's own values say nothing else. Ids among the values were taken before.
    """
    shared = dict(same or {})
    names = {name for each in values for name in each}
    if len(values) < FEW or not names <= _columns(model).keys():
        rows = [model(**(shared | each)) for each in values]
        return model._base_manager.bulk_create(rows, batch_size=1000)
    makers = [(name, default) for name, default in _callables(model) if name not in shared]
    shared = {**_constants(model), **shared}
    ids = [each["id"] for each in values] if "id" in names else take_ids(model, len(values))
    made = [_made(model, shared, makers, each, pk) for each, pk in zip(values, ids, strict=True)]
    columns = list(_columns(model))
    write(model, columns, _ready(model, columns, made))
    return made


def take_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """So many new ids, in their order; on SQLite within the transaction that writes them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return range(last + 1, last + 1 + count)


def add_alike(
    model: type[models.Model], own: Sequence[str], groups: Sequence[tuple[Mapping[str, Any], Sequence[Sequence[Any]]]]
) -> Sequence[int]:
    """Add rows that share most values within a group and have the columns `own` for themselves; returns their ids."""
    count = sum(len(rows) for _shared, rows in groups)
    if count < FEW:
        values = [{**shared, **dict(zip(own, row, strict=True))} for shared, rows in groups for row in rows]
        return [row.pk for row in add(model, values)]
    others = [name for name in _columns(model) if name not in own and name != "id"]
    ready = [(next(iter(_ready(model, others, [model(**shared)]))), rows) for shared, rows in groups]
    numbers = iter(ids := take_ids(model, count))
    made = [[next(numbers), *shared, *row] for shared, rows in ready for row in rows]
    for at, name in enumerate(own, 1 + len(others)):
        if maker := _maker(_columns(model)[name]):
            for values in made:
                values[at] = maker(values[at])
    write(model, ["id", *others, *own], made)
    return ids


def write(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows of values as the database takes them, by these columns."""
    columns = ", ".join(f'"{_columns(model)[name].column}"' for name in names)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with (
                connection.wrap_database_errors,
                cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as to,
            ):
                for row in rows:
                    to.write_row(row)
        else:
            places = ", ".join(["%s"] * len(names))
            # names of the models alone
            # nosemgrep
            cursor.executemany(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})', list(rows))  # noqa: S608


def _made(model: type[M], shared: dict[str, Any], makers: list[tuple[str, Any]], values: dict[str, Any], pk: int) -> M:
    row = model.__new__(model)
    state = row._state = ModelState()
    state.adding, state.db = False, "default"
    own = row.__dict__
    own.update(shared)
    own.update(values)
    for name, default in makers:
        if name not in values:
            own[name] = default()
    own["id"] = pk
    return row


@cache
def _columns(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


@cache
def _constants(model: type[models.Model]) -> dict[str, Any]:
    """The values of a new row that are the same for all."""
    return {name: each.get_default() for name, each in _columns(model).items() if not _is_made_anew(each)}


@cache
def _callables(model: type[models.Model]) -> list[tuple[str, Callable[[], Any]]]:
    return [(name, each.default) for name, each in _columns(model).items() if _is_made_anew(each)]


def _is_made_anew(field: Any) -> bool:
    return field.has_default() and callable(field.default)


def _ready(model: type[models.Model], names: Sequence[str], rows: Iterable[models.Model]) -> Iterable[Sequence[Any]]:
    """Their values as the database takes them."""
    makers = [(name, _maker(_columns(model)[name])) for name in names]
    turned = [(at, maker) for at, (_name, maker) in enumerate(makers) if maker is not None]
    values_of = itemgetter(*names, "_state")  # one more than they are: of a single one it would be no tuple
    for row in rows:
        *values, _state = values_of(row.__dict__)
        for at, maker in turned:
            values[at] = maker(values[at])
        yield values


@cache
def _maker(field: Any) -> Callable[[Any], Any] | None:
    """What makes a value of this field ready; None for those that are."""
    if isinstance(field, models.ForeignKey):
        return _maker(field.target_field)
    kind = field.get_internal_type()
    if kind in {"AutoField", "BigAutoField", "CharField", "TextField", "BooleanField"} or kind.endswith("IntegerField"):
        return None
    if kind == "JSONField":
        return _json(field)
    if kind in {"DateTimeField", "UUIDField"}:
        return lru_cache(256)(partial(_prepared, field))  # the same for all rows of an act
    return partial(_prepared, field)


def _json(field: Any) -> Callable[[Any], Any]:
    dumps = json.JSONEncoder if field.encoder is None else field.encoder
    encode = dumps().encode
    return lambda value: "{}" if value == {} else None if value is None else encode(value)


def _prepared(field: Any, value: Any) -> Any:
    return None if value is None else field.get_db_prep_save(value, connection)
