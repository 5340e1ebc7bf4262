"""What multiplying rows in SQL needs of the database: without its indexes meanwhile, and with the ids that follow."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from fill import told

POSTGRES = connection.vendor == "postgresql"


@contextmanager
def quickly(tables: Sequence[Any], keep: str = r"\A\Z") -> Iterator[None]:
    """Without checks of what is right by its making, and with indexes that are made in one go afterwards.

    An index whose statement holds `keep` stays, because copying needs it.
    """
    settings = ["session_replication_role = replica", "work_mem = '256MB'", "maintenance_work_mem = '1GB'"]
    pragmas = ["foreign_keys = OFF", "synchronous = OFF", "cache_size = -500000", "temp_store = MEMORY"]
    for each in settings if POSTGRES else pragmas:
        run(f"SET {each}" if POSTGRES else f"PRAGMA {each}")
    indexes = {name: text for name, text in _indexes(tables).items() if not re.search(keep, text)}
    for name in indexes:
        run(f'DROP INDEX "{name}"')
    try:
        yield
    finally:
        for statement in indexes.values():
            run(statement)
    told(f"{len(indexes)} indexes")
    go_on(tables)
    connection.close()  # and with it what was set


def go_on(tables: Sequence[Any]) -> None:
    """Let the next rows have the ids that follow."""
    for model in tables if POSTGRES else ():
        table = model._meta.db_table
        run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def top(model: Any) -> int:
    return model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def later(column: str, days: int) -> str:
    return f"{column} + INTERVAL '{days} days'" if POSTGRES else f"datetime({column}, '{days} days')"


def padded(number: str, size: int) -> str:
    return f"lpad(CAST({number} AS text), {size}, '0')" if POSTGRES else f"printf('%0{size}d', {number})"


def _indexes(tables: Sequence[Any]) -> dict[str, str]:
    """By name, the statements of all indexes that can go meanwhile: no constraints."""
    marks = ", ".join(f"'{model._meta.db_table}'" for model in tables)
    if POSTGRES:
        sql = (
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({marks}) AND indexname NOT IN "
            "(SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conindid)"
        )
    else:
        sql = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
