"""Token holders of the named world."""

from collections.abc import Iterator

import pytest

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
