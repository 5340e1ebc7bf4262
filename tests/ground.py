"""What tests stand on is laid once, in a transaction around all who ask for it; each of them is a savepoint in it.

A ground is a fixture's name: for `world` the session fixture `lay_world` gives what lays it. Tests that commit find the
database empty and lay their own.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django.plugin import blocking_manager_key

GROUNDS = ("world", "house")


@dataclass
class Ground:
    name: str = ""
    laid: Any = None
    around: ExitStack = field(default_factory=ExitStack)

    def lay(self, name: str, lay: Callable[[], Any]) -> None:
        self.around.enter_context(transaction.atomic())
        self.around.callback(transaction.set_rollback, True)
        self.name, self.laid = name, lay()
        connection.check_constraints()

    def clear(self) -> None:
        self.around.close()
        self.name, self.laid = "", None


GROUND = Ground()


@pytest.fixture(scope="session")
def bare_ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    yield GROUND
    with django_db_blocker.unblock():
        GROUND.clear()


def leave(item: pytest.Item) -> None:
    """Clear the ground before anything is set up for a test that stands elsewhere: servers it starts may write."""
    if GROUND.name and GROUND.name != wanted_by(item):
        with item.config.stash[blocking_manager_key].unblock():
            GROUND.clear()


@pytest.fixture
def ground(request: pytest.FixtureRequest, bare_ground: Ground, django_db_blocker: Any) -> Ground:
    """The ground that this test asks for, under its feet."""
    wanted = wanted_by(request.node)
    if wanted != bare_ground.name:
        with django_db_blocker.unblock():
            bare_ground.clear()
            if wanted:
                bare_ground.lay(wanted, request.getfixturevalue(f"lay_{wanted}"))
    return bare_ground


@pytest.fixture
def _django_db_helper(ground: Ground, _django_db_helper: None) -> None:
    """pytest-django's transaction around a test begins after its ground is laid."""


def wanted_by(item: pytest.Item) -> str:
    """The ground a test asks for, if any."""
    marker, names = item.get_closest_marker("django_db"), set(getattr(item, "fixturenames", ()))
    if {"transactional_db", "live_server"} & names or (marker and marker.kwargs.get("transaction")):
        return ""
    return next((name for name in GROUNDS if name in names), "")


def arranged(items: list[pytest.Item]) -> list[pytest.Item]:
    """Those on one ground come together.

    Of two workers xdist gives the first the first eighth of all, and the second the next: while one builds the world,
    the other does what needs no ground.
    """
    items = sorted(items, key=_order)
    if os.environ.get("PYTEST_XDIST_WORKER_COUNT") != "2":
        return items
    first = sum(_order(item) < len(GROUNDS) for item in items)
    share = min(len(items) // 8, first)
    return items[:share] + items[first : first + share] + items[share:first] + items[first + share :]


def _order(item: pytest.Item) -> int:
    names = getattr(item, "fixturenames", ())
    return next((number for number, name in enumerate(GROUNDS) if name in names), len(GROUNDS))
