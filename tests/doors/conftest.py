"""Token holders of the named world."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.base.operations import BaseDatabaseOperations

from fairlead.core.record import erasing
from fairlead.demo.world import World
from fairlead.programs import keys
from tests.doors.api import Api


@pytest.fixture(autouse=True)
def full_buckets() -> Iterator[None]:
    yield
    keys.refill()


@pytest.fixture
def sam(world: World) -> Api:
    """A seller's program that reads and writes."""
    return Api(world.sam)


@pytest.fixture
def iris(world: World) -> Api:
    """The administrator's."""
    return Api(world.admin)


@pytest.fixture(scope="session", autouse=True)
def emptied_behind_the_guard() -> Iterator[None]:
    """Tests that commit are cleaned up by emptying every table, which is nobody's deed."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def unguarded(self: Any, statements: Any) -> None:
        with erasing():
            flush(self, statements)

    BaseDatabaseOperations.execute_sql_flush = unguarded  # type: ignore[method-assign]
    yield
    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]
