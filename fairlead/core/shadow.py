"""A noun's tables as they were, in place of the real ones, for one reading: what changed since is rebuilt beside them.

Both databases look a plain name up among the connection's temporary tables first. So what is read in the meantime,
by whatever query, reads the past. All of it happens in a transaction that is always taken back, which takes the
temporary tables with it, whatever goes wrong.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from fairlead.core.history import Since, Values
from fairlead.core.record import Row, is_keyed, kept, link_table, put, unpack


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that reads one state of the database throughout, and is taken back."""
    with _without_waiting(), transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            yield
        finally:
            transaction.set_rollback(True)


def shadow(model: type[Row], ids: Collection[int], since: Since, parts: Iterable[type[Row]] = ()) -> None:
    """Until the snapshot ends, the tables of this noun and of these parts hold these records alone, as they were.

    What is derived has no history: it is empty. What a record links to is left as it is.
    """
    near, wanted = model.noun(), frozenset(ids)
    _copy(model, "id", ids)
    links = [(name, *link_table(model, name)) for name in (many.name for many in model._meta.many_to_many)]
    for _name, through, own, _other in links:
        _copy(through, own, ids)
    for part in parts:
        _copy(part, f"{near}_id", ids)
        _rebuild(part, {pk: values for (noun, pk), values in since.values.items() if noun == part.noun()})
    changed = {pk: values for (noun, pk), values in since.values.items() if noun == near and pk in wanted}
    _rebuild(model, changed)
    for name, through, own, other in links:
        _relink(through, own, other, {pk: values[name] for pk, values in changed.items() if values and name in values})


# --- the temporary tables ----------------------------------------------------------------------------------------


def _copy(model: Any, column: str, ids: Collection[int]) -> None:
    """A temporary table with the rows of these ids, under the real one's name; without what is derived."""
    table, derived = model._meta.db_table, getattr(model, "derived", ())
    among = ", ".join(str(int(pk)) for pk in ids) or "NULL"
    with connection.cursor() as cursor:
        # numbers, and names of the models
        # nosemgrep
        cursor.execute(f'CREATE TEMPORARY TABLE "{table}" AS SELECT * FROM "{table}" WHERE "{column}" IN ({among})')  # noqa: S608
        # names of the models alone
        # nosemgrep
        cursor.execute(f'CREATE INDEX {_index(table)} ON "{table}" ("{column}")')
        for name in derived:
            # as above
            # nosemgrep
            cursor.execute(f'UPDATE {_temporary(table)} SET "{model._meta.get_field(name).column}" = NULL')  # noqa: S608


def _rebuild(model: type[Row], values: Mapping[int, Values | None]) -> None:
    """Bring rows to what they were: those made since go, those that are gone come back."""
    table = _temporary(model._meta.db_table)
    there = set(model._base_manager.filter(pk__in=list(values)).values_list("pk", flat=True)) if values else set()
    keyed = model._base_manager.in_bulk([pk for pk, was in values.items() if any(map(is_keyed, was or ()))])
    _many(f"DELETE FROM {table} WHERE id = %s", [[pk] for pk, was in values.items() if was is None])  # noqa: S608
    alike: dict[tuple[str, ...], list[list[Any]]] = defaultdict(list)
    for pk, was in values.items():
        if was is not None:
            named = _columns(model, was) | (_keyed(keyed[pk], was) if pk in keyed else {})
            alike[(*named, "" if pk in there else "new")].append([*named.values(), pk])
    for (*names, new), rows in alike.items():
        if new:
            columns, places = ", ".join(f'"{name}"' for name in (*names, "id")), ", ".join(["%s"] * (len(names) + 1))
            _many(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608
        elif names:
            setting = ", ".join(f'"{name}" = %s' for name in names)
            _many(f"UPDATE {table} SET {setting} WHERE id = %s", rows)  # noqa: S608


def _relink(through: Any, own: str, other: str, wanted: Mapping[int, Sequence[int]]) -> None:
    table = _temporary(through._meta.db_table)
    _many(f'DELETE FROM {table} WHERE "{own}" = %s', [[pk] for pk in wanted])  # noqa: S608
    pairs = [[pk, far] for pk, others in wanted.items() for far in others]
    _many(f'INSERT INTO {table} ("{own}", "{other}") VALUES (%s, %s)', pairs)  # noqa: S608


def _columns(model: type[Row], values: Values) -> dict[str, Any]:
    """The kept values as the database takes them, by column."""
    return {
        str(field.column): field.get_db_prep_save(unpack(field, values[field.name]), connection)
        for field in kept(model)
        if field.name in values
    }


def _keyed(row: Row, values: Values) -> dict[str, Any]:
    """The JSON column whose values are fields of their own, with these put back in it."""
    for name in filter(is_keyed, values):
        put(row, name, values[name])
    field: Any = row._meta.get_field(row.keyed)
    return {field.column: field.get_db_prep_save(getattr(row, field.attname), connection)}


def _many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def _temporary(table: str) -> str:
    """The temporary table by its full name, so that a statement that changes it can never reach the real one."""
    return f'{"pg_temp" if connection.vendor == "postgresql" else "temp"}."{table}"'


def _index(table: str) -> str:
    return f"was_{table}" if connection.vendor == "postgresql" else f"temp.was_{table}"


@contextmanager
def _without_waiting() -> Iterator[None]:
    """On SQLite a transaction would wait for whoever writes; this one writes nothing that others see."""
    own: Any = connection
    usual = getattr(own, "transaction_mode", None)
    own.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        own.transaction_mode = usual
