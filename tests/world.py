"""The named world of the tests: the demo's, built once per run by verbs, laid as rows under the tests that ask for it.

Of several workers one builds it and the others wait and take its rows (and its numbering: PostgreSQL's sequences).

`world.sam`, `world.mira` (manager), `world.dele` (technician), `world.admin`, `world.peverell` (company),
`world.priya` (person), `world.managed_it` (opportunity), `world.joanna` (lead), `world.call_priya` (task): see
fairlead/demo/world.py. `world.now` is the moment everything in it is relative to.
"""

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from fairlead.cli.demo import seed
from fairlead.core import clock
from fairlead.core.record import nouns, writing
from fairlead.demo.world import World
from fairlead.models import SearchRow, term_index
from fairlead.models.index import search_row
from tests.environment import OWN
from tests.ground import Ground

Rows = dict[str, Any]


@pytest.fixture(scope="session")
def built(django_db_setup: None, django_db_blocker: Any) -> tuple[datetime, Rows]:
    """The demo world's rows by table, and its moment; the database is left as it was."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    place = Path(os.environ[OWN]) / f"world-{run}"
    with django_db_blocker.unblock(), alone(place.with_suffix(".lock")):
        if place.exists():
            now, rows, numbers = pickle.loads(place.read_bytes())
            _count_on(numbers)
        else:
            now, rows = _build()
            place.write_bytes(pickle.dumps((now, rows, _numbers())))
        return now, rows


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Within this no other process is within it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build() -> tuple[datetime, Rows]:
    with transaction.atomic():
        with clock.at(clock.now()):
            assert seed() is True  # the database was empty
            now = clock.now()
        rows = {table: _take(table) for table in _tables()} | {term_index.TABLE: _terms()}
        transaction.set_rollback(True)
    return now, rows


@pytest.fixture(scope="session")
def lay_world(built: tuple[datetime, Rows]) -> Callable[[], None]:
    def lay() -> None:
        with transaction.atomic(), writing():
            for table, content in built[1].items():
                if table == term_index.TABLE:
                    term_index.keep(content)
                else:
                    _lay(table, content)

    return lay


@pytest.fixture
def world(db: None, ground: Ground, built: tuple[datetime, Rows], lay_world: Callable[[], None]) -> World:
    """The demo world in this test's database; works with live servers and threads too."""
    if ground.name != "world":
        lay_world()
    return World(built[0])


def _numbers() -> list[tuple[str, int]]:
    """How far PostgreSQL has numbered rows, which no rolled back transaction undoes; SQLite asks the rows."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
        return list(cursor.fetchall())


def _count_on(numbers: list[tuple[str, int]]) -> None:
    with connection.cursor() as cursor:
        for name, last in numbers:
            cursor.execute("SELECT setval(%s::regclass, GREATEST(nextval(%s::regclass), %s))", [name, name, last])


def _tables() -> Iterator[str]:
    return (name for name in connection.introspection.django_table_names(True) if name.startswith("fairlead_"))


def _terms() -> list[tuple[int, set[str]]]:
    """SQLite keeps search terms in a table that cannot be read."""
    rows = SearchRow.objects.order_by("pk")
    return [(row.pk, search_row(nouns()[row.noun].objects.get(pk=row.record_id)).terms) for row in rows]


def _take(table: str) -> Any:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                return b"".join(bytes(part) for part in copy)
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        # The plus keeps SQLite from turning what is stored into Python's dates and times.
        plain = ", ".join(f'+"{name}"' for name in columns)
        cursor.execute(f"SELECT {plain} FROM {table}")
        return cursor.fetchall()


def _lay(table: str, content: Any) -> None:
    if not content:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(content)
        else:
            cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(content[0]))})", content)
