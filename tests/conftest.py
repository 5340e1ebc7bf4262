"""The databases of the tests, one per worker. SQLite is a file, so that tests meet the locks that users meet."""

import gc
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.resolver
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db.backends.base.operations import BaseDatabaseOperations
from django.template import engines
from jinja2 import FileSystemBytecodeCache

from fairlead.core import cutoff
from fairlead.core.record import erasing
from fairlead.web import jinja, macros
from tests.ground import _django_db_helper, arranged, bare_ground, ground, leave  # noqa: F401
from tests.world import built, lay_world, world  # noqa: F401


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    leave(item)


@pytest.hookimpl(trylast=True)  # when those that are not asked for are gone
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = arranged(items)


def pytest_collection_finish() -> None:
    """What is there now stays to the end: looking for garbage in it again and again finds none."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates() -> None:
    """Templates stay compiled from run to run, as Python's modules do, until what compiles them changes."""
    sources = b"".join(Path(each.__file__).read_bytes() for each in (jinja, macros))
    place = Path(__file__).parents[1] / ".pytest_cache/templates" / hashlib.sha256(sources).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    environment: Any = engines["jinja2"]
    environment.env.bytecode_cache = FileSystemBytecodeCache(str(place))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    database = settings.DATABASES["default"]
    if settings.SQLITE is not None:
        database["TEST"]["NAME"] = str(settings.DATA / "test.sqlite3")
        settings.DATA.mkdir(parents=True, exist_ok=True)
        # A test need not survive a power cut.
        database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    yield


@pytest.fixture(scope="session", autouse=True)
def no_name_servers() -> None:
    """Tests ask nothing of the Internet."""

    def resolve(*_asked: Any, **_known: Any) -> Any:
        raise dns.resolver.NoNameservers

    dns.resolver.Resolver.resolve = resolve  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """The same hash with little work: tests guess and change passwords by the dozen."""
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 64, 1


@pytest.fixture(scope="session", autouse=True)
def time_to_read() -> None:
    """A busy machine is no fault of a page: what is cut off, and when, is said by the tests of it."""
    cutoff.SECONDS = 60.0


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
